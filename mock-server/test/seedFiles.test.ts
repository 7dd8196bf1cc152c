/** Seed files as people write them, with editors and programs of all kinds: read, or refused with what to write. */
import { writeFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"
import * as DidYouMean from "../src/seed/DidYouMean.ts"
import * as Seed from "../src/seed/Seed.ts"
import * as SeedCheck from "../src/seed/SeedCheck.ts"
import * as SeedFile from "../src/seed/SeedFile.ts"
import * as SeedWarnings from "../src/seed/SeedWarnings.ts"
import * as SeedYaml from "../src/seed/SeedYaml.ts"

const now = 1_788_220_800

/** Reads a file of this content, and says what it holds, or what is wrong with it, line by line and without its name. */
const read = (content: string | Uint8Array, name = "seed.yaml") =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = `${yield* files.makeTempDirectoryScoped()}/${name}`
    writeFileSync(path, content)
    const result = yield* Effect.result(SeedFile.fromFile(path, now))
    return result._tag === "Success"
      ? { seed: result.success, faults: [] }
      : { seed: undefined, faults: result.failure.message.replaceAll(path, "F").split(/\n? {2}|: (?=line)/) }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const row = { id: "7011030664708603907", meeting_no: "337736498", topic: "周会", start_time: "-1d" }
const yaml = `meetings:\n  - { id: 7011030664708603907, meeting_no: 337736498, topic: 周会, start_time: -1d }\n`
const one = { meetings: [row] }
const utf16 = (text: string, bom: boolean, big: boolean): Uint8Array => {
  const bytes = Buffer.from((bom ? "\ufeff" : "") + text, "utf16le")
  return big ? bytes.swap16() : bytes
}
const aliases = (key: string, of: string) => `x-${key}: &${key} [${Array(9).fill(`*${of}`).join(", ")}]`
const merges = (key: string, of: string) =>
  `x-${key}: &${key} { <<: [${Array(9).fill(`*${of}`).join(", ")}] }`
const bomb = (first: string, next: (key: string, of: string) => string) =>
  [first, ..."bcdefghijkl".split("").map((key, index) => next(key, "abcdefghijk"[index] ?? "")), yaml].join(
    "\n",
  )

describe("what is read", () => {
  const same: ReadonlyArray<readonly [string, string | Uint8Array]> = [
    ["as YAML", yaml],
    ["with CR LF", yaml.replaceAll("\n", "\r\n")],
    ["with a mark of byte order", `\ufeff${yaml}`],
    ["in UTF-16, little-endian", utf16(yaml, true, false)],
    ["in UTF-16, big-endian", utf16(yaml, true, true)],
    ["in UTF-16 without a mark", utf16(yaml, false, false)],
    ["in UTF-16, big-endian, without a mark", utf16(yaml, false, true)],
    ["as JSON", JSON.stringify(one)],
    ["as JSON in UTF-16", utf16(JSON.stringify(one), true, false)],
    ["as JSON with an id without quotes", JSON.stringify(one).replace(`"${row.id}"`, row.id)],
    ["as JSON with a trailing comma", JSON.stringify(one, undefined, 2).replace(/\n {2}\]/, ",\n  ]")],
    ["as JSON after a comment", `// https://example.com "\n/* of\nmore */ ${JSON.stringify(one)}`],
    [
      "as JSON with comments wherever they may be",
      `{ // one "\n"meetings"/* two */:// three\n[{"id":"${row.id}",// four\n"meeting_no":337736498// five\n,"topic"://six\n"周会",/* seven\n*/"start_time":"-1d"}// eight\n,]}//`,
    ],
    ["as JSON5 with keys without quotes", `{ meetings: [${JSON.stringify(row).replaceAll('"', "'")},] }`],
    ["after an empty document", `---\n# nothing\n---\n${yaml}`],
    ["before an empty document", `${yaml}---\n# nothing\n`],
    ["before an end", `---\n${yaml}...\n`],
    ["as YAML 1.1", `%YAML 1.1\n---\n${yaml}`],
    ["with tags that change nothing", yaml.replace("7011", "!!str 7011").replace("33773", "!!int 33773")],
    ["with a number in blanks", yaml.replace("337736498", "337 736 498")],
    ["with a number in dashes", yaml.replace("337736498", '"337-736-498"')],
    ["through an alias", `x-row: &row ${JSON.stringify(row)}\nmeetings: [*row]`],
    ["through an alias of the list", `x-rows: &rows [${JSON.stringify(row)}]\nmeetings: *rows`],
    ["through an alias of a number", yaml.replace("7011", "&id 7011").replace(/$/, "x-id: *id")],
    ["through a merge key", `x-row: &row ${JSON.stringify(row)}\nmeetings: [{ <<: *row }]`],
    ["with its own keys before those that are merged", yaml.replace("id:", "<<: { id: 1, topic: x }, id:")],
    [
      "through a list of merge keys, of which the first is the strongest",
      `x-a: &a { topic: 周会, id: ${row.id} }\nx-b: &b { topic: x, meeting_no: 337736498 }\nmeetings: [{ <<: [*a, *b, { start_time: -1d, id: 1 }] }]`,
    ],
    [
      "through an alias of a list of merge keys",
      `x-m: &m [{ topic: 周会 }, ${JSON.stringify({ ...row, topic: "x" })}]\nmeetings: [{ <<: *m }]`,
    ],
    ["through two merge keys", `meetings: [{ <<: { topic: 周会 }, <<: ${JSON.stringify(row)} }]`],
    ["through a merge key at the top", `x-base: &base\n  ${yaml.replace("\n", "\n  ")}<<: *base`],
    [
      "through a merge key within one",
      `x-a: &a ${JSON.stringify(row)}\nx-b: &b { <<: *a }\nmeetings: [{ <<: *b }]`,
    ],
    ["in place", `x: 1\n${yaml}`.replace("x: 1\n", "")],
  ]
  for (const [how, content] of same) {
    it.effect(`is the same ${how}`, () =>
      Effect.gen(function* () {
        const { faults, seed } = yield* read(content)
        assert.deepStrictEqual(faults, [])
        assert.deepStrictEqual(seed?.meetings, one.meetings)
      }),
    )
  }

  const values: ReadonlyArray<readonly [string, string, unknown]> = [
    ["topic", "no", "no"],
    ["topic", "12:30", "12:30"],
    ["topic", "2026-09-01", "2026-09-01"],
    ["topic", "1_000", "1_000"],
    ["topic", '"a // b /* c */ # d"', "a // b /* c */ # d"],
    ["topic", "src/**/x // y", "src/**/x // y"],
    ["topic", '"\\e[31m\\ud83c\\udf89\\u202e"', "\u001b[31m🎉\u202e"],
    ["url", "https://vc.feishu.cn/j/337736498", "https://vc.feishu.cn/j/337736498"],
    ["id", "18446744073709551615", "18446744073709551615"],
    ["id", "007", "007"],
    ["meeting_no", "012345678", "012345678"],
    ["meeting_no", "012345670", "012345670"],
    ["start_time", "!!timestamp 2026-09-01", "2026-09-01"],
    ["start_time", "2026-09-01 09:00:00Z", "2026-09-01 09:00:00Z"],
    ["start_time", '"2026-09-01T09:00:00+0800"', "2026-09-01T09:00:00+0800"],
    ["start_time", "2026-09-01 09:00:00.5 +08:00", "2026-09-01 09:00:00.5 +08:00"],
    ["start_time", "1e3", 1000],
  ]
  for (const [key, written, value] of values) {
    it.effect(
      `is what is meant by ${key}: ${written}, in flow style and in block style, and in YAML 1.1`,
      () =>
        Effect.gen(function* () {
          const others = Object.entries({ ...row, topic: "x" }).filter(([other]) => other !== key)
          const flow = `{ meetings: [ { ${others.map(([key, text]) => `${key}: ${text}`).join(", ")}, ${key}: ${written} } ] }`
          const block = `meetings:\n  - ${others.map(([key, text]) => `${key}: ${text}\n    `).join("")}${key}: ${written}\n`
          for (const content of [flow, block, `%YAML 1.1\n---\n${block}`]) {
            const { faults, seed } = yield* read(content)
            assert.deepStrictEqual(faults, [])
            assert.deepStrictEqual(Reflect.get(seed?.meetings?.[0] ?? {}, key), value)
          }
        }),
    )
  }

  it.effect("may repeat an anchor hundreds of times", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 500 }, (_, id) => `  - { <<: *d, id: ${id}, note_id: *n }\n`)
      const { seed } = yield* read(
        `x-d: &d { meeting_no: 337736498, topic: x, start_time: -1d }\nx-n: &n note\nmeetings:\n${rows.join("")}`,
      )
      assert.strictEqual(seed?.meetings?.length, 500)
    }),
  )
})

