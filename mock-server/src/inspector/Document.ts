/** A page of the mock for people, as one file that loads nothing, with the headers that keep it so. */
import { createHash } from "node:crypto"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** The parts of a page. `title` is escaped; `body` is HTML. */
export interface Parts {
  readonly lang: string
  readonly title: string
  readonly body: string
  /** The only script that runs. Without it, the page has none. */
  readonly script?: string
  /** The sources of the policy that forms may be sent to, redirects included. Default: nowhere. */
  readonly formAction?: string
  readonly status?: number
}

/** Makes the page. Browsers keep no copy of it, show it in no frame, and name it to no other site. */
export const make = async ({
  body,
  formAction = "'none'",
  lang,
  script,
  status = 200,
  title,
}: Parts): Promise<HttpServerResponse.HttpServerResponse> => {
  // In a clone the module brings the bundler, which a mock that nobody looks at does not need.
  const { style: read } = await import("./InspectorAssets.ts")
  const style = await read()
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`, "connect-src 'self'"]),
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
    // The browser makes sure that texts of meetings and answers are never read as HTML.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  const html = `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
${body}
${
  script === undefined
    ? ""
    : `<script type="module">${script}</script>
`
}</body>
</html>
`
  return HttpServerResponse.text(html, {
    status,
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": policy.join("; "),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  })
}

/** Returns a text as HTML that shows it, in an element or in an attribute with quotes. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)

const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3370ff"/><path d="M4 5h8M4 8h8M4 11h5" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>',
)}`

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`
