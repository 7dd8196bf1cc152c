/** What the command line says to flags that are wrong, in this process. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { feishuMeetings } from "../src/command.ts"
import { ConfigFiles } from "../src/settings/ConfigFiles.ts"
import * as DashedValues from "../src/input/DashedValues.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as Language from "../src/language/Language.ts"
import * as RunState from "../src/run/RunState.ts"
import { Stderr } from "../src/console/Stderr.ts"

const silent = Stderr.of({
  live: false,
  line: () => Effect.void,
  progress: () => Effect.void,
  clear: Effect.void,
})

/** How the command ends, where it has no configuration. */
const faultIn = (typed: string, language: Language.Language = "en") =>
  Command.runWith(feishuMeetings(language), { version: "0" })(DashedValues.join(typed.split(" "))).pipe(
    Effect.exit,
    Effect.map((exit) => {
      if (Exit.isSuccess(exit)) return assert.fail(`it takes ${typed}`)
      return faultOf(exit.cause, language)
    }),
    Effect.provide([
      NodeServices.layer,
      Layer.succeed(Stderr, silent),
      Layer.succeed(RunState.Run, RunState.make()),
      Layer.succeed(ConfigFiles, { entries: [], problems: [], searched: [] }),
      CliOutput.layerPresenter({ present: () => Effect.void }),
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
    ]),
    Effect.provideService(Language.CurrentLanguage, language),
  )

const numbers = {
  "--page-size": "a whole number from 1 to 50",
  "--concurrency": "a whole number from 1 to 32",
  "--rate-limit": "a whole number from 1 to 10000",
  "--details-rate-limit": "a whole number from 1 to 10000",
  "--max-items": "a whole number above 0",
} as const

const wrongNumbers = [
  "-1",
  "-50",
  "0",
  "1.5",
  "-1.5",
  "0x10",
  "1e999",
  "1e-3",
  "abc",
  "-abc",
  "-1h",
  "100/min",
  "1,000",
  "５",
  "+5",
  "NaN",
  "1_000",
  "99999999999999999999",
]

describe("flags", () => {
  const wrong = Object.entries(numbers).flatMap(([flag, range]) =>
    wrongNumbers.flatMap((value) => [
      [`list 337736498 ${flag} ${value}`, `${flag} must be ${range}, not "${value}"`] as const,
      [`list 337736498 ${flag}=${value}`, `${flag} must be ${range}, not "${value}"`] as const,
    ]),
  )

  it.effect(`${wrong.length} numbers that are none: the range, and what was typed`, () =>
    Effect.gen(function* () {
      for (const [typed, meaning] of wrong) {
        const { exitCode, meaning: told } = yield* faultIn(typed)
        assert.deepStrictEqual([told, exitCode], [`${meaning}. Nothing was sent`, 2])
      }
    }),
  )

  const dashed: ReadonlyArray<readonly [string, string, string]> = [
    ["plan 337736498 --from -30d", '--from: "-30d" is not a time', "without a minus: 30d."],
    ["plan 337736498 --from=-30d", '--from: "-30d" is not a time', "without a minus: 30d."],
    ["plan 337736498 --from 30d --to -1h", '--to: "-1h" is not a time', "without a minus: 1h."],
    ["plan --from -2w 337736498", '--from: "-2w" is not a time', "without a minus: 2w."],
    [
      "plan 337736498 --from 2026-09-02 --to 2026-08-01",
      "--from, --to: it starts at ",
      "Give --from an earlier time than --to.",
    ],
    ["plan 337736498 --from -1", '--from: "-1" is not a time', "Write ISO text"],
    ["plan 337736498 --from -2026-09-01", '--from: "-2026-09-01" is not a time', "Write ISO text"],
    [
      "list 337736498 --format -csv",
      '--format must be table, ndjson, json, csv, tsv, excel or xlsx, not "-csv"',
      "--help",
    ],
    ["list 337736498 --brand -lark", '--brand must be feishu or lark, not "-lark"', "--help"],
    ["list 337736498 --fields -id", '--fields: there is no field called "-id"', "Known fields: id, "],
    ["list 337736498 --demo -30d", '--demo takes no value, not "-30d"', "--help"],
    ["list 337736498 -30d", "unknown flag -30d", "--help"],
    ["list 337736498 -from 30d", "unknown flag -from", "--help"],
    ["list 337736498 --frm 30d", "unknown flag --frm", "Did you mean --from?"],
  ]

  it.effect(
    `${dashed.length} values with a dash in front are values, and never the help or the version`,
    () =>
      Effect.gen(function* () {
        for (const [typed, meaning, remedy] of dashed) {
          const told = yield* faultIn(typed)
          assert.strictEqual(told.exitCode, 2)
          assert.isTrue(told.meaning.startsWith(meaning), `${typed}: ${told.meaning}`)
          assert.include(told.remedy, remedy)
        }
      }),
  )

  it.effect("are told in Chinese, too", () =>
    Effect.gen(function* () {
      assert.include(
        (yield* faultIn("list 337736498 --max-items -5", "zh")).meaning,
        "--max-items 应为 大于 0 的整数，而不是“-5”",
      )
      const { meaning, remedy } = yield* faultIn("plan 337736498 --from -30d", "zh")
      assert.deepStrictEqual(
        [meaning, remedy],
        ["--from：“-30d”不是时间。未发送任何请求", "距今时长不带负号，请写 30d。"],
      )
    }),
  )

  it("what comes after -- is left as it is, and so are - and what belongs to no flag", () => {
    for (const args of [
      ["list", "--", "--from", "-30d"],
      ["list", "--numbers-from", "-", "--json"],
      ["list", "--from=1d", "-x"],
      ["-hv"],
      ["list", "--from", "--to", "1d"],
    ]) {
      assert.deepStrictEqual(DashedValues.join(args), args)
    }
    assert.deepStrictEqual(DashedValues.join(["a", "--output", "-xy", "--", "-y"]), [
      "a",
      "--output=-xy",
      "--",
      "-y",
    ])
  })
})
