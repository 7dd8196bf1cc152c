import { assert, describe, it } from "@effect/vitest"
import {
  ErrorCodes,
  FeishuClient,
  FeishuConfig,
  FeishuError,
  GetMeeting,
  Sentence,
  TimeRange,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Chinese from "../src/language/Chinese.ts"
import { explain } from "../src/failure/explain.ts"
import { chineseSentences } from "../src/language/chineseSentences.ts"
import { englishSentences } from "../src/language/englishSentences.ts"
import * as English from "../src/language/English.ts"
import { english } from "./english.ts"

/** Values of every name that a sentence has, so that each can be said. */
const values = {
  text: "T",
  meetingId: "7011030664708603907",
  unit: "seconds",
  time: "T",
  start: "S",
  end: "E",
  days: "3",
  seconds: 5,
  origin: "http://a.example",
  set: "A",
  missing: "B",
  problem: "blanks",
  minimum: 1,
  maximum: 50,
  example: "http://127.0.0.1:7890",
  label: "LABEL",
  number: 1,
  all: 2,
  command: "openssl",
  status: 204,
  bytes: 9,
  row: "7",
  meetingNo: "337736498",
  subject: "CN=A",
  which: "expired",
  day: "2026-09-01",
  more: 2,
  logId: "2026LOG",
  resetMillis: 60_000,
  paceMillis: 600,
}

const everySentence = (table: Sentence.Table): ReadonlyArray<readonly [kind: string, text: string]> =>
  Object.entries(table).map(([kind, say]) => [kind, (say as (given: unknown) => string)(values)])

/** The remedies: those sentences that end in a full stop, or in a command. */
const everyRemedy = everySentence(englishSentences)
  .map(([, text]) => text)
  .filter((text) => text.endsWith("."))

const refused = { status: 400, code: 121003, msg: "param error", logId: "20260901LOG" }

const everyReason: { readonly [R in FeishuError.Reason as R["_tag"]]: ReadonlyArray<R> } = {
  InvalidRequest: [new FeishuError.InvalidRequest({ field: "from", problem: "错误", remedy: "更正。" })],
  CursorUnusable: FeishuError.CursorProblem.literals.map(
    (problem) => new FeishuError.CursorUnusable({ problem, ofCursor: "a", ofRead: "b" }),
  ),
  TransportFailed: FeishuError.TransportFault.literals.map(
    (fault) => new FeishuError.TransportFailed({ fault, host: "open.feishu.cn", systemCode: "ECONNRESET" }),
  ),
  ServerFailed: [
    new FeishuError.ServerFailed({ status: 502, contentType: "text/html", excerpt: "Bad gateway" }),
  ],
  RateLimited: [
    new FeishuError.RateLimited({ status: 429, retryAfterSeconds: 900, longestWaitSeconds: 300 }),
  ],
  QuotaExceeded: [new FeishuError.QuotaExceeded({ status: 429, code: 99991403 })],
  AuthenticationFailed: [
    new FeishuError.AuthenticationFailed({ status: 200, code: 4, appId: "cli_a" }),
    new FeishuError.AuthenticationFailed({
      status: 400,
      code: 21000,
      appId: "cli_a",
      challengeUrl: "https://feishu.example/challenge",
    }),
  ],
  AppTicketMissing: [new FeishuError.AppTicketMissing({ appId: "cli_a", waitedSeconds: 120 })],
  SignInRequired: FeishuError.SignInWhy.literals.map(
    (why) =>
      new FeishuError.SignInRequired({
        why,
        appId: "cli_a",
        account: "张三 (ou_1a2b)",
        ofLogin: "ou_9",
        status: 400,
        code: 1,
      }),
  ),
  SignInFailed: FeishuError.SignInFailure.literals.map(
    (failure) => new FeishuError.SignInFailed({ failure, appId: "cli_a", status: 400, code: 1 }),
  ),
  LoginStoreFailed: [
    new FeishuError.LoginStoreFailed({ place: "login.json", problem: "错误", remedy: "更正。" }),
  ],
  PermissionDenied: [
    new FeishuError.PermissionDenied({ status: 400, scopes: ["vc:meeting:readonly"] }),
    new FeishuError.PermissionDenied({ status: 400, code: 99991672, scopes: [] }),
    new FeishuError.PermissionDenied({ status: 400, scopes: ["vc:meeting:readonly"], moreScopes: 59_999 }),
  ],
  RequestRefused: [
    new FeishuError.RequestRefused({
      ...refused,
      violations: [{ field: "page_size", description: "≤ 50" }],
      moreViolations: 59_999,
    }),
    new FeishuError.RequestRefused({ ...refused, violations: [{ field: "page_size", description: "≤ 50" }] }),
  ],
  Redirected: ["https://example.com", "https://a.example", "http://a.example", undefined].map(
    (to) => new FeishuError.Redirected({ status: 302, from: "http://a.example", to }),
  ),
  RangeTooOld: [
    new FeishuError.RangeTooOld({
      ...refused,
      startSeconds: 0,
      earliestStartSeconds: 86_400,
      earliestStart: "1970-01-02T00:00:00.000Z",
    }),
  ],
  ContractViolation: [
    FeishuError.contractViolation(
      Sentence.make("foreignRow", { row: "7011030664708603901", meetingNo: "999999999" }),
      { status: 200, cutShort: false },
    ),
  ],
  PaginationBroken: FeishuError.PaginationFault.literals.map(
    (fault) => new FeishuError.PaginationBroken({ fault }),
  ),
}

describe("in Chinese", () => {
  it("every code of the catalogue has a meaning and a remedy, and no other code has", () => {
    assert.deepStrictEqual(
      Object.keys(Chinese.codes),
      ErrorCodes.catalogue.map(({ code }) => String(code)).toSorted((a, b) => Number(a) - Number(b)),
    )
    for (const { code, remedyOfApp } of ErrorCodes.catalogue) {
      assert.strictEqual(Chinese.codes[code]!.remedyOfApp === undefined, remedyOfApp === undefined)
    }
    for (const { meaning, remedy, remedyOfApp = remedy } of Object.values(Chinese.codes)) {
      assert.deepStrictEqual(english(remedyOfApp), [])
      assert.match(remedyOfApp, /。$/)
      assert.deepStrictEqual(english(`${meaning} ${remedy}`), [])
      assert.match(remedy, /。$/)
      assert.notMatch(meaning, /。$/)
    }
  })

  it("what a code means on one endpoint, too, and no other code has", () => {
    assert.deepStrictEqual(
      Object.keys(Chinese.codesOn),
      Object.keys(ErrorCodes.endpoints),
      "codesOn in packages/cli/src/language/Chinese.ts has the endpoints of ErrorCodes.ts, in their order",
    )
    for (const [path, codes] of Object.entries(ErrorCodes.endpoints)) {
      const chinese = Chinese.codesOn[path]!
      assert.deepStrictEqual(
        Object.keys(chinese),
        codes.map(({ code }) => String(code)).toSorted((a, b) => Number(a) - Number(b)),
      )
      for (const { code, meaning, remedy } of codes) {
        assert.deepStrictEqual(english(`${chinese[code]!.meaning} ${chinese[code]!.remedy}`), [])
        assert.match(chinese[code]!.remedy, /。$/)
        for (const [fact] of `${meaning} ${remedy}`.matchAll(
          /vc:meeting(?:[.:]\w+)*|vc:record:readonly|\d+ days/g,
        )) {
          assert.include(`${chinese[code]!.meaning} ${chinese[code]!.remedy}`, fact.replace(" days", " 天"))
        }
      }
    }
  })

  it("every sentence of the client has its Chinese, with the same values and without English", () => {
    const chinese = new Map(everySentence(chineseSentences))
    for (const [kind, text] of everySentence(englishSentences)) {
      const said = chinese.get(kind)!
      assert.deepStrictEqual(english(said), [], kind)
      // A remedy or a warning is a sentence, anything else a clause.
      assert.strictEqual(said.endsWith("。"), text.endsWith("."), kind)
      for (const value of ["337736498", "CN=A", "2026LOG", "http://127.0.0.1:7890", "LABEL", "204"]) {
        assert.strictEqual(said.includes(value), text.includes(value), `${kind}: ${value}`)
      }
    }
  })

  it("a sentence of a later version, whose kind has no Chinese here, is said in the English of its error", () => {
    const later = { kind: "fromTheFuture", values: {} } as unknown as Sentence.Sentence
    const reason = new FeishuError.InvalidRequest({
      field: "from",
      problem: "it is new",
      remedy: "Update.",
      sentences: { problem: later, remedy: later },
    })
    const stored = Schema.decodeUnknownSync(FeishuError.FeishuError)(
      JSON.parse(
        JSON.stringify(Schema.encodeSync(FeishuError.FeishuError)(new FeishuError.FeishuError({ reason }))),
      ),
    )
    assert.deepStrictEqual(explain(stored, "zh"), {
      meaning: "from：it is new。未发送任何请求",
      remedy: "Update.",
    })
    assert.deepStrictEqual(explain(stored, "en").remedy, "Update.")
  })

  it("every reason says what happened, where, and what to do, with all that the English says", () => {
    for (const reason of Object.values(everyReason).flat()) {
      const error = new FeishuError.FeishuError({
        reason,
        operation: "GET /open-apis/vc/v1/meetings/list_by_no",
        ...FeishuError.positioned(
          Sentence.make("window", {
            meetingNo: "337736498",
            start: "2026-01-01T00:00:00.000Z",
            end: "2026-02-01T00:00:00.000Z",
          }),
        ),
        requests: 5,
        retryBudgetSpent: true,
        leftAloneSeconds: 30,
      })
      const { meaning, remedy } = explain(error, "zh")
      assert.deepStrictEqual(
        english(`${meaning} ${remedy}`.replace("Bad gateway", "").replace("param error", "")),
        [],
      )
      assert.match(remedy, /。$/)
      for (const fact of explain(error, "en").meaning.matchAll(
        /[A-Z]{6,}|\d{3,}|\w+:meeting:\w+|cli_a|"[^"]*"/g,
      )) {
        assert.include(meaning.replaceAll(/[“”]/g, '"'), fact[0])
      }
    }
  })

  it.effect("whatever may be wrong with the range, the address or the credentials has Chinese words", () =>
    Effect.gen(function* () {
      const ranges = [
        "someday",
        "1767225600000",
        "2026-02-31",
        "-5",
        "20260901",
        "30",
        "99999",
        "-30d",
        "1 month ago",
        "1788192000000000",
        "1788192000000000000",
        20_260_901,
      ].map((from) => ({ from, to: "now" }))
      const config = (variables: Record<string, string>) =>
        FeishuClient.layerConfig.pipe(
          Layer.build,
          Effect.scoped,
          Effect.provide(NodeHttp.layer()),
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(variables)),
        )
      const wrong: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        ...ranges.map(TimeRange.make),
        TimeRange.make({ from: -5, to: 1 }),
        TimeRange.make({ from: "1d", to: "2d" }),
        TimeRange.make({ from: "1d", to: "1d" }),
        TimeRange.make({ from: "1d", timeZone: "Mars" }),
        ...[
          "nowhere",
          "https://a:b@example.com",
          "https://example.com?a",
          "http://example.com",
          "a.example:8787",
        ].map((baseUrl) => FeishuConfig.make({ baseUrl })),
        config({}),
        config({ FEISHU_APP_ID: "cli_a" }),
        config({ FEISHU_APP_SECRET: "s" }),
        config({ FEISHU_BRAND: "larkk" }),
        config({ FEISHU_ALLOW_HTTP: "perhaps" }),
        config({ FEISHU_ACCESS_TOKEN: "a b" }),
        config({ FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "a b" }),
        ...["socks5://127.0.0.1:7890", "ftp://127.0.0.1", "7890"].map((httpsProxy) =>
          Effect.try({
            try: () => NodeHttp.proxyOf("https://feishu.invalid", { httpsProxy, noProxy: "" }),
            catch: (error) => error,
          }),
        ),
        ...[
          "",
          "ca.pem",
          "none\n",
          "-----BEGIN EC PRIVATE KEY-----",
          "-----BEGIN PKCS7-----",
          "-----BEGIN PUBLIC KEY-----",
          "-----BEGIN CERTIFICATE-----",
          "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----",
          Buffer.from("308202a006092a864886f70d010702", "hex"),
          Buffer.from("30820a0102010330", "hex"),
          Buffer.from("feedfeed", "hex"),
        ].map((content) => NodeHttp.certificates("FEISHU_CA_FILE", content)),
      ]
      for (const one of wrong) {
        const error = yield* Effect.flip(one)
        assert.instanceOf(error, FeishuError.FeishuError)
        const { meaning, remedy } = explain(error as FeishuError.FeishuError, "zh")
        assert.deepStrictEqual(english(`${meaning} ${remedy}`), [])
      }
    }),
  )
})

