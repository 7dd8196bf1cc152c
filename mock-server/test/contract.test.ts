import { createServer } from "node:http"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Stdio from "effect/Stdio"
import { run } from "../src/command/feishuMock.ts"
import * as ControlClient from "../src/library/ControlClient.ts"
import * as HeaderNames from "../src/protocol/HeaderNames.ts"
import { notChecked } from "../src/conformance/notChecked.ts"
import * as Proxy from "../src/conformance/Proxy.ts"
import * as Report from "../src/conformance/Report.ts"
import * as suite from "../src/conformance/suite.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import type { Rule } from "../src/protocol/PublicTypes.ts"
import { now, seed } from "./fixture.ts"

/** A clock on which waiting takes no time: the mock, which follows it, and the checks wait for minutes. */
const skipping = (start = now * 1000): Clock.Clock => {
  let millis = start
  const nanos = () => BigInt(Math.round(millis)) * 1_000_000n
  return {
    currentTimeMillisUnsafe: () => Math.round(millis),
    currentTimeMillis: Effect.sync(() => Math.round(millis)),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.sync(() => {
        millis += Duration.toMillis(duration)
      }),
  }
}

/** Looks at a mock with these options. */
const look = (
  options: MockFeishu.Options,
  asked: {
    readonly exhaustLimit?: boolean
    readonly withNumber?: boolean
    readonly pauseMillis?: number
    readonly appId?: string
    readonly url?: (mock: string) => string
    readonly faults?: ReadonlyArray<Rule>
  } = {},
) =>
  Effect.gen(function* () {
    const feishu = yield* MockFeishu.MockFeishu
    const control = ControlClient.connect({ url: feishu.url })
    for (const rule of asked.faults ?? []) yield* Effect.promise(() => control.addFault(rule))
    const waits: Array<string> = []
    const outcome = yield* suite.run({
      baseUrl: asked.url?.(feishu.url) ?? feishu.url,
      oauthBaseUrl: feishu.url,
      credentials: {
        app: {
          id: asked.appId ?? feishu.appId,
          secret: Redacted.make(asked.appId === undefined ? feishu.appSecret : "secret"),
        },
        token: undefined,
      },
      meetingNo: asked.withNumber === false ? undefined : feishu.meetingNos[0],
      exhaustLimit: asked.exhaustLimit ?? false,
      pauseMillis: asked.pauseMillis ?? 0,
      onWait: (words) => Effect.sync(() => void waits.push(words)),
    })
    const journal = yield* Effect.promise(() => control.journal())
    const idsOf = (verdict: suite.Verdict["verdict"]) =>
      outcome.results.filter((result) => result.verdict === verdict).map(({ check }) => check.id)
    return { ...outcome, idsOf, journal, outcome, waits }
  }).pipe(
    Effect.provide(MockFeishu.layer({ generate: { numbers: 1, meetings: 120 }, ...options })),
    Effect.scoped,
    Effect.provideService(Clock.Clock, skipping()),
  )

const ofTheLimit = [
  "rate-limit",
  "rate-window",
  "rate-status",
  "rate-answer",
  "rate-header-names",
  "rate-after-fields",
  "rate-after-token",
  "rate-second",
  "rate-headers",
]

const ofRows = [
  "rows",
  "rows-of-the-number",
  "page-size-20",
  "page-full",
  "last-page-token",
  "page-token",
  "page-token-empty",
  "page-tokens",
  "order-of-rows",
  "bounds",
  "meeting-ids",
  "details",
  "participants-unrequested",
  "details-flags",
  "details-artifacts",
  "details-wrong-fields",
  "recording-none",
  "recording-fields",
]

/** Those that a mock as it is does not decide. */
const never = ["scope-missing", "details-user-id", "monthly-quota"]

