/**
 * One call of an endpoint, from its query to its decoded data.
 *
 * A retry repeats one effect as a whole: slot, token, send, read, judge, decode. Every send takes a slot of its own,
 * and reads the token after the slot is granted; if it has to wait for the token, it takes a slot again.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { FeishuClient } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * // Any GET endpoint: here the one of meetings, with nothing read but whether there are more.
 * const anyMeetings: FeishuClient.Endpoint<
 *   { readonly meeting_no: string; readonly start_time: string; readonly end_time: string },
 *   { readonly has_more?: boolean }
 * > = {
 *   path: "/open-apis/vc/v1/meetings/list_by_no",
 *   query: Schema.Struct({
 *     meeting_no: Schema.String,
 *     start_time: Schema.String,
 *     end_time: Schema.String,
 *   }),
 *   data: Schema.Struct({ has_more: Schema.optionalKey(Schema.Boolean) }),
 * }
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* FeishuClient.FeishuClient
 *   const end = Math.floor(Date.now() / 1000)
 *   const { data } = yield* client.call(anyMeetings, {
 *     meeting_no: "337736498",
 *     start_time: String(end - 86_400),
 *     end_time: String(end),
 *   })
 *   console.log(data.has_more) // => false
 * })
 * await Effect.runPromise(
 *   program.pipe(Effect.provide(FeishuClient.layerConfig), Effect.provide(NodeHttp.layer())),
 * )
 * ```
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Refusal } from "@effect-feishu/contract/ErrorCode"
import * as AccessToken from "./AccessToken.ts"
import * as FeishuConfig from "./FeishuConfig.ts"
import { contractViolation, FeishuError, invalidRequest } from "./FeishuError.ts"
import * as Attempt from "./internal/Attempt.ts"
import * as Circuit from "./internal/Circuit.ts"
import { environmentOptions } from "./internal/environmentOptions.ts"
import { logRetry } from "./internal/logRetry.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import { showable } from "./internal/ServerText.ts"
import * as SpanAttributes from "./internal/SpanAttributes.ts"
import * as Transport from "./internal/Transport.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Retry from "./Retry.ts"
import * as Secret from "./Secret.ts"
import * as Sentence from "./Sentence.ts"

/**
 * Returns whether a request may still be sent; by default it always may. The client of `NodeHttp.layer` asks it just before it
 * writes a request to its connection: a program that shares a limit with others by time may have been frozen since the request
 * got its slot. While it returns false nothing is written, and the request is given to the HTTP client again and again, until the
 * deadline of the attempt. Other HTTP clients do not ask it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FeishuClient, MeetingNo, Meetings } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * let asked = 0
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   const page = yield* meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } })
 *   console.log(page.meetings.length) // => 3
 * })
 * await Effect.runPromise(
 *   program.pipe(
 *     // Two requests, for a token and for a page; each may be sent when it is asked for the second time.
 *     Effect.provideService(FeishuClient.MaySend, () => ++asked % 2 === 0),
 *     Effect.provide(Meetings.layerConfig),
 *     Effect.provide(NodeHttp.layer()),
 *   ),
 * )
 * console.log(asked) // => 4
 * ```
 */
export const MaySend: Context.Reference<() => boolean> = Transport.MaySend

/** A GET endpoint of Feishu: its path, its query as texts, and the `data` of its answer. */
export interface Endpoint<Query, Data> {
  /** The path below the base URL, with a slash in front. A parameter is a segment such as `:meeting_id`. */
  readonly path: string
  /** For each parameter of the path, why a value cannot be one; `undefined` if it can. Nothing is sent for one that cannot. */
  readonly params?: Readonly<Record<string, (value: string) => ParamProblem | undefined>> | undefined
  readonly query: Schema.Codec<Query, Readonly<Record<string, string | undefined>>>
  readonly data: Schema.Codec<Data, unknown>
  /**
   * Returns why a body with code 0 is not an answer to the query, for what the Schema of `data` cannot check;
   * `undefined` if it is one. The request is then sent again, and if that does not help the call fails with a
   * `ContractViolation`.
   */
  readonly problem?: ((body: unknown, query: Query) => Sentence.Given | undefined) | undefined
  /** Its limits, all of which hold at once; those of the client's options unless declared. */
  readonly rateLimits?: RateLimit.Windows | undefined
  /** The codes that refuse what was requested, such as one meeting, so that requests for others may still succeed. */
  readonly refusals?: Readonly<Record<number, Refusal>> | undefined
  /** Returns the attributes that say in the span of a call what was requested, such as `feishu.meeting.no`; none unless given. */
  readonly spanAttributes?:
    | ((query: Query, params: Readonly<Record<string, string>>) => Readonly<Record<string, string>>)
    | undefined
}

