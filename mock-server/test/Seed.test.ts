import { spawnSync } from "node:child_process"
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Yaml from "yaml"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as Seed from "../src/seed/Seed.ts"
import * as SeedCheck from "../src/seed/SeedCheck.ts"
import * as SeedFile from "../src/seed/SeedFile.ts"
import { renderFault } from "../src/seed/SeedInvalid.ts"
import * as SeedWarnings from "../src/seed/SeedWarnings.ts"
import * as Snapshot from "../src/state/Snapshot.ts"
import * as Workspace from "../src/state/Workspace.ts"
import { now, seed } from "./fixture.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

const written = Effect.fnUntraced(function* (content: string, name = "seed.yaml") {
  const files = yield* FileSystem.FileSystem
  const path = `${yield* files.makeTempDirectoryScoped()}/${name}`
  yield* files.writeFileString(path, content)
  return path
})

const read = Effect.fnUntraced(function* (name: string, content: string) {
  return yield* SeedFile.fromFile(yield* written(content, name))
})

/** What the refusal of a file says, line by line, without its folder. */
const refusal = (name: string, content: string) =>
  Effect.map(Effect.flip(read(name, content)), ({ message }) =>
    message.replaceAll(/\S*\/(?=\w+\.)/g, "").split("\n"),
  )

const provideFiles = Effect.provide(NodeServices.layer)