describe("the checks against the mock as it is", () => {
  it.effect("find all as here, three not decided, and send what was announced", () =>
    Effect.gen(function* () {
      const { idsOf, requests, seconds } = yield* look({}, { exhaustLimit: true, pauseMillis: 1200 })
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.deepStrictEqual(idsOf("not decided"), never)
      const plan = suite.plan({ exhaustLimit: true, pauseMillis: 1200 })
      assert.isAtMost(requests, plan.requests)
      assert.isAtMost(seconds, plan.seconds)
    }),
  )

  it.effect("leave the limit alone unless asked, and send at most 120 requests, at most 50 a minute", () =>
    Effect.gen(function* () {
      const { idsOf, journal, requests, waits } = yield* look({}, { pauseMillis: 1200 })
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.deepStrictEqual(idsOf("not decided").toSorted(), [...never, ...ofTheLimit].toSorted())
      assert.isAtMost(suite.plan({ exhaustLimit: false, pauseMillis: 1200 }).requests, suite.mostRequests)
      assert.strictEqual(journal.length, requests)
      for (const [index, entry] of journal.entries()) {
        const fiftyLater = journal[index + 50]
        if (fiftyLater !== undefined) assert.isAtLeast(fiftyLater.time - entry.time, 60_000)
      }
      assert.deepStrictEqual(waits, [])
    }),
  )

  it.effect("read only: meetings, paths that are not there, and tokens", () =>
    Effect.gen(function* () {
      const { journal } = yield* look({})
      const sent = new Set(journal.map(({ method, operation, path }) => `${method} ${operation ?? path}`))
      assert.deepStrictEqual([...sent].toSorted(), [
        "GET //open-apis/vc/v1/meetings/list_by_no",
        "GET /open-apis/auth/v3/tenant_access_token/internal",
        "GET /open-apis/vc/v1/%6Deetings/list_by_no",
        "GET /open-apis/vc/v1/Meetings/list_by_no",
        "GET /open-apis/vc/v1/meetings/",
        "GET /open-apis/vc/v1/no_such_endpoint",
        "GET authen.userInfo",
        "GET meetings.get",
        "GET meetings.getRecording",
        "GET meetings.listByNo",
        "POST /open-apis/auth/v3/tenant_access_token/internal/",
        "POST auth.appAccessToken",
        "POST auth.appAccessTokenInternal",
        "POST auth.tenantAccessToken",
        "POST auth.tenantAccessTokenInternal",
        "POST oauth.clientCredentials",
        "POST oauth.userToken",
      ])
      assert.strictEqual(journal.filter(({ code }) => code === 10014).length, 1)
    }),
  )

  it.effect("without a meeting number leave what rows are like undecided, never passed", () =>
    Effect.gen(function* () {
      const { idsOf } = yield* look({}, { withNumber: false })
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.deepStrictEqual(idsOf("not decided").toSorted(), [...never, ...ofTheLimit, ...ofRows].toSorted())
    }),
  )

  it.effect("with an app that lacks the scope settle what is said then, and not the rest", () =>
    Effect.gen(function* () {
      const { idsOf } = yield* look({ seed, now }, { appId: "cli_no_scope" })
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.include(idsOf("as here"), "scope-missing")
      for (const id of ["page", "page-size-51", "range-reversed"]) assert.include(idsOf("not decided"), id)
    }),
  )

  it.effect("ask again where a failure may pass by itself", () =>
    Effect.gen(function* () {
      const operation = "meetings.listByNo"
      const faults: ReadonlyArray<Rule> = [
        { operation, when: { nth: 4 }, then: { code: 121001 } },
        { operation, when: { nth: 15 }, then: { network: "reset before headers" } },
        { operation, when: { nth: 30 }, then: { code: 2200, status: 200 } },
        { operation: "auth.tenantAccessTokenInternal", when: { nth: 1 }, then: { network: "refuse" } },
      ]
      const { idsOf, journal } = yield* look({}, { faults })
      assert.strictEqual(journal.filter(({ fault }) => fault !== undefined).length, 4)
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.deepStrictEqual(idsOf("not decided").toSorted(), [...never, ...ofTheLimit].toSorted())
    }),
  )

  it.effect("go by Feishu's time, not by this machine's", () =>
    Effect.gen(function* () {
      const { idsOf } = yield* look({ now: now - 400 * 86_400 })
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.deepStrictEqual(idsOf("not decided").toSorted(), [...never, ...ofTheLimit].toSorted())
    }),
  )
})

