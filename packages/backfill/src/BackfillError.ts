/**
 * The errors of runs, plans and their database. Failures of Feishu do not end a run: they are in `status` and `failures`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Backfill, BackfillError, SqliteClient } from "@effect-feishu/backfill"
 *
 * const program = Effect.gen(function* () {
 *   const { pause } = yield* Backfill.Backfill
 *   yield* pause("nightly")
 * }).pipe(
 *   Effect.catchTag("BackfillError", (error: BackfillError.BackfillError) =>
 *     Effect.sync(() => console.log(error.reason._tag, "-", error.message)),
 *   ),
 * )
 * await Effect.runPromise(
 *   program.pipe(
 *     Effect.provide(Backfill.layer),
 *     Effect.provide(SqliteClient.layer({ filename: ":memory:" })),
 *   ),
 * )
 * // => NoSuchRun - There is no run "nightly". Plan it first, or name another run.
 * ```
 */
import * as Schema from "effect/Schema"

const run = { run: Schema.String }

/** Why a database cannot be used: a clause, and what to do. `detail` is what the server, SQLite or the address says. */
const databaseFaults = {
  notAnAddress: [
    "this is neither a path nor the address of a PostgreSQL database",
    "Give a path such as backfill.sqlite, or postgres://user@host/database.",
  ],
  passwordInAddress: [
    "the address has a password, which others can see in the list of processes and in the shell's history",
    "Leave it out of the address, and give it in PGPASSWORD, in a password file or in the settings.",
  ],
  unknownParameter: [
    "the address has a parameter that is not known",
    "Known are host, port, user, dbname, sslmode, sslrootcert, connect_timeout, application_name and options.",
  ],
  inMemory: ["what is only in memory is gone with the process", "Name a file."],
  noSuchFile: ["there is no such file", "Plan a run in it first, or name another file."],
  severalNames: [
    "this file has a second name (a hard link), so another process could use it unseen",
    "Keep one of its names, or make a copy.",
  ],
  notADatabase: ["this is not a SQLite database", "Name another file. This one was not changed."],
  damaged: ["the file is damaged", "Restore it from a copy, or plan the run again in a new file."],
  cannotOpen: [
    "the file cannot be opened",
    "Its folder must exist, and this user must be able to write in it.",
  ],
  noSharedMemory: [
    "its file system does not support SQLite's WAL",
    "Keep the file on a disk of this machine.",
  ],
  unknownHost: ["there is no such host", "Check the name of the host."],
  noAnswer: [
    "the server does not answer",
    "Check host and port, and whether PostgreSQL is running and reachable.",
  ],
  needsPassword: [
    "the server wants a password",
    "Give it in PGPASSWORD, in a password file or in the settings, not in the address.",
  ],
  wrongPassword: ["the server refuses the user or the password", "Check both."],
  notAllowed: [
    "the server does not let this user in from here",
    "Check its pg_hba.conf. Servers that want TLS need ?sslmode=require at the end of the address.",
  ],
  noSuchDatabase: ["the server has no such database", "Create it, or check its name."],
  tls: [
    "the server and this program cannot agree on TLS",
    "Give the certificate of its authority with ?sslrootcert=FILE. Without TLS: ?sslmode=disable.",
  ],
  tooOld: ["the server is too old", "Use PostgreSQL 14 or later."],
  tooMany: ["the server has no connection left", "Raise its max_connections, or run fewer processes."],
  refused: ["the server refuses", "See what it says, and its log."],
} as const satisfies Record<string, readonly [problem: string, remedy: string]>

/** Why a database cannot be used. */
export const DatabaseFault = Schema.Literals(
  Object.keys(databaseFaults) as ReadonlyArray<keyof typeof databaseFaults>,
)
/** Why a database cannot be used. */
export type DatabaseFault = keyof typeof databaseFaults

const listenFaults = {
  notAnAddress: ["this is not an address to listen on", "Give host:port, such as 127.0.0.1:34431."],
  everyInterface: [
    "other runners cannot reach this address, which stands for all addresses of this machine",
    "Give the one that they reach it at.",
  ],
  inUse: ["another program listens on this port", "Choose another port."],
  notHere: ["this machine does not have this address", "Give an address of this machine."],
  notAllowed: ["this user may not listen on this port", "Choose another one above 1023."],
  other: ["cannot listen on this address", "Choose another one."],
} as const satisfies Record<string, readonly [problem: string, remedy: string]>

