/** How what was requested of the meetings in the output was answered: how many of them have which status. */
import * as Schema from "effect/Schema"
import * as Fields from "../output/Fields.ts"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/** The number of meetings of each status: 0 where it is not named. */
export const Counts = Schema.Record(Schema.String, Count)
/** The number of meetings of each status. */
export type Counts = typeof Counts.Type

/** The answers of a run. A part that is not requested is absent. */
export const Answers = Schema.Struct({
  details: Schema.optionalKey(Counts),
  recordings: Schema.optionalKey(Counts),
})
/** The answers of a run. */
export type Answers = typeof Answers.Type

/** Returns the answers before anything is read. */
export const none = ({ details, participants, recordings }: Fields.Parts): Answers => ({
  ...(details || participants ? { details: {} } : {}),
  ...(recordings ? { recordings: {} } : {}),
})

/** Adds the answers of further meetings. */
export const add = ({ details, recordings }: Answers, meetings: ReadonlyArray<Fields.Meeting>): Answers => ({
  ...(details === undefined ? {} : { details: counted(details, meetings.map(Fields.detailsStatus)) }),
  ...(recordings === undefined
    ? {}
    : { recordings: counted(recordings, meetings.map(Fields.recordingStatus)) }),
})

const counted = (counts: Counts, statuses: ReadonlyArray<Fields.Status | undefined>): Counts => {
  const sums: Record<string, number> = { ...counts }
  for (const status of statuses) if (status !== undefined) sums[status] = (sums[status] ?? 0) + 1
  return sums
}

/** True when later answers contain earlier ones, are of the same parts, and are those of this many meetings. */
export const follow = (later: Answers, earlier: Answers, meetings: number): boolean =>
  (["details", "recordings"] as const).every((part) => {
    const [before, after] = [earlier[part], later[part]]
    if (before === undefined || after === undefined) return before === after
    return (
      Object.entries(before).every(([status, count]) => (after[status] ?? 0) >= count) &&
      Object.values(after).reduce((sum, count) => sum + count, 0) === meetings
    )
  })
