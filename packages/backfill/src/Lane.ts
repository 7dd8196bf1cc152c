/** A lane: one app and tenant. Feishu counts its rate limit by both, so a lane is read by one process at a time. */
import * as Schema from "effect/Schema"

/** One app, and the tenant where it has many. */
export const Lane = Schema.Struct({
  appId: Schema.String.pipe(Schema.check(Schema.isPattern(/^[^\s/]+$/))),
  /** The tenant key; absent for an app that has only its own tenant. */
  tenantKey: Schema.optional(Schema.String.pipe(Schema.check(Schema.isPattern(/^[^\s/]+$/)))),
})
/** One app, and the tenant where it has many. */
export type Lane = typeof Lane.Type

/**
 * Returns the lane as one text: the app id, and the tenant key after a slash if there is one.
 *
 * @example
 * ```ts
 * import { Lane } from "@effect-feishu/backfill"
 *
 * console.log(Lane.id({ appId: "cli_a1b2c3" })) // => cli_a1b2c3
 * console.log(Lane.id({ appId: "cli_a1b2c3", tenantKey: "2ed263bf32cf1651" })) // => cli_a1b2c3/2ed263bf32cf1651
 * ```
 */
export const id = ({ appId, tenantKey }: Lane): string =>
  tenantKey === undefined ? appId : `${appId}/${tenantKey}`

/** Returns the lane of such a text. */
export const fromId = (text: string): Lane => {
  const slash = text.indexOf("/")
  return slash < 0 ? { appId: text } : { appId: text.slice(0, slash), tenantKey: text.slice(slash + 1) }
}

/** Returns the tenant as the table of meetings names it: the tenant key or, without one, the app id. */
export const tenantOf = ({ appId, tenantKey }: Lane): string => tenantKey ?? appId
