/**
 * The one error of this package: a `FeishuError` with a tagged `reason`.
 *
 * Every message says what happened, where, and what to do, and ends with the log id that Feishu's support asks
 * for. To show these separately, take `meaning` and `remedy` of the reason. No reason contains the request, a
 * response body or a cause: those contain tokens and app secrets.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { AccessToken, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const credentials = AccessToken.selfBuiltApp({
 *   appId: "cli_mistyped",
 *   appSecret: Secret.appSecret("secret"),
 * })
 *
 * const program = Meetings.Meetings.use((meetings) =>
 *   meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } }),
 * ).pipe(
 *   Effect.catchReason("FeishuError", "AuthenticationFailed", (reason) => Console.error(reason.message)),
 *   Effect.provide(Meetings.layer({ credentials, baseUrl: process.env.FEISHU_BASE_URL })),
 *   Effect.provide(NodeHttp.layer()),
 * )
 *
 * await Effect.runPromise(program)
 * // => app cli_mistyped: the token endpoint does not know the app id…
 * ```
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { scopeCodes } from "@effect-feishu/contract/ErrorCode"
import * as ErrorCodes from "@effect-feishu/contract/ErrorCodes"
import { Cursor } from "./Cursor.ts"
import { shortened } from "./internal/shortened.ts"
import * as Sentence from "./Sentence.ts"

/** Feishu's answer: its code, the HTTP status, its text and its log id, as far as there were any. */
const answer = {
  /** Feishu's code; absent where the answer was not Feishu's JSON. */
  code: Schema.optional(Schema.Int),
  /** The HTTP status. */
  status: Schema.Int,
  /** Feishu's `msg`, for showing only: it is multilingual and changes. */
  msg: Schema.optional(Schema.String),
  /** The id that Feishu's support asks for. */
  logId: Schema.optional(Schema.String),
  /** The path of the endpoint, with its parameters as in Feishu's documents: a code can mean different things on two of them. */
  endpoint: Schema.optional(Schema.String),
}

const answered = (reason: {
  readonly code?: number | undefined
  readonly status: number
  readonly msg?: string | undefined
}): string =>
  [
    ...(reason.code === undefined ? [] : [`code ${reason.code}`]),
    `HTTP ${reason.status}`,
    ...(reason.msg ? [`"${reason.msg}"`] : []),
  ].join(", ")

/** Returns the end of a list that is too long for a message. */
const andMore = (more: number | undefined): string => (more === undefined ? "" : `, and ${more} more`)

/** The message of a reason: what happened, and what to do. */
const inFull = (reason: { readonly meaning: string; readonly remedy: string }): string =>
  `${reason.meaning}. ${reason.remedy}`

const known = (reason: { readonly code?: number | undefined; readonly endpoint?: string | undefined }) =>
  reason.code === undefined ? undefined : ErrorCodes.find(reason.code, reason.endpoint)

/** The input is wrong; nothing was sent. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  /** The input that is wrong, such as `range` or `baseUrl`. */
  field: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
  /** Problem and remedy as data; absent where a program has given its own text. */
  sentences: Schema.optional(
    Schema.Struct({
      problem: Schema.optional(Sentence.Field),
      remedy: Schema.optional(Sentence.Field),
    }),
  ),
}) {
  readonly retry = "final"
  /** What happened, as a clause; every reason has it, and a `remedy`. */
  get meaning() {
    return `${this.field}: ${this.problem}. Nothing was sent`
  }
  override get message() {
    return inFull(this)
  }
}

/** Why a cursor cannot be used. */
export const CursorProblem = Schema.Literals([
  "damaged",
  "other version",
  "other base URL",
  "other tenant",
  "other account",
])

