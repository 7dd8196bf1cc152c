/**
 * The command `get`, run: the ids are checked, the client is made, and meetings go from Feishu to the output in the order of
 * the ids. `Run` says how far the run has come, however it ends.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Events, FeishuError, type MeetingId, Meetings } from "@effect-feishu/core"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as FieldsFlag from "../../input/FieldsFlag.ts"
import * as MeetingIds from "../../input/MeetingIds.ts"
import * as Language from "../../language/Language.ts"
import type * as Fields from "../../output/Fields.ts"
import * as FileOutput from "../../output/FileOutput.ts"
import { chooseFormat } from "../../output/chooseFormat.ts"
import type * as Format from "../../output/Format.ts"
import { isStdout } from "../../output/openOutput.ts"
import * as Answers from "../../run/Answers.ts"
import * as MeetingWriter from "../../run/MeetingWriter.ts"
import * as Progress from "../../run/Progress.ts"
import * as RunState from "../../run/RunState.ts"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import * as Identity from "../../settings/Identity.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as WorkingFolder from "../../settings/WorkingFolder.ts"

/** The values of the flags and arguments of `get`. */
export interface Input extends MeetingIds.Given, Omit<DetailsFlags.Given, "details">, ConnectionFlags.Given {
  readonly fields: string | undefined
  readonly format: Format.Name | undefined
  readonly output: string | undefined
  readonly summary: "text" | "json"
  readonly progress: Progress.Mode | undefined
  readonly showPasswords: boolean
}

const words = Language.words({
  en: {
    none: ["no meeting id given", "Give at least one, such as: feishu-meetings get 7672989999303099091"],
    overIds: ["it would overwrite the file of the ids", "Write to another file."],
    rounded: (ids: number, first: string) =>
      `${ids === 1 ? "1 id that was not found ends" : `${ids} ids that were not found end`} in zeros, such as ${first}: a spreadsheet may have rounded ${ids === 1 ? "it" : "them"}`,
  },
  zh: {
    none: ["没有给出会议 ID", "请至少给出一个，例如：feishu-meetings get 7672989999303099091"],
    overIds: ["会覆盖会议 ID 所在的文件", "请写到另一个文件。"],
    rounded: (ids, first) => `有 ${ids} 个未找到的会议 ID 以多个 0 结尾，例如 ${first}：可能已被电子表格取整`,
  },
})

/** Reads meetings by their ids and writes them. */
export const get = Effect.fn("get")(function* (given: Input) {
  const run = yield* RunState.Run
  run.ids = []
  const checked = yield* checkInput(given)
  const { format, identity, input, settings } = checked
  const client = ClientLayer.layer(settings, identity).pipe(Layer.provide(ClientLayer.http(settings)))
  // A progress line begins where the data ends, and json data ends in the middle of a line.
  const isInLine = input.output === undefined && process.stdout.isTTY && format === "json"
  const progress = yield* Progress.start({
    mode: input.progress ?? (isInLine ? "none" : undefined),
    rateLimit: settings.detailsRateLimit,
    restingMillis: 0,
  })
  yield* transfer(checked, progress).pipe(
    Effect.provide(Meetings.layerClient.pipe(Layer.provide(client))),
    Effect.provideService(Events.Events, progress.listen),
  )
}, Effect.scoped)

/** An input that may be run. */
interface Checked {
  readonly input: Input
  readonly settings: LoadedSettings.Settings
  readonly identity: Identity.Identity
  readonly fields: ReadonlyArray<Fields.Field>
  readonly format: Format.Name
  readonly request: Meetings.DetailsRequest
  readonly ids: ReadonlyArray<MeetingId>
}

