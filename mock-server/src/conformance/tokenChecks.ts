/** Checks of the endpoints that give tokens. Only one wrong secret is sent. */
import { AppAccessToken, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import { codeOf, member, namesOf, statusAndCode } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { successful, scopeMissing, observed, observedCode } from "./Observation.ts"
import { Undecided } from "./Subject.ts"
import type { Probes } from "./Probes.ts"

/** Credentials that are visibly made up. */
const madeUp = { appId: "cli_0000000000000000", secret: "made-up-by-feishu-mock-contract" }

const post = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) }) as const

/** Returns the bounds of a number of seconds when it is within them, and otherwise what is wrong. */
const seconds = (value: unknown, most: number): string =>
  typeof value !== "number" ? "not a number" : value > 0 && value <= most ? `1 to ${most}` : "out of range"

const prefixOf = (token: unknown): string =>
  typeof token === "string" ? (/^([tua]-|eyJ)/.exec(token)?.[0] ?? "another prefix") : "not a text"

/** Requests a token from the unified OAuth endpoint with a form. */
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
    what: "a tenant token is at top level, valid for 7200 s",
    request: `POST ${TenantAccessToken.internalPath}`,
    requests: 1,
    expected: "200 code 0: code, expire, msg, tenant_access_token; t-, 1 to 7200",
    observe: ({ tokenAnswer }) =>
      Effect.map(tokenAnswer, (answer) =>
        observed(
          `${statusAndCode(answer)}: ${namesOf(answer.json).join(", ")}; ${prefixOf(member(answer.json, "tenant_access_token"))}, ${seconds(member(answer.json, "expire"), 7200)}`,
          answer,
        ),
      ),
  },
  {
    id: "token-again",
    row: "token-again",
    source: "doc",
    what: "a token with 30 minutes left is given again",
    request: `POST ${TenantAccessToken.internalPath}, again`,
    requests: 1,
    expected: "the same token, expire not larger",
    observe: Effect.fnUntraced(function* ({ app, feishu, tokenAnswer }) {
      const before = yield* successful("the request for a token", tokenAnswer)
      const left = member(before.json, "expire")
      if (typeof left !== "number" || left < 1810) {
        return yield* new Undecided({
          because: "the token has less than 30 minutes left",
          give: "try again in half an hour",
        })
      }
      const after = yield* successful(
        "the second request for a token",
        feishu.send(TenantAccessToken.internalPath, post(yield* app)),
      )
      const same =
        member(before.json, "tenant_access_token") === member(after.json, "tenant_access_token")
          ? "the same token"
          : "another token"
      const expire = Number(member(after.json, "expire")) <= left ? "not larger" : "larger"
      return observed(`${same}, expire ${expire}`, before, after)
    }),
  },
  {
    id: "app-token",
    row: "app-token",
    source: "doc",
    what: "the app token and the tenant token of an app are the same",
    request: `POST ${AppAccessToken.internalPath}`,
    requests: 1,
    expected: "200 code 0: app_access_token, code, expire, msg, tenant_access_token; one token",
    observe: Effect.fnUntraced(function* ({ app, feishu }) {
      const answer = yield* feishu.send(AppAccessToken.internalPath, post(yield* app))
      const same =
        member(answer.json, "app_access_token") === member(answer.json, "tenant_access_token")
          ? "one token"
          : "two tokens"
      return observed(`${statusAndCode(answer)}: ${namesOf(answer.json).join(", ")}; ${same}`, answer)
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
    observe: ({ feishu }) =>
      Effect.map(
        feishu.send(
          TenantAccessToken.internalPath,
          post({ app_id: madeUp.appId, app_secret: madeUp.secret }),
        ),
        (answer) => observed(`${statusAndCode(answer)}: ${namesOf(answer.json).join(", ")}`, answer),
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
    observe: Effect.fnUntraced(function* ({ app, feishu }) {
      const { app_id } = yield* app
      const body = post({ app_id, app_secret: madeUp.secret })
      return observedCode(yield* feishu.send(TenantAccessToken.internalPath, body))
    }),
  },
  {
    id: "unreadable-body",
    row: "10003",
    source: "inferred",
    what: "a token request that is not JSON: 10003",
    request: `POST ${TenantAccessToken.internalPath} with text that is not JSON`,
    requests: 1,
    expected: "200 code 10003",
    observe: ({ feishu }) =>
      Effect.map(
        feishu.send(TenantAccessToken.internalPath, { method: "POST", body: "not JSON" }),
        observedCode,
      ),
  },
  {
    id: "other-kind-of-app",
    row: "10003",
    source: "inferred",
    what: "a self-built app at the path of store apps: 10003",
    request: `POST ${AppAccessToken.storePath} with a made-up ticket`,
    requests: 1,
    expected: "200 code 10003",
    observe: Effect.fnUntraced(function* ({ app, feishu }) {
      const body = post({ ...(yield* app), app_ticket: "made-up" })
      return observedCode(yield* feishu.send(AppAccessToken.storePath, body))
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
    observe: ({ feishu }) =>
      Effect.map(
        feishu.send(
          TenantAccessToken.storePath,
          post({ app_access_token: "a-made-up", tenant_key: "made-up" }),
        ),
        observedCode,
      ),
  },
  {
    id: "oauth-token",
    row: "oauth-token",
    source: "doc",
    what: "OAuth answers a form with a JSON Web Token",
    request: `POST ${OAuth.tokenPath}, a form`,
    requests: 1,
    expected: "200 code 0: access_token, code, expires_in, token_type; eyJ, 1 to 7200",
    observe: (probes) =>
      Effect.map(formToken(probes), (answer) =>
        observed(
          `${statusAndCode(answer)}: ${namesOf(answer.json).join(", ")}; ${prefixOf(member(answer.json, "access_token"))}, ${seconds(member(answer.json, "expires_in"), 7200)}`,
          answer,
        ),
      ),
  },
  {
    id: "oauth-token-new",
    row: "oauth-token",
    source: "inferred",
    what: "OAuth accepts JSON, and each token is a new one",
    request: `POST ${OAuth.tokenPath}, a form and JSON; a page of 1`,
    requests: 3,
    expected: "another token, 200 code 0",
    observe: Effect.fnUntraced(function* (probes) {
      const { app, feishu, range } = probes
      const first = yield* successful("the request for a token by a form", formToken(probes))
      const { app_id, app_secret } = yield* app
      const second = yield* successful(
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
      return observed(`${another}, ${statusAndCode(page)}`, first, second, page)
    }),
  },
  ...(
    [
      ["20001", "a missing parameter", { grant_type: "authorization_code" }],
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
    observe: Effect.fnUntraced(function* ({ app, feishu }) {
      const { app_id, app_secret } = yield* app
      const body = post({ ...fields, client_id: app_id, client_secret: app_secret })
      return observedCode(yield* feishu.send(OAuth.userTokenPath, body))
    }),
  })),
]