describe("a seed file", () => {
  it.effect("may be YAML or JSON, and says the same in both", () =>
    Effect.gen(function* () {
      const yaml = `
apps:
  - { app_id: cli_1, app_secret: s, type: self_built, scopes: ["vc:meeting:readonly"], tenants: [t] }
meetings:
  - { id: 7011030664708603907, meeting_no: 337736498, topic: 周会, start_time: 1767225600, password: "012345" }
generate:
  - { meeting_no: "012345678", count: 3, from: 1767225600, to: 1767225700 }
`
      const json = `{
	"apps": [{ "app_id": "cli_1", "app_secret": "s", "type": "self_built", "scopes": ["vc:meeting:readonly"], "tenants": ["t"] }],
	"meetings": [{ "id": 7011030664708603907, "meeting_no": "337736498", "topic": "周会", "start_time": 1767225600, "password": "012345" }],
	"generate": [{ "meeting_no": "012345678", "count": 3, "from": 1767225600, "to": 1767225700 }]
}`
      const fromYaml = yield* read("seed.yaml", yaml)
      assert.deepStrictEqual(fromYaml, yield* read("seed.json", json))
      // All 19 digits, though no quotes were around them.
      assert.strictEqual(fromYaml.meetings?.[0]?.id, "7011030664708603907")
    }).pipe(provideFiles),
  )

  it.effect("S13 is refused with every fault at once, each with its path and line", () =>
    Effect.gen(function* () {
      const yaml = `apps:
  - app_id: cli_1
    type: internal
    scopes: [a]
    tenants: []
meetings:
  - id: 7011030664708603907
    meeting_no: 12
    topic: x
    start_time: 1767225600000
  - { id: 7011030664708603908, meeting_no: 337736498, topic: x, start_time: 5, end_time: 4 }
  - { id: 7011030664708603908, meeting_no: 337736498, topik: x, topic: x, start_time: 5 }
  - { id: 7011030664708603908, meeting_no: 337736498, topic: x, start_time: 5 }
generate:
  - { meeting_no: 337736498, count: -1 }
  - { meeting_no: 337736498, count: 1, from: 5, to: 5 }
`
      assert.deepStrictEqual(yield* refusal("seed.yaml", yaml), [
        "seed.yaml has 12 faults:",
        "  apps[0].app_secret (line 2): missing key",
        "  apps[0].type (line 3): must be self_built or store",
        "  apps[0].tenants (line 5): must have at least one tenant",
        "  meetings[0].meeting_no (line 8): a meeting number has 9 digits, such as 337736498; quote it when it starts with 0",
        "  meetings[0].start_time (line 10): a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more); write 1767225600",
        "  meetings[2].topik (line 12): unknown key: did you mean topic?",
        "  generate[0].count (line 15): count must be a whole number from 0 to 1000000",
        "  meetings[2].id (line 12): is already used by meetings[1]",
        "  meetings[3].id (line 13): is already used by meetings[1]",
        "  generate[1].meeting_no (line 16): is already used by generate[0]",
        "  meetings[1].end_time (line 11): end_time is before start_time",
        "  generate[1].to (line 16): to must be later than from",
      ])
    }).pipe(provideFiles),
  )

  it.effect("S13 in JSON is refused with lines, too", () =>
    Effect.gen(function* () {
      const json = `{ "meetings": [\n{ "id": "1", "meeting_no": "337736498", "topic": "x", "start_time": 1.5 }] }`
      assert.deepStrictEqual(yield* refusal("seed.json", json), [
        "seed.json has 1 fault:",
        "  meetings[0].start_time (line 2): a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more)",
      ])
    }).pipe(provideFiles),
  )

  const aliases = (key: string, of: string) => `${key}: &${key} [${Array(9).fill(`*${of}`).join(", ")}]`
  const unreadable: ReadonlyArray<readonly [string, string, string]> = [
    ["broken.json", '{ "apps": [ }', "broken.json has 2 faults:"],
    ["broken.yaml", "apps: [1\nmeetings: {", "broken.yaml has "],
    ["empty.yaml", "", "empty.yaml: is empty: a seed has keys such as apps, meetings and generate"],
    [
      "list.yaml",
      "- 1",
      "list.yaml: line 1: is a list: a seed has keys such as apps, meetings and generate, each with a list",
    ],
    ["alias.yaml", "generate: []\napps: *nope\n", "alias.yaml has 1 fault:"],
    ["circle.yaml", "apps: &apps [*apps]\n", "circle.yaml has 1 fault:"],
    [
      "bomb.yaml",
      ["a: &a [1]", ..."bcdefgh".split("").map((key, index) => aliases(key, "abcdefg"[index] ?? ""))].join(
        "\n",
      ),
      "bomb.yaml has 1 fault:",
    ],
    ["twice.json", '{ "apps": [],\n"apps": [] }', "twice.json has 1 fault:"],
    ["inside.json", '{ "generate": [{ "count": 1,\n\t"count": 1 }] }', "inside.json has 1 fault:"],
  ]
  for (const [name, content, message] of unreadable) {
    it.effect(`S13 is refused when it is like ${name}`, () =>
      Effect.gen(function* () {
        const [first, ...more] = yield* refusal(name, content)
        assert.isTrue(first?.startsWith(message), first)
        if (!message.includes(" has ")) assert.deepStrictEqual(more, [])
      }).pipe(provideFiles),
    )
  }

  const times: ReadonlyArray<readonly [string, number]> = [
    ["1769850000", now],
    ['"1769850000"', now],
    ["2026-01-31T09:00:00Z", now],
    ["2026-01-31T17:00:00.999+08:00", now],
    ["2026-01-31", now - 9 * 3_600],
    ["-3d", now - 3 * 86_400],
    ["-36h", now - 36 * 3_600],
    ["+90m", now + 90 * 60],
    ["-2w", now - 14 * 86_400],
    ["-10s", now - 10],
    ["-999999w", 0],
  ]
  it.effect(
    "may have times in unix seconds, in ISO text, and counted from the start of the mock's clock",
    () =>
      Effect.gen(function* () {
        const yaml = `meetings:\n${times
          .map(
            ([time], index) => `  - { id: ${index}, meeting_no: 337736498, topic: x, start_time: ${time} }`,
          )
          .join("\n")}`
        const workspace = yield* Workspace.make({ seed: yield* read("seed.yaml", yaml), now })
        const starts = () => workspace.snapshot().meetings.map(({ start_time }) => start_time)
        assert.deepStrictEqual(
          starts(),
          times.map(([, seconds]) => seconds),
        )
        const json = [...Snapshot.json(workspace.snapshot())].join("")
        yield* workspace.restore(Snapshot.fromJson(Buffer.from(json)), () => undefined)
        assert.deepStrictEqual(
          starts(),
          times.map(([, seconds]) => seconds),
        )
      }).pipe(provideFiles),
  )

  for (const time of [
    "-3",
    "3d",
    "-3days",
    "-3d4h",
    "2026-02-31",
    "2026-01-31T09:00:00",
    "12/31/2026",
    "+999999w",
  ]) {
    it.effect(`is refused with ${time} for a time`, () =>
      Effect.gen(function* () {
        const yaml = `meetings: [{ id: 1, meeting_no: 337736498, topic: x, start_time: "${time}" }]`
        const [, fault] = yield* refusal("seed.yaml", yaml)
        assert.match(
          fault ?? "",
          /start_time \(line 1\): a time is -3d \(three days ago\), 2026-01-31T09:00:00Z/,
        )
      }).pipe(provideFiles),
    )
  }

  it.effect("has its times compared at the start of the clock, however they are written", () =>
    Effect.gen(function* () {
      const meeting = { id: "1", meeting_no: "337736498", topic: "x" }
      const seed = { meetings: [{ ...meeting, start_time: "-1d", end_time: "2026-01-31" }] }
      yield* SeedCheck.check(seed, "the seed", now)
      const { message } = yield* Effect.flip(SeedCheck.check(seed, "the seed", now + 86_400))
      assert.include(message, "meetings[0].end_time: end_time is before start_time")
    }),
  )

  const meetingWith = (fields: string) =>
    `meetings: [{ id: 1, meeting_no: 337736498, topic: x, start_time: 5, ${fields} }]`

  for (const field of ["password: 012345", "url: 5", "note_id: 7", "tenant_key: 12", "password: true"]) {
    it.effect(`is refused with ${field}: what is text is never made from anything else`, () =>
      Effect.gen(function* () {
        const [, fault] = yield* refusal("seed.yaml", meetingWith(field))
        const [key] = field.split(":")
        assert.strictEqual(fault, `  meetings[0].${key} (line 1): must be text in quotes, such as "012345"`)
      }).pipe(provideFiles),
    )
  }

  it.effect("takes a key without a value as one that is not there", () =>
    Effect.gen(function* () {
      const fields = ["url", "password", "end_time", "tenant_key", "meeting_connect", "note_id"]
      const nulls = meetingWith(fields.map((field) => `${field}: null`).join(", "))
      assert.deepStrictEqual(yield* read("seed.yaml", `apps:\n${nulls}\ngenerate:\n`), {
        meetings: [{ id: "1", meeting_no: "337736498", topic: "x", start_time: 5 }],
      })
    }).pipe(provideFiles),
  )

  it.effect("may have ids of up to 64 bits", () =>
    Effect.gen(function* () {
      const withId = (id: string) =>
        `{ "meetings": [{ "id": ${id}, "meeting_no": "337736498", "topic": "\\":", "start_time": 5 }] }`
      const { meetings } = yield* read("seed.json", withId("18446744073709551615"))
      assert.strictEqual(meetings?.[0]?.id, "18446744073709551615")
      for (const id of ["18446744073709551616", '"99999999999999999999"', "-1", "1.5", "true"]) {
        assert.deepStrictEqual(yield* refusal("seed.json", withId(id)), [
          "seed.json has 1 fault:",
          "  meetings[0].id (line 1): a meeting id is a 64-bit integer as text, such as 7011030664708603907",
        ])
      }
    }).pipe(provideFiles),
  )

  it.effect("S13 has its doubles and ranges told beside whatever else is wrong with the same entry", () =>
    Effect.gen(function* () {
      const yaml = `apps:
  - { app_id: cli_1, tenants: [t] }
  - { app_id: cli_1, tenants: [] }
meetings:
  - { id: 1, start_time: 6, end_time: 5, tenant_key: nowhere }
  - { id: "1" }
generate:
  - { meeting_no: 337736498, count: many, from: 6, to: 5 }
  - { meeting_no: 337736498 }
`
      const faults = yield* refusal("seed.yaml", yaml)
      assert.deepStrictEqual(
        faults.filter((fault) => !fault.endsWith("missing key")),
        [
          "seed.yaml has 19 faults:",
          "  apps[1].tenants (line 3): must have at least one tenant",
          "  generate[0].count (line 8): count must be a whole number from 0 to 1000000",
          "  apps[1].app_id (line 3): is already used by apps[0]",
          "  meetings[1].id (line 6): is already used by meetings[0]",
          "  generate[1].meeting_no (line 9): is already used by generate[0]",
          // Which tenants there are is not known while those of an app are wrong.
          "  meetings[0].end_time (line 5): end_time is before start_time",
          "  generate[0].to (line 8): to must be later than from",
        ],
      )
    }).pipe(provideFiles),
  )

  it.effect("without an app is refused when it has a list of apps", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* refusal("seed.yaml", "apps: []"), [
        "seed.yaml has 1 fault:",
        "  apps (line 1): must have at least one app",
      ])
    }).pipe(provideFiles),
  )

  it.effect("S13 is refused when it is a folder", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(SeedFile.fromFile(import.meta.dirname))
      assert.strictEqual(error.message, `${import.meta.dirname}: is a folder: give a YAML or JSON file`)
    }).pipe(provideFiles),
  )

  it.effect.skipIf(isWindows)(
    "S13 is refused when it is no file, has no end or is far too large, and nothing waits",
    () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        symlinkSync("/dev/zero", `${folder}/device`)
        symlinkSync("circle", `${folder}/circle`)
        symlinkSync("nothing", `${folder}/dangling`)
        writeFileSync(`${folder}/sparse`, "")
        truncateSync(`${folder}/sparse`, 5 * 2 ** 30)
        const socket = createServer()
        yield* Effect.acquireRelease(
          Effect.promise(() => new Promise<void>((resolve) => socket.listen(`${folder}/socket`, resolve))),
          () => Effect.sync(() => socket.close()),
        )
        for (const [name, message] of [
          ["device", "is a device: give a YAML or JSON file"],
          ["circle", "cannot be read: ELOOP"],
          ["dangling", "there is no such file"],
          ["sparse", "is larger than 256 MiB: use generate for many meetings"],
          ["socket", "is a socket: give a YAML or JSON file"],
        ]) {
          const error = yield* Effect.flip(SeedFile.fromFile(`${folder}/${name}`))
          assert.strictEqual(error.message, `${folder}/${name}: ${message}`)
        }
      }).pipe(provideFiles),
  )

  it.effect.skipIf(isWindows)("comes from a pipe, too, and what waits for its writer can be stopped", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const pipe = `${yield* files.makeTempDirectoryScoped()}/pipe`
      assert.strictEqual(spawnSync(`mkfifo ${pipe}`, { shell: true }).status, 0)
      const stopped = yield* Effect.forkChild(SeedFile.fromFile(pipe), { startImmediately: true })
      yield* Fiber.interrupt(stopped)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(stopped)))
      const reading = yield* Effect.forkChild(SeedFile.fromFile(pipe), { startImmediately: true })
      // Nobody can open it without waiting, unless it is open for reading by now.
      const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
      writeSync(writer, "meetings: []")
      closeSync(writer)
      assert.deepStrictEqual(yield* Fiber.join(reading), { meetings: [] })
    }).pipe(provideFiles),
  )

  it.effect("is explained by examples/seed.yaml, which is a good one and has every key", () =>
    Effect.gen(function* () {
      const example = yield* SeedFile.fromFile(
        fileURLToPath(new URL("../examples/seed.yaml", import.meta.url)),
      )
      const keys = (entries: ReadonlyArray<object> = []) =>
        new Set(entries.flatMap((entry) => Object.keys(entry)).filter((key) => key !== "$schema"))
      assert.deepStrictEqual(keys([example]), keys([Seed.Keys.fields]))
      assert.deepStrictEqual(keys(example.apps), keys([Seed.App.fields]))
      assert.deepStrictEqual(keys(example.meetings), keys([Seed.Meeting.fields]))
      assert.deepStrictEqual(keys(example.generate), keys([Seed.Generate.fields]))
    }).pipe(provideFiles),
  )

  it.effect("S13 is refused when there is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(SeedFile.fromFile("/nowhere/seed.yaml"))
      assert.strictEqual(error.message, "/nowhere/seed.yaml: there is no such file")
    }).pipe(provideFiles),
  )
})

