/** The commands `backfill pause`, `resume` and `cancel`: they change the row of a run, and work while no runner is alive. */
import * as Effect from "effect/Effect"
import { Backfill } from "@effect-feishu/backfill"
import { Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import * as Language from "../../language/Language.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as Database from "./database.ts"
import * as Errors from "./errors.ts"

/** The flags of a command that names a run. */
export interface OfRun {
  readonly db: string | undefined
  readonly dbPasswordFile: string | undefined
  readonly run: string | undefined
}

/** The name of a run that has none. */
export const defaultRun = "default"

const words = Language.words({
  en: {
    pause: (run: string) => `paused: "${run}" stops within moments; backfill resume lets it go on`,
    resume: (run: string) => `"${run}" goes on; it needs a runner: backfill run`,
    cancel: (run: string) => `cancelled: "${run}"; the meetings that were read stay`,
  },
  zh: {
    pause: (run) => `已暂停：“${run}”随即停止；可用 backfill resume 继续`,
    resume: (run) => `“${run}”将继续；需要有进程运行：backfill run`,
    cancel: (run) => `已取消：“${run}”；已读取的会议保留`,
  },
})

/** Pauses, resumes or cancels a run, and says so. */
export const change = Effect.fnUntraced(function* (to: "pause" | "resume" | "cancel", input: OfRun) {
  const say = yield* Language.say(words)
  const settings = yield* LoadedSettings.load(input)
  const run = input.run ?? defaultRun
  yield* Errors.inWords(
    Effect.gen(function* () {
      const database = yield* Database.find(settings)
      const change = Effect.flatMap(Backfill.Backfill, (backfill) => backfill[to](run))
      yield* Effect.provide(change, Database.layer(database))
    }),
  )
  const stderr = yield* Stderr
  if ((yield* CurrentVerbosity) !== "quiet") yield* stderr.line(say[to](run))
})
