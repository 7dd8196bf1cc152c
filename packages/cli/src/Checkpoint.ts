/**
 * The checkpoint of a run: what it was to read, how far it has come, and how long its output was then. The same
 * command goes on from there, also after `kill -9`.
 */
import { createHash } from "node:crypto"
import { basename, dirname, join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Cursor, FeishuError, ListByNo, MeetingNo } from "@effect-feishu/core"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Language from "./Language.ts"
import * as Lock from "./Lock.ts"
import * as Output from "./Output.ts"
import * as SystemError from "./SystemError.ts"

const version = 1
const versionKey = "feishu-meetings-checkpoint"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))
const Word = Schema.NullOr(Schema.Union([Schema.String, Schema.Int, Schema.Boolean]))

/**
 * What a run is to read and how it is to write that: the words of its command as they were typed (a relative time
 * stays what it is, though the range that it meant at first is kept), the base URL and the app.
 */
const Plan = Schema.Record(Schema.String, Word)
/** See the Schema of the same name. */
export type Plan = typeof Plan.Type

const Recorded = Schema.Struct({
  [versionKey]: Schema.Literal(version),
  plan: Plan,
  /** Unix seconds, with when it was given, so that it may grow old; absent where cursors hold it. */
  range: Schema.optionalKey(Schema.Struct({ start: Count, end: Count, asked: Schema.optionalKey(Count) })),
  step: Schema.Literals(["part", "whole", "moved"]),
  /** Of the output, when its step was recorded. */
  bytes: Count,
  rows: Count,
  numbers: Schema.Struct({
    /** So many of them, in the order of the plan, have been begun. */
    begun: Count,
    /** Those of them that go on where they start, with a space between: there may be thousands that failed so. */
    unread: Schema.String,
    /** Those of the others that were not read to their end: under way, or failed. */
    open: Schema.Array(
      Schema.Struct({
        /** The place to go on. */
        cursor: Cursor.Cursor,
        /**
         * The ids of the rows before it, in its window and the one before, with a space between them: some may come
         * again, where windows meet, or when Feishu no longer knows the page token and the window is read anew.
         */
        seen: Schema.String,
      }),
    ),
  }),
  /** What had to be left out of numbers, since Feishu no longer shows it; unix seconds. */
  unreachable: Schema.optionalKey(
    Schema.Array(Schema.Struct({ meetingNo: MeetingNo, from: Count, to: Count })),
  ),
  /** When the run ended early by itself, in unix milliseconds; one that was killed had no time to say. */
  endedAt: Schema.optionalKey(Count),
  /** Whether the end was that of the list, or of what `--max-items` allows. */
  ended: Schema.optionalKey(Schema.Literals(["complete", "limited"])),
})
/** How far a run had come. */
export type Recorded = typeof Recorded.Type

const decode = Schema.decodeUnknownResult(Recorded)

/** A checkpoint that this process alone holds. */
export interface Checkpoint {
  readonly path: string
  /** What an earlier run has recorded. */
  readonly earlier: Recorded | undefined
  /** Puts it in the place of what was recorded before. */
  readonly record: (recorded: Omit<Recorded, typeof versionKey>) => Effect.Effect<void, Output.OutputFailed>
  readonly remove: Effect.Effect<void, Output.OutputFailed>
}

