/**
 * The page at `/`, where people see what the mock holds and what happened. It is one file, uses only the control plane, and
 * loads nothing from other hosts.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as ControlGuard from "../control/ControlGuard.ts"
import * as Document from "./Document.ts"

/** Makes the page. Its script is loaded when the page is first opened. */
const content = async () => {
  const { make } = await import("./InspectorAssets.ts")
  const { script } = await make()
  return Document.make({
    lang: "en",
    title: "Mock Feishu",
    script,
    body: `<div id="page"></div>
<noscript>This page needs JavaScript. The same data is available under <a href="/_mock/docs">/_mock</a>.</noscript>`,
  })
}

let made: Promise<HttpServerResponse.HttpServerResponse> | undefined

/** Returns the page. The caller has checked {@link ControlGuard.opensPage}. */
export const answer = (
  guard: ControlGuard.Options | undefined,
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(
    Effect.promise(() => (made ??= content())),
    (page) =>
      guard?.controlToken === undefined
        ? page
        : HttpServerResponse.setHeader(page, "set-cookie", ControlGuard.pageCookie(guard.controlToken)),
  )
