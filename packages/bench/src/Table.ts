/** The lines that are printed: one for each cell, when it is measured. */
import { median, type Row } from "./Measurement.ts"

/** A cell with the value of each process; its own value is their median. */
export interface Result extends Row {
  readonly measurement: string
  readonly values: ReadonlyArray<number | null>
}

/** Combines what several processes report. Returns the cells that at least one of them has reported. */
export const combined = (
  measurement: string,
  processes: ReadonlyArray<ReadonlyArray<Row>>,
): ReadonlyArray<Result> => {
  const cells = new Map<string, Array<Row>>()
  for (const row of processes.flat()) cells.set(row.what, [...(cells.get(row.what) ?? []), row])
  return Array.from(cells.values(), ([first, ...others]): Result => {
    const rows = [first!, ...others]
    const values = rows.map(({ value }) => value)
    const numbers = values.filter((value) => value !== null)
    const because = rows.find((row) => row.because !== undefined)?.because
    const { goal, unit, what } = first!
    const cell = { measurement, what, unit, ...(goal === undefined ? {} : { goal }), values }
    return numbers.length > 0
      ? { ...cell, value: median({ values: numbers }) }
      : { ...cell, value: null, because: because ?? "there are no samples" }
  })
}

/** Returns an additional line for a measurement that ended before it reported all of its cells; it says why. */
export const failed = (measurement: string, because: string): Result => ({
  measurement,
  what: "cells that were not reported",
  unit: "",
  value: null,
  values: [],
  because,
})

/** How results are written as lines. */
export interface Format {
  readonly head: (machine: string) => string
  readonly line: (result: Result) => string
}

/** Formats a number with three significant digits, or more if the digits before the point require it. */
const number = (value: number): string => {
  const size = Math.abs(value)
  if (size === 0) return "0"
  return size < 1 ? value.toPrecision(3) : value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")

/** A Markdown table, as in the README. */
export const markdown: Format = {
  head: (machine) => `${machine}\n\n| measurement | what | median | goal |\n|---|---|---:|---:|`,
  line: ({ because = "", goal, measurement, unit, value, what }) => {
    const bound = goal === undefined ? "" : `≤ ${number(goal)} ${unit}`
    const notes = [
      bound,
      value === null
        ? `**not measured**: ${cell(because)}`
        : goal !== undefined && value > goal
          ? "**missed**"
          : "",
    ]
    const shown = value === null ? "-" : `${number(value)} ${unit}`
    return `| ${cell(measurement)} | ${cell(what)} | ${shown} | ${notes.filter(Boolean).join(" ")} |`
  },
}

/** One line of JSON for the machine, and one for each cell. */
export const json: Format = {
  head: (machine) => JSON.stringify({ machine }),
  line: (result) => JSON.stringify(result),
}
