/** The workspace that a request to the control plane is about. */
import * as Effect from "effect/Effect"
import { shortened } from "@effect-feishu/terminal/Shortened"
import type { Workspace } from "../../state/Workspace.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"

/** The part of a query that names a workspace: the id of one of its apps, or nothing for the shared one. */
export interface Query {
  readonly app_id?: string | undefined
}

/** Returns the functions that find the workspace of a request, and change it. */
export const of = (workspaces: Workspaces) => {
  const find = ({ app_id: appId }: Query): Effect.Effect<Workspace, ControlApi.Missing> =>
    Effect.suspend(() => {
      const workspace = appId === undefined ? workspaces.shared : workspaces.ofApp(appId)
      return workspace === undefined
        ? Effect.fail(
            new ControlApi.Missing({ error: `no workspace has the app ${shortened(appId ?? "", 100)}` }),
          )
        : Effect.succeed(workspace)
    })
  /** Changes a workspace while no other change runs. */
  const change = <Change extends Effect.Effect<unknown, unknown>>(
    query: Query,
    how: (workspace: Workspace) => Change,
  ): Effect.Effect<Effect.Success<Change>, Effect.Error<Change> | ControlApi.Missing> =>
    Effect.flatMap(find(query), (workspace) =>
      workspace.alone(
        Effect.suspend(() => how(workspace) as Effect.Effect<Effect.Success<Change>, Effect.Error<Change>>),
      ),
    )
  return { change, find }
}
