/** A check: one request or a few, and what the mock says to them unless its switches are turned. */
import type * as Effect from "effect/Effect"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { Probes } from "./Probes.ts"
import type { Seen } from "./Seen.ts"
import type { Undecided, Unreachable } from "./Subject.ts"

/** Where a fact is known from, the least sure first. */
export const sources = ["inferred", "sdk", "wire", "doc"] as const

/** One of {@link sources}. */
export type Source = (typeof sources)[number]

/** One check. */
export interface Check {
  readonly id: string
  /** The row of FIDELITY.md that it settles. */
  readonly row: string
  readonly source: Source
  /** What is so, as a clause. */
  readonly what: string
  /** What is sent, in short. */
  readonly request: string
  /** The most requests that it sends. */
  readonly requests: number
  /** What the mock says. */
  readonly expected: string
  /** The switch of the mock's that this is about. */
  readonly switch?: keyof PublicTypes.Behaviour
  /** The flag with which the mock says what came instead. */
  readonly flag?: (shape: string) => string | undefined
  readonly see: (probes: Probes) => Effect.Effect<Seen, Undecided | Unreachable>
}
