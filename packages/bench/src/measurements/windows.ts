/** Five years in 21 windows, each answer 100 ms away: how much of it is waiting for one answer after the other. */
import { Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { Layer, ManagedRuntime, Stream } from "effect"
import * as Feishu from "../Feishu.ts"
import { expectRows, median, report, takeTurns } from "../Measurement.ts"

const options: Feishu.Options = { windows: 21, pages: 42, latency: 100, keepAnswers: true }
using server = await Feishu.serve(options)

const runtime = ManagedRuntime.make(Feishu.meetings(server.url).pipe(Layer.provide(NodeHttp.layer())))
const read = (how: Partial<Meetings.Request>) => async () => {
  const request = { meetingNo: Feishu.meetingNo, range: Feishu.rangeOf(options), ...how }
  const rows = await runtime.runPromise(
    Meetings.Meetings.use(({ stream }) => Stream.runCount(stream(request))),
  )
  expectRows(JSON.stringify(how), rows, Feishu.rowsOf(options))
}

const times = await takeTurns(
  {
    "one window after the other": read({}),
    "readAhead: 4": read({ readAhead: 4 }),
  },
  { warmUp: 0, rounds: 3 },
)
await runtime.dispose()

report([
  { what: "the waiting for all answers", value: options.pages * options.latency, unit: "ms" },
  ...Object.entries(times).map(([what, values]) => ({ what, value: median(values), unit: "ms" as const })),
])
