import { assert, describe, it } from "@effect/vitest"
import * as CliOutput from "effect/cli/CliOutput"
import type { Entry } from "../src/state/Journal.ts"
import * as RequestLog from "../src/command/RequestLog.ts"
import { now } from "./fixture.ts"

const entry: Entry = {
  seq: 1,
  time: now * 1000,
  operation: "meetings.listByNo",
  method: "GET",
  path: "/open-apis/vc/v1/meetings/list_by_no",
  query: { meeting_no: "337736498", start_time: "1767225600", end_time: "1769817600", page_size: "50" },
  status: 200,
  code: 0,
  logId: "20260131170000C0FFEE00C0FFEE00C0FFEE",
  millis: 0.84,
}

const plain = { paint: (_style: unknown, text: string) => text }
const painted = { paint: (style: unknown, text: string) => `<${String(style)}>${text}</>` }

/** What acts on a terminal: control characters, those of the upper half, too, and what turns the direction. */
const acting = "\u001b[31m\u009b2J\r\n\u202e\u2028\u200b\u0000"

describe("the line for people", () => {
  it("is one row of a wide terminal, and two of a narrow one, with the log id whole", () => {
    const long = { ...entry, query: { ...entry.query, page_token: "x".repeat(500) }, fault: "f".repeat(500) }
    const refused = { ...long, pageTokenRefused: "given for another start_time, end_time, page_size" }
    for (const [columns, rows] of [
      [80, 2],
      [120, 2],
      [140, 1],
      [200, 1],
    ] as const) {
      for (const one of [entry, long, refused]) {
        const line = RequestLog.pretty(one, { columns, ...plain })
        assert.isAtMost(line.length, rows * columns)
        assert.match(line, / 20260131170000C0FFEE00C0FFEE00C0FFEE$/)
      }
    }
  })

  it("shows time, status, code, milliseconds, method, path and query", () => {
    assert.match(
      RequestLog.pretty(entry, { columns: 200, ...plain }),
      /^\d\d:\d\d:00 200 0 {9}0\.8 ms GET {2}\/open-apis\/vc\/v1\/meetings\/list_by_no\?meeting_no=337736498&start_time=1767225600&end_time=1769817600&page_size=50 /,
    )
  })

  it("shows Chinese as it is, in as many columns as there are", () => {
    for (const columns of [80, 140]) {
      const line = RequestLog.pretty(
        { ...entry, path: `/${"会议".repeat(200)}`, fault: "第三页".repeat(20) },
        { columns, ...plain },
      )
      assert.isAtMost(CliOutput.displayWidth(line), columns < 140 ? 2 * columns : columns)
      assert.match(line, /GET {2}\/(会议)+会?\.\.\. fault (第三页)+第?三?\.\.\. 2026/)
    }
  })

  it("says which rule broke the answer", () => {
    const line = RequestLog.pretty({ ...entry, status: 500, fault: "third page" }, { columns: 200, ...plain })
    assert.include(line, " fault third page ")
  })

  it("says why a page token was refused", () => {
    const refused = { ...entry, status: 400, pageTokenRefused: "given for another end_time" }
    assert.include(
      RequestLog.pretty(refused, { columns: 200, ...plain }),
      " page token given for another end_time ",
    )
    assert.strictEqual(JSON.parse(RequestLog.json(refused)).pageTokenRefused, "given for another end_time")
  })

  it("is green, yellow or red as the answer is good, refused or broken", () => {
    const styles = [
      { status: 200, code: 0 },
      { status: 200, code: 10014 },
      { status: 429, code: 99991400 },
      { status: 500, code: 121001 },
    ].map((answer) => {
      const line = RequestLog.pretty({ ...entry, ...answer }, { columns: 200, ...painted })
      return /<(\w+)>\d{3} /.exec(line)?.[1]
    })
    assert.deepStrictEqual(styles, ["green", "yellow", "yellow", "red"])
  })

  it("holds nothing that acts on a terminal, whatever was asked", () => {
    const hostile = { ...entry, path: `/${acting}`, query: { [acting]: acting }, fault: acting }
    const line = RequestLog.pretty(hostile, { columns: 200, ...plain })
    assert.match(line, /^[ -~]+$/)
    assert.include(line, String.raw`/\u001b[31m\u009b2J\r\n\u202e`)
  })
})

describe("the line for programs", () => {
  it("is the entry in characters that act on no terminal, and means the same", () => {
    const hostile = { ...entry, path: `/周会${acting}`, query: { [acting]: "🎉" } }
    const line = RequestLog.json(hostile)
    assert.match(line, /^[ -~周会🎉]+$/u)
    assert.deepStrictEqual(JSON.parse(line), hostile)
  })
})
