import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
  // Half of Feishu's 100 in any 60 seconds. The other program has the other half.
  rateLimit: { requests: 50 },
  onEvent: (event) => {
    if (event.type === "RateLimitWaiting") console.error(`waits ${Math.ceil(event.millis / 1_000)} s`)
    if (event.type === "RateLimitRefused") console.error("refused: another program uses the same app")
  },
})

const numbers = ["337736498", "146453285"]
for await (const { meeting, meetingNo } of client.streamMany(numbers, { from: "60d" })) {
  console.log(meetingNo, meeting.id, meeting.topic)
}
