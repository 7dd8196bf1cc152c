import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

const weekly = { meetingNo: "337736498", range: { from: "30d" } }
// Only the recordings: each meeting is one more request.
for await (const { brief, recording } of client.streamDetails(weekly, { details: false, recordings: true })) {
  console.log(brief.topic, recording?.type === "Recorded" ? recording.url : recording?.type)
}
