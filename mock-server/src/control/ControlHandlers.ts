/** The control plane: the handlers of its API. `handlers/` has a file for each group. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Layer from "effect/Layer"
import { json } from "../feishu/answers.ts"
import * as Problems from "../protocol/Problems.ts"
import type { Workspaces } from "../state/Workspaces.ts"
import * as ControlApi from "./ControlApi.ts"
import * as ControlDocs from "./ControlDocs.ts"
import * as ControlPaths from "./ControlPaths.ts"
import * as apps from "./handlers/apps.ts"
import * as faults from "./handlers/faults.ts"
import * as journal from "./handlers/journal.ts"
import * as meetings from "./handlers/meetings.ts"
import * as state from "./handlers/state.ts"
import * as time from "./handlers/time.ts"
import * as users from "./handlers/users.ts"
import * as workspaces from "./handlers/workspaces.ts"

/** Every route under `/_mock`. A group of the API is added here. */
export const routes = (all: Workspaces) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(ControlApi.Api, { openapiPath: ControlPaths.openapi }),
    ControlDocs.layer,
  ).pipe(
    Layer.provide([
      state.layer(all),
      apps.layer(all),
      users.layer(all),
      meetings.layer(all),
      faults.layer(all),
      journal.layer(all),
      time.layer(all),
      workspaces.layer(all),
    ]),
    Layer.provide(problems),
  )

const problems = HttpApiMiddleware.layerSchemaErrorTransform(ControlApi.Problems, (error) =>
  Effect.succeed(
    json(
      JSON.stringify({
        _tag: "Refused",
        error: "invalid request",
        problems: Problems.told(Problems.ofIssue(error.cause.issue).map(Problems.inWords)),
      }),
      { status: 400 },
    ),
  ),
)
