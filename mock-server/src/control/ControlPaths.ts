/** The paths of the control plane, and the answers to paths and methods that it does not have. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { unhandled } from "effect/Types"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as Bounds from "../protocol/Bounds.ts"
import { Api } from "./ControlApi.ts"

/** The page that documents the control plane. */
export const docs = "/_mock/docs"
/** The same documentation as OpenAPI, for programs. */
export const openapi = "/_mock/openapi.json"
/** The READMEs, by their languages. */
export const readmes = { en: "/_mock/README.md", zh: "/_mock/README.zh-CN.md" } as const
/** All of them. They hold no data of the mock. */
export const documents: ReadonlySet<string> = new Set([docs, openapi, ...Object.values(readmes)])

/** The pattern of every path, with its methods. */
const known: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = (() => {
  const methods = new Map(Array.from(documents, (path) => [path, ["GET"]]))
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
 * Answers requests that no handler has answered: for an unknown path it names the documentation, for a wrong method the
 * allowed ones; an unexpected failure is answered in JSON, too.
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
              ? `the body of this request is too large: at most ${Bounds.inMebibytes(Bounds.controlBytes)} are accepted`
              : `this request failed: ${shortened(String(error), 300)}`,
        }),
      )
    }
    const allowed = known.filter(([pattern]) => pattern.test(path)).flatMap(([, methods]) => methods)
    // A path that cannot be decoded matches a pattern, but reaches no handler.
    if (allowed.length === 0 || allowed.includes(method)) {
      return Effect.succeed(
        json(404, {
          _tag: "Missing",
          error: `there is no ${shortened(path, 100)}: see ${docs}, or ${openapi} for programs`,
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
