/** `fetch` as an HTTP client. */
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type { Fetch } from "../Options.ts"

/** Returns the client that sends requests with a `fetch`. */
export const layer = (fetch: Fetch): Layer.Layer<HttpClient.HttpClient> =>
  FetchHttpClient.layer.pipe(
    Layer.provide(Layer.succeed(FetchHttpClient.Fetch, (url, init) => fetch(String(url), init ?? {}))),
  )
