/** The answers of the control plane that several groups share. */
import * as Effect from "effect/Effect"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as Problems from "../../protocol/Problems.ts"
import type { SeedInvalid } from "../../seed/SeedInvalid.ts"
import * as ControlApi from "../ControlApi.ts"

/** The answer to a request that returns nothing else. */
export const done = { ok: true as const }

/** Makes the refusal of a request that is valid but cannot be carried out. */
export const refused = (error: string, problems: ReadonlyArray<string> = []) =>
  new ControlApi.Refused({ error, problems: Problems.told(problems) })

/** Makes a refusal that lists every fault of a seed. */
export const refusedSeed = (error: SeedInvalid) => {
  const [first = "", ...problems] = error.message.split("\n").map((line) => line.trim())
  return new ControlApi.Refused({ error: first, problems })
}

/** Fails because something does not exist. */
export const missing = (what: string) =>
  Effect.fail(new ControlApi.Missing({ error: `there is no ${shortened(what, 200)}` }))

/** Succeeds, or fails because something did not exist. */
export const doneOr = (found: boolean, what: string) => (found ? Effect.succeed(done) : missing(what))
