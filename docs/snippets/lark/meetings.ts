import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  brand: "lark", // open.larksuite.com in the place of open.feishu.cn
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
})

for await (const meeting of client.stream({ meetingNo: "337736498", range: { from: "30d" } })) {
  console.log(meeting.id, meeting.topic)
}
