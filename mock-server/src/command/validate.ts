/** `feishu-mock validate`: lists every mistake in seed files, or prints what they hold. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import * as Problems from "../protocol/Problems.ts"
import * as Seed from "../seed/Seed.ts"
import * as SeedCheck from "../seed/SeedCheck.ts"
import * as SeedFile from "../seed/SeedFile.ts"
import * as SeedWarnings from "../seed/SeedWarnings.ts"
import { renderFault } from "../seed/SeedInvalid.ts"
import { Failed, name, tell, warn } from "./CommandFailed.ts"

/** Makes the command. `called` is how the program was called. */
export const command = (called: string) =>
  Command.make(
    "validate",
    {
      files: Argument.variadic(
        Argument.String("FILE").pipe(
          Argument.withDescription("A seed in YAML or JSON; - reads standard input"),
        ),
        { min: 1 },
      ),
      json: Flag.Boolean("json").pipe(
        Flag.withoutNegation,
        Flag.withDescription("Print one line of JSON for each file"),
        Flag.withDefault(false),
      ),
    },
    ({ files, json }) => validate(files, { json }),
  ).pipe(
    Command.withDescription(
      "List every mistake in a seed with path and line (exit code 2), or print what the seed holds.",
    ),
    Command.withExamples([
      { command: `${called} validate feishu.yaml`, description: "Check one file" },
      {
        command: `envsubst < feishu.yaml | ${called} validate -`,
        description: "Check what another program writes",
      },
      { command: `${called} validate --json seeds/*.yaml | jq .faults`, description: "For programs" },
    ]),
  )

/** Checks every file, and reports on each; `-` is standard input. Fails when one has a mistake. */
const validate = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>,
  options: { readonly json: boolean },
) {
  if (paths.filter(InputFile.isStdin).length > 1) {
    return yield* tell("standard input can be read only once: give - once", 2)
  }
  const present = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  let wrong = false
  for (const path of paths) {
    const source = SeedFile.sourceOf(path)
    const read = yield* Effect.result(SeedFile.fromFile(path))
    wrong ||= Result.isFailure(read)
    if (Result.isFailure(read)) {
      const { faults, message } = read.failure
      yield* options.json
        ? Console.log(json({ file: path, ok: false, faults }))
        : Console.error(`${name}: ${message}`)
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
    const { apps, meetingNos, meetings, rules } = held
    const parts = [
      many(apps, "app") + (read.success.apps === undefined ? " (made up)" : ""),
      many(meetingNos.length, "meeting number"),
      many(meetings, "meeting"),
      ...(rules === 0 ? [] : [`${many(rules, "rule")} for failures`]),
    ]
    yield* Console.log(`${visible(source)} is good: ${parts.join(", ")}`)
    if (old > 0) yield* warn(`${source}: ${oldInWords(old)}`)
    for (const doubt of Problems.told(warnings.map(renderFault))) yield* warn(`${source}: ${doubt}`)
  }
  if (wrong) return yield* new Failed({ exitCode: 2 })
})

/** Returns the warning about meetings that are too old to be read. */
export const oldInWords = (old: number): string =>
  `${many(old, "meeting")} began more than 90 days ago, and Feishu does not show those: write times such as -3d, or start with --now`

const heldBy = ({ apps = [Seed.defaultApp], faults = [], generate = [], meetings = [] }: Seed.Seed) => ({
  apps: apps.length,
  rules: faults.length,
  meetingNos: [...new Set([...meetings, ...generate].map((entry) => entry.meeting_no))],
  meetings: generate.reduce((sum, order) => sum + order.count, meetings.length),
})

const many = (number: number, one: string): string => `${number} ${number === 1 ? one : `${one}s`}`
