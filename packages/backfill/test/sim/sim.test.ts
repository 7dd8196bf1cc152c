import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "./Simulation.ts"

const seeds = 200
const inGroup = 25

describe("whatever the runners, the database, the network and the cluster do, in virtual time", () => {
  for (let from = 1; from <= seeds; from += inGroup) {
    it(`B10: seeds ${from} to ${from + inGroup - 1}, every meeting once, within the limit, by one owner at a time, and it ends`, () => {
      for (let seed = from; seed < from + inGroup; seed++) {
        const { violations } = Simulation.run(seed)
        assert.deepStrictEqual(violations, [], `replay with: pnpm sim:backfill --seed ${seed}`)
      }
    })
  }

  it("two runners claim a lane that has never had an owner: the later one counts what the first has sent (seeds 478 and 924)", () => {
    for (const seed of [478, 924]) assert.deepStrictEqual(Simulation.run(seed).violations, [])
  })

  it("a seed decides everything: the same seed does the same again", () => {
    for (const seed of [3, 17]) {
      assert.deepStrictEqual(Simulation.run(seed).trace, Simulation.run(seed).trace)
    }
  })
})
