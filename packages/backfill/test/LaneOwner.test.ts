import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Layer, Logger } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { MeetingNo } from "@effect-feishu/core"
import { Backfill, MeetingsTable, SqliteClient } from "../src/index.ts"
import * as LaneOwner from "../src/internal/LaneOwner.ts"
import * as Store from "../src/internal/Store.ts"
import { type Answer, reader, Requests } from "./Runs.ts"

const lane = { appId: "cli_a" }
const meetingNos = ["100000001", "100000002", "100000003"].map((text) => MeetingNo.make(text))
const range = { start: 1_700_000_000, end: 1_700_086_400 }

/** After the last proof of the owner before: the rest of an unanswered request, as long as a proof holds, and the margin. */
const waitMillis = 65_250 + 5_000 + 250

/** Answers each request after so many milliseconds. */
const after =
  (millis: number): Answer =>
  (_, { meetingNo }) =>
    Effect.as(Effect.sleep(millis), [[meetingNo]])

/** One database whose clock is that of the test, in which a run is planned. */
const layer = (answer: Answer) => {
  const database = Layer.unwrap(
    Effect.clockWith((clock) =>
      Effect.succeed(
        SqliteClient.layerDatabase(new DatabaseSync(":memory:"), {
          nowMillis: () => clock.currentTimeMillisUnsafe(),
        }),
      ),
    ),
  )
  const planned = Layer.effectDiscard(
    Effect.flatMap(Effect.service(Backfill.Backfill), ({ plan }) =>
      plan({ run: "r", lanes: [[lane, meetingNos]], range }),
    ),
  )
  return planned.pipe(
    Layer.provideMerge(Layer.mergeAll(Backfill.layer, Store.layer, reader(answer))),
    Layer.provideMerge(MeetingsTable.layer),
    Layer.provideMerge(Layer.sync(Requests, () => [])),
    Layer.provideMerge(database),
    Layer.provide(Logger.layer([])),
  )
}

/** Another process claims the lane, and reads. */
const owner = Effect.flatMap(LaneOwner.make(lane), ({ read }) => Effect.forkChild(Effect.exit(read("r", 1))))

/** Returns when a request was sent after these, in milliseconds of the test's clock. */
const nextRequestAt = Effect.fnUntraced(function* (before: number) {
  const requests = yield* Requests
  while (requests.length <= before) yield* TestClock.adjust(50)
  return yield* Clock.currentTimeMillis
})

describe("an owner of a lane", () => {
  it.effect("that is the first sends at once", () =>
    Effect.gen(function* () {
      yield* owner
      assert.strictEqual(yield* nextRequestAt(0), 50)
    }).pipe(Effect.provide(layer(after(100)))),
  )

  it.effect("B5: that begins to read takes the fault of the one before away, which is tried again", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`update backfill_lanes set fault = 'wrong secret', fault_at = 1, retry_at = 2`
      yield* owner
      yield* nextRequestAt(0)
      assert.deepStrictEqual(
        { ...(yield* sql`select fault, retry_at from backfill_lanes`)[0] },
        {
          fault: null,
          retry_at: null,
        },
      )
    }).pipe(Effect.provide(layer(after(1e9)))),
  )

  it.effect("B1: sends when the last request of the one before no longer counts, and not earlier", () =>
    Effect.gen(function* () {
      const killed = yield* owner
      yield* nextRequestAt(0)
      yield* Fiber.interrupt(killed)
      yield* TestClock.adjust(20_000)
      yield* owner
      const before = (yield* Requests).length
      const sentAt = yield* nextRequestAt(before)
      assert.isAtLeast(sentAt, waitMillis)
      assert.isAtMost(sentAt, waitMillis + 50)
    }).pipe(Effect.provide(layer(after(1e9)))),
  )

  it.effect("B1: waits no longer when others were killed while they waited", () =>
    Effect.gen(function* () {
      const killed = yield* owner
      yield* nextRequestAt(0)
      yield* Fiber.interrupt(killed)
      for (let kills = 0; kills < 3; kills++) {
        yield* TestClock.adjust(20_000)
        yield* Fiber.interrupt(yield* owner)
      }
      yield* owner
      const sentAt = yield* nextRequestAt((yield* Requests).length)
      assert.isAtMost(sentAt, waitMillis + 50)
    }).pipe(Effect.provide(layer(after(1e9)))),
  )

  it.effect("B2: that has lost its lane writes nothing and sends nothing any more", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const lost = yield* owner
      yield* nextRequestAt(0)
      // Another one claims it, and is gone.
      yield* LaneOwner.make(lane)
      yield* TestClock.adjust(10_000)
      const before = (yield* Requests).length
      yield* TestClock.adjust(60_000)
      const exit = yield* Fiber.join(lost)
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) assert.instanceOf(Cause.squash(exit.cause), Store.Fenced)
      assert.lengthOf(yield* Requests, before)
      assert.deepStrictEqual(yield* sql`select id from meetings`, [])
    }).pipe(Effect.provide(layer(after(1_000)))),
  )
})
