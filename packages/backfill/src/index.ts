/** Reads the meetings of many numbers and tenants into a table, on one machine or many. */
export * as Backfill from "./Backfill.ts"
export * as BackfillError from "./BackfillError.ts"
export * as BackfillSink from "./BackfillSink.ts"
export * as Lane from "./Lane.ts"
export * as LaneEntity from "./LaneEntity.ts"
export * as LaneReader from "./LaneReader.ts"
export * as MeetingsTable from "./MeetingsTable.ts"
export * as SqliteClient from "./SqliteClient.ts"
