/** The file of a checkpoint: what is in it after each step, whatever the disk does, and which files are refused. */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FileSystem, PlatformError } from "effect"
import { TestClock } from "effect/testing"
import { Cursor, type Events, GetMeeting, ListByNo, MeetingNo } from "@effect-feishu/core"
import * as Language from "../src/language/Language.ts"
import * as WrittenBytes from "../src/output/WrittenBytes.ts"
import * as Checkpoint from "../src/run/Checkpoint.ts"
import * as Recorded from "../src/run/Recorded.ts"
import { type Record_, recordsIn, withRecords } from "./CheckpointFile.ts"

const folder = mkdtempSync(join(tmpdir(), "feishu-checkpoint-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
/** A name in a folder of its own. */
const newPath = () => {
  const own = join(folder, String(++files))
  mkdirSync(own)
  return join(own, "run.checkpoint")
}

const now = 1_795_000_000_000
const range = { start: 1_790_000_000, end: 1_800_000_000 }
const meetingNo = MeetingNo.make("337736498")
const position: Cursor.Position = {
  meetingNo,
  ...range,
  pageSize: 50,
  baseUrl: "https://open.feishu.cn",
  window: 0,
}
const task: Recorded.Task = {
  starts: [position],
  hasRange: true,
  maxItems: undefined,
  parts: { details: false, participants: false, recordings: false },
}
const plan = { "meeting-no": "337736498" }
const head = { plan, range }
const none = { answered: [], unanswered: [], onTheirWay: 0 }

const one = WrittenBytes.append(WrittenBytes.nothing, Buffer.from("1\n"))
const two = WrittenBytes.append(one, Buffer.from("2\n"))
const first = {
  step: "page",
  meetingNo,
  cursor: Cursor.fromPosition({ ...position, pageToken: "2" }),
  ids: ["1"],
  rows: 1,
  ...one,
} as const
const second = { step: "page", meetingNo, last: true, ids: ["2"], rows: 2, ...two } as const
const whole = { step: "whole", ended: "complete", ...two } as const
const startRecord = Recorded.start({
  ...head,
  ...WrittenBytes.nothing,
  rows: 0,
  done: [],
  open: [],
  requests: none,
})

/** Runs with a checkpoint, which is closed afterwards. */
const withCheckpoint = <A, E, R>(
  path: string,
  use: (checkpoint: Checkpoint.Checkpoint) => Effect.Effect<A, E, R>,
) => Effect.scoped(Effect.flatMap(Checkpoint.open(path), use)).pipe(Effect.provide(NodeFileSystem.layer))

/** Opens a checkpoint that begins with an empty state. */
const begun = Effect.fnUntraced(function* (checkpoint: Checkpoint.Checkpoint) {
  const state = yield* checkpoint.stateOf(task)
  yield* checkpoint.begin(head, state)
  return state
})

const refusal = (path: string, language: "en" | "zh" = "en") =>
  withCheckpoint(path, (checkpoint) => Effect.asVoid(checkpoint.stateOf(task))).pipe(
    Effect.flip,
    Effect.provideService(Language.CurrentLanguage, language),
    Effect.map(({ reason }) => {
      assert(reason._tag === "InvalidRequest")
      assert.strictEqual(reason.field, "--checkpoint")
      return [reason.problem, reason.remedy]
    }),
  )

describe("a checkpoint", () => {
  it.effect("has a record for each step, and the next run starts from there", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const path = newPath()
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          assert.strictEqual(checkpoint.path, path)
          assert.isUndefined(checkpoint.earlier)
          assert.deepStrictEqual(checkpoint.resting, { restingMillis: [], operations: {} })
          assert.isFalse(existsSync(path))
          const state = yield* begun(checkpoint)
          assert.deepStrictEqual(recordsIn(readFileSync(path)), [startRecord])
          yield* checkpoint.add(first)
          yield* checkpoint.add(second)
          assert.deepStrictEqual([state.rows, state.done.size], [2, 1])
          assert.deepStrictEqual(
            readFileSync(path),
            withRecords([startRecord, { ...first, requests: none }, { ...second, requests: none }]),
          )
        }),
      )
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(checkpoint.earlier, {
            start: startRecord,
            steps: [
              { ...first, requests: none },
              { ...second, requests: none },
            ],
          } as unknown as Recorded.Records)
          const state = yield* begun(checkpoint)
          assert.strictEqual(state.rows, 2)
          yield* checkpoint.add(whole)
          // The steps before are in the first record now.
          assert.deepStrictEqual(recordsIn(readFileSync(path)), [
            { ...startRecord, ...two, rows: 2, done: [meetingNo] },
            { ...whole, requests: none },
          ] as unknown as ReadonlyArray<Record_>)
          yield* checkpoint.remove
          assert.deepStrictEqual(readdirSync(join(path, "..")), [])
          yield* checkpoint.remove
        }),
      )
    }),
  )

  it.effect("a step that contradicts those before it, or comes before the first record, is a defect", () =>
    Effect.gen(function* () {
      const path = newPath()
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          const early = yield* Effect.exit(checkpoint.add(first))
          assert.match(String(Exit.isFailure(early) && early.cause), /page out of place/)
          yield* begun(checkpoint)
          const wrong = yield* Effect.exit(checkpoint.add(whole))
          assert.match(String(Exit.isFailure(wrong) && wrong.cause), /whole out of place/)
          assert.deepStrictEqual(recordsIn(readFileSync(path)), [startRecord])
        }),
      )
    }),
  )

  it.effect("is written behind links, and keeps the permissions of the file that it replaces", () =>
    Effect.gen(function* () {
      const path = newPath()
      const target = `${path}-target`
      symlinkSync(target, path)
      writeFileSync(target, withRecords([startRecord]))
      chmodSync(target, 0o640)
      // Left by a run that was killed; a link with this name is not written to.
      const elsewhere = `${path}-elsewhere`
      writeFileSync(elsewhere, "rows of a user")
      symlinkSync(elsewhere, `${target}.feishu-meetings-new`)
      assert.deepStrictEqual(yield* Checkpoint.filesOf(path), [target, `${target}.feishu-meetings-new`])
      yield* withCheckpoint(path, begun)
      assert.deepStrictEqual(recordsIn(readFileSync(target)), [startRecord])
      assert.strictEqual(statSync(target).mode & 0o777, 0o640)
      assert.strictEqual(readFileSync(elsewhere, "utf8"), "rows of a user")
      assert.sameMembers(readdirSync(join(path, "..")), [
        "run.checkpoint",
        "run.checkpoint-target",
        "run.checkpoint-elsewhere",
      ])
      const fresh = newPath()
      yield* withCheckpoint(fresh, begun)
      assert.strictEqual(statSync(fresh).mode & 0o777, 0o666 & ~process.umask())
    }),
  )
})

