/** The slots, gate and pace of one key, moment by moment. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Lane from "../src/internal/Lane.ts"

const never = Number.NEGATIVE_INFINITY
const minute = { requests: 100, millis: 60_000, answeredRest: 60_250, unansweredRest: 65_250 }
const numbers: Lane.Numbers = { windows: [minute], window: 60_000, evenPace: 600, slowestPace: 6_000 }
const both: Lane.Numbers = {
  ...numbers,
  windows: [minute, { requests: 2, millis: 1_000, answeredRest: 1_250, unansweredRest: 6_250 }],
}
const make = (of = numbers, usableAt = of.windows.map((): Array<number> => []), gateOpensAt = never) =>
  Lane.make(of, usableAt, gateOpensAt, 0)

/** Takes a slot of each window, and returns since when they were free; or the milliseconds to wait. */
const take = (lane: Lane.Lane, time: number, of = numbers) => {
  let free: ReadonlyArray<number> | undefined
  const wait = Lane.tryTake(lane, of, time, (since) => (free = since))
  return free ?? wait
}
const refuse = (lane: Lane.Lane, time: number, opensAt: number, of = numbers) =>
  Effect.runSync(Lane.refuse(lane, of, time, opensAt))
const giveBack = (lane: Lane.Lane, ...usableAt: ReadonlyArray<number>) =>
  Effect.runSync(Lane.giveBack(lane, usableAt))

describe("slots", () => {
  it("are free from the very moment at which they may be used, and while the gate is open", () => {
    const lane = make(both, [[1_000, 2_000], [500]], 400)
    const free = (time: number) => both.windows.map((_, index) => Lane.freeSlots(lane, index, time))
    assert.deepStrictEqual(free(399), [0, 0])
    assert.deepStrictEqual(free(400), [98, 1])
    assert.deepStrictEqual(free(500), [98, 2])
    assert.deepStrictEqual(free(999), [98, 2])
    assert.deepStrictEqual(free(1_000), [99, 2])
    assert.deepStrictEqual(free(2_000), [100, 2])
  })

  it("that were used before go first, the one that has been free longest before the others", () => {
    const lane = make(numbers, [[500, 1_000]])
    const [slots] = lane.slots
    assert.deepStrictEqual(take(lane, 499), [never])
    assert.deepStrictEqual([slots!.unused, slots!.usableAt], [97, [500, 1_000]])
    assert.deepStrictEqual(take(lane, 500), [500])
    assert.deepStrictEqual(take(lane, 2_000), [1_000])
    assert.deepStrictEqual([slots!.unused, slots!.usableAt], [97, []])
    assert.deepStrictEqual(take(lane, 2_000), [never])
    assert.strictEqual(slots!.unused, 96)
  })

  it("come back in the order of their times, and wake the head of the line", () => {
    const lane = make()
    lane.active = 3
    const { changed } = lane
    for (const time of [200, 100, 150, 100]) giveBack(lane, time)
    assert.deepStrictEqual(lane.slots[0]!.usableAt, [100, 100, 150, 200])
    assert.strictEqual(lane.active, -1)
    assert.notStrictEqual(lane.changed, changed)
  })

  it("of every window are taken at once, or none of them", () => {
    const lane = make(both)
    assert.deepStrictEqual(take(lane, 0, both), [never, never])
    assert.deepStrictEqual(take(lane, 0, both), [never, never])
    giveBack(lane, 60_250, 1_250)
    assert.strictEqual(take(lane, 1_000, both), 250)
    assert.strictEqual(lane.slots[0]!.unused, 98)
    assert.deepStrictEqual(take(lane, 1_250, both), [never, 1_250])
    assert.strictEqual(take(lane, 1_250, both), Number.POSITIVE_INFINITY)
  })
})

describe("after a refusal", () => {
  it("the pace doubles from the even one to the slowest, once for all refusals before the gate opens", () => {
    const lane = make()
    assert.strictEqual(refuse(lane, 1_000, 5_000), 600)
    assert.strictEqual(refuse(lane, 4_999, 4_000), 600)
    assert.strictEqual(lane.gateOpensAt, 5_000)
    assert.strictEqual(take(lane, 2_000), 3_000)
    let time = 5_000
    for (const pace of [1_200, 2_400, 4_800, 6_000, 6_000]) {
      // At the very moment at which it opens, too.
      assert.strictEqual(refuse(lane, time, time + 10), pace)
      time += 10
    }
  })

  it("requests keep the pace, which is a fifth faster after each window without one, until a burst is permitted", () => {
    const lane = make()
    refuse(lane, 0, 1_000)
    const paceAt = (time: number) => {
      assert.isArray(take(lane, time))
      const { pace } = lane
      // The next request waits that long.
      if (pace > 0) assert.strictEqual(take(lane, time), pace)
      lane.nextAt = never
      return pace
    }
    for (const [window, pace] of [600, 480, 384, 308, 247, 0, 0].entries()) {
      const began = 1_000 + window * 60_000
      assert.deepStrictEqual([paceAt(began), paceAt(began + 59_999)], [pace, pace])
    }
  })

  it("several windows without one count as many times, and half of the even pace is not yet a burst", () => {
    const lane = make()
    refuse(lane, 0, 0)
    take(lane, 180_000)
    assert.strictEqual(lane.pace, 308)
    lane.pace = 300
    take(lane, 240_000)
    assert.strictEqual(lane.pace, 240)
    take(lane, 300_000)
    assert.strictEqual(lane.pace, 0)
  })
})

describe("a lane can be dropped", () => {
  const isAtRest = (lane: Lane.Lane, time: number, of = numbers) => Lane.isAtRest(lane, of, time)

  it("when it is new, or its slots have rested", () => {
    assert.isTrue(isAtRest(make(), 0))
    const lane = make(both, [[2_000], [500, 1_000]])
    assert.isFalse(isAtRest(lane, 1_999, both))
    assert.isTrue(isAtRest(lane, 2_000, both))
    assert.isFalse(isAtRest(make(both, [[], [500, 1_000]]), 999, both))
  })

  it("not while a request holds or waits for a slot", () => {
    const lane = make()
    lane.active = 1
    assert.isFalse(isAtRest(lane, 1e9))
    take(lane, 0)
    giveBack(lane, 60_250)
    assert.isFalse(isAtRest(lane, 60_249))
    assert.isTrue(isAtRest(lane, 60_250))
  })

  it("not while its gate is closed, or its pace is not that of a new one", () => {
    const closed = make(numbers, [[]], 1_000)
    assert.isFalse(isAtRest(closed, 999))
    assert.isTrue(isAtRest(closed, 1_000))
    const slow = make()
    refuse(slow, 0, 1_000)
    assert.isFalse(isAtRest(slow, 1_000))
    assert.isFalse(isAtRest(slow, 300_999))
    assert.isTrue(isAtRest(slow, 301_000))
    const paced = make()
    paced.nextAt = 2_000
    assert.isFalse(isAtRest(paced, 1_999))
    assert.isTrue(isAtRest(paced, 2_000))
  })
})
