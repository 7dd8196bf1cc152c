/** Checkpoints as files: their records, and files with the records that a test wants. */
import { readFileSync, writeFileSync } from "node:fs"
import { Cursor } from "@effect-feishu/core"
import * as Recorded from "../src/run/Recorded.ts"

/** A record of whatever kind, right or wrong. */
export type Record_ = Readonly<Record<string, unknown>>

/** The records in a file; the last one of a killed run may be cut short, and is left out then. */
export const read = (file: string): Recorded.Records => {
  const [start, ...steps] = recordsIn(readFileSync(file))
  return { start, steps } as unknown as Recorded.Records
}

/** The records in the lines of a file. */
export const recordsIn = (bytes: Uint8Array): ReadonlyArray<Record_> =>
  new TextDecoder()
    .decode(bytes)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line.slice(0, -9)) as Record_)

/** A file with these records, and the checksums that are right for them. */
export const withRecords = (records: ReadonlyArray<Record_>): Uint8Array => {
  let checksum = 0
  return Buffer.concat(
    records.map((record) => {
      const line = Recorded.lineOf(record as unknown as Recorded.Start, checksum)
      checksum = line.checksum
      return line.bytes
    }),
  )
}

/** Writes such a file. */
export const write = (file: string, { start, steps }: Recorded.Records): void =>
  writeFileSync(file, withRecords([start, ...steps] as unknown as ReadonlyArray<Record_>))

/** Rows that are recorded. */
export const rowsIn = ({ start, steps }: Recorded.Records): number =>
  steps.reduce((rows, step) => ("rows" in step ? step.rows : rows), start.rows)

/** All records as if they had been written so many milliseconds earlier. */
export const aged = ({ start, steps }: Recorded.Records, millis: number): Recorded.Records => {
  const requestsOf = ({ requests }: Recorded.Step | Recorded.Start) => ({
    ...requests,
    answered: requests.answered.map((time) => time - millis),
    unanswered: requests.unanswered.map((time) => time - millis),
  })
  return {
    start: { ...start, requests: requestsOf(start) },
    steps: steps.map((step) => ({ ...step, requests: requestsOf(step) })),
  }
}

/** All records as if the range began so many seconds earlier. */
export const earlier = ({ start, steps }: Recorded.Records, seconds: number): Recorded.Records => {
  const moved = (cursor: Cursor.Cursor) => {
    const position = Cursor.toPosition(cursor)!
    return Cursor.fromPosition({ ...position, start: position.start - seconds })
  }
  const range = start.range!
  return {
    start: { ...start, range: { ...range, start: range.start - seconds } },
    steps: steps.map((step) =>
      step.step === "page" && step.cursor !== undefined ? { ...step, cursor: moved(step.cursor) } : step,
    ),
  }
}
