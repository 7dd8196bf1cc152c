/**
 * What users permit apps: the authorization page and the device page as plain functions, which the pages for people and the control plane
 * share. They check a request, name the people to choose from, and decide.
 */
import type { PersonNow } from "../protocol/PublicTypes.ts"
import * as Attendance from "../seed/Attendance.ts"
import * as People from "../seed/People.ts"
import type { App } from "./Store.ts"
import { type Device, type Grant, type LoginNow, scopesIn } from "./Tokens.ts"
import type { State, Workspace } from "./Workspace.ts"
import type { Workspaces } from "./Workspaces.ts"

/** The most scopes of a request (documented). */
const mostScopes = 50

/** A request of an app for what a user may grant, which the authorization page shows. */
export interface Request {
  readonly app: App
  readonly redirectUri: string
  /** Handed back unchanged; absent when none was sent. */
  readonly state: string | undefined
  /** The scopes that are asked for, each once; the user may refuse some. */
  readonly scopes: ReadonlyArray<string>
  readonly codeChallenge: string | undefined
  readonly codeChallengeMethod: "plain" | "S256"
}

/**
 * Why the page shows no request. `code` is Feishu's, where one is documented; `value` is what is wrong: the parameter, the URL or the
 * scopes.
 */
export interface Problem {
  readonly kind:
    | "parameter missing"
    | "unknown app"
    | "response type"
    | "redirect URL"
    | "too many scopes"
    | "scopes not enabled"
    | "challenge method"
  readonly code?: number
  readonly value: string
}

/** Returns the sentence about a problem. */
export const inWords = ({ code, kind, value }: Problem): string => {
  const sentence = {
    "parameter missing": `the authorization page needs ${value}`,
    "unknown app": `there is no app ${value}`,
    "response type": `response_type must be code, not ${value}`,
    "redirect URL": `the redirect URL ${value} is not one of the app's redirect URLs (redirect_urls in the seed; in the console, security settings)`,
    "too many scopes": `at most ${mostScopes} scopes may be requested at once, not ${value}`,
    "scopes not enabled": `the app has not been granted the scopes ${value} (scopes of the app in the seed; in the console, permissions)`,
    "challenge method": `code_challenge_method must be S256 or plain, not ${value}`,
  }[kind]
  return code === undefined ? sentence : `${code}: ${sentence}`
}

/** True for a problem. */
export const isProblem = (checked: Request | Problem): checked is Problem => "kind" in checked

/** A URL of this machine, which an app without `redirect_urls` may name. */
const isLoopback = (url: string): boolean =>
  /^https?:/i.test(url) &&
  URL.canParse(url) &&
  /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(url).hostname)

/** Returns the scopes that the app does not have itself, so that no user can grant them. */
const notEnabled = (app: App, scopes: ReadonlyArray<string>): ReadonlyArray<string> =>
  scopes.filter((scope) => !app.scopes.includes(scope))

/** Returns what is wrong with the scopes of a request. */
export const problemOfScopes = (app: App, scopes: ReadonlyArray<string>): Problem | undefined => {
  if (scopes.length > mostScopes) return { kind: "too many scopes", value: String(scopes.length) }
  const missing = notEnabled(app, scopes)
  return missing.length === 0
    ? undefined
    : { kind: "scopes not enabled", code: 20027, value: missing.join(", ") }
}

/** Checks the query of the authorization page. A problem is shown on the page: nobody is redirected to a URL that was not checked. */
export const check = ({ store }: State, query: URLSearchParams): Request | Problem => {
  for (const name of ["client_id", "response_type", "redirect_uri"]) {
    if ((query.get(name) ?? "") === "") return { kind: "parameter missing", code: 20001, value: name }
  }
  const clientId = query.get("client_id") ?? ""
  const app = store.app(clientId)
  if (app === undefined) return { kind: "unknown app", code: 20048, value: clientId }
  const responseType = query.get("response_type") ?? ""
  if (responseType !== "code") return { kind: "response type", value: responseType }
  const redirectUri = query.get("redirect_uri") ?? ""
  if (!(app.redirect_urls === null ? isLoopback(redirectUri) : app.redirect_urls.includes(redirectUri))) {
    return { kind: "redirect URL", value: redirectUri }
  }
  const scopes = [...new Set(scopesIn(query.get("scope") ?? undefined))]
  const problem = problemOfScopes(app, scopes)
  if (problem !== undefined) return problem
  const method = query.get("code_challenge_method") ?? "plain"
  if (method !== "S256" && method !== "plain") return { kind: "challenge method", value: method }
  return {
    app,
    redirectUri,
    state: query.get("state") ?? undefined,
    scopes,
    codeChallenge: query.get("code_challenge") ?? undefined,
    codeChallengeMethod: method,
  }
}

