/**
 * Checks with one request, and without a token, whether Feishu can be reached: to test the network before anything
 * secret is sent.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { FeishuConfig } from "./FeishuConfig.ts"
import type { FeishuError } from "./FeishuError.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import { requestPath } from "./internal/requestPath.ts"
import * as ServerText from "./internal/ServerText.ts"
import * as Transport from "./internal/Transport.ts"
import { judge } from "./internal/Verdict.ts"
import * as Watchdog from "./internal/Watchdog.ts"

/** The facts that any answer gives. */
export interface Reached {
  /** The HTTP status. */
  readonly status: number
  /**
   * Feishu's code; a request without a token gets 99991661. `undefined` if HTTP 401 or 403 came without a code:
   * something in front of Feishu, such as a gateway, has refused the request because it has no token.
   */
  readonly code: number | undefined
  /** The time from sending to the end of the body. */
  readonly millis: number
  /**
   * How far the server's clock is ahead of this machine's, by the header `Date`. That is in whole seconds, so this is
   * accurate to half a second and half of `millis`.
   */
  readonly aheadMillis: number | undefined
  /** The id that Feishu's support asks for. */
  readonly logId: string | undefined
}

/**
 * Sends one request without a token, and does not retry it. Succeeds with any answer of Feishu, which refuses such a
 * request, and with HTTP 401 or 403 of a gateway in front of it. Fails if no answer comes, or something else answers.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { FeishuConfig, Probe } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const feishu = Layer.merge(FeishuConfig.layer({ baseUrl: process.env.FEISHU_BASE_URL }), NodeHttp.layer())
 * const { code, status } = await Effect.runPromise(Effect.provide(Probe.reach, feishu))
 * console.log(status, code) // => 400 99991661
 * ```
 */
export const reach: Effect.Effect<Reached, FeishuError, FeishuConfig | HttpClient.HttpClient> = Effect.gen(
  function* () {
    const config = yield* FeishuConfig
    const client = yield* HttpClient.HttpClient
    const secrets = yield* ServerText.HttpClientSecrets
    const watchdog = yield* Watchdog.make
    const operation = `GET ${ListByNo.path}`
    const request = HttpClientRequest.get(`${config.baseUrl}${ListByNo.path}`)
    const named = (error: FeishuError) => error.with({ operation, path: requestPath(operation, request.url) })
    const started = yield* monotonicMillis
    const answer = yield* Effect.mapError(
      Transport.send({ client, config, watchdog, request, secrets, started }),
      named,
    )
    const millis = (yield* monotonicMillis) - started
    const middle = (yield* Clock.currentTimeMillis) - millis / 2
    const date = DateTime.make(answer.headers["date"] ?? "")
    const code = yield* judge(answer, request.url, config.longestWaitSeconds, secrets).pipe(
      Effect.as(0),
      Effect.catch((error) =>
        // A gateway that refuses a request without a token may accept one with a token.
        error.code === undefined && answer.status !== 401 && answer.status !== 403
          ? Effect.fail(named(error))
          : Effect.succeed(error.code),
      ),
    )
    return {
      status: answer.status,
      code,
      millis,
      aheadMillis: Option.getOrUndefined(
        Option.map(date, (date) => Math.round(DateTime.toEpochMillis(date) + 500 - middle)),
      ),
      logId: answer.logId,
    }
  },
).pipe(Effect.scoped)
