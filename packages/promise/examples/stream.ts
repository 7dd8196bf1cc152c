import { createClient, FeishuError } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

try {
  for await (const meeting of client.stream({ meetingNo: "337 736 498", range: { from: "30d" } })) {
    console.log(meeting.id, meeting.topic)
  }
} catch (error) {
  if (!(error instanceof FeishuError)) throw error
  console.error(error.message)
  console.error("Go on with client.stream({ cursor }):", error.cursor)
  process.exitCode = 1
}