describe("failures, clock and switches in a seed", () => {
  it.effect("S13 are refused with every fault at once, each with its path and line", () =>
    Effect.gen(function* () {
      const yaml = [
        "faults:",
        "  - { operation: meetings.list, then: { code: 121001 } }",
        "  - { operation: meetings.get, when: { firts: 3 }, then: { paging: cycle } }",
        "  - { operation: '*', than: { status: 503 } }",
        "  - { operation: '*', then: { sttus: 503 } }",
        "  - { operation: '*', when: { matching: { page_size: 50 } }, then: { status: 503, headers: { Retry-After: 2 } }, enabled: 1 }",
        "chaos: { rate: 10, fault: [] }",
        "clock: { now: yesterday, frozn: true }",
        "behaviour: { rateLimit: 0, ratelimits: 3 }",
        "rateLimit: 3",
        "limits: {}",
        "frozen: true",
      ].join("\n")
      const [, ...faults] = yield* refusal("seed.yaml", yaml)
      assert.deepStrictEqual(
        faults.map((line) => line.trim().replace(/(must be one of meetings\.listByNo).*/, "$1")),
        [
          "rateLimit (line 10): unknown key: switches, such as rateLimit, belong in behaviour",
          "limits (line 11): unknown key: switches, such as rateLimit, belong in behaviour",
          "frozen (line 12): unknown key: write clock: { now: …, frozen: true }",
          "faults[0].operation (line 2): must be one of meetings.listByNo",
          "faults[1].when.firts (line 3): unknown key: did you mean first?",
          "faults[2].than (line 4): unknown key: did you mean then?",
          "faults[2].then (line 4): missing key",
          "faults[3].then.sttus (line 5): unknown key: did you mean status?",
          "faults[4].when.matching.page_size (line 6): must be text in quotes, or null",
          "faults[4].then.headers.Retry-After (line 6): must be text in quotes",
          "faults[4].enabled (line 6): must be true or false",
          "chaos.fault (line 7): unknown key: did you mean faults?",
          "chaos.rate (line 7): must be a fraction from 0 to 1",
          "clock.frozn (line 8): unknown key: did you mean frozen?",
          "clock.now (line 8): a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more); write -1d",
          "behaviour.ratelimits (line 9): unknown key: did you mean rateLimit?",
          'behaviour.rateLimit (line 9): must be a whole number from 1 to 1000000000, or "off"',
        ],
      )
    }).pipe(provideFiles),
  )

  it.effect("have absent keys without a value, and times that count from the seed's clock", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read("seed.yaml", "faults:\nchaos:\nclock:\nbehaviour:\n"), {})
      const yaml = [
        "clock: { now: 2026-01-31T09:00:00Z }",
        'meetings: [{ id: 1, meeting_no: "337736498", topic: x, start_time: -1d, end_time: 2026-01-30T08:59:59Z }]',
      ].join("\n")
      const [, fault] = yield* refusal("seed.yaml", yaml)
      assert.strictEqual(fault?.trim(), "meetings[0].end_time (line 2): end_time is before start_time")
      const [, late] = yield* refusal("seed.yaml", "clock: { now: +999999w }")
      assert.match(late ?? "", /^ *clock\.now \(line 1\): /)
    }).pipe(provideFiles),
  )
})

