import { DatabaseSync } from "node:sqlite"
import { createClient, meetingRecord } from "@effect-feishu/promise"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

// Run it every night: it reads what came since the last time, and each meeting is in the table once.
const db = new DatabaseSync(process.env.DATABASE ?? "meetings.sqlite")
db.exec("create table if not exists meetings (id text primary key, topic text, meeting_no text, url text)")
db.exec("create table if not exists state (key text primary key, text text)")
const insert = db.prepare(
  "insert into meetings values (?, ?, ?, ?) on conflict do update set topic = excluded.topic",
)
const store = {
  get: (key: string) =>
    db.prepare("select text from state where key = ?").get(key)?.["text"] as string | undefined,
  set: (key: string, text: string) => db.prepare("insert or replace into state values (?, ?)").run(key, text),
}
for await (const page of client.incremental("337736498", { store, from: "60d" })) {
  db.exec("begin")
  for (const meeting of page.meetings) {
    const { id, meeting_no, topic, url } = meetingRecord(meeting)
    insert.run(id, topic, meeting_no, url)
  }
  page.commit()
  db.exec("commit")
}
