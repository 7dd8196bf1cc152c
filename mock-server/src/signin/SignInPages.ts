/**
 * The pages at which people sign in: the authorization page, to which an application sends the browser, and the page for the code of a
 * device. They stand in for Feishu's own, need no script, and are not in the journal: their addresses hold codes.
 */
import { OAuth } from "@effect-feishu/contract"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { tooLarge } from "../feishu/answers.ts"
import * as Bounds from "../protocol/Bounds.ts"
import * as Authorizations from "../state/Authorizations.ts"
import type { Workspaces } from "../state/Workspaces.ts"
import * as AuthorizationPage from "./AuthorizationPage.ts"
import * as DevicePage from "./DevicePage.ts"
import * as Language from "./Language.ts"
import * as Page from "./Page.ts"

const pages: Readonly<Record<string, (workspaces: Workspaces, asked: Page.Asked) => Page.Answer>> = {
  [OAuth.authorizePath]: AuthorizationPage.answer,
  [Authorizations.devicePath]: DevicePage.answer,
}

/** True for a request for one of the pages, or for a form of it. */
export const isFor = ({ method }: HttpServerRequest.HttpServerRequest, path: string): boolean =>
  Object.hasOwn(pages, path) && ["GET", "HEAD", "POST"].includes(method)

/** Answers a request for which {@link isFor} is true. */
export const answer = (
  workspaces: Workspaces,
  request: HttpServerRequest.HttpServerRequest,
  path: string,
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const query = new URLSearchParams(request.url.split(/\?(.*)/s)[1])
  const t = Language.textsFor(query.get("lang"), request.headers["accept-language"])
  query.delete("lang")
  const shown = (form: URLSearchParams | undefined) =>
    Effect.promise(async () => {
      const answer = pages[path]!(workspaces, { path, query, form, t })
      return "redirect" in answer ? redirect(answer.redirect) : await Page.make(t, query, answer)
    })
  if (request.method !== "POST") return shown(undefined)
  return request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(Bounds.requestBytes)),
    // A browser says where a form comes from, and a form from elsewhere is read as an empty one.
    Effect.map((text) => new URLSearchParams(isFromHere(request) ? text : "")),
    Effect.flatMap(shown),
    Effect.catch(() => Effect.succeed(tooLarge)),
  )
}

/** `Origin` does not say: a page that names itself to nobody sends its forms with `null`. */
const isFromHere = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  [undefined, "same-origin", "none"].includes(headers["sec-fetch-site"])

/** Sends the browser to a URL, which neither it nor a cache keeps. A header takes ASCII alone. */
const redirect = (url: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({
    status: 303,
    headers: {
      location: url.replaceAll(/[^!-~]/gu, encodeURIComponent),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    },
  })
