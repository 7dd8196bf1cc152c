/**
 * The checkpoint of a run: what it reads, how far it has come, and how long its output was then. The same command
 * resumes from there, also after `kill -9`. `Recorded` says what is in it.
 */
import { createHash } from "node:crypto"
import { basename, dirname, join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { type Cursor, type Events, FeishuError, type MeetingNo, type RateLimit } from "@effect-feishu/core"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as CountedRequests from "./CountedRequests.ts"
import * as Language from "../language/Language.ts"
import * as Lock from "../output/Lock.ts"
import * as FileMove from "../output/FileMove.ts"
import * as Output from "../output/Output.ts"
import * as WindowsName from "../output/WindowsName.ts"
import * as Recorded from "./Recorded.ts"
import * as SystemError from "../language/SystemError.ts"

/** A checkpoint that is locked by this process. */
export interface Checkpoint {
  readonly path: string
  /** The records of an earlier run. */
  readonly earlier: Recorded.Records | undefined
  /** The requests of that run that still count, as `RateLimit.Options.initially` takes them. */
  readonly resting: RateLimit.Resting
  /** Checks a task, and returns how far that run has come with it. Records that are added change the returned state. */
  readonly stateOf: (task: Recorded.Task) => Effect.Effect<Recorded.State, FeishuError.FeishuError>
  /** Replaces the file by one that starts with this state. To be called once, before `add`. */
  readonly begin: (
    head: Pick<Recorded.Start, "plan" | "range">,
    state: Recorded.State,
  ) => Effect.Effect<void, Output.OutputFailed>
  /** Adds a record, and the requests that count for the limit with it. It is on the disk when this returns. */
  readonly add: (
    step: Recorded.Without<Recorded.Step, "requests">,
  ) => Effect.Effect<void, Output.OutputFailed>
  /** Listens to the events of the client: a request is recorded before it is sent. Dies if that fails. */
  readonly listen: (event: Events.Event) => Effect.Effect<void>
  readonly remove: Effect.Effect<void, Output.OutputFailed>
}

const words = Language.words({
  en: {
    noFolder: (path: string) => [
      `${path} cannot be written: its folder does not exist`,
      "Create the folder first.",
    ],
    notAFile: (path: string) => [`${path} is not a file`, "Give the name of a file."],
    unreadable: (path: string, problem: string) => [
      `${path} cannot be read (${problem})`,
      "Give another file.",
    ],
    inUse: (path: string) => [
      `${path} is in use by another run`,
      "Wait until that run ends, or give this run a checkpoint and an output of its own.",
    ],
    notLocked: (path: string, code: string) => [
      `${path} cannot be locked against other runs (${code})`,
      "Allow this program to open sockets, or leave out --checkpoint.",
    ],
    foreign: (path: string) => [
      `${path} is not a checkpoint, or was cut short; it stays as it is`,
      "Give another file, or remove this one to start again.",
    ],
    otherVersion: (path: string, theirs: string) => [
      `${path} is a checkpoint of version ${theirs}, and this program knows version ${Recorded.version}; it stays as it is`,
      "Resume with the version of feishu-meetings that wrote it, or give another file.",
    ],
    damaged: (path: string, line: number) => [
      `${path} is damaged: line ${line} is not as it was written; it stays as it is`,
      "Restore it from a copy; or remove it and the .part file of its output to start again.",
    ],
    otherPlan: (path: string, differences: string) => [
      `${path} is the checkpoint of another run: ${differences}; it stays as it is`,
      "Type the same command as before, or give another checkpoint and another output.",
    ],
    differs: (name: string, was: string, is: string) => `${name} was ${was} and is ${is}`,
    between: "; ",
    nothing: "not given",
  },
  zh: {
    noFolder: (path) => [`无法写入 ${path}：文件夹不存在`, "请先创建文件夹。"],
    notAFile: (path) => [`${path} 不是文件`, "请给出文件名。"],
    unreadable: (path, problem) => [`无法读取 ${path}（${problem}）`, "请换一个文件。"],
    inUse: (path) => [`${path} 正被另一个运行使用`, "请等它结束，或为本次运行另外指定检查点和输出文件。"],
    notLocked: (path, code) => [
      `无法防止其他运行使用 ${path}（${code}）`,
      "请允许本程序打开套接字，或去掉 --checkpoint。",
    ],
    foreign: (path) => [`${path} 不是检查点，或已被截断；文件保持原样`, "请换一个文件，或删除它后重新开始。"],
    otherVersion: (path, theirs) => [
      `${path} 是版本 ${theirs} 的检查点，本程序只认识版本 ${Recorded.version}；文件保持原样`,
      "请用写出它的 feishu-meetings 版本继续，或换一个文件。",
    ],
    damaged: (path, line) => [
      `${path} 已损坏：第 ${line} 行与写入时不同；文件保持原样`,
      "请从备份恢复；或将它与输出的 .part 文件一并删除后重新开始。",
    ],
    otherPlan: (path, differences) => [
      `${path} 是另一次运行的检查点：${differences}；文件保持原样`,
      "请输入与之前相同的命令，或另外指定检查点和输出文件。",
    ],
    differs: (name, was, is) => `${name} 原为 ${was}，现为 ${is}`,
    between: "；",
    nothing: "未给出",
  },
})

const refuse = ([problem, remedy]: readonly [string, string]) =>
  FeishuError.invalidRequest("--checkpoint", problem, remedy)

/** Returns the names of a checkpoint while it is written and after, with all links followed. */
export const filesOf = Effect.fnUntraced(function* (path: string) {
  const target = Lock.wholePath(yield* Output.behindLinks(path, "--checkpoint"))
  return [target, FileMove.newNameOf(target)]
})

/** Locks a checkpoint and reads its records. A file that is not a checkpoint is refused, and stays as it is. */
export const open = Effect.fn("Checkpoint.open")(function* (
  path: string,
): Effect.fn.Return<Checkpoint, FeishuError.FeishuError, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  const scope = yield* Effect.scope
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  yield* WindowsName.check(path, "--checkpoint")
  const named = yield* Output.behindLinks(path, "--checkpoint")
  const folder = yield* Effect.mapError(files.realPath(dirname(named)), () => refuse(say.noFolder(path)))
  const target = join(folder, basename(named))
  yield* Effect.mapError(Lock.hold(target), (code) =>
    refuse(code === Lock.held ? say.inUse(path) : say.notLocked(path, code)),
  )
  const there = yield* InputFile.readFound(target, mostBytes).pipe(
    Effect.catchIf(
      (unread) => unread._tag === "System" && unread.code === "ENOENT",
      () => Effect.undefined,
    ),
    Effect.mapError((unread) =>
      refuse(
        unread._tag === "WrongKind" || (unread._tag === "System" && unread.code === "EISDIR")
          ? say.notAFile(path)
          : say.unreadable(path, SystemError.unreadInWords(unread, language)),
      ),
    ),
  )
  // The null device holds nothing, and would keep nothing.
  if (there?.info.isFile() === false) return yield* refuse(say.notAFile(path))
  const earlier = there && (yield* recordsIn(path, there.bytes))

  const now = yield* Clock.currentTimeMillis
  // A run that ended is not resumed.
  const recorded = earlier === undefined || isEnded(earlier) ? [] : [earlier.start, ...earlier.steps]
  const requestsBefore = CountedRequests.stillCounting(
    CountedRequests.sum(recorded.map(({ requests }) => requests)),
    now,
  )
  const requests = new CountedRequests.CountedRequests()
  // Records are written one after the other: each has a checksum of those before it.
  const turn = Semaphore.makeUnsafe(1)
  const inTurn = <A, E>(effect: Effect.Effect<A, E>) => Effect.uninterruptible(turn.withPermit(effect))
  const failed = Output.failed(path, "--checkpoint")
  let opened: Opened | undefined

  // The new checkpoint is written next to the old one and moved to its place, so that there is always a whole one. The
  // folder is flushed: otherwise the move may be lost, or be on the disk before the file that was moved.
  const fresh = FileMove.newNameOf(target)
  const begin: Checkpoint["begin"] = (head, state) =>
    Effect.gen(function* () {
      const record = Recorded.start({ ...head, ...state.asStart(), requests: requestsBefore })
      const { bytes, checksum } = Recorded.lineOf(record, 0)
      // A run that was killed has left the file behind. If anything still has this name, such as a link, it is not written to.
      yield* files.remove(fresh, { force: true })
      // Not for appending: Windows cuts no file that was opened so.
      const handle = yield* files.open(fresh, { flag: "wx", mode: (there?.info.mode ?? 0o666) & 0o777 })
      yield* Effect.onError(Effect.andThen(append(handle, bytes), FileMove.rename(fresh, target)), () =>
        Effect.ignore(files.remove(fresh)),
      )
      opened = { handle, state, length: bytes.length, checksum, isTorn: false }
    }).pipe(
      Scope.provide(scope),
      Effect.mapError(failed),
      Effect.andThen(FileMove.flushFolder(target)),
      Effect.provideService(FileSystem.FileSystem, files),
      inTurn,
    )

  const add: Checkpoint["add"] = (step) =>
    Effect.suspend(() => {
      const to = opened
      if (to === undefined || !to.state.take(step)) return Effect.die(new Error(`${step.step} out of place`))
      const { recorded, written } = requests.next()
      const { bytes, checksum } = Recorded.lineOf({ ...step, requests: recorded }, to.checksum)
      // The next record must not follow half a line.
      const mend = Effect.tap(to.handle.truncate(to.length), () => Effect.sync(() => (to.isTorn = false)))
      return (to.isTorn ? mend : Effect.void).pipe(
        Effect.andThen(append(to.handle, bytes)),
        Effect.tapError(() => {
          to.isTorn = true
          return Effect.ignore(mend)
        }),
        Effect.mapError(failed),
        Effect.map(() => {
          to.length += bytes.length
          to.checksum = checksum
          written()
        }),
      )
    })

  const listen: Checkpoint["listen"] = (event) => {
    if (event._tag === "RequestEnded" && CountedRequests.isCounted(event)) {
      return Effect.map(Clock.currentTimeMillis, (now) =>
        requests.ended(event.operation, event.delivery, now),
      )
    }
    if (event._tag !== "RequestSent" || !CountedRequests.isCounted(event)) return Effect.void
    const { operation } = event
    return Effect.suspend(() => {
      requests.wait(operation)
      // All requests that wait meanwhile are recorded together.
      const taken = Effect.suspend(() =>
        requests.take(operation)
          ? Effect.void
          : Effect.map(add({ step: "requests" }), () => void requests.take(operation)),
      )
      return Effect.orDie(inTurn(taken))
    })
  }

  return {
    path,
    earlier,
    resting: CountedRequests.resting(requestsBefore, now),
    stateOf: (task) => {
      if (earlier === undefined) return Effect.succeed(new Recorded.State(task))
      const state = Recorded.stateAfter(earlier, task)
      return Result.isSuccess(state)
        ? Effect.succeed(state.success)
        : Effect.fail(refuse(say.damaged(path, state.failure)))
    },
    begin,
    add: (step) => inTurn(add(step)),
    listen,
    remove: Effect.mapError(files.remove(target, { force: true }), failed),
  }
})

