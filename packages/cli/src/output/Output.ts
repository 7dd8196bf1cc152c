/** An open output, a stream or a file, and what can go wrong with one. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as PlatformError from "effect/PlatformError"
import { FeishuError } from "@effect-feishu/core"
import * as Links from "@effect-feishu/terminal/Links"
import * as Language from "../language/Language.ts"
import * as SystemError from "../language/SystemError.ts"

/** The data, or the checkpoint, could not be written. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{
  /** The output in words: a file, or "standard output". */
  readonly target: string
  /** The system's code for what is wrong. */
  readonly code: string
  /** The flag that names another place. */
  readonly flag: "--output" | "--checkpoint"
}> {}

/** The reader of standard output or of a named pipe has closed it, as `head` does once it has enough. */
export class ReaderGone extends Data.TaggedError("ReaderGone") {}

/** An output that is open. */
export interface Output {
  /** The file that holds the rows until the run is complete, and after it if it ends early; a stream has none. */
  readonly part?: string
  /** True for a stream that a terminal shows. */
  readonly isTerminal?: boolean
  /**
   * Returns when everything is written, so that a slow reader slows down the requests, too. `written` is called at that
   * moment, even if the run was stopped meanwhile: written rows have to be counted.
   */
  readonly write: (
    text: string | Uint8Array,
    written: () => void,
  ) => Effect.Effect<void, OutputFailed | ReaderGone>
  /** Writes the last text, and ends the output the way the run ended. To be called once. */
  readonly close: (end: {
    readonly text: string
    readonly exit: Exit.Exit<unknown, unknown>
    /** True when a file holds something that a later run may resume from, or that users may want. */
    readonly keep: boolean
  }) => Effect.Effect<void, OutputFailed | ReaderGone>
}

/** Makes an `OutputFailed` of a file operation that failed. */
export const failed =
  (target: string, flag: OutputFailed["flag"] = "--output") =>
  (error: PlatformError.PlatformError) =>
    new OutputFailed({ target, code: SystemError.codeOf(error), flag })

type Refusal = readonly [problem: string, remedy: string]

/** Makes a function that refuses an output, with a pair of a table in the language of the run. */
export const refusals =
  <W>(table: Language.Words<W>) =>
  (refusal: (say: W) => Refusal, flag: OutputFailed["flag"] | "--format" = "--output") =>
    Effect.flatMap(Language.say(table), (say) =>
      Effect.fail(FeishuError.invalidRequest(flag, ...refusal(say))),
    )

const words = Language.words({
  en: {
    notWritable: (path: string, problem: string) => [
      `${path} cannot be written (${problem})`,
      "Write to another place.",
    ],
  },
  zh: {
    notWritable: (path, problem) => [`无法写入 ${path}（${problem}）`, "请写到别处。"],
  },
})

const refuse = refusals(words)

/** Refuses a name that cannot be written, with the system's code. */
export const notWritable = (path: string, code: string, flag?: OutputFailed["flag"]) =>
  Effect.flatMap(Language.CurrentLanguage, (language) =>
    refuse((say) => say.notWritable(path, SystemError.inWords(code, language)), flag),
  )

/** The name at the end of a chain of symbolic links, also when nothing of that name exists yet. */
export const behindLinks = (path: string, flag?: OutputFailed["flag"]) =>
  Effect.suspend(() => {
    const target = Links.end(path)
    return target === undefined ? notWritable(path, "ELOOP", flag) : Effect.succeed(target)
  })
