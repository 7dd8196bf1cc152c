/**
 * Processes that share a login in a file: what comes of it when they are killed, and when Feishu's answers get lost. `SEED` in the
 * environment chooses the rounds; it is printed with a round that fails.
 */
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { bundleProgram } from "@effect-feishu/bundle/applications"
import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"
import { shareOf } from "./share.ts"
import * as Dice from "./sim/Dice.ts"
import * as UserTokenServer from "./UserTokenServer.ts"
import type { Options, Outcome } from "./userTokenReader.ts"

let folder: string
let feishu: Awaited<ReturnType<typeof UserTokenServer.start>>
const readers = new Set<Reader>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "effect-feishu-user-tokens-"))
  await bundleProgram(
    fileURLToPath(new URL("userTokenReader.ts", import.meta.url)),
    join(folder, "reader.cjs"),
  )
  feishu = await UserTokenServer.start()
  // A process stores what it has compiled when it ends by itself: the others then start in a third of the time.
  await start(join(folder, "none.json")).end()
})
afterAll(async () => {
  await Promise.all([...readers].map((reader) => reader.kill()))
  await feishu[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** How long the server works on a request, before it takes the token and after that. */
const longestWork = 60
/** How long a refresh token rests after a request without an answer: longer than the server works on any. */
const unansweredRest = 2 * (2 * longestWork + UserTokenServer.abandonedMillis)

type Reader = ReturnType<typeof start>

/** Starts a process that reads by a login whenever it is told to. */
const start = (file: string, flags: ReadonlyArray<string> = []) => {
  const options: Options = {
    file,
    baseUrl: feishu.url,
    appId: feishu.appId,
    appSecret: feishu.appSecret,
    unansweredRest: `${unansweredRest} millis`,
  }
  const child = spawn(process.execPath, [...flags, join(folder, "reader.cjs")], {
    env: {
      PATH: process.env["PATH"],
      READER: JSON.stringify(options),
      NODE_COMPILE_CACHE: join(folder, "cache"),
    },
    stdio: ["pipe", "pipe", "inherit"],
  })
  // It may be killed as it is told to.
  child.stdin.on("error", () => {})
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  /** What it prints next; `undefined` if it was killed. */
  const next = async (): Promise<Outcome | undefined> => {
    const { done, value } = await lines.next()
    return done === true ? undefined : JSON.parse(value)
  }
  const ended = once(child, "close")
  const reader = {
    ready: next(),
    tell: (what: "read" | "hold") => {
      child.stdin.write(`${what}\n`)
      return next()
    },
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    end: async () => {
      readers.delete(reader)
      child.stdin.end()
      await ended
    },
    kill: async () => {
      readers.delete(reader)
      child.kill("SIGKILL")
      await ended
    },
  }
  readers.add(reader)
  return reader
}

/** Processes for a login: a new one is started for each that was killed, before anybody waits for it. */
const poolOf = (login: UserTokenServer.Login, size: number) => {
  const waiting = Array.from({ length: size }, () => start(login.file))
  return {
    take: async (count: number): Promise<ReadonlyArray<Reader>> => {
      const taken = waiting.splice(0, count)
      for (const reader of taken) assert.deepStrictEqual(await reader.ready, { _tag: "Ready" })
      return taken
    },
    giveBack: (given: ReadonlyArray<Reader>) => void waiting.unshift(...given),
    kill: async (reader: Reader) => {
      waiting.push(start(login.file))
      await reader.kill()
    },
  }
}

it("A10: 20 processes with one login whose access token has ended: one refresh, 20 reads", async () => {
  const login = await feishu.login(join(folder, "twenty", "login.json"))
  const twenty = await poolOf(login, 20).take(20)
  login.fate = () => ({ what: "answered", millis: [longestWork, longestWork] })
  const outcomes = await Promise.all(twenty.map((reader) => reader.tell("read")))
  assert.deepStrictEqual(
    outcomes,
    outcomes.map(() => ({ _tag: "Read" as const })),
  )
  assert.deepStrictEqual([login.requests, login.taken, login.broken], [1, 1, []])
  assert.strictEqual(UserTokenServer.storedIn(login.file), login.good)
  await Promise.all(twenty.map((reader) => reader.kill()))
})

it("A19: a process that is stopped keeps the lock until it ends", async () => {
  const login = await feishu.login(join(folder, "stopped", "login.json"))
  const [stopped] = await poolOf(login, 1).take(1)
  assert.deepStrictEqual(await stopped!.tell("hold"), { _tag: "Holds" })
  stopped!.signal("SIGSTOP")
  const replaced = UserTokenFile.make(login.file, { longestWait: 0 }).locked(() => Effect.void)
  const { message } = await Effect.runPromise(Effect.flip(replaced))
  assert.include(message, `has held its lock ${login.file}.lock for 0 s. If that process is stopped`)
  await stopped!.kill()
  await Effect.runPromise(replaced)
})

it("a runtime without SQLite says so, and what to do", async () => {
  const login = await feishu.login(join(folder, "elsewhere", "login.json"))
  const flags = ["--import", "data:text/javascript,process.getBuiltinModule = () => undefined"]
  const reader = start(login.file, flags)
  assert.deepStrictEqual(await reader.ready, { _tag: "Ready" })
  const outcome = await reader.tell("read")
  assert.deepInclude(outcome, { _tag: "Failed", reason: "LoginStoreFailed" })
  assert.match(JSON.stringify(outcome), /this runtime has no module node:sqlite, .* Use Node 22\.19/)
  assert.strictEqual(login.requests, 0)
  await reader.kill()
})

const rounds = shareOf(200)
/** Logins that are read at the same time, each by processes of its own. */
const lanes = 5

const weights = {
  answered: 60,
  "HTTP 503": 6,
  20050: 6,
  20072: 6,
  "reset before it takes the token": 11,
  "reset after it has taken the token": 11,
} satisfies Record<UserTokenServer.Fate["what"], number>

/** What has happened in all rounds. */
interface Seen {
  killed: number
  refreshed: number
  lostByReset: number
  lostByKill: number
  readonly fates: Set<string>
  isOver: boolean
}

/** Plays rounds with one login: two processes read, some of them are killed, and requests fail. */
const play = async (seed: string, file: string, count: number, seen: Seen): Promise<void> => {
  const dice = Dice.make(seed)
  const login = await feishu.login(file)
  const pool = poolOf(login, 3)
  let story: Array<string> = []

  const round = async () => {
    story = []
    let last = ""
    login.fate = () => {
      last = dice.weighted(weights)
      const millis = [dice.int(0, longestWork), dice.int(0, longestWork)] as const
      seen.fates.add(last)
      story.push(`${last}, after ${millis.join(" and ")} ms`)
      return { what: last as UserTokenServer.Fate["what"], millis }
    }
    // The access token ends. Who holds the lock removes what a killed process has left.
    await Effect.runPromise(
      login.store.locked((stored, replace) => replace({ ...stored!, accessTokenEndsAt: 0 })),
    )
    assert.deepStrictEqual(readdirSync(join(file, "..")).toSorted(), ["login.json", "login.json.lock"])

    const takenBefore = login.taken
    const two = await pool.take(2)
    const outcomes = Promise.all(two.map((reader) => reader.tell("read")))
    const victims = dice.chance(0.35) ? two : [dice.pick(two)]
    const instant = dice.weighted({ told: 2, received: 4, taken: 2, ended: 2 })
    // Of the first request, or of one that follows one that failed.
    const times = instant === "told" ? 0 : dice.pick([1, 1, 2])
    const millis = dice.chance(0.7) ? dice.int(0, 4) : dice.int(0, longestWork)
    const time = (async () => {
      for (let left = times; left > 0; left--) await once(login.events, instant)
    })()
    await Promise.race([time, outcomes])
    await sleep(millis)
    story.push(`${victims.length} killed ${millis} ms after ${instant}, time ${times}`)
    await Promise.all(victims.map((reader) => pool.kill(reader)))
    seen.killed += victims.length
    const results = await outcomes

    // Now nothing fails. The server may still work on the request of a process that was killed.
    login.fate = () => ({ what: "answered", millis: [0, 0] })
    const survivors = two.filter((reader) => !victims.includes(reader))
    const [reader = survivors[0]!] = survivors.length === 0 ? await pool.take(1) : []
    const after = await reader.tell("read")
    await login.idle()
    const isLost = UserTokenServer.storedIn(file) !== login.good
    story.push(isLost ? "lost" : "kept")
    for (const outcome of [...results, after]) {
      if (outcome?._tag === "Failed") story.push(outcome.message)
    }

    assert.deepStrictEqual(login.broken, [])
    // A login is lost where Feishu has taken the token, and the next one is not in the file; and nowhere else.
    if (isLost) assert.isAbove(login.taken, takenBefore)
    assert.strictEqual(after?._tag, isLost ? "Failed" : "Read")
    for (const outcome of [...results, after]) {
      // It was killed.
      if (outcome === undefined) continue
      switch (outcome._tag) {
        case "Failed":
          if (outcome.reason === "SignInRequired") {
            assert.isTrue(isLost)
            assert.strictEqual(outcome.why, "answer lost")
            assert.include(outcome.message, "the answer with the next one was lost on its way")
            assert.include(outcome.message, "张三 (ou_1a2b) has to sign in again.")
          } else {
            // Too many requests in a row had no answer. It is another read that succeeds.
            assert.notStrictEqual(outcome, after)
            assert.oneOf(outcome.reason, ["TransportFailed", "ServerFailed"])
          }
          break
        default:
          assert.strictEqual(outcome._tag, "Read")
          assert.isFalse(isLost)
      }
    }
    if (isLost) {
      seen[last === "reset after it has taken the token" ? "lostByReset" : "lostByKill"]++
      await feishu.signIn(login)
    } else {
      assert.strictEqual(UserTokenServer.storedIn(file), login.good)
      seen.refreshed++
    }
    pool.giveBack(survivors.length === 0 ? [reader] : survivors)
  }

  for (let number = 1; number <= count && !seen.isOver; number++) {
    try {
      await round()
    } catch (error) {
      // The other logins stop, too.
      seen.isOver = true
      console.error(`seed ${seed}, round ${number}: ${story.join("; ")}`)
      throw error
    }
  }
}

it(`A12: ${rounds} rounds with kills and lost answers: a login ends only where nothing could save it, and that is said`, async () => {
  const seed = process.env["SEED"] ?? "1"
  const seen: Seen = {
    killed: 0,
    refreshed: 0,
    lostByReset: 0,
    lostByKill: 0,
    fates: new Set(),
    isOver: false,
  }
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      play(`${seed}-${lane}`, join(folder, `lane ${lane}`, "login.json"), rounds / lanes, seen),
    ),
  )
  assert.strictEqual(seen.refreshed + seen.lostByReset + seen.lostByKill, rounds)
  // Otherwise the rounds would prove little.
  assert.isAtLeast(seen.killed, rounds)
  assert.strictEqual(seen.fates.size, Object.keys(weights).length)
  for (const count of [seen.refreshed, seen.lostByReset, seen.lostByKill]) assert.isAbove(count, 0)
}, 600_000)
