/** Reads a million rows in one stream: the memory in use must not grow with the number of rows. */
import { ListByNo } from "@effect-feishu/contract"
import { Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { Effect, Layer, Stream } from "effect"
import * as Feishu from "../Feishu.ts"
import { attempt, expectRows, NotMeasured, report } from "../Measurement.ts"

const options: Feishu.Options = { windows: 21, pages: 20_000, latency: 0, keepAnswers: false }
using server = await Feishu.serve(options)

const heapUsed = (): number => {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

let rows = 0
let early: number | undefined
let late: number | undefined
const sample = (page: Meetings.Page) => {
  rows += page.meetings.length
  if (rows === 100_000) early = heapUsed()
  if (rows === Feishu.rowsOf(options)) late = heapUsed()
}

const read = await attempt(async () => {
  await Meetings.Meetings.use(({ pages }) =>
    pages({ meetingNo: Feishu.meetingNo, range: Feishu.rangeOf(options) }).pipe(
      Stream.runForEach((page) => Effect.sync(() => sample(page))),
    ),
  ).pipe(Effect.provide(Feishu.meetings(server.url).pipe(Layer.provide(NodeHttp.layer()))), Effect.runPromise)
  expectRows("ours", rows, Feishu.rowsOf(options))
})
/** Returns the heap at a row; throws if that row was not reached. */
const reached = (heap: number | undefined): number => {
  if (heap !== undefined) return heap
  read()
  throw new NotMeasured(`the read ended after ${rows} rows`)
}

// Duplicates are found by the ids of a window and the one before it, so this much memory is needed in any case.
const before = heapUsed()
const inTwoWindows = Math.ceil((2 * options.pages) / options.windows) * ListByNo.maxPageSize
const ids = new Set(
  Array.from({ length: inTwoWindows }, (_, index) => JSON.parse(`"${10 ** 18 + index * 1000}"`)),
)
const idsOfTwoWindows = heapUsed() - before
expectRows("the set of ids", ids.size, inTwoWindows)

const megabytes = (bytes: number) => bytes / 1_000_000
report([
  { what: "heap at row 100,000", value: () => megabytes(reached(early)), unit: "MB" },
  { what: "heap at row 1,000,000", value: () => megabytes(reached(late)), unit: "MB" },
  { what: "of that, the ids of two windows", value: () => megabytes(idsOfTwoWindows), unit: "MB" },
  { what: "growth", value: () => megabytes(reached(late) - reached(early)), unit: "MB", goal: 16 },
])