/** Checks everything that can be checked before anything is opened or sent. */
const checkInput = Effect.fnUntraced(function* (given: Input) {
  const say = yield* Language.say(words)
  const { idsFrom, output } = given
  // A name of standard output has the same effect as no --output.
  const input: Input = output !== undefined && isStdout(output) ? { ...given, output: undefined } : given
  if (input.ids.length === 0 && idsFrom === undefined)
    return yield* FeishuError.invalidRequest("meeting-id", ...say.none)
  const read = { ...input, details: true }
  const fields = yield* FieldsFlag.read(read)
  const settings = yield* LoadedSettings.load(input)
  if (idsFrom !== undefined && InputFile.isStdin(idsFrom)) yield* LoadedSettings.checkStdin(settings)
  if (input.output !== undefined) {
    yield* WorkingFolder.check("--output", input.output)
    if (idsFrom !== undefined && (yield* FileOutput.overwrites(input.output, idsFrom)))
      return yield* FeishuError.invalidRequest("--output", ...say.overIds)
  }
  const format = yield* chooseFormat({
    flag: input.format,
    setting: settings.format,
    output: input.output,
    otherwise: isToTerminal(input) ? "table" : "ndjson",
  })
  const request = (yield* DetailsFlags.request(read)) ?? {}
  const ids = yield* MeetingIds.read(input, DetailsFlags.typed(read))
  const identity = yield* Identity.find(settings)
  return { input, settings, identity, fields, format, request, ids } satisfies Checked
})

const isToTerminal = ({ output }: Input): boolean => output === undefined && process.stdout.isTTY === true

/** The most meetings that are written in one piece. */
const mostTogether = 50

/** Reads the meetings, and writes them to the output. */
const transfer = Effect.fnUntraced(function* (
  { fields, format, identity, ids, input, request }: Checked,
  progress: Progress.Progress,
) {
  if ((yield* CurrentVerbosity) !== "quiet") yield* Identity.showAccount(identity)
  const run = yield* RunState.Run
  const meetings = yield* Meetings.Meetings
  const toTerminal = isToTerminal(input)
  run.ids = ids
  run.answers = Answers.none({ ...input, details: true })
  // A number of spreadsheets and JavaScript keeps the first digits of an id.
  const rounded: Array<MeetingId> = []
  // A signal waits while the output is being opened, so that an open output is always closed.
  yield* Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(MeetingWriter.open({ output: input.output, fields, format, toTerminal }), (writer) => {
      const write = (read: ReadonlyArray<Meetings.IdRead>) =>
        writer.write(read, (rows) => {
          RunState.meetingsWritten(run, read, rows)
          for (const { details, meetingId } of read) {
            if (details?._tag === "NotFound" && meetingId.endsWith("0000")) rounded.push(meetingId)
          }
        })
      return meetings.detailsOf(ids, request).pipe(
        Stream.map((read): Result.Result<Meetings.IdRead, FeishuError.FeishuError> => Result.succeed(read)),
        // A failure comes after the meetings before it, which a failed stream would drop from its last group.
        Stream.catch((error) => Stream.succeed(Result.fail(error))),
        // A table takes the widths of its columns from the rows that are written first.
        Stream.groupedWithin(mostTogether, "1 second"),
        Stream.runForEach((group) =>
          write(group.filter(Result.isSuccess).map(({ success }) => success)).pipe(
            Effect.andThen(progress.pageWritten),
            Effect.andThen(Effect.forEach(group, Effect.fromResult, { discard: true })),
          ),
        ),
        restore,
        Effect.onExit((exit) => {
          const closed = writer.close(exit, run.rows > 0)
          return Exit.isSuccess(exit) ? Effect.map(closed, () => void (run.ended = "complete")) : closed
        }),
      )
    }),
  ).pipe(
    // The reader of a pipe has what it wanted: that is not an error, and does not fail a pipeline.
    Effect.catchTag("ReaderGone", () => Effect.sync(() => (run.ended = "limited"))),
  )
  if (rounded[0] !== undefined) {
    const stderr = yield* Stderr
    yield* stderr.line((yield* Language.say(words)).rounded(rounded.length, rounded[0]))
  }
})
