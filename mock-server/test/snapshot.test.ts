import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fetchHandler } from "../src/index.ts"
import type { FetchHandler, Options, Running } from "../src/protocol/PublicTypes.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const lines = "application/x-ndjson"

/** A mock in this process, and how to ask its control plane. */
const mock = (options?: Options) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => fetchHandler({ seed, now, ...options })),
      (handler) => Effect.promise(() => handler[Symbol.asyncDispose]()),
    ),
    (handler) => ({ ...handler, ask: asking(handler) }),
  )

const asking =
  (handler: FetchHandler & Running) =>
  (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    Effect.promise(async () => {
      const response = await handler.fetch(
        new Request(`${handler.url}/_mock${path}`, {
          method,
          headers: { "content-type": "application/json", ...headers },
          ...(body === undefined
            ? {}
            : { body: typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body) }),
        }),
      )
      return { status: response.status, text: await response.text() }
    })

const refusal = (text: string): { readonly error: string; readonly problems: ReadonlyArray<string> } =>
  JSON.parse(text)

const meeting = (id: number | string, more: object = {}) => ({
  id: String(id),
  meeting_no: goodQuery.meeting_no,
  topic: `meeting ${id}`,
  start_time: now - 60,
  ...more,
})

/** A snapshot in lines, as it is sent. */
const inLines = (head: object, meetings: ReadonlyArray<unknown>, count = meetings.length) =>
  [{ ...head, meetings: count }, ...meetings].map((line) => `${JSON.stringify(line)}\n`).join("")

// What may be asked. Some of it is refused.
const end = 0xffff_ffff
const times = Schema.Literals([
  0,
  1,
  now - 60,
  now,
  end - 1,
  end,
  "-3d",
  "+5m",
  "2026-01-31T09:00:00Z",
  "-9999w",
  "+9999w",
])
const ids = Schema.Literals(["1", "2", "3", "7600000000000000001", "18446744073709551615"])
const apps = Schema.Literals(["cli_reader", "cli_store", "cli_elsewhere", "cli_other"])
const tenants = Schema.Literals(["tenant_a", "tenant_b", "tenant_c"])
const texts = Schema.Union([Schema.String, Schema.Literals(["\u0000", "\ud800", "\u2028\n", "中文", '"\\'])])
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(schema)
const calls = Schema.Union([
  Schema.Struct({
    do: Schema.Literal("put meetings"),
    meetings: Schema.Array(
      Schema.Struct({
        id: ids,
        meeting_no: Schema.Literals(["337736498", "146453285"]),
        topic: texts,
        start_time: times,
        end_time: optional(times),
        tenant_key: optional(tenants),
        url: optional(texts),
        password: optional(Schema.NullOr(texts)),
        meeting_connect: optional(Schema.Boolean),
        note_id: optional(texts),
        participants: optional(
          Schema.Array(
            Schema.Struct({
              open_id: Schema.Literals(["ou_a", "ou_b"]),
              first_join_time: optional(times),
              final_leave_time: optional(times),
              status: optional(Schema.Literals([1, 3, 4])),
              is_host: optional(Schema.Boolean),
            }),
          ),
        ),
        recording: optional(
          Schema.Struct({
            duration: optional(Schema.Literals([0, 5])),
            visible_to: optional(Schema.Array(Schema.Literals(["tenant", "cli_reader"]))),
          }),
        ),
        generate: optional(
          Schema.Struct({
            participants: optional(Schema.Literals([0, 3])),
            random_seed: optional(Schema.Literals(["1", "other"])),
          }),
        ),
      }),
    ),
  }),
  Schema.Struct({ do: Schema.Literal("remove meeting"), id: ids }),
  Schema.Struct({
    do: Schema.Literal("put app"),
    app: Schema.Struct({
      app_id: apps,
      app_secret: Schema.Literals(["secret", "other"]),
      type: Schema.Literals(["self_built", "store"]),
      scopes: Schema.Array(Schema.Literals(["vc:meeting:readonly", "im:message"])),
      tenants: Schema.NonEmptyArray(tenants),
      allowed_ips: optional(Schema.Array(Schema.Literals(["127.0.0.1", "::1"]))),
      encrypt_key: optional(Schema.Literal("key")),
      verification_token: optional(Schema.Literal("token")),
    }),
  }),
  Schema.Struct({ do: Schema.Literal("remove app"), id: apps }),
  Schema.Struct({
    do: Schema.Literal("move clock"),
    move: Schema.Struct({
      set: optional(times),
      advance: optional(Schema.Literals([0.5, 86_400, end, "1d", "-3h"])),
      frozen: optional(Schema.Boolean),
    }),
  }),
  Schema.Struct({
    do: Schema.Literal("change behaviour"),
    behaviour: Schema.Struct({
      rateLimit: optional(Schema.Literals([1, 100, "off"])),
      ninetyDays: optional(Schema.Literals(["both", "span", "lookback"])),
      emptyList: optional(Schema.Literals(["[]", "null", "absent"])),
      monthlyQuota: optional(Schema.Literals([0, "off"])),
      pageTokens: optional(Schema.Literals(["bound", "free"])),
    }),
  }),
  Schema.Struct({
    do: Schema.Literal("read, while a row is inserted"),
    app: apps,
    from: Schema.Literals([0, now - 86_400, end - 100, end, end + 1, 2 ** 40]),
  }),
  Schema.Struct({ do: Schema.Literal("reset") }),
])