describe("the JSON Schema of a seed", () => {
  const accepts = new Ajv({ strict: true }).compile(Seed.jsonSchema())

  it("is in examples/, for editors", () => {
    const file = readFileSync(new URL("../examples/feishu.schema.json", import.meta.url), "utf8")
    assert.deepStrictEqual(
      JSON.parse(file),
      Seed.jsonSchema(),
      "write it anew: pnpm --silent mock schema > mock-server/examples/feishu.schema.json; pnpm format",
    )
  })

  it.effect("lets the example through, and JSON that names it", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = fileURLToPath(new URL("../examples/seed.yaml", import.meta.url))
      const seed: unknown = Yaml.parse(yield* files.readFileString(path))
      assert.isTrue(accepts(seed))
      assert.isTrue(
        accepts({ $schema: "./feishu.schema.json", generate: [{ meeting_no: 337736498, count: 1 }] }),
      )
    }).pipe(provideFiles),
  )

  const meeting = { id: "1", meeting_no: "337736498", topic: "x", start_time: "-3d" }
  const wrong: ReadonlyArray<unknown> = [
    { meetings: [{ ...meeting, id: "x" }] },
    { meetings: [{ ...meeting, meeting_no: "12" }] },
    { meetings: [{ ...meeting, start_time: "yesterday" }] },
    { meetings: [{ ...meeting, start_time: 1769850000000 }] },
    { meetings: [{ ...meeting, password: 12345 }] },
    { meetings: [{ id: "1" }] },
    { generate: [{ meeting_no: "337736498", count: 1_000_001 }] },
    { apps: [] },
    { apps: [{ ...Seed.defaultApp, type: "internal" }] },
    [],
  ]
  it.effect("refuses what the seed refuses", () =>
    Effect.gen(function* () {
      assert.isTrue(accepts({ apps: [Seed.defaultApp], meetings: [meeting] }))
      for (const seed of wrong) {
        assert.isFalse(accepts(seed), JSON.stringify(seed))
        yield* Effect.flip(SeedCheck.check(seed))
      }
    }),
  )

  it("describes every key, and refuses any other", () => {
    const undescribed: Array<string> = []
    const open: Array<string> = []
    const { definitions } = Seed.jsonSchema()
    const named = (value: object): object => {
      const [, name = ""] = /^#\/definitions\/(.*)$/.exec(Reflect.get(value, "$ref") ?? "") ?? []
      return Reflect.get(Object(definitions), name) ?? value
    }
    const look = (schema: unknown, path: string) => {
      if (typeof schema !== "object" || schema === null) return
      const properties = Object.entries<object>(Reflect.get(schema, "properties") ?? {})
      // Headers and conditions have any names.
      if (
        Reflect.get(schema, "type") === "object" &&
        Reflect.has(schema, "properties") &&
        Reflect.get(schema, "additionalProperties") !== false
      ) {
        open.push(path)
      }
      for (const [key, value] of properties) {
        const described = named(value)
        if (!/^[^]{8}/.test(Reflect.get(described, "description") ?? "")) undescribed.push(`${path}.${key}`)
      }
      for (const [key, value] of Object.entries(schema)) look(value, `${path}.${key}`)
    }
    look(Seed.jsonSchema(), "")
    assert.deepStrictEqual({ undescribed, open }, { undescribed: [], open: [] })
  })
})