/** The cursor cannot be used here; nothing was sent. */
export class CursorUnusable extends Schema.TaggedError<CursorUnusable>()("CursorUnusable", {
  problem: CursorProblem,
  /** The base URL of the cursor, its tenant key or the `open_id` of its account if one was named, if that is the problem. */
  ofCursor: Schema.optional(Schema.String),
  /** The same for the read that was given the cursor. */
  ofRead: Schema.optional(Schema.String),
}) {
  readonly retry = "final"
  get meaning() {
    return `the cursor ${this.#what()}. Nothing was sent`
  }
  #what(): string {
    const tenant = (key: string | undefined) => (key === undefined ? "no named tenant" : `tenant ${key}`)
    const account = (openId: string | undefined) =>
      openId === undefined ? "a token that names no account" : `the token of ${openId}`
    switch (this.problem) {
      case "damaged":
        return "is damaged"
      case "other version":
        return "was made by another version of effect-feishu"
      case "other base URL":
        return `is of ${this.ofCursor}, but this client reads ${this.ofRead}`
      case "other tenant":
        return `is of ${tenant(this.ofCursor)}, but this read is for ${tenant(this.ofRead)}`
      case "other account":
        return `was made with ${account(this.ofCursor)}, but this read is with ${account(this.ofRead)}`
    }
  }
  get remedy() {
    switch (this.problem) {
      case "damaged":
        return "Give the cursor as it was printed, whole and in one line, or start again without it."
      case "other version":
        return "Go on with the version that made it, or start again without it."
      case "other base URL":
        return "Use the base URL that the cursor came from."
      case "other tenant":
        return "Provide AccessToken.CurrentTenant as it was when the cursor was made."
      case "other account":
        return "Read on as the account that the cursor was made with: another one may see other meetings."
    }
  }
  override get message() {
    return inFull(this)
  }
}

const slow = "Try again later; Feishu or a proxy on the way is slow."

/** The facts of a failure that its remedy depends on. */
interface Failure {
  readonly systemCode?: string | undefined
  readonly proxySetting?: string | undefined
}

interface FaultFacts {
  readonly retry: ErrorCodes.RetryClass
  /** True when the request may still have reached Feishu, and so may count for its rate limit. */
  readonly arrived: boolean
  readonly remedy: string | ((failure: Failure) => string)
}

/** The name of what sets the proxy; if it is not known, the one that does so most often. */
const settingOf = ({ proxySetting = "HTTPS_PROXY" }: Failure): string => proxySetting

const trustAuthority =
  "If a proxy inspects TLS, or this is a private deployment, trust the certificate of its authority: with the option ca, or NODE_EXTRA_CA_CERTS. Otherwise somebody may be intercepting the connection."

const transportFaults = {
  "connection refused": {
    retry: "transient",
    arrived: false,
    remedy: "Check the base URL and that the server is running.",
  },
  "host not found": {
    retry: "transient",
    arrived: false,
    remedy: "Check the base URL and the DNS of this machine.",
  },
  "connect timeout": {
    retry: "transient",
    arrived: false,
    remedy: "Check the network, the firewall and the proxy between here and Feishu.",
  },
  "connection failed": {
    retry: "transient",
    arrived: false,
    remedy: ({ systemCode }) =>
      systemCode === "EMFILE" || systemCode === "ENFILE"
        ? "Too many files and connections are open: open fewer at a time, or raise the limit (ulimit -n)."
        : "Check the network, the VPN and the firewall of this machine.",
  },
  "no TLS at this port": {
    retry: "final",
    arrived: false,
    remedy: "Check the port in the base URL; for a mock on this machine, write http:// instead of https://.",
  },
  "TLS required": {
    retry: "final",
    arrived: false,
    remedy: "Write https:// instead of http:// in the base URL.",
  },
  "TLS handshake broken": {
    retry: "transient",
    arrived: false,
    remedy:
      "Try again; if it persists, a firewall or proxy on the way does not let TLS through to this host.",
  },
  "TLS refused": {
    retry: "final",
    arrived: false,
    remedy: ({ systemCode = "" }) =>
      systemCode.includes("UNRECOGNIZED_NAME")
        ? "Check the base URL: the server does not know this host name."
        : "Check the base URL, and that the server accepts TLS 1.2 or newer without a client certificate.",
  },
  "client certificate required": {
    retry: "final",
    arrived: false,
    remedy:
      "This client has no certificate of its own: ask the operator of the server for an address that needs none.",
  },
  "certificate refused": {
    retry: "final",
    arrived: false,
    remedy: ({ systemCode }) => {
      switch (systemCode) {
        case "CERT_HAS_EXPIRED":
        case "CERT_NOT_YET_VALID":
          return "Check the clock of this machine; if it is right, the operator of the host has to renew the certificate."
        case "ERR_TLS_CERT_ALTNAME_INVALID":
        case "HOSTNAME_MISMATCH":
          return "Check the base URL: the certificate is for another host."
        default:
          return trustAuthority
      }
    },
  },
  "proxy not reached": {
    retry: "transient",
    arrived: false,
    remedy: (failure) => `Check the address in ${settingOf(failure)}, and that the proxy is running.`,
  },
  "proxy refused": {
    retry: "final",
    arrived: false,
    remedy: (failure) =>
      failure.systemCode === "HTTP 407"
        ? `Check the user and password in ${settingOf(failure)}, or list the host in NO_PROXY.`
        : `Check that ${settingOf(failure)} names a proxy that lets this host through, or list the host in NO_PROXY.`,
  },
  "proxy failed": {
    retry: "transient",
    arrived: false,
    remedy: (failure) =>
      `Check that the proxy in ${settingOf(failure)} works and can reach this host, or list the host in NO_PROXY.`,
  },
  "proxy certificate refused": {
    retry: "final",
    arrived: false,
    remedy: (failure) =>
      `Check the host name in ${settingOf(failure)}; if it is right, trust the certificate of the proxy's authority: with the option ca, or NODE_EXTRA_CA_CERTS.`,
  },
  "not an HTTP proxy": {
    retry: "final",
    arrived: false,
    remedy: (failure) =>
      `Check ${settingOf(failure)}: name the proxy's HTTP port, not its SOCKS port, with http:// in front; https:// is for a proxy that itself speaks TLS.`,
  },
  "connection broken": {
    retry: "transient",
    arrived: true,
    remedy: "Try again; if it persists, check the proxies and gateways on the way.",
  },
  "no headers in time": { retry: "transient", arrived: true, remedy: slow },
  "no data in time": { retry: "transient", arrived: true, remedy: slow },
  "attempt took too long": {
    retry: "transient",
    arrived: true,
    remedy: "Try again later, or with a smaller page size.",
  },
  // Cloudflare's word, and a limit of its own. A later request of the same invocation is refused, too.
  "too many subrequests": {
    retry: "final",
    arrived: false,
    remedy: "Cloudflare limits the requests of one invocation: go on from the cursor in another one.",
  },
  "request failed": { retry: "transient", arrived: true, remedy: "Check the base URL and the network." },
} as const satisfies Record<string, FaultFacts>