describe("the checks against a mock with a switch turned", () => {
  const turned: ReadonlyArray<
    readonly [options: MockFeishu.Options, id: string, came: string, flag: string, exhaustLimit: boolean]
  > = [
    [{ rateWindow: "sliding" }, "rate-window", "sliding", "--rate-window sliding", true],
    [{ rateWindow: "bucket" }, "rate-window", "bucket", "--rate-window bucket", true],
    [{ rateStatus: 400 }, "rate-status", "400", "--rate-status 400", true],
    [{ rateLimit: 50 }, "rate-limit", "50", "--rate-limit 50", true],
    [{ rateLimit: 30 }, "rate-limit", "30", "--rate-limit 30", false],
    [{ rateLimit: "off" }, "rate-limit", "more than 131", "--rate-limit off", true],
    [
      { ninetyDays: "span" },
      "ninety-days",
      "91 days: 400 code 121003; 100 days ago: 200 code 0",
      "--ninety-days span",
      false,
    ],
    [
      { ninetyDays: "lookback" },
      "ninety-days",
      "91 days: 200 code 0; 100 days ago: 400 code 121003",
      "--ninety-days lookback",
      false,
    ],
    [{ emptyList: "null" }, "empty-list", "null", "--empty-list null", false],
    [{ emptyList: "absent" }, "empty-list", "absent", "--empty-list absent", false],
    [{ lastPageToken: "empty" }, "last-page-token", "empty", "--last-page-token empty", false],
    [
      { pageTokens: "free" },
      "page-tokens",
      "another end_time: 200 code 0; another page_size: 200 code 0",
      "--page-tokens free",
      false,
    ],
    [{ rateLimitPerSecond: 20 }, "rate-second", "20", "--rate-limit-per-second 20", true],
    [{ rateHeaders: "longest" }, "rate-headers", "longest", "--rate-headers longest", true],
    [
      { meetingIdRefusal: 121003 },
      "meeting-id-word",
      "400 code 121003",
      "--meeting-id-refusal 121003",
      false,
    ],
    [
      {
        seed: {
          apps: [
            {
              app_id: "cli_without_user_ids",
              app_secret: "secret",
              type: "self_built",
              scopes: ["vc:meeting:readonly", "vc:record:readonly"],
              tenants: ["tenant_a"],
            },
          ],
        },
        userIdWithoutScope: "absent",
      },
      "details-user-id",
      "200 code 0 without ids",
      "--user-id-without-scope absent",
      false,
    ],
    [
      { participantsUnrequested: "null" },
      "participants-unrequested",
      "null",
      "--participants-unrequested null",
      false,
    ],
    [
      { unknownMeetingRecording: 121004 },
      "recording-unknown",
      "404 code 121004",
      "--unknown-meeting-recording 121004",
      false,
    ],
    [
      { unrecordedMeeting: "empty" },
      "recording-none",
      "200 code 0, no recording",
      "--unrecorded-meeting empty",
      false,
    ],
    [
      { recordingIds: "sent" },
      "recording-fields",
      "duration, id, meeting_id, url",
      "--recording-ids sent",
      false,
    ],
    [{ monthlyQuota: 5 }, "monthly-quota", "429 code 99991403", "--monthly-quota N", false],
    [{ monthlyQuota: 0 }, "monthly-quota", "429 code 99991403", "--monthly-quota N", false],
  ]
  for (const [options, id, came, flag, exhaustLimit] of turned) {
    it.effect(`report it, and nothing else: ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const { results } = yield* look(options, { exhaustLimit })
        const differences = results.flatMap((result) =>
          result.verdict === "differs" ? [[result.check.id, result.came, result.flag]] : [],
        )
        assert.deepStrictEqual(differences, [[id, came, flag]])
      }),
    )
  }

  it.effect("wait as long as a refusal says, and say so", () =>
    Effect.gen(function* () {
      const { journal, waits } = yield* look({ rateLimit: 30 })
      assert.include(waits, "refused for the rate limit: waiting 60 s")
      assert.deepStrictEqual(
        journal.filter(({ earlyMillis }) => earlyMillis !== undefined),
        [],
      )
    }),
  )

  it.effect("send nothing more for meetings when the month's calls are used up", () =>
    Effect.gen(function* () {
      const { journal } = yield* look({ monthlyQuota: 5 })
      assert.strictEqual(journal.filter(({ code }) => code === 99991403).length, 1)
    }),
  )
})

/** What may be so of the real Feishu, of which the mock has no switch. */
interface Otherwise {
  readonly query?: (query: URLSearchParams) => void
  readonly answer?: (json: Json) => void
  /** Endpoints that the mock has not: a status and a code for paths of theirs. */
  readonly more?: (path: string) => readonly [status: number, code: number] | undefined
  /** How a name of a header is written. */
  readonly writes?: (name: string) => string
}
interface Json {
  readonly data?: {
    readonly has_more?: boolean
    meeting_briefs?: Array<{ id: string; password?: string }>
    page_token?: string
  }
  readonly error?: { troubleshooter?: string; field_violations?: ReadonlyArray<{ description: string }> }
}

/** Stands between the checks and a mock, and changes what is said; a GET with a body is hung up on if told. */
const between = (otherwise: Otherwise, hangUp = false) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      let mock = ""
      const server = createServer({ maxHeaderSize: 128 * 1024 }, async (request, response) => {
        const url = new URL(mock + (request.url ?? ""))
        if (hangUp && request.method === "GET" && request.headers["content-length"] !== undefined) {
          return void request.socket.destroy()
        }
        const more = otherwise.more?.(decodeURIComponent((request.url ?? "").split("?", 1)[0]!))
        if (more !== undefined) {
          request.resume()
          response.writeHead(more[0], { "Content-Type": "application/json" })
          return void response.end(JSON.stringify({ code: more[1], msg: "" }))
        }
        if (url.search !== "") otherwise.query?.(url.searchParams)
        let body = ""
        for await (const chunk of request.setEncoding("utf8")) body += String(chunk)
        const { authorization } = request.headers
        const answer = await fetch(url, {
          method: request.method ?? "GET",
          headers: authorization === undefined ? {} : { authorization },
          ...(request.method === "POST" ? { body } : {}),
        })
        const text = await answer.text()
        const json =
          answer.headers.get("content-type")?.includes("json") === true ? JSON.parse(text) : undefined
        if (json !== undefined) otherwise.answer?.(json)
        const { connection: _, "content-length": __, ...headers } = Object.fromEntries(answer.headers)
        const writes = otherwise.writes ?? HeaderNames.asFeishuWrites
        const written = Object.entries(headers).map(([name, value]) => [writes(name), value])
        response
          .writeHead(answer.status, Object.fromEntries(written))
          .end(json === undefined ? text : JSON.stringify(json))
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const { port } = server.address() as AddressInfo
      const urlFor = (url: string) => {
        mock = url
        return `http://127.0.0.1:${port}`
      }
      return { server, urlFor }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }),
  )