describe("aliases and merge keys", () => {
  const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
  const Picks = Schema.Array(upTo(7)).check(Schema.isMaxLength(3))
  const Mapping = Schema.Struct({ own: Picks, merged: Picks, separately: Schema.Boolean, aliases: Picks })
  const Mappings = Schema.Array(Mapping).check(Schema.isMinLength(1), Schema.isMaxLength(8))

  /** Mappings, each with an anchor, that take what earlier ones have by merge keys, and by aliases as values. */
  const written = (mappings: typeof Mappings.Type): string =>
    mappings
      .map(({ aliases, merged, own, separately }, at) => {
        const earlier = (picks: ReadonlyArray<number>) =>
          at === 0 ? [] : picks.map((pick) => `*a${pick % at}`)
        const sources = earlier(merged)
        const merges = separately
          ? sources.map((source) => `<<: ${source}`)
          : sources.length === 0
            ? []
            : [`<<: [${sources.join(", ")}]`]
        const keys = [...new Set(own)].map((key) => `k${key}: ${at}`)
        const values = earlier(aliases).map((alias, index) => `v${index}: ${alias}`)
        // Merge keys stand before, between or behind the others.
        const parts = [keys, merges, values]
        return `x-${at}: &a${at} { ${[...parts.slice(at % 3), ...parts.slice(0, at % 3)].flat().join(", ")} }`
      })
      .join("\n")

  it.prop(
    "mean what the YAML library says they mean, which knows no lines and bounds",
    [Mappings],
    ([mappings]) => {
      const text = written(mappings)
      const { faults, value } = SeedYaml.parse(text)
      assert.deepStrictEqual(faults, [])
      assert.deepStrictEqual(value, Yaml.parse(text, { merge: true, maxAliasCount: -1 }))
    },
    { arbitrary: { runs: 500 } },
  )
})

