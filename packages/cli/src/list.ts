/** The command `list`: reads the meetings of numbers and writes them. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  Cursor,
  Events,
  FeishuClient,
  FeishuError,
  ListByNo,
  type MeetingNo,
  MeetingNoFromText,
  Meetings,
  TimeRange,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { exitCodes, faultOf } from "./Fault.ts"
import * as Format from "./Format.ts"
import * as Language from "./Language.ts"
import * as Output from "./Output.ts"
import { count, progressLine, Run, waitLine } from "./Run.ts"
import { Stderr } from "./Stderr.ts"

/** What was asked for. */
export interface Input {
  /** As they were written. */
  readonly numbers: ReadonlyArray<string>
  readonly from: string | undefined
  readonly to: string | undefined
  readonly cursor: string | undefined
  readonly format: Format.Name | undefined
  readonly output: string | undefined
  readonly pageSize: number | undefined
  readonly maxItems: number | undefined
  readonly baseUrl: string | undefined
  readonly summary: "text" | "json"
  readonly showPasswords: boolean
  readonly demo: boolean
}

/** The numbers that are read where none is given. */
export const DefaultNumbers = Context.Reference<ReadonlyArray<MeetingNo>>(
  "@effect-feishu/cli/DefaultNumbers",
  { defaultValue: () => [] },
)

/** The days of a demo. */
export const demoDays = 365
// 90 days less an hour: Feishu may refuse a start that is 90 days old when the request arrives, and a read takes time.
const defaultFrom = `${90 * 24 - 1}h`

/** Reads and writes. How far it came is in `Run`, whatever happens. */
export const list = Effect.fn("list")(function* (input: Input) {
  const run = yield* Run
  const stderr = yield* Stderr
  const listen = (event: Events.Event) =>
    Effect.andThen(
      count(run, event),
      Effect.suspend(() => {
        if (stderr.live) return stderr.progress(progressLine(run))
        const line = waitLine(run, event)
        return line === undefined ? Effect.void : stderr.line(line)
      }),
    )
  yield* checkCombination(input)
  const plan = yield* planOf(input)
  return yield* transfer(input, plan).pipe(
    Effect.provide(
      Meetings.layerClient.pipe(Layer.provideMerge(clientOf(input)), Layer.provide(NodeHttp.layer())),
    ),
    Effect.provideService(Events.Events, listen),
    Effect.scoped,
  )
})

const clientOf = (input: Input) => {
  // Loaded only when asked for: the mock brings a lot that a real run has no use for.
  if (input.demo) return Layer.unwrap(Effect.promise(async () => (await import("./demo.ts")).layer))
  if (input.baseUrl === undefined) return FeishuClient.layerConfig
  const flag = ConfigProvider.fromUnknown({ FEISHU_BASE_URL: input.baseUrl })
  return Layer.provide(FeishuClient.layerConfig, ConfigProvider.layerAdd(flag, { asPrimary: true }))
}

const transfer = Effect.fnUntraced(function* (input: Input, plan: Plan) {
  const run = yield* Run
  const starts = yield* startsOf(input, plan)
  const toTerminal = input.output === undefined && process.stdout.isTTY === true
  const formatName = input.format ?? (toTerminal ? "table" : "ndjson")
  const format = Format.make(formatName, {
    showPasswords: input.showPasswords,
    // Some terminals say 0 when they do not know.
    columns: toTerminal ? process.stdout.columns || undefined : undefined,
  })
  const output = yield* input.output === undefined
    ? Output.stdout
    : Output.named(input.output, { private: input.showPasswords })
  if (input.output !== undefined) run.file = { path: input.output, part: output.part }
  if (!input.demo) {
    run.again = { ...input, format: toTerminal && formatName === "table" ? undefined : formatName }
  }

  yield* copy(starts, format, output, input.maxItems).pipe(
    Effect.onExit((exit) =>
      output.close({ text: isBadInput(exit) ? "" : format.end(), exit, rows: run.rows }),
    ),
    // Whoever reads has what they wanted, as with --max-items: no error, and no failure of a pipeline.
    Effect.catchTag("ReaderGone", () => Effect.void),
  )
  run.ended = run.cursor === undefined ? "complete" : "limited"
})

/** Nothing was sent then, and so nothing is written either. */
const isBadInput = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && faultOf(exit.cause).exitCode === exitCodes.badInput