/** What Feishu's vc/v1 has with parameters in its paths and the mock has not: whatever stands in their place reaches them. */
const withParameters = [
  /^\/open-apis\/vc\/v1\/meetings\/[^/]+\/(invite|kickout|set_host|end)\/?$/,
  /^\/open-apis\/vc\/v1\/meetings\/[^/]+\/recording\/[^/]+\/?$/,
  /^\/open-apis\/vc\/v1\/(reserves|notes|rooms|room_levels|exports|reserve_configs)\/[^/]+(\/[^/]+)?\/?$/,
]

it.effect("the checks of paths find all as here where Feishu has endpoints with parameters, too", () =>
  Effect.gen(function* () {
    const { urlFor } = yield* between({
      more: (path) => (withParameters.some((route) => route.test(path)) ? [400, 99992402] : undefined),
    })
    const { idsOf } = yield* look({}, { url: urlFor })
    assert.deepStrictEqual(idsOf("differs"), [])
    for (const id of [
      "not-found",
      "not-found-slash",
      "not-found-case",
      "path-escaped",
      "path-double-slash",
    ]) {
      assert.include(idsOf("as here"), id)
    }
  }),
)

describe("the checks against a Feishu that is otherwise, which no switch explains", () => {
  const shift = (query: URLSearchParams, field: string, seconds: number) => {
    const from = Number(query.get("start_time"))
    const to = Number(query.get("end_time"))
    // Ranges of a second, of none, and wrong ones stay as they are.
    if (to - from > 1) query.set(field, String(Number(query.get(field)) + seconds))
  }
  const otherwise: ReadonlyArray<readonly [what: string, Otherwise, id: string, came: string]> = [
    [
      "newest first",
      {
        answer: ({ data }) => {
          if (data?.meeting_briefs !== undefined) data.meeting_briefs = data.meeting_briefs.toReversed()
        },
      },
      "order-of-rows",
      "newest first",
    ],
    [
      "the end of a range is not in it",
      { query: (query) => shift(query, "end_time", -1) },
      "bounds",
      "one end is not in it",
    ],
    [
      "the start of a range is not in it",
      { query: (query) => shift(query, "start_time", 1) },
      "bounds",
      "one end is not in it",
    ],
    [
      "a meeting is in the ranges that it overlaps with",
      { query: (query) => shift(query, "start_time", -10) },
      "bounds",
      "a meeting is in ranges that begin after its start",
    ],
    [
      "the same, of long meetings",
      { query: (query) => shift(query, "start_time", -1800) },
      "bounds",
      "a meeting is in ranges that begin after its start",
    ],
    [
      "ids count from another second",
      {
        answer: ({ data }) => {
          for (const row of data?.meeting_briefs ?? []) row.id = String(BigInt(row.id) + (7n << 32n))
        },
      },
      "meeting-ids",
      "7 s away",
    ],
    [
      "a password that is empty",
      {
        answer: ({ data }) => {
          for (const row of data?.meeting_briefs ?? []) row.password = ""
        },
      },
      "rows",
      "password is empty",
    ],
    [
      "no advice",
      { answer: ({ error }) => void delete error?.troubleshooter },
      "failure-body",
      "code, error, msg; log_id as in the header; no troubleshooter",
    ],
    [
      "other words",
      {
        answer: ({ error }) => {
          for (const violation of error?.field_violations ?? []) violation.description += " (337736498)"
        },
      },
      "violation-texts",
      "meeting_no is required (N); page_size the max value is 50 (N)",
    ],
    [
      "page tokens that are offsets",
      { query: (query) => void (query.get("page_token") === "2" && query.delete("page_token")) },
      "page-token-offset",
      "200 code 0",
    ],
    [
      "names of headers in lower case, as a proxy may send them",
      { writes: (name) => name },
      "header-names",
      "content-type, date, request-id, x-request-id, x-tt-logid",
    ],
    [
      "a page of 30 at most",
      { query: (query) => void (query.get("page_size") === "50" && query.set("page_size", "30")) },
      "page-full",
      "30 rows",
    ],
  ]
  for (const [what, other, id, came] of otherwise) {
    it.effect(`report: ${what}`, () =>
      Effect.gen(function* () {
        const { urlFor } = yield* between(other)
        const { results } = yield* look({}, { url: urlFor })
        const differences = results.flatMap((result) =>
          result.verdict === "differs" ? [[result.check.id, result.came, result.flag]] : [],
        )
        assert.deepStrictEqual(differences, [[id, came, undefined]])
      }),
    )
  }

  it.effect("say that no answer came, and go on", () =>
    Effect.gen(function* () {
      const { urlFor } = yield* between({}, true)
      const { idsOf, results } = yield* look({}, { url: urlFor })
      assert.deepStrictEqual(idsOf("differs"), [])
      assert.deepInclude(
        results.map((result) => (result.verdict === "not decided" ? [result.check.id, result.because] : [])),
        ["get-with-body", "there was no answer (ECONNRESET)"],
      )
      assert.include(idsOf("as here"), "bounds")
    }),
  )
})