describe("in English", () => {
  it("a remedy names what this command has, and nothing of the client's code", () => {
    const remedies = [
      ...Object.values(everyReason)
        .flat()
        .filter((reason) => reason._tag !== "AppTicketMissing")
        .map((reason) => explain(new FeishuError.FeishuError({ reason }), "en").remedy),
      ...["CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN"].map(
        (systemCode) => {
          const reason = new FeishuError.TransportFailed({
            fault: "certificate refused",
            host: "open.feishu.cn:443",
            systemCode,
          })
          return explain(new FeishuError.FeishuError({ reason }), "en").remedy
        },
      ),
      ...ErrorCodes.catalogue.flatMap((entry) =>
        [undefined, GetMeeting.path].map((path) => English.remedyOfCode(entry, path)),
      ),
      ...everyRemedy,
    ]
    for (const remedy of remedies) {
      assert.notMatch(remedy, /\b[a-z]+[A-Z]\w*|\b(in code|option|page size|one client)\b|[A-Z][a-z]+\.[a-z]/)
    }
    assert.include(remedies.join(" "), "name that in FEISHU_CA_FILE")
    assert.include(remedies.join(" "), "--page-size")
    assert.include(remedies.join(" "), "lower --rate-limit")
    assert.include(remedies.join(" "), "lower --details-rate-limit")
    assert.include(remedies.join(" "), "Set FEISHU_APP_SECRET exactly")
  })

  it("a missing scope: the remedy names those that Feishu named, as for a field; else those of the endpoint", () => {
    const remedy = (scopes: ReadonlyArray<string>, code: number, language: "en" | "zh") => {
      const reason = new FeishuError.PermissionDenied({
        status: 400,
        code,
        endpoint: GetMeeting.path,
        scopes,
      })
      return explain(new FeishuError.FeishuError({ reason }), language).remedy
    }
    for (const language of ["en", "zh"] as const) {
      for (const code of [99991672, 99991679]) {
        const field = remedy([GetMeeting.userIdScope], code, language)
        assert.include(field, GetMeeting.userIdScope)
        assert.notInclude(field, "vc:meeting")
        for (const scope of GetMeeting.scopes) assert.include(remedy([], code, language), scope)
      }
      // Somebody else's meeting has no scope.
      assert.notInclude(remedy([], 121005, language), "vc:")
    }
  })

  it("a failure of a proxy names what has set it", () => {
    const remedy = (proxySetting: string | undefined, language: "en" | "zh") => {
      const reason = new FeishuError.TransportFailed({
        fault: "proxy not reached",
        host: "open.feishu.cn:443",
        systemCode: "ECONNREFUSED",
        proxy: "127.0.0.1:7890",
        proxySetting,
      })
      const { meaning, remedy } = explain(new FeishuError.FeishuError({ reason }), language)
      assert.include(meaning, "127.0.0.1:7890")
      return remedy
    }
    for (const language of ["en", "zh"] as const) {
      assert.include(remedy("HTTP_PROXY", language), "HTTP_PROXY")
      assert.include(remedy("https_proxy", language), "https_proxy")
      // As a configuration file has it.
      assert.include(remedy("httpsProxy", language), "https_proxy")
      assert.include(remedy(undefined, language), "HTTPS_PROXY")
    }
  })
})
