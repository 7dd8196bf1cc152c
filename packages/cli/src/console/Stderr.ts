/**
 * Standard error: everything that is not data. Lines for people, and below them on a terminal one line that shows the
 * progress and is replaced as it changes.
 */
import { fstatSync } from "node:fs"
import { styleText } from "node:util"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import { shortened } from "@effect-feishu/terminal/Shortened"
import { withoutSecrets } from "./KnownSecrets.ts"
import * as Language from "../language/Language.ts"
import { CurrentVerbosity } from "./Verbosity.ts"
import { visible } from "@effect-feishu/terminal/VisibleText"

/** The beginning of a line, in a colour where the terminal and its user want colours. */
export interface Label {
  readonly text: string
  readonly color: "red" | "yellow" | "green" | "cyan" | "gray"
}

/** Standard error. */
export class Stderr extends Context.Service<
  Stderr,
  {
    /** Writes a line. Whatever the text holds, it stays one line and shows no secret. */
    readonly line: (text: string, label?: Label) => Effect.Effect<void>
    /** True when there is a terminal that takes a progress line. */
    readonly live: boolean
    /** Shows or replaces the progress line, which has to fit into `columns`; does nothing without a terminal. */
    readonly progress: (render: (columns: number) => string) => Effect.Effect<void>
    /** Removes the progress line, for other output on the same terminal. */
    readonly clear: Effect.Effect<void>
  }
>()("@effect-feishu/cli/Stderr") {}

/**
 * Returns a text as a message holds it: without the secrets that this run knows, and shortened, since a user may give a
 * megabyte where a time is expected.
 */
export const inMessage = (text: string): string => shortened(withoutSecrets(text), 3_000)

/** Returns a text that may be shown: in one line, and without the secrets that this run knows. */
export const showable = (text: string): string => visible(withoutSecrets(text))

/** True when a descriptor is a pipe: its reader may be a pager, which uses the same terminal. */
const isPipe = (descriptor: number): boolean => {
  try {
    return fstatSync(descriptor).isFIFO()
  } catch {
    // The descriptor is closed.
    return false
  }
}

const make = Effect.gen(function* () {
  const { stderr } = process
  // The reader has closed standard error, so there is nowhere to report that.
  stderr.on("error", () => {})
  const live =
    stderr.isTTY === true && process.env["TERM"] !== "dumb" && !process.env["NO_COLOR"] && !isPipe(1)
  let render: ((columns: number) => string) | undefined
  let shown = ""
  const erased = (): string => (shown === "" ? "" : "\r\u001b[K")
  const drawn = (): string => {
    // A line that wraps could not be removed again. Some terminals report 0 columns when they do not know.
    shown = render?.((stderr.columns || 80) - 1) ?? ""
    return shown
  }
  const write = (text: string): Effect.Effect<void> =>
    Effect.callback((resume) => {
      stderr.write(text, () => resume(Effect.void))
    })
  if (live) {
    const redraw = () => {
      if (shown !== "") stderr.write(erased() + drawn())
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => stderr.on("resize", redraw)),
      () => Effect.sync(() => stderr.off("resize", redraw)),
    )
  }
  return Stderr.of({
    live,
    line: (text, label) =>
      Effect.suspend(() => {
        const start = label === undefined ? "" : styleText(label.color, label.text, { stream: stderr })
        return write(`${erased()}${start}${showable(text)}\n${drawn()}`)
      }),
    progress: (next) =>
      Effect.sync(() => {
        if (!live) return
        render = next
        const before = shown
        // The new text overwrites the old, and then the rest is erased: to erase first would make the line flicker.
        if (drawn() !== before) stderr.write(before === "" ? shown : `\r${shown}\u001b[K`)
      }),
    clear: Effect.suspend(() => {
      const eraser = erased()
      render = undefined
      shown = ""
      return eraser === "" ? Effect.void : write(eraser)
    }),
  })
})

const words = Language.words({
  en: { warning: "warning: ", error: "error: " },
  zh: { warning: "警告：", error: "错误：" },
})

/** Returns the labels of errors and warnings. */
export const labels = (language: Language.Language) => ({
  error: { text: words[language].error, color: "red" } satisfies Label,
  warning: { text: words[language].warning, color: "yellow" } satisfies Label,
})

/** True for a log that is not printed: the command says the same itself, or it means nothing to its user. */
export const IsIgnored = Context.Reference<(text: string) => boolean>("@effect-feishu/cli/Stderr/IsIgnored", {
  defaultValue: () => () => false,
})

/** Prints the logs of the libraries as lines: only the message, without time, cause or stack. */
const logger = Effect.gen(function* () {
  const stderr = yield* Stderr
  return Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    const language = fiber.getRef(Language.CurrentLanguage)
    const { error, warning } = labels(language)
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    if (fiber.getRef(IsIgnored)(text)) return
    Effect.runFork(stderr.line(inMessage(text), logLevel === "Warn" ? warning : error))
  })
})

const leastLevel = Effect.map(CurrentVerbosity, (verbosity): LogLevel.LogLevel =>
  verbosity === "quiet" ? "Error" : "Warn",
)

/** Standard error of this process, to which the warnings of the libraries go, too. */
export const layer: Layer.Layer<Stderr> = Layer.provideMerge(
  Layer.merge(Logger.layer([logger]), Layer.effect(References.MinimumLogLevel, leastLevel)),
  Layer.effect(Stderr, make),
)
