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
    ["words", { from: "the other day" }, /"the other day" is not a time.*ISO/],
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

/** What people write, by the strict form of the same. */
const meant: Readonly<Record<string, ReadonlyArray<string>>> = {
  "2026-09-01": [
    "2026-9-1",
    "2026-09",
    "2026/09/01",
    "2026/9/1",
    "2026/09",
    "2026.09.01",
    "2026年9月1日",
    "2026年9月1号",
    "2026年9月",
    "２０２６-０９-０１",
    "２０２６－０９－０１",
    "2026–09–01",
    "2026\u201109\u201101",
  ],
  "2026-09-01T08:00": ["2026-09-01T08", "2026-09-01 8:00", "2026年9月1日8点"],
  "2026-09-01T08:30:05": ["2026/09/01 08:30:05", "2026年9月1日 8时30分5秒"],
  "2026-09-01T08:00:00Z": ["2026-9-1 8:00:00 Z"],
  "2026-09-01T08:00+08:00": ["2026-09-01T08:00 +08:00", "2026/9/1 8:00 +08:00"],
  "30d": ["30 d", "30D", "30days", "30 days ago", "last 30 days", "30天", "30 天前", "最近30天", "30ｄ"],
  "36h": ["36H", "36 hours", "36小时", "36 hrs ago"],
  "2w": ["2W", "2 weeks", "2周", "2个星期"],
  "45m": ["45 min", "45分钟", "45 minutes"],
  now: ["NOW", "Now"],
  // It is noon in UTC on Sunday, 22 November 2026.
  "2026-11-22": ["today", "Today", " 今天 ", "今日"],
  "2026-11-21": ["yesterday", "昨天"],
  "2026-11-20": ["the day before yesterday", "前天"],
  "2026-11-16": ["this week", "本周", "这个星期"],
  "2026-11-09": ["last week", "上周", "上个星期"],
  "2026-11-01": ["this month", "本月", "这个月"],
  "2026-10-01": ["last month", "LAST  month", "上月", "上个月"],
  "2026-01-01": ["this year", "今年"],
  "2025-01-01": ["last year", "去年"],
}

describe("a time as people write it", () => {
  const pairs = Object.entries(meant).flatMap(([right, all]) => all.map((typed) => [typed, right] as const))

  it.effect(`${pairs.length} ways of writing: is what it means in the zone`, () =>
    Effect.gen(function* () {
      yield* atNoon
      for (const [typed, right] of pairs) {
        const both = [typed, right].map((from) =>
          TimeRange.make({ from, to: "2100-01-01", timeZone: "Asia/Shanghai" }),
        )
        const [range, expected] = yield* Effect.all(both)
        assert.deepStrictEqual(range, expected, typed)
      }
    }),
  )

  it.effect("as the end of a range is the last day of its period", () =>
    Effect.gen(function* () {
      yield* atNoon
      for (const [to, right] of [
        ["2026-02", "2026-02-28"],
        ["2028年2月", "2028-02-29"],
        ["today", "2026-11-22"],
        ["last week", "2026-11-15"],
        ["上个月", "2026-10-31"],
        ["this month", "2026-11-30"],
        ["last year", "2025-12-31"],
      ] as const) {
        const both = [to, right].map((to) => TimeRange.make({ from: 0, to, timeZone: "America/New_York" }))
        const [range, expected] = yield* Effect.all(both)
        assert.deepStrictEqual(range, expected, to)
      }
      const month = yield* TimeRange.make({ from: "2026-11", to: "2026-11", timeZone: "America/New_York" })
      // The hour that the end of the summer time gives.
      assert.strictEqual(month.end - month.start, 30 * day + 3_600)
    }),
  )

  it.effect("a word means the day where the zone is", () =>
    Effect.gen(function* () {
      yield* atNoon
      assert.strictEqual(
        yield* start("today", "Pacific/Kiritimati"),
        yield* start("2026-11-23", "Pacific/Kiritimati"),
      )
      assert.strictEqual(yield* start("this week", "+14:00"), yield* start("2026-11-23", "+14:00"))
      assert.strictEqual(yield* start("today", "-11:00"), yield* start("2026-11-22", "-11:00"))
    }),
  )
})

/** What may mean something else, by what is probably meant; people are told to write that. */
const probable: Readonly<Record<string, ReadonlyArray<string>>> = {
  "2026-09-01": ["20260901", "202609"],
  "2026-01-01": ["2026", "2026年", "202601", "20260101"],
  "2028-02-29": ["20280229"],
  "2026-09-01T08:00": ["2026090108", "202609010800", "20260901T08"],
  "2026-09-01T08:30:05": ["20260901083005", "20260901T083005"],
  "2026-09-01T08:00:00Z": ["20260901T080000Z", "20260901t080000z"],
  "30d": ["1mo", "1 month", "1个月"],
  "365d": ["1y", "1年", "1 year"],
  "1788192000": ["+1788192000", "1,788,192,000", "1_788_192_000", "１７８８１９２０００"],
}

