/** Reads five years in 21 windows, where each answer takes 100 ms: how much time does reading ahead save? */
import { Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { Layer, ManagedRuntime, Stream } from "effect"
import * as Feishu from "../Feishu.ts"
import { expectRows, median, medianRatio, part, type Samples, takeTurns } from "../Measurement.ts"

const compare = async (uneven: boolean, goal?: number): Promise<void> => {
  const options: Feishu.Options = {
    windows: 21,
    pages: uneven ? 62 : 42,
    latency: 100,
    uneven,
    keepAnswers: true,
  }
  const measure = async () => {
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
      { inTurn: read({}), aside: read({ readAhead: 4 }) },
      { warmUp: 1, rounds: 3 },
    )
    await runtime.dispose()
    return times
  }
  type Times = Readonly<Record<"inTurn" | "aside", Samples<number>>>
  const pages = uneven ? "62 pages, 1 to 5 in a window:" : "42 pages, 2 in a window:"
  await part(measure, [
    { what: `${pages} one after the other`, value: ({ inTurn }: Times) => median(inTurn), unit: "ms" },
    { what: `${pages} readAhead 4`, value: ({ aside }: Times) => median(aside), unit: "ms" },
    {
      what: `${pages} readAhead 4 / one after the other`,
      value: ({ aside, inTurn }: Times) => medianRatio(aside, inTurn),
      unit: "×",
      goal,
    },
  ])
}

// The goal: 3.5 times faster.
await compare(true, 1 / 3.5)
// With windows of equal length, reading four in parallel takes six rounds instead of 21: 0.286 is the lowest possible
// ratio.
await compare(false)
