/** The command `list`: reads the meetings of numbers and writes them. */
import { resolve } from "node:path"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import {
  Cursor,
  Events,
  FeishuClient,
  FeishuError,
  ListByNo,
  type MeetingBrief,
  type MeetingNo,
  Meetings,
  TimeRange,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Descriptor from "@effect-feishu/terminal/Descriptor"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Links from "@effect-feishu/terminal/Links"
import * as Checkpoint from "../../run/Checkpoint.ts"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import {
  exitCodeOf,
  exitCodes,
  faultOf,
  NumbersFailed,
  ofFeishu,
  TimeUnreachable,
} from "../../failure/Fault.ts"
import * as Format from "../../output/Format.ts"
import * as Language from "../../language/Language.ts"
import * as Lock from "../../output/Lock.ts"
import * as MeetingNumbers from "../../input/MeetingNumbers.ts"
import * as FileOutput from "../../output/FileOutput.ts"
import { isStdout, openOutput } from "../../output/openOutput.ts"
import type * as Output from "../../output/Output.ts"
import * as StreamOutput from "../../output/StreamOutput.ts"
import * as Progress from "../../run/Progress.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Recorded from "../../run/Recorded.ts"
import type * as WrittenBytes from "../../output/WrittenBytes.ts"
import { Run, type State } from "../../run/RunState.ts"
import type { SeenIds } from "../../run/SeenIds.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import { Stderr } from "../../console/Stderr.ts"
import { tell } from "../../run/Summary.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import * as WorkingFolder from "../../settings/WorkingFolder.ts"
import { instant } from "../../language/phrases.ts"

/** What was asked for. */
export interface Input extends RangeFlags.Given, ConnectionFlags.Given {
  readonly cursors: ReadonlyArray<string>
  readonly fields: string | undefined
  readonly format: Format.Name | undefined
  readonly output: string | undefined
  readonly checkpoint: string | undefined
  readonly maxItems: number | undefined
  readonly keepGoing: boolean
  readonly concurrency: number | undefined
  readonly summary: "text" | "json"
  readonly progress: Progress.Mode | undefined
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

/** Reads and writes. How far it came is in `Run`, whatever happens. */
export const list = Effect.fn("list")(function* (given: Input) {
  // By whatever name it is given, it is what it is without one: a table on a terminal, and nothing that can be gone on with.
  const toStdout = given.output !== undefined && isStdout(given.output)
  const input: Input = toStdout ? { ...given, output: undefined } : given
  yield* checkCombination(input)
  const fields = yield* fieldsOf(input)
  const settings = yield* LoadedSettings.load(input)
  if (input.checkpoint !== undefined && settings.format === "table") {
    return yield* refuse("format", (yield* Language.say(words)).noTable)
  }
  if (input.numbersFrom !== undefined && InputFile.isStdin(input.numbersFrom)) {
    yield* LoadedSettings.checkStdin(settings)
  }
  yield* checkFiles(input)
  const asked = yield* askedFor(input)
  const checkpoint = input.checkpoint === undefined ? undefined : yield* Checkpoint.open(input.checkpoint)
  const restingMillis = checkpoint?.restingMillis ?? []
  const client = ClientLayer.layer(settings, { initially: { restingMillis } }).pipe(
    Layer.provide(ClientLayer.http(settings)),
  )
  // A progress line begins where the data ends, and that of json ends in the midst of a line.
  const isInLine = input.output === undefined && process.stdout.isTTY && settings.format === "json"
  const progress = yield* Progress.start({
    mode: input.progress ?? (isInLine ? "none" : undefined),
    rateLimit: settings.rateLimit,
    restingMillis: Math.max(0, ...restingMillis),
  })
  const listen = (event: Events.Event) =>
    checkpoint === undefined
      ? progress.listen(event)
      : Effect.andThen(checkpoint.listen(event), progress.listen(event))
  yield* transfer({ input, settings, fields, asked, checkpoint, progress }).pipe(
    Effect.provide(Meetings.layerClient.pipe(Layer.provideMerge(input.demo ? demo : client))),
    Effect.provideService(Events.Events, listen),
  )
  const { unreachable } = yield* Run
  // All that Feishu still shows is in its place.
  if (unreachable.length > 0) return yield* new TimeUnreachable()
}, Effect.scoped)

// Loaded only when asked for: the mock brings a lot that a real run has no use for.
const demo = Layer.unwrap(Effect.promise(async () => (await import("./demo.ts")).layer)).pipe(
  Layer.provide(NodeHttp.layer()),
)

/** All that is known before anything is opened or sent. */
interface Task {
  readonly input: Input
  readonly settings: LoadedSettings.Settings
  readonly fields: ReadonlyArray<Format.Field>
  readonly asked: Asked
  readonly checkpoint: Checkpoint.Checkpoint | undefined
  readonly progress: Progress.Progress
}

const transfer = Effect.fnUntraced(function* ({
  asked,
  checkpoint,
  fields,
  input,
  progress,
  settings,
}: Task) {
  const run = yield* Run
  const toTerminal = input.output === undefined && process.stdout.isTTY === true
  const formatName = settings.format ?? (toTerminal ? "table" : "ndjson")
  const plan = yield* planOf(input, settings, asked, formatName)
  if (checkpoint !== undefined) {
    yield* Checkpoint.checkPlan(checkpoint, plan)
    run.checkpoint = checkpoint.path
    run.resumed ||= checkpoint.earlier !== undefined
  }
  const earlier = checkpoint?.earlier
  const range = earlier === undefined ? asked.range : earlier.start.range
  // That Feishu has answered for it shows that it could be read when it was given, whatever the clocks say.
  const couldBeRead = range !== undefined && earlier !== undefined && Recorded.hasPages(earlier)
  run.starts = yield* startsOf(
    input,
    settings,
    asked,
    couldBeRead ? { start: range.start, end: range.end } : range,
  )
  const state = yield* (
    checkpoint?.stateOf({
      starts: run.starts,
      hasRange: asked.range !== undefined,
      maxItems: input.maxItems,
    }) ?? Effect.undefined
  )
  if (state !== undefined) goOnFrom(run, state)
  run.planned = [
    ...Array.from(run.underWay.values(), (cursor) => Cursor.toPosition(cursor)!),
    ...run.starts.slice(run.begun),
  ].reduce((sum, position) => sum + windowsFrom(position), 0)

  if (state?.ended !== undefined) {
    return yield* Effect.uninterruptible(wasEnded(input.output!, checkpoint!.path, state))
  }

  const format = Format.make(formatName, {
    fields,
    // Some terminals say 0 when they do not know.
    columns: toTerminal ? process.stdout.columns || undefined : undefined,
    toTerminal,
  })
  if (!input.demo) {
    run.again = { ...input, format: toTerminal && formatName === "table" ? undefined : formatName }
  }

  let page: WrittenPage | undefined
  const open = Effect.gen(function* () {
    if (input.output === undefined) return yield* StreamOutput.stdout
    const output = yield* openOutput(input.output, {
      private: fields.includes("password"),
      journal:
        checkpoint === undefined || state === undefined
          ? undefined
          : {
              earlier: earlier && { bytes: state.bytes, crc: state.crc },
              record: (step, written) => {
                switch (step) {
                  case "begun":
                    return checkpoint.begin({ plan, ...(range === undefined ? {} : { range }) }, state)
                  case "page":
                    return checkpoint.add({ ...page!, ...written })
                  case "whole":
                    return checkpoint.add({ step, ended: endOf(run), ...written })
                }
              },
              forget: checkpoint.remove,
            },
    })
    run.file = { path: input.output, part: output.part }
    return output
  })

  let length = state?.bytes ?? 0
  const copyTo = (output: Output.Output) =>
    copy(
      input,
      settings.concurrency ?? 1,
      (meetings, written) => {
        const text = format.rows(meetings, { length, rows: run.rows })
        return output.write(text, () => {
          length += text.length
          page = written()
        })
      },
      progress,
      state?.seen,
    )

  const close = (output: Output.Output, exit: Exit.Exit<unknown, unknown>) => {
    const keep =
      run.rows > 0 || (checkpoint !== undefined && (run.resumed || run.pages > 0 || run.failed.size > 0))
    const closed = output.close({
      // Nothing was sent for bad input, and so nothing is written either; nor is a table of nothing of a failure.
      text:
        length === 0 && (isBadInput(exit) || (Exit.isFailure(exit) && formatName === "table"))
          ? ""
          : format.end({ length, rows: run.rows }),
      exit,
      keep,
    })
    if (Exit.isSuccess(exit))
      return Effect.andThen(
        closed,
        Effect.sync(() => (run.ended = endOf(run))),
      )
    if (checkpoint === undefined || !keep) return closed
    // Whoever goes on knows then when the last requests were answered.
    return Effect.andThen(closed, Effect.ignore(checkpoint.add({ step: "requests" })))
  }

  // A signal in between waits: what was opened is closed as it should be.
  yield* Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(open, (output) => Effect.onExit(restore(copyTo(output)), (exit) => close(output, exit))),
  ).pipe(
    // Whoever reads has what they wanted, as with --max-items: no error, and no failure of a pipeline.
    Effect.catchTag("ReaderGone", () => Effect.sync(() => (run.ended = "limited"))),
  )
})

const isBadInput = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && faultOf(exit.cause).exitCode === exitCodes.badInput

/** What a page has brought, as a checkpoint records it. */
type WrittenPage = Recorded.Without<
  Extract<Recorded.Step, { readonly step: "page" | "cut page" }>,
  keyof WrittenBytes.WrittenBytes | "requests"
>

/** Puts a run where an earlier one ended. What that one had begun, and written nothing of, goes on where it starts. */
const goOnFrom = (run: State, { done, open, rows, unreachable }: Recorded.State): void => {
  run.rows = run.rowsBefore = rows
  run.unreachable.push(...unreachable)
  run.begun = 1 + run.starts.findLastIndex(({ meetingNo }) => done.has(meetingNo) || open.has(meetingNo))
  for (const start of run.starts.slice(0, run.begun)) {
    if (done.has(start.meetingNo)) continue
    run.underWay.set(start.meetingNo, open.get(start.meetingNo) ?? Cursor.fromPosition(start))
  }
}

/** An earlier run has come to the end: at most its file is still to be moved. */
const wasEnded = Effect.fnUntraced(function* (path: string, checkpoint: string, state: Recorded.State) {
  const run = yield* Run
  const stderr = yield* Stderr
  const { alreadyEnded } = yield* Language.say(words)
  const moved = yield* FileOutput.finish(path, state)
  // The run that moved it has told what was left out.
  if (!moved) run.unreachable.length = 0
  yield* stderr.line(alreadyEnded(checkpoint))
  run.file = { path, part: undefined }
  run.ended = state.ended
})

/** Copies page after page until the end, or until there are enough rows. */
const copy = Effect.fnUntraced(function* (
  { keepGoing, maxItems = Number.POSITIVE_INFINITY }: Input,
  concurrency: number,
  /** `written` is called once the rows are out, and says what they have brought. */
  write: (
    meetings: ReadonlyArray<MeetingBrief>,
    written: () => WrittenPage,
  ) => ReturnType<Output.Output["write"]>,
  progress: Progress.Progress,
  seen: SeenIds | undefined,
) {
  const run = yield* Run
  const meetings = yield* Meetings.Meetings
  const language = yield* Language.CurrentLanguage
  // Windows beside each other are read to be thrown away where only some rows are wanted.
  const readAhead = Number.isFinite(maxItems) ? 1 : 4

  const begin = (start: Cursor.Position): Cursor.Cursor => {
    const cursor = Cursor.fromPosition(start)
    run.begun++
    run.underWay.set(start.meetingNo, cursor)
    return cursor
  }
  const isOwn = (error: FeishuError.FeishuError): boolean =>
    keepGoing && exitCodeOf(error) !== exitCodes.badInput && Meetings.isFaultOfNumber(error)
  const fail = Effect.fnUntraced(function* (meetingNo: MeetingNo, error: FeishuError.FeishuError) {
    run.underWay.delete(meetingNo)
    run.failed.set(meetingNo, error)
    const position = Cursor.toPosition(error.cursor ?? "")
    if (position !== undefined && run.planned !== undefined) {
      // Of the window in which it failed a page may have been read.
      run.planned -= windowsFrom(position) - (position.pageToken === undefined ? 0 : 1)
    }
    yield* tell(ofFeishu(error, language))
    return true
  })
  const add = Effect.fnUntraced(function* (page: Meetings.Page) {
    const fitting = page.meetings.slice(0, maxItems - run.rows)
    const isCut = fitting.length < page.meetings.length
    const { cursor, meetingNo } = page
    yield* write(fitting, () => {
      run.rows += fitting.length
      if (page.unreachable !== undefined) run.unreachable.push({ meetingNo, ...page.unreachable })
      if (isCut) {
        // It is read again by whoever resumes: better rows twice than rows lost.
        run.repeated = fitting.length
        return { step: "cut page", rows: run.rows }
      }
      if (cursor === undefined) run.underWay.delete(meetingNo)
      else run.underWay.set(meetingNo, cursor)
      return {
        step: "page",
        meetingNo,
        ...(cursor === undefined ? { last: true } : { cursor }),
        ids: fitting.map(({ id }) => id),
        ...(page.unreachable === undefined ? {} : { unreachable: page.unreachable }),
        rows: run.rows,
      }
    })
    yield* progress.pageWritten
    return !isCut && run.rows < maxItems
  })

  // An earlier run had all rows that are wanted.
  if (run.rows >= maxItems) return
  yield* Stream.fromIterable<Cursor.Cursor | Cursor.Position>([
    ...run.underWay.values(),
    ...run.starts.slice(run.begun),
  ]).pipe(
    Stream.flatMap(
      (next) =>
        Stream.suspend(() => {
          const cursor = typeof next === "string" ? next : begin(next)
          return meetings.pages({ cursor, readAhead, seen: seen?.of(numberOf(cursor)) }).pipe(
            Stream.map((page) => add(page)),
            Stream.catchIf(isOwn, (error) => Stream.succeed(fail(numberOf(cursor), error))),
          )
        }),
      { concurrency },
    ),
    Stream.runForEachWhile((step) => step),
  )
  if (run.failed.size > 0) return yield* new NumbersFailed({ errors: [...run.failed.values()] })
})

/** How a read ends that nothing has stopped. */
const endOf = (run: State) =>
  run.underWay.size === 0 && run.begun === run.starts.length ? "complete" : "limited"

/** How many windows are to be read from there on. */
const windowsFrom = (position: Cursor.Position): number =>
  TimeRange.windows(position).length - position.window

/** Of a cursor that is known to be whole. */
const numberOf = (cursor: Cursor.Cursor): MeetingNo => Cursor.toPosition(cursor)!.meetingNo

const words = Language.words({
  en: {
    demo: (baseUrl: string, numbers: string, start: string, end: string) =>
      `demo: a mock Feishu at ${baseUrl}, meeting number ${numbers}, from ${start} to ${end}`,
    alreadyEnded: (checkpoint: string) =>
      `nothing to do: by ${checkpoint} an earlier run came to the end; nothing was sent (remove it to read anew)`,
    demoAndCursor: ["the mock of an earlier demo is gone", "Leave out --cursor or --demo."],
    demoAndBaseUrl: ["a demo reads its own mock", "Leave out --base-url or --demo."],
    demoAndCheckpoint: ["the mock of a demo is gone with it", "Leave out --checkpoint or --demo."],
    noNumber: ["none is given", "Write at least one, such as: feishu-meetings list 337736498"],
    theNumbers: "the meeting numbers",
    holdsAlready: (doubled: string) => [
      "it holds number, range and page size already",
      `Leave out ${doubled}, or the cursor.`,
    ],
    sameNumber: (meetingNo: string) => [
      `two are of the number ${meetingNo}`,
      "Give them to one run after the other.",
    ],
    overNumbers: ["it would replace the file of the numbers", "Write to another file."],
    noOutput: ["it needs a file that it can go on with", "Add --output FILE."],
    noFile: (path: string) => [
      `${path} stands for what is open already, and no other run can go on with that`,
      "Give the name of a file; that of one called - is ./-",
    ],
    sameFile: [
      "it would be written where the output is",
      "Give it a name that is not like that of the output.",
    ],
    noTable: [
      "a table takes the widths of its columns from its first rows, so that no other run can go on with it",
      "Choose ndjson, json, csv or excel with --format.",
    ],
    noField: ["there is none", "Name some, such as: --fields id,topic"],
    unknownFields: (names: string, known: string) => [`there is no ${names}`, `There are ${known}.`],
    password: ["password is among them", "Add --show-passwords to have the passwords written."],
  },
  zh: {
    demo: (baseUrl, numbers, start, end) =>
      `演示：模拟飞书 ${baseUrl}，会议号 ${numbers}，时间范围 ${start} 至 ${end}`,
    alreadyEnded: (checkpoint) =>
      `无需再读：检查点 ${checkpoint} 记录此前已读到末尾；未发送任何请求（删除它可重新读取）`,
    demoAndCursor: ["此前演示的模拟飞书已不存在", "请去掉 --cursor 或 --demo。"],
    demoAndBaseUrl: ["演示只读取自己的模拟飞书", "请去掉 --base-url 或 --demo。"],
    demoAndCheckpoint: ["演示结束后，其模拟飞书不再存在", "请去掉 --checkpoint 或 --demo。"],
    noNumber: ["未给出会议号", "请至少给出一个，例如：feishu-meetings list 337736498"],
    theNumbers: "会议号",
    holdsAlready: (doubled) => ["游标已包含会议号、时间范围和每页条数", `请去掉 ${doubled}，或去掉游标。`],
    sameNumber: (meetingNo) => [`有两个游标属于会议号 ${meetingNo}`, "请分两次运行。"],
    overNumbers: ["会覆盖会议号所在的文件", "请写到另一个文件。"],
    noOutput: ["检查点需要一个可以接着写的文件", "请加上 --output FILE。"],
    noFile: (path) => [
      `${path} 表示已经打开的输入或输出，其他运行无法从那里继续`,
      "请给出文件名；名为 - 的文件请写作 ./-",
    ],
    sameFile: ["检查点会写到输出所在的文件", "请换一个与输出不相近的文件名。"],
    noTable: [
      "表格的列宽取自最先的几行，其他运行无法接着写",
      "请用 --format 选择 ndjson、json、csv 或 excel。",
    ],
    noField: ["没有给出字段", "请给出字段名，例如：--fields id,topic"],
    unknownFields: (names, known) => [`没有字段 ${names}`, `可用字段：${known}。`],
    password: ["其中有 password", "要写出密码，请加上 --show-passwords。"],
  },
})

const refuse = (field: string, [problem, remedy]: readonly [string, string]) =>
  FeishuError.invalidRequest(field, problem, remedy)

const checkCombination = Effect.fnUntraced(function* (
  input: Input,
): Effect.fn.Return<void, FeishuError.FeishuError> {
  const say = yield* Language.say(words)
  if (input.demo) {
    if (input.cursors.length > 0) return yield* refuse("--cursor", say.demoAndCursor)
    if (input.baseUrl !== undefined) return yield* refuse("--base-url", say.demoAndBaseUrl)
    if (input.checkpoint !== undefined) return yield* refuse("--checkpoint", say.demoAndCheckpoint)
  }
  const someNumbers = input.numbers.length > 0 || input.numbersFrom !== undefined
  if (input.cursors.length === 0) {
    if (!someNumbers && !input.demo) return yield* refuse("meeting-no", say.noNumber)
  } else {
    const doubled = [
      ...(someNumbers ? [say.theNumbers] : []),
      ...(input.from === undefined ? [] : ["--from"]),
      ...(input.to === undefined ? [] : ["--to"]),
      ...(input.pageSize === undefined ? [] : ["--page-size"]),
    ]
    if (doubled.length > 0) return yield* refuse("--cursor", say.holdsAlready(doubled.join(", ")))
  }
  const { checkpoint, output } = input
  if (checkpoint === undefined) return
  if (output === undefined) return yield* refuse("--checkpoint", say.noOutput)
  if (checkpoint === "-" || Descriptor.ofName(checkpoint) !== undefined) {
    return yield* refuse("--checkpoint", say.noFile(checkpoint))
  }
})

/** Refuses files that would be written over each other; a link may lead anywhere. */
const checkFiles = Effect.fnUntraced(function* ({ checkpoint, numbersFrom, output }: Input) {
  if (output === undefined) return
  yield* WorkingFolder.check("--output", output)
  const say = yield* Language.say(words)
  const data = yield* FileOutput.filesOf(output)
  if (numbersFrom !== undefined && !InputFile.isStdin(numbersFrom)) {
    const numbers = Links.end(numbersFrom)
    if (numbers !== undefined && Lock.wholePath(numbers) === data[0])
      return yield* refuse("--output", say.overNumbers)
  }
  if (checkpoint === undefined) return
  yield* WorkingFolder.check("--checkpoint", checkpoint)
  const own = yield* Checkpoint.filesOf(checkpoint)
  if (own.some((file) => data.includes(file))) return yield* refuse("--checkpoint", say.sameFile)
})

/** The fields of a row. */
export const fieldsOf = Effect.fnUntraced(function* ({
  fields,
  showPasswords,
}: Pick<Input, "fields" | "showPasswords">): Effect.fn.Return<
  ReadonlyArray<Format.Field>,
  FeishuError.FeishuError
> {
  if (fields === undefined) return Format.usualFields(showPasswords)
  const say = yield* Language.say(words)
  const names = new Set(fields.split(",").flatMap((name) => name.trim() || []))
  if (names.size === 0) return yield* refuse("--fields", say.noField)
  const unknown = [...names].filter((name) => !Format.isField(name))
  if (unknown.length > 0) {
    return yield* refuse("--fields", say.unknownFields(unknown.join(", "), Format.fields.join(", ")))
  }
  if (names.has("password") && !showPasswords) return yield* refuse("--fields", say.password)
  return [...names].filter(Format.isField)
})

/** What is to be read. */
interface Asked {
  readonly numbers: ReadonlyArray<MeetingNo>
  /**
   * One range for all numbers, since relative words must not move while they are read, and when it was given in unix
   * seconds; none beside cursors.
   */
  readonly range: (TimeRange.TimeRange & { readonly asked?: number }) | undefined
  readonly cursors: ReadonlyArray<Cursor.Cursor>
}

/** Checks everything that can be checked before anything is opened or sent. */
const askedFor = Effect.fnUntraced(function* (input: Input) {
  const say = yield* Language.say(words)
  if (input.cursors.length > 0) {
    const checked = yield* Effect.forEach(input.cursors, (text) =>
      Effect.mapBoth(Effect.fromResult(Cursor.read(text)), {
        onFailure: (problem) =>
          new FeishuError.FeishuError({ reason: new FeishuError.CursorUnusable({ problem }) }),
        onSuccess: () => text as Cursor.Cursor,
      }),
    )
    const numbers = checked.map(numberOf)
    const twice = numbers.find((meetingNo, index) => numbers.indexOf(meetingNo) < index)
    if (twice !== undefined) return yield* refuse("--cursor", say.sameNumber(twice))
    return { cursors: checked, numbers: [], range: undefined } satisfies Asked
  }
  const range = yield* RangeFlags.range({
    from: input.from ?? (input.demo ? `${demoDays}d` : undefined),
    to: input.to,
  })
  const asked = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
  return {
    cursors: [],
    numbers: yield* MeetingNumbers.read(input),
    range: { ...range, asked },
  } satisfies Asked
})

/** What makes this run the same as another one: the words that say which rows are written, and how. */
const planOf = Effect.fnUntraced(function* (
  input: Input,
  settings: LoadedSettings.Settings,
  asked: Asked,
  format: Format.Name,
) {
  const { baseUrl } = yield* FeishuClient.FeishuClient
  const word = <W>(value: W | undefined): W | null => value ?? null
  return {
    "meeting-no": Checkpoint.inOneWord(asked.numbers),
    "--cursor": Checkpoint.inOneWord(asked.cursors),
    "--from": word(input.from),
    "--to": word(input.to),
    "--page-size": word(settings.pageSize),
    "--max-items": word(input.maxItems),
    "--fields": word(input.fields),
    "--format": format,
    "--show-passwords": input.showPasswords,
    "--output": input.output === undefined ? null : resolve(input.output),
    "base URL": baseUrl,
    app: word(LoadedSettings.app(settings)),
  } satisfies Recorded.Plan
})

/** Where each number starts. */
const startsOf = Effect.fnUntraced(function* (
  input: Input,
  settings: LoadedSettings.Settings,
  asked: Asked,
  range: Asked["range"],
) {
  const run = yield* Run
  if (range === undefined) {
    run.resumed = true
    return asked.cursors.flatMap((cursor) => Cursor.toPosition(cursor) ?? [])
  }
  const { baseUrl } = yield* FeishuClient.FeishuClient
  const numbers = asked.numbers.length > 0 ? asked.numbers : yield* DefaultNumbers
  if (input.demo && (yield* CurrentVerbosity) !== "quiet") {
    const stderr = yield* Stderr
    const { demo } = yield* Language.say(words)
    yield* stderr.line(demo(baseUrl, numbers.join(", "), instant(range.start), instant(range.end)))
  }
  // A page that has to be cut is read again by whoever resumes: a smaller one need not be.
  const largest = settings.pageSize ?? ListByNo.maxPageSize
  const pageSize = input.pageSize ?? Math.min(largest, input.maxItems ?? largest)
  return numbers.map((meetingNo): Cursor.Position => ({ meetingNo, ...range, pageSize, baseUrl, window: 0 }))
})
