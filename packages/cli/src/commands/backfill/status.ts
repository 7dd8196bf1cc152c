/** The command `backfill status`: how runs stand, for people and for programs. */
import * as CliOutput from "effect/cli/CliOutput"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Backfill } from "@effect-feishu/backfill"
import { FeishuError } from "@effect-feishu/core"
import { json } from "@effect-feishu/terminal/VisibleText"
import { aligned } from "../../console/Columns.ts"
import * as Language from "../../language/Language.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import type { OfRun } from "./change.ts"
import * as Database from "./database.ts"
import * as Errors from "./errors.ts"
import * as RunStatus from "./RunStatus.ts"
import * as StatusServer from "./StatusServer.ts"

/** The values of the flags. */
interface Input extends OfRun, StatusServer.Flags {
  readonly json: boolean
}

const words = Language.words({
  en: {
    none: "no run is planned in this database: feishu-meetings backfill plan",
    comma: ", ",
    webOrJson: [
      "a page and one JSON document are asked for",
      "Leave one of the two flags out; the page has the same data at /status.json.",
    ],
  },
  zh: {
    none: "此数据库中没有计划：请用 feishu-meetings backfill plan",
    comma: "，",
    webOrJson: ["既要网页，又要一个 JSON 文档", "请去掉其中一个标志；网页的 /status.json 有同样的数据。"],
  },
})

/** At most this many lanes of a run are shown. */
const mostLanes = 20

/** Prints how runs stand: all of the database, or one. With `web`, shows it as a page until the command is stopped. */
export const status = Effect.fnUntraced(function* (input: Input) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  if (input.web && input.json) return yield* FeishuError.invalidRequest("--web", ...say.webOrJson)
  const settings = yield* LoadedSettings.load(input)
  const runs = yield* Errors.inWords(
    Effect.gen(function* () {
      const database = yield* Database.find(settings)
      const found = Effect.gen(function* () {
        const backfill = yield* Backfill.Backfill
        const found = backfill.status(input.run)
        const runs = yield* found
        yield* StatusServer.openIfAsked(input, { rateLimit: settings.rateLimit, runs: found })
        return input.web ? yield* Effect.never : runs
      })
      return yield* Effect.provide(Effect.scoped(found), Database.layer(database))
    }),
  )
  if (input.json) return yield* Console.log(json({ runs: runs.map(RunStatus.forPrograms) }))
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
  yield* Console.log(
    runs.length === 0 ? say.none : runs.map((run) => inWords(run, language, columns)).join("\n\n"),
  )
})

const inWords = (run: Backfill.RunStatus, language: Language.Language, width: number): string => {
  const { columns, head, lanes, notes } = RunStatus.inWords(run, language, mostLanes)
  return [
    head.join(words[language].comma),
    ...aligned([columns, ...lanes])
      .split("\n")
      .map((line) => cut(`  ${line}`, width)),
    ...notes,
  ].join("\n")
}

/** Cuts a line that is wider than the terminal. */
const cut = (line: string, columns: number): string => {
  if (CliOutput.displayWidth(line) <= columns) return line
  let kept = ""
  for (const character of line) {
    if (CliOutput.displayWidth(kept + character) > columns - 1) break
    kept += character
  }
  return `${kept}…`
}
