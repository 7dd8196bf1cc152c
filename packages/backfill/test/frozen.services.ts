import { setTimeout as sleep } from "node:timers/promises"
import { describe, it } from "@effect/vitest"
import * as Postgres from "../../core/test/Postgres.ts"
import { shareOf } from "../../core/test/share.ts"
import { cycleMillis, minutes, placeIn, read } from "./UnderFire.ts"

describe("a run of many tenants", () => {
  const freezes = shareOf(10)
  /** Requests in a window: so few that not everything is read before the last time, which takes up to 20 s. */
  const requests = Math.min(60, Math.round(100 / freezes))

  it(`B2: in three processes that are frozen ${freezes} times`, { timeout: 10 * minutes }, async () => {
    await using postgres = await Postgres.start()
    await read(
      `PostgreSQL, 3 runners, ${freezes} freezes`,
      placeIn(postgres),
      3,
      async (disturbed) => {
        const { nextAtWork, progress, random, runners, startAgain, until } = disturbed
        for (let frozen = 0; frozen < freezes;) {
          const victim = await nextAtWork(1 + Math.floor(20 * random()))
          await sleep(random() * cycleMillis)
          const owned = new Set(victim.lanes)
          // Its lanes went to others meanwhile: nobody would take anything from it.
          if (owned.size === 0) continue
          frozen++
          victim.signal("SIGSTOP")
          // Another one owns what it owned, and reads it.
          const taken = () => [...owned].filter((lane) => !victim.lanes.has(lane))
          await until(() => taken().length > 0)
          await progress(1, (lane) => taken().includes(lane))
          victim.signal("SIGCONT")
          // As a supervisor does with one that ends.
          for (const runner of runners) if (runner.hasEnded()) startAgain(runner)
        }
      },
      requests,
    )
  })
})
