/** What is in a database of a backfill, read without the engine. */
import { DatabaseSync } from "node:sqlite"
import { PgClient } from "@effect/sql-pg"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"

/** Returns the rows of a query; integers of 64 bits are numbers. */
export const query = async (db: string, text: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  if (!/^postgres(ql)?:/.test(db)) {
    const database = new DatabaseSync(db, { readOnly: true })
    try {
      return database.prepare(text).all()
    } finally {
      database.close()
    }
  }
  const rows = await Effect.runPromise(
    SqlClient.SqlClient.use((sql) => sql.unsafe<Record<string, unknown>>(text)).pipe(
      Effect.provide(PgClient.layer({ url: Redacted.make(db) })),
    ),
  )
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
    ),
  )
}

/** Compares by tenant and id, as texts. */
const inOrder = (
  one: { readonly tenant: unknown; readonly id: unknown },
  other: { readonly tenant: unknown; readonly id: unknown },
): number => {
  const [a, b] = [`${String(one.tenant)} ${String(one.id)}`, `${String(other.tenant)} ${String(other.id)}`]
  return a < b ? -1 : a > b ? 1 : 0
}

/** Returns what is listed of every meeting in the table, by tenant and id. */
export const meetings = async (db: string) =>
  (
    await query(
      db,
      "select tenant, id, meeting_no, topic, url, password, note_id, meeting_connect from meetings",
    )
  )
    .map((row) => ({ ...row, tenant: row["tenant"], id: row["id"] }))
    .toSorted(inOrder)

/** Returns the same of the meetings of a mock. Passwords are not kept unless they were requested. */
export const expected = (
  seed: ReadonlyArray<{
    readonly id: string
    readonly tenant_key?: string
    readonly meeting_no: string
    readonly topic: string
    readonly url?: string
    readonly note_id?: string
    readonly meeting_connect?: boolean
  }>,
) =>
  seed
    .map((meeting) => ({
      tenant: meeting.tenant_key,
      id: meeting.id,
      meeting_no: meeting.meeting_no,
      topic: meeting.topic,
      url: meeting.url ?? null,
      password: null,
      note_id: meeting.note_id ?? null,
      meeting_connect: meeting.meeting_connect === undefined ? null : Number(meeting.meeting_connect),
    }))
    .toSorted(inOrder)
