/** Where the data goes: standard output, a file, or whatever else has a name, such as a named pipe. */
import * as NodeFS from "node:fs"
import * as NodeNet from "node:net"
import { dirname, isAbsolute } from "node:path"
import type { Writable } from "node:stream"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
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

/** Whoever read standard output or a named pipe has closed it, as `head` does once it has enough. */
class ReaderGone extends Data.TaggedError("ReaderGone") {}

/** An output that is open. */
export interface Output {
  /** Where the rows are until the run is complete, and stay if it ends early; none where they go out at once. */
  readonly part?: string
  /** Returns when everything is handed over, so that a slow reader slows down the requests, too. */
  readonly write: (text: string) => Effect.Effect<void, OutputFailed | ReaderGone>
  /** Writes the last text, and ends the output as the run ended. To be called once. */
  readonly close: (end: {
    readonly text: string
    readonly exit: Exit.Exit<unknown, unknown>
    readonly rows: number
  }) => Effect.Effect<void, OutputFailed | ReaderGone>
}

/** How long a stopped run waits for a reader that does not read. */
const patienceMillis = 2_000

/** Standard output of this process. */
export const stdout: Effect.Effect<Output, never, Stderr> = Effect.suspend(() =>
  stream(process.stdout, "standard output"),
)

/** A stream that somebody reads at the other end. */
const stream = Effect.fnUntraced(function* (
  writable: Writable,
  target: string,
): Effect.fn.Return<Output, never, Stderr> {
  const stderr = yield* Stderr
  // A write that fails says so to its caller; without this listener Node would end the process before that.
  writable.on("error", () => {})
  const write = (text: string, patience?: number) =>
    Effect.callback<void, OutputFailed | ReaderGone>((resume) => {
      const timer = patience === undefined ? undefined : setTimeout(() => resume(Effect.void), patience)
      writable.write(text, (error) => {
        clearTimeout(timer)
        if (!error) return resume(Effect.void)
        const code = "code" in error ? String(error.code) : error.message
        const gone = ["EPIPE", "ERR_STREAM_DESTROYED"].includes(code)
        resume(Effect.fail(gone ? new ReaderGone() : new OutputFailed({ target, problem: code })))
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

const failed = (target: string) => (error: PlatformError.PlatformError) =>
  new OutputFailed({ target, problem: problemOf(error) })

const refuse = (problem: string, remedy: string) => FeishuError.invalidRequest("output", problem, remedy)

const notWritable = (path: string, problem: string) =>
  refuse(`${path} cannot be written (${problem})`, "Write to another place.")

/** What stands under a name: a file is written beside its place, all else where it is. */
export const named = Effect.fnUntraced(function* (path: string, options: { readonly private: boolean }) {
  const files = yield* FileSystem.FileSystem
  const there = yield* files.stat(path).pipe(
    Effect.asSome,
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.succeedNone,
    ),
    Effect.mapError((error) => notWritable(path, problemOf(error))),
  )
  const type = Option.isSome(there) ? there.value.type : "File"
  switch (type) {
    case "Directory":
      return yield* refuse(`${path} is a folder`, "Give the name of a file.")
    case "File": {
      // Moving the new file onto a link would replace the link and leave the file behind it as it was.
      const target = yield* behindLinks(path)
      const mode = Option.map(there, (info) => info.mode & 0o777)
      return yield* file(path, target, { mode, private: options.private })
    }
    case "FIFO":
      return yield* pipe(path)
    default:
      return yield* device(path)
  }
})

/** The name that a chain of symbolic links leads to, also when there is nothing of that name yet. */
const behindLinks = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  let target = path
  while (true) {
    const link = yield* Effect.option(files.readLink(target))
    if (Option.isNone(link)) return target
    // Left to the system to resolve: the folder may be a link itself, and then ".." is not what it seems.
    target = isAbsolute(link.value) ? link.value : `${dirname(target)}/${link.value}`
  }
})

/**
 * A file. It is written beside its place and moved there when the run is complete, so that what is there is
 * always whole. The rows of a run that ended early stay in the `.part` file, and no later run overwrites that.
 */
const file = Effect.fnUntraced(function* (
  path: string,
  target: string,
  options: { readonly mode: Option.Option<number>; readonly private: boolean },
): Effect.fn.Return<Output, FeishuError.FeishuError, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  const part = `${target}.part`
  const mode = Option.getOrElse(options.mode, () => (options.private ? 0o600 : 0o666))
  const handle = yield* files.open(part, { flag: "wx", mode }).pipe(
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
          return notWritable(path, problemOf(error))
      }
    }),
  )
  // The umask may have taken from the mode of the file that is there; some file systems have no modes at all.
  if (Option.isSome(options.mode)) yield* Effect.ignore(files.chmod(part, mode))
  let whole = 0
  // Whole pages only: an interruption waits for the write, and what a failed one left of its page goes.
  const write = (text: string) => {
    const bytes = encoder.encode(text)
    return handle.writeAll(bytes).pipe(
      Effect.tapError(() => Effect.ignore(handle.truncate(whole))),
      Effect.mapError(failed(part)),
      Effect.tap(Effect.sync(() => (whole += bytes.length))),
      Effect.uninterruptible,
    )
  }
  return {
    part,
    write,
    close: ({ exit, rows, text }) => {
      if (Exit.isSuccess(exit)) {
        return Effect.andThen(write(text), Effect.mapError(files.rename(part, target), failed(path)))
      }
      return Effect.ignore(rows === 0 ? files.remove(part) : write(text))
    },
  }
})

/**
 * A named pipe. Opening one waits for a reader, and a thread of Node that waits in there can be stopped by
 * nothing, not even `process.exit`: so it is opened without waiting, again and again until there is a reader.
 */
const pipe = Effect.fnUntraced(function* (path: string) {
  const open = Effect.try({
    try: () => NodeFS.openSync(path, NodeFS.constants.O_WRONLY | NodeFS.constants.O_NONBLOCK),
    catch: (error) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
  }).pipe(
    Effect.retry({ while: (code) => code === "ENXIO", schedule: Schedule.spaced("50 millis") }),
    Effect.mapError((code) => notWritable(path, code)),
  )
  const socket = yield* Effect.acquireRelease(
    Effect.map(open, (fd) => new NodeNet.Socket({ fd, readable: false, writable: true })),
    (opened) => Effect.sync(() => opened.destroy()),
    { interruptible: true },
  )
  return yield* stream(socket, path)
})

/** A device. */
const device = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<Output, FeishuError.FeishuError, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  // Appending, since most devices know no positions.
  const handle = yield* files
    .open(path, { flag: "a" })
    .pipe(Effect.mapError((error) => notWritable(path, problemOf(error))))
  const write = (text: string) => Effect.mapError(handle.writeAll(encoder.encode(text)), failed(path))
  return {
    write,
    close: ({ exit, text }) => (Exit.isSuccess(exit) ? write(text) : Effect.ignore(write(text))),
  }
})
