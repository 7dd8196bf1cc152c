/** Facts that Feishu's documents leave open: the readings of a switch of the mock. */
import * as Behaviour from "../protocol/Behaviour.ts"
import type { Check } from "./Check.ts"

/** Returns what the mock answers by default, and the flag for each other answer. `shapes` has the answer of each reading. */
export const readings = <Name extends "emptyList" | "lastPageToken" | "ninetyDays" | "pageTokens">(
  name: Name,
  flag: string,
  shapes: Readonly<Record<Behaviour.Behaviour[Name], string>>,
): Pick<Check, "expected" | "switch" | "flag"> => ({
  switch: name,
  expected: shapes[Behaviour.defaults[name]],
  flag: (shape) => {
    const found = Object.entries(shapes).find(([, each]) => each === shape)
    return found === undefined ? undefined : `${flag} ${found[0] === "[]" ? "'[]'" : found[0]}`
  },
})