/** A module of `@effect-feishu/contract` that declares an endpoint, such as `GetMeeting`. */
export interface Declared<Query, Data> {
  readonly path: string
  readonly Query: Endpoint<Query, Data>["query"]
  readonly Data: Endpoint<Query, Data>["data"]
  readonly rateLimits?: Parameters<typeof RateLimit.windowsOf>[0]["rateLimits"]
  readonly refusals?: Readonly<Record<number, Refusal>>
  /** Returns why a body with code 0 is not an answer, as the name of a sentence; `undefined` if it is one. */
  readonly problemOfAnswer?: (body: unknown, query: Query) => Sentence.PlainKind | undefined
}

/**
 * Returns the endpoint that a module of `@effect-feishu/contract` declares. A module of your own, of the same shape, declares
 * a further endpoint.
 *
 * @example
 * ```ts
 * import { GetRecording } from "@effect-feishu/contract"
 * import { FeishuClient } from "@effect-feishu/core"
 *
 * const getRecording = FeishuClient.endpoint(GetRecording, { meeting_id: () => undefined })
 * console.log(getRecording.path) // => /open-apis/vc/v1/meetings/:meeting_id/recording
 * ```
 */
export const endpoint = <Query, Data>(
  { Data, Query, path, problemOfAnswer, rateLimits, refusals }: Declared<Query, Data>,
  params?: Endpoint<Query, Data>["params"],
  spanAttributes?: Endpoint<Query, Data>["spanAttributes"],
): Endpoint<Query, Data> => ({
  path,
  params,
  spanAttributes,
  query: Query,
  data: Data,
  rateLimits: rateLimits && RateLimit.windowsOf({ rateLimits }),
  refusals,
  problem: (body, query) => {
    const problem = problemOfAnswer?.(body, query)
    return problem === undefined ? undefined : Sentence.make(problem)
  },
})

/** The part of an endpoint that says what a refusal is about. */
export type Refusing = Pick<Endpoint<never, unknown>, "path" | "params" | "refusals">

/**
 * Returns how an endpoint refused what was requested of it; `undefined` for every other failure, which requests for something
 * else would meet, too.
 */
export const refusalOf = (
  { params = {}, path, refusals }: Refusing,
  { code, operation, reason }: FeishuError,
): Refusal | undefined => {
  if (operation !== `GET ${path}` || code === undefined) return undefined
  // The gateway names a parameter of the path that it refuses.
  const ofPath =
    reason._tag === "RequestRefused" &&
    reason.violations.length > 0 &&
    reason.violations.every(({ field }) => Object.hasOwn(params, field))
  return refusals?.[code] ?? (ofPath ? "refused" : undefined)
}

/** Why a value cannot be a parameter of a path, and what to do. */
export interface ParamProblem {
  readonly problem: Sentence.Given
  readonly remedy: Sentence.Given
}

/** The decoded `data` of an answer, and the id that Feishu's support asks for. */
export interface Response<Data> {
  readonly data: Data
  readonly logId: string | undefined
}

/** The service that calls endpoints of Feishu. */
export class FeishuClient extends Context.Service<
  FeishuClient,
  {
    /**
     * Calls an endpoint with everything this package promises: the rate limit, a valid token, deadlines, bounded
     * retries. Fails with the one error of the package.
     */
    readonly call: <Query, Data>(
      endpoint: Endpoint<Query, Data>,
      query: Query,
      params?: Readonly<Record<string, string>>,
    ) => Effect.Effect<Response<Data>, FeishuError>
    /** The base URL that the client calls, without a slash at the end. */
    readonly baseUrl: string
    /** The `open_id` of the user whose token is sent; absent for tokens that name none, as an app's. */
    readonly account?: Effect.Effect<string, FeishuError> | undefined
  }
