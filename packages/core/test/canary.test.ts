/**
 * The canary: every fault of the table, with recognisable secrets in all requests and answers, and servers that
 * repeat them wherever a server can put text. Nothing that can be seen of it may contain one.
 *
 * A new fault is one line in `FaultTable.ts`, or in `RawFaults.ts` where only a socket has it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Exit, Fiber, Layer, Metric, Redacted, Stream } from "effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import {
  AppAccessToken,
  AppTicket as AppTicketContract,
  ListByNo,
  OAuth,
  TenantAccessToken,
} from "@effect-feishu/contract"
import {
  AccessToken,
  AppTicket,
  type Cursor,
  Events,
  FeishuClient,
  FeishuError,
  type MeetingNo,
  Meetings,
  Secret,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Fake from "./FakeFeishu.ts"
import * as FastClock from "./FastClock.ts"
import * as FaultyFeishu from "./FaultyFeishu.ts"
import * as FaultTable from "./FaultTable.ts"
import * as RawFaults from "./RawFaults.ts"
import * as RawServer from "./RawServer.ts"
import * as Sinks from "./Sinks.ts"

const { mark } = Sinks

// Where an error comes from is no secret, and to find its line in the sources takes a third of the time.
Error.stackTraceLimit = 1

/** Secrets of all kinds, with an end of their own. */
const secretsWith = (end: string) => ({
  appSecret: `${mark}AppSecret${end}`,
  appTicket: `${mark}AppTicket${end}`,
  given: `u-${mark}Given${end}`,
  tenantToken: `t-${mark}TenantToken${end}`,
  appToken: `a-${mark}AppToken${end}`,
  oauthToken: `eyJ-${mark}OAuthToken${end}`,
  password: `${mark}Password${end}`,
})
type Secrets = ReturnType<typeof secretsWith>

/** How a server may write a secret down again. */
type Form = (secret: string) => string
const asItIs: Form = (secret) => secret
const allForms: Readonly<Record<string, Form>> = {
  "as it is": asItIs,
  "as in a URL": encodeURIComponent,
  "as in a form": (secret) => new URLSearchParams({ secret }).toString().slice("secret=".length),
  "as in JSON": (secret) => JSON.stringify(secret).slice(1, -1),
  "as in HTML": (secret) => secret.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
}

/** Secrets as Feishu's are: letters and digits, which fit anywhere. */
const plain = secretsWith("0aZ")
/** Secrets that are another text in each form, so that a mask that knows the plain text only is found out. */
const awkward = secretsWith(`"\\<&%+/'=`)

/** What Feishu answers where nothing is wrong. */
const good = (path: string, secrets: Secrets): Fake.Answer => {
  const meeting = { ...Fake.row(1), password: secrets.password }
  const fields: Readonly<Record<string, object>> = {
    [TenantAccessToken.internalPath]: { tenant_access_token: secrets.tenantToken },
    [TenantAccessToken.storePath]: { tenant_access_token: secrets.tenantToken },
    [AppAccessToken.storePath]: { app_access_token: secrets.appToken },
    [OAuth.tokenPath]: { access_token: secrets.oauthToken },
    [ListByNo.path]: { data: { has_more: false, meeting_briefs: [meeting] } },
  }
  return { body: { code: 0, msg: "ok", ...fields[path] } }
}

const appOf = ({ appSecret }: Secrets) => ({ appId: "cli_canary", appSecret: Secret.appSecret(appSecret) })

/** A call, and the credentials that it is made with. */
interface Call {
  readonly kind: AccessToken.Kind
  readonly credentials: (
    secrets: Secrets,
  ) => FeishuClient.Options<AccessToken.Needs | AppTicket.AppTicket>["credentials"]
  readonly path: string
}

const withToken = {
  kind: "given",
  credentials: ({ given }: Secrets) => AccessToken.given(Secret.accessToken(given)),
} as const
const withApp = {
  kind: "self-built app",
  credentials: (secrets: Secrets) => AccessToken.selfBuiltApp(appOf(secrets)),
} as const
const withOAuth = {
  kind: "client credentials",
  credentials: (secrets: Secrets) => AccessToken.clientCredentials(appOf(secrets)),
} as const
const withTicket = {
  kind: "store app",
  credentials: (secrets: Secrets) => AccessToken.storeApp(appOf(secrets)),
} as const

