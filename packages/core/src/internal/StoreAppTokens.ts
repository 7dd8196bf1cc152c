/**
 * The tokens of a store app. The app ticket, which Feishu pushes, gives the app access token; that gives the tenant
 * access token of each tenant.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AppAccessToken from "@effect-feishu/contract/AppAccessToken"
import * as AppTicketContract from "@effect-feishu/contract/AppTicket"
import * as TenantAccessToken from "@effect-feishu/contract/TenantAccessToken"
import { AppTicket } from "../AppTicket.ts"
import { AppTicketMissing, FeishuError } from "../FeishuError.ts"
import type * as Secret from "../Secret.ts"
import * as TokenCache from "./TokenCache.ts"
import * as TokenEndpoints from "./TokenEndpoints.ts"

/**
 * How long to wait for a requested ticket: Feishu pushes it within 2 minutes (documented), and this is a little more.
 */
const ticketWaitSeconds = 130

/** Makes a cache of tenant access tokens, by tenant key. */
export const make = Effect.fnUntraced(function* (
  app: TokenEndpoints.App,
): Effect.fn.Return<TokenCache.TokenCache, FeishuError, TokenEndpoints.Requirements | AppTicket> {
  const { call, jsonRequest } = yield* TokenEndpoints.make(app)
  const appTokens = yield* appTokensOf(app, { call, jsonRequest })
  const fetchWith = (tenantKey: string, { value }: TokenCache.Token) =>
    call({
      path: TenantAccessToken.storePath,
      request: jsonRequest(
        TenantAccessToken.storePath,
        encodeStoreTenant({ app_access_token: value, tenant_key: tenantKey }),
      ),
      secrets: [value],
      answer: TenantAccessToken.Answer,
      tokenOf: (answer) => answer.tenant_access_token,
    })
  return yield* TokenCache.make(
    Effect.fnUntraced(function* (tenantKey: string) {
      const appToken = yield* appTokens.get(app.appId)
      const { expire, tenant_access_token: value } = yield* Effect.catchIf(
        fetchWith(tenantKey, appToken),
        (error) => error.reason.retry === "token",
        () =>
          Effect.andThen(
            appTokens.invalidate(app.appId, appToken.generation),
            Effect.flatMap(appTokens.get(app.appId), (fresh) => fetchWith(tenantKey, fresh)),
          ),
      )
      return { value, expire }
    }),
    TokenEndpoints.onFetched(TenantAccessToken.storePath),
  )
})

/** Makes the cache of the app access token, whose only key is the app id. */
const appTokensOf = Effect.fnUntraced(function* (
  app: TokenEndpoints.App,
  { call, jsonRequest }: TokenEndpoints.TokenEndpoints,
) {
  const tickets = yield* AppTicket
  const credentials = { app_id: app.appId, app_secret: app.appSecret }
  const resend = call({
    path: AppTicketContract.resendPath,
    request: jsonRequest(AppTicketContract.resendPath, encodeResend(credentials)),
    answer: Schema.Struct({}),
  })
  /** Requests a ticket from Feishu, and waits for one that differs from the refused ticket. */
  const newTicket = (refused: Secret.AppTicket | undefined) =>
    Effect.andThen(resend, waitForTicket(app, tickets, refused))
  const fetchWith = (ticket: Secret.AppTicket) =>
    call({
      path: AppAccessToken.storePath,
      request: jsonRequest(AppAccessToken.storePath, encodeStoreApp({ ...credentials, app_ticket: ticket })),
      secrets: [ticket],
      answer: AppAccessToken.Answer,
      tokenOf: (answer) => answer.app_access_token,
    })
  return yield* TokenCache.make(
    Effect.fnUntraced(function* () {
      const ticket = (yield* tickets.latest) ?? (yield* newTicket(undefined))
      const answer = yield* Effect.catchIf(
        fetchWith(ticket),
        (error) => error.code === 10012,
        () => Effect.flatMap(newTicket(ticket), fetchWith),
      )
      return { value: answer.app_access_token, expire: answer.expire }
    }),
    TokenEndpoints.onFetched(AppAccessToken.storePath),
  )
})

const waitForTicket = Effect.fnUntraced(function* (
  { appId }: TokenEndpoints.App,
  tickets: AppTicket["Service"],
  refused: Secret.AppTicket | undefined,
) {
  const anotherTicket = Effect.gen(function* () {
    while (true) {
      const ticket = yield* tickets.latest
      if (
        ticket !== undefined &&
        (refused === undefined || Redacted.value(ticket) !== Redacted.value(refused))
      ) {
        return ticket
      }
      yield* Effect.sleep("1 second")
    }
  })
  const waited = yield* Effect.timeoutOption(anotherTicket, Duration.seconds(ticketWaitSeconds))
  return yield* Effect.mapError(
    Effect.fromOption(waited),
    () =>
      new FeishuError({
        reason: new AppTicketMissing({ appId, waitedSeconds: ticketWaitSeconds }),
        operation: `POST ${AppTicketContract.resendPath}`,
      }),
  )
})

const encodeStoreTenant = Schema.encodeSync(TenantAccessToken.StoreRequest)
const encodeStoreApp = Schema.encodeSync(AppAccessToken.StoreRequest)
const encodeResend = Schema.encodeSync(AppTicketContract.ResendRequest)
