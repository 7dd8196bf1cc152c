/**
 * Feishu as its documents tell it, as plainly as it can be said: lists and filters, nothing that is fast or clever.
 * It knows nothing of the mock but the texts that the mock has made up, which it is told.
 */
import * as DateTime from "effect/DateTime"

const day = 86_400

/** Every meeting lasts half an hour, and those with an even id are recorded. */
export const lasts = 1_800
export const isRecorded = (id: string): boolean => Number(id) % 2 === 0

/** An app, as far as the model cares. */
export interface App {
  readonly id: string
  readonly tenant: string
  readonly mayRead: boolean
}

/** A meeting that belongs to a tenant. */
export interface Meeting {
  readonly id: string
  readonly no: string
  readonly topic: string
  readonly start: number
  readonly tenant: string
}

/** The switches. */
export interface Switches {
  readonly rateLimit: number | "off"
  readonly rateWindow: "fixed" | "sliding" | "bucket"
  readonly rateStatus: 429 | 400
  readonly ninetyDays: "both" | "span" | "lookback"
  readonly emptyList: "[]" | "null" | "absent"
  readonly lastPageToken: "absent" | "empty"
  readonly pageTokens: "bound" | "free"
  readonly monthlyQuota: number | "off"
  readonly detailsRateLimit: number | "off"
  readonly recordingRateLimit: number | "off"
  readonly rateLimitPerSecond: number | "off"
  readonly rateHeaders: "refuses" | "longest"
  readonly meetingIdRefusal: 99992402 | 121003
  readonly detailsAfter90Days: 121004 | 121003 | "found"
  readonly unknownMeetingRecording: 122002 | 121004
  readonly unrecordedMeeting: 121004 | "empty"
  readonly recordingWhileRunning: 122001 | 121004 | 124002
  readonly recordingInProgress: 124002 | 121004
  readonly recordingSeconds: number
}

const switches: Switches = {
  rateLimit: 100,
  rateWindow: "fixed",
  rateStatus: 429,
  ninetyDays: "both",
  emptyList: "[]",
  lastPageToken: "absent",
  pageTokens: "bound",
  monthlyQuota: "off",
  detailsRateLimit: 1_000,
  recordingRateLimit: 1_000,
  rateLimitPerSecond: 50,
  rateHeaders: "refuses",
  meetingIdRefusal: 99992402,
  detailsAfter90Days: 121004,
  unknownMeetingRecording: 122002,
  unrecordedMeeting: 121004,
  recordingWhileRunning: 122001,
  recordingInProgress: 124002,
  recordingSeconds: 300,
}

/** What happens instead of the right answer. */
export interface Then {
  readonly code?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly network?: string
  readonly paging?: string
}

/** A rule for failures. */
interface Rule {
  readonly operation: string
  readonly when?: {
    readonly nth?: number
    readonly first?: number
    readonly after?: number
    readonly matching?: Readonly<Record<string, string | null>>
  }
  readonly then: Then
}

/** What a client sees of an answer. `status` is `"broken"` where no whole answer comes, or one that is not Feishu's. */
export interface Answer {
  readonly status: number | "broken"
  readonly code?: number
  readonly rows?: ReadonlyArray<object> | "null" | "absent"
  readonly hasMore?: boolean
  readonly nextPage?: "token" | "empty" | "absent"
  readonly limit?: string
  readonly reset?: string
  readonly fields?: ReadonlyArray<string>
  readonly scopes?: ReadonlyArray<string>
  readonly token?: "new" | "again"
  readonly expire?: number
  /** The status of a meeting, or whether there is a recording. */
  readonly state?: number | boolean
}

interface Token {
  text: string
  readonly kind: "tenant" | "client" | "user"
  readonly app: App
  readonly mayRead: boolean
  readonly endsAt: number
  revoked: boolean
}

interface Call {
  readonly operation: string | undefined
  readonly status: number
  readonly code: number | undefined
  readonly app: string | undefined
  readonly fault: string | undefined
}

