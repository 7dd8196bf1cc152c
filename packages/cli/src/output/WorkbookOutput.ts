/** A workbook that is written to a stream while its rows are read: a stream has no `.part` to make it of at the end. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Cause from "effect/Cause"
import { Stderr } from "../console/Stderr.ts"
import * as Language from "../language/Language.ts"
import { many } from "../language/phrases.ts"
import type { Output, OutputFailed, ReaderGone } from "./Output.ts"
import { patienceMillis } from "./StreamOutput.ts"
import type * as Workbook from "./Workbook.ts"

const words = Language.words({
  en: {
    cut: (cells: number, most: number) =>
      `${many(cells, "cell")} ${cells === 1 ? "was" : "were"} cut at ${most} characters, the most that a cell of a workbook holds; ndjson, json and csv have them whole`,
  },
  zh: {
    cut: (cells, most) =>
      `有 ${cells} 个单元格超过工作簿的上限 ${most} 个字符，已被截断；ndjson、json 和 csv 中内容完整`,
  },
})

/** Prints how many cells of a workbook were cut, if any were. */
export const reportCut = Effect.fnUntraced(function* ({ cut, mostCharacters }: Workbook.Workbook) {
  if (cut() === 0) return
  const stderr = yield* Stderr
  yield* stderr.line((yield* Language.say(words)).cut(cut(), mostCharacters))
})

/** Makes an output that takes lines of ndjson, and writes the workbook of them to a stream. */
export const over = Effect.fnUntraced(function* (
  stream: Output,
  options: Workbook.Options,
): Effect.fn.Return<Output, never, Scope.Scope | Stderr> {
  const { make } = yield* Effect.promise(() => import("./Workbook.ts"))
  const scope = yield* Effect.scope
  const stderr = yield* Stderr
  // Rows are taken as fast as the stream takes the workbook.
  const queue = yield* Queue.bounded<string, Cause.Done>(1)
  const lines = Stream.splitLines(Stream.fromQueue(queue))
  const workbook = make(lines, options)
  const writeAll = Stream.runForEach(workbook.bytes, (bytes) => stream.write(bytes, () => {})).pipe(
    Effect.andThen(reportCut(workbook)),
    Effect.provideService(Stderr, stderr),
  )
  // A run that ends before its first row writes nothing: a workbook begins with bytes of its own.
  let writing: Fiber.Fiber<void, OutputFailed | ReaderGone> | undefined
  const begun = Effect.suspend(() =>
    writing === undefined
      ? Effect.map(Effect.forkIn(writeAll, scope), (fiber) => (writing = fiber))
      : Effect.succeed(writing),
  )
  return {
    write: (text, written) =>
      text === ""
        ? Effect.sync(written)
        : Effect.flatMap(begun, (fiber) =>
            // A stream that can no longer be written takes no rows.
            Effect.raceFirst(Fiber.join(fiber), Effect.map(Queue.offer(queue, String(text)), written)),
          ),
    close: (end) => {
      const finished = Effect.flatMap(begun, (fiber) =>
        Effect.andThen(Queue.end(queue), Effect.interruptible(Fiber.join(fiber))),
      )
      if (Exit.isSuccess(end.exit)) return Effect.andThen(finished, stream.close(end))
      // The rows so far are a whole workbook, too.
      return writing === undefined
        ? stream.close(end)
        : Effect.andThen(Effect.ignore(Effect.timeoutOption(finished, patienceMillis)), stream.close(end))
    },
  }
})
