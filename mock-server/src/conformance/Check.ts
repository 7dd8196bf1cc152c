/** A check: one fact about Feishu, the requests that test it, and what the mock answers with its default switches. */
import type * as Effect from "effect/Effect"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { Probes } from "./Probes.ts"
import type { Observation } from "./Observation.ts"
import type { Undecided, Unreachable } from "./Subject.ts"

/** The sources of facts, the least certain first. */
export const sources = ["inferred", "sdk", "wire", "doc"] as const

/** One of {@link sources}. */
export type Source = (typeof sources)[number]

/** One check. */
export interface Check {
  readonly id: string
  /** The row of FIDELITY.md that the check settles. */
  readonly row: string
  readonly source: Source
  /** The fact, as a clause. */
  readonly what: string
  /** A short description of the request. */
  readonly request: string
  /** The most requests that the check sends. */
  readonly requests: number
  /** The expected observation: that of the mock. */
  readonly expected: string
  /** The switch of the mock that changes the fact. */
  readonly switch?: keyof PublicTypes.Behaviour
  /** Returns the flag with which the mock answers like the Feishu under test, if there is one. */
  readonly flag?: (shape: string) => string | undefined
  readonly observe: (probes: Probes) => Effect.Effect<Observation, Undecided | Unreachable>
}
