import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

// Who was in the weekly meeting of the last 30 days, and for how long?
const weekly = { meetingNo: "337736498", range: { from: "30d" } }
for await (const { brief, details } of client.streamDetails(weekly, { participants: true })) {
  if (details?.type !== "Found") console.log(brief.id, brief.topic, details?.type)
  else
    for (const { id, inMeetingSeconds } of details.meeting.participants ?? [])
      console.log(details.meeting.start_time, brief.topic, id, inMeetingSeconds)
}
