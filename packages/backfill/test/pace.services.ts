/** Ten tenants are read ten times as fast as one, by one process or three, as the mock counts. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, it } from "@effect/vitest"
import * as Postgres from "../../core/test/Postgres.ts"
import * as Runners from "./Runners.ts"
import * as Tenants from "./Tenants.ts"

const timing = {
  requests: 60,
  windowMillis: 3_000,
  unansweredRestMillis: 1_000,
  proofMillis: 500,
  commitMillis: 40,
} satisfies Runners.Options["timing"]

/** Requests of a lane by which its pace is measured, the last ones: runners that have just started still share the lanes. */
const counted = 8 * timing.requests

const folder = mkdtempSync(join(tmpdir(), "effect-feishu-pace-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** Returns the requests a second of all lanes. */
const paceOf = async (db: string, processes: number, count: number): Promise<number> => {
  await using tenants = await Tenants.start({
    tenants: count,
    numbers: 10 * timing.requests,
    windows: 1,
    meetings: 1,
  })
  await using group = Runners.make()
  const options = {
    db,
    run: "pace",
    timing,
    baseUrl: tenants.feishu.url,
    apps: { [Tenants.app.appId]: { appSecret: Tenants.app.appSecret, ticket: tenants.ticket } },
  }
  await group.plan(options, {
    lanes: tenants.tenantKeys.map((tenantKey) => ({ appId: Tenants.app.appId, tenantKey })),
    meetingNos: tenants.meetingNos,
    range: tenants.range,
  })
  const runners = Array.from({ length: processes }, () => group.start(options))
  for (const runner of runners) assert.strictEqual(await runner.ended, 0, runner.output())
  const lists = tenants.entries.filter(Tenants.isList)
  return tenants.tenantKeys
    .map((tenantKey) => {
      const times = lists
        .filter(({ tenant }) => tenant === tenantKey)
        .map(({ time }) => time)
        .toSorted((a, b) => a - b)
      return (counted * 1_000) / (times.at(-1)! - times.at(-1 - counted)!)
    })
    .reduce((sum, pace) => sum + pace, 0)
}

it(
  "ten tenants are ten times as fast as one, in one process and in three",
  { timeout: 600_000 },
  async () => {
    const one = await paceOf(join(folder, "one.sqlite"), 1, 1)
    const ten = await paceOf(join(folder, "ten.sqlite"), 1, 10)
    await using postgres = await Postgres.start()
    const three = await paceOf(postgres.url, 3, 10)
    console.log(
      `requests a second: ${one.toFixed(2)} of one tenant, ${ten.toFixed(2)} of ten, ${three.toFixed(2)} of ten with three processes`,
    )
    assert.closeTo(ten / one, 10, 0.3)
    assert.closeTo(three / one, 10, 0.3)
  },
)