describe("a file that is refused", () => {
  const page = { ...first, requests: none }
  const damaged = withRecords([startRecord, page, { ...second, requests: none }])
  // A byte of the second line; the third is whole.
  damaged[damaged.indexOf(10) + 5]! ^= 1
  const contents: ReadonlyArray<
    readonly [what: string, content: string | Uint8Array, en: RegExp, enDo: RegExp, zh: RegExp, zhDo: RegExp]
  > = [
    [
      "not a checkpoint",
      "rows of a user\n",
      /is not a checkpoint, or was cut short; it stays as it is$/,
      /^Give another file, or remove this one to start again\.$/,
      /不是检查点，或已被截断；文件保持原样$/,
      /^请换一个文件，或删除它后重新开始。$/,
    ],
    [
      "of another version",
      `{"feishu-meetings-checkpoint":17}\n`,
      /is a checkpoint of version 17, and this program knows version 2; it stays as it is$/,
      /^Resume with the version of feishu-meetings that wrote it, or give another file\.$/,
      /是版本 17 的检查点，本程序只认识版本 2；文件保持原样$/,
      /^请用写出它的 feishu-meetings 版本继续，或换一个文件。$/,
    ],
    [
      "damaged",
      damaged,
      /is damaged: line 2 is not as it was written; it stays as it is$/,
      /^Restore it from a copy; or remove it and the \.part file of its output to start again\.$/,
      /已损坏：第 2 行与写入时不同；文件保持原样$/,
      /^请从备份恢复；或将它与输出的 \.part 文件一并删除后重新开始。$/,
    ],
    [
      "one whose records contradict each other",
      withRecords([startRecord, { ...page, rows: 7 }]),
      /is damaged: line 2 is not/,
      /^Restore it/,
      /已损坏：第 2 行/,
      /^请从备份恢复/,
    ],
  ]
  for (const [what, content, en, enDo, zh, zhDo] of contents) {
    it.effect(`${what}: it is said, and the file stays as it is`, () =>
      Effect.gen(function* () {
        const path = newPath()
        writeFileSync(path, content)
        const [problem, remedy] = yield* refusal(path)
        assert.isTrue(problem!.startsWith(`${path} is`), problem)
        assert.match(problem!, en)
        assert.match(remedy!, enDo)
        const [inChinese, whatToDo] = yield* refusal(path, "zh")
        assert.isTrue(inChinese!.startsWith(`${path} `), inChinese)
        assert.match(inChinese!, zh)
        assert.match(whatToDo!, zhDo)
        assert.strictEqual(Buffer.compare(readFileSync(path), Buffer.from(content)), 0)
      }),
    )
  }

  it.effect("a folder, a device, or one in a folder that is not there", () =>
    Effect.gen(function* () {
      const path = newPath()
      const lost = join(path, "lost")
      assert.deepStrictEqual(yield* refusal(lost), [
        `${lost} cannot be written: its folder does not exist`,
        "Create the folder first.",
      ])
      assert.deepStrictEqual(yield* refusal(lost, "zh"), [
        `无法写入 ${lost}：文件夹不存在`,
        "请先创建文件夹。",
      ])
      mkdirSync(path)
      for (const other of [path, "/dev/null"]) {
        assert.deepStrictEqual(yield* refusal(other), [`${other} is not a file`, "Give the name of a file."])
        assert.deepStrictEqual(yield* refusal(other, "zh"), [`${other} 不是文件`, "请给出文件名。"])
      }
    }),
  )

  it.effect("a pipe, or a link that leads to itself", () =>
    Effect.gen(function* () {
      const pipe = newPath()
      execFileSync("mkfifo", [pipe])
      assert.deepStrictEqual(yield* refusal(pipe), [`${pipe} is not a file`, "Give the name of a file."])
      const circle = newPath()
      symlinkSync(circle, circle)
      const [problem] = yield* refusal(circle)
      assert.match(problem!, /run\.checkpoint cannot be written \(/)
      const { reason } = yield* Effect.flip(Checkpoint.filesOf(circle))
      assert.strictEqual(reason._tag === "InvalidRequest" && reason.field, "--checkpoint")
    }),
  )

  it.effect("one that cannot be read", () =>
    Effect.gen(function* () {
      const path = `${newPath()}/${"x".repeat(300)}`
      mkdirSync(join(path, ".."))
      const [problem, remedy] = yield* refusal(path)
      assert.match(problem!, /x cannot be (read|written)/)
      assert.isNotEmpty(remedy)
    }),
  )

  it.effect("one that another run uses, until that ends", () =>
    Effect.gen(function* () {
      const path = newPath()
      yield* withCheckpoint(path, () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* refusal(path), [
            `${path} is in use by another run`,
            "Wait until that run ends, or give this run a checkpoint and an output of its own.",
          ])
          assert.deepStrictEqual(yield* refusal(path, "zh"), [
            `${path} 正被另一个运行使用`,
            "请等它结束，或为本次运行另外指定检查点和输出文件。",
          ])
        }),
      )
      yield* withCheckpoint(path, begun)
    }),
  )

  it.effect("an empty one is a new one", () =>
    Effect.gen(function* () {
      const path = newPath()
      writeFileSync(path, "")
      yield* withCheckpoint(path, (checkpoint) => Effect.sync(() => assert.isUndefined(checkpoint.earlier)))
    }),
  )
})