/** Why the port for other runners cannot be opened. */
export const ListenFault = Schema.Literals(
  Object.keys(listenFaults) as ReadonlyArray<keyof typeof listenFaults>,
)
/** Why the port for other runners cannot be opened. */
export type ListenFault = keyof typeof listenFaults

const planFaults = {
  runName: [
    "run",
    "the name of a run has letters, digits, ., _ and -, and at most 100 of them",
    "Give another name.",
  ],
  range: ["range", "the range is empty", "Give a start before the end, in unix seconds."],
  pageSize: ["pageSize", "a page has 1 to 50 meetings", "Give a whole number from 1 to 50."],
  overlap: ["series", "the overlap is not a whole number of seconds", "Give 0 or more."],
  lane: [
    "lanes",
    "an app id or tenant key is empty, or has a blank or a slash",
    "Correct the table of numbers.",
  ],
  meetingNo: ["lanes", "a meeting number is not nine digits", "Correct the table of numbers."],
  noNumber: ["lanes", "there is no meeting number", "Give at least one."],
} as const satisfies Record<string, readonly [field: string, problem: string, remedy: string]>

/** Why a plan is not valid. */
export const PlanFault = Schema.Literals(Object.keys(planFaults) as ReadonlyArray<keyof typeof planFaults>)
/** Why a plan is not valid. */
export type PlanFault = keyof typeof planFaults

const faultText = (
  place: string,
  [problem, remedy]: readonly [problem: string, remedy: string],
  detail: string | undefined,
): string => `${place}: ${problem}${detail === undefined ? "" : ` (${detail})`}. ${remedy}`

/** What happened. */
export const Reason = Schema.Union([
  /** The plan is not valid; nothing was stored. */
  Schema.TaggedStruct("InvalidPlan", { fault: PlanFault }),
  /** There is no run of this name. */
  Schema.TaggedStruct("NoSuchRun", run),
  /** There is a run of this name with another plan. */
  Schema.TaggedStruct("RunExists", run),
  /** The run was cancelled, so it does not go on. */
  Schema.TaggedStruct("RunCancelled", run),
  /** The numbers of a series can change only between two rounds. */
  Schema.TaggedStruct("RoundNotFinished", run),
  /** Another process runs a backfill in this file. */
  Schema.TaggedStruct("DatabaseInUse", { database: Schema.String }),
  /** The database cannot be used. `detail` is what the server, SQLite or the address says, in English. */
  Schema.TaggedStruct("DatabaseUnusable", {
    database: Schema.String,
    fault: DatabaseFault,
    detail: Schema.optional(Schema.String),
  }),
  /** A newer version of this package has changed the tables. */
  Schema.TaggedStruct("SchemaTooNew", { version: Schema.Int, supported: Schema.Int }),
  /** The port for other runners cannot be opened. */
  Schema.TaggedStruct("CannotListen", {
    address: Schema.String,
    fault: ListenFault,
    detail: Schema.optional(Schema.String),
  }),
])
/** What happened, by its `_tag`. */
export type Reason = typeof Reason.Type

const messageOf = (reason: Reason): string => {
  switch (reason._tag) {
    case "InvalidPlan": {
      const [field, problem, remedy] = planFaults[reason.fault]
      return `${field}: ${problem}. Nothing was stored. ${remedy}`
    }
    case "NoSuchRun":
      return `There is no run "${reason.run}". Plan it first, or name another run.`
    case "RunExists":
      return `There is a run "${reason.run}" with another plan. Name another run, or cancel this one first.`
    case "RunCancelled":
      return `The run "${reason.run}" was cancelled. Plan it again to read it.`
    case "RoundNotFinished":
      return `The numbers of "${reason.run}" cannot change while a round is being read. Plan again when it is done.`
    case "DatabaseInUse":
      return `Another process is running a backfill in ${reason.database}. Stop it first, or use PostgreSQL for many processes.`
    case "DatabaseUnusable":
      return faultText(reason.database, databaseFaults[reason.fault], reason.detail)
    case "SchemaTooNew":
      return `The tables of this database have version ${reason.version}, and this program knows versions up to ${reason.supported}. Use the newer program.`
    case "CannotListen":
      return faultText(reason.address, listenFaults[reason.fault], reason.detail)
  }
}

/** An error of a run, a plan or their database. `reason` says what happened, and `message` also what to do. */
export class BackfillError extends Schema.TaggedError<BackfillError>()("BackfillError", { reason: Reason }) {
  override get message() {
    return messageOf(this.reason)
  }
}

/** Makes an error of a reason. */
export const make = (reason: Reason): BackfillError => new BackfillError({ reason })
