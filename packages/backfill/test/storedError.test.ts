import { assert, describe, it } from "@effect/vitest"
import { Cursor, FeishuError, MeetingNo, Sentence } from "@effect-feishu/core"
import * as StoredError from "../src/internal/StoredError.ts"

const where = {
  operation: "GET /open-apis/vc/v1/meetings/list_by_no",
  ...FeishuError.positioned(
    Sentence.make("window", {
      meetingNo: "337736498",
      start: "2026-01-01T00:00:00.000Z",
      end: "2026-02-01T00:00:00.000Z",
    }),
  ),
  requests: 5,
}

const cursor = Cursor.fromPosition({
  meetingNo: MeetingNo.make("337736498"),
  start: 0,
  end: 1_000,
  pageSize: 50,
  baseUrl: "https://open.feishu.cn",
  tenant: undefined,
  window: 0,
})

const errors = [
  new FeishuError.FeishuError({ reason: new FeishuError.ServerFailed({ status: 503 }), ...where }),
  new FeishuError.FeishuError({
    reason: new FeishuError.RateLimited({
      status: 429,
      code: 99991400,
      retryAfterSeconds: 30,
      logId: "2026LOG",
    }),
    ...where,
  }),
  new FeishuError.FeishuError({
    reason: new FeishuError.TransportFailed({ fault: "no headers in time", host: "open.feishu.cn:443" }),
    retryBudgetSpent: true,
    leftAloneSeconds: 12,
  }),
  FeishuError.invalidRequest("range", Sentence.make("notATime", { text: "九月" }), "Give a time."),
]

describe("a failure in the database", () => {
  it("is read as it was written, next to its text, and without its cursor", () => {
    for (const error of errors) {
      const stored = StoredError.encode(error.with({ cursor }))
      assert.isString(stored)
      assert.notInclude(stored!, cursor)
      const read = StoredError.decode(stored, error.message)
      assert.strictEqual(read?.message, error.message)
      assert.strictEqual(StoredError.encode(read!), stored)
      // Of a long text the beginning is stored.
      assert.isDefined(StoredError.decode(stored, error.message.slice(0, 20)))
    }
  })

  it("is its text alone where the data are another's, of another version, or too many", () => {
    const [error] = errors
    const stored = StoredError.encode(error!)
    assert.isUndefined(StoredError.decode(stored, "the database is full"))
    assert.isUndefined(StoredError.decode(null, error!.message))
    for (const json of ["", "{", "null", '{"_tag":"FeishuError"}', '{"_tag":"OfTheFuture","reason":{}}']) {
      assert.isUndefined(StoredError.decode(json, ""), json)
    }
    const reason = new FeishuError.ServerFailed({ status: 503, excerpt: "x".repeat(9_000) })
    assert.isNull(StoredError.encode(new FeishuError.FeishuError({ reason })))
  })
})
