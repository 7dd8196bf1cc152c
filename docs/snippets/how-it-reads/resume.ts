import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

// The place after the last page that was printed. A run that finds one goes on there.
const file = "cursor.txt"
const from = existsSync(file)
  ? { cursor: readFileSync(file, "utf8") }
  : { meetingNo: "337736498", range: { from: "60d" } }

for await (const page of client.pages(from)) {
  for (const { id, topic } of page.meetings) console.log(id, topic)
  if (page.cursor !== undefined) writeFileSync(file, page.cursor)
}
// Without an error the read is complete: the next run starts from the beginning.
rmSync(file, { force: true })
