/** The HTTP client for Node. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import * as Duration from "effect/Duration"

/** What may be set; everything has a default. */
export interface Options {
  /** To open a connection, TLS included; default 10 seconds. */
  readonly connectTimeout?: Duration.Input | undefined
}

/**
 * Undici with connections that are kept alive, a deadline for connecting, and no redirects. The connections are
 * closed with the layer.
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  NodeHttpClient.layerUndiciOptions({
    connect: { timeout: Duration.toMillis(Duration.fromInputUnsafe(options.connectTimeout ?? "10 seconds")) },
    // Below the usual idle limit of servers, so that a kept connection is rarely closed as it is used again.
    keepAliveTimeout: 4_000,
  })
