/** Feishu as the client meets it: meetings that appear, page tokens, access tokens that end, and the rate limit. */
import { Duration } from "effect"
import { GetMeeting, GetRecording, ListByNo, type MeetingNo, type RateLimit } from "@effect-feishu/core"
import * as OAuth from "@effect-feishu/contract/OAuth"
import type { Dice } from "./Dice.ts"
import type { Login, RefreshToken } from "./Login.ts"
import type { AboutMeeting, Row, Scenario } from "./Scenario.ts"

/** What a request is about: the list, or a single meeting. */
export type About = "list" | AboutMeeting

/** An endpoint, and the id of the meeting where it is about one. */
export interface Target {
  readonly about: About
  readonly id: string
}

/** The target of a path; `undefined` for the endpoint of tokens. */
export const targetOf = (path: string): Target | undefined => {
  if (path === ListByNo.path) return { about: "list", id: "" }
  const [id, recording] = path.replace("/open-apis/vc/v1/meetings/", "").split("/")
  if (!path.startsWith("/open-apis/vc/v1/meetings/")) return undefined
  return { about: recording === undefined ? "details" : "recording", id: decodeURIComponent(id!) }
}

/** The endpoint as `RateLimit` names it. */
export const operationOf: Readonly<Record<About, string>> = {
  list: `GET ${ListByNo.path}`,
  details: `GET ${GetMeeting.path}`,
  recording: `GET ${GetRecording.path}`,
}

/** A window of a limit; milliseconds. */
interface Window {
  readonly requests: number
  readonly millis: number
}

/** The windows of each endpoint, the longest first. */
export const windowsOf = ({ limit, meetings }: Scenario, about: About): ReadonlyArray<Window> => {
  if (about === "list") return [{ requests: limit.requests, millis: ListByNo.rateLimitWindowSeconds * 1_000 }]
  const declared = (about === "details" ? GetMeeting : GetRecording).rateLimits
  const given: RateLimit.Windows | undefined = meetings.limits[about]
  const windows =
    given?.map(({ requests, window }) => ({
      requests,
      millis: Duration.toMillis(Duration.fromInputUnsafe(window)),
    })) ?? declared.map(({ requests, windowSeconds }) => ({ requests, millis: windowSeconds * 1_000 }))
  return windows.toSorted((a, b) => b.millis - a.millis)
}

/** A request as it arrives. */
export interface Asked {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly accessToken: string | undefined
  /** The refresh token in the body, where one is refreshed. */
  readonly refreshToken?: string | undefined
}

/** What an answer means to a client that reads it whole. */
export type Verdict = "success" | "transient" | "rate limited" | "token refused" | "final"

/** An answer; `data` is what the body of a successful page says, which can still be spoilt. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly verdict: Verdict
  readonly data?: Readonly<Record<string, unknown>> | undefined
  /** That the page token is too old. */
  readonly expired?: boolean
  /** That the start of the range is more than 90 days ago. */
  readonly tooOld?: boolean
  /** Of a refusal: seconds that a client must wait. */
  readonly resetSeconds?: number
  /** The access token that an answer of the token endpoint brings, and the seconds it says. */
  readonly issued?: { readonly value: string; readonly expire: unknown }
}

/** See the members. */
export interface World {
  readonly answer: (asked: Asked) => Answer
  /** A request of another program with the same app arrives at an endpoint. */
  readonly otherArrives: (about: About) => void
  readonly revokeTokens: () => void
  readonly isValid: (accessToken: string) => boolean
  /** The user signs in: tokens of which so much is left. */
  readonly signIn: (left?: number) => RefreshToken
  /** Requests to an endpoint that its limiter has refused. */
  readonly refusals: (about: About) => number
  /**
   * All that a request about a meeting may bring that arrives in this time, in the words of `detailsInWords` and `recordingInWords`.
   */
  readonly possible: (
    about: AboutMeeting,
    id: string,
    query: Readonly<Record<string, string>>,
    from: number,
    to: number,
  ) => ReadonlyArray<string>
  /** A meeting in the range. */
  readonly row: (id: string) => Row | undefined
  /** The ids of the meetings of a number in the range that have been there since then. */
  readonly existing: (meetingNo: MeetingNo, since: number) => ReadonlyArray<string>
}

/** The app of the simulation; everything secret has SECRET in it. */
export const app = { id: "cli_simulated", secret: "SECRET-of-the-app" }

/** Takes the time of an arrival; says how long until the limit resets where the request may not pass. */
type Limiter = (time: number) => number | undefined