/** Copies page after page until the end, or until there are enough rows. */
const copy = Effect.fnUntraced(function* (
  starts: ReadonlyArray<Cursor.Cursor>,
  format: Format.Writer,
  output: Output.Output,
  maxItems = Number.POSITIVE_INFINITY,
) {
  const run = yield* Run
  const meetings = yield* Meetings.Meetings
  const stderr = yield* Stderr
  const begin = (index: number) => {
    run.cursor = starts[index]
    run.rest = starts.slice(index + 1)
  }
  begin(0)
  yield* Stream.fromIterable(starts.keys()).pipe(
    Stream.flatMap((index) => Stream.map(meetings.pages(starts[index]!), (page) => ({ index, page }))),
    Stream.runForEachWhile(({ index, page }) =>
      Effect.gen(function* () {
        const fitting = page.meetings.slice(0, maxItems - run.rows)
        yield* output.write(format.rows(fitting))
        run.rows += fitting.length
        // A page that was cut is read again by whoever resumes: better rows twice than rows lost.
        if (fitting.length < page.meetings.length) {
          run.repeated = fitting.length
          return false
        }
        if (page.cursor === undefined) begin(index + 1)
        else run.cursor = page.cursor
        yield* stderr.progress(progressLine(run))
        return run.rows < maxItems
      }),
    ),
  )
})

const words: Language.Words<(baseUrl: string, numbers: string, start: string, end: string) => string> = {
  en: (baseUrl, numbers, start, end) =>
    `demo: a mock Feishu at ${baseUrl}, meeting number ${numbers}, from ${start} to ${end}`,
  zh: (baseUrl, numbers, start, end) =>
    `演示：模拟飞书 ${baseUrl}，会议号 ${numbers}，时间范围 ${start} 至 ${end}`,
}

const refuse = (field: string, problem: string, remedy: string) =>
  Effect.fail(FeishuError.invalidRequest(field, problem, remedy))

const checkCombination = (input: Input): Effect.Effect<void, FeishuError.FeishuError> => {
  if (input.demo && input.cursor !== undefined) {
    return refuse("cursor", "the mock of an earlier demo is gone", "Leave out --cursor or --demo.")
  }
  if (input.demo && input.baseUrl !== undefined) {
    return refuse("base-url", "a demo reads its own mock", "Leave out --base-url or --demo.")
  }
  if (input.cursor === undefined) {
    return input.numbers.length === 0 && !input.demo
      ? refuse("meeting-no", "none is given", "Write at least one, such as: feishu-meetings list 337736498")
      : Effect.void
  }
  const doubled = [
    ...(input.numbers.length > 0 ? ["the meeting numbers"] : []),
    ...(input.from === undefined ? [] : ["--from"]),
    ...(input.to === undefined ? [] : ["--to"]),
    ...(input.pageSize === undefined ? [] : ["--page-size"]),
  ]
  return doubled.length === 0
    ? Effect.void
    : refuse(
        "cursor",
        "it holds number, range and page size already",
        `Leave out ${doubled.join(", ")}, or the cursor.`,
      )
}

const decodeNumber = Schema.decodeUnknownResult(MeetingNoFromText)

const numbersOf = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
  const decoded = texts.map((text) => decodeNumber(text))
  const problems = decoded.filter(Result.isFailure).map(({ failure }) => failure.message)
  if (problems.length > 0) {
    return yield* refuse("meeting-no", problems.join("; "), "Correct it, or leave it out.")
  }
  return [...new Set(decoded.filter(Result.isSuccess).map(({ success }) => success))]
})

/** What is to be read. */
type Plan =
  | { readonly cursor: Cursor.Cursor }
  | { readonly numbers: ReadonlyArray<MeetingNo>; readonly range: TimeRange.TimeRange }

/** Checks everything that can be checked before anything is opened or sent. */
const planOf = Effect.fnUntraced(function* (input: Input): Effect.fn.Return<Plan, FeishuError.FeishuError> {
  if (input.cursor !== undefined) {
    const cursor = Schema.decodeUnknownResult(Cursor.Cursor)(input.cursor)
    return Result.isSuccess(cursor)
      ? { cursor: cursor.success }
      : yield* refuse("cursor", cursor.failure.message, "Give it as it was printed.")
  }
  return {
    numbers: yield* numbersOf(input.numbers),
    // One range for all numbers: relative words must not move while they are read.
    range: yield* TimeRange.make({
      from: input.from ?? (input.demo ? `${demoDays}d` : defaultFrom),
      to: input.to,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
  }
})

/** Where each number starts, as cursors; they hold number and range, so a resumed read is no special case. */
const startsOf = Effect.fnUntraced(function* (input: Input, plan: Plan) {
  if ("cursor" in plan) {
    const run = yield* Run
    run.resumed = true
    return [plan.cursor]
  }
  const { baseUrl } = yield* FeishuClient.FeishuClient
  const numbers = plan.numbers.length > 0 ? plan.numbers : yield* DefaultNumbers
  if (input.demo) {
    const stderr = yield* Stderr
    const [start, end] = [plan.range.start, plan.range.end].map(TimeRange.iso)
    const demo = yield* Language.say(words)
    yield* stderr.line(demo(baseUrl, numbers.join(", "), `${start}`, `${end}`))
  }
  // A page that has to be cut is read again by whoever resumes: a smaller one need not be.
  const pageSize = input.pageSize ?? Math.min(ListByNo.maxPageSize, input.maxItems ?? ListByNo.maxPageSize)
  return numbers.map((meetingNo) =>
    Cursor.fromPosition({ meetingNo, ...plan.range, pageSize, baseUrl, window: 0 }),
  )
})
