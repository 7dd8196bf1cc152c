/** The page that documents the control plane. */
import * as Effect from "effect/Effect"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Scope from "effect/Scope"
import { Api } from "./ControlApi.ts"
import { docs as path } from "./ControlPaths.ts"

/** Serves the page. Its script has 3 MB, so it is loaded when the page is first opened, and not at the start. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const scope = yield* Effect.scope
    const page = yield* Effect.cached(
      HttpRouter.toHttpEffect(HttpApiScalar.layer(Api, { path })).pipe(Scope.provide(scope)),
    )
    yield* router.add("GET", path, Effect.flatten(page))
  }),
)
