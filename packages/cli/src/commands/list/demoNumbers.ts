/** What a demo reads. Apart from the mock, which is loaded only for a demo. */
import * as Context from "effect/Context"
import type { MeetingNo } from "@effect-feishu/core"

/** The numbers that are read where none is given: a demo has some, any other run has none. */
export const DefaultNumbers = Context.Reference<ReadonlyArray<MeetingNo>>(
  "@effect-feishu/cli/DefaultNumbers",
  { defaultValue: () => [] },
)

/** How many days of meetings a demo has. */
export const demoDays = 365
