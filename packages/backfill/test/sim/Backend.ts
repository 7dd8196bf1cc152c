/**
 * A server of PostgreSQL as far as it matters here: sessions with transactions that see what is committed (READ COMMITTED), locks on
 * the rows that they write, and ends of sessions that roll back. SQLite executes the statements. It has one transaction at a time,
 * so those of the other sessions are kept as changesets, and applied again when it is their turn.
 */
import { DatabaseSync, type Session as Recording, type SQLInputValue, type StatementSync } from "node:sqlite"
import type { VirtualTime } from "../../../core/test/sim/VirtualTime.ts"

/** A connection, as the server sees it. */
export interface Session {
  readonly number: number
  /** Whose it is, for the trace. */
  readonly name: string
  /** Why the server has ended it. */
  ended: string | undefined
  inTransaction: boolean
  /** When the last transaction began. */
  beganAt: number
  /** A statement of the transaction has failed, so all that follow are refused, and a commit rolls back. */
  aborted: boolean
  /** What the transaction has written while another one has its turn. */
  parked: Uint8Array | undefined
  /** The rows that the transaction has written, each as the table and its key. */
  readonly rows: Map<string, Row>
  lastAt: number
  waiting: Waiting | undefined
}

/** A row that was written: the table, and the values of its primary key. */
export interface Row {
  readonly table: string
  readonly key: ReadonlyArray<unknown>
}

interface Waiting {
  readonly session: Session
  readonly tryAgain: () => void
  readonly give: (result: Result) => void
}

/** What a statement gives: rows and the command, as the driver has them, or the SQLSTATE and text of an error. */
export type Result =
  | { readonly rows: ReadonlyArray<object>; readonly command: string }
  | { readonly code: string; readonly text: string }

/** See the members. */
export interface Backend {
  readonly open: (name: string) => Session
  /** Executes a statement; it may wait for a lock. */
  readonly execute: (
    session: Session,
    sql: string,
    params: ReadonlyArray<unknown>,
    give: (result: Result) => void,
  ) => void
  /** Stops a statement that waits for a lock. */
  readonly cancel: (session: Session) => void
  /** Ends a session, and rolls back what it has not committed. */
  readonly end: (session: Session, why: string) => void
  /** Ends all sessions, as a restart does. */
  readonly endAll: (why: string) => void
  /** What is committed. */
  readonly committed: <A extends object>(
    sql: string,
    ...params: ReadonlyArray<SQLInputValue>
  ) => ReadonlyArray<A>
  /** Sessions with a transaction that is open, or with a statement that waits. */
  readonly busy: () => ReadonlyArray<Session>
}

/** After it a session with an idle transaction is ended: `idle_in_transaction_session_timeout` of the runners' connections. */
const idleTransactionMillis = 10_000

/** After it a session that waits for a lock looks for a deadlock, as the server does by default. */
const deadlockMillis = 1_000

/** The clock of the server, as a function of SQLite. */
const nowFunction = "virtual_now"

const translations = new Map<string, string>()
/** PostgreSQL's words for SQLite. */
const translated = (sql: string): string => {
  const known = translations.get(sql)
  if (known !== undefined) return known
  const text = sql
    .replaceAll(/\(extract\(epoch from clock_timestamp\(\)\) \* 1000\)::bigint/g, `${nowFunction}()`)
    .replaceAll(/::bigint|::int|::text/g, "")
    .replaceAll(/\$(\d+)/g, "?$1")
  if (text.length < 1_000) translations.set(sql, text)
  return text
}

const forUpdate = /^\s*select\b.*?\bfrom (\w+)\s+where (.*?)\s+for update\s*$/is

const toSqlite = (value: unknown): SQLInputValue =>
  typeof value === "boolean" ? Number(value) : ((value ?? null) as SQLInputValue)

