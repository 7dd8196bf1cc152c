/** What lies between client and server: delays both ways, and everything that goes wrong on the way. */
import { Effect, Option, Stream, type Tracer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import * as OAuth from "@effect-feishu/contract/OAuth"
import type { Dice } from "./Dice.ts"
import type { Scenario } from "./Scenario.ts"
import type { Machine, VirtualTime } from "./VirtualTime.ts"
import * as World from "./World.ts"

/** A request that was sent, and what has become of it. */
export interface Sent {
  readonly machine: Machine
  readonly path: string
  /** `undefined` for a request for a token. */
  readonly target: World.Target | undefined
  readonly query: Readonly<Record<string, string>>
  readonly accessToken: string | undefined
  /** The token that a request refreshes with. */
  readonly refreshToken: string | undefined
  /** Whether it is on its way, or the server has no answer yet. */
  isUnderWay: boolean
  /** The span of the call, or of the fetch of a token, whose attempt it is. */
  readonly span: Tracer.AnySpan | undefined
  readonly at: number
  /** What the client has got; nothing as long as there is no end of an answer. */
  outcome: World.Verdict | "unanswered"
  /** When it had the answer whole. */
  answeredAt: number | undefined
  answer: World.Answer | undefined
}

/** Who is told of every request. */
export interface Listener {
  readonly sent: (sent: Sent) => void
  readonly arrived: (sent: Sent) => void
  readonly answered: (sent: Sent, answer: World.Answer) => void
  /** The client waited for the next sign of an answer for so long, and gave up. */
  readonly abandoned: (sent: Sent, awaited: "headers" | "data", millis: number) => void
  readonly note: (text: string) => void
}

type Fault =
  /** The system's code of a failure, before or after the request has arrived, or never a word. */
  | { readonly instead: "of sending" | "of arriving" | "of answering"; readonly code: string | undefined }
  /** The system's code of a failure while the request is on its way; it arrives all the same. */
  | { readonly meanwhile: string }
  | { readonly late: number }
  | { readonly body: "reset" | "stall" | "drip" }
  /** Something in front of Feishu answers. */
  | { readonly gateway: World.Answer }
  | { readonly spoil: (answer: World.Answer, asked: World.Asked) => World.Answer }

const network = {
  "connection refused": { instead: "of sending", code: "ECONNREFUSED" },
  "host not found": { instead: "of sending", code: "ENOTFOUND" },
  "connect timeout": { instead: "of sending", code: "UND_ERR_CONNECT_TIMEOUT" },
  "lost on the way": { instead: "of arriving", code: undefined },
  "reset on the way": { instead: "of arriving", code: "ECONNRESET" },
  "reset, but it arrives": { meanwhile: "ECONNRESET" },
  "reset before headers": { instead: "of answering", code: "ECONNRESET" },
  "no headers": { instead: "of answering", code: undefined },
  "late headers": { late: 1 },
  "reset in mid-body": { body: "reset" },
  "stall in mid-body": { body: "stall" },
  "a few bytes at a time": { body: "drip" },
} as const satisfies Record<string, Fault>

const html = (status: number, verdict: World.Verdict): World.Answer => ({
  status,
  headers: { "content-type": "text/html" },
  body: "<html><script>let x = 1</script><h1>Bad gateway</h1> nginx</html>",
  verdict,
})
const failure = (
  status: number,
  code: number,
  verdict: World.Verdict,
  msg = "as Feishu says it",
): World.Answer => World.jsonAnswer(status, { code, msg, error: { log_id: "20261122201500ABCD" } }, verdict)
const refusal = (reset: string, seconds: number, header = "x-ogw-ratelimit-reset"): World.Answer =>
  World.refusal({ [header]: reset }, seconds)

/** What is in front of Feishu, or Feishu itself, says instead of an answer. */
const gateway: Readonly<Record<string, World.Answer>> = {
  "502 with HTML": html(502, "transient"),
  "503 without a body": { status: 503, headers: {}, body: "", verdict: "transient" },
  "504 with text": {
    status: 504,
    headers: { "content-type": "text/plain" },
    body: "upstream timed out",
    verdict: "transient",
  },
  "200 with HTML": html(200, "transient"),
  "500 and 121001": failure(500, 121001, "transient"),
  "500 and an unknown code": failure(500, 4_711, "transient"),
  "200 and a busy code": failure(200, 2_200, "transient"),
  "408": { status: 408, headers: {}, body: "", verdict: "transient" },
  "425": { status: 425, headers: {}, body: "", verdict: "transient" },
  "429, reset in 7": refusal("7", 7),
  "429, reset in 52": refusal("52", 52),
  "429 without a header": World.refusal({}, 60),
  "429, reset 0": refusal("0", 1),
  "429, reset -5": refusal("-5", 60),
  "429, reset abc": refusal("abc", 60),
  "429, reset empty": refusal("", 60),
  "429, Retry-After": refusal("9", 9, "retry-after"),
  "429 in HTML": { ...html(429, "rate limited"), resetSeconds: 60 },
  "200 with 99991400": World.refusal({ "x-ogw-ratelimit-reset": "3" }, 3, 200),
  "400 with 99991400": World.refusal({}, 60, 400),
  "429, reset over the longest wait": refusal("1200", 1_200),
  "429, reset 1e30": refusal("1e30", 1e30),
  "302": {
    status: 302,
    headers: { location: "https://elsewhere.example/SECRET" },
    body: "",
    verdict: "final",
  },
  "204": { status: 204, headers: {}, body: "", verdict: "final" },
  "404 as text": {
    status: 404,
    headers: { "content-type": "text/plain" },
    body: "404 page not found",
    verdict: "final",
  },
}

const decoy = [{ id: "decoy", topic: "of a failed answer", password: "SECRET-password" }]

/** What a page can be spoilt to, and the verdict then. */
const spoilt = (change: (data: Record<string, unknown>) => unknown, verdict: World.Verdict) => ({
  spoil: (answer: World.Answer) =>
    answer.data === undefined
      ? answer
      : { ...answer, body: JSON.stringify({ code: 0, data: change({ ...answer.data }) }), verdict },
})
const envelope = (change: object, verdict: World.Verdict, status = 200) => ({
  spoil: (answer: World.Answer) =>
    answer.data === undefined
      ? answer
      : { ...answer, status, body: JSON.stringify({ code: 0, data: answer.data, ...change }), verdict },
})
const rowsOf = (data: Record<string, unknown>) => (data["meeting_briefs"] ?? []) as ReadonlyArray<object>

/** Instead of the answer to a page token; in the place of a first page it would be an empty list. */
const behindPageToken = (body: object) => ({
  spoil: (answer: World.Answer, { query }: World.Asked) =>
    answer.data === undefined || query["page_token"] === undefined
      ? answer
      : { ...answer, body: JSON.stringify({ code: 0, msg: "ok", ...body }), verdict: "transient" as const },
})

const payload: Readonly<Record<string, Fault>> = {
  "page 2 without data": behindPageToken({}),
  "page 2 with data null": behindPageToken({ data: null }),
  "page 2 with empty data": behindPageToken({ data: {} }),
  "page 2 with rows alone": behindPageToken({ data: { meeting_briefs: decoy } }),
  "the answer of a token endpoint": {
    spoil: (answer) =>
      answer.data === undefined
        ? answer
        : {
            ...answer,
            body: JSON.stringify({
              code: 0,
              msg: "ok",
              tenant_access_token: "t-SECRET-decoy",
              expire: 7_200,
            }),
            verdict: "transient",
          },
  },
  "cut short": {
    spoil: (answer) =>
      answer.data === undefined
        ? answer
        : { ...answer, body: answer.body.slice(0, answer.body.length / 2), verdict: "transient" },
  },
  "an empty body": {
    spoil: (answer) => (answer.data === undefined ? answer : { ...answer, body: "", verdict: "transient" }),
  },
  "no code": envelope({ code: undefined }, "final"),
  "code null": envelope({ code: null }, "final"),
  "code as text": envelope({ code: "0" }, "final"),
  "rows although it failed, 200": envelope({ code: 121004, data: { meeting_briefs: decoy } }, "final"),
  "rows although it is busy, 200": envelope({ code: 1500, data: { meeting_briefs: decoy } }, "transient"),
  "rows although it failed, 500": envelope(
    { code: 121001, data: { meeting_briefs: decoy } },
    "transient",
    500,
  ),
  "no rows as it failed, 200": envelope({ code: 121001, data: null }, "transient"),
  "more, but no token": spoilt((data) => ({ ...data, has_more: true, page_token: undefined }), "success"),
  "more, but an empty token": spoilt((data) => ({ ...data, has_more: true, page_token: "" }), "success"),
  "the token that was sent": {
    spoil: (answer, { query }) =>
      answer.data === undefined || query["page_token"] === undefined
        ? answer
        : World.pageAnswer({ ...answer.data, has_more: true, page_token: query["page_token"] }),
  },
  "the access token as page token": {
    spoil: (answer, { accessToken }) =>
      answer.data === undefined
        ? answer
        : {
            ...World.pageAnswer({ ...answer.data, has_more: true, page_token: accessToken }),
            verdict: "final",
          },
  },
  "a row of another number": spoilt(
    (data) => ({ ...data, meeting_briefs: [...rowsOf(data), { ...decoy[0], meeting_no: "999999999" }] }),
    "success",
  ),
  "an id as a number": spoilt(
    (data) => ({ ...data, meeting_briefs: [...rowsOf(data), { ...decoy[0], id: 1 }] }),
    "final",
  ),
  "a row without an id": spoilt(
    (data) => ({ ...data, meeting_briefs: [...rowsOf(data), { ...decoy[0], id: "" }] }),
    "final",
  ),
  "rows as an object": spoilt(
    (data) => ({ ...data, meeting_briefs: { ...rowsOf(data), last: decoy[0] } }),
    "final",
  ),
  "has_more as text": {
    spoil: (answer, asked) => {
      const verdict = asked.query["page_token"] === undefined ? "final" : "transient"
      return spoilt((data) => ({ ...data, has_more: "false" }), verdict).spoil(answer)
    },
  },
  "a password as a list": spoilt(
    (data) => ({
      ...data,
      meeting_briefs: [...rowsOf(data), { ...decoy[0], password: ["SECRET-password"] }],
    }),
    "final",
  ),
}

const theSame = [
  "cut short",
  "an empty body",
  "no code",
  "code null",
  "code as text",
  "rows although it failed, 500",
  "the answer of a token endpoint",
] as const
const ofMeeting: Readonly<Record<string, Fault>> = {
  ...Object.fromEntries(theSame.map((name) => [name, payload[name]!])),
  "no data": envelope({ data: undefined }, "transient"),
  "data null": envelope({ data: null }, "transient"),
}

/** What the answer about a meeting can be spoilt to. With data, a recording that is left out says that there is none. */
const payloads: Readonly<Record<World.About, Readonly<Record<string, Fault>>>> = {
  list: payload,
  details: {
    ...ofMeeting,
    "no meeting": spoilt(() => ({}), "transient"),
    "a meeting that is null": spoilt((data) => ({ ...data, meeting: null }), "transient"),
    "participants as an object": spoilt(
      ({ meeting }) => ({ meeting: { ...(meeting as object), participants: { first: "SECRET" } } }),
      "final",
    ),
  },
  recording: {
    ...ofMeeting,
    "a recording as text": spoilt(() => ({ recording: "SECRET" }), "final"),
  },
}

const tokenEndpoint: Readonly<Record<string, Fault>> = {
  ...network,
  slow: { late: 1 },
  "502 with HTML": { gateway: gateway["502 with HTML"]! },
  "500 as Feishu says it": { gateway: failure(500, 20_050, "transient", `of ${World.app.secret}`) },
  "429": { gateway: refusal("5", 5) },
  "429 without a header": { gateway: World.refusal({}, 60) },
  "the secret is refused": {
    gateway: failure(200, 10_014, "final", `app secret invalid: ${World.app.secret}`),
  },
  "no token in it": { gateway: World.jsonAnswer(200, { code: 0, expire: 7_200 }, "final") },
  "an empty token": {
    gateway: World.jsonAnswer(200, { code: 0, tenant_access_token: "", expire: 7_200 }, "final"),
  },
  "no token as it failed": {
    gateway: World.jsonAnswer(200, { code: 5_000, tenant_access_token: "t-SECRET-decoy" }, "transient"),
  },
}

/** An answer with a user's tokens, with which something happens on its way: the refresh token is used. */
const lost = (instead: (answer: World.Answer) => World.Answer) => ({
  spoil: (answer: World.Answer) => (answer.issued === undefined ? answer : instead(answer)),
})

const usedAndLost: Readonly<Record<string, Fault>> = {
  "504 with text, although it is used": lost(() => gateway["504 with text"]!),
  "cut short": lost((answer) => ({
    ...answer,
    body: answer.body.slice(0, answer.body.length / 2),
    verdict: "transient",
  })),
}

const userTokenEndpoint: Readonly<Record<string, Fault>> = {
  ...network,
  slow: { late: 1 },
  "500 and 20050": { gateway: failure(500, 20_050, "transient", `of ${World.app.secret}`) },
  "503 and 20072": { gateway: failure(503, 20_072, "transient") },
  "502 with HTML": { gateway: gateway["502 with HTML"]! },
  ...usedAndLost,
  "429": { gateway: refusal("5", 5) },
  "429 in HTML": { gateway: gateway["429 in HTML"]! },
  "the secret is refused": { gateway: failure(400, 20_002, "final", `of ${World.app.secret}`) },
  "the app is not enabled": { gateway: failure(400, 20_069, "final") },
  "the app may not refresh": { gateway: failure(400, 20_074, "final") },
  "no token in it": { gateway: World.jsonAnswer(200, { code: 0, expires_in: 7_200 }, "final") },
}
const userTokenOutage = Object.fromEntries(
  (["connection refused", "500 and 20050", "503 and 20072", "502 with HTML"] as const).map((name) => [
    name,
    userTokenEndpoint[name]!,
  ]),
)

/** Makes the HTTP client of a machine. */
export const make = (
  scenario: Scenario,
  dice: Dice,
  time: VirtualTime,
  world: World.World,
  isCalm: () => boolean,
  listener: Listener,
): ((machine: Machine) => HttpClient.HttpClient) => {
  const { delay, weather } = scenario
  const gatewayFaults: Readonly<Record<string, Fault>> = Object.fromEntries(
    Object.entries(gateway).map(([name, answer]) => [name, { gateway: answer }]),
  )

  const drawFault = (target: World.Target | undefined): readonly [string, Fault] | undefined => {
    if (isCalm()) return undefined
    const outage = scenario.outages.find(({ from, to }) => time.now() >= from && time.now() < to)?.what
    const from = (faults: Readonly<Record<string, Fault>>) => dice.pick(Object.entries(faults))
    if (target === undefined) {
      const { outages = [] } = scenario.login ?? {}
      if (outages.some(({ from, to }) => time.now() >= from && time.now() < to)) return from(userTokenOutage)
      if (!dice.chance(weather.tokenEndpoint)) return undefined
      if (scenario.login === undefined) return from(tokenEndpoint)
      // Two requests with one token at the same time need one that nobody knows of.
      const late = "reset, but it arrives"
      if (dice.chance(0.2)) return [late, network[late]]
      return from(dice.chance(0.2) ? usedAndLost : userTokenEndpoint)
    }
    if (outage === "network") return from(network)
    if (outage === "gateway") return ["500 and 121001", gatewayFaults["500 and 121001"]!]
    if (outage === "limit") return ["429, reset in 7", gatewayFaults["429, reset in 7"]!]
    if (outage === "token")
      return ["the token is refused", { gateway: failure(400, 99991663, "token refused") }]
    if (dice.chance(weather.network)) {
      // What a window of one second must leave room for has to come often, to come close together.
      const late = "reset, but it arrives"
      return target.about !== "list" && dice.chance(0.4) ? [late, network[late]] : from(network)
    }
    if (dice.chance(weather.gateway)) return from(gatewayFaults)
    return dice.chance(weather.payload) ? from(payloads[target.about]) : undefined
  }
  const way = (longest: number) => dice.int(1, dice.chance(0.9) ? Math.ceil(longest / 4) : longest)

  /** When each part of the body comes, or what comes instead of the next. */
  const partsOf = (
    text: string,
    fault: Fault | undefined,
  ): ReadonlyArray<{ readonly after: number; readonly bytes?: Uint8Array }> => {
    const bytes = new TextEncoder().encode(
      (scenario.listing.sparse && dice.chance(0.1) ? "\uFEFF" : "") + text,
    )
    const cut = dice.int(0, bytes.length)
    if (fault !== undefined && "body" in fault) {
      if (fault.body === "drip") {
        return Array.from({ length: 7 }, (_, index) => ({
          after: dice.int(1, 9_000),
          bytes: bytes.subarray((bytes.length * index) / 7, (bytes.length * (index + 1)) / 7),
        }))
      }
      const rest = { after: fault.body === "stall" ? Number.POSITIVE_INFINITY : dice.int(0, 500) }
      return [{ after: 0, bytes: bytes.subarray(0, cut) }, rest]
    }
    // The cut may go through the middle of a character.
    return dice.chance(0.8)
      ? [{ after: 0, bytes }]
      : [
          { after: 0, bytes: bytes.subarray(0, cut) },
          { after: dice.int(0, 400), bytes: bytes.subarray(cut) },
        ]
  }

  return (machine) =>
    HttpClient.make((request, url) =>
      Effect.flatMap(Effect.option(Effect.currentSpan), (span) => {
        const sent: Sent = {
          machine,
          path: url.pathname,
          target: World.targetOf(url.pathname),
          query: Object.fromEntries(url.searchParams),
          accessToken: request.headers["authorization"]?.replace("Bearer ", ""),
          span: Option.getOrUndefined(Option.flatMap(span, ({ parent }) => parent)),
          refreshToken:
            url.pathname === OAuth.userTokenPath && request.body._tag === "Uint8Array"
              ? String(JSON.parse(new TextDecoder().decode(request.body.body)).refresh_token)
              : undefined,
          isUnderWay: false,
          at: time.now(),
          outcome: "unanswered",
          answeredAt: undefined,
          answer: undefined,
        }
        const [name, fault] = drawFault(sent.target) ?? [undefined, undefined]
        listener.sent(sent)
        if (name !== undefined) listener.note(`  ${name}`)
        const broken = (code: string) =>
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request,
              cause: Object.assign(new Error(code), { code }),
            }),
          })

        const waiting = <A, E>(awaited: "headers" | "data", what: Effect.Effect<A, E>) =>
          Effect.suspend(() => {
            const since = time.now()
            return Effect.onInterrupt(what, () =>
              Effect.sync(() => listener.abandoned(sent, awaited, time.now() - since)),
            )
          })
        const respond = (answer: World.Answer) => {
          const parts = partsOf(answer.body, fault)
          const body = Stream.fromArray(parts).pipe(
            Stream.mapEffect(({ after, bytes }, index) =>
              Effect.flatMap(after === 0 ? Effect.void : waiting("data", Effect.sleep(after)), () => {
                if (bytes === undefined) {
                  sent.outcome = "transient"
                  return Effect.fail(broken("ECONNRESET"))
                }
                if (index === parts.length - 1) {
                  sent.outcome = answer.verdict
                  sent.answer = answer
                  sent.answeredAt = time.now()
                  listener.answered(sent, answer)
                }
                return Effect.succeed(bytes)
              }),
            ),
          )
          const response = HttpClientResponse.fromWeb(
            request,
            new Response(null, { status: answer.status, headers: { ...answer.headers } }),
          )
          // A web stream takes turns of the real event loop, which virtual time does not wait for.
          return Object.create(response, { stream: { value: body } }) as HttpClientResponse.HttpClientResponse
        }

        const response = Effect.callback<
          HttpClientResponse.HttpClientResponse,
          HttpClientError.HttpClientError
        >((resume) => {
          // What the client hears ends with its machine; what the server hears does not.
          const tell = (millis: number, what: Parameters<typeof resume>[0]) =>
            void time.after(millis, () => resume(what), machine)
          const fail = (millis: number, code: string | undefined) => {
            if (code !== undefined) {
              tell(
                millis,
                Effect.suspend(() => ((sent.outcome = "transient"), Effect.fail(broken(code)))),
              )
            }
          }
          const instead = fault !== undefined && "instead" in fault ? fault : undefined
          if (instead?.instead === "of sending") {
            return fail(instead.code === "UND_ERR_CONNECT_TIMEOUT" ? 10_000 : way(delay.back), instead.code)
          }
          if (instead?.instead === "of arriving") return fail(way(delay.there), instead.code)
          const meanwhile = fault !== undefined && "meanwhile" in fault ? fault.meanwhile : undefined
          if (meanwhile !== undefined) fail(way(delay.back), meanwhile)
          // Within the 5 s that a slot without an answer rests longer.
          const making = sent.refreshToken === undefined ? 0 : scenario.login!.making
          sent.isUnderWay = true
          const there = meanwhile === undefined ? way(delay.there) : dice.int(1, 4_900 - making)
          const arrive = () => {
            const asked: World.Asked = sent
            const answer = fault !== undefined && "gateway" in fault ? fault.gateway : world.answer(asked)
            sent.isUnderWay = false
            if (meanwhile !== undefined) return
            if (instead !== undefined) return fail(way(delay.back), instead.code)
            const late = fault !== undefined && "late" in fault ? dice.int(1_000, 26_000) : 0
            const spoilt = fault !== undefined && "spoil" in fault ? fault.spoil(answer, asked) : answer
            // What a spoilt page says is nothing that can be counted on.
            const told = spoilt === answer ? answer : { ...spoilt, data: undefined }
            tell(
              late + way(delay.back),
              Effect.sync(() => respond(told)),
            )
          }
          time.after(there, () => {
            listener.arrived(sent)
            if (sent.refreshToken === undefined) return arrive()
            time.after(dice.int(0, making), arrive)
          })
        })
        return waiting("headers", response)
      }),
    )
}
