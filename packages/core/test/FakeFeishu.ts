/** An HTTP client without a socket: answers come from a function, so that time can be a test clock's. */
import { Duration, Effect, Layer, Stream } from "effect"
import { type HttpBody, HttpClient, HttpClientError, HttpClientResponse, UrlParams } from "effect/http"
import { TestClock } from "effect/testing"
import {
  AccessToken,
  type FeishuClient,
  FeishuConfig,
  MeetingNo,
  Meetings,
  Retry,
  Secret,
} from "@effect-feishu/core"

const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/**
 * Moves a test clock on in small steps, with turns of the real event loop between them. `TestClock.adjust` alone
 * wakes only who sleeps already, and a fiber that is still on its way to its next sleep would miss it.
 */
export const advance = Effect.fnUntraced(function* (duration: Duration.Input) {
  const total = Duration.toMillis(Duration.fromInputUnsafe(duration))
  const step = Math.max(Math.min(total, 1_000), total / 600)
  for (let done = 0; done < total; done += step) {
    yield* turn
    yield* TestClock.adjust(Math.min(step, total - done))
  }
  yield* turn
})

/** What the function sees of a request. */
export interface Asked {
  readonly host: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly token: string | undefined
  /** The JSON or form of a POST. */
  readonly body: unknown
}

/** What it answers: `body` is sent as it is when it is text, piece by piece when it is a stream, else as JSON. */
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: unknown
}

/** An answer, or the system's code of a failure, perhaps after a while. */
export type Handler = (asked: Asked) => Effect.Effect<Answer, string>

/** The app of these tests. Its secret and its tokens must not be seen anywhere. */
export const app = { appId: "cli_fake", appSecret: Secret.appSecret("SECRET-app-secret") }

/** The same as credentials. */
export const credentials = AccessToken.selfBuiltApp(app)

/** Answers the token call: `t-SECRET-1`, `t-SECRET-2`, … for two hours each. */
export const tokens = () => {
  let count = 0
  return {
    count: () => count,
    answer: (expire: unknown = 7_200): Answer => ({
      body: { code: 0, msg: "ok", tenant_access_token: `t-SECRET-${++count}`, expire },
    }),
  }
}

/** Whether it is the token call. */
export const isTokenCall = ({ path }: Asked): boolean => path.includes("/open-apis/auth/")

const bodyOf = (body: HttpBody.HttpBody): unknown => {
  if (body._tag !== "Uint8Array") return undefined
  const text = new TextDecoder().decode(body.body)
  return text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))
}

/** The HTTP client. Without the abort signal that `HttpClient.make` gives each request, since nothing listens to it. */
export const httpClient = (handler: Handler): HttpClient.HttpClient =>
  HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) => {
      const url = new URL(request.url)
      return handler({
        host: url.host,
        path: url.pathname,
        query: Object.fromEntries(new URLSearchParams(UrlParams.toString(request.urlParams))),
        token: request.headers["authorization"],
        body: bodyOf(request.body),
      }).pipe(
        Effect.mapError(
          (code) =>
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({
                request,
                cause: Object.assign(new Error(code), { code }),
              }),
            }),
        ),
        Effect.map(({ body, headers, status }) => {
          const text = typeof body === "string" ? body : JSON.stringify(body)
          const response = HttpClientResponse.fromWeb(
            request,
            new Response(null, {
              status: status ?? 200,
              headers: headers ?? { "content-type": "application/json" },
            }),
          )
          // A web stream takes turns of the real event loop, which a test clock does not wait for.
          const pieces = Stream.isStream(body) ? body : Stream.make(new TextEncoder().encode(text))
          return Object.create(response, { stream: { value: pieces } })
        }),
      )
    }),
    Effect.succeed,
  )

/** What a token source needs. */
export const needs = (handler: Handler) =>
  Layer.mergeAll(
    FeishuConfig.layer(),
    Retry.layerBudget(),
    Layer.succeed(HttpClient.HttpClient, httpClient(handler)),
  )

/** `Meetings` on that client. */
export const meetings = (
  handler: Handler,
  options: FeishuClient.Options<AccessToken.Needs> = { credentials },
) => Meetings.layer(options).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient(handler))))

/** The number of these tests. */
export const meetingNo = MeetingNo.make("337736498")

/** A row of that number. */
export const row = (id: number | string) => ({ id: String(id), meeting_no: meetingNo, topic: `topic ${id}` })

/** A successful answer of the endpoint. */
export const page = (ids: ReadonlyArray<number | string>, pageToken?: string): Answer => ({
  body: {
    code: 0,
    data: {
      has_more: pageToken !== undefined,
      meeting_briefs: ids.map(row),
      ...(pageToken === undefined ? {} : { page_token: pageToken }),
    },
  },
})

/** A failed answer. */
export const failure = (status: number, code: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: {
    "content-type": "application/json",
    "x-tt-logid": "20261122201500ABCD0123456789ABCDEF",
    ...headers,
  },
  body: { code, msg: "as Feishu says it" },
})

/** Reads a stream to its end: the ids that came, and the error if there was one. */
export const read = Effect.fnUntraced(function* (
  request: Parameters<Meetings.Meetings["Service"]["stream"]>[0] = {
    meetingNo,
    range: { from: 0, to: 1_000 },
  },
) {
  const service = yield* Meetings.Meetings
  const ids: Array<string> = []
  const error = yield* service.stream(request).pipe(
    Stream.runForEach((meeting) => Effect.sync(() => ids.push(meeting.id))),
    Effect.flip,
    Effect.orElseSucceed(() => undefined),
  )
  return { ids, error }
})