/** One Feishu: what a workspace of the mock is. */
export interface Feishu {
  readonly apps: ReadonlyArray<App>
  meetings: Array<Meeting>
  now: number
  frozen: boolean
  switches: Switches
  tokens: Array<Token>
  /** Requests that each window of a rate limit let pass, and calls of the month. */
  passed: Array<{ readonly who: string; readonly at: number }>
  called: Array<{ readonly tenant: string; readonly month: string }>
  pageTokens: Array<{ readonly text: string; readonly query: string; readonly from: number }>
  rules: Array<Rule & { readonly id: string; seen: number; fired: number }>
  ruleNumber: number
  journal: Array<Call>
}

/** A Feishu as it is at the start. */
export const start = (apps: ReadonlyArray<App>, meetings: ReadonlyArray<Meeting>, now: number): Feishu => ({
  apps,
  meetings: [...meetings],
  now,
  frozen: false,
  switches,
  tokens: [],
  passed: [],
  called: [],
  pageTokens: [],
  rules: [],
  ruleNumber: 0,
  journal: [],
})

/** Another switch; the limits count anew. */
export const change = (feishu: Feishu, changed: Partial<Switches>): void => {
  feishu.switches = { ...feishu.switches, ...changed }
  feishu.passed = []
  feishu.called = []
}

/** A meeting, in the place of the one with its id. */
export const put = (feishu: Feishu, meeting: Meeting): void => {
  remove(feishu, meeting.id)
  feishu.meetings.push(meeting)
}

/** Whether there was one. */
export const remove = (feishu: Feishu, id: string): boolean => {
  const before = feishu.meetings.length
  feishu.meetings = feishu.meetings.filter((meeting) => meeting.id !== id)
  return feishu.meetings.length < before
}

/** The rule that was added first wins; all that a call is about count it. */
const hit = (feishu: Feishu, operation: string, query: Query): { id: string; then: Then } | undefined => {
  let winner: { id: string; then: Then } | undefined
  for (const rule of feishu.rules) {
    const { after = 0, first = Infinity, matching = {}, nth } = rule.when ?? {}
    const value = (name: string) => query.findLast(([key]) => key === name)?.[1] ?? null
    if (rule.operation !== "*" && rule.operation !== operation) continue
    if (Object.entries(matching).some(([name, wanted]) => value(name) !== wanted)) continue
    rule.seen++
    const due = rule.seen > after && rule.seen <= after + first && (nth === undefined || rule.seen === nth)
    if (!due || winner !== undefined) continue
    rule.fired++
    winner = { id: rule.id, then: rule.then }
  }
  return winner
}

const failed = (home: Feishu, status: number, { code, headers }: Then, api: Api = "listByNo"): Answer => {
  const [window] = [...windowsOf(home.switches, api), ...windowsOf(switches, api)]
  const { requests, seconds } = window!
  const ofLimit = {
    limit: String(requests),
    reset: String(home.switches.rateWindow === "bucket" ? Math.ceil(seconds / requests) : seconds),
  }
  const reset = headers?.["x-ogw-ratelimit-reset"]
  const told = headers === undefined && code === 99991400 ? ofLimit : reset === undefined ? {} : { reset }
  return { status, code: code!, ...told }
}

const statusOf: Readonly<Record<number, number>> = { 121001: 500, 121005: 403, 99991400: 429, 99991403: 429 }

// --- tokens

/** How a client asks for a token. */
export interface TokenRequest {
  readonly kind: "tenant" | "client"
  readonly app: string
  readonly secretIsRight: boolean
}

/** The answer to a request for a token; `text` is the one that the mock has given. */
export const token = (
  shared: Feishu,
  own: Feishu,
  request: TokenRequest,
  text: string | undefined,
): Answer => {
  const home = [shared, own].find(({ apps }) => apps.some(({ id }) => id === request.app)) ?? shared
  const app = home.apps.find(({ id }) => id === request.app)
  const tenant = request.kind === "tenant"
  const operation = tenant ? "auth.tenantAccessTokenInternal" : "oauth.clientCredentials"
  const rule = hit(home, operation, [])
  const answer = ((): Answer => {
    const code = rule?.then.code
    if (code !== undefined) return failed(home, tenant ? 200 : (statusOf[code] ?? 400), rule!.then)
    if (rule?.then.network === "refuse") return notReached
    if (app === undefined) return tenant ? { status: 200, code: 10003 } : { status: 400, code: 20048 }
    if (!request.secretIsRight) return tenant ? { status: 200, code: 10014 } : { status: 400, code: 20002 }
    const latest = home.tokens.findLast((token) => token.kind === request.kind && token.app === app)
    const again = tenant && latest?.revoked === false && latest.endsAt - home.now >= 30 * 60_000
    const given = again ? latest : mint(home, app, request.kind, app.mayRead, unseen)
    const isNew = given.text === unseen
    if (isNew && text !== undefined) given.text = text
    const expire = Math.floor((given.endsAt - home.now) / 1000)
    // Another text than the one from before is no such token.
    return {
      status: 200,
      code: text === undefined || given.text === text ? 0 : -1,
      token: isNew ? "new" : "again",
      expire,
    }
  })()
  note(home, operation, answer, app?.id, rule?.id)
  return rule?.then.network === undefined ? answer : { status: "broken" }
}

