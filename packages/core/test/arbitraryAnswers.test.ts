import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Schema } from "effect"
import { FeishuError } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

// Nothing is waited for: what would be tried again fails at once.
const impatient = { credentials: Fake.credentials, retryBudget: { floor: 0, share: 0 }, longestWait: 0 }

/** Characters of a message: a few kilobytes, of which the most are the fields that Feishu names. */
const longestMessage = 4_000

/** Reads a number whose every page is answered so. */
const readAnswered = (answer: Fake.Answer) =>
  Effect.suspend(() => {
    const tokens = Fake.tokens()
    const handler: Fake.Handler = (asked) =>
      Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer() : answer))
    return Effect.exit(Effect.provide(Fake.read(), Fake.meetings(handler, impatient)))
  })

/** What a success may be: JSON with code 0 whose rows came out as they are, each once, and nothing announced after. */
const checkSuccess = (text: string, ids: ReadonlyArray<string>) => {
  const { code, data } = JSON.parse(text.replace(/^\uFEFF/, ""))
  assert.strictEqual(code, 0)
  const rows: ReadonlyArray<{ readonly id: string; readonly meeting_no?: string }> =
    data?.meeting_briefs ?? []
  assert.deepStrictEqual(ids, [...new Set(rows.map(({ id }) => id))])
  for (const { id, meeting_no: number } of rows) {
    assert.isNotEmpty(id)
    if (typeof number === "string") assert.strictEqual(number.replace(/\D/g, ""), Fake.meetingNo)
  }
  assert.isNotOk(data?.has_more ?? data?.page_token)
}

const check = Effect.fnUntraced(function* (answer: Fake.Answer) {
  const exit = yield* readAnswered(answer)
  assert.isTrue(Exit.isSuccess(exit), Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "")
  if (Exit.isFailure(exit)) return
  const { error, ids } = exit.value
  if (error === undefined) {
    checkSuccess(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body), ids)
  } else {
    assert.instanceOf(error, FeishuError.FeishuError)
    assert.isDefined(error.cursor)
    assert.match(error.message, /\S.*\./)
    // Whatever a server says: people and logs take a message of so much.
    assert.isBelow(error.message.length, longestMessage)
    assert.isBelow(JSON.stringify({ ...error, cursor: undefined }).length, 2 * longestMessage)
  }
})

const Status = Schema.Literals([
  200, 201, 204, 206, 302, 304, 400, 401, 403, 404, 408, 425, 429, 500, 502, 503,
])
const Headers = Schema.Record(
  Schema.Literals(["content-type", "x-ogw-ratelimit-reset", "retry-after", "location", "x-tt-logid"]),
  Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{0,20}$/)),
).pipe((record) => Schema.Struct({ some: record }))

const good = {
  code: 0,
  msg: "success",
  data: {
    has_more: false,
    page_token: "",
    meeting_briefs: [
      { id: "7011030664708603907", meeting_no: Fake.meetingNo, topic: "一", password: "971024" },
      { id: "7011031045899354115", meeting_no: Fake.meetingNo, topic: "二", url: "https://vc.feishu.cn/j/1" },
    ],
  },
}

/** The paths of every value in it. */
const paths = (value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  typeof value === "object" && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
    : [path]

/** The same with something else at a path; nothing there if that is `undefined`. */
const changed = (value: unknown, [key, ...rest]: ReadonlyArray<string>, to: unknown): unknown => {
  if (key === undefined) return to
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (String(index) === key ? changed(item, rest, to) : item))
  }
  const record = value as Readonly<Record<string, unknown>>
  return { ...record, [key]: changed(record[key], rest, to) }
}

