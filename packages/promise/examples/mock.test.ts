import { startFeishuMock } from "@effect-feishu/mock-server"
import { createClient } from "@effect-feishu/promise"
import { expect, test } from "vitest"

test("a connection that breaks loses no meeting", async () => {
  await using feishu = await startFeishuMock({ generate: { numbers: 1, meetings: 120 }, days: 30 })
  const operation = "meetings.listByNo"
  await feishu.addFault({ operation, when: { nth: 2 }, then: { network: "reset in mid-body" } })

  await using client = createClient({
    appId: feishu.appId,
    appSecret: feishu.appSecret,
    baseUrl: feishu.url,
  })
  const [meetingNo] = feishu.meetingNos
  const rows = await Array.fromAsync(client.stream({ meetingNo: meetingNo!, range: { from: "60d" } }))

  expect(rows).toHaveLength(120)
  expect(await feishu.verify([{ operation, times: 4 }])).toEqual({ ok: true, differences: [] })
})