/** The file while records are added to it. */
interface Opened {
  readonly handle: FileSystem.File
  readonly state: Recorded.State
  /** The length in bytes of the records that are whole, and their checksum. */
  length: number
  checksum: number
  /** True when half a record may follow them. */
  isTorn: boolean
}

const append = (handle: FileSystem.File, bytes: Uint8Array) =>
  Effect.andThen(handle.writeAll(bytes), handle.sync)

/** The most bytes of a checkpoint: it would take days without a pause to write a larger one. */
const mostBytes = 2 ** 30

/** Reads the records in a file; an empty file has none yet. */
const recordsIn = Effect.fnUntraced(function* (path: string, bytes: Uint8Array) {
  if (bytes.length === 0) return undefined
  const say = yield* Language.say(words)
  const version = Recorded.versionIn(bytes.subarray(0, Recorded.headBytes))
  if (version === undefined) return yield* refuse(say.foreign(path))
  if (version !== String(Recorded.version)) return yield* refuse(say.otherVersion(path, version))
  const records = Recorded.read(bytes)
  return Result.isSuccess(records) ? records.success : yield* refuse(say.damaged(path, records.failure))
})

const isEnded = ({ steps }: Recorded.Records): boolean => steps.at(-1)?.step === "whole"

/** Refuses the checkpoint of another plan, and says what differs. */
export const checkPlan = Effect.fnUntraced(function* ({ earlier, path }: Checkpoint, plan: Recorded.Plan) {
  if (earlier === undefined) return
  const before = earlier.start.plan
  const { between, differs, nothing, otherPlan } = yield* Language.say(words)
  const shown = (word: Recorded.Plan[string] | undefined): string => String(word ?? nothing)
  const names = [...new Set([...Object.keys(before), ...Object.keys(plan)])]
  const differences = names
    .filter((name) => (before[name] ?? null) !== (plan[name] ?? null))
    .map((name) => differs(name, shown(before[name]), shown(plan[name])))
  if (differences.length > 0) yield* refuse(otherPlan(path, differences.join(between)))
})

/** Puts many numbers into one word of a plan: the numbers while that is short, else their count and a hash. */
export const inOneWord = (numbers: ReadonlyArray<MeetingNo | Cursor.Cursor>): string => {
  const text = numbers.join(" ")
  if (text.length <= 60) return text
  return `${numbers.length} (sha256 ${createHash("sha256").update(text).digest("hex").slice(0, 16)})`
}
