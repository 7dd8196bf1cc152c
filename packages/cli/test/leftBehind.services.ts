/** Checkpoints and rows as real runs leave them, changed in every way, as a run takes them that goes on with them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cursor, type MeetingNo } from "@effect-feishu/core"
import { startFeishuMock } from "@effect-feishu/mock-server"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Checkpoint from "../src/run/Checkpoint.ts"
import { exitCodes, faultOf } from "../src/failure/Fault.ts"
import * as FileOutput from "../src/output/FileOutput.ts"
import { openOutput } from "../src/output/openOutput.ts"
import * as Recorded from "../src/run/Recorded.ts"
import * as WrittenBytes from "../src/output/WrittenBytes.ts"
import { Stderr } from "../src/console/Stderr.ts"
import * as CheckpointFile from "./CheckpointFile.ts"
import * as Cli from "./Cli.ts"

const now = 1_767_225_600 // 2026-01-01T00:00:00Z
const day = 86_400
const counts = [70, 3, 120, 1]
const numbers = counts.map((_, index) => String(500_000_000 + index) as MeetingNo)

/** A checkpoint and its rows, as a run has left them. */
interface Left {
  readonly checkpoint: Uint8Array
  readonly rows: Uint8Array
  readonly maxItems: number | undefined
}

let folder: string
let lefts: Readonly<Record<"killed" | "killed again" | "complete" | "limited" | "with participants", Left>>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
  const seed = {
    generate: counts.map((count, index) => ({
      meeting_no: numbers[index]!,
      count,
      from: now - 150 * day,
      to: now - 5 * day,
      participants: 3,
    })),
  }
  const sheet = ["--participants", "--recordings", "--format", "csv", "--details-rate-limit", "10000"]
  await using feishu = await startFeishuMock({ now, rateLimit: "off", ninetyDays: "span", seed })
  await feishu.chaos({ seed: "1", rate: 1, faults: [{ delaySeconds: 0.03 }] })
  const environment = {
    FEISHU_BASE_URL: feishu.url,
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    ...Cli.impatient,
  }
  const run = async (name: string, more: ReadonlyArray<string>, untilRows: number): Promise<Left> => {
    const own = join(folder, name)
    mkdirSync(own, { recursive: true })
    const [checkpoint, file] = [join(own, "checkpoint"), join(own, "rows")]
    const range = ["--from", String(now - 160 * day), "--to", String(now), "--concurrency", "2"]
    const files = ["--output", file, "--checkpoint", checkpoint]
    const child = Cli.start(["list", ...numbers, ...range, ...files, ...more], environment)
    const end = Cli.ended(child)
    const recorded = () => {
      try {
        return CheckpointFile.rowsIn(CheckpointFile.read(checkpoint))
      } catch {
        // It is not there yet.
        return 0
      }
    }
    while (child.exitCode === null && recorded() < untilRows) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.kill("SIGKILL")
    const { code } = await end
    const rows = readFileSync(code === 0 ? file : `${file}.part`)
    return {
      checkpoint: readFileSync(checkpoint),
      rows,
      maxItems: more[0] === "--max-items" ? Number(more[1]) : undefined,
    }
  }
  lefts = {
    killed: await run("first", [], 60),
    "killed again": await run("first", [], 120),
    complete: await run("first", [], Number.POSITIVE_INFINITY),
    limited: await run("second", ["--max-items", "75"], Number.POSITIVE_INFINITY),
    "with participants": await run("third", sheet, 60),
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const taskOf = ({ plan, range }: Recorded.Start, maxItems: number | undefined): Recorded.Task => ({
  starts: numbers.map((meetingNo) => ({
    meetingNo,
    start: range?.start ?? 0,
    end: range?.end ?? 0,
    pageSize: 50,
    baseUrl: String(plan["base URL"]),
    window: 0,
  })),
  hasRange: true,
  maxItems,
  parts: {
    details: plan["--details"] === true,
    participants: plan["--participants"] === true,
    recordings: plan["--recordings"] === true,
  },
})

/** All that a run goes on with; a cursor is as good in another spelling. */
const shown = (state: Recorded.State): string => {
  const { open, ...rest } = state.asStart()
  const places = open.map(({ cursor, seen }) => ({ at: Cursor.toPosition(cursor), seen }))
  return JSON.stringify({ ...rest, places, ended: state.ended })
}

const trueStatesOf = new WeakMap<Left, ReadonlySet<string>>()

/** What a file may be taken for: how far the run had come with any of its records. */
const trueStates = (left: Left): ReadonlySet<string> => {
  let states = trueStatesOf.get(left)
  if (states === undefined) {
    const { start, steps } = Result.getOrThrow(Recorded.read(left.checkpoint))
    const stateAfter = (length: number) =>
      Recorded.stateAfter({ start, steps: steps.slice(0, length) }, taskOf(start, left.maxItems))
    states = new Set(
      [...steps.keys(), steps.length].map((length) => shown(Result.getOrThrow(stateAfter(length)))),
    )
    trueStatesOf.set(left, states)
  }
  return states
}

/** What the lines are taken for; nothing if they are refused. */
const takenFor = (checkpoint: Uint8Array, maxItems: number | undefined): string | undefined => {
  if (Recorded.versionIn(checkpoint.subarray(0, Recorded.headBytes)) !== "2") return
  const read = Recorded.read(checkpoint)
  if (Result.isFailure(read)) return
  const state = Recorded.stateAfter(read.success, taskOf(read.success.start, maxItems))
  return Result.isSuccess(state) ? shown(state.success) : undefined
}

const quiet = Layer.succeed(Stderr, {
  live: false,
  line: () => Effect.void,
  progress: () => Effect.void,
  clear: Effect.void,
})

let tried = 0

/**
 * Puts the two files into a folder of their own and goes on from there, as a run does before it sends anything. Says
 * what they were taken for; nothing if they were refused as bad input. They stay as they are either way.
 */
const goneOnFrom = Effect.fnUntraced(function* (
  left: Left,
  checkpoint: Uint8Array = left.checkpoint,
  rows: Uint8Array = left.rows,
): Effect.fn.Return<string | undefined> {
  const own = join(folder, `tried-${tried++}`)
  mkdirSync(own)
  const [path, file] = [join(own, "checkpoint"), join(own, "rows")]
  const { plan } = Result.getOrThrow(Recorded.read(left.checkpoint)).start
  const isEnded = [...trueStates(left)].some((state) => state.includes(`"ended"`))
  const place = isEnded ? file : `${file}.part`
  writeFileSync(path, checkpoint)
  writeFileSync(place, rows)
  const exit = yield* Effect.gen(function* () {
    const opened = yield* Checkpoint.open(path)
    yield* Checkpoint.checkPlan(opened, plan)
    const { earlier } = opened
    const state = earlier && (yield* opened.stateOf(taskOf(earlier.start, left.maxItems)))
    if (state?.ended !== undefined) yield* FileOutput.finish(file, state)
    else {
      const journal = { earlier: state, record: () => Effect.void, forget: Effect.void }
      yield* openOutput(file, { private: false, journal })
    }
    return state === undefined ? "nothing" : shown(state)
  }).pipe(Effect.scoped, Effect.provide([NodeServices.layer, quiet]), Effect.exit)
  assert.deepStrictEqual(readFileSync(path), Buffer.from(checkpoint))
  assert.deepStrictEqual(readFileSync(place), Buffer.from(rows))
  rmSync(own, { recursive: true })
  if (Exit.isSuccess(exit)) return exit.value
  assert.strictEqual(faultOf(exit.cause).exitCode, exitCodes.badInput, Cause.pretty(exit.cause))
  return undefined
})

/** Refused, or taken for what was recorded at some time. */
const assertTrue = (left: Left, taken: string | undefined, how: string): void =>
  assert.isTrue(taken === undefined || trueStates(left).has(taken), `${how} was taken for ${taken}`)

const linesOf = (bytes: Uint8Array): ReadonlyArray<string> =>
  Buffer.from(bytes)
    .toString("latin1")
    .split(/(?<=\n)/)

const bytesOf = (lines: ReadonlyArray<string>): Uint8Array => Buffer.from(lines.join(""), "latin1")

/** A byte of a file changed in one way, each byte in another one. */
const flipped = (bytes: Uint8Array, index: number): Uint8Array => {
  const changed = Buffer.from(bytes)
  changed[index]! ^= 1 << ((index * 5) % 8)
  return changed
}

describe("a checkpoint that was changed is refused, or taken for how far the run had come; its files stay as they are", () => {
  const all = () => Object.values(lefts)

  it("each record is as long as what its step brought, so that a run of any length writes as much as it reads", () => {
    for (const { checkpoint } of all()) {
      const [, ...lines] = linesOf(checkpoint)
      for (const line of lines) {
        const { ids = [] } = JSON.parse(line.slice(0, -10)) as { readonly ids?: ReadonlyArray<string> }
        // The times of requests, in milliseconds.
        const times = line.match(/\b1\d{12}\b/g) ?? []
        assert.isBelow(line.length, 800 + 25 * ids.length + 15 * times.length)
      }
    }
  })

  it("they are those of runs that were killed, once and twice, and of runs that ended", () => {
    const kinds = all().map(({ checkpoint }) => {
      const { start, steps } = Result.getOrThrow(Recorded.read(checkpoint))
      return [start.done.length + start.open.length > 0, ...new Set(steps.map(({ step }) => step))]
    })
    assert.deepStrictEqual(kinds[1]?.[0], true)
    assert.includeMembers(kinds[0]!, ["requests", "page"])
    assert.includeMembers(kinds[2]!, ["page", "whole"])
    assert.includeMembers(kinds[3]!, ["page", "cut page", "whole"])
  })

  it.live("nothing was changed: it is taken for all that was recorded", () =>
    Effect.forEach(
      all(),
      Effect.fnUntraced(function* (left) {
        assert.strictEqual(yield* goneOnFrom(left), [...trueStates(left)].at(-1))
      }),
    ),
  )

  it("cut after any byte; or one bit of any byte is another", () => {
    let inputs = 0
    for (const left of all()) {
      for (const index of left.checkpoint.keys()) {
        const [cut, other] = [left.checkpoint.subarray(0, index), flipped(left.checkpoint, index)]
        assertTrue(left, takenFor(cut, left.maxItems), `cut after ${index} bytes`)
        assertTrue(left, takenFor(other, left.maxItems), `byte ${index} changed`)
        inputs += 2
      }
    }
    assert.isAbove(inputs, 10_000)
  })

  it.live("the same of files, for some of the bytes", () =>
    Effect.forEach(
      all(),
      Effect.fnUntraced(function* (left) {
        for (let index = 1; index < left.checkpoint.length; index += 97) {
          const cut = left.checkpoint.subarray(0, index)
          assertTrue(left, yield* goneOnFrom(left, cut), `cut after ${index} bytes`)
          assertTrue(left, yield* goneOnFrom(left, flipped(left.checkpoint, index)), `byte ${index} changed`)
        }
      }),
    ),
  )

  it.live("an empty one is a new one, which does not write over the rows of another run", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* goneOnFrom(lefts.killed, new Uint8Array()))
      assert.strictEqual(yield* goneOnFrom(lefts.complete, new Uint8Array()), "nothing")
    }),
  )

  it.live("its lines removed, doubled, in another order; by other programs; with something behind it", () =>
    Effect.forEach(
      all(),
      Effect.fnUntraced(function* (left) {
        const lines = linesOf(left.checkpoint)
        const text = lines.join("")
        const changes = lines.flatMap((line, index) => [
          lines.toSpliced(index, 1),
          lines.toSpliced(index, 0, line),
          lines.toSpliced(index, 2, lines[index + 1] ?? "", line),
          [...lines.toSpliced(index, 1), line],
          lines.slice(index),
          lines.toSpliced(index, 0, "\n"),
          lines.with(index, `${line.trimEnd()}\r\n`),
        ])
        const others = [
          text.replaceAll("\n", "\r\n"),
          text.replaceAll("\n", "\r"),
          `\u00EF\u00BB\u00BF${text}`,
          ` ${text}`,
          text + text,
          text + lines.slice(1).join(""),
          `${text}\n`,
          `${text}\n\n`,
          `${text}half a rec`,
          `${text}${"\0".repeat(4_096)}`,
          `${text}${"\0".repeat(40)}\n`,
          text.replaceAll(/[0-9a-f]{8}\n/g, (checksum) => checksum.toUpperCase()),
          text.replaceAll(/ [0-9a-f]{8}\n/g, "\n"),
          text.trimEnd(),
          "\0".repeat(text.length),
          Buffer.from(text, "utf16le").toString("latin1"),
          [...lines].toReversed().join(""),
        ]
        for (const change of [...changes, ...others.map((other) => [other])]) {
          const how = change.join("").slice(0, 200)
          assertTrue(left, yield* goneOnFrom(left, bytesOf(change)), how)
        }
      }),
    ),
  )

  it.live(
    "rows that are not those that were written; more of them are those of a page that is read again",
    () =>
      Effect.forEach(
        Object.entries(lefts),
        Effect.fnUntraced(function* ([name, left]) {
          const { checkpoint, rows } = left
          const { bytes } = JSON.parse([...trueStates(left)].at(-1)!) as { readonly bytes: number }
          const isTold = (changed: Uint8Array) =>
            Effect.map(goneOnFrom(left, checkpoint, changed), (taken) =>
              assert.isUndefined(taken, `${name}: ${changed.length} of ${rows.length} bytes`),
            )
          for (let index = 0; index < bytes; index += 997) {
            yield* isTold(flipped(rows, index))
            yield* isTold(rows.subarray(0, index))
          }
          yield* isTold(rows.subarray(0, bytes - 1))
          yield* isTold(new Uint8Array(rows.length))
          for (const other of all()) {
            if (!Buffer.from(other.rows).subarray(0, bytes).equals(rows.subarray(0, bytes))) {
              yield* isTold(other.rows)
            }
          }
          const taken = yield* goneOnFrom(left, checkpoint, Buffer.concat([rows, Buffer.from("half a ro")]))
          // Where the output is whole no more is to come.
          const isWhole = name === "complete" || name === "limited"
          assert.strictEqual(taken, isWhole ? undefined : [...trueStates(left)].at(-1), name)
        }),
      ),
  )

  it("fields removed, of other types, with other values: with checksums that are wrong, or made to fit", () => {
    let inputs = 0
    const forged = new Set<string>()
    for (const left of all()) {
      const records = CheckpointFile.recordsIn(left.checkpoint)
      for (const [index, record] of records.entries()) {
        for (const [path, changed] of changesOf(record)) {
          inputs += 2
          const how = `line ${index + 1}, ${path}: ${JSON.stringify(changed)}`.slice(0, 300)
          const lines = linesOf(left.checkpoint)
          const line = `${JSON.stringify(changed)}${lines[index]!.slice(-10)}`
          assertTrue(left, takenFor(Buffer.from(lines.with(index, line).join("")), left.maxItems), how)
          const fitting = CheckpointFile.withRecords(records.with(index, changed))
          const taken = takenFor(fitting, left.maxItems)
          if (taken === undefined || trueStates(left).has(taken) || isOfTheRows(taken, left)) continue
          forged.add(path.replaceAll(/\d+/g, "*"))
        }
      }
    }
    assert.isAbove(inputs, 2_000)
    // Whoever makes the checksums fit can say that another number is done, or that a row had another id: nothing else
    // tells of those; nor of how many participants there were.
    assert.includeMembers(["done", "done.*", "ids", "ids.*", "rows"], [...forged])
  })

  /** Whether the rows would be found to be others. */
  const isOfTheRows = (taken: string, { rows }: Left): boolean => {
    const { bytes, crc } = JSON.parse(taken) as WrittenBytes.WrittenBytes
    return (
      bytes > rows.length || WrittenBytes.append(WrittenBytes.nothing, rows.subarray(0, bytes)).crc !== crc
    )
  }
})

