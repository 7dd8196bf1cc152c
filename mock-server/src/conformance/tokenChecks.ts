/** What the endpoints say that give tokens. A secret that is wrong is sent once. */
import { AppAccessToken, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import { codeOf, member, namesOf, outcome } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { good, scopeMissing, seen, seenOutcome } from "./Seen.ts"
import { Undecided } from "./Subject.ts"
import type { Probes } from "./Probes.ts"

/** Made up, and to be seen to be. */
const madeUp = { appId: "cli_0000000000000000", secret: "made-up-by-feishu-mock-contract" }

const post = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) }) as const

/** What a number of seconds is, against what it is to be. */
const seconds = (value: unknown, most: number): string =>
  typeof value !== "number" ? "no number" : value > 0 && value <= most ? `1 to ${most}` : "out of range"

const prefixOf = (token: unknown): string =>
  typeof token === "string" ? (/^([tua]-|eyJ)/.exec(token)?.[0] ?? "another prefix") : "no text"

/** A token by the unified OAuth. */
const formToken = Effect.fnUntraced(function* ({ app, feishu }: Probes) {
  const { app_id, app_secret } = yield* app
  const form = { grant_type: "client_credentials", client_id: app_id, client_secret: app_secret }
  return yield* feishu.send(OAuth.tokenPath, {
    method: "POST",
    body: new URLSearchParams(form).toString(),
    contentType: "application/x-www-form-urlencoded",
    host: "oauth",
  })
})

