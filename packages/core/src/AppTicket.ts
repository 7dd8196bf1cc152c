/**
 * The ticket of a store app, which Feishu pushes to the app's event address every hour. The application that
 * receives the event passes the ticket on to this service.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { AppTicket, Secret } from "@effect-feishu/core"
 *
 * // Where your application handles the event of type app_ticket:
 * const onAppTicket = (event: { readonly app_ticket: string }) =>
 *   Effect.flatMap(AppTicket.AppTicket, (tickets) => tickets.push(Secret.appTicket(event.app_ticket)))
 *
 * const program = Effect.gen(function* () {
 *   yield* onAppTicket({ app_ticket: "the-ticket" })
 *   const { latest } = yield* AppTicket.AppTicket
 *   console.log(String(yield* latest)) // => <redacted:app ticket>
 * })
 * await Effect.runPromise(Effect.provide(program, AppTicket.layer))
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Secret from "./Secret.ts"

/**
 * Keeps the ticket. An application with several processes implements this service on a store that they share, since
 * the event reaches only one of them.
 */
export class AppTicket extends Context.Service<
  AppTicket,
  {
    /** The newest ticket; `undefined` if none has come yet. While a ticket is awaited, this is read once a second. */
    readonly latest: Effect.Effect<Secret.AppTicket | undefined>
    /** Keeps a ticket that Feishu has pushed. */
    readonly push: (ticket: Secret.AppTicket) => Effect.Effect<void>
  }
>()("@effect-feishu/core/AppTicket") {}

/** A layer that keeps the ticket in memory. */
export const layer: Layer.Layer<AppTicket> = Layer.sync(AppTicket, () => {
  let latest: Secret.AppTicket | undefined
  return AppTicket.of({
    latest: Effect.sync(() => latest),
    push: (ticket) =>
      Effect.sync(() => {
        latest = ticket
      }),
  })
})