describe("what is refused", () => {
  const rowWith = (key: string, text: string) =>
    yaml.replace(key === "start_time" ? "-1d" : "337736498", text)
  const time =
    "a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more)"
  const times: ReadonlyArray<readonly [string, string | undefined]> = [
    [
      "2026-09-01 09:00:00",
      "2026-09-01T09:00:00Z, or the offset of its time zone in place of Z, such as +08:00",
    ],
    ["2026-09-01T09:00", "2026-09-01T09:00Z, or the offset of its time zone in place of Z, such as +08:00"],
    ["2026/9/1 9:05", "2026-09-01T09:05Z, or the offset of its time zone in place of Z, such as +08:00"],
    ["2026年9月1日", "2026-09-01"],
    ["2026.09.01", "2026-09-01"],
    ["1767225600123", "1767225600"],
    ["1767225600.5", "1767225600"],
    ["3d", "-3d"],
    ["-3 days", "-3d"],
    ["3 days ago", "-3d"],
    ["+2 hours", "+2h"],
    ["3天前", "-3d"],
    ["２小时", "-2h"],
    ["now", "-0s"],
    ["yesterday", "-1d"],
    ["2026-02-30", undefined],
    ["09/01/2026", undefined],
    ["20260901093000", undefined],
    ["-3", undefined],
    [".inf", undefined],
    [".nan", undefined],
    ["1E400", undefined],
    ["12:30", undefined],
    ["5000000000", undefined],
  ]
  for (const [written, meant] of times) {
    it.effect(`is ${written} for a time${meant === undefined ? "" : `, with what to write`}`, () =>
      Effect.gen(function* () {
        const { faults } = yield* read(rowWith("start_time", written))
        const hint = meant === undefined ? "" : `; write ${meant}`
        assert.deepStrictEqual(faults.slice(1), [`meetings[0].start_time (line 2): ${time}${hint}`])
      }),
    )
  }

  it.effect("is a date without its dashes, which is a day of 1970, in a file and not in a program", () =>
    Effect.gen(function* () {
      const message = "20260901 as unix seconds is a day of 1970: write 2026-09-01"
      for (const written of ["20260901", '"20260901"']) {
        const { faults } = yield* read(rowWith("start_time", written))
        assert.deepStrictEqual(faults.slice(1), [`meetings[0].start_time (line 2): ${message}`])
      }
      assert.deepStrictEqual((yield* read(rowWith("start_time", "20269901"))).faults, [])
      yield* SeedCheck.check({ meetings: [{ ...row, start_time: 20260901 }] })
    }),
  )

  const number = "a meeting number has 9 digits, such as 337736498; quote it when it starts with 0"
  for (const [written, hint] of [
    ["３３７７３６４９８", "; write 337736498"],
    ["https://vc.feishu.cn/j/337736498", "; write 337736498"],
    ['"https://vc.feishu.cn/j/337736498?x=1#y"', "; write 337736498"],
    ["0337736498", ""],
    ["0x1419F2F2", ""],
    ["337736498.0", ""],
    ["3.37736498e8", ""],
    [".nan", ""],
    ["12", ""],
  ] as const) {
    it.effect(`is ${written} for a meeting number`, () =>
      Effect.gen(function* () {
        const { faults } = yield* read(rowWith("meeting_no", written))
        assert.deepStrictEqual(faults.slice(1), [`meetings[0].meeting_no (line 2): ${number}${hint}`])
      }),
    )
  }

  it.effect("is an id that has lost digits, wherever that was", () =>
    Effect.gen(function* () {
      for (const written of ["7011030664708603907.0", "7.011030664708604e18", "0o7", "+7"]) {
        const { faults } = yield* read(yaml.replace("7011030664708603907", written))
        assert.match(faults.at(-1) ?? "", /^meetings\[0\]\.id \(line 2\): a meeting id is a 64-bit integer/)
      }
      // oxlint-disable-next-line no-loss-of-precision
      const lost = SeedCheck.check({ meetings: [{ ...row, id: 7011030664708603907 }] })
      assert.include((yield* Effect.flip(lost)).message, "write it in quotes: as a number it has lost digits")
    }),
  )

  const refused: ReadonlyArray<readonly [string, string | Uint8Array, ReadonlyArray<string>]> = [
    [
      "two documents",
      `${yaml}---\n${yaml}`,
      [
        "F",
        "line 4: a second document begins here: a seed is one document, so remove the --- before it, or make two files",
      ],
    ],
    [
      "a list",
      "[]",
      ["F", "line 1: is a list: a seed has keys such as apps, meetings and generate, each with a list"],
    ],
    [
      "a list in JSON",
      `\n[${JSON.stringify(row)}]`,
      ["F", "line 2: is a list: a seed has keys such as apps, meetings and generate, each with a list"],
    ],
    [
      "text",
      "seed",
      ["F", "line 1: has no keys: a seed has keys such as apps, meetings and generate, each with a list"],
    ],
    ["comments", "# nothing\n", ["F: is empty: a seed has keys such as apps, meetings and generate"]],
    ["an empty document", "---\n", ["F: is empty: a seed has keys such as apps, meetings and generate"]],
    [
      "GBK",
      Buffer.concat([Buffer.from("#\nmeetings: [] # "), Buffer.of(0xd6, 0xdc, 0xbb, 0xe1)]),
      [
        "F",
        "line 2: byte 18 of the file is not UTF-8; the file may be GBK: save it as UTF-8, for example with iconv -f GBK -t UTF-8 OLD > NEW",
      ],
    ],
    [
      "Latin-1",
      Buffer.from("# caf\u00e9 au lait\n", "latin1"),
      ["F", "line 1: byte 6 of the file is not UTF-8: save the file as UTF-8"],
    ],
    [
      "half of a character",
      Buffer.from("# é").subarray(0, 3),
      ["F", "line 1: byte 3 of the file is not UTF-8: save the file as UTF-8"],
    ],
    [
      "UTF-16 that ends in the midst",
      utf16(yaml, true, false).subarray(0, 9),
      ["F", "line 1: byte 9 of the file is not UTF-16: save the file as UTF-8"],
    ],
    [
      "a byte that is 0",
      "meetings: []\n\0",
      ["F", "line 2: has a zero byte, which no text has: is this a YAML or JSON file?"],
    ],
    [
      "a control character",
      "meetings: []\n# \u001b[31m",
      ["F", 'line 2: has the control character U+001B: remove it, or write it as "\\u001b" in double quotes'],
    ],
    ["a tab", "meetings:\n\t- id: 1", ["F", "line 2: Tabs are not allowed as indentation"]],
    [
      "a full-width colon",
      "meetings：\n  - id：1",
      [
        "F",
        "line 1: has no keys: a seed has keys such as apps, meetings and generate, each with a list (write : and a space instead of ：)",
      ],
    ],
    [
      "a full-width colon after a key",
      "meetings:\n  - id: 1\n    topic：x\n    start_time: 1",
      ["F", "line 3: Implicit keys need to be on a single line (YAML does not understand ：: write :)"],
    ],
    [
      "an unknown tag",
      yaml.replace("337736498", "!env NO"),
      [
        "F has 1 fault:",
        "meetings[0].meeting_no (line 2): the tag !env is not supported: remove it, and write the value itself",
      ],
    ],
    [
      "an unknown tag of a list",
      "meetings: !!set {}",
      [
        "F has 1 fault:",
        "meetings (line 1): the tag tag:yaml.org,2002:set is not supported: remove it, and write the value itself",
      ],
    ],
    [
      "a key twice",
      '{ "meetings": [],\n"meetings": [] }',
      ["F has 1 fault:", "meetings (line 2): duplicate key"],
    ],
    [
      "a key twice beside a merge key",
      yaml.replace("id:", "<<: { topic: x }, topic: y, id:"),
      ["F has 1 fault:", "meetings[0].topic (line 2): duplicate key"],
    ],
    [
      "a key that is a list",
      "? [a]\n: 1",
      ["F", "line 1: a key must be text, not a list, a mapping or an alias"],
    ],
    [
      "an unknown alias",
      "generate: []\napps: *nope",
      ["F has 1 fault:", "apps (line 2): there is no anchor &nope before the alias *nope"],
    ],
    [
      "a secret that begins with a star",
      "apps:\n- { app_id: a, app_secret: *Geheim, type: !Kennwort x }\n- encrypt_key: !Schluessel x",
      [
        "F has 3 faults:",
        "apps[0].app_secret (line 2): there is no anchor &<redacted> before the alias *<redacted>",
        "apps[0].type (line 2): the tag !Kennwort is not supported: remove it, and write the value itself",
        "apps[1].encrypt_key (line 3): the tag <redacted> is not supported: remove it, and write the value itself",
      ],
    ],
    [
      "an alias before its anchor",
      "apps: *a\nx-a: &a []",
      ["F has 1 fault:", "apps (line 1): there is no anchor &a before the alias *a"],
    ],
    [
      "an alias in itself",
      "apps: &a\n  - *a",
      ["F has 1 fault:", "apps[0] (line 2): the alias *a is inside the value that it refers to"],
    ],
    [
      "a merge key of itself",
      "apps: &a\n  <<: *a",
      ["F has 1 fault:", "apps (line 2): the alias *a is inside the value that it refers to"],
    ],
    [
      "a merge key of what is no mapping",
      "x-a: &a 5\nmeetings:\n  - <<: *a",
      [
        "F has 1 fault:",
        "meetings[0] (line 3): << must have a mapping such as *defaults, or a list of mappings",
      ],
    ],
    [
      "a merge key of nothing",
      "meetings:\n  - <<:",
      [
        "F has 1 fault:",
        "meetings[0] (line 2): << must have a mapping such as *defaults, or a list of mappings",
      ],
    ],
    [
      "a merge key in quotes",
      'meetings: []\n"<<": {}',
      [
        "F has 1 fault:",
        "<< (line 2): unknown key: a seed has apps, users, meetings, generate, faults, chaos, clock, behaviour, and x-… for anchors",
      ],
    ],
    [
      "a merged value",
      `x-d: &d\n  start_time: soon\n  topic: x\nmeetings:\n  - { <<: *d, id: 1,\n      meeting_no: 12 }`,
      [
        "F has 2 faults:",
        `meetings[0].meeting_no (line 6): ${number}`,
        `meetings[0].start_time (line 2): ${time}`,
      ],
    ],
    [
      "what is missing in spite of a merge key",
      `x-d: &d\n  { meeting_no: 337736498, start_time: -1d }\nmeetings:\n  - { <<: *d, id: 1 }`,
      ["F has 1 fault:", "meetings[0].topic (line 4): missing key"],
    ],
    [
      "a merged id twice",
      `x-d: &d\n  ${JSON.stringify(row)}\nmeetings:\n  - *d\n  - { <<: *d }`,
      ["F has 1 fault:", "meetings[1].id (line 2): is already used by meetings[0]"],
    ],
    [
      "mistyped keys",
      "meeting: []\ngenrate: []\ndefaults: {}",
      [
        "F has 3 faults:",
        "meeting (line 1): unknown key: did you mean meetings?",
        "genrate (line 2): unknown key: did you mean generate?",
        "defaults (line 3): unknown key: a seed has apps, users, meetings, generate, faults, chaos, clock, behaviour, and x-… for anchors",
      ],
    ],
    [
      "mistyped keys of a meeting",
      yaml.replace("start_time", "startTime"),
      [
        "F has 2 faults:",
        "meetings[0].startTime (line 2): unknown key: did you mean start_time?",
        "meetings[0].start_time (line 2): missing key",
      ],
    ],
    [
      "an x- key of a meeting",
      yaml.replace("id:", "x-note: 1, id:"),
      [
        "F has 1 fault:",
        "meetings[0].x-note (line 2): unknown key: keys that start with x- belong next to apps and meetings, not inside them",
      ],
    ],
    [
      "a mistyped type",
      "apps:\n  - { app_id: a, app_secret: b, type: selfbuilt, scopes: [], tenants: [t] }",
      ["F has 1 fault:", "apps[0].type (line 2): must be self_built or store: did you mean self_built?"],
    ],
    [
      "a type that is near none",
      "apps:\n  - { app_id: a, app_secret: b, type: internal, scopes: [], tenants: [t] }",
      ["F has 1 fault:", "apps[0].type (line 2): must be self_built or store"],
    ],
    [
      "JSON with comments and faults",
      `{\n// one\n"meetings": [\n/* two\n*/ { "topik": "x",\n"id": "x" } ] }`,
      [
        "F has 5 faults:",
        "meetings[0].topik (line 5): unknown key: did you mean topic?",
        "meetings[0].id (line 6): a meeting id is a 64-bit integer as text, such as 7011030664708603907",
        "meetings[0].meeting_no (line 5): missing key",
        "meetings[0].topic (line 5): missing key",
        "meetings[0].start_time (line 5): missing key",
      ],
    ],
    [
      "a bomb of aliases",
      bomb("x-a: &a [x]", aliases),
      [
        "F has 1 fault:",
        "x-g[6] (line 7): aliases make more than 1000000 values: use generate for many meetings",
      ],
    ],
    [
      "a bomb of merge keys",
      bomb("x-a: &a { k: 1 }", merges),
      [
        "F has 1 fault:",
        "x-g[4] (line 7): aliases make more than 1000000 values: use generate for many meetings",
      ],
    ],
    [
      "a list within a list, 100,000 times",
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      ["F: is nested too deeply"],
    ],
    ["a list within a list in blocks", "- ".repeat(5_000), ["F: is nested too deeply"]],
    [
      "YAML of more than 16 MiB",
      `#${"x".repeat(2 ** 24)}\n${yaml}`,
      [
        "F: is larger than 16 MiB. Only plain JSON may be larger: valid JSON without comments and duplicate keys. Use generate for many meetings",
      ],
    ],
    [
      "keys that act on a terminal",
      '"\\e[31m\\u202e\\n\\u009b周会": 1',
      [
        "F has 1 fault:",
        "\\u001b[31m\\u202e\\n\\u009b周会 (line 1): unknown key: a seed has apps, users, meetings, generate, faults, chaos, clock, behaviour, and x-… for anchors",
      ],
    ],
    [
      "values that act on a terminal",
      yaml.replace("id:", 'tenant_key: "\\e[31mt\\r", id:'),
      [
        "F has 1 fault:",
        "meetings[0].tenant_key (line 2): no app has the tenant \\u001b[31mt\\r, so no app could read this meeting",
      ],
    ],
  ]
  for (const [what, content, faults] of refused) {
    it.effect(`is ${what}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* read(content)).faults, faults)
      }),
    )
  }

  it.effect("is told at once with 20,000 keys in YAML", () =>
    Effect.gen(function* () {
      const { faults } = yield* read(Array.from({ length: 20_000 }, (_, n) => `key${n}: ${n}\n`).join(""))
      assert.strictEqual(faults[0], "F has 20000 faults:")
    }),
  )
})

describe("what is probably not meant", () => {
  const app = { app_id: "a", app_secret: "b", type: "store", tenants: ["t"] }
  it.effect("is a scope that is not known, and a variable", () =>
    Effect.gen(function* () {
      const told = (apps: ReadonlyArray<object>) =>
        Effect.map(SeedCheck.check({ apps }), (seed) =>
          SeedWarnings.warnings(seed, now).map(({ message }) => message),
        )
      assert.deepStrictEqual(
        yield* told([{ ...app, scopes: ["vc:meeting:readonly", "vc:meeting.meetingid:read"] }]),
        [],
      )
      assert.deepStrictEqual(yield* told([{ ...app, scopes: ["vc:meeting:readony", "im:message", "x"] }]), [
        "unknown scope vc:meeting:readony: did you mean vc:meeting:readonly?",
        "unknown scopes im:message, x: no endpoint here needs them; to read meetings an app needs vc:meeting:readonly or vc:meeting.meetingid:read",
      ])
      assert.deepStrictEqual(yield* told([{ ...app, scopes: [], app_secret: "${SECRET:-geheim}" }]), [
        "variables are not replaced, so this is taken literally: use envsubst < FILE | feishu-mock --seed - to replace them",
      ])
    }),
  )

  it("is told with the nearest name: whatever its case and separators, a letter more, less, other or elsewhere", () => {
    const keys = Object.keys(Seed.Meeting.fields)
    const meant: Readonly<Record<string, string | undefined>> = {
      startTime: "start_time",
      "start-time": "start_time",
      StartTime: "start_time",
      start: "start_time",
      strat_time: "start_time",
      end: "end_time",
      meetingNo: "meeting_no",
      meeting_num: "meeting_no",
      topics: "topic",
      tpoic: "topic",
      URL: "url",
      passwd: "password",
      tenant: "tenant_key",
      note: "note_id",
      ID: "id",
      "": undefined,
      会议号: undefined,
      title: undefined,
      description: undefined,
      [`id${"x".repeat(1_000_000)}`]: undefined,
    }
    for (const [written, name] of Object.entries(meant)) {
      assert.strictEqual(DidYouMean.closest(written, keys), name, written.slice(0, 20))
    }
  })
})

describe("the JSON Schema", () => {
  const accepts = new Ajv({ strict: true }).compile(Seed.jsonSchema())
  it("compiles in ajv's strict mode, and takes what is read", () => {
    for (const fields of [
      {},
      { id: 7 },
      { meeting_no: 337736498 },
      { meeting_no: "337 736 498" },
      { meeting_no: "337-736-498" },
      { start_time: "2026-09-01 09:00:00 +08:00" },
      { start_time: "2026-09-01" },
      { start_time: 5 },
      { url: null },
    ]) {
      assert.isTrue(
        accepts({ "x-defaults": { anything: [1] }, meetings: [{ ...row, ...fields }] }),
        JSON.stringify(fields),
      )
    }
    for (const fields of [
      { id: "x" },
      { meeting_no: "12" },
      { start_time: "2026-09-01T09:00:00" },
      { start_time: -1 },
      { x: 1 },
    ]) {
      assert.isFalse(accepts({ meetings: [{ ...row, ...fields }] }), JSON.stringify(fields))
    }
    assert.isFalse(accepts({ defaults: {} }))
  })
})
