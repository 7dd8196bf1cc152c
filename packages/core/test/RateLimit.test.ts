import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Deferred, Effect, Exit, Fiber, Layer, Metric, Scheduler, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { Events, GetMeeting, RateLimit } from "@effect-feishu/core"

const answered = () => "answered" as const

describe("slots", () => {
  const sentAt = Effect.fnUntraced(function* (log: Array<number>) {
    log.push(yield* Clock.currentTimeMillis)
  })

  it.effect(
    "a request that is not sent gives back its slots of both windows; another key has its own limits",
    () =>
      Effect.gen(function* () {
        const limit = RateLimit.make()
        const tight: RateLimit.Windows = [
          { requests: 3, window: "1 minute" },
          { requests: 1, window: "1 second" },
        ]
        const log: Array<number> = []
        const sent = Effect.flatMap(Clock.currentTimeMillis, (time) => Effect.sync(() => log.push(time)))
        const notSent = limit.withSlot("key", () => "not sent", tight)(Effect.void)
        yield* Effect.repeat(notSent, { times: 9 })
        const call = limit.withSlot("key", answered, tight)(sent)
        yield* Effect.forkChild(Effect.repeat(call, { times: 4 }))
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(log, [0, 1_250, 2_500, 60_250, 61_500])
        yield* Effect.repeat(limit.withSlot("other", answered)(sent), { times: 99 })
        assert.lengthOf(log, 105)
      }),
  )

  it.effect("so many requests take as long as leastMillis says, from the first to the last", () =>
    Effect.gen(function* () {
      for (const [requests, options] of [
        [1, {}],
        [100, {}],
        [101, {}],
        [250, {}],
        [7, { requests: 2, window: "1 second" }],
      ] as const) {
        const limit = RateLimit.make(options)
        const began = yield* Clock.currentTimeMillis
        const all = Effect.repeat(limit.withSlot("key", answered)(Effect.void), { times: requests - 1 })
        const fiber = yield* Effect.forkChild(Effect.andThen(all, Clock.currentTimeMillis))
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* Fiber.join(fiber)) - began, RateLimit.leastMillis(requests, options))
      }
    }),
  )

  it.effect("a slot is free again 60 s after the answer, not after the sending", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const log: Array<number> = []
      const call = limit.withSlot("key", answered)(Effect.andThen(sentAt(log), Effect.sleep("10 seconds")))
      yield* Effect.forkChild(Effect.andThen(call, call))
      yield* TestClock.adjust("69 seconds")
      assert.deepStrictEqual(log, [0])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(log, [0, 70_250])
    }),
  )

  it.effect(
    "a key's limit holds, however many other keys are used meanwhile, and is free when it has rested",
    () =>
      Effect.gen(function* () {
        const limit = RateLimit.make({ requests: 1 })
        const log: Array<number> = []
        const call = limit.withSlot("key", answered)(sentAt(log))
        const others = (round: string) =>
          Effect.forEach(
            Array.from({ length: 3_000 }, (_, index) => `${round} ${index}`),
            (key) => limit.withSlot(key, answered)(Effect.void),
          )
        yield* Effect.andThen(call, others("first"))
        yield* Effect.forkChild(call)
        yield* TestClock.adjust("30 seconds")
        yield* others("second")
        assert.deepStrictEqual(log, [0])
        yield* TestClock.adjust("31 seconds")
        assert.deepStrictEqual(log, [0, 60_250])
        yield* TestClock.adjust("2 minutes")
        yield* others("third")
        yield* Effect.forkChild(call)
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(log, [0, 60_250, 181_000])
      }),
  )

  it.effect("without an answer a slot rests 65 s from when the request was given up", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const log: Array<number> = []
      yield* limit.withSlot("key", () => "unanswered")(sentAt(log))
      yield* Effect.forkChild(limit.withSlot("key", answered)(sentAt(log)))
      yield* TestClock.adjust("65 seconds")
      assert.deepStrictEqual(log, [0])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(log, [0, 65_250])
    }),
  )

  it.effect("a request that was never sent gives its slot back at once", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const log: Array<number> = []
      yield* limit.withSlot("key", () => "not sent")(sentAt(log))
      yield* limit.withSlot("key", answered)(sentAt(log))
      assert.deepStrictEqual(log, [0, 0])
    }),
  )

  it.effect("first come, first served", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const order: Array<number> = []
      for (const number of [1, 2, 3]) {
        yield* Effect.forkChild(limit.withSlot("key", answered)(Effect.sync(() => order.push(number))))
        yield* Effect.yieldNow
      }
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(order, [1, 2, 3])
    }),
  )

  it.effect("who comes as a slot becomes free does not pass those in line", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const order: Array<string> = []
      const call = (name: string) => limit.withSlot("key", answered)(Effect.sync(() => order.push(name)))
      yield* call("the slot's first")
      // Asleep before whoever is in line is, and so awake before.
      yield* Effect.forkChild(Effect.andThen(Effect.sleep(60_250), call("newcomer")))
      yield* Effect.yieldNow
      yield* Effect.forkChild(call("in line"))
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(order, ["the slot's first", "in line", "newcomer"])
    }),
  )

  it.effect(
    "who is interrupted while its wait is told, its slot taken already, gives it back untouched",
    () =>
      Effect.gen(function* () {
        const limit = RateLimit.make({ requests: 1 })
        const log: Array<number> = []
        const call = limit.withSlot("key", answered)(sentAt(log))
        yield* call
        const told = yield* Deferred.make<void>()
        const waiter = yield* Effect.forkChild(
          Effect.provideService(call, Events.Events, ({ _tag }) =>
            _tag === "RateLimitWaited"
              ? Effect.andThen(Deferred.succeed(told, undefined), Effect.never)
              : Effect.void,
          ),
        )
        yield* TestClock.adjust("61 seconds")
        yield* Deferred.await(told)
        yield* Fiber.interrupt(waiter)
        yield* Effect.forkChild(call)
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(log, [0, 61_000])
      }),
  )

  it.effect("a waiter that is interrupted, at the head of the line or behind, takes no slot with it", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const log: Array<number> = []
      const call = limit.withSlot("key", answered)(sentAt(log))
      yield* call
      const head = yield* Effect.forkChild(call)
      yield* Effect.yieldNow
      const behind = yield* Effect.forkChild(call)
      yield* TestClock.adjust("1 second")
      for (const fiber of [behind, head]) {
        yield* Fiber.interrupt(fiber)
        const exit = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      }
      yield* Effect.forkChild(call)
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(log, [0, 60_250])
    }),
  )

  it.effect("whoever is interrupted between any two steps takes neither its slot nor its place with it", () =>
    Effect.gen(function* () {
      for (let steps = 4; steps <= 60; steps++) {
        const limit = RateLimit.make({ requests: 1 })
        const log: Array<number> = []
        const call = limit.withSlot("key", () => "not sent" as const)(sentAt(log))
        const first = yield* Deferred.make<void>()
        yield* Effect.forkChild(limit.withSlot("key", () => "not sent" as const)(Deferred.await(first)))
        // They give way to others after so many steps, as any fiber does after some thousands.
        const waiting = yield* Effect.forkChild(
          Effect.all([call, call], { concurrency: 2 }).pipe(
            Effect.provideService(Scheduler.MaxOpsBeforeYield, steps),
          ),
        )
        yield* TestClock.adjust(1)
        yield* Deferred.succeed(first, undefined)
        for (let turns = 0; turns < steps % 7; turns++) yield* Effect.yieldNow
        yield* Fiber.interrupt(waiting)
        log.length = 0
        yield* Effect.forkChild(call)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(log.length, 1, `interrupted with a turn after every ${steps} steps`)
      }
    }),
  )

  it.effect("a request that is interrupted rests its slot as unanswered", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const log: Array<number> = []
      const outcome = (exit: Exit.Exit<unknown, unknown>) =>
        Exit.isSuccess(exit) ? "answered" : "unanswered"
      const fiber = yield* Effect.forkChild(limit.withSlot("key", outcome)(Effect.never))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(fiber)
      yield* Effect.forkChild(limit.withSlot("key", outcome)(sentAt(log)))
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual(log, [75_250])
    }),
  )

  it.effect("a slot that comes back wakes whoever waits for it", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const release = yield* Deferred.make<void>()
      const log: Array<number> = []
      yield* Effect.forkChild(limit.withSlot("key", () => "not sent")(Deferred.await(release)))
      yield* Effect.forkChild(limit.withSlot("key", answered)(sentAt(log)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(log, [])
      yield* Deferred.succeed(release, undefined)
      yield* TestClock.adjust("0 seconds")
      assert.deepStrictEqual(log, [1_000])
    }),
  )

  it.effect("a refusal closes the gate for everyone with its key, and nobody else, until the reset", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make()
      const log: Array<number> = []
      const other: Array<number> = []
      yield* limit.refused("key", 52)
      for (let i = 0; i < 20; i++) yield* Effect.forkChild(limit.withSlot("key", answered)(sentAt(log)))
      yield* Effect.forkChild(limit.withSlot("other", answered)(sentAt(other)))
      yield* TestClock.adjust("52 seconds")
      assert.deepStrictEqual([log, other], [[], [0]])
      yield* TestClock.adjust("20 seconds")
      // And then at an even pace: the quota of 100 a minute, spread evenly.
      assert.deepStrictEqual(
        log,
        Array.from({ length: 20 }, (_, index) => 52_250 + index * 600),
      )
    }),
  )

  it.effect("H7 refusals in a row slow the pace, those of one moment count once, and calm speeds it up", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make()
      const paces: Array<number> = []
      for (let refusal = 0; refusal < 6; refusal++) {
        paces.push(yield* limit.refused("key", 10))
        paces.push(yield* limit.refused("key", 10))
        yield* TestClock.adjust("11 seconds")
      }
      assert.deepStrictEqual(
        paces,
        [600, 1_200, 2_400, 4_800, 6_000, 6_000].flatMap((pace) => [pace, pace]),
      )
      const log: Array<number> = []
      const gaps = Effect.fnUntraced(function* () {
        log.length = 0
        yield* Effect.forkChild(Effect.repeat(limit.withSlot("key", answered)(sentAt(log)), { times: 2 }))
        yield* TestClock.adjust("30 seconds")
        return log.slice(1).map((time, index) => time - log[index]!)
      })
      assert.deepStrictEqual(yield* gaps(), [6_000, 6_000])
      yield* TestClock.adjust("5 minutes")
      assert.isBelow((yield* gaps())[0]!, 3_000)
      yield* TestClock.adjust("30 minutes")
      assert.deepStrictEqual(yield* gaps(), [0, 0])
    }),
  )

  it.effect("a limit that is full at the start waits one window, and for what is still on its way", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ initially: "full" })
      const log: Array<number> = []
      yield* Effect.forkChild(limit.withSlot("key", answered)(sentAt(log)))
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(log, [65_250])
    }),
  )

  // Milliseconds at which calls without a duration are sent.
  const afterResting: ReadonlyArray<
    readonly [what: string, requests: number, resting: ReadonlyArray<number>, sent: ReadonlyArray<number>]
  > = [
    ["no request before", 2, [], [0, 0, 60_250]],
    ["fewer than there are slots", 3, [40_000], [0, 0, 40_000, 60_250]],
    ["as many, in any order", 4, [20_000, 5_000, 60_250, 1], [1, 5_000, 20_000, 60_250, 60_251]],
    ["more, as after a run with a higher limit", 2, [10, 40, 20, 30], [30, 40, 60_280]],
    ["those that are over", 2, [0, -5, Number.NEGATIVE_INFINITY], [0, 0, 60_250]],
    ["what no slot can rest", 3, [Number.NaN, Number.POSITIVE_INFINITY, 1e15], [65_250, 65_250, 65_250]],
    ["fractions of milliseconds", 1, [0.25], [1]],
  ]
  for (const [what, requests, restingMillis, sent] of afterResting) {
    it.effect(`a limit that begins with resting slots waits for those alone: ${what}`, () =>
      Effect.gen(function* () {
        const limit = RateLimit.make({ requests, initially: { restingMillis } })
        for (const key of ["key", "other"]) {
          const log: Array<number> = []
          const began = yield* Clock.currentTimeMillis
          const calls = Effect.repeat(limit.withSlot(key, answered)(sentAt(log)), { times: sent.length - 1 })
          const fiber = yield* Effect.forkChild(calls)
          yield* TestClock.adjust("3 minutes")
          yield* Fiber.interrupt(fiber)
          // They are those of every key, and count from the first use of the limit on.
          const expected = key === "key" ? sent : sent.map((_, index) => (index < requests ? 0 : 60_250))
          assert.deepStrictEqual(
            log,
            expected.map((millis) => began + millis),
          )
        }
      }),
    )
  }

  it.effect("the limits of an operation take the place of those that its endpoint declares", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ operations: { "GET /a": [{ requests: 2, window: "1 minute" }] } })
      const log: Array<number> = []
      const began = yield* Clock.currentTimeMillis
      for (const [key, sent] of [
        ["GET /a cli_a", 2],
        ["GET /a cli_b", 2],
        ["GET /ab cli_a", 3],
        ["GET /a/b cli_a", 3],
      ] as const) {
        log.length = 0
        const call = limit.withSlot(key, answered, [{ requests: 3, window: "1 minute" }])(sentAt(log))
        const calls = yield* Effect.forkChild(Effect.repeat(call, { times: 3 }))
        yield* TestClock.adjust(0)
        yield* Effect.yieldNow
        assert.deepStrictEqual(
          log,
          Array.from({ length: sent }, () => began),
          key,
        )
        yield* Fiber.interrupt(calls)
      }
    }),
  )

  const eventsOf = (calls: (call: Effect.Effect<void>) => Effect.Effect<unknown>, requests: number) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      const limit = RateLimit.make({ requests })
      const events: Array<Events.Event> = []
      const call = limit
        .withSlot(
          "key",
          answered,
        )(Effect.void)
        .pipe(Effect.provideService(Events.Events, (event) => Effect.sync(() => events.push(event))))
      yield* Effect.forkChild(calls(call))
      yield* TestClock.adjust("1 second")
      return { events, limit }
    })
  const waited: ReadonlyArray<Events.Event> = [
    { _tag: "RateLimitWaiting", millis: 60_250 },
    { _tag: "RateLimitWaited", millis: 60_250 },
  ]

  it.effect("a wait is told when it starts and when it is over, once, whatever happens meanwhile", () =>
    Effect.gen(function* () {
      const { events, limit } = yield* eventsOf((call) => Effect.andThen(call, call), 1)
      // It moves the gate, but not beyond the time for which the head of the line waits.
      yield* limit.refused("key", 1)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual<ReadonlyArray<Events.Event>>(events, waited)
    }),
  )

  it.effect("who finds a slot at the head of the line has not waited for one there", () =>
    Effect.gen(function* () {
      const together = (call: Effect.Effect<void>) => Effect.all([call, call], { concurrency: "unbounded" })
      const { events } = yield* eventsOf((call) => Effect.andThen(together(call), together(call)), 2)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual<ReadonlyArray<Events.Event>>(events, waited)
    }),
  )

  it.effect("a wait of which nobody knows how long it takes is told once it is known", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1 })
      const events: Array<Events.Event> = []
      yield* Effect.forkChild(limit.withSlot("key", answered)(Effect.sleep("10 seconds")))
      yield* Effect.yieldNow
      const call = limit.withSlot("key", answered)(Effect.void)
      yield* Effect.forkChild(
        Effect.provideService(call, Events.Events, (event) => Effect.sync(() => events.push(event))),
      )
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(events, [])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(events, [
        { _tag: "RateLimitWaiting", millis: 60_250 },
        { _tag: "RateLimitWaited", millis: 70_250 },
      ])
    }),
  )

  it.effect(
    "of several windows the longest rest is that of the limit, and the slowest pace its even one",
    () =>
      Effect.gen(function* () {
        const windows = RateLimit.windowsOf(GetMeeting)
        const limit = RateLimit.make()
        // 1,000 a minute is slower than 50 a second.
        assert.strictEqual(yield* limit.refused("key", 1, windows), 60)
        for (const pace of [120, 240, 480, 960, 1_920, 3_840, 6_000, 6_000]) {
          yield* TestClock.adjust(1_250)
          assert.strictEqual(yield* limit.refused("key", 1, windows), pace)
        }
        const full = RateLimit.make({ initially: "full" })
        const log: Array<number> = []
        const began = yield* Clock.currentTimeMillis
        yield* Effect.forkChild(full.withSlot("key", answered, windows)(sentAt(log)))
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(log, [began + 65_250])
      }),
  )

  it.effect(
    "resting requests count for the operation that sent them, in each of its windows as long as it lasts",
    () =>
      Effect.gen(function* () {
        const windows = [
          { requests: 2, window: "1 minute" },
          { requests: 1, window: "1 second" },
        ] as const
        const sent = Effect.fnUntraced(function* (key: string, windows?: RateLimit.Windows) {
          // A new limit for each, since resting times count from its first use on.
          const limit = RateLimit.make({
            requests: 1,
            initially: { restingMillis: [40_000], operations: { "GET /a": [64_000, 30_000] } },
          })
          const log: Array<number> = []
          const began = yield* Clock.currentTimeMillis
          const call = limit.withSlot(key, answered, windows)(sentAt(log))
          const fiber = yield* Effect.forkChild(Effect.andThen(call, call))
          yield* TestClock.adjust("3 minutes")
          yield* Fiber.interrupt(fiber)
          return log.map((time) => time - began)
        })
        // The slot of its minute is free after 30 s, that of its second was long before.
        assert.deepStrictEqual(yield* sent("GET /a cli_a", windows), [30_000, 64_000])
        // Those of the list are not those of an operation with limits of its own.
        assert.deepStrictEqual(yield* sent("GET /b cli_a", windows), [0, 1_250])
        assert.deepStrictEqual(yield* sent("GET /b cli_a"), [40_000, 100_250])
        assert.strictEqual(RateLimit.restMillis("not sent"), 0)
      }),
  )

  it.effect("a second that rests after a process that has just ended is as long as its own window", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ initially: { restingMillis: [], operations: { "GET /a": [65_000] } } })
      const log: Array<number> = []
      const windows = [
        { requests: 2, window: "1 minute" },
        { requests: 1, window: "1 second" },
      ] as const
      yield* Effect.forkChild(limit.withSlot("GET /a x", answered, windows)(sentAt(log)))
      yield* TestClock.adjust("2 minutes")
      // 65 s of the 65.25 s of the minute are 6 s of the 6.25 s of the second.
      assert.deepStrictEqual(log, [6_000])
    }),
  )

  it.effect("how long an unanswered request rests can be said", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 1, unansweredRest: "20 seconds" })
      const log: Array<number> = []
      yield* limit.withSlot("key", () => "unanswered")(sentAt(log))
      yield* Effect.forkChild(limit.withSlot("key", answered)(sentAt(log)))
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(log, [0, 80_250])
    }),
  )

  it.effect("a key whose request is under way, which was refused, or is slowed down, is not forgotten", () =>
    Effect.gen(function* () {
      const limit = RateLimit.make({ requests: 2 })
      const others = Effect.forEach(
        Array.from({ length: 3_000 }, (_, index) => `other ${index}`),
        (key) => limit.withSlot(key, answered)(Effect.void),
      )
      const log: Array<number> = []
      const one = (key: string) => limit.withSlot(key, answered)(sentAt(log))
      for (const _ of [1, 2]) {
        yield* Effect.forkChild(limit.withSlot("under way", answered)(Effect.sleep("5 minutes")))
      }
      yield* limit.refused("refused", 200)
      yield* Effect.yieldNow
      yield* TestClock.adjust("3 minutes")
      yield* others
      yield* Effect.forkChild(one("under way"))
      yield* Effect.forkChild(one("refused"))
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(log, [])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(log, [200_250])
      // Its pace is even for a while.
      yield* Effect.forkChild(one("refused"))
      yield* TestClock.adjust("29 seconds")
      assert.lengthOf(log, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(log, [200_250, 230_250])
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(log, [200_250, 230_250, 360_250])
    }),
  )

  it.effect(
    "how long requests waited is in the metrics, of those in line, too, and in the span of each",
    () =>
      Effect.gen(function* () {
        const limit = RateLimit.make({ requests: 1 })
        const spans: Array<Tracer.Span> = []
        const call = Effect.useSpan("call", (span) => {
          spans.push(span)
          return Effect.provideService(limit.withSlot("key", answered)(Effect.void), Tracer.ParentSpan, span)
        })
        yield* TestClock.adjust("5 seconds")
        // It gives its slot back at the moment at which the next one comes: that one has not waited.
        const notSent = limit.withSlot("other", () => "not sent")(Effect.yieldNow)
        yield* Effect.forkChild(notSent)
        yield* Effect.forkChild(limit.withSlot("other", answered)(Effect.void))
        yield* TestClock.adjust(0)
        yield* Effect.forkChild(Effect.all([call, call, call], { concurrency: "unbounded" }))
        yield* TestClock.adjust("3 minutes")
        assert.deepStrictEqual(
          spans.map(({ attributes }) => attributes.get("feishu.rate_limit.wait_time")),
          [undefined, 60.25, 120.5],
        )
        const [waits] = yield* Metric.snapshot
        assert.strictEqual(waits!.id, "feishu.client.rate_limit.wait_time")
        assert.strictEqual(waits!.attributes?.["unit"], "s")
        const { count, sum } = waits!.state as Metric.HistogramState
        assert.deepStrictEqual([count, sum], [2, 180.75])
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )

  it.effect(
    "what is left of it is a gauge that is right whenever it is read, also after the last client was closed",
    () =>
      Effect.gen(function* () {
        const registry: Metric.MetricRegistry = new Map()
        const left = Effect.map(Metric.snapshot, (metrics) =>
          metrics.map(({ attributes, id, state, type }) => {
            assert.deepStrictEqual(
              [id, type, attributes?.["unit"]],
              ["feishu.client.rate_limit.remaining", "Gauge", "{request}"],
            )
            const { "feishu.rate_limit.window": window, "url.template": path } = attributes ?? {}
            return [path, window, (state as Metric.GaugeState<number>).value]
          }),
        )
        const read = (path: string, owner: string, windows?: RateLimit.Windows) =>
          Effect.flatMap(RateLimit.RateLimit, ({ withSlot }) =>
            withSlot(`GET ${path} ${owner}`, answered, windows)(Effect.void),
          )
        const small = RateLimit.layer({ requests: 3, window: "10 seconds" })
        yield* Effect.gen(function* () {
          assert.deepStrictEqual(yield* left, [])
          yield* read("/list", "cli_a")
          yield* read("/list", "cli_a")
          yield* read("/list", "cli_b")
          yield* read("/details", "cli_a", [
            { requests: 20, window: "1 minute" },
            { requests: 5, window: "1 second" },
          ])
          // Of two apps the least.
          assert.deepStrictEqual(yield* left, [
            ["/list", "10s", 1],
            ["/details", "60s", 19],
            ["/details", "1s", 4],
          ])
          yield* TestClock.adjust("11 seconds")
          assert.deepStrictEqual(yield* left, [
            ["/list", "10s", 3],
            ["/details", "60s", 19],
            ["/details", "1s", 5],
          ])
          // Nothing is left while a refusal closes the gate.
          yield* Effect.flatMap(RateLimit.RateLimit, ({ refused }) => refused("GET /list cli_b", 5))
          assert.deepStrictEqual((yield* left)[0], ["/list", "10s", 0])
          yield* TestClock.adjust("6 seconds")
          assert.deepStrictEqual((yield* left)[0], ["/list", "10s", 3])

          // Another client of the same process counts in the same series, as long as there is one.
          yield* Effect.gen(function* () {
            yield* read("/list", "cli_c")
            assert.deepStrictEqual((yield* left)[0], ["/list", "10s", 2])
          }).pipe(Effect.provide(Layer.fresh(small)))
          assert.deepStrictEqual((yield* left)[0], ["/list", "10s", 3])
          yield* read("/list", "cli_a")
        }).pipe(Effect.provide(small), Effect.provideService(Metric.MetricRegistry, registry))
        // An exporter that is closed after the client reads it, too, and so does one that lives on.
        const after = Effect.provideService(left, Metric.MetricRegistry, registry)
        assert.deepStrictEqual((yield* after)[0], ["/list", "10s", 2])
        yield* TestClock.adjust("11 seconds")
        assert.deepStrictEqual((yield* after)[0], ["/list", "10s", 3])
        // Where a new client follows, the old one is forgotten.
        const next = RateLimit.layer({ requests: 2, window: "10 seconds" })
        yield* Effect.provideService(
          Effect.provide(read("/list", "cli_a"), next),
          Metric.MetricRegistry,
          registry,
        )
        assert.deepStrictEqual((yield* after)[0], ["/list", "10s", 1])
      }),
  )
})
