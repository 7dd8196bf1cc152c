/**
 * Files that the commands read. A name may lead to anything: to a device without an end, to a named pipe that nobody
 * writes to, to a file of a terabyte. So only files are opened, and pipes where somebody has named one; opening waits
 * for nothing, and no more is read than the caller says is the most.
 */
import * as NodeFS from "node:fs"
import * as NodeNet from "node:net"
import { devNull } from "node:os"
import { addAbortSignal, type Readable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Descriptor from "./Descriptor.ts"
import * as SystemCode from "./SystemCode.ts"

/** Why something was not read. */
export type Unread =
  /** The operating system's code, such as `ENOENT`. */
  | { readonly _tag: "System"; readonly code: string }
  | { readonly _tag: "WrongKind"; readonly kind: "device" | "pipe" | "socket" }
  | { readonly _tag: "TooLarge"; readonly mostBytes: number }

/** Whether a name stands for standard input: `-`, `/dev/stdin` and the like. A file called `-` is `./-`. */
export const isStdin = (path: string): boolean => path === "-" || Descriptor.ofName(path) === 0

/**
 * Reads what somebody has named: a file, a pipe such as `<(command)` in a shell, or standard input. Waits for whoever
 * writes to a pipe until it is interrupted.
 */
export const readNamed = (path: string, mostBytes: number): Effect.Effect<Uint8Array, Unread> =>
  Effect.suspend(() => {
    if (isStdin(path)) return readStdin(mostBytes)
    const own = Descriptor.ofName(path)
    return own === undefined
      ? reading(opened(path, ["file", "pipe"]), mostBytes)
      : reading(inherited(own), mostBytes)
  })

/**
 * Reads a file that was found, not named: a regular one, since nobody can have meant anything else. Its `info` is that
 * of the file that was read, whatever has the name by now.
 */
export const readFound = (
  path: string,
  mostBytes: number,
): Effect.Effect<{ readonly bytes: Uint8Array; readonly info: NodeFS.Stats }, Unread> =>
  Effect.acquireUseRelease(
    opened(path, ["file"]),
    (input) => Effect.map(allOf(input, mostBytes), (bytes) => ({ bytes, info: input.info })),
    ({ close }) => Effect.sync(close),
  )

type Kind = "file" | "pipe" | "socket" | "folder" | "device"

interface Input {
  readonly descriptor: number
  readonly info: NodeFS.Stats
  readonly close: () => void
}

const { O_NOCTTY = 0, O_NONBLOCK = 0, O_RDONLY } = NodeFS.constants

const opened = Effect.fnUntraced(function* (
  path: string,
  kinds: ReadonlyArray<Kind>,
): Effect.fn.Return<Input, Unread> {
  // Asked before it is opened, too: some devices begin to do something when they are.
  yield* check(yield* attempt(() => NodeFS.statSync(path)), kinds)
  const descriptor = yield* attempt(() => NodeFS.openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY))
  const close = () => NodeFS.closeSync(descriptor)
  return yield* attempt(() => NodeFS.fstatSync(descriptor)).pipe(
    Effect.tap((info) => check(info, kinds)),
    Effect.map((info) => ({ descriptor, info, close })),
    Effect.tapError(() => Effect.sync(close)),
  )
})

const inherited = Effect.fnUntraced(function* (descriptor: number): Effect.fn.Return<Input, Unread> {
  if (Descriptor.isOfNode(descriptor)) return yield* Effect.fail(unread("EBADF"))
  const info = yield* attempt(() => NodeFS.fstatSync(descriptor))
  yield* check(info, ["file", "pipe", "socket"])
  return { descriptor, info, close: () => {} }
})

const reading = (input: Effect.Effect<Input, Unread>, mostBytes: number) =>
  Effect.acquireUseRelease(
    input,
    (input) => {
      if (kindOf(input.info) === "file") return allOf(input, mostBytes)
      // Node waits for it without a thread, which nothing but SIGKILL would end.
      return drained(
        () => new NodeNet.Socket({ fd: input.descriptor, readable: true, writable: false }),
        mostBytes,
      )
    },
    // A socket has closed it.
    ({ close, info }) => (kindOf(info) === "file" ? Effect.sync(close) : Effect.void),
  )

const readStdin = Effect.fnUntraced(function* (mostBytes: number): Effect.fn.Return<Uint8Array, Unread> {
  // Node knows what it is on Windows, where it has other kinds.
  if (process.platform !== "win32" && !process.stdin.isTTY) {
    yield* check(yield* attempt(() => NodeFS.fstatSync(0)), ["file", "pipe", "socket"])
  }
  return yield* drained(() => process.stdin, mostBytes)
})

const unread = (code: string): Unread => ({ _tag: "System", code })

const ofSystem = (error: unknown): Unread => unread(SystemCode.orMessage(error))

const attempt = <A>(run: () => A): Effect.Effect<A, Unread> => Effect.try({ try: run, catch: ofSystem })

const check = (info: NodeFS.Stats, kinds: ReadonlyArray<Kind>): Effect.Effect<void, Unread> => {
  const kind = kindOf(info)
  if (kinds.includes(kind)) return Effect.void
  return Effect.fail(kind === "folder" || kind === "file" ? unread("EISDIR") : { _tag: "WrongKind", kind })
}

const kindOf = (info: NodeFS.Stats): Kind => {
  if (info.isFIFO()) return "pipe"
  if (info.isSocket()) return "socket"
  if (info.isDirectory()) return "folder"
  // People give the null device where a file is wanted and they have none.
  return info.isFile() || isNull(info) ? "file" : "device"
}

const isNull = (info: NodeFS.Stats): boolean => {
  try {
    return info.isCharacterDevice() && info.rdev === NodeFS.statSync(devNull).rdev
  } catch {
    return false
  }
}

const tooLarge = (mostBytes: number): Unread => ({ _tag: "TooLarge", mostBytes })

/** Reads to the end. The size that a file says it has may be wrong: those in `/proc` say 0, and others may grow. */
const allOf = ({ descriptor, info }: Input, mostBytes: number): Effect.Effect<Uint8Array, Unread> =>
  Effect.flatMap(
    attempt(() => {
      const chunks: Array<Uint8Array> = []
      let size = info.isFile() ? info.size : 0
      if (size > mostBytes) return undefined
      for (let room = size + 1, read = 0; ; room = 65_536) {
        const chunk = new Uint8Array(room)
        const bytes = NodeFS.readSync(descriptor, chunk)
        if (bytes === 0) return chunks
        read += bytes
        if (read > mostBytes) return undefined
        chunks.push(chunk.subarray(0, bytes))
      }
    }),
    (chunks) => (chunks === undefined ? Effect.fail(tooLarge(mostBytes)) : Effect.succeed(joined(chunks))),
  )

const drained = (open: () => Readable, mostBytes: number): Effect.Effect<Uint8Array, Unread> =>
  Effect.tryPromise({
    try: async (signal) => {
      const chunks: Array<Uint8Array> = []
      let size = 0
      for await (const chunk of addAbortSignal(signal, open())) {
        size += chunk.length
        if (size > mostBytes) return undefined
        chunks.push(chunk)
      }
      return chunks
    },
    catch: ofSystem,
  }).pipe(
    Effect.flatMap((chunks) =>
      chunks === undefined ? Effect.fail(tooLarge(mostBytes)) : Effect.succeed(joined(chunks)),
    ),
  )

const joined = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = chunks
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
}
