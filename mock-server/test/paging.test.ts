import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as MeetingPage from "../src/protocol/MeetingPage.ts"
import { pageTokens } from "../src/state/PageTokens.ts"
import { idsOf, list, tokenOf } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

describe("the body of a page", () => {
  it.effect.prop(
    "has all its rows, in however many pieces they are given",
    {
      topics: Schema.Array(Schema.String),
      sizes: Schema.Array(whole(1, 5)),
      hasMore: Schema.Boolean,
    },
    ({ hasMore, sizes, topics }) =>
      Effect.sync(() => {
        const meetings = topics.map((topic, id) => ({ ...meeting, id: String(id), topic }))
        const pieces: Array<Uint8Array> = []
        for (let from = 0, at = 0; from < meetings.length; at++) {
          const to = from + (sizes[at] ?? 3)
          pieces.push(MeetingPage.rows(meetings.slice(from, to)).bytes)
          from = to
        }
        const nextToken = hasMore ? "next" : undefined
        const page = { meetings, list: "[]", hasMore, nextToken } as const
        const body = MeetingPage.write(page, pieces)
        assert.deepStrictEqual(JSON.parse(String(body)), {
          code: 0,
          data: {
            has_more: hasMore,
            meeting_briefs: topics.map((topic, id) => ({ id: String(id), meeting_no: "337736498", topic })),
            ...(hasMore ? { page_token: "next" } : {}),
          },
          msg: "",
        })
        // As the journal writes it again.
        assert.deepStrictEqual(MeetingPage.write(page, MeetingPage.rowsOf(page)), body)
      }),
  )
})

const meeting = {
  id: "1",
  tenant_key: "t",
  meeting_no: "337736498",
  topic: "",
  url: null,
  password: null,
  start_time: 1,
  end_time: null,
  meeting_connect: null,
  note_id: null,
}

describe("a page token", () => {
  const query = { tenant: "t", meetingNo: "337736498", from: 1, to: 2, pageSize: 20 }
  const tokens = pageTokens("a key")
  const all = "tenant, meeting_no, start_time, end_time, page_size"
  const notGiven = "not one that was given"

  it.effect.prop("leads to its row, and for its own query only", [whole(0, 2 ** 32 - 1)], ([offset]) =>
    Effect.sync(() => {
      const token = tokens.make(query, offset)
      assert.match(token, /^[\w-]{40}$/)
      for (const ways of ["bound", "free"] as const) {
        assert.strictEqual(tokens.read(query, token, ways), offset)
      }
      const others = [
        [{ ...query, tenant: "u" }, "tenant"],
        [{ ...query, meetingNo: "337736499" }, "meeting_no"],
        [{ ...query, from: 0 }, "start_time"],
        [{ ...query, to: 3 }, "end_time"],
        [{ ...query, pageSize: 21 }, "page_size"],
        [{ ...query, from: 0, to: 3 }, "start_time, end_time"],
        [{ tenant: "u", meetingNo: "1", from: 3, to: 4, pageSize: 5 }, all],
      ] as const
      for (const [other, fields] of others) {
        assert.strictEqual(tokens.read(other, token, "bound"), `given for another ${fields}`)
        const due = fields.split(", ").filter((field) => field === "tenant" || field === "meeting_no")
        assert.strictEqual(
          tokens.read(other, token, "free"),
          due.length === 0 ? offset : `given for another ${due.join(", ")}`,
        )
      }
      assert.strictEqual(pageTokens("another key").read(query, token, "free"), notGiven)
      for (const ways of ["bound", "free"] as const) {
        assert.strictEqual(pageTokens("a key", 1).read(query, token, ways), "given before a reset")
        assert.strictEqual(pageTokens("a key", 99).read(query, token, ways), "given before a reset")
      }
    }),
  )

  it.effect.prop("cannot be made up", [Schema.String, whole(0, 39)], ([text, at]) =>
    Effect.sync(() => {
      const token = tokens.make(query, 20)
      const letter = token[at] === "A" ? "B" : "A"
      const changed = token.slice(0, at) + letter + token.slice(at + 1)
      for (const forged of [text, changed, token.slice(0, -1), `${token}A`, `${token.slice(0, -1)}=`]) {
        for (const ways of ["bound", "free"] as const) {
          assert.strictEqual(tokens.read(query, forged, ways), notGiven)
          assert.strictEqual(pageTokens("a key", 3).read(query, forged, ways), notGiven)
        }
      }
    }),
  )
})