describe("FIDELITY.md and the checks", () => {
  const ofFeishu = readFileSync(new URL("../FIDELITY.md", import.meta.url), "utf8").split(
    "## The mock itself",
  )[0]!
  const rows = ofFeishu
    .split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("|---"))
    .flatMap((line) => line.split("|")[1]!.trim().replaceAll("`", "").split(", "))
    .filter((id) => !["id", "code", "switch"].includes(id))

  it("have a check for each row, or the reason why there is none", () => {
    const settled = [...new Set(suite.checks.map(({ row }) => row)), ...Object.keys(notChecked)]
    // Only those, so that a failure names the row.
    assert.deepStrictEqual(
      {
        unsettled: rows.filter((row) => !settled.includes(row)),
        unknown: settled.filter((row) => !rows.includes(row)),
      },
      { unsettled: [], unknown: [] },
    )
    assert.strictEqual(settled.length, rows.length)
  })

  it("have ids of their own", () => {
    assert.strictEqual(new Set(rows).size, rows.length)
    const ids = suite.checks.map(({ id }) => id)
    assert.strictEqual(new Set(ids).size, ids.length)
  })
})

/** The command in this process. */
const command = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>,
) {
  const stdout: Array<string> = []
  const stderr: Array<string> = []
  const spy: Console.Console = {
    ...globalThis.console,
    log: (text: string) => void stdout.push(stripVTControlCharacters(text)),
    error: (text: string) => void stderr.push(stripVTControlCharacters(text)),
  }
  const code = yield* run(["contract", ...args], "0.0.0").pipe(
    Effect.as<unknown>(0),
    Effect.catch((error: unknown) =>
      Effect.succeed(
        typeof error === "object" && error !== null && Reflect.get(error, Runtime.errorExitCode),
      ),
    ),
    Effect.provideService(Console.Console, spy),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))),
    Effect.provide(Stdio.layerTest({})),
    Effect.provide(NodeServices.layer),
    Effect.provideService(Clock.Clock, skipping()),
  )
  return { code, stdout: stdout.join("\n"), stderr: stderr.join("\n") }
})

const app = { FEISHU_APP_ID: "cli_reader", FEISHU_APP_SECRET: "a-secret-of-the-app" }

/** Listens, counts, and answers everything alike, or nothing. */
const listening = (
  answer: { readonly status: number; readonly body: string; readonly headers?: object } | undefined,
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const counted = { requests: 0 }
      const server = createServer((request, response) => {
        counted.requests++
        request.resume()
        if (answer === undefined) return
        response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers })
        response.end(answer.body)
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const { port } = server.address() as AddressInfo
      return { counted, server, url: `http://127.0.0.1:${port}` }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }),
  )

