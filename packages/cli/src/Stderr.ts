/**
 * Everything that is not data: lines for people, and below them on a terminal one line that shows the progress
 * and is replaced as it changes.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { withoutSecrets } from "./Secrets.ts"
import { visible } from "./VisibleText.ts"

/** Standard error. */
export class Stderr extends Context.Service<
  Stderr,
  {
    /** Writes a line. Whatever the text holds, it stays one line and shows no secret. */
    readonly line: (text: string) => Effect.Effect<void>
    /** Whether there is a terminal, and so a progress line. */
    readonly live: boolean
    /** Shows the progress line, or replaces it; does nothing where there is no terminal. */
    readonly progress: (text: string) => Effect.Effect<void>
    /** Takes the progress line away, for other output on the same terminal. */
    readonly clear: Effect.Effect<void>
  }
>()("@effect-feishu/cli/Stderr") {}

/** Text that may be shown: in one line, and without the secrets that this run knows. */
export const showable = (text: string): string => visible(withoutSecrets(text))

const make = Effect.sync(() => {
  const { stderr } = process
  // Nobody reads any more; there is no place left to say so.
  stderr.on("error", () => {})
  const live = stderr.isTTY === true && process.env["TERM"] !== "dumb"
  let shown = ""
  const erase = (): string => {
    const before = shown === "" ? "" : "\r\u001b[K"
    shown = ""
    return before
  }
  const write = (text: string): Effect.Effect<void> =>
    Effect.callback((resume) => {
      stderr.write(text, () => resume(Effect.void))
    })
  return Stderr.of({
    live,
    line: (text) => Effect.suspend(() => write(`${erase()}${showable(text)}\n`)),
    progress: (text) =>
      Effect.sync(() => {
        // A line that wraps could not be taken away again.
        const line = text.slice(0, (stderr.columns || 80) - 1)
        if (!live || line === shown) return
        stderr.write(erase() + line)
        shown = line
      }),
    clear: Effect.suspend(() => (shown === "" ? Effect.void : write(erase()))),
  })
})

const labels: Record<string, string> = { Warn: "warning" }

/** The logs of the libraries as lines here: the message alone, without time, cause or stack. */
const logger = Effect.gen(function* () {
  const stderr = yield* Stderr
  return Logger.make<unknown, void>(({ logLevel, message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    Effect.runFork(stderr.line(`${labels[logLevel] ?? "error"}: ${text}`))
  })
})

/** Standard error of this process, with the warnings of the libraries going there, too. */
export const layer: Layer.Layer<Stderr> = Layer.provideMerge(
  Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "Warn")),
  Layer.effect(Stderr, make),
)