/** Why a request brought no answer. */
export const TransportFault = Schema.Literals(Struct.keys(transportFaults))

/** No answer came: the connection failed, broke off, or took too long. */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  fault: TransportFault,
  /** Host and port of the request. */
  host: Schema.String,
  /** The system's code, such as `ECONNRESET`. */
  systemCode: Schema.optional(Schema.String),
  /** Host and port of the proxy that the request took, if any. */
  proxy: Schema.optional(Schema.String),
  /** The variable of the environment, or the option, that sets the proxy, such as `HTTPS_PROXY` or `httpsProxy`. */
  proxySetting: Schema.optional(Schema.String),
}) {
  get retry(): ErrorCodes.RetryClass {
    return transportFaults[this.fault].retry
  }
  /** True when the request may have reached Feishu, and so may count for its rate limit. */
  get mayHaveArrived(): boolean {
    return transportFaults[this.fault].arrived
  }
  get meaning() {
    const way = this.proxy === undefined ? "" : ` through the proxy ${this.proxy}`
    return `${this.host}${way}: ${this.fault}${this.systemCode ? ` (${this.systemCode})` : ""}`
  }
  get remedy(): string {
    const { remedy }: FaultFacts = transportFaults[this.fault]
    return typeof remedy === "string" ? remedy : remedy(this)
  }
  override get message() {
    return inFull(this)
  }
}

/** Feishu, or something in front of it, failed: a 5xx, a busy code, an HTML page. */
export class ServerFailed extends Schema.TaggedError<ServerFailed>()("ServerFailed", {
  ...answer,
  contentType: Schema.optional(Schema.String),
  /** The first characters of a body that was not JSON, cleaned of control characters. */
  excerpt: Schema.optional(Schema.String),
}) {
  readonly retry = "transient"
  get meaning() {
    const what = known(this)?.meaning ?? "the server failed"
    const body =
      this.excerpt === undefined ? "" : `, ${this.contentType ?? "no content type"}: "${this.excerpt}"`
    return `${what} (${answered(this)}${body})`
  }
  get remedy() {
    return (
      known(this)?.remedy ??
      "Try again later; check that the base URL is Feishu's and no proxy answers in its place."
    )
  }
  override get message() {
    return inFull(this)
  }
}

