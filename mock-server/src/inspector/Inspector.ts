/**
 * The page at `/`, where people see what the mock holds and what happened. It is one file, uses only the control plane, and
 * loads nothing from other hosts.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as ControlGuard from "../control/ControlGuard.ts"

/** Makes the page. Its script is loaded when the page is first opened. */
const content = async () => {
  const { make } = await import("./InspectorAssets.ts")
  const { script, style } = await make()
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mock Feishu</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. The same data is available under <a href="/_mock/docs">/_mock</a>.</noscript>
<script type="module">${script}</script>
</body>
</html>
`
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The browser makes sure that texts of meetings and answers are never read as HTML.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  return HttpServerResponse.text(html, {
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": policy.join("; "),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  })
}

const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3370ff"/><path d="M4 5h8M4 8h8M4 11h5" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>',
)}`

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`

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