describe("the plan of a run", () => {
  const check = Effect.fnUntraced(function* (
    before: Recorded.Plan,
    now: Recorded.Plan,
    language: "en" | "zh" = "en",
  ) {
    const path = newPath()
    writeFileSync(path, withRecords([{ ...startRecord, plan: before }]))
    const checked = withCheckpoint(path, (checkpoint) => Checkpoint.checkPlan(checkpoint, now)).pipe(
      Effect.as(undefined),
      Effect.catch(({ reason }) => {
        assert(reason._tag === "InvalidRequest")
        return Effect.succeed([reason.problem.replace(path, "FILE"), reason.remedy])
      }),
      Effect.provideService(Language.CurrentLanguage, language),
    )
    return yield* checked
  })

  it.effect("is the same again, or its differences are named", () =>
    Effect.gen(function* () {
      const before = { app: "cli_a", format: "csv", gzip: true, pages: null }
      assert.isUndefined(yield* check(before, before))
      // What was not given may be recorded, or be absent.
      assert.isUndefined(yield* check(before, { app: "cli_a", format: "csv", gzip: true }))
      assert.isUndefined(yield* check({ app: "cli_a" }, { app: "cli_a", pages: null }))
      const after = { app: "cli_b", format: "csv", pages: 4 }
      assert.deepStrictEqual(yield* check(before, after), [
        "FILE is the checkpoint of another run: app was cli_a and is cli_b; gzip was true and is not given; pages was not given and is 4; it stays as it is",
        "Type the same command as before, or give another checkpoint and another output.",
      ])
      assert.deepStrictEqual(yield* check(before, after, "zh"), [
        "FILE 是另一次运行的检查点：app 原为 cli_a，现为 cli_b；gzip 原为 true，现为 未给出；pages 原为 未给出，现为 4；文件保持原样",
        "请输入与之前相同的命令，或另外指定检查点和输出文件。",
      ])
      const fresh = newPath()
      yield* withCheckpoint(fresh, (checkpoint) => Checkpoint.checkPlan(checkpoint, after))
    }),
  )

  it("has few numbers as they are, and many as their count and a hash", () => {
    const numbers = Array.from({ length: 7 }, (_, index) => MeetingNo.make(`33773649${index}`))
    assert.strictEqual(Checkpoint.inOneWord(numbers.slice(0, 6)), numbers.slice(0, 6).join(" "))
    const many = Checkpoint.inOneWord(numbers)
    assert.match(many, /^7 \(sha256 [\da-f]{16}\)$/)
    assert.notStrictEqual(Checkpoint.inOneWord(numbers.toReversed()), many)
    // The longest that is shown, and one more.
    const cursor = (length: number) => ["x".repeat(length)] as unknown as ReadonlyArray<Cursor.Cursor>
    assert.strictEqual(Checkpoint.inOneWord(cursor(60)), "x".repeat(60))
    assert.strictEqual(Checkpoint.inOneWord(cursor(61)), "1 (sha256 c508e75f24e25db9)")
  })
})