/** The rate limit refused the request. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...answer,
  /** Seconds until the limit's window resets, by the answer; one window if the answer does not say. */
  retryAfterSeconds: Schema.Finite,
  /** The longest wait in seconds that the client permits; set when `retryAfterSeconds` is longer. */
  longestWaitSeconds: Schema.optional(Schema.Finite),
}) {
  get retry(): ErrorCodes.RetryClass {
    return this.longestWaitSeconds === undefined ? "rateLimited" : "final"
  }
  get meaning() {
    const tooLong =
      this.longestWaitSeconds === undefined ? "" : `, over the longest wait of ${this.longestWaitSeconds} s`
    return `the rate limit refused the request (${answered(this)}); it resets in ${this.retryAfterSeconds} s${tooLong}`
  }
  get remedy() {
    return "Try again then; if other programs use the same app, have them share one client or send fewer requests."
  }
  override get message() {
    return inFull(this)
  }
}

/** The tenant's API calls of this month are used up (code 99991403): waiting minutes does not help. */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>()("QuotaExceeded", answer) {
  readonly retry = "final"
  get meaning() {
    return `${known(this)?.meaning ?? "the monthly quota is used up"} (${answered(this)})`
  }
  get remedy() {
    return known(this)?.remedy ?? "Wait for the first of next month."
  }
  override get message() {
    return inFull(this)
  }
}

const completeChallenge = (url: string): string =>
  `Have the user open ${url} and do what it asks for; then try again.`

/** No valid access token: wrong credentials, or a token that was refused and could not be replaced. */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>()("AuthenticationFailed", {
  ...answer,
  /** The app that the token belongs to, if it is known. */
  appId: Schema.optional(Schema.String),
  /** The account of the user whose token it is, if it is known: the name, and the `open_id` in the app. */
  account: Schema.optional(Schema.String),
  /** Where the user has to do what a policy of the tenant asks for, before the token is accepted (code 21000, sdk). */
  challengeUrl: Schema.optional(Schema.String),
}) {
  get retry(): ErrorCodes.RetryClass {
    return known(this)?.retry ?? "final"
  }
  /** The same error, of a known app, and of a known account. */
  ofApp(appId: string, account = this.account): AuthenticationFailed {
    const { challengeUrl, code, endpoint, logId, msg, status } = this
    return new AuthenticationFailed({ status, code, msg, logId, endpoint, appId, account, challengeUrl })
  }
  get meaning() {
    const account = this.account === undefined ? "" : `${shortened(this.account, 200)}, `
    const app = this.appId === undefined ? "" : `${account}app ${shortened(this.appId, 80)}: `
    return `${app}${known(this)?.meaning ?? "the token endpoint refused the credentials"} (${answered(this)})`
  }
  get remedy() {
    const code = known(this)
    if (this.challengeUrl !== undefined) return completeChallenge(this.challengeUrl)
    return (
      (this.appId === undefined ? undefined : code?.remedyOfApp) ??
      code?.remedy ??
      "Check app id and app secret."
    )
  }
  override get message() {
    return inFull(this)
  }
}

/** No valid ticket of a store app arrived, although one was requested from Feishu. */
export class AppTicketMissing extends Schema.TaggedError<AppTicketMissing>()("AppTicketMissing", {
  appId: Schema.String,
  /** Seconds that the client waited for a ticket. */
  waitedSeconds: Schema.Finite,
}) {
  readonly retry = "final"
  get meaning() {
    return `app ${shortened(this.appId, 80)}: no new app ticket arrived within ${this.waitedSeconds} s, although one was requested from Feishu`
  }
  get remedy() {
    return "Check that the app's event address is reached by Feishu, and that the application hands every app_ticket event to AppTicket.push."
  }
  override get message() {
    return inFull(this)
  }
}

/** What Feishu answered, as far as it did. */
const refusal = {
  /** Feishu's code. */
  code: Schema.optional(Schema.Int),
  /** The HTTP status. */
  status: Schema.optional(Schema.Int),
  /** Feishu's text, for showing only. */
  msg: Schema.optional(Schema.String),
  /** The id that Feishu's support asks for. */
  logId: Schema.optional(Schema.String),
  /** The path of the endpoint. */
  endpoint: Schema.optional(Schema.String),
}

const refused = ({
  code,
  msg,
  status,
}: {
  code?: number | undefined
  status?: number | undefined
  msg?: string | undefined
}) => (status === undefined ? "" : ` (${answered({ code, status, msg })})`)

