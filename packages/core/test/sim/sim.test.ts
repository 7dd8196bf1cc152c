import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "./Simulation.ts"

const seeds = 200
const inGroup = 25

describe("whatever the network, the server and the processes do, in virtual time", () => {
  for (let from = 1; from <= seeds; from += inGroup) {
    it(`seeds ${from} to ${from + inGroup - 1}: complete or failed with a cursor, within the limit, nothing left behind`, () => {
      for (let seed = from; seed < from + inGroup; seed++) {
        const { violations } = Simulation.run(seed)
        assert.deepStrictEqual(violations, [], `replay with: pnpm sim --seed ${seed}`)
      }
    })
  }

  it("a page that leads nowhere, and that what was left out would have come with, is asked for again from before that (seed 26030)", () => {
    assert.deepStrictEqual(Simulation.run(26_030).violations, [])
  })

  it("a seed decides everything: the same seed does the same again", () => {
    for (const seed of [3, 17, 27, 101]) {
      assert.deepStrictEqual(Simulation.run(seed).trace, Simulation.run(seed).trace)
    }
  })
})