describe("feishu-mock contract", () => {
  const sent = " Nothing was sent."
  const noUrl = `the base URL is not a URL: give one such as https://open.feishu.cn.${sent}`
  const noApp = `there are no credentials: set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN.${sent}`
  const wrong: ReadonlyArray<
    readonly [args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>, told: string]
  > = [
    [[], {}, noApp],
    [[], { FEISHU_APP_ID: "", FEISHU_APP_SECRET: "" }, noApp],
    [[], { FEISHU_APP_ID: "cli_reader" }, `FEISHU_APP_ID is set, but FEISHU_APP_SECRET is not.${sent}`],
    [[], { FEISHU_APP_SECRET: "s" }, `FEISHU_APP_SECRET is set, but FEISHU_APP_ID is not.${sent}`],
    [
      [],
      { FEISHU_ACCESS_TOKEN: "t-abc def" },
      `FEISHU_ACCESS_TOKEN contains characters that no token has, such as spaces.${sent}`,
    ],
    [[], { ...app, FEISHU_BRAND: "larc" }, `FEISHU_BRAND must be feishu or lark.${sent}`],
    [["--base-url", "feishu"], app, noUrl],
    [[], { ...app, FEISHU_BASE_URL: "//" }, noUrl],
    [
      ["--base-url", "feishu.example:443"],
      app,
      `the base URL is not an https URL: give one such as https://open.feishu.cn.${sent}`,
    ],
    [
      ["--base-url", "http://feishu.example"],
      app,
      `the base URL http://feishu.example is not https: anyone on the network could read the secret; --allow-http permits it.${sent}`,
    ],
    [
      ["--base-url", "https://me:pass@feishu.example"],
      app,
      `the base URL contains a user name or password: remove them.${sent}`,
    ],
    [
      ["--base-url", "https://feishu.example/?a=1"],
      app,
      `the base URL has a query or fragment: remove it.${sent}`,
    ],
    [
      ["--meeting-no", "33773649"],
      app,
      `--meeting-no: "33773649" has 8 digits, a meeting number has 9.${sent}`,
    ],
    [
      ["--meting-no", "337736498"],
      app,
      "unknown flag --meting-no. Did you mean --meeting-no? See feishu-mock contract --help.",
    ],
    [["--app-secret", "x"], app, "unknown flag --app-secret. See feishu-mock contract --help."],
  ]
  for (const [args, environment, told] of wrong) {
    it.effect(`ends with 2 for ${[...args, JSON.stringify(environment)].join(" ")}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* command(args, environment), {
          code: 2,
          stdout: "",
          stderr: `feishu-mock: ${told}`,
        })
      }),
    )
  }

  it.effect("goes by plain http to another machine where that is permitted, and says what that means", () =>
    Effect.gen(function* () {
      const url = "http://feishu-mock.invalid"
      const [flag, variable] = [
        yield* command(["--base-url", url, "--allow-http"], app),
        yield* command(["--base-url", url], { ...app, FEISHU_ALLOW_HTTP: "true" }),
      ]
      for (const { code, stderr } of [flag, variable]) {
        assert.strictEqual(code, 4)
        assert.include(stderr, "Plain http: app secret and token travel unencrypted")
        assert.include(stderr, `${url} could not be reached`)
      }
    }),
  )

  it.effect("ends with 4 when nobody is there", () =>
    Effect.gen(function* () {
      const { server, url } = yield* listening({ status: 200, body: "" })
      yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
      const { code, stderr, stdout } = yield* command(["--base-url", url], app)
      assert.strictEqual(code, 4)
      assert.strictEqual(stdout, "")
      assert.include(stderr, `${url} could not be reached, the connection was refused (ECONNREFUSED)`)
    }),
  )

  it.effect("ends with 2 when the app or the token is refused, after a request or two", () =>
    Effect.gen(function* () {
      const app10014 = yield* listening({ status: 200, body: '{"code":10014,"msg":"app secret invalid"}' })
      const refused = yield* command(["--base-url", app10014.url], app)
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, "no token was issued (200 code 10014): check FEISHU_APP_ID")
      assert.strictEqual(app10014.counted.requests, 1)
      const token = yield* listening({ status: 400, body: '{"code":99991663,"msg":"Invalid access token"}' })
      const expired = yield* command(["--base-url", token.url], { FEISHU_ACCESS_TOKEN: "t-expired" })
      assert.strictEqual(expired.code, 2)
      assert.include(expired.stderr, "the token is refused (400 code 99991663): check FEISHU_ACCESS_TOKEN")
      assert.strictEqual(token.counted.requests, 2)
    }),
  )

  it.effect(
    "ends with 2 after a request when what answers redirects, and names the host without a secret",
    () =>
      Effect.gen(function* () {
        for (const [location, to] of [
          ["https://login.example:8443/sso?x=1", "login.example:8443"],
          [`https://${app.FEISHU_APP_SECRET}.example/`, "<masked>.example"],
          // Masked before it is cut: half a secret would not be found.
          [
            `https://${"a".repeat(60)}.${"b".repeat(20)}.${app.FEISHU_APP_SECRET}.example/`,
            `${"a".repeat(60)}.${"b".repeat(20)}.<masked>.example`,
          ],
          ["/login", "another path"],
        ] as const) {
          for (const credentials of [app, { FEISHU_ACCESS_TOKEN: "t-given" }]) {
            const { counted, url } = yield* listening({ status: 302, headers: { location }, body: "" })
            const { code, stderr } = yield* command(["--base-url", url], credentials)
            assert.strictEqual(code, 2)
            assert.strictEqual(counted.requests, 1)
            if (credentials === app || !location.includes(app.FEISHU_APP_SECRET)) {
              assert.include(stderr, `${url} redirects to ${to}, which was not followed: check --base-url`)
            }
          }
        }
      }),
  )

  it.effect("with a token alone, as people paste it, leaves undecided what tokens are like", () =>
    Effect.gen(function* () {
      const { stdout } = yield* Effect.gen(function* () {
        const feishu = yield* MockFeishu.MockFeishu
        const answer = yield* Effect.promise(() =>
          fetch(`${feishu.url}/open-apis/auth/v3/tenant_access_token/internal`, {
            method: "POST",
            body: JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret }),
          }).then((response) => response.json()),
        )
        const { tenant_access_token: token } = answer as { tenant_access_token: string }
        return yield* command(["--base-url", `${feishu.url}/open-apis/`, "--json"], {
          FEISHU_ACCESS_TOKEN: `"Bearer ${token}"\r\n`,
        })
      }).pipe(Effect.provide(MockFeishu.layer()))
      const { checks, differs } = JSON.parse(stdout)
      assert.strictEqual(differs, 0)
      const { because, verdict } = checks.find(({ id }: { id: string }) => id === "token-again")
      assert.deepStrictEqual([verdict, because], ["not decided", "an access token was given, but no app"])
    }),
  )

  it.effect("shows shapes only of what came, whatever is in it", () =>
    Effect.gen(function* () {
      const secret = "Kündigung von Frau Example"
      const row = { id: "7011030664708603907", meeting_no: "337736498", topic: secret }
      const body = JSON.stringify({
        code: 0,
        msg: secret,
        [secret]: secret,
        tenant_access_token: "t-secret-token",
        access_token: "eyJsecret",
        expire: 7200,
        data: {
          has_more: false,
          meeting_briefs: [
            { ...row, password: "971024" },
            { ...row, host_user: "ou_secret", password: null },
          ],
        },
        error: { log_id: secret, field_violations: [{ field: secret, description: "\u001b[31m971024" }] },
        app_secret: app.FEISHU_APP_SECRET,
      })
      const headers = { "x-tt-logid": "Kuendigung 971024", "x-request-id": "ou_secret" }
      const { url } = yield* listening({ status: 200, body, headers })
      for (const more of [[], ["--json"]]) {
        const { code, stderr, stdout } = yield* command(
          ["--base-url", url, "--meeting-no", "337736498", ...more],
          app,
        )
        assert.strictEqual(code, 1)
        assert.include(stdout, "host_user is new; password")
        if (more.length === 0) assert.include(stdout, "PLEASE REPORT")
        if (more.length > 0) {
          assert.include(
            stdout,
            "[2 × {id:text,meeting_no:text,topic:text,password:text|null,host_user?:text}]",
          )
        }
        for (const hidden of [
          "Kündigung",
          "Kuendigung",
          "971024",
          "7011030664708603907",
          "337736498",
          "ou_secret",
          "secret-token",
          "eyJsecret",
          "\u001b",
          ...Object.values(app),
        ]) {
          assert.notInclude(stdout + stderr, hidden)
        }
      }
    }),
  )

  it.effect("tells people in lines of 80 columns what differs, and what to do", () =>
    Effect.gen(function* () {
      const { outcome } = yield* look({ emptyList: "null", ninetyDays: "span" }, { withNumber: false })
      const text = Report.text(outcome, {
        command: "feishu-mock",
        language: "en",
        columns: 80,
        paint: (_, text) => text,
      })
      for (const line of text.split("\n")) assert.isAtMost(line.length, 80)
      assert.match(text, /^INFERRED/)
      assert.include(
        text,
        "  ≠ empty-list                a page without rows has an empty list\n      mock    []\n      got     null\n      log id  20",
      )
      assert.include(text, "START THE MOCK WITH\n  feishu-mock --empty-list null --ninety-days span")
      assert.notInclude(text, "PLEASE REPORT")
      assert.include(text, "  ? because the limit was not exceeded: use --exhaust-limit\n")
    }),
  )

  it.live("as a process prints one JSON document and ends with 1, or with 130 when it is stopped", () =>
    Effect.gen(function* () {
      const feishu = yield* MockFeishu.MockFeishu
      const silent = yield* listening(undefined)
      const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
      const start = (url: string, onStderr: (child: ReturnType<typeof spawn>) => void) => {
        const args = [bin, "contract", "--base-url", url, "--meeting-no", "337 736 498", "--json"]
        const child = spawn(process.execPath, args, {
          env: { ...process.env, FEISHU_APP_ID: feishu.appId, FEISHU_APP_SECRET: feishu.appSecret },
        })
        const said = { stdout: "", stderr: "" }
        child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text))
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          said.stderr += text
          onStderr(child)
        })
        return once(child, "close").then(([code]) => ({ code: code as unknown, ...said }))
      }
      // Together: each takes a second of its own.
      const [done, stopped] = yield* Effect.promise(() =>
        Promise.all([start(feishu.url, () => {}), start(silent.url, (child) => child.kill("SIGINT"))]),
      )
      assert.strictEqual(done.code, 1)
      assert.match(
        done.stderr,
        /^Reading http:\/\/127\.0\.0\.1:\d+: up to \d+ requests, less than a minute\..*\n$/,
      )
      const { checks, differs, flags, notDecided } = JSON.parse(done.stdout)
      assert.deepStrictEqual([differs, notDecided, flags], [1, 12, "--last-page-token empty"])
      assert.strictEqual(checks.length, suite.checks.length)
      assert.deepStrictEqual([stopped.code, stopped.stdout], [130, ""])
    }).pipe(Effect.provide(MockFeishu.layer({ lastPageToken: "empty" }))),
  )
})