const carryOut = Effect.fnUntraced(function* (
  { ask, fetch, url }: Effect.Success<ReturnType<typeof mock>>,
  call: typeof calls.Type,
) {
  switch (call.do) {
    case "put meetings":
      return yield* ask("PUT", "/meetings", call.meetings)
    case "remove meeting":
      return yield* ask("DELETE", `/meetings/${call.id}`)
    case "put app":
      return yield* ask("PUT", "/apps", call.app)
    case "remove app":
      return yield* ask("DELETE", `/apps/${call.id}`)
    case "move clock":
      return yield* ask("POST", "/clock", call.move)
    case "change behaviour":
      return yield* ask("PATCH", "/behaviour", call.behaviour)
    case "reset":
      return yield* ask("POST", "/reset")
    default: {
      yield* ask("POST", "/faults", { operation: "meetings.listByNo", then: { paging: "row inserted" } })
      return yield* Effect.promise(async () => {
        const post = { method: "POST", body: JSON.stringify({ app_id: call.app, app_secret: "secret" }) }
        const path = "/open-apis/auth/v3/tenant_access_token/internal"
        const token = await (await fetch(new Request(url + path, post))).json()
        const query = `meeting_no=337736498&start_time=${call.from}&end_time=${call.from + 100}`
        const answer = await fetch(
          new Request(`${url}/open-apis/vc/v1/meetings/list_by_no?${query}`, {
            headers: { authorization: `Bearer ${token.tenant_access_token}` },
          }),
        )
        return { status: answer.status, text: await answer.text() }
      })
    }
  }
})

