import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, describe, it } from "@effect/vitest"
import * as Postgres from "../../core/test/Postgres.ts"
import { shareOf } from "../../core/test/share.ts"
import { cycleMillis, type Disturbed, fileOf, minutes, placeIn, read } from "./UnderFire.ts"

/** Kills runners in turn, each at any time of the cycle after it got answers. */
const kill = async ({ nextAtWork, random, startAgain }: Disturbed, kills: number) => {
  for (let killed = 0; killed < kills; killed++) {
    const victim = await nextAtWork(1 + Math.floor(20 * random()))
    // Not longer, or everything would be read before the last kill.
    await sleep((random() * cycleMillis) / 2)
    victim.signal("SIGKILL")
    await victim.ended
    startAgain(victim)
  }
}

describe("a run of many tenants", () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-feishu-fire-"))
  afterAll(() => rmSync(folder, { recursive: true }))

  const kills = shareOf(20)
  /**
   * Requests in a window: between two kills each of four tenants has at most so many, so that not everything is read before the last
   * kill, however fast the machine is.
   */
  const requests = Math.min(60, 600 / kills)

  it(`B1: in one process with SQLite that is killed ${kills} times`, { timeout: 10 * minutes }, async () => {
    const place = fileOf(join(folder, "killed.sqlite"))
    await read(`SQLite, ${kills} kills`, place, 1, (disturbed) => kill(disturbed, kills), requests)
  })

  it(
    `B1: in three processes with PostgreSQL that are killed ${kills} times`,
    { timeout: 10 * minutes },
    async () => {
      await using postgres = await Postgres.start()
      const what = `PostgreSQL, 3 runners, ${kills} kills`
      await read(what, placeIn(postgres), 3, (disturbed) => kill(disturbed, kills), requests)
    },
  )

  const crashes = shareOf(3)

  it(`B3: with a database that crashes ${crashes} times`, { timeout: 10 * minutes }, async () => {
    await using postgres = await Postgres.start()
    const what = `PostgreSQL, 3 runners, ${crashes} crashes of the database`
    await read(what, placeIn(postgres), 3, async ({ progress, random }) => {
      for (let crashed = 0; crashed < crashes; crashed++) {
        await progress(300 + Math.floor(60 * random()), () => true)
        await postgres.stop("immediate")
        await postgres.start()
      }
    })
  })
})
