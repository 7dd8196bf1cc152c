/**
 * The command `list`, run: the input is checked, the checkpoint and the client are made, and pages go from Feishu to the
 * output. `Run` says how far the run has come, however it ends.
 */
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Cursor, Events, FeishuClient, FeishuError, ListByNo, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import { TimeUnreachable } from "../../failure/Fault.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import { instant } from "../../language/TimeZone.ts"
import * as FileOutput from "../../output/FileOutput.ts"
import { chooseFormat } from "../../output/chooseFormat.ts"
import * as Format from "../../output/Format.ts"
import * as Answers from "../../run/Answers.ts"
import * as Checkpoint from "../../run/Checkpoint.ts"
import * as CountedRequests from "../../run/CountedRequests.ts"
import * as Progress from "../../run/Progress.ts"
import * as Recorded from "../../run/Recorded.ts"
import * as RunState from "../../run/RunState.ts"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import * as Identity from "../../settings/Identity.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import { type Checked, checkInput, type Input, type Selection } from "./checkInput.ts"
import { DefaultNumbers } from "./demoNumbers.ts"
import * as PageWriter from "./PageWriter.ts"
import { readPages } from "./readPages.ts"

const words = Language.words({
  en: {
    range: (start: string, end: string) => `range: ${start} to ${end}`,
    demo: (baseUrl: string, numbers: string, start: string, end: string) =>
      `demo: a mock Feishu at ${baseUrl}, meeting number ${numbers}, from ${start} to ${end}`,
    notInDemo: (missing: string, those: string) => [
      `the demo has no meetings of ${missing}`,
      `Leave the number out, or give the one of the demo: ${those}.`,
    ],
    noTable: [
      "a table takes the widths of its columns from its first rows, so no later run can continue it",
      "Choose another format with --format, such as csv.",
    ],
    alreadyEnded: (checkpoint: string) =>
      `nothing to do: ${checkpoint} says that an earlier run read everything; nothing was sent (remove it to read again)`,
  },
  zh: {
    range: (start, end) => `时间范围：${start} 至 ${end}`,
    demo: (baseUrl, numbers, start, end) =>
      `演示：模拟飞书 ${baseUrl}，会议号 ${numbers}，时间范围 ${start} 至 ${end}`,
    notInDemo: (missing, those) => [
      `演示中没有会议号 ${missing} 的会议`,
      `请不要给出会议号，或给出演示的会议号：${those}。`,
    ],
    noTable: ["表格的列宽取自最先的几行，之后的运行无法接着写", "请用 --format 选择其他格式，例如 csv。"],
    alreadyEnded: (checkpoint) =>
      `无需再读：检查点 ${checkpoint} 记录此前的运行已全部读完；未发送任何请求（删除它可重新读取）`,
  },
})

/** Reads the meetings of numbers and writes them. */
export const list = Effect.fn("list")(function* (given: Input) {
  const checked = yield* checkInput(given)
  const { identity, input, settings } = checked
  const checkpoint = input.checkpoint === undefined ? undefined : yield* Checkpoint.open(input.checkpoint)
  const format = yield* formatOf(checked, checkpoint)
  const resting = checkpoint?.resting
  const client =
    identity === undefined
      ? demo
      : ClientLayer.layer(settings, identity, { initially: resting }).pipe(
          Layer.provide(ClientLayer.http(settings)),
        )
  // A progress line begins where the data ends, and json data ends in the middle of a line.
  const isInLine = input.output === undefined && process.stdout.isTTY && format === "json"
  const progress = yield* Progress.start({
    mode: input.progress ?? (isInLine ? "none" : undefined),
    rateLimit: settings.rateLimit,
    restingMillis: resting === undefined ? 0 : CountedRequests.longestRest(resting),
  })
  const listen = (event: Events.Event) =>
    checkpoint === undefined
      ? progress.listen(event)
      : Effect.andThen(checkpoint.listen(event), progress.listen(event))
  yield* transfer(checked, format, checkpoint, progress).pipe(
    Effect.provide(Meetings.layerClient.pipe(Layer.provideMerge(client))),
    Effect.provideService(Events.Events, listen),
  )
  const { unreachable } = yield* RunState.Run
  // Everything that Feishu still shows is in the output.
  if (unreachable.length > 0) return yield* new TimeUnreachable()
}, Effect.scoped)