>()("@effect-feishu/core/FeishuClient") {}

/** The services that the credentials require in addition to those that the layer provides. */
export type Requirements<R> = Exclude<
  Exclude<R, Scope.Scope>,
  FeishuConfig.FeishuConfig | RateLimit.RateLimit | Retry.RetryBudget
>

/** The former name of `Requirements`. */
export type Unmet<R> = Requirements<R>

/** The credentials of a client, and its settings, each of which has a default. */
export interface Options<R = never> extends FeishuConfig.Options {
  /**
   * Where tokens come from: `AccessToken.selfBuiltApp`, `AccessToken.storeApp`, `AccessToken.clientCredentials`,
   * `AccessToken.user`, `AccessToken.given`, or a source of your own.
   */
  readonly credentials: Effect.Effect<AccessToken.AccessToken["Service"], FeishuError, R>
  /** The rate limit of this app; Feishu's documented 100 requests in 60 seconds unless given. */
  readonly rateLimit?: RateLimit.Options | undefined
  /** The retries that all calls share. */
  readonly retryBudget?: Retry.BudgetOptions | undefined
}

/** Makes a client from its parts. Fails if the HTTP client cannot use the proxy to the base URL. */
export const make: Effect.Effect<
  FeishuClient["Service"],
  FeishuError,
  | FeishuConfig.FeishuConfig
  | AccessToken.AccessToken
  | RateLimit.RateLimit
  | Retry.RetryBudget
  | HttpClient.HttpClient
  | Scope.Scope
> = Effect.gen(function* () {
  const config = yield* FeishuConfig.FeishuConfig
  const sendOnce = yield* Attempt.make
  const accessToken = yield* AccessToken.AccessToken
  const rateLimit = yield* RateLimit.RateLimit
  const budget = yield* Retry.RetryBudget
  // If a reset is too far away for this call to wait for, the calls after it fail at once with the same error.
  const circuit = Circuit.make(({ reason }) =>
    reason._tag === "RateLimited" && reason.longestWaitSeconds !== undefined
      ? reason.retryAfterSeconds
      : undefined,
  )

  const call = Effect.fnUntraced(
    function* <Query, Data>(
      endpoint: Endpoint<Query, Data>,
      query: Query,
      pathParams: Readonly<Record<string, string>> = {},
    ): Effect.fn.Return<Response<Data>, FeishuError> {
      const operation = `GET ${endpoint.path}`
      const key = `${operation} ${yield* accessToken.owner}`
      const params = yield* encodedQuery(endpoint, query)
      const path = yield* pathOf(endpoint, pathParams)
      yield* Effect.annotateCurrentSpan({
        "feishu.operation": operation,
        ...endpoint.spanAttributes?.(query, pathParams),
      })
      const request = HttpClientRequest.get(`${config.baseUrl}${path}`).pipe(
        HttpClientRequest.setUrlParams(params),
      )
      const { appId } = accessToken

      let requests = 0
      const send = (token: AccessToken.Token) => {
        const resends = requests++
        return sendOnce({
          operation,
          resends,
          request: HttpClientRequest.bearerToken(request, token.value),
          secrets: [token.value],
          decode: decoderOf(endpoint, query, token),
        }).pipe(
          Effect.mapError((error) =>
            appId !== undefined && error.reason._tag === "AuthenticationFailed"
              ? error.with({ operation, reason: error.reason.ofApp(appId) })
              : error.with({ operation }),
          ),
        )
      }

      return yield* withToken({ accessToken, rateLimit, windows: endpoint.rateLimits, key, send }).pipe(
        // An error of the token call names that call already, and retrying has ended there.
        Effect.mapError((error) =>
          error.operation === undefined || error.operation === operation
            ? error.with({ operation, requests })
            : error,
        ),
        Retry.closeGate(rateLimit, key),
        Retry.withRetries,
        Effect.provideService(Retry.RetryBudget, budget),
        (guarded) => circuit.guard(key, guarded),
        Effect.onExit((exit) =>
          Effect.annotateCurrentSpan({
            "feishu.requests": requests,
            ...SpanAttributes.ofEnd(exit, Exit.isSuccess(exit) ? { logId: exit.value.logId } : undefined),
          }),
        ),
      )
    },
    // Not `withSpan`, which also provides a stack frame: no message shows where the call was made.
    (call) =>
      Effect.useSpan("FeishuClient.call", (span) => Effect.provideService(call, Tracer.ParentSpan, span)),
  )

  return FeishuClient.of({ call, baseUrl: config.baseUrl, account: accessToken.account })
})