const signInAgain = {
  "not signed in": "nobody has signed in",
  "other account": "another account has signed in since this client has begun to read",
  "other app": "the login is of another app",
  "other base URL": "the login is of another base URL",
  "no refresh token": "the access token has ended, and there is no refresh token",
  expired: "the refresh token has expired",
  "a year": "365 days have passed since the user signed in",
  "used or revoked": "the refresh token was revoked, or another program has used it",
  "answer lost":
    "the refresh token was used, and the answer with the next one was lost on its way, or with a process that ended before it was stored",
  "not known": "Feishu does not know the refresh token",
} as const

/** Why a user has to sign in: nobody has, the login is of somebody or something else, or it has ended for good. */
export const SignInWhy = Schema.Literals(Struct.keys(signInAgain))

/** There is no login of a user, or it has ended and cannot be repaired: the user has to sign in. What is stored stays as it is. */
export class SignInRequired extends Schema.TaggedError<SignInRequired>()("SignInRequired", {
  ...refusal,
  why: SignInWhy,
  /** The app that the user signs in to. */
  appId: Schema.String,
  /** The account that has to sign in again, if one had: its name, and its `open_id` in the app. */
  account: Schema.optional(Schema.String),
  /** What the login is of, where that is not what this client reads: an account, an app or a base URL. */
  ofLogin: Schema.optional(Schema.String),
}) {
  readonly retry = "final"
  get meaning() {
    const who = this.account === undefined ? "" : `${shortened(this.account, 200)}, `
    const other = this.ofLogin === undefined ? "" : `: ${shortened(this.ofLogin, 300)}`
    return `${who}app ${shortened(this.appId, 80)}: ${signInAgain[this.why]}${other}${refused(this)}`
  }
  get remedy(): string {
    switch (this.why) {
      case "not signed in":
        return "Sign in."
      case "other account":
        return "Start again to read as the account that has signed in now, or sign in as the former one."
      case "other app":
      case "other base URL":
        return "Use the app and the base URL of the login, or sign in with these."
      case "no refresh token":
        return "Sign in again, and grant offline_access: with it, a login lasts up to 365 days."
      default:
        return this.account === undefined
          ? "Sign in again."
          : `${shortened(this.account, 200)} has to sign in again.`
    }
  }
  override get message() {
    return inFull(this)
  }
}

const signInFailures = {
  "access denied": {
    meaning: "the user refused",
    remedy: "Sign in again, and allow the app what it asks for.",
  },
  "too late": {
    meaning: "nobody allowed it in time",
    remedy: "Begin again, and open the address while the code is good.",
  },
  "device flow unknown": {
    meaning: "the server knows no device authorization",
    remedy: "Sign in by the authorization page of a browser: SignIn.authorizeUrl.",
  },
  "code refused": {
    meaning: "the authorization code is refused",
    remedy: "Begin again: a code is good once and for five minutes.",
  },
  refused: {
    meaning: "Feishu refused it",
    remedy: "Check app id and app secret, and the app's scopes and redirect URLs in the developer console.",
  },
} as const

/** Why signing in did not succeed. */
export const SignInFailure = Schema.Literals(Struct.keys(signInFailures))

/** A user did not sign in: refused, came too late, or Feishu did not accept it. Nothing that was stored has changed. */
export class SignInFailed extends Schema.TaggedError<SignInFailed>()("SignInFailed", {
  ...refusal,
  failure: SignInFailure,
  appId: Schema.String,
  /** Where the user has to do what a policy of the tenant asks for first (code 21000, sdk). */
  challengeUrl: Schema.optional(Schema.String),
}) {
  readonly retry = "final"
  get meaning() {
    const what = ErrorCodes.find(this.code ?? 0)?.meaning ?? signInFailures[this.failure].meaning
    return `signing in to app ${shortened(this.appId, 80)}: ${what}${refused(this)}`
  }
  get remedy(): string {
    if (this.challengeUrl !== undefined) return completeChallenge(this.challengeUrl)
    const { remedy } = ErrorCodes.find(this.code ?? 0) ?? signInFailures[this.failure]
    // There is none yet.
    return remedy.replace(/[;.] the login (?:itself )?is kept\./i, ".")
  }
  override get message() {
    return inFull(this)
  }
}

