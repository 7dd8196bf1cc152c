/** How large packages may be. */
import { assert, it } from "vitest"
import { over } from "../src/budgets.ts"

it("what is larger than its budget is named, with where to raise it", () => {
  assert.deepStrictEqual(
    over([
      { what: "one: tarball", size: 99.96, budget: 100 },
      { what: "two: tarball", size: 100.06, budget: 100 },
      // A package without a budget.
      { what: "three: tarball", size: 0.1, budget: 0 },
    ]),
    [
      "two: tarball: 100.1 kB, and its budget in packages/release/src/budgets.ts is 100 kB",
      "three: tarball: 0.1 kB, and its budget in packages/release/src/budgets.ts is 0 kB",
    ],
  )
})
