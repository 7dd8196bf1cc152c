/** Answers that more than one check needs: each is asked for once. */
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Answer, member } from "./Answer.ts"
import { good } from "./Check.ts"
import { edges, rowsAtLeast } from "./boundarySeconds.ts"
import { exhausted } from "./exhaustLimit.ts"
import { type Feishu, type Query, Undecided, type Unreachable } from "./Subject.ts"

type Asked<A> = Effect.Effect<A, Undecided | Unreachable>

/** See the members. */
export interface Probes {
  readonly feishu: Feishu
  /** The app's credentials, or why there are none. */
  readonly app: Asked<{ readonly app_id: string; readonly app_secret: string }>
  /** What the token endpoint says to them. */
  readonly tokenAnswer: Asked<Answer>
  /** The `Authorization` of everything that is not about it. */
  readonly authorization: Asked<string>
  /** The number, and the 89 days until now, in unix seconds. */
  readonly range: Effect.Effect<{ readonly meetingNo: string; readonly from: number; readonly to: number }>
  /** Asks for meetings: `change` replaces or adds fields, `undefined` drops one. */
  readonly list: (change: Record<string, string | undefined>, atOnce?: boolean) => Asked<Answer>
  /** The first page of 50 of the range, whatever it says. */
  readonly firstAnswer: Asked<Answer>
  /** The same, when it is a page. */
  readonly firstPage: Asked<Answer>
  /** The first page of 1 with another behind it, and the query that it belongs to. */
  readonly shortPage: Asked<{ readonly page: Answer; readonly token: string }>
  /** The same again by its token. */
  readonly secondPage: Asked<Answer>
  /** What is said to no field at all. */
  readonly noFields: Asked<Answer>
  /** See there. */
  readonly edges: ReturnType<typeof edges>
  /** See there. */
  readonly exhausted: ReturnType<typeof exhausted>
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

/** Nothing is asked for yet. */
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
  const probes: Probes = {
    edges: yield* Effect.cached(edges({ feishu, firstPage, list, range })),
    exhausted: yield* Effect.cached(exhausted({ feishu, firstPage, list, authorization })),
    feishu,
    app,
    tokenAnswer,
    authorization,
    range,
    list,
    firstAnswer,
    firstPage,
    shortPage,
    secondPage,
    noFields,
  }
  return probes
})
