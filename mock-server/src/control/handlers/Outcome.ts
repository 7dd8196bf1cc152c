/** How a request to the control plane ends, where that is the same for several groups. */
import * as Effect from "effect/Effect"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as Problems from "../../protocol/Problems.ts"
import type { SeedInvalid } from "../../seed/SeedInvalid.ts"
import * as ControlApi from "../ControlApi.ts"

/** What is answered when there is nothing else to say. */
export const done = { ok: true as const }

/** A request that was understood and cannot be carried out. */
export const refused = (error: string, problems: ReadonlyArray<string> = []) =>
  new ControlApi.Refused({ error, problems: Problems.told(problems) })

/** A seed's faults as a refusal that lists them. */
export const refusedSeed = (error: SeedInvalid) => {
  const [first = "", ...problems] = error.message.split("\n").map((line) => line.trim())
  return new ControlApi.Refused({ error: first, problems })
}

/** Fails because there is no such thing. */
export const missing = (what: string) =>
  Effect.fail(new ControlApi.Missing({ error: `there is no ${shortened(what, 200)}` }))

/** Done, or fails because there was no such thing. */
export const doneOr = (found: boolean, what: string) => (found ? Effect.succeed(done) : missing(what))
