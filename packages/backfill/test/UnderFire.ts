/** Runs of four tenants whose runners are killed and frozen, and whose database crashes: they read exactly what is there, within the limit. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Entry } from "@effect-feishu/mock-server"
import * as Postgres from "../../core/test/Postgres.ts"
import * as Runners from "./Runners.ts"
import * as Table from "./Table.ts"
import * as Tenants from "./Tenants.ts"

/** The limit of Feishu and everything that follows from it, scaled so that a test need not take days. */
const timing = {
  requests: 60,
  windowMillis: 3_000,
  unansweredRestMillis: 1_000,
  proofMillis: 500,
  commitMillis: 40,
  concurrency: 2,
} satisfies Runners.Options["timing"]

/** A slot rests as long as the window, and a margin: so long is a cycle of requests and of waiting for the next ones. */
const cycleMillis = timing.windowMillis + 250

/** A lower limit for runs that are frozen, so that everything is not read before the last time. */
const slower = 12

/** Requests that a kill, a freeze or a restart may add. */
const mostMore = 15

const size = { tenants: 4, numbers: 30, windows: 21, meetings: 108, chaos: 0.04 }
/** So few that some units have several pages. */
const pageSize = 8

const minutes = 60_000

/** Numbers from 0 to 1, the same for the same seed. */
const randomFrom = (start: number) => {
  let state = start
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What disturbs a run. */
interface Disturbed {
  readonly tenants: Tenants.Tenants
  /** The runners that are there now. */
  readonly runners: Array<Runners.Runner>
  /** Starts a runner in the place of one. */
  readonly startAgain: (runner: Runners.Runner) => void
  /** Waits until a runner has lanes, beginning with one of them in turn. */
  readonly nextAtWork: () => Promise<Runners.Runner>
  /** Resolves when so many requests of lanes were answered from now on. Fails when the run ends before. */
  readonly progress: (requests: number, ofLanes: (lane: string) => boolean) => Promise<void>
  readonly until: (isIt: () => boolean) => Promise<void>
  /** A number from 0 to 1. */
  readonly random: () => number
}

interface Outcome {
  /** Requests for meetings and for tokens. */
  readonly requests: number
  readonly tokens: number
  readonly most: Readonly<Record<string, number>>
  readonly rows: number
  readonly seconds: number
}

const laneOf = ({ tenant }: Entry): string => `${Tenants.app.appId}/${tenant}`

/** A database, and everything in it as text. */
interface Place {
  readonly db: string
  readonly dump: () => Promise<string>
}

const fileOf = (db: string): Place => ({
  db,
  dump: async () =>
    readFileSync(db, "latin1") + (existsSync(`${db}-wal`) ? readFileSync(`${db}-wal`, "latin1") : ""),
})

const placeIn = ({ dump, url }: { readonly url: string; readonly dump: () => Promise<string> }): Place => ({
  db: url,
  dump,
})

const databasePassword = "PasswordOfTheDatabaseThatNothingMayShow"

/** Reads everything while it is disturbed, and compares what is in the table with what the mock has. */
const read = async (
  { db, dump }: Place,
  processes: number,
  disturb: (disturbed: Disturbed) => Promise<void> = async () => {},
  requests: number = timing.requests,
): Promise<Outcome> => {
  const began = performance.now()
  await using tenants = await Tenants.start(size)
  await using group = Runners.make()
  const run = "fire"
  const isPostgres = db.startsWith("postgres:")
  const options = {
    db,
    run,
    timing: { ...timing, requests },
    baseUrl: tenants.feishu.url,
    apps: { [Tenants.app.appId]: { appSecret: Tenants.app.appSecret, ticket: tenants.ticket } },
    env: { PGPASSWORD: databasePassword },
  }
  const listens = await Promise.all(
    Array.from({ length: processes }, async () =>
      isPostgres ? `127.0.0.1:${await Postgres.freePort()}` : undefined,
    ),
  )
  await group.plan(options, {
    lanes: tenants.tenantKeys.map((tenantKey) => ({ appId: Tenants.app.appId, tenantKey })),
    meetingNos: tenants.meetingNos,
    range: tenants.range,
    pageSize,
  })
  const runners = listens.map((listen) => group.start({ ...options, listen }))
  const random = randomFrom(processes)
  let turn = 0
  const ended = () => runners.some((runner) => runner.hasEnded())
  await disturb({
    tenants,
    runners,
    startAgain: (runner) => {
      const place = runners.indexOf(runner)
      runners[place] = group.start({ ...options, listen: listens[place] })
    },
    nextAtWork: async () => {
      const isAtWork = ({ lanes }: Runners.Runner) => lanes.size > 0
      await group.until(() => runners.some(isAtWork))
      while (!isAtWork(runners[turn % processes]!)) turn++
      return runners[turn++ % processes]!
    },
    progress: async (requests, ofLanes) => {
      let left = requests
      const seen = tenants.until(
        (entry) => Tenants.isList(entry) && entry.code === 0 && ofLanes(laneOf(entry)) && --left <= 0,
      )
      await Promise.race([seen, ...runners.map((runner) => runner.ended)])
      assert.isFalse(ended() && left > 0, `it ended too early:\n${group.all.at(-1)!.output()}`)
    },
    until: async (isIt) => {
      await Promise.race([group.until(isIt), ...runners.map((runner) => runner.ended)])
      assert.isTrue(isIt(), `it ended too early:\n${group.all.at(-1)!.output()}`)
    },
    random,
  })
  const codes = await Promise.all(runners.map((runner) => runner.ended))
  assert.deepStrictEqual(
    codes,
    runners.map(() => 0),
    runners.map((runner) => runner.output()).join("\n\n"),
  )
  const { seed } = await tenants.feishu.snapshot()
  const expected = Table.expected(seed.meetings ?? [])
  const rows = await Table.meetings(db)
  assert.deepStrictEqual(rows, expected)
  assert.deepStrictEqual(
    (await Table.query(db, "select lane, meetings, position, units from backfill_lanes order by lane")).map(
      (row) => ({ ...row }),
    ),
    tenants.tenantKeys.map((key) => ({
      lane: `${Tenants.app.appId}/${key}`,
      meetings: size.numbers * size.meetings,
      position: size.numbers * size.windows,
      units: size.numbers * size.windows,
    })),
  )
  assert.lengthOf(await Table.query(db, "select * from backfill_failures"), 0)
  const most = Tenants.mostWithin(tenants.entries, timing.windowMillis)
  for (const [tenant, count] of Object.entries(most)) assert.isAtMost(count, requests, tenant)
  assert.sameMembers(Object.keys(most), [...tenants.tenantKeys])
  // The database has the meetings, and neither it nor what is printed has a secret.
  const text = await dump()
  assert.include(text, expected[0]!.id)
  assert.include(text, Tenants.app.appId)
  const secrets = [Tenants.app.appSecret, tenants.ticket, databasePassword]
  for (const shown of [text, ...group.all.map((runner) => runner.output())]) {
    for (const secret of secrets) assert.notInclude(shown, secret)
    // As the mock's tokens of tenants and apps are.
    assert.notMatch(shown, /\b[ta]-[\w-]{12,}/)
  }
  const sent = tenants.entries.length
  return {
    requests: sent,
    tokens: sent - tenants.entries.filter(Tenants.isList).length,
    most,
    rows: rows.length,
    seconds: (performance.now() - began) / 1_000,
  }
}

/** Says what came out, so that it can be compared from version to version. */
const tell = (what: string, { most, requests, rows, seconds, tokens }: Outcome, more?: number) =>
  console.log(
    `${what}: ${rows} rows, ${requests} requests${more === undefined ? "" : ` (${more} more)`}, ${tokens} of them for tokens, ` +
      `at most ${Math.max(...Object.values(most))} in a window, ${seconds.toFixed(1)} s`,
  )

describe("a run of many tenants", () => {
  let folder: string
  let undisturbed: Promise<Outcome>
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "effect-feishu-fire-"))
    undisturbed = read(fileOf(join(folder, "undisturbed.sqlite")), 1)
    undisturbed.catch(() => {})
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Compares with the run that nothing disturbed. */
  const compare = async (what: string, outcome: Outcome, disturbances: number) => {
    const { requests } = await undisturbed
    const more = outcome.requests - requests
    tell(what, outcome, more)
    assert.isAtMost(more, mostMore * disturbances)
  }

  /** Kills runners in turn, each at any time of the cycle after it got answers. */
  const kill = async ({ nextAtWork, progress, random, startAgain }: Disturbed, kills: number) => {
    for (let killed = 0; killed < kills; killed++) {
      const victim = await nextAtWork()
      await progress(1 + Math.floor(20 * random()), (lane) => victim.lanes.has(lane))
      // Not longer, or everything would be read before the last kill.
      await sleep((random() * cycleMillis) / 2)
      victim.signal("SIGKILL")
      await victim.ended
      startAgain(victim)
    }
  }

  it("reads all meetings within the limit", { timeout: 10 * minutes }, async () => {
    tell("undisturbed", await undisturbed)
  })

  it("B1: in one process with SQLite that is killed 20 times", { timeout: 10 * minutes }, async () => {
    const outcome = await read(fileOf(join(folder, "killed.sqlite")), 1, (disturbed) => kill(disturbed, 20))
    await compare("SQLite, 20 kills", outcome, 20)
  })

  it(
    "B1: in three processes with PostgreSQL that are killed 20 times",
    { timeout: 10 * minutes },
    async () => {
      await using postgres = await Postgres.start()
      const outcome = await read(placeIn(postgres), 3, (disturbed) => kill(disturbed, 20))
      await compare("PostgreSQL, 3 runners, 20 kills", outcome, 20)
    },
  )

  it("B2: in three processes that are frozen 10 times", { timeout: 10 * minutes }, async () => {
    await using postgres = await Postgres.start()
    const outcome = await read(
      placeIn(postgres),
      3,
      async (disturbed) => {
        const { nextAtWork, progress, random, runners, startAgain, until } = disturbed
        for (let frozen = 0; frozen < 10; frozen++) {
          const victim = await nextAtWork()
          await progress(1 + Math.floor(20 * random()), (lane) => victim.lanes.has(lane))
          await sleep(random() * cycleMillis)
          const owned = new Set(victim.lanes)
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
      slower,
    )
    await compare("PostgreSQL, 3 runners, 10 freezes", outcome, 10)
  })

  it("B3: with a database that crashes 3 times", { timeout: 10 * minutes }, async () => {
    await using postgres = await Postgres.start()
    const outcome = await read(placeIn(postgres), 3, async ({ progress, random }) => {
      for (let crashes = 0; crashes < 3; crashes++) {
        await progress(300 + Math.floor(60 * random()), () => true)
        await postgres.stop("immediate")
        await postgres.start()
      }
    })
    await compare("PostgreSQL, 3 runners, 3 crashes of the database", outcome, 3)
  })
})
