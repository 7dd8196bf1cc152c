/** What a backfill costs, and how its rows are written; in this process. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FeishuError, MeetingNo } from "@effect-feishu/core"
import * as Estimate from "../src/commands/plan/Estimate.ts"
import * as Format from "../src/output/Format.ts"
import { failureInWords } from "../src/commands/backfill/RunStatus.ts"

const day = 86_400
const end = 1_790_784_000

const estimate = (lanes: ReadonlyArray<number>, days: number) =>
  Estimate.ofLanes({
    settings: {
      found: new Map(),
      apps: new Map(),
      format: undefined,
      pageSize: undefined,
      concurrency: undefined,
      rateLimit: 100,
      detailsRateLimit: 1_000,
    },
    request: undefined,
    range: { start: end - days * day, end },
    expectMeetings: undefined,
    lanes: lanes.map((count) => ({ count, numbers: [MeetingNo.make("337736498")] })),
  })

describe("the cost of a backfill", () => {
  it.effect(
    "a million numbers and five years are 146 days for one app and tenant, and k lanes are k times as fast",
    () =>
      Effect.gen(function* () {
        const one = yield* estimate([1_000_000], 5 * 365)
        assert.strictEqual(one.requests.least, 21_000_000)
        assert.strictEqual(Math.floor(one.seconds.least / day), 146)
        const ten = yield* estimate(
          Array.from({ length: 10 }, () => 100_000),
          5 * 365,
        )
        assert.strictEqual(ten.requests.least, 21_000_000)
        assert.approximately(ten.seconds.least * 10, one.seconds.least, 1_000)
        // The largest lane is the last to be done.
        const uneven = yield* estimate([900_000, 100_000], 5 * 365)
        assert.approximately(uneven.seconds.least, one.seconds.least * 0.9, 1_000)
        const ninety = yield* estimate([1_000_000], 90)
        assert.deepStrictEqual(
          [ninety.requests.least, Math.floor(ninety.seconds.least / day)],
          [1_000_000, 6],
        )
      }),
  )
})

describe("rows of a table", () => {
  const shape: Format.Shape<{ readonly topic: string }> = {
    columns: [{ name: "topic", type: "text" }],
    objectOf: ({ topic }) => ({ topic }),
    cellsOf: ({ topic }) => [[topic]],
  }
  const before = { length: 0, rows: 0 }

  it("are no formulas in csv and excel, and are written as they are in ndjson", () => {
    const topics = ["=1+1", "+86", "@all", "plain, with a comma"].map((topic) => ({ topic }))
    const written = (name: Format.Name) => Format.writer(name, shape, {}).rows(topics, before).text
    assert.strictEqual(written("csv"), `topic\n'=1+1\n'+86\n'@all\n"plain, with a comma"\n`)
    assert.strictEqual(written("excel"), `\ufefftopic,\n'=1+1,\n'+86,\n'@all,\n"plain, with a comma",\n`)
    assert.include(written("ndjson"), `{"topic":"=1+1"}\n`)
  })
})

describe("a fault of a lane", () => {
  it("is stored in English, and shown in either language", () => {
    const stored =
      "credentials: there is no app secret for the app cli_a1b2c3. Nothing was sent. Set FEISHU_APP_SECRET_cli_a1b2c3, or put it under apps: in the file that feishu-meetings config init writes."
    const shown = (language: "en" | "zh", message = stored, error?: FeishuError.FeishuError) =>
      failureInWords({ message, error }, language)
    assert.match(shown("en"), /^there is no app secret for the app cli_a1b2c3\. Set FEISHU/)
    assert.match(shown("zh"), /^没有应用 cli_a1b2c3 的 App Secret。请设置 FEISHU_APP_SECRET_cli_a1b2c3/)
    // What Feishu or the network did is Chinese where it is stored as data.
    const error = new FeishuError.FeishuError({
      operation: "GET /open-apis/vc/v1/meetings/list_by_no",
      reason: new FeishuError.PermissionDenied({
        code: 121005,
        msg: "no permission",
        status: 403,
        scopes: [],
        logId: "20260101080003C41E59B6F1CD340B2C80",
      }),
    })
    assert.strictEqual(shown("en", error.message, error), error.message)
    assert.match(
      shown("zh", error.message, error),
      /^GET \/open-apis\/vc\/v1\/meetings\/list_by_no：应用或用户无权.*。日志 ID：20260101080003C41E59B6F1CD340B2C80$/,
    )
    assert.strictEqual(shown("zh", "the disk is full"), "the disk is full")
  })
})