const generated = { generate: { numbers: 1, meetings: 237 }, now, rateLimit: "off" } as const

layer(MockFeishu.layer(generated))("pages", (it) => {
  const query = (meetingNo: string, from = now - 90 * 86_400) => ({
    meeting_no: meetingNo,
    start_time: String(from),
    end_time: String(now),
  })

  it.effect("hold the whole set exactly once, whatever their size", () =>
    Effect.gen(function* () {
      const { meetingNos } = yield* MockFeishu.MockFeishu
      const token = yield* tokenOf()
      const sets: Array<ReadonlyArray<string>> = []
      for (const size of [undefined, 1, 7, 20, 49, 50]) {
        const ids: Array<string> = []
        let pageToken: string | undefined
        do {
          const page = yield* list(token, {
            ...query(meetingNos[0] ?? ""),
            ...(size === undefined ? {} : { page_size: String(size) }),
            ...(pageToken === undefined ? {} : { page_token: pageToken }),
          })
          const rows = idsOf(page)
          pageToken = page.body?.data?.page_token
          assert.strictEqual(page.body?.data?.has_more, pageToken !== undefined)
          if (pageToken !== undefined) assert.strictEqual(rows.length, size ?? 20)
          ids.push(...rows)
        } while (pageToken !== undefined)
        sets.push(ids)
      }
      assert.strictEqual(new Set(sets[0]).size, 237)
      for (const ids of sets) assert.deepStrictEqual(ids, sets[0])
    }),
  )

  it.effect("S4 refuse a token that is forged, or of another query, with 400 and 121003", () =>
    Effect.gen(function* () {
      const { meetingNos } = yield* MockFeishu.MockFeishu
      const token = yield* tokenOf()
      const own = { ...query(meetingNos[0] ?? ""), page_size: "20" }
      const pageToken = (yield* list(token, own)).body?.data?.page_token ?? ""
      assert.strictEqual((yield* list(token, { ...own, page_token: pageToken })).body?.code, 0)
      const wrong = [
        { ...own, page_token: "2" },
        { ...own, page_token: `${pageToken}=` },
        { ...own, page_token: pageToken.toLowerCase() },
        { ...own, page_token: "x".repeat(65_536) },
        { ...own, page_token: pageToken, page_size: "21" },
        { ...own, page_token: pageToken, meeting_no: "337736498" },
        { ...own, page_token: pageToken, start_time: String(now - 89 * 86_400) },
        { ...own, page_token: pageToken, end_time: String(now - 1) },
      ]
      for (const query of wrong) {
        const answer = yield* list(token, query)
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(answer.body?.code, 121003)
      }
    }),
  )

  it.effect("begin again with an empty token, as without one", () =>
    Effect.gen(function* () {
      const { meetingNos } = yield* MockFeishu.MockFeishu
      const token = yield* tokenOf()
      const own = query(meetingNos[0] ?? "")
      const first = yield* list(token, own)
      assert.strictEqual(idsOf(first).length, 20)
      assert.strictEqual((yield* list(token, { ...own, page_token: "" })).text, first.text)
    }),
  )

  it.effect("of a number without meetings are one, with an empty list", () =>
    Effect.gen(function* () {
      const answer = yield* list(yield* tokenOf(), query("999999999"))
      assert.deepStrictEqual(JSON.parse(answer.text), {
        code: 0,
        data: { has_more: false, meeting_briefs: [] },
        msg: "",
      })
    }),
  )
})

layer(MockFeishu.layer({ seed, now }))("a range", (it) => {
  it.effect("includes a meeting that starts in its first second, and one that starts in its last", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const starts = [now - 3 * 86_400, now - 2 * 86_400] as const
      const ids = (from: number, to: number) =>
        Effect.map(list(token, { ...goodQuery, start_time: String(from), end_time: String(to) }), idsOf)
      assert.deepStrictEqual(yield* ids(starts[0], starts[1]), ["7600000000000000001", "7600000000000000002"])
      assert.deepStrictEqual(yield* ids(starts[0] + 1, starts[1] - 1), [])
    }),
  )
})
