/** A file system in memory that ends, or fails, at a step that a test chooses, and says what can be on its disk then. */
import { Effect, FileSystem, Option, PlatformError } from "effect"
import { basename, dirname } from "node:path"

/** A file: what programs see in it, and what is on the disk for certain. */
interface Content {
  seen: string
  flushed: string
}
type Names = Map<string, Content>

/** The process was killed: whatever comes later does not happen. */
export const ended = "ended"

/** Fails, or ends, at this step: counted from 1, of all that a program does with files. */
export interface Fault {
  readonly step: number
  readonly what: typeof ended | "ENOSPC" | "EIO" | "EBUSY"
}

const failure = (method: string, path: string, code: string) =>
  PlatformError.systemError({
    _tag: code === "ENOENT" ? "NotFound" : code === "EEXIST" ? "AlreadyExists" : "Unknown",
    module: "FileSystem",
    method,
    pathOrDescriptor: path,
    cause: Object.assign(new Error(code), { code }),
  })

/** Makes a disk with these files in one folder, all of them flushed. */
export const make = (files: Readonly<Record<string, string>>, fault?: Fault) => {
  const flushedNames: Names = new Map(
    Object.entries(files).map(([path, text]) => [path, { seen: text, flushed: text }]),
  )
  const names: Names = new Map(flushedNames)
  /** What was done to the folder, and may not be on the disk yet. */
  const unflushed: Array<(names: Names) => void> = []
  let steps = 0

  /** A step, which `half` does in part if the process is killed in it. */
  const step = (method: string, path: string, run: () => void, half: () => void = () => {}) =>
    Effect.suspend(() => {
      steps++
      if (fault !== undefined && (fault.what === ended ? steps >= fault.step : steps === fault.step)) {
        if (steps === fault.step) half()
        return fault.what === ended ? Effect.die(ended) : Effect.fail(failure(method, path, fault.what))
      }
      run()
      return Effect.void
    })
  const change = (how: (names: Names) => void) => {
    how(names)
    unflushed.push(how)
  }
  const contentOf = (method: string, path: string) =>
    Effect.suspend(() => {
      const content = names.get(path)
      return content === undefined ? Effect.fail(failure(method, path, "ENOENT")) : Effect.succeed(content)
    })

  const fileSystem = FileSystem.makeNoop({
    open: (path, options) => {
      if (options?.flag === "r") {
        const sync = step("sync", path, () => {
          flushedNames.clear()
          for (const [name, content] of names) flushedNames.set(name, content)
          unflushed.length = 0
        })
        return Effect.as(
          step("open", path, () => {}),
          { sync } as unknown as FileSystem.File,
        )
      }
      if (names.has(path)) return Effect.fail(failure("open", path, "EEXIST"))
      const content: Content = { seen: "", flushed: "" }
      const handle = {
        writeAll: (bytes: Uint8Array) => {
          const text = new TextDecoder().decode(bytes)
          return step(
            "writeAll",
            path,
            () => {
              content.seen += text
            },
            () => {
              content.seen += text.slice(0, text.length / 2)
            },
          )
        },
        sync: step("sync", path, () => {
          content.flushed = content.seen
        }),
      }
      return Effect.as(
        step("open", path, () => change((names) => void names.set(path, content))),
        handle as unknown as FileSystem.File,
      )
    },
    rename: (from, to) =>
      step("rename", from, () =>
        change((names) => {
          names.set(to, names.get(from)!)
          names.delete(from)
        }),
      ),
    remove: (path, options) =>
      Effect.flatMap(options?.force === true ? Effect.void : Effect.asVoid(contentOf("remove", path)), () =>
        step("remove", path, () => change((names) => void names.delete(path))),
      ),
    readDirectory: (folder) =>
      Effect.sync(() =>
        [...names.keys()].filter((name) => dirname(name) === folder).map((name) => basename(name)),
      ),
    readFileString: (path) => Effect.map(contentOf("readFileString", path), ({ seen }) => seen),
    stat: () =>
      Effect.succeed({ uid: Option.some(0), gid: Option.some(0) } as unknown as FileSystem.File.Info),
  })

  return {
    files: fileSystem,
    /** The steps so far. */
    steps: () => steps,
    /** The names of the files that programs see. */
    names: () => [...names.keys()],
    /** What a file has after the process has ended: `undefined` if there is none. */
    seen: (path: string) => names.get(path)?.seen,
    /** What a file may have after a power cut: any first part of what was done to the folder, and of what was written. */
    afterPowerCut: (path: string): ReadonlyArray<string | undefined> =>
      Array.from({ length: unflushed.length + 1 }, (_, done) => {
        const left: Names = new Map(flushedNames)
        for (const how of unflushed.slice(0, done)) how(left)
        const content = left.get(path)
        if (content === undefined) return [undefined]
        const { flushed, seen } = content
        return flushed === seen ? [seen] : [flushed, seen.slice(0, seen.length / 2), seen]
      }).flat(),
  }
}
