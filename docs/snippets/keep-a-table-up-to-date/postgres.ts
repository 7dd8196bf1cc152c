import { createClient, meetingRecord } from "@effect-feishu/promise"
import postgres from "postgres"

await using client = createClient({
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

// Run it every night: it reads what came since the last time, and each meeting is in the table once.
const sql = postgres(process.env.DATABASE_URL!, { onnotice: () => {} })
await sql`create table if not exists meetings (id text primary key, topic text, meeting_no text, url text)`
await sql`create table if not exists state (key text primary key, text text)`

const put = (on: postgres.ISql, key: string, text: string) =>
  on`insert into state values (${key}, ${text}) on conflict (key) do update set text = excluded.text`
const store = {
  get: async (key: string) =>
    (await sql<{ text: string }[]>`select text from state where key = ${key}`)[0]?.text,
  set: (key: string, text: string) => put(sql, key, text),
}

try {
  for await (const page of client.incremental("337736498", { store, from: "60d" })) {
    await sql.begin(async (transaction) => {
      for (const meeting of page.meetings) {
        const row = meetingRecord(meeting)
        await transaction`insert into meetings ${transaction(row, "id", "topic", "meeting_no", "url")}
          on conflict (id) do update set topic = excluded.topic`
      }
      // What page.commit() does, but in this transaction: meetings and place are written together, or not at all.
      await put(transaction, page.key, page.state)
    })
  }
} finally {
  await sql.end()
}