/** The store of a login could not be read, locked or written. What it holds stays as it is. */
export class LoginStoreFailed extends Schema.TaggedError<LoginStoreFailed>()("LoginStoreFailed", {
  /** The place of the store, such as the path of a file. */
  place: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
  /** Problem and remedy as data; absent where a program has given its own text. */
  sentences: Schema.optional(
    Schema.Struct({
      problem: Schema.optional(Sentence.Field),
      remedy: Schema.optional(Sentence.Field),
    }),
  ),
}) {
  readonly retry = "final"
  get meaning() {
    return `${this.place}: ${this.problem}`
  }
  override get message() {
    return inFull(this)
  }
}

/** A scope is missing, or the app may not read this. */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", {
  ...answer,
  /** The scopes that Feishu names, any one of which is enough: the first ten; may be empty. */
  scopes: Schema.Array(Schema.String),
  /** How many more scopes Feishu named. */
  moreScopes: Schema.optional(Schema.Int),
}) {
  readonly retry = "final"
  get meaning() {
    const scopes =
      this.scopes.length === 0
        ? ""
        : `; any one of these scopes would do: ${this.scopes.join(", ")}${andMore(this.moreScopes)}`
    return `${known(this)?.meaning ?? "permission denied"} (${answered(this)})${scopes}`
  }
  get remedy() {
    // A field may require a scope of its own, which is not among those of its endpoint. A long list is in the meaning alone.
    const isShort = this.scopes.length > 0 && this.scopes.length <= 3
    const named = isShort ? scopeCodes(this.scopes) : []
    const entry = named.find(({ code }) => code === this.code) ?? known(this)
    return entry?.remedy ?? "Ask the tenant's administrator to let the app read meetings."
  }
  override get message() {
    return inFull(this)
  }
}

/** Feishu refused the request, and would refuse it again. */
export class RequestRefused extends Schema.TaggedError<RequestRefused>()("RequestRefused", {
  ...answer,
  /** The fields that Feishu names, with its descriptions: the first ten. */
  violations: Schema.Array(Schema.Struct({ field: Schema.String, description: Schema.String })),
  /** How many more fields Feishu named. */
  moreViolations: Schema.optional(Schema.Int),
  /** Further facts in addition to Feishu's code, such as the beginning of an answer that is not Feishu's. */
  detail: Schema.optional(Schema.String),
  /** The detail as data. */
  sentences: Schema.optional(Schema.Struct({ detail: Sentence.Field })),
  /** The time at which the server answered, by its own clock, in unix seconds: its header `Date`. */
  answeredAt: Schema.optional(Schema.Finite),
}) {
  readonly retry = "final"
  get meaning() {
    const fields = this.violations
      .map((violation) => `${violation.field}: ${violation.description}`)
      .join("; ")
    const what = this.detail ?? known(this)?.meaning ?? "Feishu refused the request"
    return `${what} (${answered(this)}${fields ? `; ${fields}${andMore(this.moreViolations)}` : ""})`
  }
  get remedy() {
    return known(this)?.remedy ?? "Check the base URL and the request; quote the log id to Feishu's support."
  }
  override get message() {
    return inFull(this)
  }
}

/**
 * The server redirects: it is not Feishu, or not Feishu's API, and would do so for every request. No redirect is
 * followed: the token is for the base URL only.
 */