describe("a snapshot", () => {
  it.effect.prop(
    "S17 is taken back, as JSON and in lines, and gives the same state, after any accepted calls",
    { sequence: Schema.Array(calls), isLines: Schema.Boolean },
    ({ isLines, sequence }) =>
      Effect.gen(function* () {
        const feishu = yield* mock()
        for (const call of sequence) {
          const { status } = yield* carryOut(feishu, call)
          assert.isBelow(status, 500)
        }
        yield* feishu.ask("POST", "/clock", { frozen: true })
        const headers = { accept: isLines ? lines : "*/*" }
        const before = yield* feishu.ask("GET", "/state", undefined, headers)
        assert.strictEqual(before.status, 200)
        const put = yield* feishu.ask("PUT", "/state", before.text, {
          "content-type": isLines ? lines : "application/json",
        })
        assert.deepStrictEqual(put, { status: 200, text: '{"ok":true}' })
        assert.strictEqual((yield* feishu.ask("GET", "/state", undefined, headers)).text, before.text)
        // And another mock takes it, too.
        const other = yield* mock({ randomSeed: "of another" })
        yield* Effect.promise(async () => other.restore(await feishu.snapshot()))
        assert.strictEqual((yield* other.ask("GET", "/state", undefined, headers)).text, before.text)
        for (const id of ids.literals) {
          const details = yield* feishu.ask("GET", `/meetings/${id}`)
          assert.deepStrictEqual(yield* other.ask("GET", `/meetings/${id}`), details)
        }
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 100 } },
  )

  it.effect(
    "never has a time after the clock's last second: a meeting that would start then is refused",
    () =>
      Effect.gen(function* () {
        const { ask } = yield* mock()
        yield* ask("POST", "/clock", { set: 4_294_967_295, frozen: true })
        const meeting = { id: "1", meeting_no: "337736498", topic: "late", start_time: "+5m" }
        const { status, text } = yield* ask("PUT", "/meetings", [meeting])
        assert.strictEqual(status, 400)
        assert.include(text, "[0].start_time: is after the last second")
      }).pipe(Effect.scoped),
  )

  it.effect("from before meetings had people is taken, and its meetings have none", () =>
    Effect.gen(function* () {
      const { ask } = yield* mock({ seed: { apps: seed.apps }, generate: { numbers: 1, meetings: 3 } })
      const { seed: whole, ...rest } = JSON.parse((yield* ask("GET", "/state")).text)
      const meetings = whole.meetings.map(
        ({ generate: _generate, ...before }: { readonly generate: object }) => before,
      )
      const older = { ...rest, seed: { ...whole, meetings } }
      assert.strictEqual((yield* ask("PUT", "/state", older)).status, 200)
      const { details } = JSON.parse((yield* ask("GET", `/meetings/${meetings[0].id}`)).text)
      assert.deepStrictEqual(details.participants, [])
      assert.deepStrictEqual(details.recording, { state: "none" })
    }).pipe(Effect.scoped),
  )

  it.effect("in lines is the same as the JSON document, and the client of tests reads it so", () =>
    Effect.gen(function* () {
      const { ask, snapshot } = yield* mock()
      yield* ask("POST", "/clock", { frozen: true })
      const json = JSON.parse((yield* ask("GET", "/state")).text)
      const [head, ...meetings] = (yield* ask("GET", "/state", undefined, {
        accept: `text/html, ${lines};q=0.9`,
      })).text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.deepStrictEqual(json.seed.meetings, meetings)
      assert.strictEqual(head.meetings, meetings.length)
      assert.deepStrictEqual(
        { ...head, seed: { ...head.seed, meetings } },
        { ...json, meetings: meetings.length },
      )
      assert.deepStrictEqual(yield* Effect.promise(snapshot), json)
    }).pipe(Effect.scoped),
  )

  it.effect(
    "that is wrong is refused with all that is wrong, each with its path and line, and changes nothing",
    () =>
      Effect.gen(function* () {
        const { ask } = yield* mock()
        yield* ask("POST", "/clock", { frozen: true })
        const before = yield* ask("GET", "/state")
        const { seed: whole, ...rest } = JSON.parse(before.text)
        const { meetings, ...apps } = whole
        const head = { ...rest, seed: apps }
        const document = (seedGiven: object) => JSON.stringify({ ...rest, seed: { ...apps, ...seedGiven } })
        for (const [type, body, ...problems] of [
          [
            lines,
            inLines(head, meetings, 5),
            "meetings (line 1): says 5, but 4 meetings follow: part of the snapshot is missing",
          ],
          [
            lines,
            inLines(head, [meeting(1), meeting(2, { topic: 1 }), meeting(1), meeting(3, { end_time: 1 })]),
            'topic (line 3): must be text in quotes, such as "012345"',
            "id (line 4): an earlier meeting has the id 1",
            "end_time (line 5): end_time is before start_time",
          ],
          [lines, inLines(head, []).trimEnd() + "\n{", "meetings (line 1): says 0, but 1 meetings follow"],
          [lines, "", "is empty"],
          [
            lines,
            inLines({ ...head, now: -1, frozen: 1 }, []),
            "now (line 1): the clock goes from 0",
            "frozen (line 1): ",
          ],
          [
            lines,
            inLines({ ...head, seed: { apps: [apps.apps[0], apps.apps[0]] } }, []),
            "seed.apps[1].app_id (line 1): is already used by apps[0]",
          ],
          ["application/json", "{", "is not JSON: "],
          ["application/json", "[]", "must be a snapshot"],
          ["application/json", "null", "must be a snapshot"],
          ["application/json", document({ meetings: {} }), "seed.meetings: must be a list of meetings"],
          [
            "application/json",
            document({ meetings: [meeting(1), meeting(1)] }),
            "seed.meetings[1].id: an earlier meeting has the id 1",
          ],
          ["application/json", document({ generate: [] }), "seed.generate: unknown key"],
          [
            "application/json",
            document({ meetings: [{ ...meeting(1), secret: 1 }] }),
            "seed.meetings[0].secret: unknown key",
          ],
        ] as const) {
          const { status, text } = yield* ask("PUT", "/state", body, { "content-type": type })
          assert.strictEqual(status, 400, text)
          const told = [refusal(text).error, ...refusal(text).problems].join("\n")
          for (const problem of problems) {
            // A line that is no JSON is told with what the parser says.
            if (problem.startsWith("meetings (line 1): says 0")) assert.include(told, "line 2: is not JSON")
            else assert.include(told, problem)
          }
          assert.strictEqual((yield* ask("GET", "/state")).text, before.text)
        }
      }).pipe(Effect.scoped),
  )

  it.effect("is taken as files have it: with a byte order mark, CR LF and blank lines; never damaged", () =>
    Effect.gen(function* () {
      const { ask } = yield* mock()
      yield* ask("PUT", "/meetings", [meeting(1, { topic: "每周例会" })])
      yield* ask("POST", "/clock", { frozen: true })
      const type = { "content-type": lines }
      const state = yield* ask("GET", "/state", undefined, { accept: lines })
      for (const [body, headers] of [
        [`\ufeff${state.text.replaceAll("\n", "\r\n")}\r\n \r\n`, type],
        [`\ufeff${(yield* ask("GET", "/state")).text}`, {}],
      ] as const) {
        assert.strictEqual((yield* ask("PUT", "/state", body, headers)).status, 200)
        assert.strictEqual((yield* ask("GET", "/state", undefined, { accept: lines })).text, state.text)
      }
      const [before = "", after = ""] = state.text.split("每周例会")
      for (const [body, message] of [
        // The topic's first half in GBK.
        [new Blob([before, Uint8Array.of(0xc3, 0xbf, 0xd6, 0xdc), after]), /line \d+: is not UTF-8/],
        [new Blob([Buffer.from(state.text, "utf16le")]), /line 1: is no/],
      ] as const) {
        const { status, text } = yield* ask("PUT", "/state", body, type)
        assert.strictEqual(status, 400)
        assert.match(text, message)
        assert.strictEqual((yield* ask("GET", "/state", undefined, { accept: lines })).text, state.text)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("is that of one moment: what is changed while it is sent is not in it", () =>
    Effect.gen(function* () {
      const feishu = yield* mock({
        seed: { apps: [seed.apps[0]], generate: [{ meeting_no: "337736498", count: 5_000 }] },
      })
      const before = (yield* feishu.ask("GET", "/state", undefined, { accept: lines })).text
      const sent = yield* Effect.promise(() =>
        feishu.fetch(new Request(`${feishu.url}/_mock/state`, { headers: { accept: lines } })),
      )
      const reader = sent.body!.pipeThrough(new TextDecoderStream()).getReader()
      const first = yield* Effect.promise(() => reader.read())
      const [, removed] = before.split("\n").map((line) => (line === "" ? undefined : JSON.parse(line).id))
      const last = JSON.parse(before.trimEnd().split("\n").at(-1)!)
      yield* feishu.ask("PUT", "/meetings", [meeting(1), { ...last, topic: "changed" }])
      yield* feishu.ask("DELETE", `/meetings/${removed}`)
      const parts = [first.value]
      for (;;) {
        const { done, value } = yield* Effect.promise(() => reader.read())
        if (done) break
        parts.push(value)
      }
      // The clock runs on.
      const meetingsOf = (text: string) => text.slice(text.indexOf("\n"))
      assert.strictEqual(meetingsOf(parts.join("")), meetingsOf(before))
    }).pipe(Effect.scoped),
  )

  it.effect("that is brought back holds up changes of its workspace, and nobody else", () =>
    Effect.gen(function* () {
      const { ask } = yield* mock({ seed: { apps: [seed.apps[0]] } })
      const own = JSON.parse((yield* ask("POST", "/workspaces", {})).text).appId
      const [head] = (yield* ask("GET", "/state", undefined, { accept: lines })).text.split("\n")
      const { meetings: _count, ...rest } = JSON.parse(head!)
      const many = Array.from({ length: 20_000 }, (_, id) => meeting(id + 10))
      const done: Array<string> = []
      const noted = (name: string, asked: Effect.Effect<{ readonly status: number }>) =>
        Effect.map(asked, ({ status }) => {
          assert.strictEqual(status, 200, name)
          done.push(name)
        })
      yield* Effect.all(
        [
          noted("restore", ask("PUT", "/state", inLines(rest, many), { "content-type": lines })),
          // Sent when the snapshot is being read.
          Effect.andThen(
            Effect.forEach([1, 2, 3, 4, 5], () => ask("GET", "/health"), { discard: true }),
            Effect.all(
              [
                noted("change of this workspace", ask("PUT", "/meetings", [meeting(1)])),
                noted("look at this workspace", ask("GET", "/clock")),
                noted("change of another", ask("PUT", `/meetings?app_id=${own}`, [meeting(1)])),
              ],
              { concurrency: "unbounded" },
            ),
          ),
        ],
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(done.slice(2), ["restore", "change of this workspace"])
      const { total } = JSON.parse((yield* ask("GET", "/meetings?limit=1")).text)
      assert.strictEqual(total, 20_001)
    }).pipe(Effect.scoped),
  )

  it.effect("without apps leaves a workspace its own; no way takes the app of another", () =>
    Effect.gen(function* () {
      const { ask } = yield* mock()
      const own = JSON.parse((yield* ask("POST", "/workspaces", {})).text).appId
      const state = JSON.parse((yield* ask("GET", `/state?app_id=${own}`)).text)
      const without = { ...state, seed: { meetings: [] } }
      assert.strictEqual((yield* ask("PUT", `/state?app_id=${own}`, without)).status, 200)
      assert.deepStrictEqual(JSON.parse((yield* ask("GET", `/state?app_id=${own}`)).text).seed, {
        ...state.seed,
        meetings: [],
      })
      const taken = { ...state, seed: { apps: [seed.apps[0]], meetings: [] } }
      const elsewhere = /the app cli_reader is in another workspace/
      const put = yield* ask("PUT", `/state?app_id=${own}`, taken)
      assert.strictEqual(put.status, 400)
      assert.match(put.text, elsewhere)
      assert.match((yield* ask("PUT", `/apps?app_id=${own}`, seed.apps[0])).text, elsewhere)
      // One that its workspace gave up, and that a reset would bring back.
      assert.strictEqual((yield* ask("DELETE", "/apps/cli_reader")).status, 200)
      assert.strictEqual((yield* ask("PUT", `/apps?app_id=${own}`, seed.apps[0])).status, 200)
      const reset = yield* ask("POST", "/reset")
      assert.strictEqual(reset.status, 400)
      assert.match(reset.text, elsewhere)
      assert.strictEqual((yield* ask("DELETE", `/apps/cli_reader?app_id=${own}`)).status, 200)
      assert.strictEqual((yield* ask("POST", "/reset")).status, 200)
    }).pipe(Effect.scoped),
  )
})
