/** Rules for failures, and chaos. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Bounds from "../../protocol/Bounds.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `faults`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "faults", (handlers) =>
    handlers
      .handle("faults", ({ query }) =>
        Effect.map(find(query), ({ state }) => ({
          rules: state.faults.list(),
          chaos: state.faults.chaos() ?? null,
        })),
      )
      .handle("addFault", ({ payload, query }) =>
        change(query, ({ state }) =>
          state.faults.isFull()
            ? Effect.fail(Outcome.refused(`there are ${Bounds.rules} rules already: remove some`))
            : Effect.succeed(state.faults.add(payload)),
        ),
      )
      .handle("enableFault", ({ params, payload, query }) =>
        change(query, ({ state }) => {
          const rule = state.faults.enable(params.id, payload.enabled)
          return rule === undefined ? Outcome.missing(`rule ${params.id}`) : Effect.succeed(rule)
        }),
      )
      .handle("removeFault", ({ params, query }) =>
        change(query, ({ state }) => Outcome.doneOr(state.faults.remove(params.id), `rule ${params.id}`)),
      )
      .handle("clearFaults", ({ query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.faults.clear(), Outcome.done))),
      )
      .handle("chaos", ({ payload, query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.faults.setChaos(payload), Outcome.done))),
      )
      .handle("calm", ({ query }) =>
        change(query, ({ state }) => Effect.sync(() => (state.faults.setChaos(undefined), Outcome.done))),
      ),
  )
}