describe("a seed from a program", () => {
  it.effect("is refused by the layer with its faults", () =>
    Effect.gen(function* () {
      const meeting = { id: "1", meeting_no: "337736498", topic: "", start_time: now }
      const meetings = [{ ...meeting, tenant_key: "tenant_z" }, meeting]
      const mock = Effect.provide(MockFeishu.MockFeishu, MockFeishu.layer({ seed: { ...seed, meetings } }))
      const error = yield* Effect.flip(mock)
      assert.strictEqual(
        error.message,
        [
          "the seed has 2 faults:",
          "  meetings[1].id: is already used by meetings[0]",
          "  meetings[0].tenant_key: no app has the tenant tenant_z, so no app could read this meeting",
        ].join("\n"),
      )
    }),
  )

  it.effect("tells the first faults of ten thousand, each in a line of some length, and how many more", () =>
    Effect.gen(function* () {
      const long = "x".repeat(100_000)
      const seeds: Readonly<Record<string, object>> = {
        "the same id again": {
          meetings: Array.from({ length: 10_001 }, () => ({
            id: "1",
            meeting_no: "337736498",
            topic: "",
            start_time: now,
          })),
        },
        "keys that are not there": Object.fromEntries(
          Array.from({ length: 10_000 }, (_, index) => [`key_${index}`, 1]),
        ),
        "long keys": { [long]: 1, [`${long}2`]: 1 },
        "long texts": {
          meetings: [{ id: long, meeting_no: long, topic: long, start_time: long, url: long }],
        },
      }
      for (const [what, seed] of Object.entries(seeds)) {
        const mock = Effect.provide(MockFeishu.MockFeishu, MockFeishu.layer({ seed }))
        const { faults, message } = yield* Effect.flip(mock) as Effect.Effect<Seed.SeedInvalid>
        assert.isBelow(message.length, 8_000, what)
        const lines = message.split("\n")
        assert.strictEqual(lines[0], `the seed has ${faults.length} faults:`)
        if (faults.length > 20) assert.strictEqual(lines[21], `  and ${faults.length - 20} more`)
      }
    }),
  )
})