const tokenCalls: ReadonlyArray<Call> = [
  { ...withApp, path: TenantAccessToken.internalPath },
  { ...withOAuth, path: OAuth.tokenPath },
  { ...withTicket, path: AppTicketContract.resendPath },
  { ...withTicket, path: AppAccessToken.storePath },
  { ...withTicket, path: TenantAccessToken.storePath },
]
const readPage: Call = { ...withToken, path: ListByNo.path }
const refreshed: ReadonlyArray<Call> = [withApp, withOAuth, withTicket].map((by) => ({
  ...by,
  path: ListByNo.path,
}))

/** The secrets of a request. */
const secretsIn = ({ body, token }: Fake.Asked, secrets: Secrets): ReadonlyArray<string> =>
  [token, ...Object.values(body ?? {})].flatMap((text) =>
    Object.values(secrets).filter((secret) => String(text).includes(secret)),
  )

/** Runs an effect to its end on a test clock. */
const untilDone = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect)
  do {
    yield* turn
    yield* TestClock.adjust("10 seconds")
  } while (fiber.pollUnsafe() === undefined)
  return yield* Fiber.join(fiber)
})
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }

/** Reads all pages, and shows what came. */
const read = Effect.fnUntraced(function* (
  sinks: Sinks.Sinks,
  from: Parameters<Meetings.Meetings["Service"]["pages"]>[0] = request,
) {
  const meetings = yield* Meetings.Meetings
  yield* Stream.runForEach(meetings.pages(from), (page) =>
    Effect.sync(() => {
      sinks.value("page", page)
      for (const meeting of page.meetings) {
        sinks.value("meeting", meeting)
        sinks.value("password", meeting.password)
      }
    }),
  )
})

/** Faulty answers, met by each of the calls. */
const meet = Effect.fnUntraced(function* (
  sinks: Sinks.Sinks,
  answers: ReadonlyArray<FaultTable.Answer>,
  every: ReadonlyArray<Call>,
) {
  const repeats = JSON.stringify(answers).includes("$word")
  for (const { calls, forms, secrets } of [
    { secrets: plain, forms: [asItIs], calls: every },
    // What a server does not write down needs no other forms; what it does, one call is enough for.
    { secrets: awkward, forms: Object.values(allForms), calls: repeats ? every.slice(0, 1) : [] },
  ]) {
    for (const { credentials, kind, path } of calls) {
      let index = 0
      const handler: Fake.Handler = (asked) => {
        if (asked.path !== path) return Effect.succeed(good(asked.path, secrets))
        const words = secretsIn(asked, secrets).map(forms[index % forms.length]!)
        const answer = answers[Math.min(index++, answers.length - 1)]!
        if (Effect.isEffect(answer)) return answer
        const { password } = secrets
        return Effect.succeed(
          FaultTable.filled(answer, {
            words: words.join(" "),
            word: words.at(-1)!,
            password,
            index: String(index),
          }),
        )
      }
      yield* Effect.gen(function* () {
        const tickets = yield* AppTicket.AppTicket
        if (path !== AppTicketContract.resendPath) yield* tickets.push(Secret.appTicket(secrets.appTicket))
        const requests = Math.max(forms.length, answers.length)
        for (const once of Array.from({ length: requests }, () => sinks.watch(read(sinks)))) {
          if (index >= requests) break
          yield* untilDone(once)
          // A token endpoint that has failed is left alone for a while.
          yield* TestClock.adjust("31 seconds")
        }
      }).pipe(
        // One retry shows what four would.
        Effect.provide(Meetings.layer({ credentials: credentials(secrets), retryBudget: { floor: 1 } })),
        Effect.provide([httpClient(handler), AppTicket.layer]),
        Effect.provideService(AccessToken.CurrentTenant, kind === "store app" ? "tenant" : undefined),
      )
      assert.isAbove(index, 0, `${kind}: ${path} is asked for`)
    }
  }
})

const httpClient = (handler: Fake.Handler) => Layer.succeed(HttpClient.HttpClient, Fake.httpClient(handler))

