import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Bounds from "../src/protocol/Bounds.ts"
import * as FaultRules from "../src/faults/FaultRules.ts"
import { fetchHandler } from "../src/index.ts"
import * as Journal from "../src/state/Journal.ts"
import * as KnownSecrets from "../src/secrets/KnownSecrets.ts"
import * as RecentMap from "../src/state/RecentMap.ts"
import * as Tokens from "../src/state/Tokens.ts"
import * as Workspace from "../src/state/Workspace.ts"
import * as Workspaces from "../src/state/Workspaces.ts"
import * as Generator from "../src/seed/Generator.ts"
import { now, seed } from "./fixture.ts"

describe("a map of what was added last", () => {
  const whole = (minimum: number, maximum: number) =>
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

  it.effect.prop(
    "keeps to its bytes, forgets the oldest first, and always has the newest",
    { bytes: whole(0, 5_000), added: Schema.Array(Schema.Tuple([whole(0, 20), whole(0, 300)])) },
    ({ added, bytes }) =>
      Effect.sync(() => {
        const map = RecentMap.make<string>(bytes, (text) => [text])
        const order: Array<string> = []
        for (const [id, length] of added) {
          const key = String(id)
          if (map.has(key)) order.splice(order.indexOf(key), 1)
          map.set(key, "x".repeat(length))
          order.push(key)
          const kept = [...map.entries()]
          assert.strictEqual(map.get(key)?.length, length)
          // What is kept is the end of the order.
          assert.deepStrictEqual(
            kept.map(([key]) => key),
            order.slice(-kept.length),
          )
          if (kept.length > 1) {
            assert.isAtMost(
              kept.reduce((sum, [key, text]) => sum + 2 * (key.length + text.length), 0),
              bytes,
            )
          }
          order.splice(0, order.length - kept.length)
        }
      }),
  )
})

const answered = {
  time: now,
  operation: undefined,
  method: "POST",
  url: "/",
  authorization: undefined,
  appId: undefined,
  tenant: undefined,
  status: 200,
  logId: "log",
  millis: 1,
  fault: undefined,
  resetSeconds: undefined,
  requestHeaders: {},
  responseHeaders: {},
  headerNames: undefined,
  pageTokenRefused: undefined,
  requestBody: "",
  responseBody: "",
  responseBytes: 0,
}

describe("the journal", () => {
  const mebibyte = 2 ** 20

  it("keeps the bodies of the last requests, at most so many bytes, and all else of the last thousand", () => {
    const journal = Journal.make(new Set(), KnownSecrets.make())
    const body = (count: number) => `{"count":${count},"rest":"${"x".repeat(mebibyte / 4 - 100)}"}`
    const total = 2 * Bounds.journalEntries + 100
    for (let count = 1; count <= total; count++) {
      journal.add({
        ...answered,
        url: `/${count}`,
        requestBody: body(count),
        responseBody: '{"code":7}',
        responseBytes: 10,
      })
    }
    const entries = journal.entries()
    assert.deepStrictEqual(
      entries.map(({ code, path }) => `${path} ${code}`),
      Array.from(
        { length: Bounds.journalEntries },
        (_, index) => `/${total - Bounds.journalEntries + 1 + index} 7`,
      ),
    )
    const details = entries.map(({ seq }) => journal.detail(seq)!)
    const whole = details.filter(({ requestBody }) => requestBody.startsWith('{"count"'))
    assert.strictEqual(whole.at(-1)?.requestBody, body(total))
    // Two bytes a character.
    assert.isAtMost(
      whole.reduce((sum, { requestBody }) => sum + 2 * requestBody.length, 0),
      Bounds.journalBytes,
    )
    assert.isAtLeast(whole.length, Bounds.journalBytes / mebibyte)
    for (const { requestBody, responseBody } of details.slice(0, -whole.length)) {
      assert.strictEqual(requestBody, "(the journal keeps 32 MiB of bodies: this one was older)")
      assert.strictEqual(responseBody, requestBody)
    }
    journal.clear()
    journal.add({ ...answered, requestBody: body(1) })
    assert.strictEqual(journal.detail(1)?.requestBody, body(1))
  })

  it("keeps the beginning of an address and of credentials", () => {
    const journal = Journal.make(new Set(), KnownSecrets.make())
    journal.add({
      ...answered,
      url: `/path?query=${"x".repeat(100_000)}`,
      authorization: `Bearer t-${"x".repeat(100_000)}`,
    })
    const [entry] = journal.entries()
    assert.strictEqual(entry?.path, "/path")
    assert.isBelow(JSON.stringify(entry).length, 5_000)
  })

  it.effect("that is watched by somebody who does not read forgets the oldest for them", () =>
    Effect.gen(function* () {
      const handler = yield* Effect.acquireRelease(
        Effect.promise(() => fetchHandler({ seed, now })),
        (handler) => Effect.promise(() => handler[Symbol.asyncDispose]()),
      )
      const get = (path: string) => Effect.promise(() => handler.fetch(new Request(handler.url + path)))
      const reader = (yield* get("/_mock/journal/live"))
        .body!.pipeThrough(new TextDecoderStream())
        .getReader()
      yield* Effect.promise(() => reader.read())
      const total = Bounds.watchedEntries + 300
      for (let count = 1; count <= total; count++) yield* get(`/${count}`)
      let text = ""
      while (!text.includes(`"/${total}"`)) text += (yield* Effect.promise(() => reader.read())).value
      yield* Effect.promise(() => reader.cancel())
      const seqs = Array.from(text.matchAll(/"seq":(\d+)/g), ([, seq]) => Number(seq))
      assert.isBelow(seqs.length, total - 100)
      assert.deepStrictEqual(
        seqs.slice(-Bounds.watchedEntries),
        Array.from(
          { length: Bounds.watchedEntries },
          (_, index) => total - Bounds.watchedEntries + 1 + index,
        ),
      )
    }).pipe(Effect.scoped),
  )
})

