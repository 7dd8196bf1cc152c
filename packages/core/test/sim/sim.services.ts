/** More seeds than `sim.test.ts` has, which takes less time: `pnpm sim` runs any of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "./Simulation.ts"

const first = 101
const last = 200
const inGroup = 25

describe("whatever the network, the server and the processes do, in virtual time", () => {
  for (let from = first; from <= last; from += inGroup) {
    it(`seeds ${from} to ${from + inGroup - 1}: complete or failed with a cursor, within the limit, nothing left behind`, () => {
      for (let seed = from; seed < from + inGroup; seed++) {
        const { violations } = Simulation.run(seed)
        assert.deepStrictEqual(violations, [], `replay with: pnpm sim --seed ${seed}`)
      }
    })
  }
})
