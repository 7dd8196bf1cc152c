/**
 * Reads Feishu (Lark) meetings with `for await`: the same as `@effect-feishu/core`, for programs without Effect 4.
 */
import "./thisNode.ts"
import type { Client } from "./Client.ts"
import { makeClient } from "./internal/makeClient.ts"
import { node } from "./internal/node.ts"
import type { ClientOptions } from "./Options.ts"

export * from "./exports.ts"

/**
 * Makes a client. This sends nothing; if an option is wrong, the reads of the client reject with an `InvalidRequest`.
 *
 * Warnings (another program uses the same app, a window older than 90 days is empty) go to `process.emitWarning`, or to
 * `console.warn` where there is no Node, in addition to being events.
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
 * const request = { meetingNo: "337 736 498", range: { from: "30d" } }
 * for await (const meeting of client.stream(request)) console.log(meeting.id, meeting.topic)
 * // => 7628568641385449001 Kick-off
 * // => 7631166230414229002 Review
 * // => 7633763819443009003 Retrospective
 *
 * const first = await client.page({ ...request, pageSize: 2 })
 * const second = await client.page({ cursor: first.cursor! })
 * console.log(second.meetings.map((meeting) => meeting.topic)) // => [ 'Retrospective' ]
 * ```
 */
export const createClient = (options: ClientOptions): Client => makeClient(options, node)