/** How many people are found where the seed has none, and in how many meetings they are looked for. */
const mostFound = 5
const meetingsLookedAt = 50

/**
 * Returns the people to choose from: the users of the seed in the tenants of the app; or, where the seed has none, a few of those who take
 * part in the meetings of its first tenant, hosts first.
 */
export const people = ({ store }: State, app: App): ReadonlyArray<PersonNow> => {
  const given = store.people()
  if (given.length > 0) return given.filter(({ tenant_key: tenant }) => app.tenants.includes(tenant))
  const [tenant] = app.tenants
  const found = new Map<string, PersonNow>()
  const add = (openId: string | undefined) => {
    if (openId !== undefined && found.size < mostFound) found.set(openId, People.madeUp(openId, tenant))
  }
  const { meetings } = store.search({ offset: 0, limit: meetingsLookedAt })
  const own = meetings.filter(({ tenant_key }) => tenant_key === tenant)
  const attendances = own.map((meeting) => Attendance.of(store.given(meeting)))
  const isPerson = ({ user }: Pick<Attendance.Person, "user">) => !Attendance.isDevice(user.user_type)
  for (const { host } of attendances) if (host !== undefined && isPerson({ user: host })) add(host.open_id)
  for (const { people } of attendances) {
    for (const person of people) {
      if (isPerson(person) && !person.isExternal && person.stays.length > 0) add(person.user.open_id)
    }
  }
  for (let index = 0; found.size < 3; index++) {
    add(`ou_${Attendance.digestOf(`person/${tenant}/${index}`).slice(0, 32)}`)
  }
  return [...found.values()]
}

/** What a user decides: the scopes that they grant, or nothing. */
export type Decision =
  | { readonly allow: true; readonly user: string; readonly scopes: ReadonlyArray<string> }
  | { readonly allow: false }

/** Returns what a user grants: of the scopes that were asked for, those that they did not refuse. */
const grantOf = (
  { store }: State,
  { app, scopes }: Pick<Request, "app" | "scopes">,
  decision: Extract<Decision, { readonly allow: true }>,
): Grant => ({
  appId: app.app_id,
  tenant: store.person(decision.user, app.tenants[0]).tenant_key,
  user: decision.user,
  scopes: scopes.filter((scope) => decision.scopes.includes(scope)),
})

/** Decides about a request. Returns the URL to redirect to, with a code or with `error=access_denied`, and the state (documented). */
export const decide = (state: State, request: Request, decision: Decision): string => {
  const { codeChallenge, codeChallengeMethod, redirectUri } = request
  const given = request.state === undefined ? {} : { state: request.state }
  if (!decision.allow) return withQuery(redirectUri, { error: "access_denied", ...given })
  const code = state.tokens.mintCode(
    { ...grantOf(state, request, decision), redirectUri, codeChallenge, codeChallengeMethod },
    state.clock.now(),
  )
  return withQuery(redirectUri, { code, ...given })
}

