/** The rows of the answer: meetings in brief. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { MeetingId } from "./MeetingNo.ts"
import { nullable, rest, unknownFields } from "./Row.ts"

const KnownFields = Schema.Struct({
  id: MeetingId,
  topic: nullable(Schema.String),
  url: nullable(Schema.String),
  meeting_no: nullable(Schema.String),
  password: nullable(Schema.String),
  meeting_connect: nullable(Schema.Boolean),
  note_id: nullable(Schema.String),
})

/**
 * The Schema of a row as Feishu sends it. Every field but the id may be missing or null, and fields that are not named
 * here may appear at any time.
 */
export const MeetingBriefRow = Schema.StructWithRest(KnownFields, rest)
/** A row as Feishu sends it, with the password in clear text. */
export type MeetingBriefRow = typeof MeetingBriefRow.Type

/**
 * A meeting as a plain record for a table, a queue or a file, as `MeetingBrief.toRecord` makes it: it has every field, null where
 * Feishu sent none, and no password.
 */
export const MeetingRecord = Schema.Struct({
  id: MeetingId,
  topic: Schema.NullOr(Schema.String),
  meeting_no: Schema.NullOr(Schema.String),
  url: Schema.NullOr(Schema.String),
  meeting_connect: Schema.NullOr(Schema.Boolean),
  note_id: Schema.NullOr(Schema.String),
})
/** A meeting as a plain record, without its password. */
export type MeetingRecord = typeof MeetingRecord.Type

/**
 * A meeting in brief, with Feishu's own field names. What Feishu left out or sent as null is `undefined`.
 *
 * The password is `Redacted`: printing, logging or stringifying a meeting never shows it.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { MeetingBrief, MeetingId } from "@effect-feishu/contract"
 *
 * const id = MeetingId.make("7011030664708603907")
 * const meeting = new MeetingBrief({ id, topic: "Review", password: "971024", room: "A1" })
 *
 * console.log(meeting.topic, meeting.url, meeting.unknownFields)
 * // => Review undefined { room: 'A1' }
 * console.log(String(meeting.password), meeting.password && Redacted.value(meeting.password))
 * // => <redacted:password> 971024
 * ```
 */
export class MeetingBrief {
  /** 64-bit integer as decimal text, such as `7011030664708603907`. */
  readonly id: MeetingId
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
  // The row is private, so that neither the password nor raw data is shown when a meeting is inspected or serialised.
  readonly #row: MeetingBriefRow

  constructor(row: MeetingBriefRow) {
    this.id = row.id
    this.topic = row.topic ?? undefined
    this.meeting_no = row.meeting_no ?? undefined
    this.url = row.url ?? undefined
    this.meeting_connect = row.meeting_connect ?? undefined
    this.note_id = row.note_id ?? undefined
    this.#row = row
  }

  /**
   * The password to join. It is made when this property is read: `Redacted.make` registers each value, which costs more
   * than to decode the row.
   */
  get password(): Redacted.Redacted<string> | undefined {
    return typeof this.#row.password === "string"
      ? Redacted.make(this.#row.password, { label: "password" })
      : undefined
  }

  /** The fields that this version does not know, as they were received. Feishu adds fields over time. */
  get unknownFields(): Readonly<Record<string, unknown>> {
    return unknownFields(this.#row, KnownFields)
  }

  /**
   * Returns the meeting as a plain record, for a row of a table: null where Feishu sent no value, and neither the password nor
   * fields that this version does not know. SQLite has no booleans: bind them as numbers there.
   *
   * @example
   * ```ts
   * import { MeetingBrief, MeetingId } from "@effect-feishu/contract"
   *
   * const id = MeetingId.make("7011030664708603907")
   * const meeting = new MeetingBrief({ id, topic: "Review", meeting_no: "337736498", password: "971024" })
   * console.log(MeetingBrief.toRecord(meeting))
   * // => {
   * // =>   id: '7011030664708603907',
   * // =>   topic: 'Review',
   * // =>   meeting_no: '337736498',
   * // =>   url: null,
   * // =>   meeting_connect: null,
   * // =>   note_id: null
   * // => }
   * ```
   */
  static toRecord(meeting: Omit<MeetingBrief, "password" | "unknownFields">): MeetingRecord {
    return {
      id: meeting.id,
      topic: meeting.topic ?? null,
      meeting_no: meeting.meeting_no ?? null,
      url: meeting.url ?? null,
      meeting_connect: meeting.meeting_connect ?? null,
      note_id: meeting.note_id ?? null,
    }
  }

  /** Returns the row as it was received, **with the password in clear text**. */
  static toRow(meeting: MeetingBrief): MeetingBriefRow {
    return meeting.#row
  }
}

const isTextOrNothing = (u: unknown): boolean => u === undefined || u === null || typeof u === "string"

/** True when a value from JSON satisfies `MeetingBriefRow`; a test holds the two equal. */
const isRow = (u: unknown): u is MeetingBriefRow => {
  if (!Predicate.isObject(u)) return false
  const row = u as { readonly [Name in keyof typeof KnownFields.fields]?: unknown }
  return (
    typeof row.id === "string" &&
    row.id !== "" &&
    isTextOrNothing(row.topic) &&
    isTextOrNothing(row.url) &&
    isTextOrNothing(row.meeting_no) &&
    isTextOrNothing(row.password) &&
    isTextOrNothing(row.note_id) &&
    (row.meeting_connect === undefined ||
      row.meeting_connect === null ||
      typeof row.meeting_connect === "boolean")
  )
}

/**
 * Returns the rows as they were received, without a copy. Only if a row is wrong, the Schema decodes them, which takes 40
 * times as long, and reports which row is wrong and why.
 */
const Rows = Schema.declareConstructor<ReadonlyArray<MeetingBriefRow>>()(
  [Schema.Array(MeetingBriefRow)],
  ([rows]) => {
    const decode = SchemaParser.decodeUnknownEffect(rows)
    return (input, _, options) =>
      Array.isArray(input) && input.every(isRow) ? Effect.succeed(input) : decode(input, options)
  },
)

/**
 * The Schema of the rows of a page. It transforms all rows in one step: a transformation per row would take twice the time
 * of everything else. Encodes to the rows as they were received, with passwords in clear text.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { MeetingBriefs } from "@effect-feishu/contract"
 *
 * const meetings = Schema.decodeUnknownSync(MeetingBriefs)([{ id: "7011030664708603907", topic: null }])
 * console.log(meetings[0]?.id, meetings[0]?.topic)
 * // => 7011030664708603907 undefined
 * ```
 */
export const MeetingBriefs = Rows.pipe(
  Schema.decodeTo(
    Schema.declare(
      (u: unknown): u is ReadonlyArray<MeetingBrief> =>
        Array.isArray(u) && u.every((row) => row instanceof MeetingBrief),
      { identifier: "MeetingBriefs" },
    ),
    SchemaTransformation.transform({
      decode: (rows): ReadonlyArray<MeetingBrief> => rows.map((row) => new MeetingBrief(row)),
      encode: (meetings): ReadonlyArray<MeetingBriefRow> => meetings.map(MeetingBrief.toRow),
    }),
  ),
)
