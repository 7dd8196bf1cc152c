/** Facts that a switch of the mock is about. */
import * as Behaviour from "../state/Behaviour.ts"
import type { Check } from "./Check.ts"

/** What the mock says by default, and the flag for what it says with the switch turned. */
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
