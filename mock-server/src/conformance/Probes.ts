/** Answers that more than one check needs: each is asked for once. */
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Answer, member } from "./Answer.ts"
import type { Asked, Asking } from "./Asking.ts"
import { boundarySeconds, rowsAtLeast } from "./boundarySeconds.ts"
import { exhaustLimit } from "./exhaustLimit.ts"
import { good } from "./Seen.ts"
import { type Feishu, type Query, Undecided } from "./Subject.ts"

/** Every answer that a check may look at; each is asked for when the first check needs it. */
export interface Probes extends Asking {
  /** The app's credentials, or why there are none. */
  readonly app: Asked<{ readonly app_id: string; readonly app_secret: string }>
  /** What the token endpoint says to them. */
  readonly tokenAnswer: Asked<Answer>
  /** The first page of 50 of the range, whatever it says. */
  readonly firstAnswer: Asked<Answer>
  /** The first page of 1 with another behind it, and the query that it belongs to. */
  readonly shortPage: Asked<{ readonly page: Answer; readonly token: string }>
  /** The same again by its token. */
  readonly secondPage: Asked<Answer>
  /** What is said to no field at all. */
  readonly noFields: Asked<Answer>
  /** The seconds in which a meeting is found. */
  readonly edges: ReturnType<typeof boundarySeconds>
  /** What came of exceeding the rate limit. */
  readonly exhausted: ReturnType<typeof exhaustLimit>
}

/** A meeting number that nobody has been seen to have. */
export const emptyNumber = "999999999"

/** How long ago the range begins. */
const rangeSeconds = ListByNo.maxRangeSeconds - 86_400

/** The path with a query. */
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
            because: "there is a token, but no app",
            give: "give FEISHU_APP_ID and FEISHU_APP_SECRET",
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
          good("the request for a token", tokenAnswer),
          ({ json }) => `Bearer ${String(member(json, "tenant_access_token"))}`,
        )
      : Effect.succeed(`Bearer ${Redacted.value(credentials.token)}`),
  )
  // An answer has come by then, so that the time is Feishu's.
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
  const firstPage = good("a good query", firstAnswer)
  const shortPage = yield* Effect.cached(
    Effect.gen(function* () {
      yield* rowsAtLeast(2, { feishu, firstPage })
      const page = yield* good("a page of 1", list({ page_size: "1" }))
      const token = member(page.json, "data", "page_token")
      if (typeof token !== "string" || token === "") {
        return yield* new Undecided({ because: "a page of 1 has no page token" })
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
  const asking: Asking = { feishu, authorization, range, list, firstPage }
  const probes: Probes = {
    ...asking,
    edges: yield* Effect.cached(boundarySeconds(asking)),
    exhausted: yield* Effect.cached(exhaustLimit(asking)),
    app,
    tokenAnswer,
    firstAnswer,
    shortPage,
    secondPage,
    noFields,
  }
  return probes
})
