/**
 * The ticket of a store app, which Feishu pushes to the app's event address every hour. The application that
 * receives the event hands it on here.
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
 * Where the ticket is kept. An application of several processes implements it on a store that they share, since
 * the event reaches one of them only.
 */
export class AppTicket extends Context.Service<
  AppTicket,
  {
    /** The ticket that came last, or `undefined` where none has come yet. Read once a second while waiting. */
    readonly latest: Effect.Effect<Secret.AppTicket | undefined>
    /** Keeps a ticket that Feishu has pushed. */
    readonly push: (ticket: Secret.AppTicket) => Effect.Effect<void>
  }
>()("@effect-feishu/core/AppTicket") {}

/** Keeps the ticket in memory. */
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