const unsure = [
  "0",
  "1234",
  "99999",
  "999999999",
  "337736498",
  "20260231",
  "20261301",
  "202613",
  "30.5",
  "0030",
  "1e9",
  "09/01/2026",
  "1/9/2026",
  "26-09-01",
  "2026-W36",
  "2026-09-01Z",
  "2026-09-01T25:00",
  "2026/02/30",
  "Tue, 01 Sep 2026 08:00:00 GMT",
  "+30d",
  "1M",
  "1d12h",
  "P30D",
  "next week",
  "the last week",
  "后天",
  "2026-13",
  "",
  "-",
  "-1",
  " ".repeat(100_000) + "x",
]

describe("text that is no time is refused, and nothing is guessed", () => {
  const refusalOf = (from: TimeRange.Moment, field: "from" | "to" = "from") =>
    Effect.map(
      Effect.flip(TimeRange.make(field === "from" ? { from } : { from: "9000d", to: from })),
      ({ reason }) => {
        if (reason._tag !== "InvalidRequest") return assert.fail(reason._tag)
        assert.strictEqual(reason.field, field)
        return reason
      },
    )
  const pairs = Object.entries(probable).flatMap(([right, all]) =>
    all.map((typed) => [typed, right] as const),
  )

  it.effect(`${pairs.length} ways of writing: with what was meant, which is taken`, () =>
    Effect.gen(function* () {
      yield* atNoon
      for (const [typed, right] of pairs) {
        const { problem, remedy } = yield* refusalOf(typed)
        assert.strictEqual(problem, `"${typed}" is not a time`)
        assert.strictEqual(remedy, `Write ${right}.`, typed)
        if (right !== "now" && !right.startsWith("2028")) yield* start(right)
      }
    }),
  )

  it.effect(`${unsure.length} texts that may mean anything: with all that is taken`, () =>
    Effect.gen(function* () {
      yield* atNoon
      for (const typed of unsure) {
        const { problem, remedy } = yield* refusalOf(typed)
        assert.match(problem, /is not a time(?:: unix seconds have ten digits)?$/, typed)
        assert.match(remedy, /^Write ISO text/, typed)
      }
    }),
  )

  it.effect(
    "a number of days without their unit, how long ago with a minus, and the end of a month or year",
    () =>
      Effect.gen(function* () {
        yield* atNoon
        const remedies: ReadonlyArray<readonly [string, string, "to"?]> = [
          ["30", "Write 30d for 30 days ago."],
          ["7", "Write 7d for 7 days ago."],
          ["365", "Write 365d for 365 days ago."],
          ["-30d", "How long ago is written without a minus: 30d."],
          ["- 30 days", "How long ago is written without a minus: 30d."],
          ["−1h", "How long ago is written without a minus: 1h."],
          ["202602", "Write 2026-02-28.", "to"],
          ["202609", "Write 2026-09-30.", "to"],
          ["2026", "Write 2026-12-31.", "to"],
        ]
        for (const [typed, right, field] of remedies) {
          assert.strictEqual((yield* refusalOf(typed, field)).remedy, right, typed)
        }
      }),
  )

  it.effect(
    "numbers are unix seconds, small ones, too, but for those that can only be dates or finer units",
    () =>
      Effect.gen(function* () {
        yield* atNoon
        for (const seconds of [0, 30, 2_026, 202_609, 20_261_301, 337_736_498, 1_788_192_000]) {
          assert.strictEqual(yield* start(seconds), seconds)
        }
        const refused: ReadonlyArray<readonly [TimeRange.Moment, string, string]> = [
          [20_260_901, "20260901 looks like a date", "Write 2026-09-01."],
          [202_609_010_800, "202609010800 looks like a date", "Write 2026-09-01T08:00."],
          [1_788_192_000_000, "1788192000000 looks like milliseconds", "write 1788192000."],
          ["1788192000000000", "1788192000000000 looks like microseconds", "write 1788192000."],
          ["1788192000000000000", "1788192000000000000 looks like nanoseconds", "write 1788192000."],
        ]
        for (const [moment, told, right] of refused) {
          const { problem, remedy } = yield* refusalOf(moment)
          assert.strictEqual(problem, told)
          assert.include(remedy, right)
        }
      }),
  )

  it.effect("ten digits that are an hour, too, are seconds once those are past", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(2_100_000_000_000)
      assert.strictEqual(
        (yield* TimeRange.make({ from: "2026090108", to: 2_090_000_000 })).start,
        2_026_090_108,
      )
    }),
  )
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
