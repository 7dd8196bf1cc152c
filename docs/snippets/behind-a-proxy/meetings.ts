import { readFileSync } from "node:fs"
import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  httpsProxy: process.env.COMPANY_PROXY, // such as http://user:password@proxy.company.example:3128
  noProxy: "", // the variable NO_PROXY does not count
  ca: readFileSync("company-root.pem"), // of a proxy that opens TLS; otherwise leave it out
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
})

for await (const meeting of client.stream({ meetingNo: "337736498", range: { from: "30d" } })) {
  console.log(meeting.id, meeting.topic)
}
