/**
 * Meetings, pages of them, and the outcomes of meeting numbers.
 *
 * @example
 * ```ts
 * import { createClient } from "@effect-feishu/promise"
 *
 * await using client = createClient({
 *   appId: process.env.FEISHU_APP_ID!,
 *   appSecret: process.env.FEISHU_APP_SECRET!,
 *   baseUrl: process.env.FEISHU_BASE_URL,
 * })
 *
 * for await (const outcome of client.outcomes(["337-736-498", "146-453-285"], { from: "30d" })) {
 *   switch (outcome.type) {
 *     case "Page":
 *       for (const { id, topic } of outcome.meetings) console.log(id, topic)
 *       break
 *     case "Complete":
 *       console.log(`${outcome.meetingNo}: ${outcome.rows} meetings`)
 *       break
 *     case "Failed":
 *       console.error(`${outcome.meetingNo}: ${outcome.error.message}`)
 *   }
 * }
 * // => 7628568641385449001 Kick-off
 * // => 7631166230414229002 Review
 * // => 7633763819443009003 Retrospective
 * // => 337736498: 3 meetings
 * // => 7633392735296041004 测试标题
 * // => 146453285: 1 meetings
 * ```
 */
import type { FeishuError } from "./FeishuError.ts"
import type { Secret } from "./Secret.ts"

/** A meeting in brief, with Feishu's own field names. What Feishu left out or sent as null is `undefined`. */
export interface Meeting {
  /** 64-bit integer as decimal text, such as `7011030664708603907`. */
  readonly id: string
  /** The title that the organiser typed: any text, control characters included. */
  readonly topic: string | undefined
  /** The meeting number, nine digits. */
  readonly meeting_no: string | undefined
  /** The link to join, such as `https://vc.feishu.cn/j/337736498`; often absent. */
  readonly url: string | undefined
  /** A field in the official SDK's types since 2024-08; its meaning is not documented. */
  readonly meeting_connect: boolean | undefined
  /** The id of the meeting's notes; in the official SDK's types since 2026-05, often absent. */
  readonly note_id: string | undefined
  /** The password to join. It is shown as `<redacted>`; `password.reveal()` returns it. */
  readonly password: Secret | undefined
  /**
   * The fields that this version does not know, as they were received. Feishu adds fields over time, and one of them
   * may be a secret, so this property is not enumerable: it is not part of a meeting that is printed, made JSON or
   * spread.
   */
  readonly unknownFields: Readonly<Record<string, unknown>>
}

/** A period of time from its first to its last second, in unix seconds. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** One page of meetings: as the list has them, or each with what was requested of it. */
export interface Page<M = Meeting> {
  readonly type: "Page"
  readonly meetingNo: string
  /** The meetings of this page, without those that came on an earlier page. */
  readonly meetings: ReadonlyArray<M>
  /**
   * The range of the whole read in unix seconds, the same on every page: what `30d` and an end that was left out meant when the
   * range was given. It may be given as a range again.
   */
  readonly range: Period
  /** The window of this page, at most 90 days of the range. */
  readonly window: Period
  /** Which window came first: everything before `window.from` has come with `oldest`, everything after `window.to` with `newest`. */
  readonly order: "oldest" | "newest"
  /** The place after this page: text that may be printed and stored. Absent after the last page of the range. */
  readonly cursor: string | undefined
  /** The id that Feishu's support asks for. */
  readonly logId: string | undefined
  /**
   * The part of the range, in unix seconds, that was left out just before this page. Set when a cursor was resumed, or
   * a read went on, so late that Feishu no longer answers for this part: it is now more than 90 days ago, though it
   * could be read when the range was given. Meetings in it that had not come before are lost.
   */
  readonly unreachable: Period | undefined
}

/** One page of a read that goes on where the last one ended: its meetings as the list has them, or each with what was requested of it. */
export interface IncrementalPage<M = Meeting> extends Page<M> {
  /**
   * Puts `state` into the store, and returns what that returns. Call it in the transaction that writes the meetings: then both are
   * written, or neither.
   */
  readonly commit: () => unknown
  /** The state after this page. */
  readonly state: string
  /** The key of the state in the store: the meeting number, after the tenant and a slash if a tenant is named. */
  readonly key: string
}

/** The outcome of a number that was read to the end of the range. */
export interface Complete {
  readonly type: "Complete"
  readonly meetingNo: string
  /** The number of meetings that were read. */
  readonly rows: number
}

/** The outcome of a number that could not be read, or not to the end. Others may still be read. */
export interface Failed {
  readonly type: "Failed"
  readonly meetingNo: string
  /** Its cursor is the place to go on with this number. */
  readonly error: FeishuError
}