/**
 * A client as a layer. The HTTP client is left to the application: `NodeHttp.layer` of `@effect-feishu/core/node`, or
 * another. Effect's own clients pass the same tests of broken networks, with these differences: fetch decompresses any
 * encoding that it knows by itself, and reports a wrong `content-encoding` header as a broken connection; it reads the
 * proxy variables only when Node is started with `NODE_USE_ENV_PROXY=1`. Effect's `node:http` client keeps connections
 * only with `keepAlive: true`, and reads the variables with `proxyEnv`.
 */
export const layer = <R = never>(
  options: Options<R>,
): Layer.Layer<FeishuClient, FeishuError, HttpClient.HttpClient | Requirements<R>> =>
  Layer.effect(FeishuClient, make).pipe(
    Layer.provide(
      // A program that was not type-checked may have none.
      Layer.effect(
        AccessToken.AccessToken,
        options.credentials ??
          // This layer reads no variables, so its error must not say to set them: they may be set.
          Effect.fail(
            invalidRequest(
              "credentials",
              Sentence.make("noCredentialsOption"),
              Sentence.make("giveCredentials"),
            ),
          ),
      ),
    ),
    Layer.provide([
      FeishuConfig.layer(options),
      RateLimit.layer(options.rateLimit),
      Retry.layerBudget(options.retryBudget),
    ]),
  )

/**
 * The options that the environment sets, for programs that set further ones. With `FEISHU_OAUTH_BASE_URL` the tokens of
 * an app come from there, by the unified OAuth 2.0; see `layerConfig` for the other variables.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { FeishuClient } from "@effect-feishu/core"
 *
 * // Another program needs half of the limit.
 * const layer = Layer.unwrap(
 *   Effect.map(FeishuClient.optionsConfig, (options) =>
 *     FeishuClient.layer({ ...options, rateLimit: { requests: 50 } }),
 *   ),
 * )
 * console.log(Layer.isLayer(layer)) // => true
 * ```
 */
export const optionsConfig: Effect.Effect<
  Options<AccessToken.Requirements>,
  FeishuError | Config.ConfigError
> = environmentOptions

/**
 * A client as a layer, from `FEISHU_APP_ID` and `FEISHU_APP_SECRET`, or `FEISHU_ACCESS_TOKEN`; and `FEISHU_BRAND`,
 * `FEISHU_BASE_URL` and `FEISHU_OAUTH_BASE_URL` where they differ from the defaults. `FEISHU_ALLOW_HTTP=true` permits
 * base URLs with plain http on other machines. An empty variable counts as not set, and quotes and blanks around a
 * value are ignored: see `Secret.unquoted`, and `Secret.unwrapped` for the app and the token.
 */
export const layerConfig: Layer.Layer<FeishuClient, FeishuError | Config.ConfigError, HttpClient.HttpClient> =
  Layer.unwrap(Effect.map(optionsConfig, layer))

/** Returns the query as texts. Fails with an `InvalidRequest` if it cannot be sent. */
export const encodedQuery = <Query>(
  { query: schema }: Pick<Endpoint<Query, unknown>, "query">,
  query: Query,
): Effect.Effect<Readonly<Record<string, string | undefined>>, FeishuError> =>
  Effect.mapError(Schema.encodeEffect(schema)(query), (error) =>
    invalidRequest(
      "query",
      Sentence.make("queryInvalid", { text: error.message }),
      Sentence.make("correctQuery"),
    ),
  )

const unfitToken = (problem: Sentence.SecretProblem) =>
  invalidRequest("credentials", Sentence.make("tokenUnfit", { problem }), Sentence.make("giveToken"))

/**
 * Sends a request with the current token, in a slot of its own. If Feishu refuses the token, it is replaced and the
 * request is sent again. That happens once per call, retries included: when the fresh token is refused, too, a third
 * would not help.
 */
