import { assert, describe, layer } from "@effect/vitest"
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { call, idsOf, list, tokenOf } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const options = { seed, now, rateLimit: "off" } as const

const missing = "Missing access token for authorization. Please make a request with token attached."
const invalid = "Invalid access token for authorization. Please make a request with token attached."

layer(MockFeishu.layer(options))("the gateway", (it) => {
  const authorizations: ReadonlyArray<readonly [string | undefined, number, string | undefined]> = [
    [undefined, 99991661, missing],
    ["", 99991661, missing],
    ["Bearer", 99991661, missing],
    ["bearer t-x", 99991661, missing],
    ["Basic dDp4", 99991661, missing],
    ["t-x", 99991661, missing],
    ["Bearer t-nobodyMintedThis", 99991663, invalid],
    ["Bearer u-nobodyMintedThis", 99991668, invalid],
    ["Bearer eyJhbGciOiJFUzI1NiJ9.e30.x", 99991668, invalid],
    ["Bearer a-appToken", 99991671, undefined],
    ["Bearer  t-twoSpaces", 99991671, undefined],
  ]
  for (const [authorization, code, msg] of authorizations) {
    it.effect(`answers Authorization ${JSON.stringify(authorization)} with 400 and ${code}`, () =>
      Effect.gen(function* () {
        const headers = authorization === undefined ? {} : { authorization }
        const answer = yield* call(`${ListByNo.path}?${new URLSearchParams(goodQuery).toString()}`, {
          headers,
        })
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(answer.body?.code, code)
        if (msg !== undefined) assert.strictEqual(answer.body?.msg, msg)
      }),
    )
  }

  it.effect("refuses an app without the scope, and names every scope that would do", () =>
    Effect.gen(function* () {
      const answer = yield* list(yield* tokenOf("cli_no_scope"), goodQuery)
      assert.strictEqual(answer.status, 400)
      assert.strictEqual(answer.body?.code, 99991672)
      assert.strictEqual(
        answer.body?.msg,
        "Access denied. One of the following scopes is required: [vc:meeting:readonly, vc:meeting.meetingid:read]",
      )
      assert.deepStrictEqual(answer.body?.error?.permission_violations, [
        { type: "action_scope_required", subject: "vc:meeting:readonly" },
        { type: "action_scope_required", subject: "vc:meeting.meetingid:read" },
      ])
    }),
  )

  it.effect("takes either scope", () =>
    Effect.gen(function* () {
      for (const app of ["cli_reader", "cli_newer_scope"]) {
        const answer = yield* list(yield* tokenOf(app), goodQuery)
        assert.strictEqual(answer.body?.code, 0)
      }
    }),
  )

  it.effect("checks token, then scope, then fields, then business rules", () =>
    Effect.gen(function* () {
      const wrongFields = { meeting_no: "1", start_time: "2", end_time: "1", page_size: "51" }
      const wrongRules = { meeting_no: "1", start_time: "2", end_time: "1" }
      const code = (token: string, query: Record<string, string>) =>
        Effect.map(list(token, query), (answer) => answer.body?.code)
      assert.strictEqual(yield* code("t-wrong", wrongFields), 99991663)
      assert.strictEqual(yield* code(yield* tokenOf("cli_no_scope"), wrongFields), 99991672)
      assert.strictEqual(yield* code(yield* tokenOf("cli_reader"), wrongFields), 99992402)
      assert.strictEqual(yield* code(yield* tokenOf("cli_reader"), wrongRules), 121003)
    }),
  )

  const violations: ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, string]>]> = [
    [
      "",
      [
        ["meeting_no", "meeting_no is required"],
        ["start_time", "start_time is required"],
        ["end_time", "end_time is required"],
      ],
    ],
    [
      "meeting_no=abc&start_time=1.5&end_time=0x10&page_size=5a",
      [
        ["meeting_no", "meeting_no is not a valid integer"],
        ["start_time", "start_time is not a valid integer"],
        ["end_time", "end_time is not a valid integer"],
        ["page_size", "page_size is not a valid integer"],
      ],
    ],
    [
      "meeting_no=1&meeting_no=2&start_time=1&end_time=2&page_token=a&page_token=b",
      [
        ["meeting_no", "meeting_no takes one value, not a list"],
        ["page_token", "page_token takes one value, not a list"],
      ],
    ],
    [
      "meeting_no[]=337736498&start_time=1&end_time=2&page_size[]=5",
      [
        ["meeting_no", "meeting_no takes one value, not a list"],
        ["page_size", "page_size takes one value, not a list"],
      ],
    ],
    [
      "meeting_no=99999999999999999999&start_time=-9223372036854775809&end_time=9223372036854775808&page_size=1e3",
      ["meeting_no", "start_time", "end_time", "page_size"].map(
        (field) => [field, `${field} is not a valid integer`] as const,
      ),
    ],
    ["meeting_no=%zz&start_time=1&end_time=2", [["meeting_no", "meeting_no is not a valid integer"]]],
    [
      `meeting_no=${"1".repeat(65_536)}&start_time=1&end_time=2`,
      [["meeting_no", "meeting_no is not a valid integer"]],
    ],
  ]
  for (const [query, expected] of violations) {
    it.effect(`S2 names every wrong field of ?${query.slice(0, 70)}`, () =>
      Effect.gen(function* () {
        const answer = yield* list(yield* tokenOf("cli_reader"), query)
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(answer.body?.code, 99992402)
        assert.strictEqual(answer.body?.msg, "field validation failed")
        assert.deepStrictEqual(
          answer.body?.error?.field_violations,
          expected.map(([field, description]) => ({ field, description })),
        )
      }),
    )
  }

  // What each `page_size` gets: the code and, when it is refused, why.
  const pageSizes: ReadonlyArray<readonly [string, number, string?]> = [
    ["1", 0],
    ["50", 0],
    ["007", 0],
    ["0", 99992402, "page_size the min value is 1"],
    ["-1", 99992402, "page_size the min value is 1"],
    ["51", 99992402, "page_size the max value is 50"],
    ["1000000000", 99992402, "page_size the max value is 50"],
    ["9223372036854775807", 99992402, "page_size the max value is 50"],
    ["9223372036854775808", 99992402, "page_size is not a valid integer"],
    ["1e9", 99992402, "page_size is not a valid integer"],
    ["5a", 99992402, "page_size is not a valid integer"],
    ["0x10", 99992402, "page_size is not a valid integer"],
    ["2.0", 99992402, "page_size is not a valid integer"],
    [" 5", 99992402, "page_size is not a valid integer"],
    ["", 99992402, "page_size is not a valid integer"],
    ["99999999999999999999", 99992402, "page_size is not a valid integer"],
  ]
  for (const [pageSize, code, description] of pageSizes) {
    it.effect(`S3 answers page_size=${JSON.stringify(pageSize)} with ${code}`, () =>
      Effect.gen(function* () {
        const answer = yield* list(yield* tokenOf("cli_reader"), { ...goodQuery, page_size: pageSize })
        assert.strictEqual(answer.body?.code, code)
        assert.deepStrictEqual(
          answer.body?.error?.field_violations,
          description === undefined ? undefined : [{ field: "page_size", description }],
        )
      }),
    )
  }

  it.effect("accepts fields that it does not know", () =>
    Effect.gen(function* () {
      const answer = yield* list(yield* tokenOf("cli_reader"), { ...goodQuery, lang: "zh" })
      assert.strictEqual(answer.body?.code, 0)
    }),
  )
})

