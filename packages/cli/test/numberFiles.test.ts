/** Files of meeting numbers and of ids as spreadsheets, chats and programs give them; in this process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit } from "effect"
import type { FeishuError } from "@effect-feishu/core"
import { writeXlsx } from "hucre/xlsx"
import { Stderr } from "../src/console/Stderr.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as MeetingIds from "../src/input/MeetingIds.ts"
import * as MeetingNumbers from "../src/input/MeetingNumbers.ts"
import * as Language from "../src/language/Language.ts"

/** Reads what such a file has; what is said on standard error, and a refusal, are lines with the path as FILE. */
const reading = (
  content: string | Uint8Array,
  read: (path: string) => Effect.Effect<ReadonlyArray<string>, FeishuError.FeishuError, Stderr>,
  language: Language.Language = "en",
) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "feishu-meetings-"))),
    (folder) =>
      Effect.gen(function* () {
        const path = join(folder, "numbers")
        writeFileSync(path, content)
        const said: Array<string> = []
        const hidden = (text: string) => text.replaceAll(path, "FILE")
        const exit = yield* read(path).pipe(
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
        if (Exit.isSuccess(exit)) return exit.value
        const { meaning, remedy = "" } = faultOf(exit.cause, language)
        return [...said, hidden(meaning), remedy].join("\n")
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  ).pipe(Effect.provide(NodeServices.layer))

const numbersIn = (content: string | Uint8Array, column?: string, language?: Language.Language) =>
  reading(content, (numbersFrom) => MeetingNumbers.read({ numbers: [], numbersFrom, column }), language)

const idsIn = (content: string | Uint8Array, column?: string) =>
  reading(content, (idsFrom) => MeetingIds.read({ ids: [], idsFrom, column }, []))

const sheetOf = (...rows: ReadonlyArray<ReadonlyArray<string | number | Date | null>>) =>
  Effect.promise(() => writeXlsx({ sheets: [{ name: "Sheet1", rows: rows.map((row) => [...row]) }] }))

const both = ["337736498", "146453285"]

/** 会议号,主题 and two rows, in GB18030. */
const gb18030 = Buffer.concat([
  Buffer.from([0xbb, 0xe1, 0xd2, 0xe9, 0xba, 0xc5, 0x2c, 0xd6, 0xf7, 0xcc, 0xe2]),
  Buffer.from("\r\n337736498,a\r\n146453285,b\r\n"),
])

describe("meeting numbers", () => {
  const files: Record<string, string | Uint8Array> = {
    "links of both brands":
      "https://vc.feishu.cn/j/337736498?from=im\nhttps://vc.larksuite.com/j/146453285\n",
    "full-width digits and ideographic spaces": "３３７７３６４９８\n１４６　４５３　２８５\n",
    "no-break spaces and dashes": "337\u00a0736\u00a0498\n146\u2011453\u2013285\n",
    "marks that are not seen": "\u200b337736498\u200b\n\u202a146453285\u202c\n",
    "the end of a DOS file": "337736498\r\n146453285\r\n\u001a",
    "an old Mac's lines": "337736498\r146453285\r",
    "a table without a head": "\ufeff337736498,周会\r\n146453285,评审\r\n",
    "a table of Excel in German": 'Thema;Besprechung\r\n"a;b";337736498\r\nc;146453285\r\n',
    "a table that tells Excel its separator": "sep=;\r\n会议号;主题\r\n337736498;a\r\n146453285;b\r\n",
    "what was copied from a spreadsheet": "337736498\t周会\n146453285\t评审\n",
    "a head that is known": "topic,meeting_no,room\na,337736498,100000001\nb,146453285,100000002\n",
    "a head in Chinese": "主题，;会 议 号\nx;337736498\ny;146453285\n",
    "a head of a list": "会议号码（周会）\n337736498\n146453285\n",
    "a column by its content": "date,who,call\n2026-09-01,a,337736498\n2026-09-08,b,146 453 285\n",
    "several in a line":
      "337736498, 146453285\n337736498;146453285\n337736498 146453285\n337736498、146453285\n",
    "several in a cell": 'topic,meeting_no\nall,"337736498, 146453285"\n',
    "a list with comments that have commas": "337736498 # weekly, and more\n# none; here\n146453285 # x\ty\n",
    "a list in which later lines have topics": "337736498\n146453285,评审\n",
    "numbers as Excel has written them": '="337736498"\n146453285.0\n',
    "with an exponent, and all digits": "3.37736498E+08\n1,46453285E+08\n",
    "an array of JSON": '["337736498",146453285]',
    "strings of jq without -r": '"337736498"\n"146453285"\n',
    "objects of JSON": '[\n {"topic": "a", "meeting_no": "337736498"},\n {"meeting_no": "146453285"}\n]\n',
    "lines of JSON": '# of a program\n{"meeting_no":"337736498"}\n{"id":"1","meeting_no":"146453285"}\n',
    "a table for people":
      "id                   meeting_no  topic\n7672989999303099091  337736498   a b\n7672989999303099092  146453285   c\n",
    "UTF-16 with a mark": Buffer.from("\ufeff会议号\t主题\r\n337736498\ta\r\n146453285\tb\r\n", "utf16le"),
    "UTF-16 without": Buffer.from("会议号\t主题\r\n337736498\ta\r\n146453285\tb\r\n", "utf16le"),
    GB18030: gb18030,
  }
  for (const [name, content] of Object.entries(files)) {
    it.effect(`P15 are read from ${name}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* numbersIn(content), both)
      }),
    )
  }

  it.effect("P15 are read from a sheet of Excel, as text and as numbers, with blank rows and dates", () =>
    Effect.gen(function* () {
      const sheet = yield* sheetOf(
        ["日期", "主题", "会议号"],
        [DateTime.toDate(DateTime.makeUnsafe("2026-09-01")), "周会", 337736498],
        [null, null, null],
        [DateTime.toDate(DateTime.makeUnsafe("2026-09-08")), "评审", "146 453 285"],
      )
      assert.deepStrictEqual(yield* numbersIn(sheet), both)
      assert.deepStrictEqual(yield* numbersIn(yield* sheetOf([337736498], [146453285])), both)
      assert.include(
        yield* numbersIn(yield* sheetOf(["会议号"], [337736498], [33773649])),
        'FILE:3: "33773649" has 8 digits',
      )
    }),
  )

  it.effect("are those of the column that is named, by its head or its place", () =>
    Effect.gen(function* () {
      const table = "old,new\n100000001,337736498\n100000002,146453285\n"
      for (const column of ["new", "NEW", "2"]) assert.deepStrictEqual(yield* numbersIn(table, column), both)
      assert.strictEqual(
        yield* numbersIn(table),
        "--numbers-from: several columns hold what is looked for: old, new. Nothing was sent\nName one of them with --column.",
      )
      assert.deepStrictEqual(yield* numbersIn("100000001,337736498\n100000002,146453285\n", "2"), both)
      assert.strictEqual(
        yield* numbersIn(table, "third"),
        '--column: the file has no column called "third". Nothing was sent\nIts first row is: old, new',
      )
      assert.strictEqual(
        yield* numbersIn("会议号,meeting_no\n337736498,1\n"),
        "--numbers-from: the head of the table has two columns meeting_no. Nothing was sent\nRename one of them.",
      )
    }),
  )

  it.effect("that have lost digits are named as such, and nothing else is guessed", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* numbersIn("会议号\n3.37736E+08\n146453285\n"),
        [
          'FILE:2: "3.37736E+08" is a number that a spreadsheet has shortened: its last digits are lost',
          "--numbers-from: 1 of the 2 lines of FILE is not a meeting number. Nothing was sent",
          "Format the column as text, or as a number without decimals, and save it again.",
        ].join("\n"),
      )
      assert.include(
        yield* numbersIn("会议号\n3.37736E+08\n", undefined, "zh"),
        "FILE:2: “3.37736E+08”是被电子表格缩短的数字，末尾几位已丢失",
      )
      // A first line that was to be a number is no head.
      assert.include(yield* numbersIn("33773649\n146453285\n"), 'FILE:1: "33773649" has 8 digits')
      assert.include(
        yield* numbersIn("https://vc.feishu.cn/s/abc\n146453285\n"),
        'FILE:1: "https://vc.feishu.cn/s/abc" is not a meeting number',
      )
      assert.include(yield* numbersIn("topic,meeting_no\na,\n"), "FILE:2: the row has no meeting number")
      assert.include(yield* numbersIn("topic,meeting_no\n"), "FILE holds no meeting number")
      assert.include(
        yield* numbersIn("337736498,周会\n评审,146453285\n"),
        'FILE:2: "评审" is not a meeting number',
      )
    }),
  )

  it.effect("are not read from files of other kinds, which are named", () =>
    Effect.gen(function* () {
      const old = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
      assert.include(yield* numbersIn(old), "FILE is a file of Excel 97 to 2003, or has a password")
      assert.include(
        yield* numbersIn(Buffer.from([0x50, 0x4b, 0x03, 0x04, 1, 2, 3])),
        "FILE is an archive, but not a file of Excel",
      )
      assert.include(
        yield* numbersIn('{"data":{"meeting_briefs":[]}}'),
        'FILE:1: "{"meeting_briefs":[]}" is not a meeting number',
      )
      assert.include(yield* numbersIn("<html>\n<body>\n"), 'FILE:1: "<html>" is not a meeting number')
    }),
  )

  it.effect("count for a plan, also those that have lost digits; list refuses them", () =>
    Effect.gen(function* () {
      const count = (content: string) =>
        reading(content, (numbersFrom) =>
          Effect.map(MeetingNumbers.count({ numbers: [], numbersFrom, column: undefined }), ({ count }) => [
            String(count),
          ]),
        )
      assert.deepStrictEqual(yield* count("会议号\n3.37736E+08\n146453285\n"), ["2"])
      assert.include(yield* count("3.37736E+08\n12\n"), "2 of the 2 lines of FILE are not meeting numbers")
    }),
  )
})

describe("ids of meetings", () => {
  const ids = ["7672989999303099091", "7672989999303099092"]

  it.effect("are read from the same forms", () =>
    Effect.gen(function* () {
      const [one, two] = ids
      for (const content of [
        `${one}\n7,672,989,999,303,099,092\n`,
        `meeting_no,id\n337736498,${one}\n337736498,${two}\n`,
        `337736498,${one}\n337736498,${two}\n`,
        `会议ID\t主题\n${one}\ta\n${two}\tb\n`,
        `[{"id":"${one}"},{"id":"${two}"}]`,
        `[\n  {"id":"${one}"},\n  {"id":"${two}"},\n`,
        yield* sheetOf(["topic", "id"], ["a", one!], ["b", two!]),
      ]) {
        assert.deepStrictEqual(yield* idsIn(content), ids, String(content))
      }
      assert.deepStrictEqual(yield* idsIn(`a,b\n1,${one}\n2,${two}\n`, "b"), ids)
    }),
  )

  it.effect("that a spreadsheet or a program has rounded are named as such", () =>
    Effect.gen(function* () {
      for (const content of [
        yield* sheetOf(["id"], [7672989999303099000]),
        '{"id":7672989999303099091}\n',
        "id\n7.67298999930309E+18\n",
      ]) {
        assert.include(yield* idsIn(content), "is an id that was rounded")
      }
    }),
  )
})