/** The same in real time, many times too fast, with a client that has sockets. */
const overSocket = (
  sinks: Sinks.Sinks,
  options: FeishuClient.Options<AccessToken.Needs | AppTicket.AppTicket>,
  http?: NodeHttp.Options,
) => {
  const layer = Meetings.layer({ ...RawFaults.patient, ...options }).pipe(Layer.provide(NodeHttp.layer(http)))
  return sinks.watch(
    read(sinks).pipe(Effect.provide(layer), Effect.provide([AppTicket.layer, FastClock.layer(100)])),
  )
}

const proxyPassword = `${mark}Proxy+/%"`
/** A URL with a password in it. */
const withPassword = (url: string) =>
  url.replace(/^(\w+:\/\/)?/, (protocol) => `${protocol}user:${encodeURIComponent(proxyPassword)}@`)

/** Programs that nobody handles the error of: started first, so that they end while the rest runs. */
const crashed = ["token", "page"].map((call) => ({
  call,
  ended: new Promise<{ readonly code: unknown; readonly printed: string }>((resolve) => {
    const program = fileURLToPath(new URL("./crash.ts", import.meta.url))
    execFile(process.execPath, [program, call], (error, stdout, stderr) =>
      resolve({ code: error?.code, printed: stdout + stderr }),
    )
  }),
}))

const tables = [
  ["any call", FaultTable.anyCall, [readPage, ...tokenCalls]],
  ["the meetings' endpoint", FaultTable.pages, [readPage]],
  ["an access token", FaultTable.accessToken, refreshed],
  ["a token endpoint", FaultTable.tokenEndpoint, tokenCalls],
] as const
for (const [where, faults, calls] of tables) {
  describe(`no secret is seen when ${where} meets`, () => {
    for (const [name, answers] of Object.entries(faults)) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const sinks = Sinks.make()
          yield* meet(sinks, Array.isArray(answers) ? answers : [answers], calls)
          assert.deepStrictEqual(sinks.leaks(), [])
        }),
      )
    }
  })
}

/** Sends bytes that repeat what the request has of secrets. */
const repeating =
  ({ bytes, ending }: FaultTable.Bytes) =>
  ({ head, socket }: RawServer.Received) => {
    const words = head.split(/\s+/).filter((word) => word.includes(mark))
    socket.write(FaultTable.filled(bytes, { words: words.join(" ") }), () => {
      if (ending === "end") socket.end()
      if (ending === "reset") socket.resetAndDestroy()
    })
  }

const sockets: ReadonlyArray<(typeof RawFaults.passing)[number]> = [
  ...RawFaults.passing,
  ...RawFaults.damaged.map(
    ([name, body, headers]) =>
      [name, ({ socket }: RawServer.Received) => socket.write(RawServer.http(body, headers))] as const,
  ),
  [
    "N8 a kept connection that is closed as it is used again",
    ({ index, socket }) =>
      index % 2 === 0 ? socket.write(RawServer.http(RawServer.page)) : socket.resetAndDestroy(),
  ],
  ...Object.entries(FaultTable.socket).map(
    ([name, bytes]) =>
      [
        `${name} that repeats the request`,
        repeating(bytes),
        { ...RawFaults.patient, idleTimeout: "2 seconds" },
      ] as const,
  ),
]

