import * as Lark from "@larksuiteoapi/node-sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ErrorCodes, ListByNo, OAuth } from "@effect-feishu/contract"
import { readFileSync } from "node:fs"
import type { OwnWorkspace, WorkspaceOptions } from "../src/library/ControlClient.ts"
import type { Rule } from "../src/protocol/FaultRule.ts"
import { type Started, startFeishuMock } from "../src/index.ts"
import * as Operations from "../src/protocol/Operations.ts"
import type { App } from "../src/seed/Seed.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import * as Sdk from "./sdk.ts"

/** What the SDK gives to its caller, and the bytes that it was given itself. */
interface Given {
  readonly sdk: unknown
  readonly bytes: string
}

/** How a code is provoked, and what it comes out of the SDK as. */
interface Row {
  readonly code: number
  readonly how: string
  /** Which endpoint answers with it; that of meetings unless given. */
  readonly at?: Operations.Operation
  readonly app?: Partial<App>
  readonly options?: WorkspaceOptions
  /** Where nothing but a rule brings this code about. */
  readonly rule?: Rule
  readonly client?: Parameters<typeof Sdk.clientOf>[1]
  readonly ask: (client: Lark.Client, workspace: OwnWorkspace) => Promise<unknown>
  readonly gives: (logId: string) => Given
}

const list = (client: Lark.Client) => client.vc.v1.meeting.listByNo({ params: Sdk.params })
const listAs = (token: string) => (client: Lark.Client) =>
  client.vc.v1.meeting.listByNo({ params: Sdk.params }, Lark.withUserAccessToken(token))
const userToken = async (client: Lark.Client, workspace: OwnWorkspace, authorization?: object) =>
  client.accessToken.retrieveByAuthorizationCode({ code: await Sdk.authorize(workspace, authorization) })

/** The gateway, and the services behind it: the status is an error for the SDK, which throws axios' own. */
const refused =
  (status: number, code: number, msg: string, details: object = {}): Row["gives"] =>
  (logId) =>
    thrown(status, { code, msg, error: { ...errorOf(code, logId), ...details } })

const errorOf = (code: number, logId: string) => ({
  log_id: logId,
  troubleshooter: `排查建议查看(Troubleshooting suggestions): https://open.feishu.cn/search?from=openapi&log_id=${logId}&code=${code}`,
})

/** Who a user is: HTTP 200 is a success for the SDK, which hands the body on. */
const handedOnWithError =
  (code: number, msg: string): Row["gives"] =>
  (logId) => {
    const body = { code, msg, error: errorOf(code, logId) }
    return { sdk: body, bytes: JSON.stringify(body) }
  }

/** The endpoints of OAuth: the status is an error for the SDK, which throws axios' own. */
const refusedBy =
  (code: number, error: string, error_description: string): Row["gives"] =>
  () =>
    thrown(400, { error, error_description, code })

/** Sends a request for user tokens of version 2, which the SDK does not know. */
const postTo = (
  { appId: client_id, appSecret: client_secret, url }: OwnWorkspace,
  data: object,
  headers: Record<string, string> = {},
) =>
  Lark.defaultHttpInstance.post(
    `${url}${OAuth.userTokenPath}`,
    Array.isArray(data) ? data : { client_id, client_secret, ...data },
    { headers },
  )

const refreshing = { grant_type: "refresh_token" }

const basicOf = ({ appId, appSecret }: OwnWorkspace): string =>
  `Basic ${Buffer.from(`${appId}:${appSecret}`).toString("base64")}`

/** The app of a workspace, as its seed has it. */
const appOf = ({ appId, appSecret }: OwnWorkspace): App => ({
  app_id: appId,
  app_secret: appSecret,
  type: "self_built",
  scopes: ["vc:meeting:readonly"],
  tenants: [appId.replace("cli_", "tenant_")],
})

const thrown = (status: number, body: object): Given => ({
  sdk: {
    name: "AxiosError",
    message: `Request failed with status code ${status}`,
    code: status < 500 ? "ERR_BAD_REQUEST" : "ERR_BAD_RESPONSE",
    status,
    body,
  },
  bytes: JSON.stringify(body),
})

/** The token endpoints fail with HTTP 200: the SDK misses the token, and says so in words of its own. */
const withoutToken =
  (field: string, body: { readonly code: number; readonly msg: string }): Row["gives"] =>
  () => ({
    sdk: { name: "Error", message: `failed to get ${field}, code: ${body.code}, msg: ${body.msg}` },
    bytes: JSON.stringify(body),
  })

/** The same where the SDK hands on what came. */
const handedOn =
  (body: object): Row["gives"] =>
  () => ({ sdk: body, bytes: JSON.stringify(body) })

