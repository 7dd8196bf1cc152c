import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { MeetingNo, RateLimit } from "@effect-feishu/core"
import { LaneReader } from "../src/index.ts"
import * as LaneOwner from "../src/internal/LaneOwner.ts"
import * as Store from "../src/internal/Store.ts"

const lane = { appId: "cli_a" }
const plan = { start: 0, end: 1, isBegun: false, pageSize: 50, details: false, participants: false }

/** A store with one unit to read, whose first proof is answered late. */
const store = (proofs: Array<number>) => ({
  lanes: { read: 0 },
  claim: () => Effect.succeed({ owner: { lane, epoch: 1 }, idleMillis: undefined }),
  open: () =>
    Effect.succeed({
      plan,
      standing: { state: "running", attempt: 1 },
      segments: [{ from: 0, numbers: 1 }],
      generation: 1,
      position: 0,
      cursor: undefined,
      finished: 0,
    }),
  numbers: () => Effect.succeed([MeetingNo.make("100000001")]),
  prove: () => Effect.delay(Effect.void, `${proofs.push(proofs.length) === 1 ? 6 : 1} seconds`),
  commit: () => Effect.succeed({ state: "running", attempt: 1 }),
  failuresBefore: () => Effect.succeed([]),
  finish: () => Effect.void,
})

describe("the proof before a request", () => {
  it.effect(
    "B2: is given again when its answer came later than it holds: the process may have been frozen",
    () =>
      Effect.gen(function* () {
        const proofs: Array<number> = []
        const sentAfter: Array<number> = []
        const reader = LaneReader.LaneReader.of({
          makeRateLimit: () => RateLimit.make(),
          restMillis: 0,
          open: (_, { proof }) =>
            Effect.succeed(() =>
              Stream.fromEffect(
                Effect.map(proof, () => {
                  sentAfter.push(proofs.length)
                  return { meetings: [], cursor: undefined, unreachable: undefined }
                }),
              ),
            ),
        })
        const reading = yield* Effect.flatMap(LaneOwner.make(lane), (owner) => owner.read("r", 1)).pipe(
          Effect.provide(
            Layer.mergeAll(
              Layer.succeed(Store.Store, store(proofs) as never),
              Layer.succeed(LaneReader.LaneReader, reader),
            ),
          ),
          Effect.forkChild,
        )
        yield* TestClock.adjust("6 seconds")
        assert.deepStrictEqual([proofs.length, sentAfter], [2, []])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(sentAfter, [2])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(reading), "done")
      }),
  )

  it.effect(
    "B2: no longer holds as a request is written that waited longer for its connection than a proof holds",
    () =>
      Effect.gen(function* () {
        const held: Array<boolean> = []
        const reader = LaneReader.LaneReader.of({
          makeRateLimit: () => RateLimit.make(),
          restMillis: 0,
          open: (_, { isProven, proof }) =>
            Effect.succeed(() =>
              Stream.fromEffect(
                Effect.gen(function* () {
                  held.push(isProven())
                  yield* proof
                  held.push(isProven())
                  yield* Effect.sleep("4 seconds")
                  held.push(isProven())
                  yield* Effect.sleep("1 second")
                  held.push(isProven())
                  return { meetings: [], cursor: undefined, unreachable: undefined }
                }),
              ),
            ),
        })
        const read = Effect.flatMap(LaneOwner.make(lane), (owner) => owner.read("r", 1)).pipe(
          Effect.provide(
            Layer.mergeAll(
              Layer.succeed(Store.Store, { ...store([]), prove: () => Effect.void } as never),
              Layer.succeed(LaneReader.LaneReader, reader),
            ),
          ),
        )
        const reading = yield* Effect.forkChild(read)
        yield* TestClock.adjust("7 seconds")
        assert.strictEqual(yield* Fiber.join(reading), "done")
        assert.deepStrictEqual(held, [false, true, true, false])
      }),
  )
})
