/**
 * Checks the input of a program, and turns it into what core takes. Wrong input is an `InvalidRequest` that says so.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  AccessToken,
  AppTicket,
  type Cursor,
  FeishuError,
  type MeetingId,
  type MeetingNo,
  MeetingNoFromText,
  Meetings,
  Secret,
  type TimeRange,
  type UserTokenStore,
} from "@effect-feishu/core"
import { firstOf } from "@effect-feishu/terminal/Shortened"
import type {
  AppCredentials,
  ClientOptions,
  DetailsRequest,
  From,
  IncrementalOptions,
  LoginStore,
  Moment,
  Settings,
  TimeRange as PlainRange,
  UserCredentials,
} from "../Options.ts"
import * as FetchHttp from "./fetchHttp.ts"
import * as Stores from "./loginStore.ts"
import type { Platform } from "./Platform.ts"

const refuse = (field: string, problem: string, remedy: string) =>
  Effect.fail(FeishuError.invalidRequest(field, problem, remedy))

/**
 * Checks that a value is text: JavaScript programs pass anything, and TypeScript programs a missing
 * `process.env.NAME!`.
 */
export const text = (field: string, value: unknown): Effect.Effect<string, FeishuError.FeishuError> =>
  Predicate.isString(value)
    ? Effect.succeed(value)
    : refuse(
        field,
        value === undefined ? "it is missing" : "it is not text",
        "Check where it comes from, such as the environment.",
      )

/** Returns the services of a client with these options on a platform. */
export const layerOf = (
  options: ClientOptions,
  platform: Platform,
): Layer.Layer<Meetings.Meetings | AppTicket.AppTicket, FeishuError.FeishuError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* checkOptions(options)
      const credentials = yield* credentialsOf(options)
      return Meetings.layer({ ...options, credentials }).pipe(Layer.provide(yield* httpOf(options, platform)))
    }),
  ).pipe(Layer.provideMerge(AppTicket.layer))

/** The options of connections, which a `fetch` opens itself. */
const ofConnections = ["connectTimeout", "httpsProxy", "httpProxy", "noProxy", "ca"] as const

/** Returns the HTTP client of these options on a platform. */
export const httpOf = Effect.fnUntraced(function* (options: Settings, platform: Platform) {
  if (options.fetch === undefined && platform.http !== undefined) return platform.http(options)
  const set = ofConnections.find((name) => options[name] !== undefined)
  if (set !== undefined) {
    return yield* refuse(
      set,
      "fetch opens the connections, and does not take it",
      "Leave it out, or give a fetch that does this itself.",
    )
  }
  if (options.fetch === undefined && !Predicate.isFunction(globalThis.fetch)) {
    return yield* refuse("fetch", "this platform has none", "Give one, such as that of a package.")
  }
  // That of the platform is looked up for each request: tests and tracing replace it.
  return FetchHttp.layer(options.fetch ?? ((url, init) => globalThis.fetch(url, init)))
})

/** Returns an app: its id and its secret. */
export const appOf = Effect.fnUntraced(function* ({
  appId,
  appSecret,
}: {
  readonly appId?: unknown
  readonly appSecret?: unknown
}) {
  return {
    appId: yield* text("appId", appId),
    appSecret: Secret.appSecret(yield* text("appSecret", appSecret)),
  }
})

/** Returns the store of a login as core takes it. */
export const loginOf = (
  login: unknown,
): Effect.Effect<UserTokenStore.UserTokenStore, FeishuError.FeishuError> =>
  Predicate.hasProperty(login, "read") &&
  Predicate.isFunction(login.read) &&
  Predicate.hasProperty(login, "locked") &&
  Predicate.isFunction(login.locked)
    ? Effect.succeed(Stores.fromPlain(login as unknown as LoginStore))
    : refuse(
        "login",
        "it is not a store of a login",
        "Give fileLogin(path), memoryLogin(), or a store of your own.",
      )

const credentialsOf = Effect.fnUntraced(function* (
  options: ClientOptions,
): Effect.fn.Return<
  Effect.Effect<
    AccessToken.AccessToken["Service"],
    FeishuError.FeishuError,
    AccessToken.Requirements | AppTicket.AppTicket
  >,
  FeishuError.FeishuError
> {
  if (options.accessToken !== undefined) {
    const { accessToken, appId, appSecret }: { readonly [field in keyof AppCredentials]?: unknown } = options
    if (appId && appSecret && String(accessToken ?? "").trim() === "") {
      return yield* refuse(
        "accessToken",
        "it is empty, and there are an app id and an app secret",
        "Leave it out: tokens are then fetched and refreshed with those two.",
      )
    }
    return AccessToken.given(Secret.accessToken(yield* text("accessToken", options.accessToken)))
  }
  const app = yield* appOf(options)
  switch (options.kind ?? "self-built app") {
    case "self-built app":
      return AccessToken.selfBuiltApp(app)
    case "store app":
      return AccessToken.storeApp(app)
    case "client credentials":
      return AccessToken.clientCredentials(app)
    case "user": {
      const { login, unansweredRest }: Partial<UserCredentials> = options as UserCredentials
      return AccessToken.user({ ...app, tokens: yield* loginOf(login), unansweredRest })
    }
    default:
      return yield* refuse(
        "kind",
        `unknown kind of credentials "${String(options.kind)}"`,
        "Give self-built app, store app, client credentials or user.",
      )
  }
})

