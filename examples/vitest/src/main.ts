/** Prints who was in the meetings of a number in the last 30 days, and for how long: `npm start 337736498`. */
import { createClient, FeishuError } from "@effect-feishu/promise"
import { attendance } from "./attendance.ts"

const { FEISHU_APP_ID, FEISHU_APP_SECRET, FEISHU_BASE_URL } = process.env
const [meetingNo] = process.argv.slice(2)
if (!FEISHU_APP_ID || !FEISHU_APP_SECRET) {
  console.error(
    "Set FEISHU_APP_ID and FEISHU_APP_SECRET: they are on the app's page in the developer console.",
  )
  process.exit(2)
}
if (meetingNo === undefined) {
  console.error("Give a meeting number: npm start 337736498")
  process.exit(2)
}

try {
  await using client = createClient({
    appId: FEISHU_APP_ID,
    appSecret: FEISHU_APP_SECRET,
    baseUrl: FEISHU_BASE_URL,
  })
  const { hidden, minutes } = await attendance(client, meetingNo)
  for (const [id, total] of minutes) console.log(id, total)
  if (hidden > 0) console.error(`${hidden} meetings may not be seen by this app.`)
} catch (error) {
  if (!(error instanceof FeishuError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
