/** The workspaces that tests add: each one is a Feishu that does not see the others. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Workspace from "../../state/Workspace.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"

/** Handles the group `workspaces`. */
export const layer = (workspaces: Workspaces) => {
  let added = 0
  return HttpApiBuilder.group(ControlApi.Api, "workspaces", (handlers) =>
    handlers
      .handle("workspaces", () => Effect.sync(() => workspaces.all().map(infoOf)))
      .handle("addWorkspace", ({ payload }) =>
        Effect.gen(function* () {
          const { testClock } = workspaces.shared
          if (testClock !== undefined && (payload.now ?? payload.seed?.clock?.now) !== undefined) {
            return yield* Outcome.refused("the workspace cannot have a clock of its own", [
              "now: all workspaces of this mock have Effect's TestClock: move that one",
            ])
          }
          added++
          const app = Workspace.appOfItsOwn(added)
          const seed = payload.seed ?? (payload.generate === undefined ? Workspace.sampleSeed : {})
          const workspace = yield* Effect.mapError(
            Workspace.make(
              {
                randomSeed: `workspace ${added}`,
                onRequest: workspaces.shared.onRequest,
                ...payload,
                seed: { ...seed, apps: payload.seed?.apps ?? [app] },
              },
              workspaces.shared.secrets,
              testClock,
            ),
            Outcome.refusedSeed,
          )
          const taken = workspaces.add(workspace)
          if (taken !== undefined) return yield* Outcome.refused(taken)
          return infoOf(workspace)
        }),
      )
      .handle("removeWorkspace", ({ params }) =>
        Outcome.doneOr(workspaces.remove(params.id), `added workspace with the app ${params.id}`),
      ),
  )
}

const infoOf = (workspace: Workspace.Workspace) => {
  const app = Workspace.firstApp(workspace)
  return {
    appId: app.app_id,
    appSecret: app.app_secret,
    meetingNos: Workspace.meetingNos(workspace),
  }
}