const checkOptions = Effect.fnUntraced(function* (options: ClientOptions) {
  if (!Predicate.isObject(options)) {
    return yield* refuse("options", "they are missing", "Give appId and appSecret, or accessToken.")
  }
  yield* checkSettings(options)
})

/** Checks the settings: JavaScript programs pass anything. */
export const checkSettings = Effect.fnUntraced(function* (options: Settings) {
  const { brand, ca, fetch, onEvent, rateLimit, retryBudget } = options
  if (brand !== undefined && brand !== "feishu" && brand !== "lark") {
    return yield* refuse("brand", `unknown brand "${String(brand)}"`, "Give feishu or lark, or leave it out.")
  }
  if (onEvent !== undefined && !Predicate.isFunction(onEvent)) {
    return yield* refuse(
      "onEvent",
      "it is not a function",
      "Give a function that takes an event, or leave it out.",
    )
  }
  if (fetch !== undefined && !Predicate.isFunction(fetch)) {
    return yield* refuse(
      "fetch",
      "it is not a function",
      "Give a function like the fetch of the platform, or leave it out.",
    )
  }
  for (const name of ["httpsProxy", "httpProxy", "noProxy"] as const) {
    if (options[name] !== undefined) yield* text(name, options[name])
  }
  if (ca !== undefined && !(ca instanceof Uint8Array)) yield* text("ca", ca)
  const initially: unknown = rateLimit?.initially
  if (initially !== undefined && initially !== "free" && initially !== "full" && !isResting(initially)) {
    return yield* refuse(
      "rateLimit.initially",
      "the limit cannot start in this state",
      "Give free, full, or { restingMillis } with a list of milliseconds from 0 on.",
    )
  }
  for (const [operation, windows] of Object.entries(rateLimit?.operations ?? {})) {
    if (areWindows(windows)) continue
    return yield* refuse(
      `rateLimit.operations["${operation}"]`,
      "it is not a list of windows",
      "Give a list such as [{ requests: 500, window: 60000 }]; times are in milliseconds.",
    )
  }
  const numbers: Readonly<Record<string, readonly [value: unknown, minimum: number]>> = {
    connectTimeout: [options.connectTimeout, 1],
    headersTimeout: [options.headersTimeout, 1],
    idleTimeout: [options.idleTimeout, 1],
    attemptTimeout: [options.attemptTimeout, 1],
    longestWait: [options.longestWait, 0],
    maxBodyBytes: [options.maxBodyBytes, 1],
    "rateLimit.requests": [rateLimit?.requests, 1],
    "rateLimit.window": [rateLimit?.window, 1],
    "rateLimit.unansweredRest": [rateLimit?.unansweredRest, 0],
    "retryBudget.share": [retryBudget?.share, 0],
    "retryBudget.floor": [retryBudget?.floor, 0],
    "retryBudget.window": [retryBudget?.window, 1],
  }
  for (const [field, [value, minimum]] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isFinite(value) && Number(value) >= minimum)) {
      return yield* refuse(
        field,
        `${String(value)} is out of range`,
        `Give a number of at least ${minimum}; times are in milliseconds.`,
      )
    }
  }
})

const isResting = (initially: unknown): boolean =>
  Predicate.hasProperty(initially, "restingMillis") &&
  areRests(initially.restingMillis) &&
  (!Predicate.hasProperty(initially, "operations") ||
    initially.operations === undefined ||
    (Predicate.isObject(initially.operations) && Object.values(initially.operations).every(areRests)))

const areRests = (list: unknown): boolean =>
  Array.isArray(list) && list.every((millis) => Number.isFinite(millis) && Number(millis) >= 0)

const areWindows = (windows: unknown): boolean =>
  Array.isArray(windows) &&
  windows.length > 0 &&
  windows.every(
    (one: unknown) =>
      Predicate.hasProperty(one, "requests") &&
      Number.isInteger(one.requests) &&
      Number(one.requests) >= 1 &&
      Predicate.hasProperty(one, "window") &&
      Number.isFinite(one.window) &&
      Number(one.window) >= 1,
  )

/** Checks a request or a cursor, and turns it into what core takes. */
export const fromOf = Effect.fnUntraced(function* (
  from: From,
): Effect.fn.Return<Meetings.From, FeishuError.FeishuError> {
  if (!Predicate.isObject(from)) {
    return yield* refuse(
      "request",
      "it is missing",
      "Give { meetingNo, range }, or { cursor } to go on from there.",
    )
  }
  if (from.cursor !== undefined) {
    const cursor = (yield* text("cursor", from.cursor)) as Cursor.Cursor
    return { cursor, readAhead: from.readAhead }
  }
  const { order, pageSize, readAhead } = from
  const [meetingNo] = yield* meetingNosOf([from.meetingNo])
  return { meetingNo: meetingNo!, range: yield* rangeOf(from.range), pageSize, order, readAhead }
})

