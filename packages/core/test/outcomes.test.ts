import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { Cursor, MeetingNo, Meetings, type Retry } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const numbers = ["100000001", "100000002", "100000003"].map((text) => MeetingNo.make(text))
const [one, two, three] = numbers as [MeetingNo, MeetingNo, MeetingNo]
const range = { from: 0, to: 1_000 }

const rows = (meetingNo: string, ids: ReadonlyArray<string>, next?: string): Fake.Answer => ({
  body: {
    code: 0,
    data: {
      has_more: next !== undefined,
      meeting_briefs: ids.map((id) => ({ id, meeting_no: meetingNo })),
      page_token: next ?? "",
    },
  },
})

/** Two pages for each number; the second page of the second one is answered with this. */
const outcomesWith = Effect.fnUntraced(function* (
  secondOfTwo: Fake.Answer | undefined,
  retryBudget?: Retry.BudgetOptions,
) {
  const tokens = Fake.tokens()
  const handler: Fake.Handler = (asked) =>
    Effect.sync(() => {
      if (Fake.isTokenCall(asked)) return tokens.answer()
      const { meeting_no: number = "", page_token: token } = asked.query
      if (token === undefined) return rows(number, [`${number}-a`, `${number}-b`], "2")
      return number === two && secondOfTwo !== undefined ? secondOfTwo : rows(number, [`${number}-c`])
    })
  const told: Array<string> = []
  const reading = yield* Effect.forkChild(
    Meetings.Meetings.use(({ outcomes }) =>
      outcomes([...numbers, one], range).pipe(
        Stream.runForEach((outcome) =>
          Effect.sync(() => {
            told.push(
              outcome._tag === "Page"
                ? `${outcome.meetingNo}: ${outcome.meetings.length}`
                : outcome._tag === "Complete"
                  ? `${outcome.meetingNo} complete: ${outcome.rows}`
                  : `${outcome.meetingNo} failed: ${outcome.error.reason._tag}, ${outcome.error.cursor === undefined ? "no" : "a"} cursor`,
            )
          }),
        ),
        Effect.flip,
        Effect.orElseSucceed(() => undefined),
      ),
    ).pipe(Effect.provide(Fake.meetings(handler, { credentials: Fake.credentials, retryBudget }))),
  )
  yield* Fake.advance("20 minutes")
  return { told, error: yield* Fiber.join(reading) }
})

const complete = (meetingNo: MeetingNo) => [`${meetingNo}: 2`, `${meetingNo}: 1`, `${meetingNo} complete: 3`]

describe("outcomes of many numbers", () => {
  it.effect("tell the pages of each number and that it is complete; one given twice is read once", () =>
    Effect.gen(function* () {
      const { error, told } = yield* outcomesWith(undefined)
      assert.isUndefined(error)
      assert.deepStrictEqual(told, [one, two, three].flatMap(complete))
    }),
  )

  const ofNumber: Record<string, readonly [Fake.Answer, string]> = {
    "parameters that are refused": [Fake.failure(400, 121003), "RequestRefused"],
    "a field that is refused": [Fake.failure(400, 99992402), "RequestRefused"],
    "a meeting that may not be read": [Fake.failure(403, 121005), "PermissionDenied"],
    "a row of another number": [rows("999999999", ["1"]), "ContractViolation"],
    "a page token that comes again": [rows(two, ["1"], "2"), "PaginationBroken"],
  }
  for (const [name, [answer, reason]] of Object.entries(ofNumber)) {
    it.effect(`${name}: that number has failed, with a cursor; the others are read`, () =>
      Effect.gen(function* () {
        const { error, told } = yield* outcomesWith(answer)
        assert.isUndefined(error)
        assert.deepStrictEqual(told, [
          ...complete(one),
          `${two}: 2`,
          `${two} failed: ${reason}, a cursor`,
          ...complete(three),
        ])
      }),
    )
  }

  const ofAll: Record<string, readonly [Fake.Answer, string]> = {
    "a token that is refused": [Fake.failure(400, 99991663), "AuthenticationFailed"],
    "a scope that is missing": [Fake.failure(400, 99991672), "PermissionDenied"],
    "the monthly quota": [Fake.failure(429, 99991403), "QuotaExceeded"],
    "an address that is refused": [Fake.failure(400, 99991401), "RequestRefused"],
    "a redirect": [{ status: 302, headers: { location: "https://login.example" }, body: "" }, "Redirected"],
    "a redirect that does not say where to": [{ status: 301, body: "<html>" }, "Redirected"],
    "a server that fails": [Fake.failure(500, 121001), "ServerFailed"],
    "a base URL that is not Feishu's": [{ status: 404, body: "404 page not found" }, "RequestRefused"],
  }
  for (const [name, [answer, reason]] of Object.entries(ofAll)) {
    it.effect(`${name} ends the whole, with a cursor of that number`, () =>
      Effect.gen(function* () {
        const { error, told } = yield* outcomesWith(answer)
        assert.strictEqual(error?.reason._tag, reason)
        assert.isDefined(error!.cursor)
        assert.match(error!.message, new RegExp(`meeting ${two} from`))
        assert.deepStrictEqual(told, [...complete(one), `${two}: 2`])
      }),
    )
  }

  it.effect(
    "a body that is cut short is a failure of its number, but not where no retry is left for it",
    () =>
      Effect.gen(function* () {
        const cut = { body: '{"code":0,"data":{"has_' }
        const tried = yield* outcomesWith(cut)
        assert.isUndefined(tried.error)
        assert.include(tried.told, `${two} failed: ContractViolation, a cursor`)
        const { error, told } = yield* outcomesWith(cut, { floor: 0, share: 0 })
        assert.deepInclude(error, { retryBudgetSpent: true })
        assert.isDefined(error!.cursor)
        assert.deepStrictEqual(told, [...complete(one), `${two}: 2`])
      }),
  )

  it.effect("a token endpoint that breaks the contract ends the whole: all numbers need a token", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* Meetings.Meetings
      const error = yield* Effect.flip(Stream.runDrain(outcomes(numbers, range)))
      assert.strictEqual(error.reason._tag, "ContractViolation")
      assert.strictEqual(Cursor.toPosition(error.cursor!)?.meetingNo, one)
    }).pipe(Effect.provide(Fake.meetings(() => Effect.succeed({ body: { code: 0, expire: 7_200 } })))),
  )
})