// Loaded only for a demo: the mock has many dependencies that a real run does not need.
const demo = Layer.unwrap(Effect.promise(async () => (await import("./demo.ts")).layer)).pipe(
  Layer.provide(NodeHttp.layer()),
)

const isToTerminal = ({ output }: Input): boolean => output === undefined && process.stdout.isTTY === true

/** Returns the format of the output: a checkpoint keeps the one that it began with. */
const formatOf = Effect.fnUntraced(function* (
  { input, settings }: Checked,
  checkpoint: Checkpoint.Checkpoint | undefined,
) {
  const begun = checkpoint?.earlier?.start.plan["--format"]
  const format = yield* chooseFormat({
    flag: input.format,
    setting: settings.format,
    output: input.output,
    begun: Format.isName(begun) ? begun : undefined,
    otherwise: isToTerminal(input) ? "table" : "ndjson",
  })
  if (checkpoint === undefined || format !== "table") return format
  return yield* FeishuError.invalidRequest("--format", ...(yield* Language.say(words)).noTable)
})

/** Reads the meetings that are left to read, and writes them to the output. */
const transfer = Effect.fnUntraced(function* (
  { fields, identity, input, request, selection, settings }: Checked,
  format: Format.Name,
  checkpoint: Checkpoint.Checkpoint | undefined,
  progress: Progress.Progress,
) {
  const run = yield* RunState.Run
  run.answers = Answers.none(input)
  const toTerminal = isToTerminal(input)
  const toRead = { identity, input, settings, selection }
  const plan = yield* planOf(toRead, format)
  const recording = yield* resume(toRead, checkpoint, plan)
  if (recording?.state.ended !== undefined) {
    return yield* Effect.uninterruptible(reportEnded(input.output!, recording))
  }
  if (!input.demo) {
    run.repeatedFlags = { ...input, format: toTerminal && format === "table" ? undefined : format }
  }
  // A signal waits while the output is being opened, so that an open output is always closed.
  yield* Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      PageWriter.open({ output: input.output, fields, format, toTerminal, recording }),
      (writer) =>
        restore(
          readPages({
            keepGoing: input.keepGoing,
            maxItems: input.maxItems,
            request,
            concurrency: settings.concurrency ?? 1,
            writer,
            progress,
            seen: recording?.state.seen,
          }),
        ).pipe(Effect.onExit((exit) => writer.close(exit))),
    ),
  ).pipe(
    // The reader of a pipe has what it wanted, as with --max-items: that is not an error, and does not fail a pipeline.
    Effect.catchTag("ReaderGone", () => Effect.sync(() => (run.ended = "limited"))),
  )
})

type ToRead = Pick<Checked, "identity" | "input" | "settings" | "selection">

/** Sets where the run starts: at its cursors or range, or where the checkpoint of an earlier run of the same plan ends. */
const resume = Effect.fnUntraced(function* (
  toRead: ToRead,
  checkpoint: Checkpoint.Checkpoint | undefined,
  plan: Recorded.Plan,
) {
  const run = yield* RunState.Run
  if (checkpoint === undefined) {
    run.starts = yield* startsOf(toRead, toRead.selection.range)
    RunState.planWindows(run)
    return undefined
  }
  yield* Checkpoint.checkPlan(checkpoint, plan)
  const { earlier } = checkpoint
  run.checkpoint = checkpoint.path
  run.resumed ||= earlier !== undefined
  const range = earlier === undefined ? toRead.selection.range : earlier.start.range
  // Feishu has answered for this range, so it could be read when it was given, whatever the clocks say.
  const couldBeRead = range !== undefined && earlier !== undefined && Recorded.hasPages(earlier)
  run.starts = yield* startsOf(toRead, couldBeRead ? { start: range.start, end: range.end } : range)
  const state = yield* checkpoint.stateOf({
    starts: run.starts,
    hasRange: toRead.selection.range !== undefined,
    maxItems: toRead.input.maxItems,
    parts: toRead.input,
  })
  RunState.resumeFrom(run, state)
  RunState.planWindows(run)
  const head = { plan, ...(range === undefined ? {} : { range }) }
  return { checkpoint, head, state } satisfies PageWriter.Recording
})