describe("the details of a meeting in a seed", () => {
  const rows = (...lines: ReadonlyArray<string>) =>
    `meetings:\n  - id: 7011030664708603907\n    meeting_no: 337736498\n    topic: x\n    start_time: 1767225600\n    end_time: 1767229200\n${lines.map((line) => `    ${line}\n`).join("")}`

  it.effect("S13 are refused with every fault at once, each with its path and line", () =>
    Effect.gen(function* () {
      const yaml = rows(
        "status: 3",
        "create_time: yesterday",
        "host_user: { id: ou_a }",
        "participants:",
        "  - { user_type: 2 }",
        "  - { open_id: ou_a, user_type: 8 }",
        "  - { open_id: ou_a, first_join: 5 }",
        "  - { open_id: ou_a, status: 2 }",
        "  - { open_id: ou_a, in_meeting_duration: 1m }",
        "  - { open_id: ou_a, is_host: yes, first_join_time: 20260901 }",
        "ability: { use_vidoe: true }",
        "recording: { duration: 1.5, minute: x }",
        "note_doc_token: 5",
        "visible_to: tenant",
        "generate: { participants: 10001 }",
      )
      assert.deepStrictEqual(yield* refusal("seed.yaml", yaml), [
        "seed.yaml has 17 faults:",
        "  meetings[0].status (line 7): must be 1 (calling): whether a meeting runs or has ended follows from end_time and the clock",
        "  meetings[0].create_time (line 8): a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more); write -1d",
        "  meetings[0].host_user.id (line 9): unknown key: write open_id, union_id or user_id",
        "  meetings[0].participants[0] (line 11): needs an id: open_id, union_id or user_id",
        "  meetings[0].participants[1].user_type (line 12): must be 1 (Feishu), 2 (Rooms), 3 (document), 4 or 5 (single product and its guest), 6 (telephone) or 7 (SIP)",
        "  meetings[0].participants[2].first_join (line 13): unknown key: did you mean first_join_time?",
        "  meetings[0].participants[3].status (line 14): must be 1 (called), 3 (ringing) or 4 (did not come): leave it out for somebody who came",
        "  meetings[0].participants[4].in_meeting_duration (line 15): must be a whole number of seconds from 0 to 4294967295",
        "  meetings[0].participants[5].is_host (line 16): must be true or false",
        "  meetings[0].ability.use_vidoe (line 17): unknown key: did you mean use_video?",
        "  meetings[0].recording.minute (line 18): unknown key",
        "  meetings[0].recording.duration (line 18): must be a whole number of milliseconds from 0 to 4294967295000",
        '  meetings[0].note_doc_token (line 19): must be text in quotes, such as "012345"',
        "  meetings[0].visible_to (line 20): must be a list of tenant, user, app ids and open_ids of users, such as [tenant]; [] for nobody",
        "  meetings[0].generate.participants (line 21): must be a whole number from 0 to 10000",
        "  meetings[0].generate (line 21): would generate participants, which are given: leave one of the two out",
        "  meetings[0].participants[5].first_join_time (line 16): 20260901 as unix seconds is a day of 1970: write 2026-09-01",
      ])
    }).pipe(provideFiles),
  )

  it.effect("S13 are refused where they contradict each other", () =>
    Effect.gen(function* () {
      const yaml = rows(
        "host_user: { open_id: omm_a, user_id: a, user_type: 2 }",
        "participants:",
        "  - { open_id: ou_a, first_join_time: 1767225700, final_leave_time: 1767225600, is_host: true }",
        "  - { open_id: ou_a, first_join_time: 1767225700, in_meeting_duration: 3501, is_host: true }",
        "  - { open_id: ou_b, first_join_time: 1767229201, is_host: true }",
        "  - { open_id: ou_c, status: 4, in_meeting_duration: 5 }",
        "  - { open_id: ou_d, final_leave_time: 1767225599 }",
        "ability: { use_recording: false }",
        "recording: { ready_time: 1767229199, visible_to: [cli_b] }",
        "visible_to: [tenant, users]",
        "generate: {}",
      )
      assert.deepStrictEqual(yield* refusal("seed.yaml", yaml), [
        "seed.yaml has 12 faults:",
        "  meetings[0].generate (line 17): would generate participants, which are given: leave one of the two out",
        "  meetings[0].host_user.user_id (line 7): rooms, telephones and SIP devices have no user_id",
        "  meetings[0].participants[0].final_leave_time (line 9): is before first_join_time",
        "  meetings[0].participants[1].in_meeting_duration (line 10): is longer than from the first join to the final leave: 3500 seconds",
        "  meetings[0].participants[2].first_join_time (line 11): is after the end of the meeting",
        "  meetings[0].participants[3].in_meeting_duration (line 12): somebody with a status was never in the meeting: leave it out, or give first_join_time",
        "  meetings[0].participants[4].final_leave_time (line 13): is before the start of the meeting",
        "  meetings[0].participants[2].is_host (line 11): participants[0] is the host already",
        "  meetings[0].recording.ready_time (line 15): is before the end of the meeting",
        "  meetings[0].ability.use_recording (line 14): is false, but the meeting has a recording",
        "  meetings[0].visible_to[1] (line 16): no app has the id users: write tenant, user, the id of an app, or the open_id of a user (ou_…)",
        "  meetings[0].recording.visible_to[0] (line 15): no app has the id cli_b: write tenant, user, the id of an app, or the open_id of a user (ou_…)",
      ])
    }).pipe(provideFiles),
  )

  it.effect("have their times compared at the start of the clock, too", () =>
    Effect.gen(function* () {
      const meeting = { id: "1", meeting_no: "337736498", topic: "x", start_time: "-1h" }
      const participants = [{ open_id: "ou_a", first_join_time: "-59m", final_leave_time: "+6000w" }]
      const { message } = yield* Effect.flip(
        SeedCheck.check({ meetings: [{ ...meeting, participants }] }, "the seed", now),
      )
      assert.strictEqual(
        message,
        `the seed has 1 fault:\n  meetings[0].participants[0].final_leave_time: ${Seed.tooLate}`,
      )
    }),
  )

  it.effect("are in the READMEs as seeds without a fault or a warning", () =>
    Effect.gen(function* () {
      for (const name of ["README.md", "README.zh-CN.md"]) {
        const readme = readFileSync(new URL(`../${name}`, import.meta.url), "utf8")
        const seeds = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = ""]) => yaml)
        assert.isAbove(seeds.length, 0)
        for (const yaml of seeds) {
          const seed = yield* SeedFile.fromFile(yield* written(yaml), now)
          assert.deepStrictEqual(SeedWarnings.warnings(seed, now), [])
        }
      }
    }).pipe(provideFiles),
  )

  it.effect("are served where they are only odd, with a warning", () =>
    Effect.gen(function* () {
      const yaml = rows(
        "host_user: { open_id: ou_b }",
        "participants:",
        "  - { open_id: ou_a, first_join_time: 1767225500, is_host: true }",
        "  - { open_id: ou_c, final_leave_time: 1767229300 }",
        "recording: { duration: 3600001 }",
      )
      const odd = yield* read("seed.yaml", yaml)
      assert.deepStrictEqual(SeedWarnings.warnings(odd, now).map(renderFault), [
        "meetings[0].recording.duration: is longer than the meeting, which takes 3600000 milliseconds",
        "meetings[0].participants[0].is_host: is the host, but host_user is somebody else",
        "meetings[0].participants[0].first_join_time: is before the start of the meeting",
        "meetings[0].participants[1].final_leave_time: is after the end of the meeting",
      ])
    }).pipe(provideFiles),
  )
})