/** The checks, in the order in which they run. */
export const tokenChecks: ReadonlyArray<Check> = [
  {
    id: "tenant-token",
    row: "tenant-token",
    source: "doc",
    what: "a tenant token is at top level, good for 7200 s",
    request: `POST ${TenantAccessToken.internalPath}`,
    requests: 1,
    expected: "200 code 0: code, expire, msg, tenant_access_token; t-, 1 to 7200",
    see: ({ tokenAnswer }) =>
      Effect.map(tokenAnswer, (answer) =>
        seen(
          `${outcome(answer)}: ${namesOf(answer.json).join(", ")}; ${prefixOf(member(answer.json, "tenant_access_token"))}, ${seconds(member(answer.json, "expire"), 7200)}`,
          answer,
        ),
      ),
  },
  {
    id: "token-again",
    row: "token-again",
    source: "doc",
    what: "a token with 30 minutes left comes again",
    request: `POST ${TenantAccessToken.internalPath}, again`,
    requests: 1,
    expected: "the same token, expire not larger",
    see: Effect.fnUntraced(function* ({ app, feishu, tokenAnswer }) {
      const before = yield* good("the request for a token", tokenAnswer)
      const left = member(before.json, "expire")
      if (typeof left !== "number" || left < 1810) {
        return yield* new Undecided({
          because: "the token that came has less than 30 minutes left",
          give: "try again in half an hour",
        })
      }
      const after = yield* good(
        "the second request for a token",
        feishu.send(TenantAccessToken.internalPath, post(yield* app)),
      )
      const same =
        member(before.json, "tenant_access_token") === member(after.json, "tenant_access_token")
          ? "the same token"
          : "another token"
      const expire = Number(member(after.json, "expire")) <= left ? "not larger" : "larger"
      return seen(`${same}, expire ${expire}`, before, after)
    }),
  },
  {
    id: "app-token",
    row: "app-token",
    source: "doc",
    what: "app and tenant token of an app are one",
    request: `POST ${AppAccessToken.internalPath}`,
    requests: 1,
    expected: "200 code 0: app_access_token, code, expire, msg, tenant_access_token; one token",
    see: Effect.fnUntraced(function* ({ app, feishu }) {
      const answer = yield* feishu.send(AppAccessToken.internalPath, post(yield* app))
      const same =
        member(answer.json, "app_access_token") === member(answer.json, "tenant_access_token")
          ? "one token"
          : "two tokens"
      return seen(`${outcome(answer)}: ${namesOf(answer.json).join(", ")}; ${same}`, answer)
    }),
  },
  {
    id: "unknown-app",
    row: "10003",
    source: "doc",
    what: "an unknown app is refused with HTTP 200, 10003",
    request: `POST ${TenantAccessToken.internalPath} with a made-up app id`,
    requests: 1,
    expected: "200 code 10003: code, data, msg",
    see: ({ feishu }) =>
      Effect.map(
        feishu.send(
          TenantAccessToken.internalPath,
          post({ app_id: madeUp.appId, app_secret: madeUp.secret }),
        ),
        (answer) => seen(`${outcome(answer)}: ${namesOf(answer.json).join(", ")}`, answer),
      ),
  },
  {
    id: "wrong-secret",
    row: "10014",
    source: "doc",
    what: "a wrong secret is refused with HTTP 200, 10014",
    request: `POST ${TenantAccessToken.internalPath} with a made-up secret`,
    requests: 1,
    expected: "200 code 10014",
    see: Effect.fnUntraced(function* ({ app, feishu }) {
      const { app_id } = yield* app
      const body = post({ app_id, app_secret: madeUp.secret })
      return seenOutcome(yield* feishu.send(TenantAccessToken.internalPath, body))
    }),
  },
  {
    id: "unreadable-body",
    row: "10003",
    source: "inferred",
    what: "a token request that is no JSON: 10003",
    request: `POST ${TenantAccessToken.internalPath} with no JSON`,
    requests: 1,
    expected: "200 code 10003",
    see: ({ feishu }) =>
      Effect.map(
        feishu.send(TenantAccessToken.internalPath, { method: "POST", body: "no JSON" }),
        seenOutcome,
      ),
  },
  {
    id: "other-kind-of-app",
    row: "10003",
    source: "inferred",
    what: "a self-built app at a store app's path: 10003",
    request: `POST ${AppAccessToken.storePath} with a made-up ticket`,
    requests: 1,
    expected: "200 code 10003",
    see: Effect.fnUntraced(function* ({ app, feishu }) {
      const body = post({ ...(yield* app), app_ticket: "made-up" })
      return seenOutcome(yield* feishu.send(AppAccessToken.storePath, body))
    }),
  },
  {
    id: "unknown-app-token",
    row: "10013",
    source: "inferred",
    what: "an unknown app access token: 10013",
    request: `POST ${TenantAccessToken.storePath} with a made-up token`,
    requests: 1,
    expected: "200 code 10013",
    see: ({ feishu }) =>
      Effect.map(
        feishu.send(
          TenantAccessToken.storePath,
          post({ app_access_token: "a-made-up", tenant_key: "made-up" }),
        ),
        seenOutcome,
      ),
  },
  {
    id: "oauth-token",
    row: "oauth-token",
    source: "doc",
    what: "OAuth gives a JSON Web Token for a form",
    request: `POST ${OAuth.tokenPath}, a form`,
    requests: 1,
    expected: "200 code 0: access_token, code, expires_in, token_type; eyJ, 1 to 7200",
    see: (probes) =>
      Effect.map(formToken(probes), (answer) =>
        seen(
          `${outcome(answer)}: ${namesOf(answer.json).join(", ")}; ${prefixOf(member(answer.json, "access_token"))}, ${seconds(member(answer.json, "expires_in"), 7200)}`,
          answer,
        ),
      ),
  },
  {
    id: "oauth-token-new",
    row: "oauth-token",
    source: "inferred",
    what: "OAuth takes JSON, and each token is a new one",
    request: `POST ${OAuth.tokenPath}, a form and JSON; a page of 1`,
    requests: 3,
    expected: "another token, 200 code 0",
    see: Effect.fnUntraced(function* (probes) {
      const { app, feishu, range } = probes
      const first = yield* good("the request for a token by a form", formToken(probes))
      const { app_id, app_secret } = yield* app
      const second = yield* good(
        "the same as JSON",
        feishu.send(OAuth.tokenPath, {
          ...post({ grant_type: "client_credentials", client_id: app_id, client_secret: app_secret }),
          host: "oauth",
        }),
      )
      const token = member(second.json, "access_token")
      const another = token === member(first.json, "access_token") ? "the same token" : "another token"
      const { from, meetingNo, to } = yield* range
      const query = `meeting_no=${meetingNo}&start_time=${from}&end_time=${to}&page_size=1`
      const page = yield* feishu.send(`${ListByNo.path}?${query}`, {
        authorization: `Bearer ${String(token)}`,
      })
      if (codeOf(page) === 99991672) return yield* scopeMissing
      return seen(`${another}, ${outcome(page)}`, first, second, page)
    }),
  },
  ...(
    [
      ["20001", "a parameter is missing", { grant_type: "authorization_code" }],
      ["20003", "an unknown code", { grant_type: "authorization_code", code: "made-up" }],
      ["20026", "an unknown refresh token", { grant_type: "refresh_token", refresh_token: "made-up" }],
    ] as const
  ).map(([code, what, fields]): Check => ({
    source: "doc",
    requests: 1,
    id: `oauth-${code}`,
    row: code,
    what: `OAuth for users, ${what}: ${code}`,
    request: `POST ${OAuth.userTokenPath}, ${Object.values(fields).join(", ")}`,
    expected: `400 code ${code}`,
    see: Effect.fnUntraced(function* ({ app, feishu }) {
      const { app_id, app_secret } = yield* app
      const body = post({ ...fields, client_id: app_id, client_secret: app_secret })
      return seenOutcome(yield* feishu.send(OAuth.userTokenPath, body))
    }),
  })),
]
