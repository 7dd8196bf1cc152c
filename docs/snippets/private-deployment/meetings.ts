import { readFileSync } from "node:fs"
import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  baseUrl: process.env.FEISHU_BASE_URL, // such as https://open.feishu.company.example
  ca: readFileSync("company-root.pem"), // the company's own certificate authority, in PEM
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
})

for await (const meeting of client.stream({ meetingNo: "337736498", range: { from: "30d" } })) {
  console.log(meeting.id, meeting.topic)
}
