/** Checks of paths that are not endpoints of Feishu, or misspell one. */
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import type { Check } from "./Check.ts"
import { observedCode } from "./Observation.ts"

/**
 * An unknown path next to `meetings`, where all endpoints of Feishu have fixed names. A path below `/meetings/` would not be
 * unknown: Feishu reads what follows as the id of a meeting (`GET /open-apis/vc/v1/meetings/:meeting_id`).
 */
export const unknownPath = "/open-apis/vc/v1/no_such_endpoint"

/** The checks, in the order in which they run. */
// The misspelt part is never where an endpoint of Feishu has a parameter, or it would be a value of that.
export const pathChecks: ReadonlyArray<Check> = (
  [
    [
      "path-escaped",
      "an escaped letter in a path is 404",
      `GET ${ListByNo.path.replace("/meetings/", "/%6Deetings/")}`,
      "path-spelling",
    ],
    ["path-double-slash", "a path with a double slash is 404", `GET /${ListByNo.path}`, "path-spelling"],
    ["not-found", "an unknown path is 404 in plain text", `GET ${unknownPath}`],
    ["not-found-method", "a wrong method is 404 in plain text", `GET ${TenantAccessToken.internalPath}`],
    ["not-found-slash", "a path with a slash at its end is 404", `POST ${TenantAccessToken.internalPath}/`],
    [
      "not-found-case",
      "a path in other letter case is 404",
      `GET ${ListByNo.path.replace("/meetings/", "/Meetings/")}`,
    ],
  ] as const
).map(([id, what, request, row = "not-found"]): Check => ({
  id,
  row,
  source: row === "not-found" ? "wire" : "inferred",
  what,
  request,
  requests: 1,
  expected: '404 text/plain "404 page not found"',
  observe: Effect.fnUntraced(function* ({ authorization, feishu }) {
    const [method, path] = request.split(" ") as ["GET" | "POST", string]
    const body = method === "POST" ? { body: "{}" } : {}
    return observedCode(yield* feishu.send(path, { method, ...body, authorization: yield* authorization }))
  }),
}))
