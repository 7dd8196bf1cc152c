import { createClient, FeishuError, PermissionDenied } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

try {
  for await (const meeting of client.stream({ meetingNo: "337736498", range: { from: "30d" } })) {
    console.log(meeting.id, meeting.topic)
  }
} catch (error) {
  // Anything else is a mistake in this program.
  if (!(error instanceof FeishuError)) throw error
  console.error(error.message)
  if (error instanceof PermissionDenied) console.error("one of these is enough:", error.scopes.join(", "))
  // 75 is the usual code for "try again later": a scheduler may start the program again.
  process.exitCode = error.isRetryable ? 75 : 1
}