/** Of a request that Feishu does not get. */
const notReached: Answer = { status: 503 }

/** The text of a token whose answer got lost. */
const unseen = "unseen"

const mint = (home: Feishu, app: App, kind: Token["kind"], mayRead: boolean, text: string): Token => {
  const token = { text, kind, app, mayRead, endsAt: home.now + 7_200_000, revoked: false }
  home.tokens.push(token)
  return token
}

/** A user has let an app act for them, and the app has got the token `text`, unless it asks too often. */
export const userToken = (
  feishu: Feishu,
  appId: string,
  mayRead: boolean,
  text: string | undefined,
): Answer => {
  const app = feishu.apps.find(({ id }) => id === appId)!
  const refusal = admit(feishu, `userToken ${app.id} ${app.tenant}`, windowsOf(feishu.switches, "userToken"))
  const answer =
    refusal === undefined
      ? { status: 200, code: 0 }
      : { status: feishu.switches.rateStatus, code: 99991400, ...refusal }
  if (refusal === undefined) mint(feishu, app, "user", mayRead, text ?? unseen)
  note(feishu, "oauth.userToken", answer, app.id, undefined)
  return answer
}

// --- the list

/** Names and values, as they stand in the URL. */
export type Query = ReadonlyArray<readonly [string, string]>

/** The answer to a request for a page; `nextText` is the page token that the mock has given. */
export const list = (
  shared: Feishu,
  own: Feishu,
  request: { readonly bearer: string | undefined; readonly query: Query; readonly fault?: Then | undefined },
  nextText: string | undefined,
): Answer => {
  const { bearer = "", fault, query } = request
  const home = [shared, own].find(({ tokens }) => tokens.some(({ text }) => text === bearer)) ?? shared
  const token = home.tokens.find(({ text }) => text === bearer)
  const rule =
    fault === undefined ? hit(home, "meetings.listByNo", query) : { id: "x-mock-fault", then: fault }
  const { code, network, paging } = rule?.then ?? {}
  const answer: Answer =
    network === "refuse"
      ? notReached
      : code === undefined
        ? gateway(home, bearer, token, {
            api: "listByNo",
            scopes,
            hasScope: ({ mayRead }) => mayRead,
            wrongFields: () => wrongFields(query),
            service: (tenant) => page(home, tenant, query, paging, nextText),
          })
        : failed(home, statusOf[code] ?? 400, rule!.then)
  note(home, "meetings.listByNo", answer, token?.app.id, rule?.id)
  return network === undefined ? answer : { status: "broken" }
}

const scopes = ["vc:meeting:readonly", "vc:meeting.meetingid:read"]

