/** Where the data goes: standard output, or a file. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import { FeishuError } from "@effect-feishu/core"
import { Stderr } from "./Stderr.ts"

/** The data could not be written. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{
  /** A file, or "standard output". */
  readonly target: string
  readonly problem: string
}> {
  override get message(): string {
    return `${this.target}: ${this.problem}. Make room there or write elsewhere with --output.`
  }
}

/** Whoever read standard output has closed it, as `head` does once it has enough. */
class ReaderGone extends Data.TaggedError("ReaderGone") {}

/** An output that is open. */
export interface Output {
  /** Returns when everything is handed over, so that a slow reader slows down the requests, too. */
  readonly write: (text: string) => Effect.Effect<void, OutputFailed | ReaderGone>
  /** Writes the last text, and ends the output as the run ended. To be called once. */
  readonly close: (end: {
    readonly text: string
    readonly exit: Exit.Exit<unknown, unknown>
    readonly rows: number
  }) => Effect.Effect<void, OutputFailed | ReaderGone>
}

/** How long a stopped run waits for a reader of standard output that does not read. */
const patienceMillis = 2_000

/** Standard output of this process. */
export const stdout: Effect.Effect<Output, never, Stderr> = Effect.gen(function* () {
  const stderr = yield* Stderr
  const stream = process.stdout
  // A write that fails says so to its caller; without this listener Node would end the process before that.
  stream.on("error", () => {})
  const write = (text: string, patience?: number) =>
    Effect.callback<void, OutputFailed | ReaderGone>((resume) => {
      const timer = patience === undefined ? undefined : setTimeout(() => resume(Effect.void), patience)
      stream.write(text, (error) => {
        clearTimeout(timer)
        if (!error) return resume(Effect.void)
        const code = "code" in error ? String(error.code) : error.message
        const gone = ["EPIPE", "ERR_STREAM_DESTROYED"].includes(code)
        resume(
          Effect.fail(
            gone ? new ReaderGone() : new OutputFailed({ target: "standard output", problem: code }),
          ),
        )
      })
    })
  return {
    write: (text) => (text === "" ? Effect.void : Effect.andThen(stderr.clear, write(text))),
    close: ({ exit, text }) => {
      if (text === "") return Effect.void
      if (Exit.isSuccess(exit)) return Effect.andThen(stderr.clear, write(text))
      // The run has failed or was stopped already: that is what is told, not this.
      return Effect.andThen(stderr.clear, Effect.ignore(write(text, patienceMillis)))
    },
  }
})

const encoder = new TextEncoder()

const problemOf = (error: PlatformError.PlatformError): string => {
  const { cause } = error.reason
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined
  return [error.reason._tag === "Unknown" ? undefined : error.reason._tag, code].filter(Boolean).join(", ")
}

/** The name that a file has while it is written. */
export const partOf = (path: string): string => `${path}.part`

/**
 * A file. It is written beside its place and moved there when the run is complete, so that what is there is
 * always whole. The rows of a run that ended early stay in the `.part` file, and no later run overwrites that.
 */
export const file = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<Output, FeishuError.FeishuError, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  const part = partOf(path)
  const refuse = (problem: string, remedy: string) => FeishuError.invalidRequest("output", problem, remedy)

  const there = yield* Effect.option(files.stat(path))
  if (Option.isSome(there) && there.value.type === "Directory") {
    return yield* refuse(`${path} is a folder`, "Give the name of a file.")
  }
  const handle = yield* files.open(part, { flag: "wx" }).pipe(
    Effect.mapError((error) => {
      switch (error.reason._tag) {
        case "AlreadyExists":
          return refuse(
            `${part} is there already, with the rows of a run that ended early or is not over`,
            "Move it away, or write to another file.",
          )
        case "NotFound":
          return refuse(`${path} cannot be written: there is no such folder`, "Make the folder first.")
        default:
          return refuse(`${path} cannot be written (${problemOf(error)})`, "Write to another place.")
      }
    }),
  )
  const failed = (target: string) => (error: PlatformError.PlatformError) =>
    new OutputFailed({ target, problem: problemOf(error) })
  // Whole pages only: an interruption waits for the write.
  const write = (text: string) =>
    handle.writeAll(encoder.encode(text)).pipe(Effect.mapError(failed(part)), Effect.uninterruptible)
  return {
    write,
    close: ({ exit, rows, text }) => {
      if (Exit.isSuccess(exit)) {
        return Effect.andThen(write(text), Effect.mapError(files.rename(part, path), failed(path)))
      }
      return Effect.ignore(rows === 0 ? files.remove(part) : write(text))
    },
  }
})