describe("tokens", () => {
  it.effect(
    "are remembered in so many bytes, the last ones, whoever asks without end, and of every kind",
    () =>
      Effect.gen(function* () {
        const tokens = Tokens.make(yield* Generator.seeded(1, "tokens"), () => {})
        // So long that few of them are too many.
        const tenant = "t".repeat(10_000)
        const appId = "a".repeat(10_000)
        const app = { app_id: appId, type: "store" } as const
        const first = tokens.issueTenant(app, tenant, now).text
        const ticket = tokens.mintTicket(appId, now)
        const authorization = { appId, tenant, scopes: ["offline_access"] }
        const code = tokens.mintCode(authorization, now)
        const trade = (code: string) =>
          tokens.tradeCode({ appId, code, redirectUri: undefined, codeVerifier: undefined }, now)
        assert.isTrue(tokens.isTicket(appId, ticket, now))
        let last = trade(tokens.mintCode(authorization, now))
        for (let count = 0; count < 1_000; count++) {
          last = trade(tokens.mintCode(authorization, now))
          tokens.mintTicket(appId, now)
        }
        assert.isUndefined(tokens.find(first))
        assert.isFalse(tokens.isTicket(appId, ticket, now))
        assert.strictEqual(trade(code), 20003)
        assert.isObject(last)
        const { access_token: text, refresh_token: refreshToken } = Object(last)
        assert.isTrue(tokens.find(text)?.appId === appId)
        assert.isObject(tokens.refresh({ appId, refreshToken }, now))
        const bytes = tokens.all(now).reduce((sum, { text }) => sum + 2 * text.length, 0)
        assert.isAtMost(bytes, Bounds.tokenBytes)
        // A new one in the place of that which was forgotten.
        assert.notStrictEqual(tokens.issueTenant(app, tenant, now).text, first)
      }),
  )
})

describe("faults", () => {
  const call = (body: string) =>
    ({ operation: "oauth.clientCredentials", query: {}, page: undefined, body }) as const

  it("of chaos count a call anew after so many different ones, and remember no bodies", () => {
    const faults = FaultRules.make()
    faults.setChaos({ seed: "s", rate: 0.5, faults: [{ code: 121001 }] })
    const hits = (body: string) => Array.from({ length: 12 }, () => faults.hit(call(body)) !== undefined)
    const before = [hits("a"), hits("b")]
    for (let other = 1; other < Bounds.chaosCalls; other++) faults.hit(call(String(other)))
    // The first has made room for the last.
    const [b, a] = [hits("b"), hits("a")]
    assert.deepStrictEqual(a, before[0])
    assert.notDeepEqual(b, before[1])
  })

  it.effect("and workspaces are so many at most", () =>
    Effect.gen(function* () {
      const handler = yield* Effect.acquireRelease(
        Effect.promise(() => fetchHandler({ seed, now })),
        (handler) => Effect.promise(() => handler[Symbol.asyncDispose]()),
      )
      const rule = { operation: "*", then: { code: 121001 } } as const
      const refusalOf = (asked: () => Promise<unknown>) =>
        Effect.promise(() =>
          asked().then(
            () => "",
            ({ message }: Error) => message,
          ),
        )
      for (let count = 0; count < Bounds.rules; count++) yield* Effect.promise(() => handler.addFault(rule))
      assert.match(
        yield* refusalOf(() => handler.addFault(rule)),
        /there are 1000 rules already: remove some/,
      )
      yield* Effect.promise(() => handler.clearFaults())
      assert.strictEqual(yield* refusalOf(() => handler.addFault(rule)), "")
      const all = Workspaces.make(yield* Workspace.make({ seed: { meetings: [] } }))
      const add = (count: number) =>
        Effect.map(Workspace.make({ seed: { apps: [{ ...seed.apps[0], app_id: `cli_${count}` }] } }), all.add)
      for (let count = 1; count <= Bounds.workspaces; count++) assert.isUndefined(yield* add(count))
      assert.match((yield* add(0)) ?? "", /there are 1000 workspaces already: remove/)
      assert.isTrue(all.remove("cli_1"))
      assert.isUndefined(yield* add(0))
    }).pipe(Effect.scoped),
  )
})

describe("meetings", () => {
  it.effect("of one workspace are so many at most, which is known before they are made", () =>
    Effect.gen(function* () {
      const tooMany = (options: Parameters<typeof fetchHandler>[0]) =>
        Effect.promise(() =>
          fetchHandler(options).then(
            () => "",
            ({ message }: Error) => message,
          ),
        )
      const orders = ["337736498", "146453285", "999999998"].map((meeting_no) => ({
        meeting_no,
        count: 1_000_000,
      }))
      for (const options of [
        { generate: { numbers: 100_000, meetings: 1_000_000 } },
        { generate: { numbers: 3, meetings: 1_000_000 } },
        { seed: { generate: orders } },
      ]) {
        assert.match(
          yield* tooMany(options),
          /a workspace holds at most 2000000 meetings, 512 MiB of meetings/,
        )
      }
    }),
  )
})
