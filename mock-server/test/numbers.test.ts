/** Numbers that are none, in every place where the mock takes a number. */
import { ListByNo } from "@effect-feishu/contract"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { fetchHandler } from "../src/index.ts"
import { now, seed } from "./fixture.ts"

let feishu: Awaited<ReturnType<typeof fetchHandler>>
beforeAll(async () => {
  feishu = await fetchHandler({ seed, now })
})
afterAll(() => feishu[Symbol.asyncDispose]())

const ask = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
  const answer = await feishu.fetch(
    new Request(feishu.url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
    }),
  )
  const text = await answer.text()
  return { status: answer.status, text, problems: () => JSON.parse(text).problems as ReadonlyArray<string> }
}

/** Feishu still answers, and the control plane tells a time. */
const isWell = async () => {
  const { code } = JSON.parse((await ask("GET", ListByNo.path)).text)
  return code === 99991661 && Number.isFinite((await feishu.clock()).now)
}

// As JSON has them: what is no number there comes as a text, and 1e400 is one that no computer has.
const never = [
  '"NaN"',
  '"Infinity"',
  '"-Infinity"',
  "1e400",
  "-1e400",
  '""',
  '" 5 "',
  '"0x10"',
  '"1e3"',
  "null",
]
const noCount = [...never, "1.5", "-0.5", "1e300", "-1e300", '"5"', "true", "[1]", '{"a":1}']
const noSeconds = [...never, "1e300", "-1e300", "true", "[1]", '"1 d"', '"1y"', '"d"', '"1.5h"', '"1234567s"']

const rule = (rest: string) => `{"operation":"meetings.listByNo",${rest}}`
const meeting = (rest: string) =>
  `[{"id":"1","meeting_no":"337736498","topic":"t","start_time":${now},${rest}}]`

/** Method and path, the payload around a number, where that is, and what it may not be. */
const places: ReadonlyArray<
  readonly [string, string, (number: string) => string, string, ReadonlyArray<string>]