const words: Language.Words<{
  readonly noFolder: (path: string) => readonly [string, string]
  readonly notAFile: (path: string) => readonly [string, string]
  readonly unreadable: (path: string, problem: string) => readonly [string, string]
  readonly inUse: (path: string) => readonly [string, string]
  readonly notLocked: (path: string, code: string) => readonly [string, string]
  readonly foreign: (path: string) => readonly [string, string]
  readonly otherVersion: (path: string, theirs: string) => readonly [string, string]
  readonly damaged: (path: string) => readonly [string, string]
  readonly otherPlan: (path: string, differences: string) => readonly [string, string]
  readonly differs: (name: string, was: string, is: string) => string
  readonly nothing: string
}> = {
  en: {
    noFolder: (path) => [`${path} cannot be written: there is no such folder`, "Make the folder first."],
    notAFile: (path) => [`${path} is no file`, "Give the name of a file."],
    unreadable: (path, problem) => [`${path} cannot be read (${problem})`, "Give another file."],
    inUse: (path) => [
      `${path} is in use by another run`,
      "Wait until that is over, or give this run a checkpoint and an output of its own.",
    ],
    notLocked: (path, code) => [
      `${path} cannot be kept from other runs (${code})`,
      "Allow this program to open sockets, or leave out --checkpoint.",
    ],
    foreign: (path) => [
      `${path} is no checkpoint, or was cut short; it stays as it is`,
      "Give another file, or remove this one to start anew.",
    ],
    otherVersion: (path, theirs) => [
      `${path} is a checkpoint of version ${theirs}, and this program knows version ${version}; it stays as it is`,
      "Go on with the feishu-meetings that wrote it, or give another file.",
    ],
    damaged: (path) => [
      `${path} is damaged; it stays as it is`,
      "Give another file, or remove this one to start anew.",
    ],
    otherPlan: (path, differences) => [
      `${path} is the checkpoint of another run: ${differences}; it stays as it is`,
      "Type the command as it was, or give another checkpoint and another output.",
    ],
    differs: (name, was, is) => `${name} was ${was} and is ${is}`,
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
      `${path} 是版本 ${theirs} 的检查点，本程序只认识版本 ${version}；文件保持原样`,
      "请用写出它的 feishu-meetings 继续，或换一个文件。",
    ],
    damaged: (path) => [`${path} 已损坏；文件保持原样`, "请换一个文件，或删除它后重新开始。"],
    otherPlan: (path, differences) => [
      `${path} 是另一次运行的检查点：${differences}；文件保持原样`,
      "请按原样输入命令，或另外指定检查点和输出文件。",
    ],
    differs: (name, was, is) => `${name} 原为 ${was}，现为 ${is}`,
    nothing: "未给出",
  },
}

const refuse = ([problem, remedy]: readonly [string, string]) =>
  FeishuError.invalidRequest("--checkpoint", problem, remedy)

/** Where a checkpoint is written before it is moved to its place: a name that no file of a user has by chance. */
const besides = (path: string): string => `${path}.feishu-meetings-new`

/** The names that it has while it is written and after, whatever leads there. */
export const filesOf = Effect.fnUntraced(function* (path: string) {
  const target = Lock.wholePath(yield* Output.behindLinks(path, "--checkpoint"))
  return [target, besides(target)]
})

/** What is larger is none: with thousands of numbers under way it has some megabytes. */
const mostBytes = 128 * 2 ** 20