describe("the proxy of the environment", () => {
  it.each([
    ["http://127.0.0.1:7890", "http://127.0.0.1:7890"],
    ["127.0.0.1:7890", "http://127.0.0.1:7890"],
    [" proxy.example:8080/ ", "http://proxy.example:8080"],
    ["//proxy.example", "http://proxy.example"],
    ["HTTPS://proxy.example", "https://proxy.example"],
    ["[::1]:7890", "http://[::1]:7890"],
    ["me:pass@127.0.0.1:7890", "http://me:pass@127.0.0.1:7890"],
    ["http://me:100%@s/s@127.0.0.1:7890", "http://me:100%25%40s%2Fs@127.0.0.1:7890"],
    ["http://me:p%40ss@127.0.0.1:7890", "http://me:p%40ss@127.0.0.1:7890"],
    ["http://me@127.0.0.1:7890", "http://me@127.0.0.1:7890"],
  ])("%s is taken", (HTTPS_PROXY, https_proxy) => {
    assert.deepStrictEqual(Proxy.read({ https_proxy: " ", HTTPS_PROXY, NO_PROXY: "a.example" }), {
      environment: { https_proxy, no_proxy: "a.example" },
    })
  })

  it("that is blank, or not there, is none", () => {
    assert.deepStrictEqual(Proxy.read({}), { environment: {} })
    assert.deepStrictEqual(Proxy.read({ HTTPS_PROXY: " " }), { environment: {} })
  })

  it.each([
    [
      "socks5://me:SECRET@127.0.0.1:7890",
      /^HTTPS_PROXY: SOCKS proxies are not supported; name the HTTP port/,
    ],
    ["ftp://me:SECRET@127.0.0.1", /^HTTPS_PROXY is not the address of a proxy: write it as http:/],
    [":7890", /^HTTPS_PROXY is not the address/],
    ["me:SECRET@", /^HTTPS_PROXY is not the address/],
    ["no address", /^HTTPS_PROXY is not the address/],
  ])("%s is refused, and not repeated", (HTTPS_PROXY, problem) => {
    const read = Proxy.read({ HTTPS_PROXY })
    assert.match("problem" in read ? read.problem : "", problem)
    assert.notInclude(JSON.stringify(read), "SECRET")
  })
})