> = [
  ["POST", "/clock", (n) => `{"set":${n}}`, "set", [...noSeconds, "-1", "4294967296", '"1d"', '"tomorrow"']],
  ["POST", "/clock", (n) => `{"advance":${n}}`, "advance", [...noSeconds, "1e10", '"-9999w"']],
  ["PATCH", "/behaviour", (n) => `{"rateLimit":${n}}`, "rateLimit", [...noCount, "0", "1000000001"]],
  ["PATCH", "/behaviour", (n) => `{"monthlyQuota":${n}}`, "monthlyQuota", [...noCount, "-1", "1000000001"]],
  ["PATCH", "/behaviour", (n) => `{"rateStatus":${n}}`, "rateStatus", [...noCount, "200"]],
  ...["nth", "first"].map(
    (key) =>
      [
        "POST",
        "/faults",
        (n: string) => rule(`"when":{"${key}":${n}},"then":{"code":1}`),
        `when.${key}`,
        [...noCount, "0", "1000000001"],
      ] as const,
  ),
  [
    "POST",
    "/faults",
    (n) => rule(`"when":{"after":${n}},"then":{"code":1}`),
    "when.after",
    [...noCount, "-1"],
  ],
  ["POST", "/faults", (n) => rule(`"then":{"code":${n}}`), "then.code", [...noCount, "2147483648"]],
  [
    "POST",
    "/faults",
    (n) => rule(`"then":{"code":1,"status":${n}}`),
    "then.status",
    [...noCount, "199", "600", "101"],
  ],
  [
    "POST",
    "/faults",
    (n) => rule(`"then":{"delaySeconds":${n}}`),
    "then.delaySeconds",
    [...noSeconds, "-1", "86401", '"-1s"', '"2d"'],
  ],
  [
    "PUT",
    "/chaos",
    (n) => `{"seed":1,"rate":${n},"faults":[{"code":1}]}`,
    "rate",
    [...never, "-0.1", "1.1", "true", '"0.5"'],
  ],
  [
    "PUT",
    "/chaos",
    (n) => `{"seed":${n},"rate":1,"faults":[{"code":1}]}`,
    "seed",
    ["1e400", "-1e400", "null"],
  ],
  [
    "PUT",
    "/chaos",
    (n) => `{"seed":1,"rate":1,"faults":[{"delaySeconds":${n}}]}`,
    "faults.0.delaySeconds",
    [...noSeconds, "-1"],
  ],
  ...["times", "status", "code"].map(
    (key) =>
      [
        "POST",
        "/verify",
        (n: string) => `{"calls":[{"operation":"meetings.listByNo","${key}":${n}}]}`,
        `calls.0.${key}`,
        [...noCount, ...(key === "status" ? ["99", "600"] : [])],
      ] as const,
  ),
  ["POST", "/workspaces", (n) => `{"now":${n}}`, "now", [...noSeconds, "-1", "4294967296"]],
  ["POST", "/workspaces", (n) => `{"days":${n}}`, "days", [...noCount, "0", "3651"]],
  [
    "POST",
    "/workspaces",
    (n) => `{"generate":{"numbers":${n},"meetings":1}}`,
    "generate.numbers",
    [...noCount, "0", "100001"],
  ],
  [
    "POST",
    "/workspaces",
    (n) => `{"generate":{"numbers":1,"meetings":${n}}}`,
    "generate.meetings",
    [...noCount, "-1", "1000001"],
  ],
  [
    "POST",
    "/workspaces",
    (n) => `{"seed":{"generate":[{"meeting_no":"337736498","count":${n}}]}}`,
    "seed.generate.0.count",
    [...noCount, "-1", "1000001"],
  ],
  [
    "POST",
    "/workspaces",
    (n) => `{"seed":{"generate":[{"meeting_no":"337736498","count":1,"from":${n}}]}}`,
    "seed.generate.0.from",
    noSeconds.filter((n) => n !== "null"),
  ],
  [
    "PUT",
    "/meetings",
    (n) => meeting(`"end_time":${n}`),
    "0.end_time",
    noSeconds.filter((n) => n !== "null"),
  ],
  [
    "PUT",
    "/state",
    (n) => `{"version":1,"now":${n},"frozen":false,"behaviour":{},"seed":{}}`,
    "now",
    [...noCount, "-1", "4294967296"],
  ],
]

