/** The page of `backfill --web`, over a socket. How it looks is tested in `statusPage.services.ts`. */
import { createServer, request as send } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer } from "effect"
import type { Backfill } from "@effect-feishu/backfill"
import * as StatusServer from "../src/commands/backfill/StatusServer.ts"
import { Stderr } from "../src/console/Stderr.ts"
import * as KnownSecrets from "../src/console/KnownSecrets.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as Language from "../src/language/Language.ts"

const secret = "FakeSecretOfTheAppThatNoPageShows"
KnownSecrets.remember(secret)

const lane = (tenantKey: string, more: Partial<Backfill.LaneStatus>): Backfill.LaneStatus => ({
  lane: { appId: "cli_store1234567", tenantKey },
  numbers: 2,
  units: 10,
  position: 4,
  meetings: 1_234,
  failures: 0,
  isDone: false,
  fault: undefined,
  idleMillis: 500,
  waitsFor: undefined,
  ...more,
})

const run = {
  run: "nightly",
  state: "running",
  range: { start: 1_767_225_600, end: 1_775_001_600 },
  series: undefined,
  attempt: 1,
  units: 30,
  position: 18,
  numbers: 6,
  meetings: 3_702,
  failures: 1,
  unreachable: 2,
  emptyOld: 0,
  lanes: [
    lane("tenant_done", { isDone: true, position: 10, failures: 1 }),
    lane("<img src=x onerror=alert(1)>", {}),
    lane("tenant_waits", {
      fault: {
        message: `refused ${secret} <b>`,
        error: undefined,
        at: 1_767_225_600_000,
        retryAt: 1_767_225_900_000,
      },
    }),
    lane("tenant_stalled", { idleMillis: 600_000 }),
  ],
} satisfies Backfill.RunStatus

