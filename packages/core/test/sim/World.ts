/** Feishu as the client meets it: meetings that appear, page tokens, access tokens that end, and the rate limit. */
import { ListByNo, type MeetingNo } from "@effect-feishu/core"
import type { Dice } from "./Dice.ts"
import type { Row, Scenario } from "./Scenario.ts"

/** A request as it arrives. */
export interface Asked {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly accessToken: string | undefined
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
  /** A request of another program with the same app arrives. */
  readonly otherArrives: () => void
  readonly revokeTokens: () => void
  /** Requests that the limiter has refused. */
  readonly refusals: () => number
  /** A meeting in the range. */
  readonly row: (id: string) => Row | undefined
  /** The ids of the meetings of a number in the range that have been there since then. */
  readonly existing: (meetingNo: MeetingNo, since: number) => ReadonlyArray<string>
}

/** The app of the simulation; everything secret has SECRET in it. */
export const app = { id: "cli_simulated", secret: "SECRET-of-the-app" }

const window = ListByNo.rateLimitWindowSeconds * 1_000

/** Takes the time of an arrival; says how long until the limit resets where the request may not pass. */
type Limiter = (time: number) => number | undefined

const limiters: Record<Scenario["limit"]["kind"], (requests: number, shift: number) => Limiter> = {
  "fixed window": (requests) => fixedWindow(requests, 0),
  "shifted window": fixedWindow,
  "sliding log": (requests) => {
    const log: Array<number> = []
    return (time) => {
      while (log.length > 0 && log[0]! <= time - window) log.shift()
      if (log.length >= requests) return log[0]! + window - time
      log.push(time)
      return undefined
    }
  },
  "token bucket": (requests) => {
    let tokens = requests
    let last = 0
    return (time) => {
      tokens = Math.min(requests, tokens + ((time - last) * requests) / window)
      last = time
      if (tokens < 1) return ((1 - tokens) * window) / requests
      tokens--
      return undefined
    }
  },
}

function fixedWindow(requests: number, shift: number): Limiter {
  let current = Number.NaN
  let count = 0
  return (time) => {
    const index = Math.floor((time - shift) / window)
    if (index !== current) [current, count] = [index, 0]
    if (count >= requests) return (index + 1) * window + shift - time
    count++
    return undefined
  }
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

/** Makes it. */
export const make = (scenario: Scenario, dice: Dice, now: () => number, isCalm: () => boolean): World => {
  const { limit, listing, range, rows, token } = scenario
  const limiter = limiters[limit.kind](limit.requests, limit.shift)
  let refusals = 0
  let made = 0

  const accessTokens = new Map<string, { readonly endsAt: number; revoked: boolean }>()
  let latest: string | undefined
  const isValid = (value: string | undefined) => {
    const known = value === undefined ? undefined : accessTokens.get(value)
    return known !== undefined && !known.revoked && now() < known.endsAt
  }
  const tokenAnswer = (): Answer => {
    const current = latest === undefined ? undefined : accessTokens.get(latest)
    const again =
      current !== undefined &&
      // With 30 minutes left or more, Feishu gives the same token again (documented).
      ((isValid(latest) && current.endsAt - now() >= 30 * 60_000) ||
        (!isValid(latest) && !isCalm() && dice.chance(token.stubbornness)))
    if (!again) {
      latest = `t-SECRET-${++made}`
      accessTokens.set(latest, {
        endsAt: now() + (isCalm() ? 120 * 60_000 : token.life),
        revoked: false,
      })
    }
    const left = Math.floor((accessTokens.get(latest!)!.endsAt - now()) / 1_000)
    const expire =
      token.tells === "the truth"
        ? left
        : token.tells === "two hours"
          ? 7_200
          : dice.pick([0, -1, "soon", null, undefined, 1e12, 0.5, "7200"])
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

  return {
    answer: (asked) => {
      if (asked.path !== ListByNo.path) return tokenAnswer()
      if (!isValid(asked.accessToken)) {
        const code = dice.pick([99991663, 99991664, 99991665, 99991668, 99991671, 99991677])
        // A server may say what it was sent.
        const msg = `Invalid access token ${dice.pick(["", asked.accessToken])}`
        return jsonAnswer(400, { code, msg }, "token refused", {
          "x-tt-logid": dice.pick(["20261122201500AB", asked.accessToken ?? ""]),
        })
      }
      const reset = limiter(now())
      if (reset !== undefined) {
        refusals++
        const seconds = Math.ceil(reset / 1_000)
        return refusal(
          limit.tellsReset ? { "x-ogw-ratelimit-reset": String(seconds) } : {},
          limit.tellsReset ? seconds : 60,
        )
      }
      return list(asked)
    },
    otherArrives: () => void limiter(now()),
    revokeTokens: () => {
      for (const known of accessTokens.values()) known.revoked = true
    },
    refusals: () => refusals,
    row: (id) => inRange.get(id),
    existing: (meetingNo, since) =>
      [...inRange.values()]
        .filter((row) => row.meetingNo === meetingNo && row.since <= since)
        .map(({ id }) => id),
  }
}
