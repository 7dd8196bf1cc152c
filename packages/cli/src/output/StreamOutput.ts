/** Outputs that are written at once: standard output, a named pipe, a device, or a descriptor that this process was given. */
import * as NodeFS from "node:fs"
import * as NodeNet from "node:net"
import type { Writable } from "node:stream"
import * as NodeTty from "node:tty"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Descriptor from "@effect-feishu/terminal/Descriptor"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as Language from "../language/Language.ts"
import { notWritable, type Output, OutputFailed, ReaderGone, refusals } from "./Output.ts"
import { Stderr } from "../console/Stderr.ts"

const words = Language.words({
  en: {
    stdoutClosed: [
      "standard output is not open for writing",
      "Redirect it with >FILE, or add --output FILE.",
    ],
  },
  zh: {
    stdoutClosed: ["标准输出未以写入方式打开", "请用 >FILE 重定向，或加上 --output FILE。"],
  },
})

const refuse = refusals(words)

const { O_APPEND, O_NOCTTY = 0, O_NONBLOCK = 0, O_WRONLY } = NodeFS.constants

/** Milliseconds that a stopped run waits for a reader that does not read. */
export const patienceMillis = 2_000

/** Standard output of this process as an output. */
export const stdout = Effect.suspend(() =>
  Descriptor.isWritable(1) ? stream(process.stdout, "standard output") : refuse((say) => say.stdoutClosed),
)

/** A stream with a reader at its other end. */
const stream = Effect.fnUntraced(function* (
  writable: Writable,
  target: string,
): Effect.fn.Return<Output, never, Stderr> {
  const stderr = yield* Stderr
  // A write that fails reports it to its caller; without this listener Node would end the process first.
  writable.on("error", () => {})
  const write = (text: string | Uint8Array, written: () => void, patience?: number) =>
    Effect.callback<void, OutputFailed | ReaderGone>((resume) => {
      const timer = patience === undefined ? undefined : setTimeout(() => resume(Effect.void), patience)
      writable.write(text, (error) => {
        clearTimeout(timer)
        if (!error) {
          written()
          return resume(Effect.void)
        }
        const code = SystemCode.orMessage(error)
        const gone = ["EPIPE", "ERR_STREAM_DESTROYED"].includes(code)
        resume(Effect.fail(gone ? new ReaderGone() : new OutputFailed({ target, code, flag: "--output" })))
      })
    })
  return {
    isTerminal: writable instanceof NodeTty.WriteStream,
    write: (text, written) =>
      text === "" ? Effect.sync(written) : Effect.andThen(stderr.clear, write(text, written)),
    close: ({ exit, text }) => {
      if (Exit.isSuccess(exit)) {
        return text === ""
          ? Effect.void
          : Effect.andThen(
              stderr.clear,
              write(text, () => {}),
            )
      }
      // The run has failed or was stopped already: that is reported, and not a failure here. The rows that it was writing
      // are written first, so this waits even if it has nothing to add.
      return Effect.andThen(stderr.clear, Effect.ignore(write(text, () => {}, patienceMillis)))
    },
  }
})

/**
 * A named pipe. Opening one waits for a reader, and nothing stops a thread of Node that waits there, not even
 * `process.exit`: so it is opened without waiting, again and again until there is a reader.
 */
export const pipe = Effect.fnUntraced(function* (path: string) {
  const open = Effect.try({
    try: () => NodeFS.openSync(path, O_WRONLY | O_NONBLOCK),
    catch: SystemCode.orMessage,
  }).pipe(
    Effect.retry({ while: (code) => code === "ENXIO", schedule: Schedule.spaced("50 millis") }),
    Effect.catch((code) => notWritable(path, code)),
  )
  return yield* streamTo(open, path)
})

/** A device, or something that a process has open. Opened for appending, since most devices know no positions. */
export const device = (path: string) =>
  streamTo(
    Effect.try({
      try: () => NodeFS.openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY),
      catch: SystemCode.orMessage,
    }).pipe(Effect.catch((code) => notWritable(path, code))),
    path,
  )

/** A descriptor that this process was given: writing continues where its giver stopped. */
export const descriptor = Effect.fnUntraced(function* (number: number, path: string) {
  if (!Descriptor.isWritable(number)) return yield* notWritable(path, "EBADF")
  if (number === 1) return yield* stdout
  if (number === 2) return yield* stream(process.stderr, path)
  return yield* streamTo(Effect.succeed(number), path)
})

/** Writes to a descriptor without a thread that waits, which nothing but SIGKILL would end. */
const streamTo = <E, R>(open: Effect.Effect<number, E, R>, path: string) =>
  Effect.acquireRelease(Effect.map(open, writableOf), (opened) => Effect.sync(() => opened.destroy()), {
    interruptible: true,
  }).pipe(Effect.flatMap((opened) => stream(opened, path)))

const writableOf = (descriptor: number): Writable => {
  if (NodeTty.isatty(descriptor)) return new NodeTty.WriteStream(descriptor)
  const info = NodeFS.fstatSync(descriptor)
  return info.isFIFO() || info.isSocket()
    ? new NodeNet.Socket({ fd: descriptor, readable: false, writable: true })
    : NodeFS.createWriteStream("", { fd: descriptor })
}
