import { assert, describe, it } from "vitest"
import { each, median, medianRatio, percentile, roundRobin, row } from "../src/Measurement.ts"
import { loadOf } from "../src/Mock.ts"
import * as Table from "../src/Table.ts"

describe("numbers", () => {
  it("of the middle and of a hundredth are those of the sorted values, in any order", () => {
    const values = Array.from({ length: 200 }, (_, index) => ((index * 7) % 200) / 1000)
    assert.strictEqual(percentile(values, 99), 0.197)
    assert.strictEqual(percentile(values, 100), 0.199)
    assert.strictEqual(percentile(values, 0), 0)
    assert.strictEqual(percentile([0.012], 99), 0.012)
    assert.closeTo(median({ values }), 0.0995, 1e-9)
    assert.strictEqual(median({ values: [3, 1, 2] }), 2)
  })

  it("of nothing are none", () => {
    assert.throws(() => percentile([], 99), "there are no samples")
    assert.throws(() => median({ values: [] }), "there are no samples")
    assert.throws(() => median({ values: [1], because: "it read 9 rows, not 10" }), "it read 9 rows")
    assert.throws(() => medianRatio({ values: [1] }, { values: [1], because: "gone" }), "gone")
    assert.throws(
      () => medianRatio({ values: [1, 2] }, { values: [0, 0] }),
      "the divisor is 0 in every round",
    )
    assert.throws(() => medianRatio({ values: [] }, { values: [] }), "there are no samples")
  })

  it("of rounds in which nothing can be divided by are those of the others", () => {
    assert.strictEqual(medianRatio({ values: [1, 0, 3] }, { values: [0, 0, 2] }), 1.5)
  })

  it("of a load are in microseconds, and of one that is not answered none", () => {
    const latencies = [...Array.from({ length: 98 }, () => 0.0412), 0.3, 0.4]
    assert.deepStrictEqual(loadOf(latencies, 50), { requestsPerSecond: 2_000, p99: 300 })
    assert.throws(() => loadOf([], 2_000), "no request was answered")
    assert.throws(() => loadOf([0], 0), "all answers arrived within 0 ms")
    assert.throws(() => loadOf([0], Number.NaN), "all answers arrived within NaN ms")
  })
})

describe("contenders", () => {
  it("that fail have no more turns, and cost the others nothing", async () => {
    const turns: Record<string, number> = { good: 0, bad: 0, late: 0 }
    const contender = (name: string, isGood: (turn: number) => boolean) => () => {
      const turn = ++turns[name]!
      return isGood(turn) ? Promise.resolve(turn) : Promise.reject(new Error(`${name} failed\nat some line`))
    }
    const { bad, good, late } = await roundRobin(
      {
        good: contender("good", () => true),
        bad: contender("bad", () => false),
        late: contender("late", (turn) => turn < 3),
      },
      { warmUp: 1, rounds: 3 },
    )
    assert.deepStrictEqual(turns, { good: 4, bad: 1, late: 3 })
    assert.deepStrictEqual(good, { values: [2, 3, 4], because: undefined })
    assert.deepStrictEqual(bad, { values: [], because: "bad failed" })
    assert.deepStrictEqual(
      each(late, (turn) => -turn),
      { values: [-2], because: "late failed" },
    )
  })
})

describe("the table", () => {
  it.each([
    [0, "0 ms"],
    [0.0123456, "0.0123 ms"],
    [0.5, "0.500 ms"],
    [3, "3.00 ms"],
    [-6.07, "-6.07 ms"],
    [-0.0001, "-0.000100 ms"],
    [33.33, "33.3 ms"],
    [-51.25, "-51.3 ms"],
    [34_476.4, "34476 ms"],
  ])("shows %d with digits enough", (value, shown) => {
    const [result] = Table.combined("m", [[row({ what: "w", unit: "ms", value: () => value })]])
    assert.strictEqual(Table.markdown.line(result!), `| m | w | ${shown} |  |`)
  })

  it("has the middle of the processes that have a value, and each by itself", () => {
    const rows = [3, undefined, 1, 2].map((value) => [
      row({ what: "w", unit: "ms", goal: 5, value: () => value ?? 0 / 0 }),
    ])
    const results = Table.combined("m", [...rows, []])
    assert.deepStrictEqual(results, [
      { measurement: "m", what: "w", unit: "ms", goal: 5, value: 2, values: [3, null, 1, 2] },
    ])
    assert.deepStrictEqual(JSON.parse(Table.json.line(results[0]!)), results[0])
  })

  it("is lines of JSON, of which a reason is one, too", () => {
    assert.strictEqual(Table.json.head("a machine"), '{"machine":"a machine"}')
    const [result] = Table.combined("m", [[row({ what: "w", unit: "×", value: () => 0 / 0 })]])
    assert.deepStrictEqual(JSON.parse(Table.json.line(result!)), {
      measurement: "m",
      what: "w",
      unit: "×",
      value: null,
      values: [null],
      because: "not a number: NaN",
    })
  })
})
