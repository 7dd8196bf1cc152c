import { assert, describe, it } from "@effect/vitest"
import { ListByNo } from "@effect-feishu/core"
import * as CountedRequests from "../src/run/CountedRequests.ts"

const now = 1_767_225_600_000
const seconds = (...ago: ReadonlyArray<number>) => ago.map((each) => now - each * 1_000)

describe("requests of an earlier run", () => {
  /** What was recorded, and for how many milliseconds its requests still count. */
  const table: ReadonlyArray<
    readonly [string, ReadonlyArray<CountedRequests.Recorded>, ReadonlyArray<number>]
  > = [
    ["none", [], []],
    ["none that were sent", [{ answered: [], unanswered: [], onTheirWay: 0 }], []],
    [
      "answered ones count 60 s after their answer",
      [{ answered: seconds(0, 20, 60, 60.2, 60.3, 3_600), unanswered: [], onTheirWay: 0 }],
      [60_250, 40_250, 250, 50],
    ],
    [
      "those that were given up, 65 s",
      [{ answered: [], unanswered: seconds(0, 20, 65.3), onTheirWay: 0 }],
      [65_250, 45_250],
    ],
    [
      "those that were on their way at the last record may have been sent until now",
      [
        { answered: seconds(30), unanswered: [], onTheirWay: 5 },
        { answered: seconds(10), unanswered: seconds(5), onTheirWay: 2 },
      ],
      [30_250, 50_250, 60_250, 65_250, 65_250],
    ],
    [
      "a time in the future is one of a clock that has gone back",
      [{ answered: seconds(-1, -86_400), unanswered: seconds(-10), onTheirWay: 0 }],
      [60_250, 60_250, 65_250],
    ],
  ]
  for (const [what, recorded, millis] of table) {
    it(`count as long as they have to: ${what}`, () => {
      const counting = CountedRequests.stillCounting(CountedRequests.sum(recorded), now)
      assert.deepStrictEqual(CountedRequests.restingMillis(counting, now), millis)
      // Another run that is killed before it has sent anything changes nothing.
      const again = CountedRequests.stillCounting(CountedRequests.sum([counting]), now)
      assert.deepStrictEqual(again, counting)
    })
  }
})

describe("requests of this run", () => {
  it("are recorded before they are sent, all that wait together", () => {
    const requests = new CountedRequests.CountedRequests()
    for (let waiting = 0; waiting < 3; waiting++) requests.wait()
    assert.isFalse(requests.take())
    const first = requests.next()
    assert.deepStrictEqual(first.recorded, { answered: [], unanswered: [], onTheirWay: 3 })
    // One that comes while that is being written.
    requests.wait()
    first.written()
    assert.deepStrictEqual(
      [1, 2, 3, 4].map(() => requests.take()),
      [true, true, true, false],
    )
    assert.strictEqual(requests.next().recorded.onTheirWay, 4)
  })

  it("an end that is not on the disk yet is recorded with what comes next", () => {
    const requests = new CountedRequests.CountedRequests()
    for (let waiting = 0; waiting < 4; waiting++) requests.wait()
    requests.next().written()
    for (let taken = 0; taken < 4; taken++) requests.take()
    requests.ended("answered", 1)
    requests.ended("not sent", 2)
    const lost = requests.next()
    assert.deepStrictEqual(lost.recorded, { answered: [1], unanswered: [], onTheirWay: 2 })
    requests.ended("unanswered", 3)
    const written = requests.next()
    assert.deepStrictEqual(written.recorded, { answered: [1], unanswered: [3], onTheirWay: 1 })
    requests.ended("answered", 4)
    written.written()
    assert.deepStrictEqual(requests.next().recorded, { answered: [4], unanswered: [], onTheirWay: 0 })
  })

  it("are those for meetings alone: tokens have a limit of their own", () => {
    assert.isTrue(CountedRequests.isCounted({ operation: `GET ${ListByNo.path}` }))
    assert.isFalse(
      CountedRequests.isCounted({ operation: "POST /open-apis/auth/v3/tenant_access_token/internal" }),
    )
  })
})