/** Token, then scope, then fields, then the service. A request with a good token counts, one that is refused not. */
const gateway = (
  home: Feishu,
  bearer: string,
  token: Token | undefined,
  request: {
    readonly api: Api
    readonly scopes: ReadonlyArray<string>
    readonly hasScope: (token: Token) => boolean
    readonly wrongFields: () => ReadonlyArray<string>
    readonly service: (tenant: string) => Answer
  },
): Answer => {
  if (bearer === "") return { status: 400, code: 99991661 }
  if (token === undefined || token.revoked) {
    if (bearer.startsWith("u-") || bearer.startsWith("eyJ")) return { status: 400, code: 99991668 }
    return { status: 400, code: bearer.startsWith("t-") ? 99991663 : 99991671 }
  }
  if (home.now >= token.endsAt) return { status: 400, code: token.kind === "user" ? 99991677 : 99991663 }
  const { app, kind } = token
  const { api, hasScope, scopes, service, wrongFields } = request
  const refusal = admit(home, `${api} ${app.id} ${app.tenant}`, windowsOf(home.switches, api))
  if (!hasScope(token)) return { status: 400, code: kind === "user" ? 99991679 : 99991672, scopes }
  const fields = wrongFields()
  if (fields.length > 0) return { status: 400, code: 99992402, fields }
  if (refusal !== undefined) {
    return { status: home.switches.rateStatus, code: 99991400, ...refusal }
  }
  const calls = callsOfMonth(home, app.tenant)
  if (calls.length >= Number(home.switches.monthlyQuota)) return { status: 429, code: 99991403 }
  const answer = service(app.tenant)
  if (answer.code === 0) home.called.push({ tenant: app.tenant, month: monthOf(home) })
  return answer
}

const wrongFields = (query: Query): Array<string> => {
  const integer = /^-?\d{1,18}$/
  return ["meeting_no", "start_time", "end_time", "page_size", "page_token"].filter((name) => {
    const values = query.filter(([key]) => key === name || key === `${name}[]`)
    if (values.length > 1 || values.some(([key]) => key !== name)) return true
    const value = values[0]?.[1]
    if (value === undefined) return name !== "page_size" && name !== "page_token"
    if (name === "page_token") return false
    return !integer.test(value) || (name === "page_size" && (Number(value) < 1 || Number(value) > 50))
  })
}

/** The endpoints whose requests are counted, each apart. */
export const apis = ["listByNo", "getMeeting", "getRecording", "userToken"] as const
type Api = (typeof apis)[number]

interface Window {
  readonly requests: number
  readonly seconds: number
}

/** The windows of an endpoint, the longest first. */
export const windowsOf = (switches: Switches, api: Api): ReadonlyArray<Window> => {
  const { detailsRateLimit, rateLimit, rateLimitPerSecond, recordingRateLimit } = switches
  const perMinuteOf = { getMeeting: detailsRateLimit, getRecording: recordingRateLimit, userToken: 1_000 }
  if (rateLimit === "off") return []
  const window = (requests: number | "off", seconds: number) =>
    requests === "off" ? [] : [{ requests, seconds }]
  if (api === "listByNo") return window(rateLimit, 60)
  return [...window(perMinuteOf[api], 60), ...window(rateLimitPerSecond, 1)]
}

/** Lets a request pass, or says when the next one passes: when all of its windows let it. */
export const admit = (
  home: Feishu,
  who: string,
  windows: ReadonlyArray<Window>,
): { limit: string; reset: string } | undefined => {
  const { rateHeaders, rateWindow } = home.switches
  const found = windows.map((window) => ({ window, ...allowance(home, who, window) }))
  for (const { seconds } of windows) {
    // What the clock was set back over has never been, for who asks again meanwhile.
    if (rateWindow === "sliding") {
      home.passed = home.passed.filter(
        ({ at, who: other }) =>
          other !== `${who} ${seconds}` || (at <= home.now && at > home.now - seconds * 1000),
      )
    }
  }
  const refusing = found
    .filter(({ left }) => left === 0)
    .toSorted((a, b) => b.nextAt - a.nextAt)
    .at(0)
  if (refusing === undefined) {
    for (const { seconds } of windows) home.passed.push({ who: `${who} ${seconds}`, at: home.now })
    return undefined
  }
  const [longest] = found
  const named = rateHeaders === "longest" ? longest! : refusing
  const until = named === refusing ? refusing.nextAt : named.fullAt
  const reset = Math.max(1, Math.ceil((until - home.now) / 1000))
  return { limit: String(named.window.requests), reset: String(reset) }
}

