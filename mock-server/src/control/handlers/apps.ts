/** Apps, their tokens, and the actions of Feishu itself: app tickets. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as AppTicketPush from "../../feishu/AppTicketPush.ts"
import * as Bounds from "../../protocol/Bounds.ts"
import * as Store from "../../state/Store.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `apps`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "apps", (handlers) =>
    handlers
      .handle("apps", ({ query }) =>
        Effect.map(find(query), ({ state }) => state.store.apps().map(Store.writtenApp)),
      )
      .handle("putApp", ({ payload, query }) =>
        change(query, (workspace) => {
          const refusal = workspaces.mayHave(workspace)([payload])
          if (refusal !== undefined) return Effect.fail(Outcome.refusedSeed(refusal))
          workspace.secrets.rememberApp(payload)
          return workspace.state.store.putApp(payload)
            ? Effect.succeed(Outcome.done)
            : Effect.fail(
                Outcome.refused(`there is no room for the app ${payload.app_id}`, [Bounds.ofWorkspace]),
              )
        }),
      )
      .handle("removeApp", ({ params, query }) =>
        change(query, ({ state: { store } }) =>
          store.app(params.id) !== undefined && store.apps().length === 1
            ? Effect.fail(Outcome.refused(`${params.id} is the only app of its workspace`))
            : Outcome.doneOr(store.removeApp(params.id), `app ${params.id}`),
        ),
      )
      .handle("tokens", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          state.tokens.all(state.clock.now()).map(({ appId, expiresAt, kind, tenant, text }) => ({
            kind,
            text: `${text.slice(0, 5)}…`,
            appId,
            tenant,
            expiresAt: expiresAt / 1000,
          })),
        ),
      )
      .handle("revokeToken", ({ payload, query }) =>
        change(query, ({ state }) => {
          const { token } = payload
          const texts =
            token === undefined ? state.tokens.all(state.clock.now()).map(({ text }) => text) : [token]
          const revoked = texts.filter((text) => state.tokens.revoke(text)).length
          return token !== undefined && revoked === 0
            ? Outcome.missing("such token")
            : Effect.succeed({ revoked })
        }),
      )
      .handle("pushAppTicket", ({ payload }) =>
        change(payload, (workspace) => {
          const app = workspace.state.store.app(payload.app_id)
          if (app?.type !== "store")
            return Effect.fail(Outcome.refused(`${payload.app_id} is not a store app`))
          return Effect.map(AppTicketPush.push(workspace, app), (app_ticket) => ({ app_ticket }))
        }),
      ),
  )
}