/** Makes it, with tables that are made by these statements. `onCommit` is called with what each transaction has written. */
export const make = (
  time: VirtualTime,
  tables: ReadonlyArray<string>,
  clock: () => number,
  note: (text: string) => void,
  onCommit: (session: Session, rows: ReadonlyArray<Row>) => void,
): Backend & { readonly close: () => void } => {
  const db = new DatabaseSync(":memory:")
  for (const statement of tables) db.exec(statement)
  let written: Array<Row> = []
  db.function(nowFunction, clock)
  db.function("to_regclass", (name) => (keys.has(String(name).replaceAll('"', "")) ? name : null))
  db.function("written", { varargs: true }, (table, ...key) => {
    written.push({ table: String(table), key })
    return null
  })
  const keys = new Map(
    db
      .prepare("select name from sqlite_master where type = 'table'")
      .all()
      .map(({ name }) => [
        String(name),
        db
          .prepare("select name from pragma_table_info(?) where pk > 0 order by pk")
          .all(name!)
          .map((column) => String(column["name"])),
      ]),
  )
  for (const [table, columns] of keys) {
    for (const [event, row] of [
      ["insert", "new"],
      ["update", "old"],
      ["delete", "old"],
    ] as const) {
      const key = columns.map((column) => `${row}.${column}`).join(", ")
      db.exec(
        `create temp trigger ${table}_${event} after ${event} on main.${table} begin select written('${table}', ${key}); end`,
      )
    }
  }

  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql)
    if (statement === undefined) prepared.set(sql, (statement = db.prepare(sql)))
    return statement
  }
  const control = (sql: string) => void prepare(sql).run()
  const rowsOf = (statement: StatementSync, params: ReadonlyArray<unknown>): ReadonlyArray<object> => {
    // By name: Node 22 takes no numbered ones by position.
    const values = Object.fromEntries(params.map((value, index) => [index + 1, toSqlite(value)]))
    if (statement.columns().length > 0) return statement.all(values)
    statement.run(values)
    return []
  }

  let made = 0
  const sessions = new Set<Session>()
  const locks = new Map<string, Session>()
  let line: Array<Waiting> = []
  let active: { readonly session: Session; readonly recording: Recording } | undefined

  const park = () => {
    if (active === undefined) return
    const { recording, session } = active
    session.parked = recording.changeset()
    recording.close()
    control("ROLLBACK")
    active = undefined
  }
  const activate = (session: Session) => {
    if (active?.session === session) return
    park()
    control("BEGIN")
    active = { session, recording: db.createSession() }
    if (session.parked === undefined || session.parked.length === 0) return
    const applied = db.applyChangeset(session.parked, {
      onConflict: () => {
        throw new Error("a row changed that another transaction has locked")
      },
    })
    if (!applied) throw new Error("a transaction cannot go on")
  }
  const stop = (session: Session, how: "COMMIT" | "ROLLBACK") => {
    if (how === "COMMIT") activate(session)
    if (active?.session === session) {
      active.recording.close()
      active = undefined
      control(how)
    }
    session.inTransaction = session.aborted = false
    session.parked = undefined
    const rows = [...session.rows.values()]
    for (const key of session.rows.keys()) locks.delete(key)
    session.rows.clear()
    if (how === "COMMIT") onCommit(session, rows)
    if (rows.length === 0) return
    // Those that wait try again, in their order.
    const waiting = line
    line = []
    for (const each of waiting) {
      if (each.session.waiting !== each) continue
      each.session.waiting = undefined
      each.tryAgain()
    }
  }

  const watchIdle = (session: Session) =>
    time.after(Math.max(1, session.lastAt + idleTransactionMillis - time.now()), () => {
      if (!session.inTransaction || session.ended !== undefined) return
      if (session.waiting === undefined && time.now() - session.lastAt >= idleTransactionMillis)
        return end(session, "terminating connection due to idle-in-transaction timeout")
      if (session.waiting !== undefined) session.lastAt = time.now()
      watchIdle(session)
    })
  const wait = (session: Session, holder: Session, tryAgain: () => void, give: Waiting["give"]) => {
    const waiting: Waiting = { session, tryAgain, give }
    session.waiting = waiting
    line.push(waiting)
    note(`db ${session.number} waits for ${holder.number}`)
    time.after(deadlockMillis, () => {
      if (session.waiting !== waiting) return
      let other: Session | undefined = holder
      for (let steps = 0; other !== undefined && steps < 100; steps++) {
        if (other === session) return refuse(session, "40P01", "deadlock detected")
        other = other.waiting === undefined ? undefined : holders.get(other.waiting)
      }
    })
    holders.set(waiting, holder)
  }
  const holders = new WeakMap<Waiting, Session>()
  /** Fails the statement that waits. */
  const refuse = (session: Session, code: string, text: string) => {
    const { waiting } = session
    if (waiting === undefined) return
    line = line.filter((other) => other !== waiting)
    session.waiting = undefined
    if (session.inTransaction) session.aborted = true
    waiting.give({ code, text })
  }

  const perform = (
    session: Session,
    sql: string,
    params: ReadonlyArray<unknown>,
    give: (result: Result) => void,
  ) => {
    if (session.ended !== undefined) return give({ code: "57P01", text: session.ended })
    session.lastAt = time.now()
    const text = sql.trim()
    if (/^begin/i.test(text)) {
      session.inTransaction = true
      session.beganAt = time.now()
      watchIdle(session)
      return give({ rows: [], command: "BEGIN" })
    }
    if (/^(commit|rollback)$/i.test(text)) {
      const how = /^commit/i.test(text) && !session.aborted ? "COMMIT" : "ROLLBACK"
      if (session.inTransaction) stop(session, how)
      return give({ rows: [], command: how })
    }
    if (/^lock table/i.test(text)) return give({ rows: [], command: "LOCK TABLE" })
    if (session.aborted) return give({ code: "25P02", text: "current transaction is aborted" })
    if (session.inTransaction) activate(session)
    else {
      park()
      control("BEGIN")
    }
    const undo = () => {
      if (session.inTransaction) {
        control("ROLLBACK TO statement")
        control("RELEASE statement")
      } else control("ROLLBACK")
    }
    if (session.inTransaction) control("SAVEPOINT statement")
    written = []
    let rows: ReadonlyArray<object>
    try {
      const locking = forUpdate.exec(text)
      if (locking === null) rows = rowsOf(prepare(translated(text)), params)
      else {
        rows = rowsOf(prepare(translated(text.replace(/for update\s*$/i, ""))), params)
        const [, table, where] = locking as unknown as [string, string, string]
        const columns = keys.get(table)!
        written = rowsOf(
          prepare(translated(`select ${columns.join(", ")} from ${table} where ${where}`)),
          params,
        ).map((row) => ({ table, key: Object.values(row) as Array<unknown> }))
      }
    } catch (error) {
      undo()
      if (session.inTransaction) session.aborted = true
      return give({ code: "42000", text: error instanceof Error ? error.message : String(error) })
    }
    const touched = new Map(written.map((row) => [`${row.table} ${row.key.join(" ")}`, row]))
    for (const key of touched.keys()) {
      const holder = locks.get(key)
      if (holder === undefined || holder === session) continue
      undo()
      return wait(session, holder, () => perform(session, sql, params, give), give)
    }
    if (session.inTransaction) {
      control("RELEASE statement")
      for (const [key, row] of touched) {
        locks.set(key, session)
        session.rows.set(key, row)
      }
    } else {
      control("COMMIT")
      onCommit(session, [...touched.values()])
    }
    give({ rows, command: text.slice(0, 6).toUpperCase() })
  }

  const end = (session: Session, why: string) => {
    if (session.ended !== undefined) return
    if (session.inTransaction || session.waiting !== undefined)
      note(`db ${session.number} of ${session.name} ends: ${why}`)
    session.ended = why
    sessions.delete(session)
    refuse(session, "57P01", why)
    if (session.inTransaction) stop(session, "ROLLBACK")
  }

  return {
    open: (name) => {
      const session: Session = {
        number: ++made,
        name,
        ended: undefined,
        inTransaction: false,
        beganAt: time.now(),
        aborted: false,
        parked: undefined,
        rows: new Map(),
        lastAt: time.now(),
        waiting: undefined,
      }
      sessions.add(session)
      return session
    },
    execute: perform,
    cancel: (session) => refuse(session, "57014", "canceling statement due to user request"),
    end,
    endAll: (why) => {
      for (const session of Array.from(sessions)) end(session, why)
    },
    committed: <A extends object>(sql: string, ...params: ReadonlyArray<SQLInputValue>) => {
      park()
      return prepare(sql).all(...params) as unknown as ReadonlyArray<A>
    },
    busy: () => [...sessions].filter(({ inTransaction, waiting }) => inTransaction || waiting !== undefined),
    close: () => db.close(),
  }
}
