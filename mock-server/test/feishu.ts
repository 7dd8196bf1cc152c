/** How the tests talk to the mock: over its socket, as any client would. */
import { ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import { MockFeishu } from "../src/library/MockFeishu.ts"

/** One answer. `body` is the parsed JSON, or `undefined` when it is none. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: Body | undefined
}

interface Body {
  readonly code: number
  readonly msg?: string
  readonly data?: {
    readonly has_more: boolean
    readonly meeting_briefs: ReadonlyArray<{ readonly id: string; readonly topic: string }>
    readonly page_token?: string
  }
  readonly error?: {
    readonly log_id: string
    readonly field_violations?: ReadonlyArray<{ readonly field: string; readonly description: string }>
    readonly permission_violations?: ReadonlyArray<{ readonly type: string; readonly subject: string }>
  }
  readonly tenant_access_token?: string
  readonly expire?: number
}

/** Sends a request to the mock in the context. */
export const call = Effect.fnUntraced(function* (path: string, init?: RequestInit) {
  const { url } = yield* MockFeishu
  return yield* callAt(url, path, init)
})

/** Sends a request to a mock by its URL. */
export const callAt = (url: string, path: string, init?: RequestInit): Effect.Effect<Answer> =>
  Effect.promise(async (signal) => {
    const response = await fetch(url + path, { ...init, signal })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
    const body: Body | undefined = isJson ? JSON.parse(text) : undefined
    return { status: response.status, headers: Object.fromEntries(response.headers), text, body }
  })

/** Asks for a tenant access token, with any body. */
export const askToken = (body: string, headers?: Record<string, string>) =>
  call(TenantAccessToken.internalPath, { method: "POST", body, headers: headers ?? {} })

/** The tenant access token of an app, whose secret is `secret` unless it is the mock's first app. */
export const tokenOf = Effect.fnUntraced(function* (appId?: string) {
  const feishu = yield* MockFeishu
  const answer = yield* askToken(
    JSON.stringify({
      app_id: appId ?? feishu.appId,
      app_secret: appId === undefined ? feishu.appSecret : "secret",
    }),
  )
  return answer.body?.tenant_access_token ?? ""
})

/** A user's access token, which an app whose secret is `secret` gets for the code of an authorization. */
export const userTokenOf = Effect.fnUntraced(function* (
  client_id: string,
  authorization: { readonly open_id?: string; readonly scopes?: ReadonlyArray<string> } = {},
) {
  const post = (path: string, body: object) =>
    call(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  const { code } = JSON.parse((yield* post("/_mock/authorizations", { client_id, ...authorization })).text)
  const client = { client_id, client_secret: "secret" }
  const { text } = yield* post(OAuth.userTokenPath, { grant_type: "authorization_code", code, ...client })
  return String(JSON.parse(text).access_token)
})

/** Asks for a page with a token; the query is given as fields or as text. */
export const list = (token: string, query: Record<string, string> | string) =>
  call(`${ListByNo.path}?${typeof query === "string" ? query : new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  })

/** The ids of the rows of an answer. */
export const idsOf = (answer: Answer): ReadonlyArray<string> =>
  (answer.body?.data?.meeting_briefs ?? []).map((row) => row.id)