/** The unified OAuth: the SDK has an error of its own. */
const notGranted =
  (statusCode: number, code: number, error: string, errorDescription: string): Row["gives"] =>
  () => ({
    sdk: { name: "AccessTokenError", statusCode, code, error, errorDescription },
    bytes: JSON.stringify({ error, error_description: errorDescription, code }),
  })

const invalidToken = "Invalid access token for authorization. Please make a request with token attached."
const scopes = ["vc:meeting:readonly", "vc:meeting.meetingid:read"]
const violations = (type: string) => ({
  permission_violations: scopes.map((subject) => ({ type, subject })),
})

/** A meeting, and what the SDK asks about it. */
const ended = Sdk.unrecorded.id
const get =
  (meeting_id: string, params: object = {}) =>
  (client: Lark.Client) =>
    client.vc.v1.meeting.get({ path: { meeting_id }, params })
const getRecording = (meeting_id: string) => (client: Lark.Client) =>
  client.vc.v1.meetingRecording.get({ path: { meeting_id } })
const scoped = (...scopes: ReadonlyArray<string>) => ({ app: { scopes } })
const all = scoped(...Scopes.all)
const detailsScopes = ["vc:meeting:readonly", "vc:meeting.meetingevent:read"]

const rows: ReadonlyArray<Row> = [
  {
    code: 99991661,
    how: "no token at all",
    client: { disableTokenCache: true },
    ask: list,
    gives: refused(
      400,
      99991661,
      "Missing access token for authorization. Please make a request with token attached.",
    ),
  },
  {
    code: 99991663,
    how: "an unknown tenant token of the caller's",
    client: { disableTokenCache: true },
    ask: (client) => client.vc.v1.meeting.listByNo({ params: Sdk.params }, Lark.withTenantToken("t-unknown")),
    gives: refused(400, 99991663, invalidToken),
  },
  {
    code: 99991663,
    how: "the token that the SDK keeps has expired at Feishu",
    ask: async (client, workspace) => {
      await list(client)
      await workspace.moveClock({ advance: 7_200 })
      return list(client)
    },
    gives: refused(400, 99991663, invalidToken),
  },
  {
    code: 99991663,
    how: "the token that the SDK keeps was revoked",
    ask: async (client, workspace) => {
      await list(client)
      await workspace.revokeTokens()
      return list(client)
    },
    gives: refused(400, 99991663, invalidToken),
  },
  {
    code: 99991668,
    how: "an unknown user token",
    ask: listAs("u-unknown"),
    gives: refused(400, 99991668, invalidToken),
  },
  {
    code: 99991671,
    how: "a token with another prefix",
    ask: listAs("x-unknown"),
    gives: refused(400, 99991671, invalidToken),
  },
  {
    code: 99991677,
    how: "a user token that has expired",
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace)
      await workspace.moveClock({ advance: 7_200 })
      return listAs(accessToken)(client)
    },
    gives: refused(400, 99991677, "Authentication token expired"),
  },
  {
    code: 99991672,
    how: "an app without the scope",
    app: { scopes: ["im:message"] },
    ask: list,
    gives: refused(
      400,
      99991672,
      "Access denied. One of the following scopes is required: [vc:meeting:readonly, vc:meeting.meetingid:read]",
      violations("action_scope_required"),
    ),
  },
  {
    code: 99991679,
    how: "a user who has not granted the scope",
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace, { scopes: ["im:message"] })
      return listAs(accessToken)(client)
    },
    gives: refused(
      400,
      99991679,
      "Unauthorized. You do not have permission to perform the requested operation on the resource. Please request user re-authorization and try again.",
      violations("action_privilege_required"),
    ),
  },
  {
    code: 99991401,
    how: "an address that the app does not allow",
    app: { allowed_ips: ["10.0.0.1"] },
    ask: list,
    gives: refused(400, 99991401, "ip is not allowed"),
  },
  {
    code: 99992402,
    how: "two fields that cannot be",
    ask: (client) =>
      client.vc.v1.meeting.listByNo({ params: { ...Sdk.params, start_time: "soon", page_size: 51 } }),
    gives: refused(400, 99992402, "field validation failed", {
      field_violations: [
        { field: "start_time", description: "start_time is not a valid integer" },
        { field: "page_size", description: "page_size the max value is 50" },
      ],
    }),
  },
  {
    code: 121003,
    how: "a range that ends before it starts",
    ask: (client) =>
      client.vc.v1.meeting.listByNo({
        params: { ...Sdk.params, start_time: Sdk.params.end_time, end_time: Sdk.params.start_time },
      }),
    gives: refused(400, 121003, "param error"),
  },
  {
    code: 99991400,
    how: "over the rate limit: no `error`",
    options: { rateLimit: 1 },
    ask: async (client) => {
      await list(client)
      return list(client)
    },
    gives: () => thrown(429, { code: 99991400, msg: "request trigger frequency limit" }),
  },
  {
    code: 99991400,
    how: "over the rate limit of an older endpoint",
    options: { rateLimit: 1, rateStatus: 400 },
    ask: async (client) => {
      await list(client)
      return list(client)
    },
    gives: () => thrown(400, { code: 99991400, msg: "request trigger frequency limit" }),
  },
  {
    code: 99991403,
    how: "over the quota of the month",
    options: { monthlyQuota: 1 },
    ask: async (client) => {
      await list(client)
      return list(client)
    },
    gives: refused(429, 99991403, "This month's API call quota has been exceeded"),
  },
  {
    code: 121004,
    how: "details of a meeting number, which is not an id",
    at: "meetings.get",
    ask: get("146453285"),
    gives: refused(404, 121004, "data not exist"),
  },
  {
    code: 121003,
    how: "details of 0",
    at: "meetings.get",
    ask: get("0"),
    gives: refused(400, 121003, "param error"),
  },
  {
    code: 99992402,
    how: "an id that is not a number, and fields that cannot be",
    at: "meetings.get",
    ask: get("weekly", { user_id_type: "email", query_mode: 2 }),
    gives: refused(400, 99992402, "field validation failed", {
      field_violations: [
        { field: "meeting_id", description: "meeting_id is not a valid integer" },
        {
          field: "user_id_type",
          description: "user_id_type is optional, options: [open_id,union_id,user_id]",
        },
        { field: "query_mode", description: "query_mode is optional, options: [0,1]" },
      ],
    }),
  },
  {
    code: 99991672,
    how: "details without their scope",
    at: "meetings.get",
    ...scoped("vc:meeting.meetingid:read"),
    ask: get(ended),
    gives: refused(
      400,
      99991672,
      "Access denied. One of the following scopes is required: [vc:meeting:readonly, vc:meeting.meetingevent:read]",
      {
        permission_violations: detailsScopes.map((subject) => ({
          type: "action_scope_required",
          subject,
        })),
      },
    ),
  },
  {
    code: 99991672,
    how: "user ids without the scope of that field",
    at: "meetings.get",
    ask: get(ended, { user_id_type: "user_id" }),
    gives: refused(
      400,
      99991672,
      "Access denied. One of the following scopes is required: [contact:user.employee_id:readonly]",
      {
        permission_violations: [
          { type: "field_scope_required", subject: "contact:user.employee_id:readonly" },
        ],
      },
    ),
  },
  {
    code: 121005,
    how: "a user who did not take part",
    at: "meetings.get",
    ...all,
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace, { open_id: "ou_nobody" })
      return client.vc.v1.meeting.get({ path: { meeting_id: ended } }, Lark.withUserAccessToken(accessToken))
    },
    gives: refused(403, 121005, "no permission"),
  },
  {
    code: 121002,
    how: "a user who requests the ability",
    at: "meetings.get",
    ...all,
    options: { abilityForUser: 121002 },
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace)
      return client.vc.v1.meeting.get(
        { path: { meeting_id: ended }, params: { with_meeting_ability: true } },
        Lark.withUserAccessToken(accessToken),
      )
    },
    gives: refused(400, 121002, "not support"),
  },
  {
    code: 99991400,
    how: "details over the limit of a second",
    at: "meetings.get",
    options: { rateLimitPerSecond: 1 },
    ask: async (client, workspace) => {
      await workspace.moveClock({ frozen: true })
      await get(ended)(client)
      return get(ended)(client)
    },
    gives: () => thrown(429, { code: 99991400, msg: "request trigger frequency limit" }),
  },
  {
    code: 122001,
    how: "the recording of a meeting that runs",
    at: "meetings.getRecording",
    ...all,
    ask: getRecording(Sdk.running.id),
    gives: refused(400, 122001, "meeting status unexpected"),
  },
  {
    code: 122002,
    how: "the recording of a meeting number, which is not an id",
    at: "meetings.getRecording",
    ...all,
    ask: getRecording("146453285"),
    gives: refused(404, 122002, "meeting not exist"),
  },
  {
    code: 124002,
    how: "a recording that is still being made",
    at: "meetings.getRecording",
    ...all,
    ask: getRecording(Sdk.justEnded.id),
    gives: refused(400, 124002, "record processing"),
  },
  {
    code: 121004,
    how: "a meeting without a recording",
    at: "meetings.getRecording",
    ...all,
    ask: getRecording(ended),
    gives: refused(404, 121004, "data not exist"),
  },
  {
    code: 99991672,
    how: "the recording without its scope",
    at: "meetings.getRecording",
    ask: getRecording(ended),
    gives: refused(
      400,
      99991672,
      "Access denied. One of the following scopes is required: [vc:record:readonly]",
      { permission_violations: [{ type: "action_scope_required", subject: "vc:record:readonly" }] },
    ),
  },
  ...(
    [
      [1500, 500, "internal error"],
      [1663, 500, "internal error"],
      [2200, 500, "internal error"],
      [5000, 500, "internal error"],
      [121001, 500, "internal error"],
      [121002, 400, "not support"],
      [121004, 404, "data not exist"],
      [121005, 403, "no permission"],
      [121006, 409, "conflict"],
      [122001, 400, "meeting status unexpected"],
      [122002, 404, "meeting not exist"],
      [124002, 400, "record processing"],
      [99991543, 400, "app id or app secret is invalid"],
      [99991664, 400, invalidToken],
      [99991665, 400, "Invalid tenant code"],
    ] as const
  ).map(([code, status, msg]): Row => ({
    code,
    how: "by a fault rule",
    rule: { operation: "meetings.listByNo", then: { code } },
    ask: list,
    gives: refused(status, code, msg),
  })),
  ...(["meetings.get", "meetings.getRecording"] as const).flatMap((at) =>
    (
      [
        [1500, 500, "internal error"],
        [121001, 500, "internal error"],
        [121002, 400, "not support"],
        [121003, 400, "param error"],
        [121005, 403, "no permission"],
        [122001, 400, "meeting status unexpected"],
        [124002, 400, "record processing"],
      ] as const
    ).map(([code, status, msg]): Row => ({
      code,
      how: `by a fault rule for ${at} and this meeting`,
      at,
      ...all,
      rule: { operation: at, when: { matching: { meeting_id: ended } }, then: { code } },
      ask: at === "meetings.get" ? get(ended) : getRecording(ended),
      gives: refused(status, code, msg),
    })),
  ),
  {
    code: 10003,
    how: "an unknown app",
    at: "auth.tenantAccessTokenInternal",
    ask: (_, workspace) => list(Sdk.clientOf({ ...workspace, appId: "cli_nobody" })),
    gives: () => ({
      sdk: { name: "Error", message: "failed to get tenant_access_token, code: 10003, msg: invalid param" },
      bytes: '{"code":10003,"data":{},"msg":"invalid param"}',
    }),
  },
  {
    code: 10003,
    how: "by a fault rule, to the same bytes",
    at: "auth.tenantAccessTokenInternal",
    rule: { operation: "auth.tenantAccessTokenInternal", then: { code: 10003 } },
    ask: list,
    gives: () => ({
      sdk: { name: "Error", message: "failed to get tenant_access_token, code: 10003, msg: invalid param" },
      bytes: '{"code":10003,"data":{},"msg":"invalid param"}',
    }),
  },
  {
    code: 10014,
    how: "a wrong secret",
    at: "auth.tenantAccessTokenInternal",
    client: { appSecret: "AnotherSecret" },
    ask: list,
    gives: withoutToken("tenant_access_token", { code: 10014, msg: "app secret invalid" }),
  },
  {
    code: 10014,
    how: "a wrong secret, for an app access token",
    at: "auth.appAccessTokenInternal",
    client: { disableTokenCache: true },
    ask: (client, { appId: app_id }) =>
      client.auth.v3.appAccessToken.internal({ data: { app_id, app_secret: "AnotherSecret" } }),
    gives: handedOn({ code: 10014, msg: "app secret invalid" }),
  },
  {
    code: 10012,
    how: "a ticket that Feishu never gave",
    at: "auth.appAccessToken",
    app: { type: "store", tenants: ["tenant_of_10012"] },
    ask: async (_, workspace) => {
      const cache = new Lark.DefaultCache()
      await cache.set(Lark.CAppTicket, "forged", undefined, { namespace: workspace.appId })
      return Sdk.clientOf(workspace, { appType: Lark.AppType.ISV, cache }).vc.v1.meeting.listByNo(
        { params: Sdk.params },
        Lark.withTenantKey("tenant_of_10012"),
      )
    },
    gives: withoutToken("app_access_token", { code: 10012, msg: "app ticket invalid" }),
  },
  {
    code: 10013,
    how: "an app access token that Feishu never gave",
    at: "auth.tenantAccessToken",
    client: { disableTokenCache: true },
    ask: (client) =>
      client.auth.v3.tenantAccessToken.create({
        data: { app_access_token: "a-forged", tenant_key: "tenant" },
      }),
    gives: handedOn({ code: 10013, msg: "app access token invalid" }),
  },
  {
    code: 10016,
    how: "a self-built app asks for a ticket",
    at: "auth.appTicketResend",
    ask: (client, { appId: app_id, appSecret: app_secret }) =>
      client.auth.v3.appTicket.resend({ data: { app_id, app_secret } }),
    gives: handedOn({ code: 10016, msg: "only store apps have app tickets" }),
  },
  {
    code: 20001,
    how: "version 2 without a grant: the SDK knows no version 2, and throws axios' error",
    at: "oauth.userToken",
    ask: (client) =>
      client.request({ method: "POST", url: OAuth.userTokenPath, data: { client_id: client.appId } }),
    gives: () =>
      thrown(400, {
        error: "invalid_request",
        error_description: "The request is missing a required parameter.",
        code: 20001,
      }),
  },
  {
    code: 20002,
    how: "a wrong secret",
    at: "oauth.clientCredentials",
    client: { appSecret: "AnotherSecret" },
    ask: userToken,
    gives: notGranted(400, 20002, "invalid_client", "The client secret is invalid."),
  },
  {
    code: 20003,
    how: "an unknown code",
    at: "oauth.clientCredentials",
    ask: ({ accessToken }) => accessToken.retrieveByAuthorizationCode({ code: "unknown" }),
    gives: notGranted(
      400,
      20003,
      "invalid_grant",
      "The authorization code is not found. Please note that an authorization code can only be used once.",
    ),
  },
  {
    code: 20004,
    how: "a code after five minutes",
    at: "oauth.clientCredentials",
    ask: async ({ accessToken }, workspace) => {
      const code = await Sdk.authorize(workspace)
      await workspace.moveClock({ advance: 300 })
      return accessToken.retrieveByAuthorizationCode({ code })
    },
    gives: notGranted(400, 20004, "invalid_grant", "The authorization code has expired."),
  },
  {
    code: 20065,
    how: "a code for the second time",
    at: "oauth.clientCredentials",
    ask: async ({ accessToken }, workspace) => {
      const code = await Sdk.authorize(workspace)
      await accessToken.retrieveByAuthorizationCode({ code })
      return accessToken.retrieveByAuthorizationCode({ code })
    },
    gives: notGranted(
      400,
      20065,
      "invalid_grant",
      "The authorization code has been used. Please note that an authorization code can only be used once.",
    ),
  },
  {
    code: 20049,
    how: "a code that was asked for with another verifier",
    at: "oauth.clientCredentials",
    ask: async ({ accessToken }, workspace) => {
      const code = await Sdk.authorize(workspace, { code_challenge: "a".repeat(43) })
      return accessToken.retrieveByAuthorizationCode({ code, codeVerifier: "b".repeat(43) })
    },
    gives: notGranted(400, 20049, "invalid_grant", "PKCE code challenge failed."),
  },
  {
    code: 20071,
    how: "a code that was asked for with another redirect URL",
    at: "oauth.clientCredentials",
    ask: async ({ accessToken }, workspace) => {
      const code = await Sdk.authorize(workspace, { redirect_uri: "https://app.example/back" })
      return accessToken.retrieveByAuthorizationCode({ code, redirectUri: "https://app.example/back/" })
    },
    gives: notGranted(
      400,
      20071,
      "invalid_grant",
      "The provided redirect URI does not match the one used during authorization.",
    ),
  },
  {
    code: 20024,
    how: "a code of another app",
    at: "oauth.clientCredentials",
    ask: async ({ accessToken }, workspace) => {
      const other = `${workspace.appId}_other`
      await workspace.putApp({ ...appOf(workspace), app_id: other })
      const code = await Sdk.authorize(workspace, { client_id: other })
      return accessToken.retrieveByAuthorizationCode({ code })
    },
    gives: notGranted(
      400,
      20024,
      "invalid_grant",
      "The provided authorization code or refresh token does not match the provided client ID.",
    ),
  },
  {
    code: 20048,
    how: "an app that is not there",
    at: "oauth.userToken",
    ask: (_, workspace) =>
      postTo(workspace, { ...refreshing, client_id: "cli_nobody", refresh_token: "unknown" }),
    gives: refusedBy(20048, "invalid_client", "The specified app does not exist."),
  },
  {
    code: 20036,
    how: "a grant that is not there",
    at: "oauth.userToken",
    ask: (_, workspace) => postTo(workspace, { grant_type: "password" }),
    gives: refusedBy(20036, "unsupported_grant_type", "The specified grant_type is not supported."),
  },
  {
    code: 20063,
    how: "a body that is no object",
    at: "oauth.userToken",
    ask: (_, workspace) => postTo(workspace, []),
    gives: refusedBy(20063, "invalid_request", "The request is malformed. Please check your request."),
  },
  {
    code: 20070,
    how: "Basic credentials and a secret in one request",
    at: "oauth.userToken",
    ask: (_, workspace) =>
      postTo(workspace, { ...refreshing, refresh_token: "unknown" }, { authorization: basicOf(workspace) }),
    gives: refusedBy(
      20070,
      "invalid_request",
      "Multiple authentication methods were provided. Please only use one to proceed.",
    ),
  },
  {
    code: 20067,
    how: "a scope twice",
    at: "oauth.userToken",
    ask: async (client, workspace) => {
      const { refreshToken } = await userToken(client, workspace)
      const scope = "vc:meeting:readonly offline_access vc:meeting:readonly"
      return postTo(workspace, { ...refreshing, refresh_token: refreshToken, scope })
    },
    gives: refusedBy(
      20067,
      "invalid_scope",
      "The provided scope list contains duplicate scopes. Please ensure all scopes are unique.",
    ),
  },
  {
    code: 20068,
    how: "a scope that was not granted",
    at: "oauth.userToken",
    ask: async (client, workspace) => {
      const { refreshToken } = await userToken(client, workspace)
      return postTo(workspace, { ...refreshing, refresh_token: refreshToken, scope: "im:message" })
    },
    gives: refusedBy(
      20068,
      "invalid_scope",
      "The provided scope list contains scopes that are not permitted. Please ensure all scopes are allowed.",
    ),
  },
  {
    code: 20027,
    how: "a device that asks for a scope that the app does not have",
    at: "oauth.deviceAuthorization",
    ask: (_, workspace) =>
      Lark.defaultHttpInstance.post(
        `${workspace.url}${OAuth.deviceAuthorizationPath}`,
        new URLSearchParams({ client_id: workspace.appId, scope: "im:message" }),
        { headers: { authorization: basicOf(workspace) } },
      ),
    gives: refusedBy(
      20027,
      "invalid_scope",
      "The app has not been granted one or more of the requested scopes.",
    ),
  },
  ...(
    [
      [20069, "an app that is not enabled", { enabled: false }, "unauthorized_client"],
      [20074, "an app that may not refresh", { refresh_user_access_token: false }, "unauthorized_client"],
      [20009, "a tenant that has removed the app", { tenants: ["another"] }, "unauthorized_client"],
      [20010, "a user for whom the app is not available", { availability: [] }, "unauthorized_client"],
    ] as const
  ).map(([code, how, changed, error]): Row => ({
    code,
    how,
    at: "oauth.clientCredentials",
    ask: async (client, workspace) => {
      const { refreshToken = "" } = await userToken(client, workspace, { open_id: "ou_host" })
      await workspace.putApp({ ...appOf(workspace), ...changed })
      return client.accessToken.refresh({ refreshToken })
    },
    gives: notGranted(400, code, error, ErrorCodes.find(code)!.msg),
  })),
  ...(
    [
      [20008, "deleted"],
      [20066, "frozen"],
    ] as const
  ).map(([code, status]): Row => ({
    code,
    how: `a user who is ${status} refreshes`,
    at: "oauth.clientCredentials",
    ask: async (client, workspace) => {
      const { refreshToken = "" } = await userToken(client, workspace, { open_id: "ou_host" })
      await workspace.putUsers([{ open_id: "ou_host", status }])
      return client.accessToken.refresh({ refreshToken })
    },
    gives: notGranted(400, code, "invalid_grant", ErrorCodes.find(code)!.msg),
  })),
  ...(
    [
      [20008, "deleted"],
      [20021, "resigned"],
      [20022, "frozen"],
      [20023, "unregistered"],
    ] as const
  ).map(([code, status]): Row => ({
    code,
    how: `who is ${status} asks who they are`,
    at: "authen.userInfo",
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace, { open_id: "ou_host" })
      await workspace.putUsers([{ open_id: "ou_host", status }])
      return client.authen.v1.userInfo.get({}, Lark.withUserAccessToken(accessToken))
    },
    gives: handedOnWithError(code, ErrorCodes.find(code)!.msg),
  })),
  {
    code: 20005,
    how: "a token that Feishu never gave asks whose it is",
    at: "authen.userInfo",
    ask: (client) => client.authen.v1.userInfo.get({}, Lark.withUserAccessToken("u-unknown")),
    gives: handedOnWithError(20005, "The user access token passed is invalid. Please check the value"),
  },
  {
    code: 21000,
    how: "a user whom a policy asks for a check reads meetings",
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace, { open_id: "ou_host" })
      await workspace.putUsers([{ open_id: "ou_host", policy: "challenge" }])
      return listAs(accessToken)(client)
    },
    gives: (logId) => {
      const { code, msg } = ErrorCodes.find(21000)!
      const data = { challenge_url: "https://accounts.feishu.cn/security/challenge" }
      return thrown(400, { code, msg, data, error: errorOf(code, logId) })
    },
  },
  {
    code: 21000,
    how: "a user whom a policy asks for a check refreshes",
    at: "oauth.userToken",
    ask: async (client, workspace) => {
      const { refreshToken } = await userToken(client, workspace, { open_id: "ou_host" })
      await workspace.putUsers([{ open_id: "ou_host", policy: "challenge" }])
      return postTo(workspace, { ...refreshing, refresh_token: refreshToken })
    },
    gives: () =>
      thrown(400, {
        error: "access_denied",
        error_description: ErrorCodes.find(21000)!.msg,
        code: 21000,
        data: { challenge_url: "https://accounts.feishu.cn/security/challenge" },
      }),
  },
  {
    code: 21001,
    how: "a user whom a policy blocks reads meetings",
    ask: async (client, workspace) => {
      const { accessToken } = await userToken(client, workspace, { open_id: "ou_host" })
      await workspace.putUsers([{ open_id: "ou_host", policy: "blocked" }])
      return listAs(accessToken)(client)
    },
    gives: refused(400, 21001, "access denied by access control policy"),
  },
  {
    code: 20026,
    how: "an unknown refresh token",
    at: "oauth.clientCredentials",
    ask: ({ accessToken }) => accessToken.refresh({ refreshToken: "unknown" }),
    gives: notGranted(
      400,
      20026,
      "invalid_grant",
      "The refresh token passed is invalid. Please check the value.",
    ),
  },
  {
    code: 20037,
    how: "a refresh token after seven days",
    at: "oauth.clientCredentials",
    ask: async (client, workspace) => {
      const { refreshToken = "" } = await userToken(client, workspace)
      await workspace.moveClock({ advance: 604_800 })
      return client.accessToken.refresh({ refreshToken })
    },
    gives: notGranted(
      400,
      20037,
      "invalid_grant",
      "The refresh token passed has expired. Please generate a new one.",
    ),
  },
  {
    code: 20064,
    how: "a refresh token that was revoked",
    at: "oauth.clientCredentials",
    ask: async (client, workspace) => {
      const { refreshToken = "" } = await userToken(client, workspace)
      await workspace.revokeTokens(refreshToken)
      return client.accessToken.refresh({ refreshToken })
    },
    gives: notGranted(
      400,
      20064,
      "invalid_grant",
      "The refresh token has been revoked. Please note that a refresh token can only be used once.",
    ),
  },
  {
    code: 20073,
    how: "a refresh token for the second time",
    at: "oauth.clientCredentials",
    ask: async (client, workspace) => {
      const { refreshToken = "" } = await userToken(client, workspace)
      await client.accessToken.refresh({ refreshToken })
      return client.accessToken.refresh({ refreshToken })
    },
    gives: notGranted(
      400,
      20073,
      "invalid_grant",
      "The refresh token has been used. Please note that a refresh token can only be used once.",
    ),
  },
  ...(
    [
      [20050, 500, "An unexpected server error occurred. Please retry your request."],
      [20072, 503, "The server is temporarily unavailable. Please retry your request."],
    ] as const
  ).map(([code, status, msg]): Row => ({
    code,
    how: "by a fault rule",
    at: "oauth.clientCredentials",
    rule: { operation: "oauth.clientCredentials", then: { code } },
    ask: userToken,
    gives: notGranted(status, code, "server_error", msg),
  })),
]