describe("no secret is seen when a socket meets", () => {
  for (const [name, fault, options] of sockets) {
    it.live(name, () =>
      Effect.gen(function* () {
        const sinks = Sinks.make()
        const raw = yield* RawServer.scoped(fault)
        for (const { credentials } of [withToken, withApp]) {
          yield* overSocket(sinks, { baseUrl: raw.url, credentials: credentials(plain), ...options })
        }
        assert.isAtLeast(raw.requests(), 2)
        assert.deepStrictEqual(sinks.leaks(), [])
      }).pipe(Effect.scoped),
    )
  }

  it.live("N10 a server that speaks no TLS", () =>
    Effect.gen(function* () {
      const sinks = Sinks.make()
      const { url } = yield* Effect.acquireRelease(
        Effect.promise(() => FaultyFeishu.start()),
        (server) => Effect.promise(() => server[Symbol.asyncDispose]()),
      )
      const baseUrl = url.replace("http:", "https:")
      const exit = yield* overSocket(sinks, { baseUrl, credentials: withApp.credentials(plain) })
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(sinks.leaks(), [])
    }).pipe(Effect.scoped),
  )

  const proxies = [
    ["https", "407 Proxy Authentication Required"],
    ["https", "502 Bad Gateway"],
    ["http", "407 Proxy Authentication Required"],
    ["http", "403 Forbidden"],
    ["http", "502 Bad Gateway"],
  ] as const
  for (const [protocol, status] of proxies) {
    it.live(`N11 a proxy for ${protocol} that answers ${status}, and repeats its password`, () =>
      Effect.gen(function* () {
        const sinks = Sinks.make()
        const raw = yield* RawServer.scoped(({ head, index, socket }) => {
          const sent = /^proxy-authorization: Basic (.*)$/im.exec(head)?.[1] ?? ""
          const said = [sent, Buffer.from(sent, "base64").toString(), encodeURIComponent(proxyPassword)]
          socket.write(
            RawServer.http(`for ${said[index % said.length]}`, { "content-type": "text/plain" }, status),
          )
        })
        const proxy = withPassword(raw.url)
        const options = {
          baseUrl: `${protocol}://feishu.invalid`,
          allowHttp: true,
          credentials: withToken.credentials(plain),
        }
        for (let reads = 0; reads < 3; reads++) {
          yield* overSocket(sinks, options, { httpProxy: proxy, httpsProxy: proxy })
        }
        assert.isAtLeast(raw.requests(), 3)
        assert.deepStrictEqual(sinks.leaks(), [])
      }).pipe(Effect.scoped),
    )
  }

  for (const proxy of ["http://127.0.0.1:9", "127.0.0.1:9", "http://127.0.0.1:999999"]) {
    it.live(`N11 the proxy ${proxy} with a password`, () =>
      Effect.gen(function* () {
        const sinks = Sinks.make()
        const options = { baseUrl: "https://feishu.invalid", credentials: withToken.credentials(plain) }
        yield* overSocket(sinks, options, { httpProxy: withPassword(proxy), httpsProxy: withPassword(proxy) })
        assert.deepStrictEqual(sinks.leaks(), [])
      }),
    )
  }
})

/** What a program may get wrong; in the order of what `Meetings.layer` and `Meetings.page` are given. */
interface Input {
  readonly env?: Record<string, string>
  readonly options?: Partial<FeishuClient.Options<AccessToken.Needs>>
  readonly from?: Meetings.Request | Cursor.Cursor
}
const env = (env: Record<string, string>): Input => ({ env })
const by = (options: Input["options"] & {}): Input => ({ options })
const given = (token: unknown) => by({ credentials: AccessToken.given(token as Secret.AccessToken) })
const app = (appSecret: unknown) =>
  by({ credentials: AccessToken.selfBuiltApp({ appId: "cli_x", appSecret: appSecret as Secret.AppSecret }) })
const at = (from: Partial<Meetings.Request>): Input => ({ from: { ...request, ...from } })
const cursor = (json: unknown): Input => ({
  from: `feishu-meetings.1.${Base64Url.encode(JSON.stringify(json))}` as Cursor.Cursor,
})
const position = {
  meetingNo: Fake.meetingNo,
  start: 0,
  end: 1,
  pageSize: 1,
  baseUrl: "https://open.feishu.cn",
  window: 0,
}
const withoutTls = "http://feishu.example"
const host = "https://feishu.example"

