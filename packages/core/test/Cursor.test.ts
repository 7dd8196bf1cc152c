import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { Cursor, ListByNo } from "@effect-feishu/core"

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
    ["feishu-meetings.3.e30 and more", "damaged", /damaged/],
    ["> feishu-meetings.3.e30", "damaged", /damaged/],
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

  // As version 0.1.0 of this package wrote it.
  const stored =
    "feishu-meetings.2.eyJtZWV0aW5nTm8iOiIzMzc3MzY0OTgiLCJzdGFydCI6MTAwMCwiZW5kIjoyMDAwLCJwYWdlU2l6ZSI6NTAsImJhc2VVcmwiOiJodHRwczovL29wZW4uZmVpc2h1LmNuIiwid2luZG93IjowLCJwYWdlVG9rZW4iOiJ4In0.5a81f295"

  it("that was stored long ago is still read, and is damaged with anything before or after it", () => {
    const position = {
      meetingNo: "337736498",
      start: 1_000,
      end: 2_000,
      pageSize: 50,
      baseUrl: "https://open.feishu.cn",
      window: 0,
      pageToken: "x",
    }
    assert.deepStrictEqual(withoutUndefined(Cursor.toPosition(stored)!), position)
    for (const text of [`${stored}0`, `${stored}\n`, ` ${stored}`, stored.replace(".2.", ".1.")]) {
      assert.deepStrictEqual(Cursor.read(text), Result.fail("damaged"), text)
    }
  })

  const first = { start: 1_000, end: 2_000, pageSize: 50, baseUrl: "https://open.feishu.cn", window: 0 }
  const read = (more: Partial<Cursor.Position>) => {
    const json = JSON.stringify({ meetingNo: "337736498", ...first, ...more })
    return Cursor.toPosition(`feishu-meetings.1.${Base64Url.encode(json)}`)
  }

  it.effect("whose window is not in its range, or starts outside it, is damaged", () =>
    Effect.gen(function* () {
      assert.isDefined(read({}))
      assert.isDefined(read({ windowStart: 1_000 }))
      assert.isDefined(read({ windowStart: 1_999 }))
      // Two windows of 90 days, the second of which has one second.
      const end = first.start + ListByNo.maxRangeSeconds + 1
      assert.isDefined(read({ window: 1, end }))
      for (const more of [
        { window: 1 },
        { window: 1, end: end - 1 },
        { window: 2, end },
        { window: -1 },
        { window: 0.5 },
        { windowStart: 999 },
        { windowStart: 2_000 },
        { end: 1_000 },
        { end: 1 },
      ]) {
        assert.isUndefined(read(more), JSON.stringify(more))
      }
      const decoded = Schema.decodeUnknownEffect(Cursor.Position)({
        ...first,
        meetingNo: "337736498",
        window: 1,
      })
      assert.include((yield* Effect.flip(decoded)).message, "the window is not in the range")
    }),
  )

  it("with what no cursor has is damaged", () => {
    assert.isDefined(read({ pageSize: 1, order: "newest", start: 0, end: 99_999_999_999 }))
    for (const more of [
      { pageSize: 0 },
      { pageSize: 51 },
      { end: 100_000_000_000 },
      { start: -1 },
      { order: "oldest" as never },
      // It would be repeated in messages.
      { baseUrl: "https://somebody:secret@open.feishu.cn" },
    ]) {
      assert.isUndefined(read(more), JSON.stringify(more))
    }
  })
})
