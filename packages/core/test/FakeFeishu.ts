/** An HTTP client without a socket: answers come from a function, so that time can be a test clock's. */
import { Effect, Layer, Redacted, Stream } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { type FeishuClient, MeetingNo, Meetings } from "@effect-feishu/core"

/** What the function sees of a request. */
export interface Asked {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly token: string | undefined
}

/** What it answers: `body` is sent as it is when it is text, and as JSON otherwise. */
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: unknown
}

/** An answer, or the system's code of a failure, perhaps after a while. */
export type Handler = (asked: Asked) => Effect.Effect<Answer, string>

/** The app of these tests. Its secret and its tokens must not be seen anywhere. */
export const app = { appId: "cli_fake", appSecret: Redacted.make("SECRET-app-secret") }

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
export const isTokenCall = ({ path }: Asked): boolean => path.startsWith("/open-apis/auth/")

/** The HTTP client. */
export const httpClient = (handler: Handler): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    handler({
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      token: request.headers["authorization"],
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
      Effect.map(({ body, headers, status }) =>
        HttpClientResponse.fromWeb(
          request,
          new Response(typeof body === "string" ? body : JSON.stringify(body), {
            status: status ?? 200,
            headers: headers ?? { "content-type": "application/json" },
          }),
        ),
      ),
    ),
  )

/** `Meetings` on that client. */
export const meetings = (handler: Handler, options: FeishuClient.Options = { app }) =>
  Meetings.layer(options).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient(handler))))

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
    "x-tt-logid": "20261122201500ABCDEF0123456789ABCDEF",
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