describe("whatever the answer: a typed error with a cursor, or exactly its rows", () => {
  it.effect.prop("arbitrary bytes", [Schema.Uint8Array, Status, Headers], ([bytes, status, { some }]) =>
    check({ status, headers: some, body: Buffer.from(bytes).toString("utf8") }),
  )

  it.effect.prop("arbitrary text", [Schema.String, Status], ([body, status]) => check({ status, body }))

  it.effect.prop("arbitrary JSON", [Schema.Json, Status, Headers], ([json, status, { some }]) =>
    check({ status, headers: some, body: JSON.stringify(json) }),
  )

  it.effect.prop(
    "JSON with a code, and anything beside it",
    [Schema.Union([Schema.Literals([0, 99991400, 99991663, 121003]), Schema.Int]), Schema.Json, Status],
    ([code, data, status]) => check({ status, body: { code, data } }),
  )

  it.effect.prop(
    "a good answer with one value removed, nulled or of another type",
    [
      Schema.Literals(paths(good).map((path) => path.join("/"))),
      Schema.Union([Schema.Undefined, Schema.Null, Schema.Json]),
      Status,
    ],
    ([path, to, status]) =>
      check({
        status,
        body: JSON.stringify(changed(good, path === "" ? [] : path.split("/"), to)) ?? "",
      }),
    { arbitrary: { runs: 400 } },
  )

  describe("a message is bounded, whatever a server says", () => {
    const long = (unit: string) => unit.repeat(100_000 / unit.length)
    const texts = ["x", "字", "😀", "<b>", "\u0000", "a b ", "\\n"].map(long)
    const refusals = (count: number, text: string) => [
      {
        code: 99992402,
        error: {
          field_violations: Array.from({ length: count }, () => ({ field: text, description: text })),
        },
      },
      {
        code: 99991672,
        error: { permission_violations: Array.from({ length: count }, () => ({ subject: text })) },
      },
    ]
    for (const status of [200, 302, 400, 429, 500]) {
      it.effect(`HTTP ${status}, long texts, and lists of ten thousand`, () =>
        Effect.gen(function* () {
          const answers: ReadonlyArray<Fake.Answer> = [
            ...texts.flatMap((text) => [
              { status, body: { code: 7, msg: text, log_id: text } },
              { status, body: { code: 99991663, msg: text } },
              { status, body: { code: 121003, error_description: text } },
              { status, body: text },
              { status, body: `<p>${text}` },
              ...refusals(1, text).map((body) => ({ status, body: { ...body, msg: text } })),
              { status, body: { code: 0, data: { meeting_briefs: text } } },
              { status, body: { code: 0, data: { meeting_briefs: [{ id: 1, [text]: text }] } } },
              { status, body: { code: 0, data: { page_token: text } } },
              { status, body: { code: 0, data: { meeting_briefs: [{ id: text, meeting_no: text }] } } },
            ]),
            ...["content-type", "x-tt-logid", "location", "retry-after", "content-encoding"].map((name) => ({
              status,
              headers: { [name]: "h".repeat(100_000) },
              body: "\u0001",
            })),
            ...refusals(10_000, "some words").map((body) => ({ status, body })),
          ]
          for (const answer of answers) yield* check(answer)
        }),
      )
    }

    it.effect("lists name ten, and how many more there are", () =>
      Effect.gen(function* () {
        for (const [count, more] of [
          [0, undefined],
          [9, undefined],
          [10, undefined],
          [11, 1],
          [10_000, 9_990],
        ] as const) {
          for (const body of refusals(count, "some words")) {
            const exit = yield* readAnswered({ status: 400, body })
            const error = Exit.isSuccess(exit) ? exit.value.error : undefined
            const told = error?.message.match(/some words: some words|(?<=[:,] )some words(?!:)/g) ?? []
            assert.lengthOf(told, Math.min(count, 10))
            assert.strictEqual(/, and (\d+) more/.exec(error!.message)?.[1], more && String(more))
          }
        }
      }),
    )
  })

  it.effect("a good answer gives its rows, so that all this says something", () =>
    Effect.gen(function* () {
      const exit = yield* readAnswered({ body: good })
      assert.deepStrictEqual(Exit.isSuccess(exit) && exit.value.ids, [
        "7011030664708603907",
        "7011031045899354115",
      ])
    }),
  )

  for (const [name, body] of [
    ["nested 100,000 deep", `{"code":0,"data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["with __proto__ as a key", `{"code":0,"__proto__":{"code":1},"data":{"__proto__":{"has_more":true}}}`],
  ] as const) {
    it.effect(`P21 JSON ${name} is harmless`, () => check({ body }))
  }
})
