import * as Lark from "@larksuiteoapi/node-sdk"

const client = new Lark.Client({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  domain: process.env.FEISHU_BASE_URL ?? Lark.Domain.Feishu,
})

const now = Math.floor(performance.timeOrigin / 1_000)
const params = {
  meeting_no: "337736498",
  start_time: String(now - 30 * 86_400),
  end_time: String(now),
  page_size: 50,
}
for await (const page of await client.vc.v1.meeting.listByNoWithIterator({ params })) {
  for (const meeting of page?.meeting_briefs ?? []) console.log(meeting.id, meeting.topic)
}
