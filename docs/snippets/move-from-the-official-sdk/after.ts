import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

for await (const meeting of client.stream({ meetingNo: "337736498", range: { from: "30d" } })) {
  console.log(meeting.id, meeting.topic)
}
