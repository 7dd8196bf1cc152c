/**
 * Files that the commands read. A name may lead to anything: a device without an end, a named pipe without a writer, a file
 * of a terabyte. So only files are opened, and pipes if the user has named one; opening never waits, and at most as many
 * bytes are read as the caller allows.
 */
import * as NodeFS from "node:fs"
import * as NodeNet from "node:net"
import { devNull } from "node:os"
import { addAbortSignal, type Readable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Descriptor from "./Descriptor.ts"
import * as SystemCode from "./SystemCode.ts"

/** The reason why something was not read. */
export type Unread =
  /** The operating system's code, such as `ENOENT`. */
  | { readonly _tag: "System"; readonly code: string }
  | { readonly _tag: "WrongKind"; readonly kind: "device" | "pipe" | "socket" }
  | { readonly _tag: "TooLarge"; readonly mostBytes: number }

/** True when a name means standard input: `-`, `/dev/stdin` and the like. A file called `-` is `./-`. */
export const isStdin = (path: string): boolean => path === "-" || Descriptor.ofName(path) === 0

/**
 * Reads what the user has named: a file, a pipe such as `<(command)` in a shell, or standard input. Waits for the writer of
 * a pipe until it is interrupted.
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
 * Reads a file that was found and not named by the user: only a regular file. Its `info` is that of the file that was read,
 * even if the name leads to another one now.
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
  // Checked before it is opened, too: opening some devices has effects.
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
      // Node waits for a socket without a thread. Only SIGKILL would end a waiting thread.
      return drained(
        () => new NodeNet.Socket({ fd: input.descriptor, readable: true, writable: false }),
        mostBytes,
      )
    },
    // The socket has closed the descriptor if it is not that of a file.
    ({ close, info }) => (kindOf(info) === "file" ? Effect.sync(close) : Effect.void),
  )

const readStdin = Effect.fnUntraced(function* (mostBytes: number): Effect.fn.Return<Uint8Array, Unread> {
  // On Windows there are other kinds, which Node handles.
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
  // People give the null device where a file is required and they have none.
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

/** Reads to the end. The size of a file may be wrong: it is 0 in `/proc`, and other files may grow. */
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