const withToken = <Data>({
  accessToken,
  key,
  rateLimit,
  send,
  windows,
}: {
  readonly accessToken: AccessToken.AccessToken["Service"]
  readonly rateLimit: RateLimit.RateLimit["Service"]
  readonly windows: RateLimit.Windows | undefined
  readonly key: string
  readonly send: (token: AccessToken.Token) => Effect.Effect<Response<Data>, FeishuError>
}): Effect.Effect<Response<Data>, FeishuError> => {
  let refused: { readonly error: FeishuError; readonly generation: number } | undefined
  let refusalLogged = false
  let generation = 0
  const attempt = (waitsLeft: number): Effect.Effect<Response<Data>, FeishuError> =>
    Effect.suspend(() => {
      let sent = false
      return Effect.gen(function* () {
        const started = yield* monotonicMillis
        const token = yield* accessToken.get
        // The package's own sources have checked this; a source that an application wrote may not have.
        const problem = Secret.unfitText(Redacted.value(token.value))
        if (problem !== undefined) return yield* unfitToken(problem)
        if (refused?.generation === token.generation) return yield* refused.error
        // While a token was fetched the gate may have closed: wait in line again, now that there is a token.
        if (waitsLeft > 0 && (yield* monotonicMillis) > started) return undefined
        if (refused !== undefined && !refusalLogged) {
          refusalLogged = true
          yield* logRetry(refused.error, "with a new token")
        }
        generation = token.generation
        sent = true
        return yield* send(token)
      }).pipe(
        rateLimit.withSlot(key, (exit) => (sent ? Transport.deliveryOf(exit) : "not sent"), windows),
        Effect.flatMap((response) =>
          response === undefined ? attempt(waitsLeft - 1) : Effect.succeed(response),
        ),
      )
    })
  return attempt(mostTokenWaits).pipe(
    Effect.catchIf(
      (error) => refused === undefined && isTokenRefused(error),
      (error) => {
        refused = { error, generation }
        return Effect.andThen(accessToken.invalidate(generation), attempt(mostTokenWaits))
      },
    ),
  )
}

/** Puts the parameters into the path of an endpoint. */
const pathOf = Effect.fnUntraced(function* (
  { params = {}, path }: Pick<Endpoint<never, unknown>, "params" | "path">,
  values: Readonly<Record<string, string>>,
): Effect.fn.Return<string, FeishuError> {
  let written = path
  for (const [name, problemOf] of Object.entries(params)) {
    const value = String(values[name] ?? "")
    const refused = problemOf(value)
    if (refused !== undefined) return yield* invalidRequest(name, refused.problem, refused.remedy)
    written = written.replace(`:${name}`, () => encodeURIComponent(value))
  }
  return written
})

/**
 * Returns the function that decodes a successful answer, and fails with a `ContractViolation` if it does not fit the
 * query.
 */
const decoderOf = <Query, Data>(
  endpoint: Endpoint<Query, Data>,
  query: Query,
  { value: token }: AccessToken.Token,
) => {
  const decode = Schema.decodeUnknownEffect(endpoint.data)
  return (json: unknown, { logId, status }: Transport.Answer): Effect.Effect<Response<Data>, FeishuError> => {
    const violation = (problem: Sentence.Given, cutShort: boolean) =>
      new FeishuError({ reason: contractViolation(problem, { status, logId, cutShort }) })
    const problem = endpoint.problem?.(json, query)
    if (problem !== undefined) return Effect.fail(violation(problem, true))
    // Data that is missing or null is decoded as an empty object: the endpoint's Schema says which fields are required.
    return Effect.mapBoth(decode((json as { readonly data?: unknown }).data ?? {}), {
      onSuccess: (data): Response<Data> => ({ data, logId }),
      // A Schema's own message may repeat what it did not accept.
      onFailure: (error) =>
        violation(Sentence.make("dataInvalid", { text: showable(error.message, [token], 500) }), false),
    })
  }
}

/**
 * How often a call may wait in line again because it had to wait for its token. In a long line a token may expire before
 * its turn comes; there has to be a limit, since a source may be slow for every token.
 */
const mostTokenWaits = 3

/** True when Feishu refused the token of the call itself. An error of the token call was retried and given up there. */
const isTokenRefused = (error: FeishuError): boolean =>
  !Retry.isGivenUp(error) && error.reason._tag === "AuthenticationFailed" && error.reason.retry === "token"
