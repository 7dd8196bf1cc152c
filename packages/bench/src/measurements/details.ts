/**
 * Reads the details of 5,000 meetings, with their participants, where each answer takes 20 ms and no limit holds: with this client,
 * with the official SDK in batches of 50, and with undici alone, which always has 50 requests in flight.
 */
import { GetMeeting, MeetingId } from "@effect-feishu/contract"
import { Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { Agent } from "@effect/platform-node/Undici"
import * as Lark from "@larksuiteoapi/node-sdk"
import { Layer, ManagedRuntime, Stream } from "effect"
import * as Feishu from "../Feishu.ts"
import { expectRows, median, medianRatio, report, takeTurns } from "../Measurement.ts"

using server = await Feishu.serve({ windows: 1, pages: 1, latency: 20, keepAnswers: true })
const inFlight = 50
const ids = Array.from({ length: 5_000 }, (_, index) =>
  MeetingId.make(String(7_672_989_999_303_000_000n + BigInt(index))),
)

const runtime = ManagedRuntime.make(Feishu.meetings(server.url).pipe(Layer.provide(NodeHttp.layer())))
const ours = () =>
  runtime.runPromise(
    Meetings.Meetings.use(({ detailsOf }) =>
      detailsOf(ids, { participants: true, concurrency: inFlight }).pipe(
        Stream.filter(
          ({ details, meetingId }) => details?._tag === "Found" && details.meeting.id === meetingId,
        ),
        Stream.runCount,
      ),
    ),
  )

const client = new Lark.Client({ ...Feishu.app, domain: server.url, loggerLevel: Lark.LoggerLevel.error })
const sdk = async () => {
  let rows = 0
  for (let from = 0; from < ids.length; from += inFlight) {
    const batch = ids.slice(from, from + inFlight)
    const answers = await Promise.all(
      batch.map((id) =>
        client.vc.v1.meeting.get({ path: { meeting_id: id }, params: { with_participants: true } }),
      ),
    )
    rows += answers.filter(({ data }, index) => data?.meeting?.id === batch[index]).length
  }
  return rows
}

const agent = new Agent()
const token = await Feishu.tokenOf(server.url)
const bare = async () => {
  let rows = 0
  const left = ids.values()
  const worker = async () => {
    for (const id of left) {
      const { body } = await agent.request({
        origin: server.url,
        path: `${GetMeeting.path.replace(":meeting_id", id)}?with_participants=true`,
        method: "GET",
        headers: { authorization: `Bearer ${token}` },
      })
      const { data } = JSON.parse(await body.text()) as {
        readonly data: { readonly meeting: { readonly id: string } }
      }
      if (data.meeting.id === id) rows++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return rows
}

const times = await takeTurns(
  {
    ours: async () => expectRows("ours", await ours(), ids.length),
    sdk: async () => expectRows("the official SDK", await sdk(), ids.length),
    bare: async () => expectRows("bare undici", await bare(), ids.length),
  },
  { warmUp: 1, rounds: 5 },
)
await runtime.dispose()
await agent.destroy()

report([
  { what: "ours", value: () => median(times.ours), unit: "ms" },
  { what: "official SDK, batches of 50", value: () => median(times.sdk), unit: "ms" },
  { what: "bare undici and JSON.parse, 50 in flight", value: () => median(times.bare), unit: "ms" },
  { what: "ours / official SDK", value: () => medianRatio(times.ours, times.sdk), unit: "×", goal: 0.8 },
  { what: "ours / bare undici", value: () => medianRatio(times.ours, times.bare), unit: "×", goal: 1.5 },
])
