/** The errors of runs, plans and their database. Failures of Feishu do not end a run: they are in `status` and `failures`. */
import * as Schema from "effect/Schema"

const run = { run: Schema.String }

/** What happened. */
export const Reason = Schema.Union([
  /** The plan cannot be read; nothing was stored. `field` is the option, `problem` a clause about it. */
  Schema.TaggedStruct("InvalidPlan", { field: Schema.String, problem: Schema.String, remedy: Schema.String }),
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
  /** The database cannot be used; `problem` is a clause about it. */
  Schema.TaggedStruct("DatabaseUnusable", {
    database: Schema.String,
    problem: Schema.String,
    remedy: Schema.String,
  }),
  /** A newer version of this package has changed the tables. */
  Schema.TaggedStruct("SchemaTooNew", { version: Schema.Int, supported: Schema.Int }),
  /** The port for other runners cannot be opened; `problem` is a clause about it. */
  Schema.TaggedStruct("CannotListen", { address: Schema.String, problem: Schema.String }),
])
/** What happened, by its `_tag`. */
export type Reason = typeof Reason.Type

const messageOf = (reason: Reason): string => {
  switch (reason._tag) {
    case "InvalidPlan":
      return `${reason.field}: ${reason.problem}. Nothing was stored. ${reason.remedy}`
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
      return `${reason.database}: ${reason.problem}. ${reason.remedy}`
    case "SchemaTooNew":
      return `The tables of this database have version ${reason.version}, and this program knows versions up to ${reason.supported}. Use the newer program.`
    case "CannotListen":
      return `${reason.address}: ${reason.problem}. Listen on another address or port.`
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
