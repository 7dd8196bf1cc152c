import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { Cursor } from "@effect-feishu/core"

const Seconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7_000_000 }))
const Text = Schema.String.check(Schema.isMaxLength(40), Schema.isPattern(/^[^@]*$/))

/** Positions of ranges of one window. */
const Position = Schema.Struct({
  start: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000_000 })),
  length: Seconds,
  pageSize: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 })),
  baseUrl: Text,
  tenant: Schema.optional(Text),
  order: Schema.optional(Schema.Literal("newest")),
  asked: Schema.optional(Seconds),
  pageToken: Schema.optional(Schema.String.check(Schema.isMaxLength(40))),
})

const positionOf = ({ length, start, ...more }: typeof Position.Type): Cursor.Position => ({
  ...more,
  meetingNo: "337736498" as Cursor.Position["meetingNo"],
  start,
  end: start + length,
  window: 0,
})
const withoutUndefined = (position: object) => JSON.parse(JSON.stringify(position)) as unknown

describe("a cursor", () => {
  it.effect.prop("holds its position, and so does one of version 1", [Position], ([given]) =>
    Effect.sync(() => {
      const position = positionOf(given)
      const json = withoutUndefined(position)
      assert.deepStrictEqual(withoutUndefined(Cursor.toPosition(Cursor.fromPosition(position))!), json)
      const first = `feishu-meetings.1.${Base64Url.encode(JSON.stringify(json))}`
      assert.deepStrictEqual(withoutUndefined(Cursor.toPosition(first)!), json)
    }),
  )

  const Change = Schema.Struct({
    at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
    how: Schema.Literals(["replace", "remove", "insert", "swap", "cut", "upper case"]),
    character: Schema.Literals([..."AZaz09-_.= \n", "é", "\u0000"]),
  })

  it.effect.prop(
    "that is changed anywhere is refused, by the Schema, too",
    [Position, Change],
    ([given, { at, character, how }]) =>
      Effect.sync(() => {
        const cursor = Cursor.fromPosition(positionOf(given))
        const index = at % cursor.length
        const [before, here, after] = [cursor.slice(0, index), cursor[index]!, cursor.slice(index + 1)]
        const changed = {
          replace: before + character + after,
          remove: before + after,
          insert: before + character + here + after,
          swap: before + (after[0] ?? "") + here + after.slice(1),
          cut: before,
          "upper case": before + here.toUpperCase() + after,
        }[how]
        if (changed === cursor) return
        const result = Cursor.read(changed)
        assert.isTrue(Result.isFailure(result), changed)
        assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(Cursor.Cursor)(changed)))
      }),
    { arbitrary: { runs: 1_000 } },
  )

  const problems: ReadonlyArray<readonly [string, Cursor.Problem, RegExp]> = [
    ["", "damaged", /damaged/],
    ["2", "damaged", /damaged/],
    ["feishu-meetings.1.e30", "damaged", /damaged/],
    ["feishu-meetings.2.e30", "damaged", /damaged/],
    [
      "feishu-meetings.2.e30.00000000",
      "damaged",
      /a whole cursor starts with feishu-meetings\.2\. and is one line/,
    ],
    ["feishu-meetings.3.e30", "other version", /another version of effect-feishu/],
    ["feishu-meetings.12.e30.00000000", "other version", /another version/],
    [`feishu-meetings.1.${"A".repeat(100_000)}`, "damaged", /damaged/],
  ]
  for (const [text, problem, message] of problems) {
    it.effect(`that is ${JSON.stringify(text.slice(0, 40))} is ${problem}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(Cursor.read(text), Result.fail(problem))
        const error = yield* Effect.flip(Schema.decodeUnknownEffect(Cursor.Cursor)(text))
        assert.match(error.message, message)
        assert.isBelow(error.message.length, 1_000)
      }),
    )
  }

  it("whose window is not in its range, or starts outside it, is damaged", () => {
    const first = { start: 1_000, end: 2_000, pageSize: 50, baseUrl: "https://open.feishu.cn", window: 0 }
    for (const more of [
      { window: 1 },
      { windowStart: 999 },
      { windowStart: 2_000 },
      { end: 1_000 },
      { end: 1 },
    ]) {
      const json = JSON.stringify({ meetingNo: "337736498", ...first, ...more })
      assert.isUndefined(Cursor.toPosition(`feishu-meetings.1.${Base64Url.encode(json)}`), json)
    }
  })
})
