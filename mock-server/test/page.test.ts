/** The page at `/` as a server's answer; what a browser makes of it is in page.services.ts. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { request as nodeRequest } from "node:http"
import { gzipSync } from "node:zlib"
import { banner } from "../src/command/banner.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { curl } from "../src/inspector/browser/curl.ts"
import { datesIn } from "../src/inspector/browser/dates.ts"
import { meetingNoIn } from "../src/inspector/browser/meetingNo.ts"
import { prettyJson } from "../src/inspector/browser/prettyJson.ts"
import type { Detail } from "../src/protocol/PublicTypes.ts"
import { call, callAt } from "./feishu.ts"
import { now, seed } from "./fixture.ts"

const provideMock = (options?: MockFeishu.Options & MockFeishu.Address) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))

/** Asks as a browser does that was led there by a name. */
const statusOf = (url: string, headers: Record<string, string>) =>
  Effect.callback<number>((resume) => {
    const { hostname, port } = new URL(url)
    nodeRequest({ hostname, port, path: "/", headers, agent: false }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    }).end()
  })

const isFeishus404 = ({ headers, status, text }: Effect.Success<ReturnType<typeof call>>) => {
  assert.deepStrictEqual([status, text], [404, "404 page not found"])
  assert.property(headers, "x-tt-logid")
  assert.notProperty(headers, "set-cookie")
}

const journal = Effect.map(
  call("/_mock/journal", { headers: { authorization: "Bearer let-me-in" } }),
  (answer) => JSON.parse(answer.text),
)

describe("GET /", () => {
  it.effect("is one file under 45 kB that may load and run nothing but what is in it", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* call("/")
      assert.strictEqual(status, 200)
      assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
      assert.isBelow(gzipSync(text).length, 45_000)
      const policy = new Map(
        headers["content-security-policy"]!.split("; ").map((rule) => {
          const [name, ...values] = rule.split(" ")
          return [name!, values.join(" ")]
        }),
      )
      assert.strictEqual(policy.get("default-src"), "'none'")
      assert.strictEqual(policy.get("connect-src"), "'self'")
      assert.strictEqual(policy.get("frame-ancestors"), "'none'")
      assert.strictEqual(policy.get("require-trusted-types-for"), "'script'")
      for (const [rule, element] of [
        ["script-src", "script"],
        ["style-src", "style"],
      ] as const) {
        const [, content] = new RegExp(`<${element}[^>]*>(.*?)</${element}>`, "s").exec(text)!
        assert.strictEqual(
          policy.get(rule),
          `'sha256-${createHash("sha256").update(content!).digest("base64")}'`,
        )
      }
      assert.notMatch(text, /<(script|link|img)[^>]+(src|href)="(?!data:)/)
      assert.strictEqual(headers["referrer-policy"], "no-referrer")
      assert.strictEqual(headers["cache-control"], "no-store")
    }).pipe(provideMock()),
  )

  it.effect("is not in the journal, and has no part in Feishu's answers to anything else", () =>
    Effect.gen(function* () {
      yield* call("/")
      assert.deepStrictEqual(yield* journal, [])
      for (const path of ["/index.html", "//", "/%2f", "/;"]) isFeishus404(yield* call(path))
    }).pipe(provideMock()),
  )

  it.effect("S7 is Feishu's own 404 by a foreign name, and to a page from elsewhere", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const { host, port } = new URL(url)
      assert.strictEqual(yield* statusOf(url, { host }), 200)
      assert.strictEqual(yield* statusOf(url, { host: `localhost:${port}` }), 200)
      assert.strictEqual(yield* statusOf(url, { host: "evil.example" }), 404)
      assert.strictEqual(yield* statusOf(url, { host, origin: "http://evil.example" }), 404)
    }).pipe(provideMock()),
  )

  it.effect(
    "S8 needs the control token where there is one, and then opens again by a cookie that opens nothing else",
    () =>
      Effect.gen(function* () {
        isFeishus404(yield* call("/"))
        isFeishus404(yield* call("/?token=let-me-ix"))
        const { headers, status } = yield* call("/?token=let-me-in")
        assert.strictEqual(status, 200)
        const cookie = headers["set-cookie"]!
        assert.match(cookie, /; HttpOnly; SameSite=Strict$/)
        assert.notInclude(cookie, "let-me-in")
        const [pair] = cookie.split(";")
        assert.strictEqual((yield* call("/", { headers: { cookie: `a=b; ${pair}` } })).status, 200)
        isFeishus404(yield* call("/", { headers: { cookie: `${pair}x` } }))
        assert.strictEqual((yield* call("/_mock/state", { headers: { cookie: pair! } })).status, 403)
        // What the page leads to holds no data, and a link cannot have the token in a header.
        for (const path of [
          "/_mock/docs",
          "/_mock/openapi.json",
          "/_mock/README.md",
          "/_mock/README.zh-CN.md",
        ]) {
          assert.strictEqual((yield* call(path)).status, 403, path)
          const document = yield* call(path, { headers: { cookie: pair! } })
          assert.strictEqual(document.status, 200, path)
          if (path.endsWith(".md")) {
            assert.strictEqual(document.headers["content-type"], "text/plain; charset=utf-8")
          }
        }
        // A token that was mistyped is nearly the right one.
        assert.notInclude(JSON.stringify(yield* journal), "let-me")
      }).pipe(provideMock({ controlToken: "let-me-in" })),
  )

  it.effect("S8 on another address its token is in the banner's link", () =>
    Effect.gen(function* () {
      const running = yield* MockFeishu.MockFeishu
      const [, link] = /^ {2}page +(\S+)$/m.exec(banner(running, now))!
      assert.strictEqual((yield* callAt(link!, "")).status, 200)
      isFeishus404(yield* call("/"))
    }).pipe(provideMock({ host: "0.0.0.0", controlToken: "a+b &c" })),
  )
})