describe("the requests of a run", () => {
  const list = `GET ${ListByNo.path}`
  const details = `GET ${GetMeeting.path}`
  const sent = (operation: string): Events.Event => ({ _tag: "RequestSent", operation })
  const ended = (operation: string, delivery: Events.Delivery) =>
    ({ _tag: "RequestEnded", operation, delivery }) as unknown as Events.Event
  const stepsOf = (path: string) =>
    recordsIn(readFileSync(path))
      .slice(1)
      .map(({ requests, step }) => [step, requests])

  it.effect("are recorded before they are sent, those that wait at the same time together", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const path = newPath()
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          yield* begun(checkpoint)
          yield* Effect.all(
            [list, list, list, details].map((operation) => checkpoint.listen(sent(operation))),
            { concurrency: "unbounded" },
          )
          const operations = { [details]: { ...none, onTheirWay: 1 } }
          assert.deepStrictEqual(stepsOf(path), [
            // The others wait while the first is recorded.
            ["requests", { ...none, onTheirWay: 1 }],
            ["requests", { ...none, onTheirWay: 3, operations }],
          ])
          yield* checkpoint.listen(ended(list, "answered"))
          yield* TestClock.adjust(1_000)
          yield* checkpoint.listen(ended(list, "unanswered"))
          yield* checkpoint.listen(ended(details, "not sent"))
          // Requests for tokens do not count, and other events are nothing to it.
          yield* checkpoint.listen(sent("POST /token"))
          yield* checkpoint.listen(ended("POST /token", "answered"))
          yield* checkpoint.listen({ _tag: "RateLimitWaited", millis: 1 })
          yield* checkpoint.add(first)
          assert.deepStrictEqual(stepsOf(path).at(-1), [
            "page",
            { answered: [now], unanswered: [now + 1_000], onTheirWay: 1 },
          ])
        }),
      )
      yield* TestClock.adjust(9_000)
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          // One may have been sent until now.
          const { restingMillis } = checkpoint.resting
          assert.sameMembers([...restingMillis], [50_250, 56_250, 65_250])
          yield* begun(checkpoint)
          assert.deepStrictEqual((recordsIn(readFileSync(path))[0] as Record_)["requests"], {
            answered: [now],
            unanswered: [now + 1_000, now + 10_000],
            onTheirWay: 0,
          })
        }),
      )
    }),
  )

  it.effect("are all recorded, also one that is sent while another is on its way", () =>
    Effect.gen(function* () {
      const path = newPath()
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          yield* begun(checkpoint)
          for (const onTheirWay of [1, 2, 3]) {
            yield* checkpoint.listen(sent(list))
            assert.deepStrictEqual(stepsOf(path).at(-1), ["requests", { ...none, onTheirWay }])
          }
        }),
      )
    }),
  )

  it.effect("of a run that has ended do not hold up the next one", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const path = newPath()
      const requests = { answered: [now], unanswered: [], onTheirWay: 0 }
      const records = [startRecord, { ...first, requests }, { ...second, requests }, { ...whole, requests }]
      const resting = (count: number) => {
        writeFileSync(path, withRecords(records.slice(0, count)))
        return withCheckpoint(path, (checkpoint) => Effect.succeed(checkpoint.resting.restingMillis))
      }
      assert.deepStrictEqual(yield* resting(3), [60_250, 60_250])
      assert.deepStrictEqual(yield* resting(4), [])
    }),
  )

  it.effect("that cannot be recorded are not sent", () =>
    Effect.gen(function* () {
      const path = newPath()
      yield* withCheckpoint(path, (checkpoint) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(checkpoint.listen(sent(list)))
          assert.match(String(Exit.isFailure(exit) && exit.cause), /requests out of place/)
        }),
      )
    }),
  )
})

