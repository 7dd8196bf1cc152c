/** The numbers of a backfill with their tenants and apps, as people write them; in this process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { Stderr } from "../src/console/Stderr.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as LaneNumbers from "../src/input/LaneNumbers.ts"
import * as Language from "../src/language/Language.ts"

/** Reads what such a file has; `said` are the lines on standard error, with the path as FILE. */
const read = (
  content: string | Uint8Array,
  given: Partial<LaneNumbers.Given> = {},
  language: Language.Language = "en",
) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "feishu-meetings-"))),
    (folder) =>
      Effect.gen(function* () {
        const numbersFrom = join(folder, "numbers.csv")
        writeFileSync(numbersFrom, content)
        const said: Array<string> = []
        const hidden = (text: string) => text.replaceAll(numbersFrom, "FILE")
        const exit = yield* LaneNumbers.read({
          numbers: [],
          tenant: undefined,
          appId: undefined,
          column: undefined,
          ...given,
          numbersFrom,
        }).pipe(
          Effect.provideService(
            Stderr,
            Stderr.of({
              live: false,
              line: (text) => Effect.sync(() => said.push(hidden(text))),
              progress: () => Effect.void,
              clear: Effect.void,
            }),
          ),
          Effect.provideService(Language.CurrentLanguage, language),
          Effect.exit,
        )
        if (Exit.isSuccess(exit)) {
          const { lanes, repeated } = exit.value
          return {
            lanes: lanes.map(({ appId, numbers, tenantKey }) => [
              appId,
              tenantKey,
              Array.from(numbers, String),
            ]),
            repeated,
            said,
          }
        }
        const { meaning, remedy } = faultOf(exit.cause, language)
        return { refused: [hidden(meaning), remedy], said }
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  ).pipe(Effect.provide(NodeServices.layer))

describe("the numbers of a backfill", () => {
  it.effect("come from a list or a table, with the tenant and the app of each", () =>
    Effect.gen(function* () {
      const both = [
        ["cli_a1", "t1", ["337736498", "012345678"]],
        ["cli_a1", undefined, ["146453285"]],
      ]
      const tables = [
        "meeting_no,tenant_key,app_id\n337736498,t1,cli_a1\n012345678,t1,cli_a1\n146453285,,cli_a1\n",
        "\ufeff会议号;主题;租户;应用\r\n337 736 498;周会;t1;cli_a1\r\n012-345-678;;t1;cli_a1\r\n\r\n146453285;;;cli_a1",
        "# by hand\n\nApp ID\tTenant\tMeeting No\ncli_a1\tt1\t337736498\n# cli_a1\tt2\t1\ncli_a1\tt1\t012345678\ncli_a1\t\t146453285",
        'topic,"meeting-no",tenant,"app"\n"a, b\nsays ""c""",="337736498",t1,cli_a1\n,\'012345678,"t1",cli_a1\n"open,146453285,,cli_a1\n',
      ]
      for (const table of tables) {
        const { lanes, said } = yield* read(table)
        assert.deepStrictEqual([lanes, said], [both, []], table)
      }
      const utf16 = yield* read(Buffer.from(`\ufeff${tables[1]}`, "utf16le"))
      assert.deepStrictEqual(utf16.lanes, both)
    }),
  )

  it.effect("that have none take those of the flags; each is read once in a lane", () =>
    Effect.gen(function* () {
      const list = yield* read("337736498 # weekly\n\n337 736 498\n146453285\n", {
        numbers: ["146453285", "999999999"],
        tenant: "t1",
        appId: "cli_a1",
      })
      assert.deepStrictEqual(list.lanes, [["cli_a1", "t1", ["146453285", "999999999", "337736498"]]])
      assert.strictEqual(list.repeated, 2)
      const table = yield* read("会议号,租户\n337736498,t2\n337736498,\n337736498,t1\n", {
        tenant: "t1",
        appId: "cli_a1",
      })
      assert.deepStrictEqual(table.lanes, [
        ["cli_a1", "t2", ["337736498"]],
        ["cli_a1", "t1", ["337736498"]],
      ])
      assert.strictEqual(table.repeated, 1)
    }),
  )

  it.effect(
    "that are wrong are named by their line, in both languages, and nothing that may be a secret is shown",
    () =>
      Effect.gen(function* () {
        const secret = "AnotherFakeSecretForThisTestOnly"
        const wrong = `meeting_no,tenant,app_id\n"337736498\n",t1,cli_a1\n12,t1,cli_a1\n,t1,\n337736498,t 1,\n337736498,t1,${secret}\n337736498,t1,cli/a1\n`
        const english = yield* read(wrong)
        assert.deepStrictEqual(english, {
          refused: [
            "--numbers-from: 5 of the 6 rows of FILE cannot be read. Nothing was sent",
            "Correct the rows listed above, or put a # before them. Give app ids only: secrets belong into the settings.",
          ],
          said: [
            'FILE:4: "12" has 2 digits; a meeting number has 9',
            "FILE:5: the row has no meeting number",
            "FILE:6: its tenant key has blanks or slashes, which no tenant key has",
            "FILE:7: its app is not an app id, such as cli_a1b2c3",
            "FILE:8: its app is not an app id, such as cli_a1b2c3",
          ],
        })
        const chinese = yield* read(wrong, {}, "zh")
        assert.strictEqual(chinese.said[1], "FILE:5: 该行没有会议号")
        assert.notInclude(JSON.stringify([english, chinese]), secret)

        const refused = (content: string, given?: Partial<LaneNumbers.Given>) =>
          Effect.map(read(content, given), ({ refused, said }) => [...said, ...(refused ?? [])].join("\n"))
        assert.match(
          yield* refused("337736498,t1\n146453285\n"),
          /^FILE:1: it has several cells.*\n--numbers-from: 1 of the 2 .*\nBegin the table with a line such as: meeting_no,tenant,app_id$/,
        )
        assert.match(
          yield* refused("tenant,topic\nt1,a\n"),
          /no column of meeting numbers: tenant, topic.*\nCall that column meeting_no, or name it with --column\.$/,
        )
        assert.match(yield* refused("会议号,meeting_no\n337736498,1\n"), /two columns meeting_no/)
        assert.match(yield* refused("meeting_no,tenant\n"), /FILE holds no meeting number/)
        assert.match(yield* refused("337736498\n", { tenant: "t 1" }), /^--tenant: its tenant key has blanks/)
      }),
  )
})
