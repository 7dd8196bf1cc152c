import { assert, describe, it } from "@effect/vitest"
import { GetMeeting, GetRecording, ListByNo } from "@effect-feishu/core"
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
      assert.deepStrictEqual(CountedRequests.resting(counting, now), {
        restingMillis: millis,
        operations: {},
      })
      // Another run that is killed before it has sent anything changes nothing.
      const again = CountedRequests.stillCounting(CountedRequests.sum([counting]), now)
      assert.deepStrictEqual(again, counting)
    })
  }
})

const list = `GET ${ListByNo.path}`
const details = `GET ${GetMeeting.path}`
const recording = `GET ${GetRecording.path}`
const none = { answered: [], unanswered: [], onTheirWay: 0 }

describe("requests of operations with limits of their own", () => {
  it("count for their operation alone, as those of the list do", () => {
    const counting = CountedRequests.stillCounting(
      CountedRequests.sum([
        // As a version without them has written it.
        { answered: seconds(50), unanswered: [], onTheirWay: 1 },
        {
          ...none,
          operations: {
            [details]: { answered: seconds(20, 90), unanswered: [], onTheirWay: 2 },
            [recording]: { answered: [], unanswered: [], onTheirWay: 7 },
          },
        },
        {
          ...none,
          operations: { [details]: { answered: seconds(10), unanswered: seconds(5), onTheirWay: 1 } },
        },
      ]),
      now,
    )
    assert.strictEqual(CountedRequests.longestRest(CountedRequests.resting(counting, now)), 65_250)
    assert.deepStrictEqual(CountedRequests.resting(counting, now), {
      restingMillis: [10_250],
      // None of the recordings was on its way any more at the last record.
      operations: { [details]: [40_250, 50_250, 60_250, 65_250] },
    })
    assert.deepStrictEqual(CountedRequests.stillCounting(CountedRequests.sum([counting]), now), counting)
  })

  it("wait for a record of their own operation; one record has those of all", () => {
    const requests = new CountedRequests.CountedRequests()
    requests.wait(list)
    requests.wait(details)
    requests.wait(details)
    const first = requests.next()
    assert.deepStrictEqual(first.recorded, {
      ...none,
      onTheirWay: 1,
      operations: { [details]: { ...none, onTheirWay: 2 } },
    })
    first.written()
    assert.deepStrictEqual(
      [list, details, list, details, details].map((operation) => requests.take(operation)),
      [true, true, false, true, false],
    )
    requests.ended(details, "answered", 1)
    requests.ended(list, "unanswered", 2)
    assert.deepStrictEqual(requests.next().recorded, {
      ...none,
      unanswered: [2],
      operations: { [details]: { answered: [1], unanswered: [], onTheirWay: 1 } },
    })
  })
})

describe("requests of this run", () => {
  it("are recorded before they are sent, all that wait together", () => {
    const requests = new CountedRequests.CountedRequests()
    for (let waiting = 0; waiting < 3; waiting++) requests.wait(list)
    assert.isFalse(requests.take(list))
    const first = requests.next()
    assert.deepStrictEqual(first.recorded, { answered: [], unanswered: [], onTheirWay: 3 })
    // One that comes while that is being written.
    requests.wait(list)
    first.written()
    assert.deepStrictEqual(
      [1, 2, 3, 4].map(() => requests.take(list)),
      [true, true, true, false],
    )
    assert.strictEqual(requests.next().recorded.onTheirWay, 4)
  })

  it("an end that is not on the disk yet is recorded with what comes next", () => {
    const requests = new CountedRequests.CountedRequests()
    for (let waiting = 0; waiting < 4; waiting++) requests.wait(list)
    requests.next().written()
    for (let taken = 0; taken < 4; taken++) requests.take(list)
    requests.ended(list, "answered", 1)
    requests.ended(list, "not sent", 2)
    const lost = requests.next()
    assert.deepStrictEqual(lost.recorded, { answered: [1], unanswered: [], onTheirWay: 2 })
    requests.ended(list, "unanswered", 3)
    const written = requests.next()
    assert.deepStrictEqual(written.recorded, { answered: [1], unanswered: [3], onTheirWay: 1 })
    requests.ended(list, "answered", 4)
    written.written()
    assert.deepStrictEqual(requests.next().recorded, { answered: [4], unanswered: [], onTheirWay: 0 })
  })

  it("are those for meetings alone: tokens have a limit of their own", () => {
    for (const operation of [list, details, recording])
      assert.isTrue(CountedRequests.isCounted({ operation }))
    assert.isFalse(
      CountedRequests.isCounted({ operation: "POST /open-apis/auth/v3/tenant_access_token/internal" }),
    )
  })
})