export class Redirected extends Schema.TaggedError<Redirected>()("Redirected", {
  /** The HTTP status. */
  status: Schema.Int,
  logId: Schema.optional(Schema.String),
  /** Scheme, host and port of the request, such as `http://open.feishu.cn`. */
  from: Schema.String,
  /** The same for the target, without the path, which may contain secrets; absent if the answer names no target. */
  to: Schema.optional(Schema.String),
}) {
  readonly retry = "final"
  /** True when the redirect only asks for https instead of http. */
  get isToHttps(): boolean {
    return (
      this.to?.startsWith("https:") === true &&
      this.from.startsWith("http:") &&
      URL.canParse(this.to) &&
      new URL(this.to).hostname === new URL(this.from).hostname
    )
  }
  get meaning() {
    if (this.to === undefined) return `the server redirects, and does not say where to (HTTP ${this.status})`
    const where =
      this.to === this.from
        ? "another path of its own"
        : this.isToHttps
          ? this.to
          : this.to.replace(/^https?:\/\//, "")
    return `the server redirects to ${where}, which was not followed: the token is for the base URL only (HTTP ${this.status})`
  }
  get remedy() {
    return this.isToHttps
      ? `Use https in the base URL: ${this.to}.`
      : "Check that the base URL is Feishu's API, such as https://open.feishu.cn; a network that requires people to sign in first also answers like this."
  }
  override get message() {
    return inFull(this)
  }
}

/** Feishu refused a range that starts more than 90 days ago (code 121003; that this is the reason is inferred). */
export class RangeTooOld extends Schema.TaggedError<RangeTooOld>()("RangeTooOld", {
  ...answer,
  /** The start of the refused range, in unix seconds. */
  startSeconds: Schema.Finite,
  /** A start that can be read for the next hour, in unix seconds. */
  earliestStartSeconds: Schema.Finite,
  /** The same as ISO text in UTC. */
  earliestStart: Schema.String,
}) {
  readonly retry = "final"
  get meaning() {
    return `Feishu refused a range that starts more than 90 days ago (${answered(this)}): it probably keeps only the last 90 days readable`
  }
  get remedy() {
    return `Start at ${this.earliestStart} or later.`
  }
  override get message() {
    return inFull(this)
  }
}

/** The answer does not match Feishu's documentation; reading on could lose rows. */
export class ContractViolation extends Schema.TaggedError<ContractViolation>()("ContractViolation", {
  problem: Schema.String,
  /** The problem as data. */
  sentences: Schema.optional(Schema.Struct({ problem: Sentence.Field })),
  status: Schema.Int,
  logId: Schema.optional(Schema.String),
  /** True when the answer may only have been cut short, or come from a gateway, so that a retry may help. */
  cutShort: Schema.Boolean,
}) {
  get retry(): ErrorCodes.RetryClass {
    return this.cutShort ? "transient" : "final"
  }
  get meaning() {
    return `the answer does not match Feishu's documentation: ${this.problem} (HTTP ${this.status})`
  }
  get remedy() {
    return "Check that the base URL is Feishu's; if it is, report this with the log id."
  }
  override get message() {
    return inFull(this)
  }
}

/** The possible faults of page tokens. */
export const PaginationFault = Schema.Literals([
  "more pages are announced, but there is no page token",
  "the page token is the same as before",
  "the page tokens go in a circle",
  "too many pages in a row without a new row",
])

/** The page tokens do not lead to a next page: reading on would loop or lose rows. */
export class PaginationBroken extends Schema.TaggedError<PaginationBroken>()("PaginationBroken", {
  fault: PaginationFault,
  logId: Schema.optional(Schema.String),
}) {
  readonly retry = "final"
  get meaning(): string {
    return this.fault
  }
  get remedy() {
    return "The rows so far are right, the rest was not read. Go on from the cursor later; if it persists, report it with the log id."
  }
  override get message() {
    return inFull(this)
  }
}

/** The Schema of all reasons. */
export const Reason = Schema.Union([
  InvalidRequest,
  CursorUnusable,
  TransportFailed,
  ServerFailed,
  RateLimited,
  QuotaExceeded,
  AuthenticationFailed,
  AppTicketMissing,
  SignInRequired,
  SignInFailed,
  LoginStoreFailed,
  PermissionDenied,
  RequestRefused,
  Redirected,
  RangeTooOld,
  ContractViolation,
  PaginationBroken,
])
/** The reason of a `FeishuError`: one of these classes, which its `_tag` names. */
export type Reason = typeof Reason.Type

/** The error of every call. `reason` says what happened; `cursor`, if there is one, is where to go on. */
export class FeishuError extends Schema.TaggedError<FeishuError>()("FeishuError", {
  reason: Reason,
  /** The call that failed, such as `GET /open-apis/vc/v1/meetings/list_by_no`. */
  operation: Schema.optional(Schema.String),
  /** The path of the request, without query, if it differs from that of the operation because the base URL has one. */
  path: Schema.optional(Schema.String),
  /** The meeting number and window that were read, in words. */
  position: Schema.optional(Schema.String),
  /** The position as data. */
  sentences: Schema.optional(Schema.Struct({ position: Sentence.Field })),
  /** How many requests were sent for the call before it was given up. Set once retrying is over. */
  requests: Schema.optional(Schema.Int),
  /** True when the call was not retried because too many requests failed at the time: see `Retry.RetryBudget`. */
  retryBudgetSpent: Schema.optional(Schema.Boolean),
  /** Seconds until a request is sent again; set when nothing was sent because the same call had just failed. */
  leftAloneSeconds: Schema.optional(Schema.Finite),
  /** The position after the last page that was emitted: reading on from here loses nothing. */
  cursor: Schema.optional(Cursor),
}) {
  /** Feishu's code, if it answered with one. */
  get code(): number | undefined {
    return "code" in this.reason ? this.reason.code : undefined
  }
  /** The id that Feishu's support asks for. */
  get logId(): string | undefined {
    return "logId" in this.reason ? this.reason.logId : undefined
  }
  /** True when the same call may succeed later. */
  get isRetryable(): boolean {
    const { _tag, retry } = this.reason
    return retry === "transient" || retry === "notReady" || _tag === "RateLimited"
  }
  /** How long to wait before a retry, if it is known. */
  get retryAfter(): Duration.Duration | undefined {
    if (this.leftAloneSeconds !== undefined) return Duration.seconds(this.leftAloneSeconds)
    return this.reason._tag === "RateLimited" ? Duration.seconds(this.reason.retryAfterSeconds) : undefined
  }
  /** The call as it was made, to be shown: the operation, with the path of the request. */
  get asked(): string | undefined {
    return this.path === undefined ? this.operation : this.operation?.replace(/ .*/, ` ${this.path}`)
  }
  override get message() {
    const where = [this.asked, this.position].filter((part) => part !== undefined).join(", ")
    return [
      where === "" ? this.reason.message : `${where}: ${this.reason.message}`,
      ...(this.requests !== undefined && this.requests > 1
        ? [`Given up after ${this.requests} requests.`]
        : []),
      ...(this.retryBudgetSpent === true
        ? ["Not tried again: too many requests fail at the moment, and more would make it worse."]
        : []),
      ...(this.leftAloneSeconds === undefined
        ? []
        : [`The same call has just failed, so nothing is sent for ${this.leftAloneSeconds} s.`]),
      ...(this.logId === undefined ? [] : [`Log id: ${this.logId}`]),
    ].join(" ")
  }

  /** The same error with more facts about where it happened. */
  with(
    known: Partial<
      Pick<
        FeishuError,
        | "reason"
        | "operation"
        | "path"
        | "position"
        | "sentences"
        | "requests"
        | "retryBudgetSpent"
        | "leftAloneSeconds"
        | "cursor"
      >
    >,
  ): FeishuError {
    return new FeishuError({
      reason: this.reason,
      operation: this.operation,
      path: this.path,
      position: this.position,
      sentences: this.sentences,
      requests: this.requests,
      retryBudgetSpent: this.retryBudgetSpent,
      leftAloneSeconds: this.leftAloneSeconds,
      cursor: this.cursor,
      ...known,
    })
  }
}

const mostOfProblem = 2_000

/**
 * Makes the error of wrong input. Problem and remedy are sentences of this package, or texts of the program's own; the
 * message repeats at most 2,000 characters of them.
 */
export const invalidRequest = (
  field: string,
  problem: Sentence.Given,
  remedy: Sentence.Given,
): FeishuError => {
  return new FeishuError({
    reason: new InvalidRequest({ field: shortened(field, 1_000), ...toldBy(problem, remedy) }),
  })
}

/** Makes the error of a store of a login, like `invalidRequest`. */
export const loginStoreFailed = (
  place: string,
  problem: Sentence.Given,
  remedy: Sentence.Given,
): FeishuError =>
  new FeishuError({
    reason: new LoginStoreFailed({ place: shortened(place, 1_000), ...toldBy(problem, remedy) }),
  })

/** Returns problem and remedy as texts, and as data where they are sentences of this package. */
const toldBy = (problem: Sentence.Given, remedy: Sentence.Given) => {
  const sentences = {
    problem: Sentence.sentenceOf(problem, mostOfProblem),
    remedy: Sentence.sentenceOf(remedy, 1_000),
  }
  return {
    problem: Sentence.textOf(problem, mostOfProblem),
    remedy: Sentence.textOf(remedy, 1_000),
    ...(sentences.problem === undefined && sentences.remedy === undefined ? {} : { sentences }),
  }
}

/** Makes a `ContractViolation` from a sentence of this package, or a text of the program's own. */
export const contractViolation = (
  problem: Sentence.Given,
  answer: Pick<ContractViolation, "status" | "logId" | "cutShort">,
): ContractViolation =>
  typeof problem === "string"
    ? new ContractViolation({ ...answer, problem })
    : new ContractViolation({ ...answer, problem: Sentence.inEnglish(problem), sentences: { problem } })

/** The position of an error, in words and as data. */
export const positioned = (position: Sentence.Sentence): Pick<FeishuError, "position" | "sentences"> => ({
  position: Sentence.inEnglish(position),
  sentences: { position },
})