/** The checkpoint says that the read was finished; at most the output still has to be moved to its place. */
const reportEnded = Effect.fnUntraced(function* (path: string, { checkpoint, state }: PageWriter.Recording) {
  const run = yield* RunState.Run
  const stderr = yield* Stderr
  const { alreadyEnded } = yield* Language.say(words)
  const moved = yield* FileOutput.finish(path, state, state.workbook)
  // The run that moved it has reported what was left out.
  if (!moved) run.unreachable.length = 0
  yield* stderr.line(alreadyEnded(checkpoint.path))
  run.file = { path, part: undefined, isWorkbook: state.workbook !== undefined }
  run.ended = state.ended
})

/** The identity of a run: everything that changes which rows are written, or how. A checkpoint is resumed by the same plan. */
const planOf = Effect.fnUntraced(function* (
  { identity, input, selection, settings }: ToRead,
  format: Format.Name,
) {
  const { baseUrl } = yield* FeishuClient.FeishuClient
  const word = <W>(value: W | undefined): W | null => value ?? null
  return {
    "meeting-no": Checkpoint.inOneWord(selection.numbers),
    "--cursor": Checkpoint.inOneWord(selection.cursors),
    "--from": word(input.from),
    "--to": word(input.to),
    "--page-size": word(settings.pageSize),
    "--max-items": word(input.maxItems),
    // `null` is what a checkpoint has that knows nothing of these flags.
    "--month": word(input.month),
    "--details": input.details && !input.participants ? true : null,
    "--participants": input.participants || null,
    "--recordings": input.recordings || null,
    "--user-id-type": word(input.userIdType),
    "--fields": word(input.fields),
    "--format": format,
    "--show-passwords": input.showPasswords,
    "--output": input.output === undefined ? null : resolve(input.output),
    "base URL": baseUrl,
    app: word(LoadedSettings.app(settings)),
    // As the client does with a cursor: another account may see other meetings.
    account: word(Identity.openIdOf(identity)),
  } satisfies Recorded.Plan
})

/** Returns where each number starts. */
const startsOf = Effect.fnUntraced(function* (
  { identity, input, selection, settings }: ToRead,
  range: Selection["range"],
) {
  const run = yield* RunState.Run
  if (range === undefined) {
    run.resumed = true
    return selection.cursors.flatMap((cursor) => Cursor.toPosition(cursor) ?? [])
  }
  const { baseUrl } = yield* FeishuClient.FeishuClient
  const those = yield* DefaultNumbers
  const numbers = selection.numbers.length > 0 ? selection.numbers : those
  const missing = input.demo ? numbers.filter((meetingNo) => !those.includes(meetingNo)) : []
  if (missing.length > 0) {
    const { notInDemo } = yield* Language.say(words)
    yield* FeishuError.invalidRequest("meeting-no", ...notInDemo(missing.join(", "), those.join(", ")))
  }
  if ((yield* CurrentVerbosity) !== "quiet") {
    const stderr = yield* Stderr
    const say = yield* Language.say(words)
    const [start, end] = [instant(range.start), instant(range.end)]
    if (input.demo) yield* stderr.line(say.demo(baseUrl, numbers.join(", "), start, end))
    else if (RangeFlags.isLocal(input)) yield* stderr.line(say.range(start, end))
    yield* Identity.showAccount(identity)
  }
  // A page that has to be cut is read again by the run that resumes; a page that is small enough is not.
  const largest = settings.pageSize ?? ListByNo.maxPageSize
  const pageSize = input.pageSize ?? Math.min(largest, input.maxItems ?? largest)
  const account = Identity.openIdOf(identity)
  return numbers.map((meetingNo): Cursor.Position => ({
    meetingNo,
    ...range,
    pageSize,
    baseUrl,
    ...(account === undefined ? {} : { account }),
    window: 0,
  }))
})
