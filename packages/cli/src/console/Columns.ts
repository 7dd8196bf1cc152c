/** Aligns text in columns. */
import * as CliOutput from "effect/cli/CliOutput"

/** Aligns rows in columns as wide as their widest cell; a Chinese character takes two places. */
export const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => CliOutput.displayWidth(cells[column] ?? ""))),
  )
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell + " ".repeat(widths[column]! - CliOutput.displayWidth(cell)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}
