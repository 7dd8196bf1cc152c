/** Reads ten thousand meetings page after page: with this client, with the official SDK, and with undici alone. */
import { ListByNo } from "@effect-feishu/contract"
import { Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { Agent } from "@effect/platform-node/Undici"
import * as Lark from "@larksuiteoapi/node-sdk"
import { Layer, ManagedRuntime, Stream } from "effect"
import * as Feishu from "../Feishu.ts"
import { expectRows, median, medianRatio, report, takeTurns } from "../Measurement.ts"

const options: Feishu.Options = { windows: 1, pages: 200, latency: 0, keepAnswers: true }
const range = Feishu.rangeOf(options)
using server = await Feishu.serve(options)

// The client does everything that it promises: limit, deadlines, size, gzip, envelope, every row checked, duplicates
// found.
const runtime = ManagedRuntime.make(Feishu.meetings(server.url).pipe(Layer.provide(NodeHttp.layer())))
const ours = () =>
  runtime.runPromise(
    Meetings.Meetings.use(({ stream }) => Stream.runCount(stream({ meetingNo: Feishu.meetingNo, range }))),
  )

const params = {
  meeting_no: Feishu.meetingNo,
  start_time: String(range.start),
  end_time: String(range.end),
  page_size: ListByNo.maxPageSize,
}
const client = new Lark.Client({ ...Feishu.app, domain: server.url, loggerLevel: Lark.LoggerLevel.error })
const sdk = async () => {
  let rows = 0
  for await (const page of await client.vc.v1.meeting.listByNoWithIterator({ params })) {
    rows += page?.meeting_briefs?.length ?? 0
  }
  return rows
}

const agent = new Agent()
const token = await Feishu.tokenOf(server.url)
const bare = async () => {
  let rows = 0
  let pageToken: string | undefined
  do {
    const query = new URLSearchParams({
      ...params,
      page_size: String(params.page_size),
      ...(pageToken === undefined ? {} : { page_token: pageToken }),
    })
    const { body } = await agent.request({
      origin: server.url,
      path: `${ListByNo.path}?${query}`,
      method: "GET",
      headers: { authorization: `Bearer ${token}` },
    })
    const { data } = JSON.parse(await body.text()) as {
      readonly data: { readonly page_token?: string; readonly meeting_briefs: ReadonlyArray<unknown> }
    }
    rows += data.meeting_briefs.length
    pageToken = data.page_token
  } while (pageToken !== undefined)
  return rows
}

const expected = Feishu.rowsOf(options)
const times = await takeTurns(
  {
    ours: async () => expectRows("ours", await ours(), expected),
    sdk: async () => expectRows("the official SDK", await sdk(), expected),
    bare: async () => expectRows("bare undici", await bare(), expected),
  },
  // V8 still optimises code after some thousands of pages.
  { warmUp: 40, rounds: 20 },
)
await runtime.dispose()
await agent.destroy()

report([
  { what: "ours", value: () => median(times.ours), unit: "ms" },
  { what: "official SDK", value: () => median(times.sdk), unit: "ms" },
  { what: "bare undici and JSON.parse", value: () => median(times.bare), unit: "ms" },
  { what: "ours / official SDK", value: () => medianRatio(times.ours, times.sdk), unit: "×", goal: 0.8 },
  { what: "ours / bare undici", value: () => medianRatio(times.ours, times.bare), unit: "×", goal: 1.5 },
])
