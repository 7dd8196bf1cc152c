/** The format of an output: as it is given, or as its name says. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { readXlsx } from "hucre/xlsx"
import { chooseFormat } from "../src/output/chooseFormat.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as Language from "../src/language/Language.ts"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as Terminal from "./Terminal.ts"

const { meetingNo, twoPages } = Scripted

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Given = Parameters<typeof chooseFormat>[0]
const chosen = (given: Partial<Given>) =>
  chooseFormat({ flag: undefined, setting: undefined, output: undefined, otherwise: "ndjson", ...given })

describe("the format", () => {
  it.effect("follows the extension of the output, in whatever case; other extensions say nothing", () =>
    Effect.gen(function* () {
      const names = {
        "a.csv": "csv",
        "b/c.TSV": "tsv",
        "a.b.json": "json",
        "a.ndjson": "ndjson",
        "a.jsonl": "ndjson",
        "A.XLSX": "xlsx",
        "a.xls": "ndjson",
        "a.csv.gz": "ndjson",
        "meetings.csv.2": "ndjson",
        "a.csv/b": "ndjson",
        ".csv": "ndjson",
        csv: "ndjson",
      }
      const formats = yield* Effect.forEach(Object.keys(names), (output) => chosen({ output }))
      assert.deepStrictEqual(formats, Object.values(names))
      assert.strictEqual(yield* chosen({ otherwise: "table" }), "table")
    }),
  )

  it.effect(
    "is that of the flag, before the name, before the settings, unless these say more than the name",
    () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* chosen({ flag: "csv", setting: "json", output: "a.txt" }), "csv")
        assert.strictEqual(yield* chosen({ flag: "excel", output: "a.csv" }), "excel")
        assert.strictEqual(yield* chosen({ setting: "json", output: "a.csv" }), "csv")
        assert.strictEqual(yield* chosen({ setting: "excel", output: "a.csv" }), "excel")
        assert.strictEqual(yield* chosen({ setting: "json", output: "a.txt" }), "json")
        assert.strictEqual(yield* chosen({ setting: "json", otherwise: "table" }), "json")
      }),
  )

  it.effect(
    "is the one that an earlier run began with, whatever the name says, unless another one is given",
    () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* chosen({ begun: "ndjson", setting: "json", output: "a.csv" }), "ndjson")
        assert.strictEqual(yield* chosen({ begun: "ndjson", flag: "ndjson", output: "a.csv" }), "ndjson")
        assert.strictEqual(yield* chosen({ begun: "ndjson", flag: "csv", output: "a.csv" }), "csv")
      }),
  )

  it.effect("that contradicts the name is refused, in both languages, with a name that fits", () =>
    Effect.gen(function* () {
      const said = (given: Partial<Given>, language: Language.Language) =>
        chosen(given).pipe(
          Effect.exit,
          Effect.map((exit) => {
            if (Exit.isSuccess(exit)) return assert.fail(`it is ${exit.value}`)
            const { exitCode, meaning, remedy } = faultOf(exit.cause, language)
            assert.strictEqual(exitCode, 2)
            return [meaning, remedy]
          }),
          Effect.provideService(Language.CurrentLanguage, language),
        )
      assert.deepStrictEqual(yield* said({ flag: "ndjson", output: "x/all.json" }, "en"), [
        "--format: ndjson does not fit the file name x/all.json. Nothing was sent",
        "Leave out --format to write json, or name the file all.ndjson.",
      ])
      assert.deepStrictEqual(yield* said({ flag: "excel", output: "a.xlsx" }, "en"), [
        "--format: excel, which is CSV, does not fit the file name a.xlsx. Nothing was sent",
        "Leave out --format to write xlsx, or name the file a.csv.",
      ])
      assert.deepStrictEqual(yield* said({ flag: "table", output: "a.csv" }, "en"), [
        "--format: table does not fit the file name a.csv. Nothing was sent",
        "Leave out --format to write csv.",
      ])
      assert.deepStrictEqual(yield* said({ flag: "excel", output: "a.xlsx" }, "zh"), [
        "--format：excel（即 CSV）与文件名 a.xlsx 不符。未发送任何请求",
        "请去掉 --format 以写出 xlsx，或将文件命名为 a.csv。",
      ])
    }),
  )
})

const idsIn = async (workbook: Uint8Array) => {
  const { sheets } = await readXlsx(workbook)
  return sheets.flatMap(({ rows }) => rows.map(([id]) => id))
}
const allIds = ["id", ...Scripted.rows(1, 60).map(({ id }) => id)]

/** Prints the modules of the command that are loaded. */
const loads = Cli.before(`
  import { registerHooks } from "node:module"
  registerHooks({
    load: (url, context, next) => {
      if (url.startsWith("file:")) process.stderr.write("loaded " + url + "\\n")
      return next(url, context)
    },
  })`)

describe.concurrent("an output", () => {
  it("is what its name says, as a file and from a pipe; a contradiction is refused before anything is sent", async () => {
    await using scripted = await Scripted.start(twoPages)
    const [file, csv] = [join(folder, "meetings.xlsx"), join(folder, "meetings.csv")]
    const { environment, queries } = scripted
    const refused = await Cli.run(["list", meetingNo, "--output", csv, "--format", "json"], environment)
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, `--format: json does not fit the file name ${csv}. Nothing was sent`)
    assert.lengthOf(queries, 0)
    const [written, piped, plain] = await Promise.all([
      Cli.run(["list", meetingNo, "--output", file], { ...environment, ...loads }),
      Cli.shell(`feishu-meetings list ${meetingNo} --format xlsx | cat >${folder}/piped`, environment),
      Cli.run(["list", meetingNo, "--output", csv], { ...environment, ...loads }),
    ])
    assert.deepStrictEqual([written.code, piped.code, plain.code], [0, 0, 0])
    assert.match(written.lastLine, /^complete: 60 meetings, .*; written to .*meetings\.xlsx$/)
    assert.deepStrictEqual(await idsIn(readFileSync(file)), allIds)
    assert.deepStrictEqual(await idsIn(readFileSync(join(folder, "piped"))), allIds)
    assert.isTrue(readFileSync(csv, "utf8").startsWith("id,meeting_no,topic,url\n1,"))
    assert.isFalse([`${file}.part`, `${file}.feishu-meetings-new`].some(existsSync))
    // Only a workbook loads what makes it: other runs start no slower.
    assert.match(written.stderr, /^loaded .*xlsx/m)
    assert.match(plain.stderr, /^loaded /m)
    assert.notMatch(plain.stderr, /^loaded .*(?:xlsx|Workbook)/m)
  })

  it("that is a workbook is refused on a terminal, before anything is sent", async () => {
    await using scripted = await Scripted.start(twoPages)
    const { environment, queries } = scripted
    for (const more of [[], ["--output", "/dev/tty"]]) {
      const session = Terminal.start(["list", meetingNo, "--format", "xlsx", ...more], {
        environment,
        columns: 120,
      })
      const { code, screen } = await session.ended
      assert.strictEqual(code, 2)
      assert.include(screen, "a workbook is not text, which a terminal could show. Nothing was sent")
    }
    assert.lengthOf(queries, 0)
  })
})