/** At most this many wrong numbers are listed. */
const mostListed = 10

const decodeMeetingNo = Schema.decodeUnknownResult(MeetingNoFromText)

/** Reads meeting numbers as people write them. Reports all that are wrong at once. */
export const meetingNosOf = Effect.fnUntraced(function* (
  texts: Iterable<string>,
): Effect.fn.Return<ReadonlyArray<MeetingNo>, FeishuError.FeishuError> {
  if (!Predicate.isIterable(texts) || Predicate.isString(texts)) {
    return yield* refuse("meetingNos", "it is not a list", "Give a list of meeting numbers.")
  }
  const decoded = Array.from(texts, (typed) => decodeMeetingNo(typed))
  const problems = decoded.filter(Result.isFailure)
  if (problems.length === 0) return decoded.filter(Result.isSuccess).map(({ success }) => success)
  const said = firstOf(
    problems.map(({ failure }) => failure.message),
    mostListed,
    (left) => `and ${left} more`,
  )
  return yield* refuse("meetingNo", said.join("; "), "Give the nine digits at the end of the meeting link.")
})

/** Checks a range, and turns its dates into what core takes. */
export const rangeOf = Effect.fnUntraced(function* (
  range: PlainRange,
): Effect.fn.Return<TimeRange.Input, FeishuError.FeishuError> {
  if (!Predicate.isObject(range)) {
    return yield* refuse("range", "it is missing", 'Give one such as { from: "30d" }.')
  }
  const { from, timeZone, to } = range
  return {
    from: momentOf(from),
    to: to === undefined ? undefined : momentOf(to),
    timeZone: timeZone === undefined ? undefined : yield* text("timeZone", timeZone),
  }
})

// An invalid date is passed on as text, which core refuses.
const momentOf = (moment: Moment): TimeRange.Moment =>
  Predicate.isDate(moment) ? Option.getOrElse(DateTime.make(moment), () => String(moment)) : moment

/** The id of a meeting, which core checks further. A number would have lost digits already. */
export const meetingIdOf = (meetingId: string) =>
  Effect.map(text("meetingId", meetingId), (given) => given as MeetingId)

/** The ids of meetings, which core checks further. */
export const meetingIdsOf = (meetingIds: Iterable<string>) =>
  Predicate.isIterable(meetingIds) && !Predicate.isString(meetingIds)
    ? Effect.forEach(meetingIds, meetingIdOf)
    : refuse("meetingIds", "it is not a list", "Give a list of meeting ids.")

/** Checks the options of a read that goes on where the last one ended. */
export const incrementalOf = Effect.fnUntraced(function* (options: IncrementalOptions) {
  const store: unknown = Predicate.isObject(options) ? options.store : undefined
  const isStore =
    Predicate.hasProperty(store, "get") &&
    Predicate.isFunction(store.get) &&
    Predicate.hasProperty(store, "set") &&
    Predicate.isFunction(store.set)
  if (!isStore) {
    return yield* refuse(
      "store",
      "it has no get and set",
      "Give { get, set }, which keep a text under a key.",
    )
  }
  const { from, overlap } = options
  if (overlap !== undefined && !(Number.isFinite(overlap) && overlap >= 0)) {
    return yield* refuse("overlap", `${String(overlap)} is out of range`, "Give milliseconds, from 0 on.")
  }
  return { ...options, from: from === undefined ? undefined : momentOf(from) }
})

/** Checks what is requested for each meeting, as far as core does not. */
export const checkDetails = Effect.fnUntraced(function* (request: DetailsRequest | undefined) {
  for (const name of ["details", "recordings", "participants", "abilities"] as const) {
    const value: unknown = request?.[name]
    if (value !== undefined && !Predicate.isBoolean(value)) {
      yield* refuse(name, "it is neither true nor false", "Give true or false, or leave it out.")
    }
  }
})

/** Checks the tenant of a store app, for `CurrentTenant`. */
export const tenantOf = (tenantKey: string | undefined) =>
  tenantKey === undefined ? Effect.undefined : text("tenantKey", tenantKey)

/** True when a value works as an `AbortSignal`. Not `instanceof`, since test environments have classes of their own. */
export const isSignal = (signal: unknown): signal is AbortSignal =>
  Predicate.hasProperty(signal, "aborted") && Predicate.hasProperty(signal, "addEventListener")

/** Refuses a signal that is not one: it must not be mistaken for a signal that never aborts. */
export const checkSignal = (signal: unknown) =>
  signal === undefined || isSignal(signal)
    ? Effect.void
    : refuse("signal", "it is not an AbortSignal", "Give the signal of an AbortController, or leave it out.")

/** Checks a ticket that Feishu pushed. */
export const ticketOf = Effect.fnUntraced(function* (ticket: string) {
  const appTicket = Secret.appTicket(yield* text("ticket", ticket))
  const problem = Secret.problem(appTicket, "AppTicket")
  return problem === undefined
    ? appTicket
    : yield* refuse("ticket", problem, "Give the app_ticket of the event exactly as Feishu pushed it.")
})