/** Adds fields to the query of a URL, which keeps its fragment (documented), and is otherwise not changed. */
const withQuery = (url: string, fields: Readonly<Record<string, string>>): string => {
  const [, before = "", fragment = ""] = /^([^#]*)(#.*)?$/s.exec(url) ?? []
  return `${before}${before.includes("?") ? "&" : "?"}${new URLSearchParams(fields).toString()}${fragment}`
}

/** The path of the page on which a user enters the code that a device shows (inferred: the address is in Feishu's answer). */
export const devicePath = "/oauth/v1/device"

/** The authorization of a device that waits for a user, and its app. */
export interface WaitingDevice extends Pick<Device, "userCode" | "scopes" | "expiresAt"> {
  readonly app: App
}

/** Returns the authorizations of devices that wait in a workspace, the oldest first. */
export const waitingDevices = ({ clock, store, tokens }: State): ReadonlyArray<WaitingDevice> =>
  tokens.pendingDevices(clock.now()).flatMap(({ appId, expiresAt, scopes, userCode }) => {
    const app = store.app(appId)
    return app === undefined ? [] : [{ app, expiresAt, scopes, userCode }]
  })

/** Returns a user code as it is kept: people write it in lower case, without the dash or with spaces. */
const userCodeOf = (written: string): string => {
  const letters = written.toUpperCase().replaceAll(/[^A-Z]/g, "")
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

/** Finds the device of a user code that waits, in any workspace; `undefined` when there is none, it was decided, or its time is over. */
export const findDevice = (
  workspaces: Pick<Workspaces, "all">,
  userCode: string,
): { readonly workspace: Workspace; readonly device: WaitingDevice } | undefined => {
  const wanted = userCodeOf(userCode)
  for (const workspace of workspaces.all()) {
    const device = waitingDevices(workspace.state).find((waiting) => waiting.userCode === wanted)
    if (device !== undefined) return { workspace, device }
  }
  return undefined
}

/** The authorization of a device, whatever became of it. */
export interface KnownDevice extends WaitingDevice {
  readonly state: Device["state"] | "expired"
  /** What a user has granted to it, and who. */
  readonly granted?: { readonly person: PersonNow; readonly scopes: ReadonlyArray<string> }
}

/** Finds the device of a user code in any workspace, also one that was decided, or whose time is over. */
export const knownDevice = (
  workspaces: Pick<Workspaces, "all">,
  userCode: string,
): { readonly workspace: Workspace; readonly device: KnownDevice } | undefined => {
  const wanted = userCodeOf(userCode)
  for (const workspace of workspaces.all()) {
    const { clock, store, tokens } = workspace.state
    const known = tokens.device(wanted)
    const app = known && store.app(known.appId)
    if (known === undefined || app === undefined) continue
    const { expiresAt, grant, scopes, state } = known
    const device = {
      app,
      userCode: wanted,
      scopes,
      expiresAt,
      state: state === "pending" && clock.now() >= expiresAt ? ("expired" as const) : state,
      ...(grant?.user === undefined
        ? {}
        : { granted: { person: store.person(grant.user, grant.tenant), scopes: grant.scopes } }),
    }
    return { workspace, device }
  }
  return undefined
}

/** Decides about a device. Returns false when it does not wait any more. */
export const decideDevice = (state: State, device: WaitingDevice, decision: Decision): boolean =>
  state.tokens.decideDevice(
    device.userCode,
    decision.allow ? grantOf(state, device, decision) : undefined,
    state.clock.now(),
  )

/** A login, and whose it is. */
export interface LoginOf extends LoginNow {
  readonly person: PersonNow
}

/** Returns what users have granted to apps, and whose it is. */
export const logins = ({ clock, store, tokens }: State): ReadonlyArray<LoginOf> =>
  tokens.logins(clock.now()).map((login) => ({ ...login, person: store.person(login.user, login.tenant) }))

/** Revokes what a user has granted to an app, and all tokens for it. Returns the number of tokens that were valid. */
export const revoke = (
  { clock, tokens }: State,
  login: { readonly appId: string; readonly user: string },
): number => tokens.revokeLogin(login, clock.now())

/** Where a user completes the check of a policy (made up). */
export const challengeUrl = "https://accounts.feishu.cn/security/challenge"

/** Returns the code with which a grant gets no tokens now: the app or the user may not be in the state for it. */
export const refusalOf =
  ({ store }: State) =>
  ({ appId, tenant, user }: Grant): number | undefined => {
    const app = store.app(appId)
    if (app === undefined) return 20048
    if (app.enabled === false) return 20069
    if (!app.tenants.includes(tenant)) return 20009
    if (user === undefined) return undefined
    const { policy, status } = store.person(user, tenant)
    if (status === "deleted") return 20008
    if (status !== "active") return 20066
    if (app.availability?.includes(user) === false) return 20010
    return policy === undefined ? undefined : codeOfPolicy[policy]
  }

/** The codes of the policies of a tenant (sdk). */
export const codeOfPolicy = { challenge: 21000, blocked: 21001 } as const