/** How many requests would pass a window now, when the next one does where that is none, and when all do. */
export const allowance = (
  { now, passed, switches }: Feishu,
  who: string,
  { requests: limit, seconds }: Window,
): { readonly left: number; readonly nextAt: number; readonly fullAt: number } => {
  const length = seconds * 1000
  const times = passed.filter((request) => request.who === `${who} ${seconds}`).map(({ at }) => at)
  switch (switches.rateWindow) {
    case "fixed": {
      // A window begins with the first request that is in none.
      let began = -Infinity
      let count = 0
      for (const at of times) {
        if (at < began || at >= began + length) [began, count] = [at, 0]
        count++
      }
      const within = now >= began && now < began + length
      return { left: within ? limit - count : limit, nextAt: began + length, fullAt: began + length }
    }
    case "sliding": {
      const recent = times.filter((at) => at <= now && at > now - length).toSorted((a, b) => a - b)
      return {
        left: limit - recent.length,
        nextAt: (recent[0] ?? now) + length,
        fullAt: (recent.at(-1) ?? now) + length,
      }
    }
    case "bucket": {
      // In parts of a request, as many of which are one as the window has milliseconds: `limit` of them come every millisecond.
      let level = limit * length
      let last = -Infinity
      const filled = (at: number) => Math.min(limit * length, level + Math.max(0, at - last) * limit)
      for (const at of times) [level, last] = [filled(at) - length, at]
      return {
        left: Math.floor(filled(now) / length),
        nextAt: now + (length - filled(now)) / limit,
        fullAt: now + (limit * length - filled(now)) / limit,
      }
    }
  }
}

const monthOf = ({ now }: Feishu): string =>
  DateTime.formatIso(DateTime.makeUnsafe(now + 8 * 3_600_000)).slice(0, 7)

/** The successful calls of this month of UTC+8. With a quota that is off there are never too many. */
const callsOfMonth = (home: Feishu, tenant: string) =>
  home.called.filter((call) => call.tenant === tenant && call.month === monthOf(home))

const page = (
  home: Feishu,
  tenant: string,
  query: Query,
  paging: string | undefined,
  nextText: string | undefined,
): Answer => {
  const refused = { status: 400, code: 121003 }
  const { emptyList, lastPageToken, ninetyDays, pageTokens } = home.switches
  const value = (name: string) => query.find(([key]) => key === name)?.[1]
  const [from, to, size] = ["start_time", "end_time", "page_size"].map((name) => Number(value(name) ?? 20))
  const no = value("meeting_no")!
  const asked = value("page_token") ?? ""
  if (!/^\d{9}$/.test(no) || from! >= to!) return refused
  if (ninetyDays !== "lookback" && to! - from! > 90 * day) return refused
  if (ninetyDays !== "span" && from! < Math.floor(home.now / 1000) - 90 * day) return refused
  const own = [tenant, no, from, to, size].join(" ")
  // A free one is good for the number alone.
  const isFor = (query: string) =>
    query === own || (pageTokens === "free" && query.startsWith(`${tenant} ${no} `))
  const begin =
    asked === "" ? 0 : home.pageTokens.find(({ query, text }) => text === asked && isFor(query))?.from
  if (begin === undefined) return refused

  const all = home.meetings
    .filter((meeting) => meeting.tenant === tenant && meeting.no === no)
    .filter(({ start }) => start >= from! && start <= to!)
    .toSorted((a, b) => a.start - b.start || Number(BigInt(a.id) - BigInt(b.id)))
  let rows: Array<object> = all
    .slice(begin, begin + size!)
    .map(({ id, no, topic }) => ({ id, meeting_no: no, topic }))
  let leadsTo = all.length > begin + size! ? begin + size! : undefined
  let text = nextText
  if (paging === "doubled rows") rows = rows.flatMap((row) => [row, row])
  if (paging === "foreign row" && rows.length > 0) {
    rows = [...rows.slice(0, -1), { ...rows.at(-1), meeting_no: "999999999" }]
  }
  if (paging === "cycle") leadsTo = 0
  if (paging === "empty page") [rows, leadsTo] = [[], begin]
  if (paging === "repeated token") {
    leadsTo = begin
    if (asked !== "") text = asked
  }
  const hasMore = leadsTo !== undefined || paging === "missing token"
  if (paging === "missing token") leadsTo = undefined
  if (leadsTo !== undefined) {
    // The same text must not have led elsewhere, and goes nowhere else from now on.
    const known = home.pageTokens.find((token) => token.text === text)
    const isNew = known === undefined || (known.query === own && known.from === leadsTo)
    const isOther = paging === "empty page" ? text !== asked : true
    if (nextText !== undefined && (text !== nextText || !isNew || !isOther)) return { status: 200, code: -1 }
    if (nextText !== undefined && known === undefined) {
      home.pageTokens.push({ text: nextText, query: own, from: leadsTo })
    }
  }
  return {
    status: 200,
    code: 0,
    rows: paging === "null list" ? "null" : rows.length > 0 || emptyList === "[]" ? rows : emptyList,
    hasMore,
    nextPage: leadsTo !== undefined ? "token" : lastPageToken,
  }
}

