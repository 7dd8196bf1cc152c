/** The limit against servers that count in every way that one may: an hour of requests each, in virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Random } from "effect"
import { RateLimit } from "@effect-feishu/core"
import * as Dice from "./sim/Dice.ts"
import * as VirtualTime from "./sim/VirtualTime.ts"

/** A server's limiter: takes the arrival time in milliseconds, says whether it lets the request pass. */
type Server = (time: number) => boolean

const fixedWindow =
  (offset: number) =>
  (limit: number, millis: number): Server => {
    let window = Number.NaN
    let count = 0
    return (time) => {
      const current = Math.floor((time - offset) / millis)
      if (current !== window) [window, count] = [current, 0]
      return ++count <= limit
    }
  }

const slidingLog = (limit: number, millis: number): Server => {
  const log: Array<number> = []
  return (time) => {
    while (log.length > 0 && log[0]! <= time - millis) log.shift()
    return log.length < limit && log.push(time) > 0
  }
}

const tokenBucket = (limit: number, millis: number): Server => {
  let tokens = limit
  let last = 0
  return (time) => {
    tokens = Math.min(limit, tokens + ((time - last) * limit) / millis)
    last = time
    if (tokens < 1) return false
    tokens--
    return true
  }
}

const servers: Record<string, (limit: number, millis: number) => Server> = {
  "a fixed window": fixedWindow(0),
  "a fixed window, shifted by 37.4 s": fixedWindow(37_400),
  "a sliding log": slidingLog,
  "a token bucket": tokenBucket,
}

const answered = () => "answered" as const

const detailsWindows = [
  { requests: 1_000, window: "1 minute" },
  { requests: 50, window: "1 second" },
] as const satisfies RateLimit.Windows

const travel = Effect.flatMap(Random.nextIntBetween(20, 200), (millis) => Effect.sleep(millis))

/** Runs programs without an end for an hour, or as many minutes. A test clock needs several times as long for each of so many sleeps. */
const forAnHour = (programs: ReadonlyArray<Effect.Effect<unknown>>, seed: string, minutes = 60) => {
  const time = VirtualTime.make(Dice.make(seed), false)
  const { context } = time.machine({ latest: 0, fast: 0, yields: 0 }, 0)
  Effect.runForkWith(context)(Effect.all(programs, { concurrency: "unbounded" }).pipe(Random.withSeed(seed)))
  time.run(() => time.now() >= minutes * 60_000)
}

describe("one hour of backlog, 10 workers, 20 to 200 ms each way", () => {
  for (const [name, makeServer] of Object.entries(servers)) {
    for (const seed of ["1", "2", "3"]) {
      it(`${name}, seed ${seed}: no refusal, at least 99 % used`, () => {
        const limit = RateLimit.make()
        const passes = makeServer(100, 60_000)
        let accepted = 0
        let refused = 0
        const request = Effect.gen(function* () {
          yield* travel
          if (passes(yield* Clock.currentTimeMillis)) accepted++
          else refused++
          yield* travel
        })
        const worker = Effect.forever(limit.withSlot("key", answered)(request))
        forAnHour(
          Array.from({ length: 10 }, () => worker),
          seed,
        )
        assert.strictEqual(refused, 0)
        assert.isAtLeast(accepted, 0.99 * 6_000)
      })
    }
  }
})

describe("1,000 a minute and 50 a second at once, ten minutes of backlog, 60 workers, 20 to 200 ms each way", () => {
  for (const [name, makeServer] of Object.entries(servers)) {
    it(`M8 ${name}: neither window refuses, and at least 99 % of the minute's quota is used`, () => {
      const limit = RateLimit.make()
      const [minute, second] = [makeServer(1_000, 60_000), makeServer(50, 1_000)]
      let accepted = 0
      let refused = 0
      const request = Effect.gen(function* () {
        yield* travel
        const time = yield* Clock.currentTimeMillis
        // Both count every request, whatever the other says.
        const [inMinute, inSecond] = [minute(time), second(time)]
        if (inMinute && inSecond) accepted++
        else refused++
        yield* travel
      })
      const worker = Effect.forever(limit.withSlot("key", answered, detailsWindows)(request))
      forAnHour(
        Array.from({ length: 60 }, () => worker),
        "1",
        10,
      )
      assert.strictEqual(refused, 0)
      assert.isAtLeast(accepted, 0.99 * 10_000)
    })
  }
})

