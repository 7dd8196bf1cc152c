/** Health, reset, snapshots and switches. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as SnapshotTransfer from "../SnapshotTransfer.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `state`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "state", (handlers) =>
    handlers
      .handle("health", () => Effect.succeed({ status: "ok" as const }))
      .handle("reset", ({ query }) =>
        change(query, (workspace) =>
          Effect.as(
            Effect.mapError(workspace.reset(workspaces.mayHave(workspace)), Outcome.refusedSeed),
            Outcome.done,
          ),
        ),
      )
      .handleRaw("snapshot", ({ query, request }) =>
        Effect.flatMap(find(query), (workspace) => SnapshotTransfer.send(request, workspace.snapshot())),
      )
      .handleRaw("restore", ({ query, request }) =>
        Effect.andThen(
          // Looked up first: a client that names an unknown workspace need not send the snapshot.
          find(query),
          Effect.flatMap(SnapshotTransfer.receive(request), (snapshot) =>
            change(query, (workspace) =>
              Effect.as(
                Effect.mapError(
                  workspace.restore(snapshot, workspaces.mayHave(workspace)),
                  Outcome.refusedSeed,
                ),
                Outcome.done,
              ),
            ),
          ),
        ),
      )
      .handle("behaviour", ({ query }) => Effect.map(find(query), ({ state }) => state.behaviour))
      .handle("changeBehaviour", ({ payload, query }) =>
        change(query, (workspace) => {
          workspace.change(payload)
          return Effect.succeed(workspace.state.behaviour)
        }),
      ),
  )
}
