/** Reads 100 meetings in five pages with both, while page 3 fails. Feishu is a mock in this process. */
import { startFeishuMock } from "@effect-feishu/mock-server"
import { FeishuError } from "@effect-feishu/promise"
import { effectFeishu } from "./effectFeishu.ts"
import { officialSdk } from "./officialSdk.ts"

/** Counts the meetings of a read, and says how it ends. */
const outcome = async (meetings: AsyncIterable<unknown>) => {
  let count = 0
  try {
    for await (const _ of meetings) count += 1
    return { text: `${count} meetings`, cursor: undefined }
  } catch (error) {
    if (!(error instanceof FeishuError)) throw error
    return { text: `${count} meetings, then ${error.reason} and a cursor`, cursor: error.cursor }
  }
}
const print = (...columns: ReadonlyArray<string>) =>
  console.log(
    columns
      .map((text) => text.padEnd(20))
      .join("")
      .trimEnd(),
  )

const meetingNo = "337736498"
await using feishu = await startFeishuMock({
  seed: { generate: [{ meeting_no: meetingNo, count: 100, from: "-29d" }] },
})
print("page 3", "official SDK", "effect-feishu")

let cursor: string | undefined
for (const [situation, when] of [
  ["answers", undefined],
  ["fails once", { nth: 3 }],
  ["fails every time", { after: 2 }],
] as const) {
  const read = async (meetings: AsyncIterable<unknown>) => {
    await feishu.clearFaults()
    // It counts requests from here on.
    if (when !== undefined)
      await feishu.addFault({ operation: "meetings.listByNo", when, then: { status: 500 } })
    return await outcome(meetings)
  }
  const sdk = await read(officialSdk(feishu, meetingNo))
  const ours = await read(effectFeishu(feishu, meetingNo))
  print(situation, sdk.text, ours.text)
  cursor = ours.cursor
}

await feishu.clearFaults()
print("works again", "(no cursor)", (await outcome(effectFeishu(feishu, meetingNo, cursor))).text)
