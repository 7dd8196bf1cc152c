/** Chance that follows from a seed and nothing else: the same seed throws the same dice, in the same order. */
import { Effect, Random } from "effect"

/** Throws of one kind. Each concern has dice of its own, so that one more throw of one leaves the others alone. */
export interface Dice {
  /** Between 0 and 1. */
  readonly next: () => number
  /** A whole number; both bounds may come. */
  readonly int: (from: number, to: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(choices: ReadonlyArray<A>) => A
  /** One of the names, each as likely as its weight says. */
  readonly weighted: <Name extends string>(weights: Readonly<Record<Name, number>>) => Name
}

/** Dice of a seed. */
export const make = (seed: string): Dice => {
  const random = Effect.runSync(Random.withSeed(Effect.service(Random.Random), seed))
  const next = () => random.nextDoubleUnsafe()
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[int(0, choices.length - 1)]!,
    weighted: <Name extends string>(weights: Readonly<Record<Name, number>>) => {
      const entries = Object.entries<number>(weights) as Array<[Name, number]>
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      return (entries.find(([, weight]) => (left -= weight) < 0) ?? entries.at(-1)!)[0]
    },
  }
}