describe("the 90 days", () => {
  const day = 86_400
  const queries = {
    "89 days until now": [now - 89 * day, now],
    "91 days until now": [now - 91 * day, now],
    "a day 91 days ago": [now - 91 * day, now - 90 * day],
    "exactly 90 days until now": [now - 90 * day, now],
    "91 days from yesterday on": [now - day, now + 90 * day],
  } as const
  const refused = {
    both: ["91 days until now", "a day 91 days ago", "91 days from yesterday on"],
    span: ["91 days until now", "91 days from yesterday on"],
    lookback: ["91 days until now", "a day 91 days ago"],
  } as const
  for (const ninetyDays of ["both", "span", "lookback"] as const) {
    layer(MockFeishu.layer({ ...options, ninetyDays }))(`with --ninety-days ${ninetyDays}`, (it) => {
      it.effect(`refuses ${refused[ninetyDays].join(", ")}, and nothing else`, () =>
        Effect.gen(function* () {
          const token = yield* tokenOf("cli_reader")
          const codes = yield* Effect.forEach(Object.entries(queries), ([name, [from, to]]) =>
            Effect.map(
              list(token, { meeting_no: "337736498", start_time: String(from), end_time: String(to) }),
              (answer) => [name, answer.body?.code] as const,
            ),
          )
          assert.deepStrictEqual(
            codes.filter(([, code]) => code === 121003).map(([name]) => name),
            [...refused[ninetyDays]],
          )
        }),
      )
    })
  }
})

layer(MockFeishu.layer(options))("business rules", (it) => {
  const refused = {
    "a number of 8 digits": { ...goodQuery, meeting_no: "33773649" },
    "a number of 10 digits": { ...goodQuery, meeting_no: "3377364980" },
    "a number of 19 digits": { ...goodQuery, meeting_no: "9223372036854775807" },
    "an end in nanoseconds": { ...goodQuery, end_time: "999999999999999999" },
    "the largest end there is": { ...goodQuery, end_time: "9223372036854775807" },
    "the smallest start there is": { ...goodQuery, start_time: "-9223372036854775808" },
    "a start equal to the end": { ...goodQuery, start_time: goodQuery.end_time },
    "a start after the end": { ...goodQuery, start_time: goodQuery.end_time, end_time: goodQuery.start_time },
  }
  for (const [what, query] of Object.entries(refused)) {
    it.effect(`refuse ${what} with 400 and 121003`, () =>
      Effect.gen(function* () {
        const answer = yield* list(yield* tokenOf("cli_reader"), query)
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(answer.body?.code, 121003)
        assert.strictEqual(answer.body?.msg, "param error")
      }),
    )
  }

  it.effect("show an app the meetings of its own tenant only", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(idsOf(yield* list(yield* tokenOf("cli_reader"), goodQuery)), [
        "7600000000000000001",
        "7600000000000000002",
        "7600000000000000003",
      ])
      assert.deepStrictEqual(idsOf(yield* list(yield* tokenOf("cli_elsewhere"), goodQuery)), [
        "7600000000000000004",
      ])
    }),
  )
})
