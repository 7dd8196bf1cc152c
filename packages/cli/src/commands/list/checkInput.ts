/** The input of `list`, and every check of it that is possible before anything is opened or sent. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Cursor, FeishuError, type MeetingNo, type Meetings, type TimeRange } from "@effect-feishu/core"
import * as Descriptor from "@effect-feishu/terminal/Descriptor"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as FieldsFlag from "../../input/FieldsFlag.ts"
import * as MeetingNumbers from "../../input/MeetingNumbers.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import * as FileOutput from "../../output/FileOutput.ts"
import type * as Fields from "../../output/Fields.ts"
import type * as Format from "../../output/Format.ts"
import { isStdout } from "../../output/openOutput.ts"
import * as Checkpoint from "../../run/Checkpoint.ts"
import type * as Progress from "../../run/Progress.ts"
import * as Identity from "../../settings/Identity.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as WorkingFolder from "../../settings/WorkingFolder.ts"
import { demoDays } from "./demoNumbers.ts"

/** The values of the flags and arguments of `list`. */
export interface Input extends RangeFlags.Given, DetailsFlags.Given, ConnectionFlags.Given {
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

/** The numbers to read, and from where. */
export interface Selection {
  readonly numbers: ReadonlyArray<MeetingNo>
  /**
   * The range: one for all numbers, since a relative time must not move while they are read. `asked` is when it was given,
   * in unix seconds. Absent where cursors are given: they hold the range.
   */
  readonly range: (TimeRange.TimeRange & { readonly asked?: number }) | undefined
  readonly cursors: ReadonlyArray<Cursor.Cursor>
}

/** An input that may be run. */
export interface Checked {
  readonly input: Input
  readonly settings: LoadedSettings.Settings
  /** Who reads; absent in a demo. */
  readonly identity: Identity.Identity | undefined
  readonly fields: ReadonlyArray<Fields.Field>
  /** What is requested of each meeting in addition to the list; absent where nothing is. */
  readonly request: Meetings.DetailsRequest | undefined
  readonly selection: Selection
}

/** Checks an input, and reads the settings and the numbers that it names. */
export const checkInput = Effect.fnUntraced(function* (given: Input) {
  // A name of standard output has the same effect as no --output: a table on a terminal, and no resuming.
  const toStdout = given.output !== undefined && isStdout(given.output)
  const input: Input = toStdout ? { ...given, output: undefined } : given
  yield* checkCombination(input)
  const fields = yield* FieldsFlag.read(input)
  const request = yield* DetailsFlags.request(input)
  const settings = yield* LoadedSettings.load(input)
  if (input.numbersFrom !== undefined && InputFile.isStdin(input.numbersFrom)) {
    yield* LoadedSettings.checkStdin(settings)
  }
  yield* checkFiles(input)
  const selection = yield* selectionOf(input)
  const identity = input.demo ? undefined : yield* Identity.find(settings)
  return { input, settings, identity, fields, request, selection } satisfies Checked
})

const words = Language.words({
  en: {
    demoAndCursor: ["the mock of an earlier demo no longer exists", "Leave out --cursor or --demo."],
    demoAndBaseUrl: ["a demo reads its own mock", "Leave out --base-url or --demo."],
    demoAndCheckpoint: ["the mock of a demo ends with it", "Leave out --checkpoint or --demo."],
    noNumber: ["no meeting number given", "Give at least one, such as: feishu-meetings list 337736498"],
    theNumbers: "the meeting numbers",
    holdsAlready: (doubled: string) => [
      "a cursor already holds number, range and page size",
      `Leave out ${doubled}, or the cursor.`,
    ],
    sameNumber: (meetingNo: string) => [
      `two cursors are of the number ${meetingNo}`,
      "Read them in two runs, one after the other.",
    ],
    overNumbers: ["it would overwrite the file of the numbers", "Write to another file."],
    noOutput: ["it needs an output file to resume", "Add --output FILE."],
    noFile: (path: string) => [
      `${path} means something that is already open, which no later run can resume`,
      "Give the name of a file; a file called - is ./-",
    ],
    sameFile: [
      "it would be written to the file of the output",
      "Give it a name that differs from that of the output.",
    ],
  },
  zh: {
    demoAndCursor: ["此前演示的模拟飞书已不存在", "请去掉 --cursor 或 --demo。"],
    demoAndBaseUrl: ["演示只读取自己的模拟飞书", "请去掉 --base-url 或 --demo。"],
    demoAndCheckpoint: ["演示结束后，其模拟飞书不再存在", "请去掉 --checkpoint 或 --demo。"],
    noNumber: ["未给出会议号", "请至少给出一个，例如：feishu-meetings list 337736498"],
    theNumbers: "会议号",
    holdsAlready: (doubled) => ["游标已包含会议号、时间范围和每页条数", `请去掉 ${doubled}，或去掉游标。`],
    sameNumber: (meetingNo) => [`有两个游标属于会议号 ${meetingNo}`, "请分两次读取。"],
    overNumbers: ["会覆盖会议号所在的文件", "请写到另一个文件。"],
    noOutput: ["检查点需要一个可以接着写的文件", "请加上 --output FILE。"],
    noFile: (path) => [
      `${path} 表示已经打开的输入或输出，之后的运行无法从那里继续`,
      "请给出文件名；名为 - 的文件请写作 ./-",
    ],
    sameFile: ["检查点会写到输出所在的文件", "请换一个与输出不同的文件名。"],
  },
})

/** Refuses flags that contradict each other. */
const checkCombination = Effect.fnUntraced(function* (
  input: Input,
): Effect.fn.Return<void, FeishuError.FeishuError> {
  const say = yield* Language.say(words)
  if (input.demo) {
    if (input.cursors.length > 0) return yield* FeishuError.invalidRequest("--cursor", ...say.demoAndCursor)
    if (input.baseUrl !== undefined)
      return yield* FeishuError.invalidRequest("--base-url", ...say.demoAndBaseUrl)
    if (input.checkpoint !== undefined)
      return yield* FeishuError.invalidRequest("--checkpoint", ...say.demoAndCheckpoint)
  }
  const someNumbers = input.numbers.length > 0 || input.numbersFrom !== undefined
  if (input.cursors.length === 0) {
    if (!someNumbers && !input.demo) return yield* FeishuError.invalidRequest("meeting-no", ...say.noNumber)
  } else {
    const doubled = [
      ...(someNumbers ? [say.theNumbers] : []),
      ...(input.from === undefined ? [] : ["--from"]),
      ...(input.to === undefined ? [] : ["--to"]),
      ...(input.month === undefined ? [] : ["--month"]),
      ...(input.pageSize === undefined ? [] : ["--page-size"]),
    ]
    if (doubled.length > 0)
      return yield* FeishuError.invalidRequest("--cursor", ...say.holdsAlready(doubled.join(", ")))
  }
  const { checkpoint, output } = input
  if (checkpoint === undefined) return
  if (output === undefined) return yield* FeishuError.invalidRequest("--checkpoint", ...say.noOutput)
  if (checkpoint === "-" || Descriptor.ofName(checkpoint) !== undefined) {
    return yield* FeishuError.invalidRequest("--checkpoint", ...say.noFile(checkpoint))
  }
})

/** Refuses files that would be written over each other; a link may lead anywhere. */
const checkFiles = Effect.fnUntraced(function* ({ checkpoint, numbersFrom, output }: Input) {
  if (output === undefined) return
  yield* WorkingFolder.check("--output", output)
  const say = yield* Language.say(words)
  if (numbersFrom !== undefined && (yield* FileOutput.overwrites(output, numbersFrom)))
    return yield* FeishuError.invalidRequest("--output", ...say.overNumbers)
  if (checkpoint === undefined) return
  yield* WorkingFolder.check("--checkpoint", checkpoint)
  const [data, own] = [yield* FileOutput.filesOf(output), yield* Checkpoint.filesOf(checkpoint)]
  if (own.some((file) => data.includes(file)))
    return yield* FeishuError.invalidRequest("--checkpoint", ...say.sameFile)
})

/** Reads the cursors, or the numbers and their range. */
const selectionOf = Effect.fnUntraced(function* (input: Input) {
  const say = yield* Language.say(words)
  if (input.cursors.length > 0) {
    const checked = yield* Effect.forEach(input.cursors, (text) =>
      Effect.mapBoth(Effect.fromResult(Cursor.read(text)), {
        onFailure: (problem) =>
          new FeishuError.FeishuError({ reason: new FeishuError.CursorUnusable({ problem }) }),
        onSuccess: () => text as Cursor.Cursor,
      }),
    )
    const numbers = checked.flatMap((cursor) => Cursor.toPosition(cursor)?.meetingNo ?? [])
    const twice = numbers.find((meetingNo, index) => numbers.indexOf(meetingNo) < index)
    if (twice !== undefined) return yield* FeishuError.invalidRequest("--cursor", ...say.sameNumber(twice))
    return { cursors: checked, numbers: [], range: undefined } satisfies Selection
  }
  const { from, month, to } = input
  const usual = input.demo && month === undefined ? `${demoDays}d` : undefined
  const range = yield* RangeFlags.range({ from: from ?? usual, to, month })
  const asked = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
  return {
    cursors: [],
    numbers: yield* MeetingNumbers.read(input),
    range: { ...range, asked },
  } satisfies Selection
})