describe("copy as curl", () => {
  /** The words that a shell makes of a command. */
  const wordsOf = (command: string) =>
    execFileSync("sh", ["-c", `curl() { printf '%s\\n' "$@"; }\n${command}`], {
      env: { TOKEN: "t-1", APP_SECRET: "it's $HOME" },
      encoding: "utf8",
    })
      .trimEnd()
      .split("\n")

  const request: Detail = {
    seq: 1,
    time: 0,
    method: "GET",
    path: "/open-apis/vc/v1/meetings/list_by_no",
    query: { meeting_no: "337736498" },
    authorization: "Bearer t-<redacted>",
    status: 200,
    logId: "1",
    millis: 1,
    requestHeaders: { "content-type": "application/json", host: "127.0.0.1:8787" },
    responseHeaders: {},
    requestBody: "",
    responseBody: "",
  }

  it("sends the same again, with variables for what was masked", () => {
    assert.deepStrictEqual(wordsOf(curl(request, "http://127.0.0.1:8787")), [
      "-s",
      "http://127.0.0.1:8787/open-apis/vc/v1/meetings/list_by_no?meeting_no=337736498",
      "-H",
      "Authorization: Bearer t-1",
    ])
    const requestBody = `{"app_id":"it's $(id) \`id\` \\"","app_secret": "<redacted>"}`
    const { authorization: _, ...login } = {
      ...request,
      method: "POST",
      path: "/login",
      query: {},
      requestBody,
    }
    assert.deepStrictEqual(wordsOf(curl(login, "http://mock")), [
      "-s",
      "http://mock/login",
      "-H",
      "Content-Type: application/json",
      "--data-raw",
      `{"app_id":"it's $(id) \`id\` \\"","app_secret": "it's $HOME"}`,
    ])
    const form = { ...login, requestBody: "client_id=1&app_secret=<redacted>&a=b" }
    assert.strictEqual(wordsOf(curl(form, "http://mock")).at(-1), "client_id=1&app_secret=it's $HOME&a=b")
  })

  it.prop(
    "whatever was asked, a shell runs nothing of it",
    [Schema.String.check(Schema.isPattern(/^[ -~]{0,40}$/))],
    ([text]) => {
      const command = curl({ ...request, query: { q: text } }, "http://mock")
      assert.strictEqual(new URL(wordsOf(command)[1]!).searchParams.get("q"), text)
      const posted = curl({ ...request, method: "PUT", requestBody: `x${text}.` }, "http://mock")
      assert.strictEqual(wordsOf(posted).at(-1), `x${text}.`)
    },
    { arbitrary: { runs: 30 } },
  )
})

describe("dates", () => {
  it("follow unix times in seconds and milliseconds, and nothing else", () => {
    const json = prettyJson(
      '{"start_time":"1769850000","expire":7200,"id":"7011030664708603907","phone":"1769850000","resetAt":1,"ready_time":1769850000123,"topic":"\\"end_time\\": 1769850000"}',
    )
    const parts = datesIn(json)
    assert.strictEqual(parts.filter((part) => typeof part === "string").join(""), json)
    const dates = parts.flatMap((part) => (typeof part === "string" ? [] : [part.date]))
    assert.strictEqual(dates.length, 2)
    for (const date of dates) assert.match(date, /^2026-0[12]-\d\d \d\d:\d\d:00 /)
  })
})

describe("meeting numbers as people have them", () => {
  it("are read from links, full-width digits and blanks; anything else stays, so that it can be told", () => {
    for (const text of [
      "https://vc.feishu.cn/j/337736498?from=chat",
      "３３７７３６４９８",
      "337 736\u00a0498",
      "337-736-498\u200b",
    ]) {
      assert.strictEqual(meetingNoIn(text), "337736498", text)
    }
    assert.strictEqual(meetingNoIn("12x"), "12x")
  })
})

describe("pretty JSON", () => {
  it.prop("is set as JSON.stringify does it, whatever the JSON", [Schema.Json], ([value]) => {
    assert.strictEqual(prettyJson(JSON.stringify(value)), JSON.stringify(value, undefined, 2))
  })

  it("keeps every digit of an id that is a number, and what is no JSON", () => {
    assert.strictEqual(prettyJson('{"id":7011030664708603907}'), '{\n  "id": 7011030664708603907\n}')
    assert.strictEqual(prettyJson("404 page not found"), "404 page not found")
  })
})
