/** The numbers and days of a demo. Not in `demo.ts`, which loads the mock and is loaded only for a demo. */
import * as Context from "effect/Context"
import type { MeetingNo } from "@effect-feishu/core"

/** The numbers that are read where none is given: a demo has some, any other run has none. */
export const DefaultNumbers = Context.Reference<ReadonlyArray<MeetingNo>>(
  "@effect-feishu/cli/DefaultNumbers",
  { defaultValue: () => [] },
)

/** The number of days with meetings that a demo has. */
export const demoDays = 365
