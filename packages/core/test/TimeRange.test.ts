import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { TimeRange } from "@effect-feishu/core"

const now = 1_795_348_800 // 2026-11-22T12:00:00Z
const day = 86_400
const start = (from: TimeRange.Moment, timeZone?: string) =>
  Effect.map(TimeRange.make({ from, to: now, timeZone }), (range) => range.start)
const atNoon = TestClock.setTime(now * 1_000)

describe("a point in time", () => {
  const same: ReadonlyArray<readonly [TimeRange.Moment, number]> = [
    ["2026-11-01T08:00:00+08:00", 1_793_491_200],
    ["2026-11-01T00:00:00Z", 1_793_491_200],
    ["2026-11-01", 1_793_491_200],
    ["1793491200", 1_793_491_200],
    [1_793_491_200, 1_793_491_200],
    [DateTime.makeUnsafe("2026-11-01T00:00:00Z"), 1_793_491_200],
    ["30d", now - 30 * day],
    ["36h", now - 36 * 3_600],
    ["2w", now - 14 * day],
    ["30m", now - 1_800],
    ["10s", now - 10],
  ]
  for (const [moment, seconds] of same) {
    it.effect(`${String(moment)} (${typeof moment}) is ${seconds}`, () =>
      Effect.gen(function* () {
        yield* atNoon
        assert.strictEqual(yield* start(moment), seconds)
      }),
    )
  }

  it.effect("text without a zone is of the zone that was given", () =>
    Effect.gen(function* () {
      yield* atNoon
      assert.strictEqual(yield* start("2026-11-01", "Asia/Shanghai"), 1_793_491_200 - 8 * 3_600)
      assert.strictEqual(yield* start("2026-11-01T08:00:00", "Asia/Shanghai"), 1_793_491_200)
    }),
  )

  it.effect("a day whose midnight is skipped ends at the next midnight", () =>
    Effect.gen(function* () {
      yield* atNoon
      // Clocks in Cairo went from 23:59:59 on 23 April 2026 to 01:00 on the 24th.
      const { end } = yield* TimeRange.make({ from: 0, to: "2026-04-24", timeZone: "Africa/Cairo" })
      assert.strictEqual(TimeRange.iso(end), "2026-04-24T21:00:00.000Z")
    }),
  )

  it.effect("blank or T, seconds or none, Z or an offset: all are read", () =>
    Effect.gen(function* () {
      yield* atNoon
      for (const text of ["2026-11-01 08:00+08:00", "2026-11-01T08:00:00.5+0800", "2026-11-01T00:00z"]) {
        assert.strictEqual(yield* start(text), 1_793_491_200, text)
      }
    }),
  )

  it.effect("a date as the end includes its day up to midnight, also where the day has 23 or 25 hours", () =>
    Effect.gen(function* () {
      yield* atNoon
      const length = (date: string) =>
        Effect.map(
          TimeRange.make({ from: date, to: date, timeZone: "Europe/Berlin" }),
          ({ end, start }) => end - start,
        )
      assert.deepStrictEqual(
        [yield* length("2026-11-01"), yield* length("2026-03-29"), yield* length("2026-10-25")],
        [day, day - 3_600, day + 3_600],
      )
    }),
  )
})

describe("what cannot be a range is refused, with what to do", () => {
  const refused: ReadonlyArray<readonly [string, TimeRange.Input, RegExp]> = [
    ["P14 milliseconds", { from: 1_793_491_200_000 }, /looks like milliseconds.*write 1793491200\./],
    ["P14 milliseconds as text", { from: "1793491200000" }, /looks like milliseconds/],
    ["P14 an end before the start", { from: "10d", to: "20d" }, /after its end/],
    ["an empty range", { from: 5, to: 5 }, /empty/],
    ["words", { from: "yesterday" }, /"yesterday" is not a time.*ISO/],
    ["a day that does not exist", { from: "2026-02-31" }, /a day that does not exist/],
    ["a time before 1970", { from: -1 }, /it is before 1970/],
    ["a day before 1970", { from: "1960-01-01" }, /it is before 1970/],
    ["not a number", { from: Number.NaN }, /not a time/],
    ["infinity", { from: Number.POSITIVE_INFINITY }, /not a time/],
    ["words behind a time", { from: "2026-09-01 08:00 junk" }, /is not a time/],
    ["an hour that does not exist", { from: "2026-09-01T25:00" }, /is not a time/],
    ["an offset that does not exist", { from: "1d", timeZone: "+99:00" }, /not a time zone/],
    ["a zone that does not exist", { from: "1d", timeZone: "Mars/Olympus" }, /not a time zone/],
  ]
  for (const [name, input, message] of refused) {
    it.effect(name, () =>
      Effect.gen(function* () {
        yield* atNoon
        const error = yield* Effect.flip(TimeRange.make(input))
        assert.strictEqual(error.reason._tag, "InvalidRequest")
        assert.match(error.message, message)
      }),
    )
  }
})

describe("windows", () => {
  const Second = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000_000 })))

  it.effect.prop(
    "P14 cover the range without a gap, share their boundary seconds, and are at most 90 days",
    [Second, Second],
    ([a, b]) =>
      Effect.sync(() => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) + 1 }
        const windows = TimeRange.windows(range)
        assert.strictEqual(windows[0]!.start, range.start)
        assert.strictEqual(windows.at(-1)!.end, range.end)
        assert.isTrue(
          windows.every((window) => window.end > window.start && window.end - window.start <= 90 * day),
        )
        assert.isTrue(windows.slice(1).every((window, index) => window.start === windows[index]!.end))
        assert.strictEqual(windows.length, Math.ceil((range.end - range.start) / (90 * day)))
      }),
  )
})
