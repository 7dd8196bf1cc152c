/** The people who can sign in, what they permit apps, and their logins: what they would do on Feishu's pages. */
import { OAuth } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Bounds from "../../protocol/Bounds.ts"
import * as Scopes from "../../protocol/Scopes.ts"
import * as Authorizations from "../../state/Authorizations.ts"
import type { App } from "../../state/Store.ts"
import { firstApp, type State } from "../../state/Workspace.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `users`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "users", (handlers) =>
    handlers
      .handle("users", ({ query }) =>
        Effect.map(find(query), (workspace) =>
          query.app_id === undefined
            ? Authorizations.people(workspace.state, firstApp(workspace))
            : Authorizations.people(workspace.state, workspace.state.store.app(query.app_id)!),
        ),
      )
      .handle("putUsers", ({ payload, query }) =>
        change(query, ({ state }) =>
          state.store.putPeople(payload)
            ? Effect.succeed({ put: payload.length })
            : Effect.fail(Outcome.refused("there is no room for these users", [Bounds.ofUsers])),
        ),
      )
      .handle("authorize", ({ payload, query }) => {
        const { url } = payload
        if (url === undefined) {
          return payload.client_id === undefined
            ? Effect.fail(Outcome.refused("give url, the address of the authorization page, or client_id"))
            : change({ app_id: payload.client_id, ...query }, ({ state }) => authorizeAtOnce(state, payload))
        }
        const page = URL.canParse(url) ? new URL(url) : undefined
        if (page?.pathname !== OAuth.authorizePath) {
          const message = `url: must be an address of the authorization page, with the path ${OAuth.authorizePath}`
          return Effect.fail(Outcome.refused(message))
        }
        const appId = page.searchParams.get("client_id") ?? ""
        const at = workspaces.ofApp(appId) === undefined ? query : { app_id: appId, ...query }
        return change(at, ({ state }) => {
          const request = Authorizations.check(state, page.searchParams)
          if (Authorizations.isProblem(request)) {
            return Effect.fail(Outcome.refused(Authorizations.inWords(request)))
          }
          return Effect.map(decisionOf(state, request, payload), (decision) => {
            const redirectUrl = Authorizations.decide(state, request, decision)
            const code = new URL(redirectUrl).searchParams.get("code")
            return { ...(code === null ? {} : { code }), redirect_url: redirectUrl }
          })
        })
      })
      .handle("deviceAuthorizations", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          Authorizations.waitingDevices(state).map(({ app, expiresAt, scopes, userCode }) => ({
            user_code: userCode,
            client_id: app.app_id,
            scopes,
            expires_at: expiresAt / 1000,
          })),
        ),
      )
      .handle("decideDevice", ({ payload, query }) => {
        const { user_code: userCode } = payload
        const found = userCode === undefined ? undefined : Authorizations.findDevice(workspaces, userCode)
        return change(found === undefined ? query : { app_id: found.device.app.app_id }, ({ state }) => {
          const device = userCode === undefined ? Authorizations.waitingDevices(state).at(-1) : found?.device
          if (device === undefined) {
            const known =
              userCode === undefined ? undefined : Authorizations.knownDevice(workspaces, userCode)?.device
            if (known !== undefined) {
              return Effect.fail(
                Outcome.refused(`the device ${known.userCode} does not wait any more: ${known.state}`),
              )
            }
            return Outcome.missing(
              userCode === undefined
                ? "device that waits for a user"
                : "device with this user code that waits for a user",
            )
          }
          return Effect.map(decisionOf(state, device, payload), (decision) => {
            Authorizations.decideDevice(state, device, decision)
            return Outcome.done
          })
        })
      })
      .handle("logins", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          Authorizations.logins(state).map(({ endsAt, person, ...login }) => ({
            client_id: login.appId,
            open_id: login.user,
            name: person.name,
            scopes: login.scopes,
            authorized_at: login.authorizedAt / 1000,
            access_tokens: login.accessTokens,
            renewable: login.isRenewable,
            ...(endsAt === undefined ? {} : { ends_at: endsAt / 1000 }),
          })),
        ),
      )
      .handle("revokeLogin", ({ payload, query }) =>
        change({ app_id: payload.client_id, ...query }, ({ state }) => {
          const login = { appId: payload.client_id, user: payload.open_id }
          const isThere = state.tokens
            .logins(state.clock.now())
            .some(({ appId, user }) => appId === login.appId && user === login.user)
          return isThere
            ? Effect.succeed({ revoked: Authorizations.revoke(state, login) })
            : Outcome.missing(`login of ${payload.open_id} for ${payload.client_id}`)
        }),
      ),
  )
}

/** Returns the code of an app that did not ask the authorization page: its redirect URL and its scopes are not checked. */
const authorizeAtOnce = (state: State, payload: ControlApi.Authorization) => {
  const { allow = true, client_id: clientId = "" } = payload
  const app = state.store.app(clientId)
  if (app === undefined) return Outcome.missing(`app ${clientId}`)
  if (!allow)
    return Effect.fail(Outcome.refused("a refusal needs url: without it there is nowhere to redirect to"))
  const code = state.tokens.mintCode(
    {
      appId: app.app_id,
      tenant: payload.tenant_key ?? tenantOf(state, app, payload.open_id),
      user: payload.open_id,
      scopes: payload.scopes ?? Scopes.all,
      redirectUri: payload.redirect_uri,
      codeChallenge: payload.code_challenge,
      codeChallengeMethod: payload.code_challenge_method,
    },
    state.clock.now(),
  )
  return Effect.succeed({ code })
}

const tenantOf = ({ store }: State, app: App, user: string | undefined): string =>
  user === undefined ? app.tenants[0] : store.person(user, app.tenants[0]).tenant_key

/** Returns what a request decides: without anything, the first person allows all that was asked for. */
const decisionOf = (
  state: State,
  { app, scopes }: Pick<Authorizations.Request, "app" | "scopes">,
  decision: {
    readonly allow?: boolean
    readonly open_id?: string
    readonly scopes?: ReadonlyArray<string>
  },
): Effect.Effect<Authorizations.Decision, ControlApi.Refused> => {
  if (decision.allow === false) return Effect.succeed({ allow: false })
  const others = decision.scopes?.filter((scope) => !scopes.includes(scope)) ?? []
  if (others.length > 0) {
    const problems = others.map((scope) => `scopes: ${scope} was not asked for`)
    return Effect.fail(Outcome.refused("only scopes that were asked for can be granted", problems))
  }
  const user = decision.open_id ?? Authorizations.people(state, app)[0]?.open_id
  return user === undefined
    ? Effect.fail(Outcome.refused(`nobody can sign in to ${app.app_id}: no user is of one of its tenants`))
    : Effect.succeed({ allow: true, user, scopes: decision.scopes ?? scopes })
}