describe("the users of a seed", () => {
  it.effect("are refused with path and line, all faults at once", () =>
    Effect.gen(function* () {
      const yaml = `apps:
  - { app_id: cli_a, app_secret: s, type: self_built, scopes: [], tenants: [a], redirect_urls: [/back], enabled: yes }
users:
  - { open_id: ou_a, name: 张三 }
  - { open_id: ou_a, user_id: mine }
  - { open_id: ou_b, user_id: mine, tenant_key: b }
  - { open_id: ou_c, status: gone, policy: never }
  - { name: 李四 }
  - { openid: ou_d, user_id: d }
`
      assert.deepStrictEqual(yield* refusal("seed.yaml", yaml), [
        "seed.yaml has 9 faults:",
        "  apps[0].redirect_urls[0] (line 2): must be a whole URL, such as 127.0.0.1:8080/callback",
        "  apps[0].enabled (line 2): must be true or false",
        "  users[3].status (line 7): must be active, frozen, resigned, unregistered or deleted",
        "  users[3].policy (line 7): must be challenge or blocked",
        "  users[4] (line 8): needs an id: open_id, union_id or user_id",
        "  users[5].openid (line 9): unknown key: did you mean open_id?",
        "  users[1].open_id (line 5): is already used by users[0]",
        "  users[2].user_id (line 6): is already used by users[1]",
        "  users[2].tenant_key (line 6): no app has the tenant b, so this user could not sign in to any app",
      ])
    }).pipe(provideFiles),
  )

  it.effect("are warned about where an app is available for somebody else", () =>
    Effect.gen(function* () {
      const seed = yield* read(
        "seed.yaml",
        `apps:
  - { app_id: cli_a, app_secret: s, type: self_built, scopes: [offline_access], tenants: [a], availability: [ou_anna, ou_ana] }
users:
  - { open_id: ou_anna }
`,
      )
      assert.deepStrictEqual(SeedWarnings.warnings(seed, now).map(renderFault), [
        "apps[0].availability[1]: no user has the open_id ou_ana: did you mean ou_anna?",
      ])
    }).pipe(provideFiles),
  )
})