describe("a file that is no checkpoint of this version stays as it is, and is said to be none, or of another version", () => {
  const version1 = {
    "feishu-meetings-checkpoint": 1,
    plan: { "--from": "30d" },
    step: "part",
    bytes: 0,
    rows: 0,
    numbers: { begun: 0, unread: "", open: [] },
  }
  const none = "is not a checkpoint, or was cut short; it stays as it is"
  const other = (version: number) =>
    `is a checkpoint of version ${version}, and this program knows version 2; it stays as it is`
  const files: ReadonlyArray<readonly [string, string, string]> = [
    ["of JSON", `{"name":"package"}`, none],
    ["of text", "337736498\n", none],
    ["that was cut short", `{"feishu-meetings-check`, none],
    ["of blank lines", "\n\n", none],
    ["of version 1", `${JSON.stringify(version1)}\n`, other(1)],
    ["of version 1, cut short", JSON.stringify(version1).slice(0, 60), other(1)],
    ["of version 1, formatted by an editor", `\uFEFF${JSON.stringify(version1, null, 2)}\r\n`, other(1)],
    ["of a version to come", `{"feishu-meetings-checkpoint":31,"parts":[]} 00000000\n`, other(31)],
    [
      "of this version without a checksum",
      `{"feishu-meetings-checkpoint":2}\n`,
      "is damaged: line 1 is not as",
    ],
  ]
  for (const [what, text, problem] of files) {
    it.live(`one ${what}`, () =>
      Effect.gen(function* () {
        const path = join(folder, "no-checkpoint")
        writeFileSync(path, text)
        const error = yield* Effect.flip(Effect.scoped(Checkpoint.open(path)))
        assert.include(error.message, `--checkpoint: ${path} ${problem}`)
        assert.strictEqual(readFileSync(path, "utf8"), text)
      }).pipe(Effect.provide(NodeServices.layer)),
    )
  }

  it.live("one that is larger than the memory is not read into it", () =>
    Effect.gen(function* () {
      for (const head of ["", `{"feishu-meetings-checkpoint":2,`]) {
        const path = join(folder, "huge")
        writeFileSync(path, head)
        truncateSync(path, 2 ** 33)
        const error = yield* Effect.flip(Effect.scoped(Checkpoint.open(path)))
        assert.include(error.message, "cannot be read (it has more than 1024 MiB)")
        assert.strictEqual(statSync(path).size, 2 ** 33)
      }
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

/** A record with one field changed: each field in several ways, with the path to it. */
const changesOf = (
  record: CheckpointFile.Record_,
): ReadonlyArray<readonly [string, CheckpointFile.Record_]> =>
  Object.entries(record).flatMap(([name, value]) => [
    [name, Object.fromEntries(Object.entries(record).filter(([other]) => other !== name))] as const,
    ...otherValues(value).map((other) => [name, { ...record, [name]: other }] as const),
    ...(typeof value === "object" && value !== null && !Array.isArray(value)
      ? changesOf(value as CheckpointFile.Record_).map(
          ([path, changed]) => [`${name}.${path}`, { ...record, [name]: changed }] as const,
        )
      : []),
    ...(Array.isArray(value)
      ? value
          .slice(0, 3)
          .flatMap((each: unknown, index) => [
            [`${name}.${index}`, { ...record, [name]: value.toSpliced(index, 1) }] as const,
            [`${name}.${index}`, { ...record, [name]: [...value, each] }] as const,
            ...otherValues(each).map(
              (other) => [`${name}.${index}`, { ...record, [name]: value.with(index, other) }] as const,
            ),
          ])
      : []),
  ])

const otherValues = (value: unknown): ReadonlyArray<unknown> => {
  const others: ReadonlyArray<unknown> = [null, true, "", "x", -1, 0, 1, 7, 1.5, 2 ** 53, [], {}, ["x"]]
  const near =
    typeof value === "number"
      ? [value + 1, value - 1, -value, String(value), value * 2]
      : typeof value === "string"
        ? [value.slice(1), `${value}0`, value.toUpperCase(), `${value} `, [value]]
        : Array.isArray(value)
          ? [value.toReversed()]
          : []
  return [...others, ...near].filter((other) => JSON.stringify(other) !== JSON.stringify(value))
}