// --- one meeting

/** The answer to a request for the details or the recording of a meeting. */
export const one = (
  shared: Feishu,
  own: Feishu,
  request: {
    readonly bearer: string | undefined
    readonly api: "getMeeting" | "getRecording"
    readonly id: string
  },
): Answer => {
  const { api, bearer = "", id } = request
  const isDetails = api === "getMeeting"
  const operation = isDetails ? "meetings.get" : "meetings.getRecording"
  const home = [shared, own].find(({ tokens }) => tokens.some(({ text }) => text === bearer)) ?? shared
  const token = home.tokens.find(({ text }) => text === bearer)
  const rule = hit(home, operation, [["meeting_id", id]])
  const { code, network } = rule?.then ?? {}
  const isNumber = /^\d+$/.test(id) && BigInt(id) < 2n ** 63n
  const answer: Answer =
    network === "refuse"
      ? notReached
      : code === undefined
        ? gateway(home, bearer, token, {
            api,
            scopes: isDetails
              ? ["vc:meeting:readonly", "vc:meeting.meetingevent:read"]
              : ["vc:record:readonly"],
            // Users have granted the scope of the list alone.
            hasScope: ({ kind, mayRead }) => mayRead && kind !== "user",
            wrongFields: () => (isNumber || home.switches.meetingIdRefusal === 121003 ? [] : ["meeting_id"]),
            service: (tenant) => {
              if (!isNumber || BigInt(id) === 0n) return coded(121003)
              return (isDetails ? detailsOf : recordingOf)(home, tenant, String(BigInt(id)))
            },
          })
        : failed(home, statusOf[code] ?? 400, rule!.then, api)
  note(home, operation, answer, token?.app.id, rule?.id)
  return network === undefined ? answer : { status: "broken" }
}

const coded = (code: number): Answer => ({
  status: [121004, 122002].includes(code) ? 404 : 400,
  code,
})

/** A meeting of the tenant that has started. */
const started = ({ meetings, now }: Feishu, tenant: string, id: string): Meeting | undefined =>
  meetings.find(
    (meeting) => meeting.id === id && meeting.tenant === tenant && meeting.start <= Math.floor(now / 1000),
  )

const detailsOf = (home: Feishu, tenant: string, id: string): Answer => {
  const { detailsAfter90Days } = home.switches
  const meeting = started(home, tenant, id)
  if (meeting === undefined) return coded(121004)
  const end = meeting.start + lasts
  const isOld = end < home.now / 1000 - 90 * day
  if (isOld && detailsAfter90Days !== "found") return coded(detailsAfter90Days)
  return { status: 200, code: 0, state: end <= Math.floor(home.now / 1000) ? 3 : 2 }
}

const recordingOf = (home: Feishu, tenant: string, id: string): Answer => {
  const { recordingInProgress, recordingSeconds, recordingWhileRunning, unknownMeetingRecording } =
    home.switches
  const { unrecordedMeeting } = home.switches
  const meeting = started(home, tenant, id)
  if (meeting === undefined) return coded(unknownMeetingRecording)
  const sinceEnd = Math.floor(home.now / 1000) - meeting.start - lasts
  if (sinceEnd < 0) return coded(recordingWhileRunning)
  if (!isRecorded(id)) {
    return unrecordedMeeting === "empty" ? { status: 200, code: 0, state: false } : coded(unrecordedMeeting)
  }
  return sinceEnd < recordingSeconds ? coded(recordingInProgress) : { status: 200, code: 0, state: true }
}

// --- the journal

const note = (
  home: Feishu,
  operation: string | undefined,
  { code, status }: Answer,
  app: string | undefined,
  fault: string | undefined,
): void => {
  if (status !== "broken") home.journal.push({ operation, status, code, app, fault })
}
