/** What is not under `/_mock`, and how that is told. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { unhandled } from "effect/Types"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as Bounds from "../protocol/Bounds.ts"
import { Api } from "./ControlApi.ts"

/** The page that describes the control plane, and the same for programs. */
export const docs = "/_mock/docs"
export const openapi = "/_mock/openapi.json"

/** Every path as its pattern, with the methods that it has. */
const known: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = (() => {
  const methods = new Map<string, Array<string>>([
    [docs, ["GET"]],
    [openapi, ["GET"]],
  ])
  for (const { endpoints } of Object.values(Api.groups)) {
    for (const { method, path } of Object.values(endpoints)) {
      methods.set(path, [...(methods.get(path) ?? []), method])
    }
  }
  return [...methods].map(([path, methods]) => [
    new RegExp(`^${path.replaceAll(".", String.raw`\.`).replaceAll(/:\w+/g, "[^/]+")}$`),
    methods.includes("GET") ? [...methods, "HEAD"] : methods,
  ])
})()

const json = (status: number, body: object, headers = {}) =>
  HttpServerResponse.text(JSON.stringify(body), { status, contentType: "application/json", headers })

/**
 * The answer where no handler has given one: an unknown path says where the description is, a wrong method which ones
 * there are, and what nobody foresaw is told in JSON, too.
 */
export const unanswered =
  (method: string, path: string) =>
  (cause: Cause.Cause<unhandled>): Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled> => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
    const error: unknown = Cause.squash(cause)
    if (!HttpServerError.isHttpServerError(error) || error.reason._tag !== "RouteNotFound") {
      return Effect.map(HttpServerError.causeResponse(cause), ([{ status }]) =>
        json(status, {
          _tag: "Failed",
          error:
            status === 413
              ? `the body of this request is too large: at most ${Bounds.inMebibytes(Bounds.controlBytes)} are read`
              : `this request has no answer: ${shortened(String(error), 300)}`,
        }),
      )
    }
    const allowed = known.filter(([pattern]) => pattern.test(path)).flatMap(([, methods]) => methods)
    // A path that cannot be decoded has its methods, and leads nowhere.
    if (allowed.length === 0 || allowed.includes(method)) {
      return Effect.succeed(
        json(404, {
          _tag: "Missing",
          error: `there is no ${shortened(path, 100)}: ${docs} describes what there is, and ${openapi} does for programs`,
        }),
      )
    }
    const allow = [...new Set(allowed)].join(", ")
    return Effect.succeed(
      json(
        405,
        { _tag: "WrongMethod", error: `${shortened(path, 100)} takes ${allow}, not ${method}` },
        { allow },
      ),
    )
  }