const limiters: Record<Scenario["limit"]["kind"], (window: Window, shift: number) => Limiter> = {
  "fixed window": (window) => fixedWindow(window, 0),
  "shifted window": fixedWindow,
  "sliding log": ({ millis, requests }) => {
    const log: Array<number> = []
    return (time) => {
      while (log.length > 0 && log[0]! <= time - millis) log.shift()
      if (log.length >= requests) return log[0]! + millis - time
      log.push(time)
      return undefined
    }
  },
  "token bucket": ({ millis, requests }) => {
    let tokens = requests
    let last = 0
    return (time) => {
      tokens = Math.min(requests, tokens + ((time - last) * requests) / millis)
      last = time
      if (tokens < 1) return ((1 - tokens) * millis) / requests
      tokens--
      return undefined
    }
  },
}

function fixedWindow({ millis, requests }: Window, shift: number): Limiter {
  let current = Number.NaN
  let count = 0
  return (time) => {
    const index = Math.floor((time - shift) / millis)
    if (index !== current) [current, count] = [index, 0]
    if (count >= requests) return (index + 1) * millis + shift - time
    count++
    return undefined
  }
}

/** The details of a meeting as a reader should understand them. */
export const detailsInWords = ({
  ability,
  end_time,
  host_user,
  isRunning,
  participants,
  start_time,
  topic,
}: {
  readonly ability: { readonly use_video?: boolean | null | undefined } | undefined
  readonly end_time: number | undefined
  readonly host_user: { readonly id: string | undefined } | undefined
  readonly isRunning: boolean
  readonly participants:
    | ReadonlyArray<{ readonly id: string | undefined; readonly final_leave_time: number | undefined }>
    | undefined
  readonly start_time: number | undefined
  readonly topic: string | undefined
}): string =>
  JSON.stringify([
    topic,
    start_time,
    isRunning ? "runs" : end_time,
    host_user?.id,
    participants?.map(({ final_leave_time, id }) => `${id} ${final_leave_time ?? "is there"}`),
    ability?.use_video,
  ])

/** A recording as a reader should understand it. */
export const recordingInWords = ({
  durationMillis,
  minuteToken,
}: Pick<GetRecording.Recording, "durationMillis" | "minuteToken">): string =>
  `minute ${minuteToken} of ${durationMillis} ms`

/** What a code means on each of the endpoints, by the tag of the answer; of those that are not ready, why. */
const meanings: Readonly<Record<AboutMeeting, Readonly<Record<number, string>>>> = {
  details: { 121003: "Refused", 121004: "NotFound", 121005: "NoPermission" },
  recording: {
    121003: "Refused",
    121004: "NotRecorded",
    121005: "NoPermission",
    122001: "running",
    122002: "NotFound",
    124002: "being made",
  },
}

/** An answer in JSON. */
export const jsonAnswer = (
  status: number,
  json: unknown,
  verdict: Verdict,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(json),
  verdict,
})

/** A successful page of such data. */
export const pageAnswer = (data: Readonly<Record<string, unknown>>): Answer => ({
  ...jsonAnswer(200, { code: 0, msg: "success", data }, "success"),
  data,
})

/** A refusal by the rate limit, with these headers that say so long. */
export const refusal = (
  headers: Readonly<Record<string, string>>,
  resetSeconds: number,
  status = 429,
): Answer => ({
  ...jsonAnswer(status, { code: 99991400, msg: "request trigger frequency limit" }, "rate limited", headers),
  resetSeconds,
})

