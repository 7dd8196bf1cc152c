/** A run of four tenants while something disturbs it: its table is what the mock has, within the limit, and few units are read again. */
import { existsSync, readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
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
  // However slow the machine and its database are.
  commitUnits: 4,
  concurrency: 2,
} satisfies Runners.Options["timing"]

/** A slot rests as long as the window, and a margin: so long is a cycle of requests and of waiting for the next ones. */
export const cycleMillis = timing.windowMillis + 250

/**
 * Pages that may be read again when a lane is opened again: those of units in a transaction that was not committed, that were read in
 * parallel, and as many that had come out of it. A unit has one page, or two.
 */
const mostAgain = 2 * (timing.commitUnits + 2 * timing.concurrency)

const size = { tenants: 4, numbers: 30, windows: 21, meetings: 108, chaos: 0.04 }
/** So few that some units have several pages. */
const pageSize = 8

/** Milliseconds. */
export const minutes = 60_000

/** Numbers from 0 to 1, the same for the same seed. */
const randomFrom = (start: number) => {
  let state = start
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What disturbs a run. */
export interface Disturbed {
  readonly tenants: Tenants.Tenants
  /** The runners that are there now. */
  readonly runners: Array<Runners.Runner>
  /** Starts a runner in the place of one. */
  readonly startAgain: (runner: Runners.Runner) => void
  /**
   * Waits until a runner got so many answers for the lanes that it has, and returns it. Runners come in turn; one whose lanes go to others
   * meanwhile is not waited for.
   */
  readonly nextAtWork: (requests: number) => Promise<Runners.Runner>
  /** Resolves when so many requests of lanes were answered from now on. Fails when the run ends before. */
  readonly progress: (requests: number, ofLanes: (lane: string) => boolean) => Promise<void>
  readonly until: (isIt: () => boolean) => Promise<void>
  /** A number from 0 to 1. */
  readonly random: () => number
}

/** Returns how many pages were given more than once. */
const pagesAgain = (entries: ReadonlyArray<Entry>): number => {
  const given = entries.filter(
    (entry) => Tenants.isList(entry) && entry.code === 0 && entry.fault === undefined,
  )
  return given.length - new Set(given.map(({ query, tenant }) => JSON.stringify([tenant, query]))).size
}

const laneOf = ({ tenant }: Entry): string => `${Tenants.app.appId}/${tenant}`

/** A database, and everything in it as text. */
interface Place {
  readonly db: string
  readonly dump: () => Promise<string>
}

export const fileOf = (db: string): Place => ({
  db,
  dump: async () =>
    readFileSync(db, "latin1") + (existsSync(`${db}-wal`) ? readFileSync(`${db}-wal`, "latin1") : ""),
})

export const placeIn = ({
  dump,
  url,
}: {
  readonly url: string
  readonly dump: () => Promise<string>
}): Place => ({
  db: url,
  dump,
})

const databasePassword = "PasswordOfTheDatabaseThatNothingMayShow"

/** Reads everything while it is disturbed, compares what is in the table with what the mock has, and says what came out. */
export const read = async (
  what: string,
  { db, dump }: Place,
  processes: number,
  disturb: (disturbed: Disturbed) => Promise<void>,
  requests: number = timing.requests,
): Promise<void> => {
  const began = performance.now()
  await using tenants = await Tenants.start(size)
  await using group = await Runners.make()
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
  const tooEarly = () => {
    const outputs = runners.map((runner) => `${runner.hasEnded() ? "ended" : "runs"}:\n${runner.output()}`)
    return `a runner ended too early, after ${group.all.length - runners.length} starts again:\n${outputs.join("\n")}`
  }
  const until = async (isIt: () => boolean) => {
    await Promise.race([group.until(isIt), ...runners.map((runner) => runner.ended)])
    assert.isTrue(isIt(), tooEarly())
  }
  const progress: Disturbed["progress"] = async (requests, ofLanes) => {
    let left = requests
    const seen = tenants.until(
      (entry) => Tenants.isList(entry) && entry.code === 0 && ofLanes(laneOf(entry)) && --left <= 0,
    )
    await Promise.race([seen, ...runners.map((runner) => runner.ended)])
    assert.isFalse(ended() && left > 0, tooEarly())
  }
  await disturb({
    tenants,
    runners,
    startAgain: (runner) => {
      const place = runners.indexOf(runner)
      runners[place] = group.start({ ...options, listen: listens[place] })
    },
    nextAtWork: async (requests) => {
      const isAtWork = ({ lanes }: Runners.Runner) => lanes.size > 0
      for (;;) {
        await until(() => runners.some(isAtWork))
        while (!isAtWork(runners[turn % processes]!)) turn++
        const next = runners[turn++ % processes]!
        await Promise.race([progress(requests, (lane) => next.lanes.has(lane)), until(() => !isAtWork(next))])
        if (isAtWork(next)) return next
      }
    },
    progress,
    until,
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
  const opened = group.all.flatMap((runner) => runner.output().match(/^reads /gm) ?? []).length
  const again = pagesAgain(tenants.entries)
  const seconds = (performance.now() - began) / 1_000
  console.log(
    `${what}: ${rows.length} rows, ${tenants.entries.length} requests, ${again} pages given again to ${opened} owners, ` +
      `at most ${Math.max(...Object.values(most))} in a window, ${seconds.toFixed(1)} s`,
  )
  assert.isAtMost(again, mostAgain * (opened - tenants.tenantKeys.length))
}