/** Takes hold of a checkpoint, and reads what is in it. What is no checkpoint is refused, and stays as it is. */
export const open = Effect.fn("Checkpoint.open")(function* (
  path: string,
): Effect.fn.Return<Checkpoint, FeishuError.FeishuError, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const named = yield* Output.behindLinks(path, "--checkpoint")
  const folder = yield* Effect.mapError(files.realPath(dirname(named)), () => refuse(say.noFolder(path)))
  const target = join(folder, basename(named))
  yield* Effect.mapError(Lock.hold(target), (code) =>
    refuse(code === Lock.held ? say.inUse(path) : say.notLocked(path, code)),
  )
  const text = yield* InputFile.readFound(target, mostBytes).pipe(
    // The null device has nothing in it, and would keep nothing.
    Effect.filterOrFail(
      ({ info }) => info.isFile(),
      (): InputFile.Unread => ({ _tag: "WrongKind", kind: "device" }),
    ),
    Effect.map(({ bytes }) => new TextDecoder().decode(bytes)),
    Effect.catchIf(
      (unread) => unread._tag === "System" && unread.code === "ENOENT",
      () => Effect.succeed(undefined),
    ),
    Effect.mapError((unread) =>
      refuse(
        unread._tag === "WrongKind" || (unread._tag === "System" && unread.code === "EISDIR")
          ? say.notAFile(path)
          : say.unreadable(path, SystemError.unreadInWords(unread, language)),
      ),
    ),
  )

  // Written beside it and moved there, so that there is always a whole one; the folder is flushed since the move may
  // otherwise be lost, or be on the disk before what was moved.
  const fresh = besides(target)
  const record: Checkpoint["record"] = (recorded) =>
    Effect.gen(function* () {
      // A run that was killed may have left it; anything else of that name, such as a link, is not for it to write to.
      yield* files.remove(fresh, { force: true })
      const file = yield* files.open(fresh, { flag: "wx" })
      yield* file.writeAll(
        new TextEncoder().encode(`${JSON.stringify({ [versionKey]: version, ...recorded })}\n`),
      )
      yield* file.sync
    }).pipe(
      Effect.scoped,
      Effect.andThen(files.rename(fresh, target)),
      Effect.mapError(Output.failed(path, "--checkpoint")),
      Effect.andThen(Output.flushFolder(target)),
      Effect.provideService(FileSystem.FileSystem, files),
    )
  return {
    path,
    earlier: text === undefined ? undefined : yield* recordedIn(path, text),
    record,
    remove: Effect.mapError(files.remove(target, { force: true }), Output.failed(path, "--checkpoint")),
  }
})

const recordedIn = Effect.fnUntraced(function* (path: string, text: string) {
  const say = yield* Language.say(words)
  const json = yield* Effect.mapError(
    Effect.try({ try: (): unknown => JSON.parse(text), catch: (error) => error }),
    () => refuse(say.foreign(path)),
  )
  if (typeof json !== "object" || json === null || !(versionKey in json))
    return yield* refuse(say.foreign(path))
  if (json[versionKey] !== version) return yield* refuse(say.otherVersion(path, String(json[versionKey])))
  const recorded = decode(json)
  return Result.isSuccess(recorded) ? recorded.success : yield* refuse(say.damaged(path))
})

/**
 * What to assume of the rate limit: a run that was killed, nobody knows when, may have used it a moment ago; one that
 * ended by itself before the last window did not.
 */
export const limitAfter = Effect.fnUntraced(function* (earlier: Recorded | undefined) {
  if (earlier === undefined || earlier.step !== "part") return "free"
  const now = yield* Clock.currentTimeMillis
  const isOver = earlier.endedAt !== undefined && now - earlier.endedAt > quietMillis
  return isOver ? "free" : "full"
})

/** The window of the limit, and the time in which what was sent last may still arrive. */
const quietMillis = (ListByNo.rateLimitWindowSeconds + 5) * 1_000

/** Refuses a checkpoint of another plan, and says what differs. */
export const checkPlan = Effect.fnUntraced(function* ({ earlier, path }: Checkpoint, plan: Plan) {
  if (earlier === undefined) return
  const { differs, nothing, otherPlan } = yield* Language.say(words)
  const shown = (word: Plan[string] | undefined): string => String(word ?? nothing)
  const names = [...new Set([...Object.keys(earlier.plan), ...Object.keys(plan)])]
  const differences = names
    .filter((name) => (earlier.plan[name] ?? null) !== (plan[name] ?? null))
    .map((name) => differs(name, shown(earlier.plan[name]), shown(plan[name])))
  if (differences.length > 0) yield* refuse(otherPlan(path, differences.join("; ")))
})

/** Many numbers in one word of a plan: themselves while that is short, else how many and which. */
export const inOneWord = (numbers: ReadonlyArray<MeetingNo | Cursor.Cursor>): string => {
  const text = numbers.join(" ")
  if (text.length <= 60) return text
  return `${numbers.length} (sha256 ${createHash("sha256").update(text).digest("hex").slice(0, 16)})`
}