/** Makes it. Where there are many, each has a name, which its access tokens begin with. */
export const make = (
  scenario: Scenario,
  dice: Dice,
  now: () => number,
  isCalm: () => boolean,
  name = "",
  login?: Login,
): World => {
  const { limit, listing, range, rows, token } = scenario
  const limiterOf = (about: About) => {
    const windows = windowsOf(scenario, about)
    const kind = about === "list" ? limit.kind : scenario.meetings.kind
    const each = windows.map((window) => limiters[kind](window, limit.shift % window.millis))
    return {
      refusals: 0,
      /** The window that refuses an arrival, the longest first, and how long it does so; each of them counts by itself. */
      arrive: (time: number) =>
        each
          .map((limiter, index) => ({ reset: limiter(time), millis: windows[index]!.millis }))
          .find(({ reset }) => reset !== undefined),
    }
  }
  const limits: Readonly<Record<About, ReturnType<typeof limiterOf>>> = {
    list: limiterOf("list"),
    details: limiterOf("details"),
    recording: limiterOf("recording"),
  }
  let made = 0

  const accessTokens = new Map<string, { endsAt: number; revoked: boolean }>()
  let latest: string | undefined
  const isValid = (value: string | undefined) => {
    const known = value === undefined ? undefined : accessTokens.get(value)
    return known !== undefined && !known.revoked && now() < known.endsAt
  }
  const lifeNow = () => (isCalm() ? 120 * 60_000 : token.life)
  /** What an answer says of so many milliseconds. */
  const expireOf = (millis: number): unknown =>
    token.tells === "the truth"
      ? Math.floor(millis / 1_000)
      : token.tells === "two hours"
        ? 7_200
        : dice.pick([0, -1, "soon", null, undefined, 1e12, 0.5, "7200"])
  /** Tokens of the user, of which so much is left. */
  const issue = (left: number, expire: unknown, before?: RefreshToken): RefreshToken => {
    const value = `u-SECRET-${++made}`
    accessTokens.set(value, { endsAt: now() + left, revoked: false })
    // Nothing that can be understood is taken as two hours, and less than a minute as one.
    const told = typeof expire === "number" && expire >= 0 ? Math.floor(expire) * 1_000 : 7_200_000
    return login!.issue(value, told, before)
  }
  /** A refresh token is good once; then the access token that came with it is for a minute (documented). */
  const refreshAnswer = (refreshToken: string): Answer => {
    const used = login!.find(refreshToken)
    const codes = {
      good: [],
      "not known": [20026],
      used: [20064, 20073],
      revoked: [20064],
      over: [20037],
    }[login!.stateOf(refreshToken)]
    if (used === undefined || codes.length > 0) {
      const error_description = dice.pick(["as Feishu says it", `refused: ${refreshToken}`])
      return jsonAnswer(400, { code: dice.pick(codes), error: "invalid_grant", error_description }, "final")
    }
    const expire = expireOf(lifeNow())
    const next = issue(lifeNow(), expire, used)
    const former = accessTokens.get(used.accessToken)!
    former.endsAt = Math.min(former.endsAt, now() + 60_000)
    const odd = <A>(usual: A) => (listing.sparse ? dice.pick([usual, null, undefined]) : usual)
    const json = {
      code: 0,
      access_token: next.accessToken,
      expires_in: expire,
      refresh_token: next.value,
      refresh_token_expires_in: odd(604_800),
      scope: odd("vc:meeting:readonly offline_access"),
      token_type: "Bearer",
    }
    return { ...jsonAnswer(200, json, "success"), issued: { value: next.accessToken, expire } }
  }
  const tokenAnswer = (): Answer => {
    const current = latest === undefined ? undefined : accessTokens.get(latest)
    const again =
      current !== undefined &&
      // With 30 minutes left or more, Feishu gives the same token again (documented).
      ((isValid(latest) && current.endsAt - now() >= 30 * 60_000) ||
        (!isValid(latest) && !isCalm() && dice.chance(token.stubbornness)))
    if (!again) {
      latest = `t-SECRET-${name}${++made}`
      accessTokens.set(latest, {
        endsAt: now() + lifeNow(),
        revoked: false,
      })
    }
    const expire = expireOf(accessTokens.get(latest!)!.endsAt - now())
    const issued = { value: latest!, expire }
    const json = { code: 0, msg: "ok", tenant_access_token: issued.value, expire }
    return { ...jsonAnswer(200, json, "success"), issued }
  }

  const pageTokens = new Map<
    string,
    { readonly query: string; readonly offset: number; readonly since: number }
  >()
  const tokenFor = (query: string, offset: number): string => {
    const text = listing.tokens === "offset" ? String(offset) : `${offset}.${++made} +/=&é`
    pageTokens.set(`${query} ${text}`, { query, offset, since: now() })
    return text
  }
  const isOver = ({ since }: { readonly since: number }) =>
    since < scenario.calmFrom && now() - since > listing.tokenLife

  const isWithin = ({ time }: Row, start: number, end: number) =>
    (listing.bounds === "end only" ? time > start : time >= start) &&
    (listing.bounds === "start only" ? time < end : time <= end)
  const sorted = rows.toSorted((a, b) =>
    listing.order === "by id"
      ? a.id < b.id
        ? -1
        : 1
      : listing.order === "by time"
        ? a.time - b.time
        : b.time - a.time,
  )
  const inRange = new Map(
    rows.filter((row) => isWithin(row, range.start, range.end)).map((row) => [row.id, row]),
  )
  const paramError = (): Answer => jsonAnswer(400, { code: 121003, msg: "param error" }, "final")
  const list = ({ query }: Asked): Answer => {
    const [start, end, size] = [query["start_time"], query["end_time"], query["page_size"] ?? "20"].map(
      Number,
    ) as [number, number, number]
    if (!(start < end) || end - start > ListByNo.maxRangeSeconds || !(size >= 1 && size <= 50))
      return paramError()
    if (
      listing.ninetyDays === "lookback" &&
      start < (scenario.epoch + now()) / 1_000 - ListByNo.maxRangeSeconds
    )
      return { ...paramError(), tooOld: true }
    const bound = `${query["meeting_no"]} ${start} ${end} ${size}`
    let offset = 0
    if (query["page_token"] !== undefined) {
      const place = pageTokens.get(`${bound} ${query["page_token"]}`)
      if (place === undefined) return paramError()
      if (isOver(place)) return { ...paramError(), expired: true }
      offset = place.offset
    }
    const found = sorted.filter(
      (row) => row.meetingNo === query["meeting_no"] && row.since <= now() && isWithin(row, start, end),
    )
    // Only with tokens that differ for the same place, and never twice in a row for ever.
    const empty = listing.tokens === "opaque" && dice.chance(listing.empties)
    const page = empty ? [] : found.slice(offset, offset + size)
    const more = empty || offset + size < found.length
    const overlap = !empty && more && dice.chance(listing.overlaps) ? dice.int(0, size - 1) : 0
    const next = empty ? offset : offset + size - overlap
    return pageAnswer(
      dataOf(page, more ? tokenFor(bound, next) : undefined, query["page_token"] === undefined),
    )
  }

  const dataOf = (
    page: ReadonlyArray<Row>,
    next: string | undefined,
    isFirst: boolean,
  ): Readonly<Record<string, unknown>> => {
    const usually = <A>(usual: A, ...others: ReadonlyArray<unknown>) =>
      listing.sparse ? dice.pick<unknown>([usual, ...others]) : usual
    const rowsOfPage = page.map(({ id, meetingNo, topic }) => ({
      id,
      topic,
      url: usually(undefined, null, `https://vc.feishu.cn/j/${meetingNo}`),
      password: `SECRET-password-${id}`,
      meeting_no: {
        digits: meetingNo,
        "with blanks": meetingNo.replace(/(...)(?=.)/g, "$1 "),
        absent: undefined,
        null: null,
      }[listing.numberAs],
      meeting_connect: usually(true, null, undefined),
    }))
    const meeting_briefs = page.length === 0 ? usually(rowsOfPage, null, undefined) : rowsOfPage
    // Behind a page token it is always said.
    const said = (has_more: boolean) => (isFirst ? usually(has_more, null, undefined) : has_more)
    if (next !== undefined) return { has_more: said(true), page_token: next, meeting_briefs }
    const has_more = said(false)
    // With has_more false a token means nothing.
    const page_token = usually("", null, undefined, ...(has_more === false ? ["left over"] : []))
    return { has_more, page_token, meeting_briefs }
  }

  const byId = new Map(rows.map((row) => [row.id, row]))
  const { meetings } = scenario
  /** When it ended; those that had ended before took half an hour. */
  const endOf = ({ endsAt, time }: Row) =>
    endsAt === Number.NEGATIVE_INFINITY
      ? time + 1_800
      : Math.max(time + 60, Math.floor((scenario.epoch + endsAt) / 1_000))
  /** People who are in a meeting until they leave, the last of them at its end. */
  const people = (row: Row, type: string, at: number) =>
    Array.from({ length: Number(row.id.slice(-1)) % 4 }, (_, index) => {
      const endsAt = row.endsAt - index * 45_000
      return {
        id: `${type}-${index}-of-${row.id}`,
        final_leave_time: endsAt > at ? undefined : endOf({ ...row, endsAt }),
      }
    })
  /** What is known of a meeting, or the code of a refusal. */
  const meetingAt = (id: string, query: Asked["query"], at: number) => {
    const row = byId.get(id)
    if (row === undefined) return 121004
    if (row.refused.details !== undefined) return row.refused.details
    const type = query["user_id_type"] ?? "open_id"
    return {
      row,
      topic: row.topic,
      start_time: row.time,
      isRunning: row.endsAt > at,
      end_time: endOf(row),
      host_user: { id: `${type}-host-of-${id}`, user_type: 1 },
      participants: query["with_participants"] === "true" ? people(row, type, at) : undefined,
      ability: query["with_meeting_ability"] === "true" ? { use_video: true } : undefined,
    }
  }
  const recordingAt = (id: string, at: number) => {
    const row = byId.get(id)
    if (row === undefined) return 122002
    if (row.refused.recording !== undefined) return row.refused.recording
    if (row.endsAt > at) return meetings.running
    if (row.recordedAt === undefined) return 121004
    if (row.recordedAt > at) return meetings.beingMade
    return { url: `https://meetings.feishu.cn/minutes/m${id}?from=im`, duration: `${endOf(row)}000` }
  }
  const failureOf = (code: number): Answer => {
    const status = { 121004: 404, 121005: 403, 122002: 404 }[code] ?? 400
    return jsonAnswer(status, { code, msg: "as Feishu says it" }, "final")
  }
  const asSent = ({
    ability,
    end_time,
    host_user,
    isRunning,
    participants,
    row,
    start_time,
    topic,
  }: Exclude<ReturnType<typeof meetingAt>, number>) => ({
    id: row.id,
    topic,
    password: `SECRET-password-${row.id}`,
    meeting_no: row.meetingNo,
    start_time: String(start_time),
    end_time: isRunning
      ? { "0": "0", absent: undefined, "the start": String(start_time) }[meetings.end]
      : String(end_time),
    host_user,
    status: isRunning ? 2 : 3,
    participants: participants?.map(({ final_leave_time, id }) => ({
      id,
      user_type: 1,
      final_leave_time: String(final_leave_time ?? 0),
    })),
    ability,
  })
  const meetingAnswer = (about: AboutMeeting, id: string, query: Asked["query"]): Answer => {
    const found = about === "details" ? meetingAt(id, query, now()) : recordingAt(id, now())
    if (typeof found !== "number")
      return pageAnswer("row" in found ? { meeting: asSent(found) } : { recording: found })
    if (about === "details" || found !== 121004 || meetings.none === "121004") return failureOf(found)
    return pageAnswer(meetings.none === "null" ? { recording: null } : {})
  }
  const inWords = (about: AboutMeeting, id: string, query: Asked["query"], at: number): string => {
    if (!/^\d+$/.test(id)) return "Refused"
    if (about === "details") {
      const meeting = meetingAt(id, query, at)
      return typeof meeting === "number" ? meanings.details[meeting]! : detailsInWords(meeting)
    }
    const recording = recordingAt(id, at)
    return typeof recording === "number"
      ? meanings.recording[recording]!
      : recordingInWords({
          durationMillis: Number(recording.duration),
          minuteToken: `m${id}`,
        })
  }

  return {
    answer: (asked) => {
      const target = targetOf(asked.path)
      if (target === undefined)
        return asked.path === OAuth.userTokenPath ? refreshAnswer(asked.refreshToken!) : tokenAnswer()
      if (!isValid(asked.accessToken)) {
        const code = dice.pick([99991663, 99991664, 99991665, 99991668, 99991671, 99991677])
        // A server may say what it was sent.
        const msg = `Invalid access token ${dice.pick(["", asked.accessToken])}`
        return jsonAnswer(400, { code, msg }, "token refused", {
          "x-tt-logid": dice.pick(["20261122201500AB", asked.accessToken ?? ""]),
        })
      }
      const { about, id } = target
      const refused = limits[about].arrive(now())
      if (refused !== undefined) {
        limits[about].refusals++
        const seconds = Math.ceil(refused.reset! / 1_000)
        // Of a window of one second the service may say that it resets in no time.
        const said = refused.millis === 1_000 && id.endsWith("1") ? 0 : seconds
        return refusal(
          limit.tellsReset ? { "x-ogw-ratelimit-reset": String(said) } : {},
          limit.tellsReset ? seconds : 60,
        )
      }
      return about === "list" ? list(asked) : meetingAnswer(about, id, asked.query)
    },
    otherArrives: (about) => void limits[about].arrive(now()),
    revokeTokens: () => {
      for (const known of accessTokens.values()) known.revoked = true
    },
    isValid,
    signIn: (left = lifeNow()) => issue(left, Math.floor(left / 1_000)),
    refusals: (about) => limits[about].refusals,
    possible: (about, id, query, from, to) => {
      const row = byId.get(id)
      const changes =
        row === undefined
          ? []
          : [row.recordedAt ?? from, ...[0, 1, 2, 3].map((index) => row.endsAt - index * 45_000)]
      const times = [from, ...changes.filter((at) => at > from && at <= to)]
      return times.map((at) => inWords(about, id, query, at))
    },
    row: (id) => inRange.get(id),
    existing: (meetingNo, since) =>
      [...inRange.values()]
        .filter((row) => row.meetingNo === meetingNo && row.since <= since)
        .map(({ id }) => id),
  }
}