interface Answered {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

const ask = (
  url: string,
  path: string,
  { method = "GET", ...headers }: { readonly method?: string } & Readonly<Record<string, string>> = {},
) =>
  Effect.promise(
    () =>
      new Promise<Answered>((resolve, reject) => {
        const { hostname, port } = new URL(url)
        send({ host: hostname, port, path, method, agent: false, headers }, async (response) => {
          resolve({ status: response.statusCode, headers: response.headers, body: await text(response) })
        })
          .on("error", reject)
          .end()
      }),
  )

const said: Array<string> = []
const stderr = Layer.succeed(Stderr, {
  line: (line) => Effect.sync(() => void said.push(line)),
  live: false,
  progress: () => Effect.void,
  clear: Effect.void,
})

/** Opens the page on any port, and returns its address. */
const open = (runs: Effect.Effect<ReadonlyArray<Backfill.RunStatus>, unknown>, webPort = 0) =>
  StatusServer.openIfAsked({ web: true, webPort }, { rateLimit: 100, runs }).pipe(
    Effect.provide(stderr),
    Effect.map(() => said.at(-1)!),
  )

describe("the page of a backfill", () => {
  it.live("shows runs and lanes in both languages: those that wait first; what is not ours is text", () =>
    Effect.gen(function* () {
      const url = yield* open(Effect.succeed([run]))
      const [english, chinese, view, data] = yield* Effect.all(
        ["/", "/?lang=zh", "/view.json?lang=zh", "/status.json"].map((path) => ask(url, path)),
      )
      assert.deepStrictEqual(
        [english!, chinese!, view!, data!].map(({ status }) => status),
        [200, 200, 200, 200],
      )
      const textOf = ({ body }: Answered) => body.replace(/[^]*<main>/, "").replaceAll(/<[^>]*>/g, "|")
      assert.match(
        textOf(english!),
        /nightly: running.*\|18 of 30 periods of 90 days \(60%\).*\|3,702 meetings/,
      )
      assert.match(textOf(chinese!), /nightly: 进行中.*\|18\/30 个时间段（60%）.*\|3,702 场会议/)
      const order = Array.from(english!.body.matchAll(/<th scope="row">([^<]*)</g), ([, id]) => id)
      assert.deepStrictEqual(order, [
        "cli_store1234567/tenant_waits",
        "cli_store1234567/tenant_stalled",
        "cli_store1234567/&#60;img src=x onerror=alert(1)&#62;",
        "cli_store1234567/tenant_done",
      ])
      assert.match(english!.body, /waits until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d: refused [^<]*&#60;b&#62;</)
      assert.match(english!.body, /<html lang="en">[^]*href="\?lang=zh" lang="zh-CN"/)
      assert.match(chinese!.body, /<html lang="zh-CN">[^]*href="\?lang=en" lang="en"/)
      assert.match(english!.body, /stalled: its runner was not seen for 10 min/)
      assert.include(english!.body, "1 number with failures")
      for (const { body } of [english!, chinese!]) assert.notInclude(body, "<img")
      for (const { body, headers } of [english!, chinese!, view!, data!]) {
        assert.notInclude(body, secret)
        assert.strictEqual(headers["cache-control"], "no-store")
        assert.isUndefined(headers["access-control-allow-origin"])
        assert.match(String(headers["content-security-policy"]), /default-src 'none'.*frame-ancestors 'none'/)
      }
      const { runs } = JSON.parse(data!.body) as { readonly runs: ReadonlyArray<Record<string, unknown>> }
      assert.deepInclude(runs[0], { run: "nightly", units: 30, position: 18, stalled: 1 })
      assert.include(JSON.parse(view!.body), { state: "live" })
    }).pipe(Effect.scoped),
  )

  it.live("is for this machine: names and pages of others get nothing, and nothing can be sent", () =>
    Effect.gen(function* () {
      let looks = 0
      const url = yield* open(Effect.sync(() => [{ ...run, attempt: ++looks }]))
      const { host, port } = new URL(url)
      const refused = [
        ["/", { host: "evil.example" }, 403],
        ["/view.json", { host: `evil.example:${port}` }, 403],
        ["/status.json", { host: "127.0.0.1.evil.example" }, 403],
        ["/status.json", { origin: "http://evil.example" }, 403],
        ["/status.json", { origin: "null" }, 403],
        ["/status.json", { origin: `http://127.0.0.1:${Number(port) + 1}` }, 403],
        ["/", { method: "POST" }, 405],
        ["/status.json", { method: "OPTIONS", origin: "http://evil.example" }, 405],
        ["/", { method: "DELETE" }, 405],
      ] as const
      for (const [path, how, status] of refused) {
        const answer = yield* ask(url, path, how)
        assert.strictEqual(answer.status, status, JSON.stringify([path, how]))
        assert.notInclude(answer.body, "nightly")
      }
      const missing = ["/nope", "/../status.json", "//status.json", "/status.json/", "http://[/"]
      for (const path of missing) {
        assert.deepInclude(yield* ask(url, path), { status: 404, body: "not found\n" }, path)
      }
      const ownNames = [host, `localhost:${port}`, `[::1]:${port}`]
      for (const name of ownNames) {
        assert.strictEqual((yield* ask(url, "/status.json", { host: name })).status, 200, name)
      }
      assert.strictEqual((yield* ask(url, "/", { host, origin: `http://${host}` })).status, 200)
      const head = yield* ask(url, "/", { method: "HEAD" })
      assert.deepStrictEqual([head.status, head.body], [200, ""])
    }).pipe(Effect.scoped),
  )

  it.live("says that the database is away, and shows runs again when it is back", () =>
    Effect.gen(function* () {
      let isAway = true
      const url = yield* open(Effect.suspend(() => (isAway ? Effect.fail("gone") : Effect.succeed([run]))))
      const away = yield* ask(url, "/?lang=zh")
      assert.strictEqual(away.status, 200)
      assert.match(away.body, /data-state="away"[^>]*>数据库没有响应。</)
      assert.strictEqual((yield* ask(url, "/status.json")).status, 503)
      isAway = false
      assert.include((yield* ask(url, "/")).body, "nightly: running")
      assert.include((yield* ask(url, "/status.json")).body, "nightly")
    }).pipe(Effect.scoped),
  )

  it.live("says that no run is planned, and no rate before there is one", () =>
    Effect.gen(function* () {
      const none = yield* open(Effect.succeed([]))
      assert.include((yield* ask(none, "/")).body, "No run is planned in this database.")
      // A page that is opened at once has no pace yet.
      const url = yield* open(Effect.succeed([run]))
      assert.notInclude((yield* ask(url, "/")).body, "requests/min")
    }).pipe(Effect.scoped),
  )

  it.live("ends with its scope, and fails where its port is taken or of no use, in both languages", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(open(Effect.succeed([run])))
      const isGone = yield* Effect.promise(() =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      )
      assert.isTrue(isGone)
      const taken = yield* Effect.acquireRelease(
        Effect.promise(
          () =>
            new Promise<ReturnType<typeof createServer>>((resolve) => {
              const server = createServer().listen(0, "127.0.0.1", () => resolve(server))
            }),
        ),
        (server) => Effect.sync(() => server.close()),
      )
      const { port } = taken.address() as AddressInfo
      const failed = open(Effect.succeed([run]), port).pipe(Effect.flip, Effect.scoped)
      const english = faultOf(Cause.fail(yield* failed), "en")
      assert.include(english.meaning, `port ${port} of this machine is in use by another program`)
      assert.strictEqual(english.remedy, "Choose another one with --web-port; 0 is any that is free.")
      const chinese = yield* Effect.provideService(failed, Language.CurrentLanguage, "zh")
      assert.include(faultOf(Cause.fail(chinese), "zh").meaning, `本机端口 ${port} 正被其他程序占用`)
      const alone = yield* StatusServer.openIfAsked(
        { web: false, webPort: 1 },
        { rateLimit: 100, runs: Effect.succeed([]) },
      ).pipe(Effect.provide(stderr), Effect.flip)
      assert.include(faultOf(Cause.fail(alone), "en").meaning, "there is no page whose port it would be")
    }).pipe(Effect.scoped),
  )
})