const refused: Readonly<Record<string, Input>> = {
  "P14 a range that is reversed": at({ range: { start: 2, end: 1 } }),
  "P14 milliseconds": at({ range: { from: 1_793_491_200_000 } }),
  "P15 a token as meeting number": at({ meetingNo: plain.given as MeetingNo }),
  "P15 a page size of 51": at({ pageSize: 51 }),
  "P18 a token as cursor": { from: plain.given as Cursor.Cursor },
  "P18 a cursor that is a token": cursor(plain.given),
  "P18 a cursor with a token for a number": cursor({ ...position, meetingNo: plain.given }),
  "P18 a cursor with a password in its URL": cursor({ ...position, baseUrl: withPassword(host) }),
  "P18 a cursor of another tenant": cursor({ ...position, tenant: "x", pageToken: plain.given }),
  "A5 a password in the base URL": by({ baseUrl: withPassword(host) }),
  "A5 a password in a base URL that is none": by({ baseUrl: withPassword(`${host}:999999`) }),
  "A5 a password in a base URL without https": by({ baseUrl: withPassword(withoutTls) }),
  "A5 a password in the OAuth base URL": by({ oauthBaseUrl: withPassword(host) }),
  "A5 a token in the query of the base URL": by({ baseUrl: `${host}?${plain.given}` }),
  "A5 a token with a line break": given(Secret.accessToken(`${plain.given}\n`)),
  "A5 a token in clear text": given(plain.given),
  "A5 a token whose kind nobody has said": given(Redacted.make(plain.given)),
  "A5 an app secret with a blank": app(Secret.appSecret(`${plain.appSecret} `)),
  "A5 an app secret in clear text": app(plain.appSecret),
  "A5 an app secret that is a token": app(Secret.accessToken(plain.given)),
  "A5 a token of the environment with a blank": env({ FEISHU_ACCESS_TOKEN: `${plain.given} x` }),
  "A5 an app secret of the environment alone": env({ FEISHU_APP_SECRET: plain.appSecret }),
  "A5 an app secret of the environment in parts": env({ FEISHU_APP_SECRET_0: plain.appSecret }),
  "A5 a password in a base URL of the environment": env({
    FEISHU_ACCESS_TOKEN: plain.given,
    FEISHU_BASE_URL: withPassword(host),
  }),
  "A5 a token as base URL of the environment": env({
    FEISHU_ACCESS_TOKEN: plain.given,
    FEISHU_BASE_URL: plain.given,
  }),
}

describe("no secret is seen in what is refused before anything is sent", () => {
  for (const [name, { env, from, options }] of Object.entries(refused)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const sinks = Sinks.make()
        const layer =
          env === undefined
            ? Meetings.layer({ credentials: withApp.credentials(plain), ...options })
            : Layer.provide(Meetings.layerConfig, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
        const exit = yield* read(sinks, from).pipe(
          Effect.provide(Layer.provide(layer, [httpClient(() => Effect.die("it is sent")), AppTicket.layer])),
          sinks.watch,
        )
        assert.isTrue(Exit.isFailure(exit) && !Cause.hasDies(exit.cause))
        assert.deepStrictEqual(sinks.leaks(), [])
      }),
    )
  }
})

describe("no secret is seen in the services", () => {
  const kinds = [readPage, ...refreshed]
  for (const { credentials, kind } of kinds) {
    it.effect(`of the credentials: ${kind}`, () =>
      Effect.gen(function* () {
        const sinks = Sinks.make()
        const client = httpClient(({ path }) => Effect.succeed(good(path, plain)))
        const options = {
          credentials: Effect.tap(credentials(plain), (service) =>
            Effect.sync(() => sinks.structure("AccessToken", service)),
          ),
        }
        const layer = Layer.provideMerge(Meetings.layerClient, FeishuClient.layer(options))
        sinks.structure("credentials", credentials(plain))
        sinks.structure("options", options)
        sinks.structure("layer", layer)
        yield* Effect.gen(function* () {
          const tickets = yield* AppTicket.AppTicket
          yield* tickets.push(Secret.appTicket(plain.appTicket))
          assert.isTrue(Exit.isSuccess(yield* sinks.watch(read(sinks))))
          sinks.structure("AppTicket", tickets)
          sinks.structure("latest ticket", yield* tickets.latest)
          sinks.structure("Meetings", yield* Meetings.Meetings)
          sinks.structure("FeishuClient", yield* FeishuClient.FeishuClient)
        }).pipe(
          Effect.provide(layer),
          Effect.provide([client, AppTicket.layer]),
          Effect.provideService(AccessToken.CurrentTenant, kind === "store app" ? "tenant" : undefined),
        )
        assert.deepStrictEqual(sinks.leaks(), [])
      }),
    )
  }

  it.effect("of Node's HTTP client with a proxy", () =>
    Effect.gen(function* () {
      const sinks = Sinks.make()
      const proxy = withPassword("http://127.0.0.1:9")
      const layer = NodeHttp.layer({ httpProxy: proxy, httpsProxy: proxy })
      sinks.structure("layer", layer)
      sinks.structure("context", yield* Effect.provide(Effect.context<HttpClient.HttpClient>(), layer))
      assert.deepStrictEqual(sinks.leaks(), [])
    }),
  )
})

