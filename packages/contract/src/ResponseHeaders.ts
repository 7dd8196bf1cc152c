/**
 * The names of the response headers that matter to a client, in lower case as Node gives them.
 *
 * @example
 * ```ts
 * import { ListByNo, ResponseHeaders } from "@effect-feishu/contract"
 *
 * const response = await fetch(`${process.env.FEISHU_BASE_URL}${ListByNo.path}`)
 * console.log(response.status, response.headers.get(ResponseHeaders.logId))
 * // => 400 20…
 * ```
 */

/**
 * The id that Feishu's support asks for: 34 characters, `YYYYMMDDHHmmss` in UTC+8 and 20 upper-case hex
 * digits; equals `error.log_id` (observed).
 */
export const logId = "x-tt-logid"
/** A uuid, for support if there is no log id (observed). */
export const requestId = "x-request-id"
/** The number of requests per window; only on answers to refused requests (documented). */
export const rateLimitLimit = "x-ogw-ratelimit-limit"
/** Whole seconds until the window resets; only on answers to refused requests (documented). */
export const rateLimitReset = "x-ogw-ratelimit-reset"