describe("programs that start again, or share a limit", () => {
  for (const [name, makeServer] of Object.entries(servers)) {
    for (const [limits, windows] of [
      ["100 a minute", undefined],
      ["1,000 a minute and 50 a second", detailsWindows],
    ] as const) {
      it(`a program that is stopped and started again all the time: ${name} of ${limits} refuses nothing, and 90 % is used`, () => {
        const inMinute = makeServer(windows?.[0].requests ?? 100, 60_000)
        const inSecond = windows === undefined ? () => true : makeServer(50, 1_000)
        const key = "GET /open-apis/some/:thing cli_a"
        let [accepted, refused] = [0, 0]
        let resting: Array<{ readonly since: number; readonly outcome: RateLimit.Outcome }> = []
        const life = Effect.gen(function* () {
          const started = yield* Clock.currentTimeMillis
          const millis = resting.map(({ outcome, since }) => since + RateLimit.restMillis(outcome) - started)
          const initially =
            windows === undefined
              ? { restingMillis: millis }
              : { restingMillis: [], operations: { "GET /open-apis/some/:thing": millis } }
          const limit = RateLimit.make({ initially })
          // It arrives, whatever becomes of the one who sent it.
          const arrival = Effect.gen(function* () {
            yield* travel
            const time = yield* Clock.currentTimeMillis
            const [minute, second] = [inMinute(time), inSecond(time)]
            if (minute && second) accepted++
            else refused++
          })
          const request = Effect.gen(function* () {
            yield* Effect.forkDetach(arrival)
            yield* Effect.sleep("400 millis")
          }).pipe(
            Effect.onExit((exit) =>
              Effect.map(Clock.currentTimeMillis, (since) => {
                const outcome = Exit.isSuccess(exit) ? "answered" : "unanswered"
                if (resting.length > 3_000) resting = resting.filter((other) => other.since > since - 70_000)
                resting.push({ since, outcome })
              }),
            ),
          )
          const worker = Effect.forever(
            limit.withSlot(
              key,
              (exit) => (Exit.isSuccess(exit) ? "answered" : "unanswered"),
              windows,
            )(request),
          )
          const workers = Effect.all(
            Array.from({ length: windows === undefined ? 10 : 60 }, () => worker),
            { concurrency: "unbounded" },
          )
          yield* Effect.timeoutOption(workers, yield* Random.nextIntBetween(100, 40_000))
        })
        // Ten times as many requests in a tenth of the time.
        const minutes = windows === undefined ? 60 : 10
        forAnHour([Effect.forever(life)], "1", minutes)
        assert.strictEqual(refused, 0)
        assert.isAtLeast(accepted, 0.9 * minutes * (windows?.[0].requests ?? 100))
      })
    }
  }

  for (const [name, makeServer] of Object.entries(servers)) {
    it(`three programs that share ${name}: refusals fade below 2 %, and 70 % is used`, () => {
      const passes = makeServer(100, 60_000)
      let accepted = 0
      const refusedAt: Array<number> = []
      // What the server says of its reset: the next full minute is never too late for these servers.
      const reset = (time: number) => 60 - Math.floor((time / 1_000) % 60)
      const program = Effect.suspend(() => {
        const limit = RateLimit.make()
        const request = Effect.gen(function* () {
          yield* travel
          const time = yield* Clock.currentTimeMillis
          const passed = passes(time)
          if (passed) accepted++
          else refusedAt.push(time)
          yield* travel
          if (!passed) yield* limit.refused("key", reset(time))
        })
        const worker = Effect.forever(limit.withSlot("key", answered)(request))
        return Effect.all(
          Array.from({ length: 3 }, () => worker),
          { concurrency: "unbounded" },
        )
      })
      forAnHour(
        Array.from({ length: 3 }, () => program),
        "1",
      )
      // Each program learns the pace from its first refusals; later ones come as it tries to go faster again.
      const after = refusedAt.filter((time) => time >= 10 * 60_000)
      assert.isAtMost(after.length, 0.02 * accepted)
      assert.isAtLeast(accepted, 0.7 * 6_000)
    })
  }
})
