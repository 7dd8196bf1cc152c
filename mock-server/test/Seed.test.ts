import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as MockFeishu from "../src/MockFeishu.ts"
import * as Seed from "../src/Seed.ts"
import { now, seed } from "./fixture.ts"

const read = Effect.fnUntraced(function* (name: string, content: string) {
  const files = yield* FileSystem.FileSystem
  const path = `${yield* files.makeTempDirectoryScoped()}/${name}`
  yield* files.writeFileString(path, content)
  return yield* Seed.fromFile(path)
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

  it.effect("is refused with every fault at once, each with its path and line", () =>
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
        "seed.yaml has 11 faults:",
        "  apps[0].app_secret (line 2): Missing key",
        '  apps[0].type (line 3): Expected "self_built" | "store"',
        "  apps[0].tenants[0] (line 5): Missing key",
        "  meetings[0].meeting_no (line 8): a meeting number has 9 digits, such as 337736498; quote it when it starts with 0",
        "  meetings[0].start_time (line 10): a time is in unix seconds, such as 1767225600 (milliseconds have three digits more)",
        "  meetings[2].topik (line 12): there is no such key",
        "  generate[0].count (line 15): count is from 0 to 1000000",
        "  meetings[2].id (line 12): is taken by meetings[1] already",
        "  meetings[3].id (line 13): is taken by meetings[1] already",
        "  meetings[1].end_time (line 11): end_time is before start_time",
        "  generate[1].to (line 16): from must be less than to",
      ])
    }).pipe(provideFiles),
  )

  it.effect("in JSON is refused with lines, too", () =>
    Effect.gen(function* () {
      const json = `{ "meetings": [\n{ "id": "1", "meeting_no": "337736498", "topic": "x", "start_time": 1.5 }] }`
      assert.deepStrictEqual(yield* refusal("seed.json", json), [
        "seed.json has 1 fault:",
        "  meetings[0].start_time (line 2): Expected an integer",
      ])
    }).pipe(provideFiles),
  )

  const unreadable: ReadonlyArray<readonly [string, string, string]> = [
    ["broken.json", '{ "apps": [ }', "broken.json has 2 faults:"],
    ["broken.yaml", "apps: [1\nmeetings: {", "broken.yaml has "],
    ["empty.yaml", "", "empty.yaml: is empty: it takes apps, meetings and generate"],
    ["list.yaml", "- 1", "list.yaml: line 1: Expected object"],
  ]
  for (const [name, content, message] of unreadable) {
    it.effect(`is refused when it is like ${name}`, () =>
      Effect.gen(function* () {
        const [first] = yield* refusal(name, content)
        assert.isTrue(first?.startsWith(message), first)
      }).pipe(provideFiles),
    )
  }

  it.effect("is refused when there is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Seed.fromFile("/nowhere/seed.yaml"))
      assert.strictEqual(error.message, "/nowhere/seed.yaml: there is no such file")
    }).pipe(provideFiles),
  )
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
          "  meetings[1].id: is taken by meetings[0] already",
          "  meetings[0].tenant_key: no app has the tenant tenant_z, so nobody could read this meeting",
        ].join("\n"),
      )
    }),
  )
})
