/** `feishu-mock validate`: lists every mistake in seed files, or prints what they hold. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Language from "@effect-feishu/terminal/Language"
import { json } from "@effect-feishu/terminal/VisibleText"
import * as Seed from "../seed/Seed.ts"
import * as SeedCheck from "../seed/SeedCheck.ts"
import * as SeedFile from "../seed/SeedFile.ts"
import * as SeedWarnings from "../seed/SeedWarnings.ts"
import { renderFault } from "../seed/SeedInvalid.ts"
import { problemsIn, seedInvalid, sourceIn } from "./problems.ts"
import { Failed, name, tell, warn } from "./CommandFailed.ts"

const many = (number: number, one: string): string => `${number} ${number === 1 ? one : `${one}s`}`

const words = Language.words({
  en: {
    description:
      "List every mistake in a seed with path and line (exit code 2), or print what the seed holds.",
    file: "A seed in YAML or JSON; - reads standard input",
    json: "Print one line of JSON for each file",
    one: "Check one file",
    piped: "Check what another program writes",
    programs: "For programs",
    stdinOnce: "standard input can be read only once: give - once",
    apps: (count: number, isMadeUp: boolean) => many(count, "app") + (isMadeUp ? " (made up)" : ""),
    users: (count: number) => many(count, "user"),
    numbers: (count: number) => many(count, "meeting number"),
    meetings: (count: number) => many(count, "meeting"),
    rules: (count: number) => `${many(count, "rule")} for failures`,
    isGood: (source: string, parts: ReadonlyArray<string>) => `${source} is good: ${parts.join(", ")}`,
    of: (source: string, doubt: string) => `${source}: ${doubt}`,
    old: (count: number) =>
      `${many(count, "meeting")} began more than 90 days ago, and Feishu does not show those: write times such as -3d, or start with --now`,
  },
  zh: {
    description: "列出种子中的每个错误及其路径和行号（退出码 2）；没有错误时，打印种子的内容概要。",
    file: "YAML 或 JSON 格式的种子；- 读取标准输入",
    json: "每个文件打印一行 JSON",
    one: "检查一个文件",
    piped: "检查其他程序写出的内容",
    programs: "供程序使用",
    stdinOnce: "标准输入只能读取一次：- 只能出现一次",
    apps: (count, isMadeUp) => `${count} 个应用${isMadeUp ? "（自动生成）" : ""}`,
    users: (count) => `${count} 名用户`,
    numbers: (count) => `${count} 个会议号`,
    meetings: (count) => `${count} 场会议`,
    rules: (count) => `${count} 条故障规则`,
    isGood: (source, parts) => `${source} 没有错误：${parts.join("，")}`,
    of: (source, doubt) => `${source}：${doubt}`,
    old: (count) =>
      `${count} 场会议的开始时间早于 90 天前，飞书不显示这些会议：请使用 -3d 这样的时间，或用 --now 指定时钟的起点`,
  },
})

/** Makes the command. `called` is how the program was called. */
export const command = (called: string, language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "validate",
    {
      files: Argument.variadic(Argument.String("FILE").pipe(Argument.withDescription(say.file)), { min: 1 }),
      json: Flag.Boolean("json").pipe(
        Flag.withoutNegation,
        Flag.withDescription(say.json),
        Flag.withDefault(false),
      ),
    },
    ({ files, json }) => validate(files, { json, language }),
  ).pipe(
    Command.withDescription(say.description),
    Command.withExamples([
      { command: `${called} validate feishu.yaml`, description: say.one },
      { command: `envsubst < feishu.yaml | ${called} validate -`, description: say.piped },
      { command: `${called} validate --json seeds/*.yaml | jq .faults`, description: say.programs },
    ]),
  )
}

/** Checks every file, and reports on each; `-` is standard input. Fails when one has a mistake. */
const validate = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>,
  options: { readonly json: boolean; readonly language: Language.Language },
) {
  const say = words[options.language]
  if (paths.filter(InputFile.isStdin).length > 1) {
    return yield* tell(say.stdinOnce, 2)
  }
  const present = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  let wrong = false
  for (const path of paths) {
    const source = SeedFile.sourceOf(path)
    const read = yield* Effect.result(SeedFile.fromFile(path))
    wrong ||= Result.isFailure(read)
    if (Result.isFailure(read)) {
      const { faults } = read.failure
      yield* options.json
        ? Console.log(json({ file: path, ok: false, faults }))
        : Console.error(`${name}: ${seedInvalid(read.failure, options.language)}`)
      continue
    }
    const held = heldBy(read.success)
    const now = SeedCheck.startOf(read.success, present)
    const old = SeedWarnings.tooOld(read.success, now)
    const warnings = SeedWarnings.warnings(read.success, now)
    if (options.json) {
      yield* Console.log(json({ file: path, ok: true, ...held, tooOld: old, warnings }))
      continue
    }
    const { apps, meetingNos, meetings, rules, users } = held
    const parts = [
      say.apps(apps, read.success.apps === undefined),
      ...(users === 0 ? [] : [say.users(users)]),
      say.numbers(meetingNos.length),
      say.meetings(meetings),
      ...(rules === 0 ? [] : [say.rules(rules)]),
    ]
    yield* Console.log(say.isGood(sourceIn(source, options.language), parts))
    if (old > 0) yield* warn(say.of(sourceIn(source, options.language), oldInWords(old, options.language)))
    for (const doubt of problemsIn(warnings.map(renderFault), options.language))
      yield* warn(say.of(sourceIn(source, options.language), doubt))
  }
  if (wrong) return yield* new Failed({ exitCode: 2 })
})

/** Returns the warning about meetings that are too old to be read. */
export const oldInWords = (old: number, language: Language.Language): string => words[language].old(old)

const heldBy = ({
  apps = [Seed.defaultApp],
  faults = [],
  generate = [],
  meetings = [],
  users = [],
}: Seed.Seed) => ({
  apps: apps.length,
  users: users.length,
  rules: faults.length,
  meetingNos: [...new Set([...meetings, ...generate].map((entry) => entry.meeting_no))],
  meetings: generate.reduce((sum, order) => sum + order.count, meetings.length),
})
