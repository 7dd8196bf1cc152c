/** The page that documents the control plane, and the READMEs. */
import * as Effect from "effect/Effect"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Scope from "effect/Scope"
import { Api } from "./ControlApi.ts"
import { docs as path, readmes } from "./ControlPaths.ts"

/** What the page shows: nothing that leads to Scalar's own services, which would learn the address of the mock. */
const scalar: HttpApiScalar.ScalarConfig & {
  readonly hideClientButton: boolean
  readonly showDeveloperTools: "never"
  readonly telemetry: boolean
} = {
  withDefaultFonts: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  telemetry: false,
  // An empty picture: a browser would request /favicon.ico, which Feishu does not have.
  favicon: "data:,",
}

/** The page loads nothing: its script, its styles and the description are in it. It sends requests to this mock only. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

/** Serves the page. Its script has 3 MB, so it is loaded when the page is first opened, and not at the start. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const scope = yield* Effect.scope
    const page = yield* Effect.cached(
      HttpRouter.toHttpEffect(HttpApiScalar.layer(Api, { path, scalar })).pipe(Scope.provide(scope)),
    )
    yield* router.add(
      "GET",
      path,
      Effect.map(
        Effect.flatten(page),
        HttpServerResponse.setHeaders({
          "content-security-policy": policy,
          "referrer-policy": "no-referrer",
          "x-content-type-options": "nosniff",
        }),
      ),
    )
    for (const language of ["en", "zh"] as const) {
      yield* router.add(
        "GET",
        readmes[language],
        Effect.map(
          Effect.promise(() => import("./Readme.ts")),
          ({ read }) =>
            HttpServerResponse.text(read()[language], {
              contentType: "text/plain; charset=utf-8",
              headers: { "x-content-type-options": "nosniff" },
            }),
        ),
      )
    }
  }),
)