it.effect("A2 no secret is seen when 50 callers meet a fault together", () =>
  Effect.gen(function* () {
    const sinks = Sinks.make()
    const client = httpClient(() =>
      Effect.delay(Effect.succeed({ body: { code: 10014, msg: plain.appSecret } }), "1 second"),
    )
    const callers = Array.from({ length: 50 }, () => read(sinks))
    yield* untilDone(
      sinks.watch(
        Effect.all(callers, { concurrency: "unbounded" }).pipe(
          Effect.provide(Meetings.layer({ credentials: withApp.credentials(plain) })),
          Effect.provide([client, AppTicket.layer]),
        ),
      ),
    )
    assert.deepStrictEqual(sinks.leaks(), [])
  }),
)

describe("no secret is seen in what Node prints of a program", () => {
  for (const { call, ended } of crashed) {
    it(`whose call for a ${call} fails without anybody handling it`, async () => {
      const { code, printed } = await ended
      const sinks = Sinks.make()
      sinks.text("printed", printed)
      assert.strictEqual(code, 1)
      assert.include(printed, "<redacted>")
      assert.deepStrictEqual(sinks.leaks(), [])
    })
  }
})

describe("the canary itself", () => {
  const secret = plain.appSecret

  const written: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.entries(allForms).map(([name, form]) => [name, form(secret)])),
    "in capitals": secret.toUpperCase(),
    "in part": secret.slice(0, mark.length),
    "in hex": Buffer.from(secret).toString("hex"),
    ...Object.fromEntries(
      ["", "a", "ab", "~~~"].flatMap((before) => [
        [`in base64 behind ${before.length}`, Buffer.from(`${before}${secret}`).toString("base64")],
        [`in base64 for URLs behind ${before.length}`, Base64Url.encode(`${before}${secret}`)],
      ]),
    ),
  }
  for (const [name, text] of Object.entries(written)) {
    it(`finds a secret ${name}`, () => {
      const sinks = Sinks.make()
      sinks.text("text", `before ${text} behind`)
      assert.strictEqual(sinks.leaks().length, 1)
    })
  }

  const failed = Effect.fail(FeishuError.invalidRequest("field", secret, "remedy"))
  const span = <A, E>(effect: Effect.Effect<A, E>, attributes = {}) =>
    Effect.withSpan(effect, "x", { attributes })
  const retrying = Effect.flatMap(Effect.flip(failed), (error) =>
    Events.emit({ _tag: "Retrying", error, delayMillis: 0 }),
  )
  const leaking: Readonly<Record<string, readonly [string, Effect.Effect<unknown, unknown>]>> = {
    "a log message": ["log: message", Effect.logTrace(secret)],
    "a log annotation": ["log: annotations", Effect.annotateLogs(Effect.log("x"), { secret })],
    "a log's cause": ["log: pretty cause", Effect.log(Cause.fail(new Error(secret)))],
    "an error": [": message", failed],
    "a defect": [": stack", Effect.die(new Error(secret))],
    "the cause of an error": [": error, inspected", Effect.fail(new Error("x", { cause: { secret } }))],
    "a span's name": ["span: name", Effect.withSpan(Effect.void, secret)],
    "a span's attribute": ["span: attributes", span(Effect.void, { secret })],
    "a span's event": ["span: event", Effect.logInfo(secret)],
    "the end of a span that somebody handles": ["span: message", Effect.ignore(span(failed))],
    "what a span ends with": ["span: success", span(Effect.succeed(secret))],
    "an event": ["event Retrying", retrying],
    "a metric's label": ["metric", Metric.update(Metric.withAttributes(Metric.counter("x"), { secret }), 1)],
  }
  for (const [name, [sink, program]] of Object.entries(leaking)) {
    it.effect(`finds a secret in ${name}`, () =>
      Effect.gen(function* () {
        const sinks = Sinks.make()
        yield* sinks.watch(program)
        assert.isTrue(
          sinks.leaks().some((leak) => leak.includes(sink)),
          sinks.leaks().join("\n"),
        )
      }),
    )
  }
})