/** What a call came to, as far as a caller of the SDK can tell. */
const outcome = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    return await call
  } catch (error) {
    if (error instanceof Lark.AccessTokenError) {
      const { code, errorDescription, name, statusCode } = error
      return { name, statusCode, code, error: error.error, errorDescription }
    }
    const { code, message, name, response } = Object(error)
    return response === undefined
      ? { name, message }
      : { name, message, code, status: response.status, body: response.data }
  }
}

describe("what the official SDK makes of", () => {
  let feishu: Started
  beforeAll(async () => {
    feishu = await startFeishuMock()
  })
  afterAll(() => feishu.close())

  for (const row of rows) {
    it(`${row.code}, ${row.how}`, async () => {
      await using workspace = await Sdk.workspaceOf(feishu, row.app, row.options)
      if (row.rule !== undefined) await workspace.addFault(row.rule)
      Sdk.received()
      const sdk = await outcome(row.ask(Sdk.clientOf(workspace, row.client), workspace))
      const { headers, text: bytes, url } = Sdk.received().at(-1)!
      const { at = "meetings.listByNo" } = row
      const { pathname, search } = new URL(url)
      assert.strictEqual(
        Operations.find(Operations.route(at).split(" ")[0]!, pathname)?.operation,
        at,
        search,
      )
      assert.deepStrictEqual({ sdk, bytes }, row.gives(String(headers["x-tt-logid"])))
      assert.match(String(headers["x-tt-logid"]), /^\d{14}[0-9A-F]{20}$/)
      assert.strictEqual(headers["content-type"], "application/json; charset=utf-8")
    })
  }

  it("99991400 tells its headers: the limit, and in how many seconds it resets", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, {}, { rateLimit: 1 })
    await workspace.moveClock({ frozen: true })
    const client = Sdk.clientOf(workspace)
    await list(client)
    const { response } = Object(await Sdk.rejection(list(client)))
    assert.strictEqual(response.headers["x-ogw-ratelimit-limit"], "1")
    assert.strictEqual(response.headers["x-ogw-ratelimit-reset"], "60")
  })

  it("a failure, in its log: the log id and the advice are beside the code", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const { logged, logger } = Sdk.logger()
    await Sdk.rejection(listAs("u-unknown")(Sdk.clientOf(workspace, { logger })))
    const { headers, text } = Sdk.received().at(-1)!
    const body = JSON.parse(text)
    const [, [request, answer]] = Object(logged.findLast(([level]) => level === "error"))
    assert.deepInclude(request.response, { status: 400, statusText: "Bad Request", data: body })
    assert.deepStrictEqual(answer, { ...body, ...body.error })
    assert.strictEqual(answer.log_id, headers["x-tt-logid"])
  })

  it("paths that are not here: Feishu's own 404 in plain text", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const client = Sdk.clientOf(workspace)
    for (const call of [
      client.vc.v1.meeting.get({ path: { meeting_id: `${ended}/participants` } }),
      // The user tokens of the SDK's older helper are of a version that is not here.
      client.userAccessToken.initWithCode({ user: await Sdk.authorize(workspace) }),
      client.request({ method: "POST", url: ListByNo.path }),
    ]) {
      const { body, ...rest } = Object(await outcome(call))
      assert.strictEqual(body, "404 page not found")
      assert.deepStrictEqual(rest, {
        name: "AxiosError",
        message: "Request failed with status code 404",
        code: "ERR_BAD_REQUEST",
        status: 404,
      })
    }
  })

  it("a client assertion: a grant that is not here", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const client = Sdk.clientOf(workspace, {
      clientAssertionProvider: { retrieveToken: async () => ({ value: "a.JSON-Web.Token" }) },
    })
    const error = await Sdk.rejection(list(client))
    assert.instanceOf(error, Lark.ClientAssertionError)
    assert.strictEqual(error.code, 20036)
    assert.include(Sdk.received().at(-1)?.text, '"error":"unsupported_grant_type"')
    const [entry] = await workspace.journal({ operation: "oauth.clientCredentials" })
    const { requestBody } = await workspace.journalEntry(entry!.seq)
    assert.notInclude(requestBody, "a.JSON-Web.Token")
  })
})

describe("the table of what the official SDK makes of codes", () => {
  const codes = new Set(rows.map(({ code }) => code))

  it("has a row for every code of the catalogue", () => {
    const without = ErrorCodes.catalogue.filter(({ code }) => !codes.has(code))
    assert.deepStrictEqual(
      without.map(({ code }) => code),
      [],
    )
  })

  it("has a row for every endpoint", () => {
    const asked = new Set(rows.map(({ at = "meetings.listByNo" }) => at))
    assert.deepStrictEqual(
      Operations.names.filter((name) => !asked.has(name)),
      [],
    )
  })

  it("has a row for every code of FIDELITY.md", () => {
    const named = readFileSync(new URL("../FIDELITY.md", import.meta.url), "utf8")
      .split("\n")
      .flatMap((line) => /^\| ([\d, ]+) \|/.exec(line)?.[1]?.split(", ") ?? [])
    assert.isAbove(named.length, 30)
    assert.deepStrictEqual(
      named.filter((code) => !codes.has(Number(code))),
      [],
    )
  })
})