describe("S16 a number that is none is refused with its path, and nothing is done", () => {
  for (const [method, path, payload, where, numbers] of places) {
    it(`${method} ${path}: ${where}, ${numbers.length} values`, async () => {
      for (const number of numbers) {
        const { problems, status, text } = await ask(method, `/_mock${path}`, payload(number))
        assert.strictEqual(status, 400, `${number}: ${text}`)
        assert.isTrue(
          problems().some((problem) => problem.startsWith(`${where}: `)),
          `${number}: ${text}`,
        )
      }
      assert.isTrue(await isWell())
      assert.deepStrictEqual(JSON.parse((await ask("GET", "/_mock/faults")).text), { rules: [], chaos: null })
    })
  }

  // As the text of a URL: of whatever else Number would make a number.
  const noText = [
    "NaN",
    "Infinity",
    "-Infinity",
    "",
    "+",
    "%20",
    "%205",
    "5%20",
    "0x10",
    "1e3",
    "1.5",
    "1.0",
    "-0",
    "05",
    "+5",
    "1_0",
    "%EF%BC%95",
    "1,5",
    "9".repeat(17),
  ]
  const queries: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["/meetings?limit=", "limit", ["-1", "1001"]],
    ["/meetings?offset=", "offset", ["-1", "1000000001"]],
    ["/journal?status=", "status", ["-1", "99", "600"]],
    ["/journal?code=", "code", ["2147483648", "-2147483649"]],
    ["/journal?after=", "after", ["-1", "9007199254740992"]],
    ["/journal/", "seq", ["-1", "9007199254740992"]],
  ]
  for (const [path, where, more] of queries) {
    const values = [...noText, ...more].filter((value) => where !== "seq" || value !== "")
    it(`GET ${path}…: ${values.length} values`, async () => {
      for (const value of values) {
        const { problems, status, text } = await ask("GET", `/_mock${path}${value}`)
        assert.strictEqual(status, 400, `${value}: ${text}`)
        assert.match(problems().join(), new RegExp(`^${where}: `))
      }
    })
  }

  const faults = [
    ...noSeconds.map((n) => `{"delaySeconds":${n}}`),
    ...noCount.map((n) => `{"code":${n}}`),
    ...noCount.map((n) => `{"code":1,"status":${n}}`),
  ]
  it(`a request with x-mock-fault: ${faults.length} values`, async () => {
    for (const fault of faults) {
      const { problems, status, text } = await ask("GET", ListByNo.path, undefined, { "x-mock-fault": fault })
      assert.strictEqual(status, 400, `${fault}: ${text}`)
      assert.match(problems().join(), /^(delaySeconds|code|status): /)
    }
    assert.isTrue(await isWell())
  })

  it("what is at a bound is none of these", async () => {
    for (const [method, path, body] of [
      ["POST", "/clock", '{"set":0,"frozen":true}'],
      ["POST", "/clock", '{"set":4294967295}'],
      ["POST", "/clock", '{"set":1.5}'],
      ["POST", "/clock", `{"set":${now},"advance":-1e9,"frozen":false}`],
      ["PATCH", "/behaviour", '{"rateLimit":1000000000,"monthlyQuota":0}'],
      ["POST", "/faults", rule('"when":{"nth":1000000000,"after":0},"then":{"delaySeconds":86400}')],
      ["POST", "/faults", rule('"when":{"nth":1000000000},"then":{"code":-2147483648,"status":599}')],
      ["PUT", "/chaos", '{"seed":1e308,"rate":0,"faults":[{"code":1}]}'],
      ["GET", "/meetings?limit=1000&offset=1000000000", undefined],
      ["GET", "/meetings?limit=0", undefined],
      ["GET", "/journal?after=9007199254740991&code=-1&status=100", undefined],
    ] as const) {
      const { status, text } = await ask(method, `/_mock${path}`, body)
      assert.strictEqual(status, 200, `${body}: ${text}`)
      // Nothing that is accepted makes a later request fail.
      const later = await ask("GET", ListByNo.path)
      assert.strictEqual(JSON.parse(later.text).code, 99991661)
    }
    await feishu.reset()
  })
})

describe("where seconds are taken, a length of time is, too", () => {
  it("the clock is set and moved by it, and tells seconds", async () => {
    await feishu.moveClock({ set: now, frozen: true })
    for (const [move, at] of [
      [{ advance: "1d" }, now + 86_400],
      [{ advance: "-3h" }, now + 86_400 - 10_800],
      [{ set: "-3h" }, now + 86_400 - 21_600],
      [{ set: "2026-01-31T09:00:00Z" }, now],
      [{ set: "+2w", advance: "90s" }, now + 14 * 86_400 + 90],
      [{ set: "1769850000", advance: "+5m" }, now + 300],
    ] as const) {
      assert.strictEqual((await feishu.moveClock(move)).now, at)
    }
    await feishu.reset()
  })

  it("a delay is kept in seconds", async () => {
    const then = { delaySeconds: "2m" }
    const { id, then: kept } = await feishu.addFault({ operation: "*", when: { nth: 9 }, then })
    assert.deepStrictEqual(kept, { delaySeconds: 120 })
    await feishu.removeFault(id)
  })

  it("a mock and a workspace start their clocks by it, before the present", async () => {
    await using own = await feishu.workspace({ now: "-30d" })
    const { now: present } = await (await fetchHandler()).clock()
    assert.closeTo((await own.clock()).now, present - 30 * 86_400, 60)
    await using other = await fetchHandler({ now: "2026-01-31T09:00:00Z" })
    assert.closeTo((await other.clock()).now, now, 60)
    const tooFar = await feishu.workspace({ now: "-3000w" }).then(
      () => "it started",
      (error: Error) => error.message,
    )
    assert.match(tooFar, /now: the clock goes from 0 to 4294967295/)
  })
})