describe("a disk that fails", () => {
  const full = PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method: "write",
    cause: Object.assign(new Error("no space left"), { code: "ENOSPC" }),
  })

  /** Files whose writes and cuts fail as long as `faults` says; half of what is written is on the disk then. */
  const faulty = (faults: { write?: boolean; truncate?: boolean; rename?: boolean; remove?: boolean }) =>
    Effect.map(FileSystem.FileSystem, (files) =>
      FileSystem.FileSystem.of({
        ...files,
        rename: (from, to) => (faults.rename === true ? Effect.fail(full) : files.rename(from, to)),
        remove: (path, options) => (faults.remove === true ? Effect.fail(full) : files.remove(path, options)),
        open: (path, options) =>
          Effect.map(
            files.open(path, options),
            (file) =>
              new Proxy(file, {
                get: (_, name: keyof FileSystem.File) => {
                  if (name === "writeAll" && faults.write === true) {
                    return (bytes: Uint8Array) =>
                      Effect.andThen(file.writeAll(bytes.subarray(0, bytes.length >> 1)), Effect.fail(full))
                  }
                  if (name === "truncate" && faults.truncate === true) return () => Effect.fail(full)
                  const value: unknown = file[name]
                  return typeof value === "function" ? value.bind(file) : value
                },
              }),
          ),
      }),
    )

  const run = <A, E>(
    path: string,
    faults: Parameters<typeof faulty>[0],
    use: (checkpoint: Checkpoint.Checkpoint) => Effect.Effect<A, E, FileSystem.FileSystem>,
  ) =>
    faulty(faults).pipe(
      Effect.flatMap((files) =>
        Effect.scoped(Effect.flatMap(Checkpoint.open(path), use)).pipe(
          Effect.provideService(FileSystem.FileSystem, files),
        ),
      ),
      Effect.provide(NodeFileSystem.layer),
    )

  for (const truncate of [false, true]) {
    it.effect(
      `half a record is cut off ${truncate ? "as soon as that is possible" : "at once"}, and the next one follows the last whole one`,
      () =>
        Effect.gen(function* () {
          const path = newPath()
          const faults = { write: false, truncate: false }
          yield* run(path, faults, (checkpoint) =>
            Effect.gen(function* () {
              yield* begun(checkpoint)
              yield* checkpoint.add(first)
              const { size } = statSync(path)
              faults.write = true
              faults.truncate = truncate
              const error = yield* Effect.flip(checkpoint.add({ step: "requests" }))
              assert.deepInclude(error, { target: path, flag: "--checkpoint", code: "ENOSPC" })
              assert.strictEqual(statSync(path).size > size, truncate)
              if (truncate) {
                // Not after half a line either.
                faults.write = false
                assert.strictEqual((yield* Effect.flip(checkpoint.add({ step: "requests" }))).code, "ENOSPC")
              }
              faults.write = faults.truncate = false
              yield* checkpoint.add({ step: "requests" })
              yield* checkpoint.add(second)
              const steps = [first, { step: "requests" }, second].map((step) => ({ ...step, requests: none }))
              assert.deepStrictEqual(readFileSync(path), withRecords([startRecord, ...steps]))
            }),
          )
        }),
    )
  }

  it.effect(
    "a first record that cannot be written, or moved, leaves the old checkpoint, and nothing else",
    () =>
      Effect.gen(function* () {
        for (const faults of [{ write: true }, { rename: true }]) {
          const path = newPath()
          writeFileSync(path, withRecords([startRecord, { ...first, requests: none }]))
          const before = readFileSync(path)
          yield* run(path, faults, (checkpoint) =>
            Effect.gen(function* () {
              const error = yield* Effect.flip(begun(checkpoint))
              assert.deepInclude(error, { target: path, flag: "--checkpoint", code: "ENOSPC" })
              const added = yield* Effect.exit(checkpoint.add(second))
              assert.isTrue(Exit.isFailure(added))
            }),
          )
          assert.deepStrictEqual(readFileSync(path), before)
          assert.deepStrictEqual(readdirSync(join(path, "..")), ["run.checkpoint"])
        }
      }),
  )

  it.effect("one that cannot be removed is named", () =>
    Effect.gen(function* () {
      const path = newPath()
      const error = yield* run(path, { remove: true }, (checkpoint) => Effect.flip(checkpoint.remove))
      assert.deepInclude(error, { target: path, flag: "--checkpoint", code: "ENOSPC" })
    }),
  )

  it.effect(
    "a step that is interrupted is written whole, and so is one that waits for its turn or none of it",
    () =>
      Effect.gen(function* () {
        const path = newPath()
        yield* withCheckpoint(path, (checkpoint) =>
          Effect.gen(function* () {
            yield* begun(checkpoint)
            const fiber = yield* Effect.forkChild(checkpoint.add(first), { startImmediately: true })
            yield* Fiber.interrupt(fiber)
            yield* checkpoint.add(second)
            assert.deepStrictEqual(
              readFileSync(path),
              withRecords([startRecord, { ...first, requests: none }, { ...second, requests: none }]),
            )
          }),
        )
      }),
  )
})
