import { assert, describe, it } from "@effect/vitest"
import { kill } from "./kills.ts"

describe.concurrent("kill -9", () => {
  // A hundred of them, with a seed of their own each time, are in kills.services.ts.
  it(
    "X2 at ten instants, and the same command again: exactly the rows of an unbroken run",
    { timeout: 60_000 },
    async () => {
      assert.isAtLeast(await kill(10, 2026), 1)
    },
  )
})
