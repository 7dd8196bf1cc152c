import { randomInt } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { shareOf } from "../../core/test/share.ts"
import { detailsFlags, kill } from "./kills.ts"

// One that failed is printed, and can be given again.
const seed = Number(process.env["KILLS_SEED"] ?? randomInt(1_000_000))

describe("kill -9", () => {
  it(
    `X2 at ${shareOf(100)} instants, others each time, and the same command again`,
    { timeout: 600_000 },
    async () => {
      assert.isAtLeast(await kill(shareOf(100), seed), 1)
    },
  )

  it("X2 likewise with details, participants and recordings", { timeout: 600_000 }, async () => {
    assert.isAtLeast(await kill(shareOf(40), seed, detailsFlags), 1)
  })
})
