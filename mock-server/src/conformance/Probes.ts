/** The probes: answers that several checks need. Each is requested once. */
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Answer, member } from "./Answer.ts"
import type { BasicProbes, Probe } from "./Probe.ts"
import { boundarySeconds, rowsAtLeast } from "./boundarySeconds.ts"
import { exhaustLimit } from "./exhaustLimit.ts"
import { exhaustSecond } from "./exhaustSecond.ts"
import { successful } from "./Observation.ts"
import { firstMeeting, recordings } from "./oneMeeting.ts"
import { type Feishu, type Query, Undecided } from "./Subject.ts"

/** All probes. Each is sent when the first check needs its answer. */
export interface Probes extends BasicProbes {
  /** The app's credentials. */
  readonly app: Probe<{ readonly app_id: string; readonly app_secret: string }>
  /** The token endpoint's answer to the credentials. */
  readonly tokenAnswer: Probe<Answer>
  /** The answer to the request for the first page of 50 in the range, whatever it is. */
  readonly firstAnswer: Probe<Answer>
  /** The first page of 1, which has another page after it, and its page token. */
  readonly shortPage: Probe<{ readonly page: Answer; readonly token: string }>
  /** The page after the short one. */
  readonly secondPage: Probe<Answer>
  /** The answer to a query without any field. */
  readonly noFields: Probe<Answer>
  /** The first and the last second of ranges that have a meeting. */
  readonly boundaries: ReturnType<typeof boundarySeconds>
  /** The first meeting of the number, and the answer to the request for its details. */
  readonly firstMeeting: Probe<{ readonly id: string; readonly answer: Answer }>
  /** The answers to requests for the recordings of the first meetings. */
  readonly recordings: Probe<ReadonlyArray<Answer>>
  /** The observations while the rate limit is exceeded. */
  readonly exhaustedLimit: ReturnType<typeof exhaustLimit>
  /** The observations while the limit of a second is exceeded. */
  readonly exhaustedSecond: ReturnType<typeof exhaustSecond>
}

/** A meeting number that is not known to be in use. */
export const emptyNumber = "999999999"

/** The length of the range, which ends now. */
const rangeSeconds = ListByNo.maxRangeSeconds - 86_400

/** Returns the path with a query. */
export const withQuery = (query: Query): string =>
  query.length === 0
    ? ListByNo.path
    : `${ListByNo.path}?${query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&")}`

/** Makes the probes; nothing is sent until one is run. */
export const make = Effect.fnUntraced(function* (feishu: Feishu) {
  const { credentials, meetingNo = emptyNumber } = feishu.options

  const app: Probes["app"] = Effect.suspend(() =>
    credentials.app === undefined
      ? Effect.fail(
          new Undecided({
            because: "an access token was given, but no app",
            give: "set FEISHU_APP_ID and FEISHU_APP_SECRET",
          }),
        )
      : Effect.succeed({
          app_id: credentials.app.id,
          app_secret: Redacted.value(credentials.app.secret),
        }),
  )
  const tokenAnswer = yield* Effect.cached(
    Effect.flatMap(app, (app) =>
      feishu.send(TenantAccessToken.internalPath, { method: "POST", body: JSON.stringify(app) }),
    ),
  )
  const authorization: Probes["authorization"] = Effect.suspend(() =>
    credentials.token === undefined
      ? Effect.map(
          successful("the request for a token", tokenAnswer),
          ({ json }) => `Bearer ${String(member(json, "tenant_access_token"))}`,
        )
      : Effect.succeed(`Bearer ${Redacted.value(credentials.token)}`),
  )
  // This runs after the first answer, so the time is Feishu's.
  const range = yield* Effect.cached(
    Effect.map(feishu.now, (now) => ({ meetingNo, from: now - rangeSeconds, to: now })),
  )
  const list: Probes["list"] = Effect.fnUntraced(function* (change, atOnce = false) {
    const bearer = yield* authorization
    const { from, meetingNo, to } = yield* range
    const query = {
      meeting_no: meetingNo,
      start_time: String(from),
      end_time: String(to),
      page_size: undefined,
      page_token: undefined,
      ...change,
    }
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    return yield* feishu.send(withQuery(given), { authorization: bearer, atOnce })
  })
  const firstAnswer = yield* Effect.cached(list({ page_size: "50" }))
  const firstPage = successful("a good query", firstAnswer)
  const shortPage = yield* Effect.cached(
    Effect.gen(function* () {
      yield* rowsAtLeast(2, { feishu, firstPage })
      const page = yield* successful("a page of 1", list({ page_size: "1" }))
      const token = member(page.json, "data", "page_token")
      if (typeof token !== "string" || token === "") {
        return yield* new Undecided({ because: "a page of 1 row has no page token" })
      }
      return { page, token }
    }),
  )
  const secondPage = yield* Effect.cached(
    Effect.flatMap(shortPage, ({ token }) => list({ page_size: "1", page_token: token })),
  )
  const noFields = yield* Effect.cached(
    Effect.flatMap(authorization, (authorization) => feishu.send(ListByNo.path, { authorization })),
  )
  const basic: BasicProbes = { feishu, authorization, range, list, firstPage }
  const meeting = yield* Effect.cached(firstMeeting(basic))
  const probes: Probes = {
    ...basic,
    firstMeeting: meeting,
    recordings: yield* Effect.cached(Effect.andThen(meeting, recordings(basic))),
    boundaries: yield* Effect.cached(boundarySeconds(basic)),
    exhaustedLimit: yield* Effect.cached(exhaustLimit(basic)),
    exhaustedSecond: yield* Effect.cached(exhaustSecond(basic)),
    app,
    tokenAnswer,
    firstAnswer,
    shortPage,
    secondPage,
    noFields,
  }
  return probes
})
