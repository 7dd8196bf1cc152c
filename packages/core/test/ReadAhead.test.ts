import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { ListByNo, Meetings } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const day = 86_400
const windows = 5
/** Five windows of 90 days, from 1970 on. */
const range = { from: 0, to: windows * ListByNo.maxRangeSeconds }
const pagesOfWindow = 7

/** Which window and page is asked for; ids are `window.page`. */
const asked = ({ query }: Fake.Asked) => ({
  window: Number(query["start_time"]) / (90 * day),
  page: Number(query["page_token"] ?? 1),
})

/** Five windows of seven pages, each of which takes a second; `override` may answer something else. */
const windowed = (
  override: (at: {
    readonly window: number
    readonly page: number
  }) => ReturnType<Fake.Handler> | undefined = () => undefined,
) => {
  const tokens = Fake.tokens()
  const sent: Array<string> = []
  const handler: Fake.Handler = (request) =>
    Effect.suspend(() => {
      if (Fake.isTokenCall(request)) return Effect.succeed(tokens.answer())
      const at = asked(request)
      sent.push(`${at.window}.${at.page}`)
      const next = at.page < pagesOfWindow ? String(at.page + 1) : undefined
      // The last row of a window is also the first of the next: windows share a second.
      const ids =
        at.page === 1 && at.window > 0
          ? [`${at.window - 1}.${pagesOfWindow}`, `${at.window}.1`]
          : [`${at.window}.${at.page}`]
      return Effect.delay(override(at) ?? Effect.succeed(Fake.page(ids, next)), "1 second")
    })
  return { handler, sent }
}

const all = Array.from(
  { length: windows * pagesOfWindow },
  (_, index) => `${Math.floor(index / pagesOfWindow)}.${(index % pagesOfWindow) + 1}`,
)
const request = (readAhead: number, order?: "oldest" | "newest"): Meetings.Request => ({
  meetingNo: Fake.meetingNo,
  range,
  readAhead,
  order,
})

/** Reads to the end in virtual time. */
const readIn = Effect.fnUntraced(function* (minutes: number, handler: Fake.Handler, from: Meetings.From) {
  const reading = yield* Effect.forkChild(Effect.provide(Fake.read(from), Fake.meetings(handler)))
  yield* Fake.advance(`${minutes} minutes`)
  return yield* Fiber.join(reading)
})

describe("windows that are read beside each other", () => {
  for (const readAhead of [1, 2, 4, 99]) {
    it.effect(`${readAhead}: every row once, in the same order`, () =>
      Effect.gen(function* () {
        const { handler, sent } = windowed()
        const { error, ids } = yield* readIn(2, handler, request(readAhead))
        assert.isUndefined(error)
        assert.deepStrictEqual(ids, all)
        assert.sameMembers(sent, all)
      }),
    )
  }

  it.effect("the newest window first: the same rows, by windows from the other end", () =>
    Effect.gen(function* () {
      const reversed = [4, 3, 2, 1, 0].flatMap((window) =>
        Array.from({ length: pagesOfWindow }, (_, index) => `${window}.${index + 1}`),
      )
      for (const readAhead of [1, 3]) {
        const { handler, sent } = windowed()
        const { ids } = yield* readIn(2, handler, request(readAhead, "newest"))
        assert.strictEqual(sent[0], "4.1")
        assert.sameMembers(ids, all)
        assert.strictEqual(ids.length, all.length)
        // The row at a seam comes with whichever of its windows is read first.
        const seams = (id: string) => !id.endsWith(`.${pagesOfWindow}`)
        assert.deepStrictEqual(ids.filter(seams), reversed.filter(seams))
      }
    }),
  )

  it.effect(
    "P17 a later window fails while an earlier one is being read: all earlier rows, then the failure",
    () =>
      Effect.gen(function* () {
        const { handler, sent } = windowed(({ page, window }) =>
          window === 2 && page === 3 ? Effect.succeed(Fake.failure(403, 121005)) : undefined,
        )
        const broken = yield* readIn(2, handler, request(4))
        assert.strictEqual(broken.error?.code, 121005)
        assert.deepStrictEqual(broken.ids, all.slice(0, all.indexOf("2.3")))
        // It had failed long before the rows in front of it were read.
        assert.isBelow(sent.indexOf("2.3"), sent.indexOf("0.6"))
        const healed = windowed()
        const rest = yield* readIn(2, healed.handler, { cursor: broken.error!.cursor!, readAhead: 4 })
        assert.deepStrictEqual([...broken.ids, ...rest.ids], all)
        assert.strictEqual(healed.sent[0], "2.3")
      }),
  )

  for (const readAhead of [1, 4]) {
    it.effect(`${readAhead}: the cursor of every page brings exactly the rest`, () =>
      Effect.gen(function* () {
        const { handler } = windowed()
        const pages = yield* Effect.forkChild(
          Meetings.Meetings.use((meetings) => Stream.runCollect(meetings.pages(request(readAhead)))).pipe(
            Effect.provide(Fake.meetings(handler)),
          ),
        )
        yield* Fake.advance("2 minutes")
        let seen = 0
        for (const { cursor, meetings } of yield* Fiber.join(pages)) {
          seen += meetings.length
          if (cursor === undefined) continue
          const before = all.slice(0, seen)
          const exact = yield* readIn(2, windowed().handler, { cursor, readAhead, seen: before })
          assert.deepStrictEqual([...before, ...exact.ids], all)
          const { ids } = yield* readIn(2, windowed().handler, { cursor, readAhead })
          // Without them it does not know the window before: the row that both have comes again.
          assert.includeMembers([...before, ...ids], all)
          assert.isAtMost(ids.length, all.length - seen + 1)
        }
        assert.strictEqual(seen, all.length)
      }),
    )
  }

  it.effect("take(n) stops the requests; with 1 no page is read before it is asked for", () =>
    Effect.gen(function* () {
      for (const [readAhead, atMost] of [
        [1, 3],
        [4, 4 * 6],
      ] as const) {
        const { handler, sent } = windowed()
        yield* Effect.gen(function* () {
          const { stream } = yield* Meetings.Meetings
          const reading = yield* Effect.forkChild(
            stream(request(readAhead)).pipe(Stream.take(3), Stream.runCollect),
          )
          yield* Fake.advance("2 minutes")
          assert.strictEqual((yield* Fiber.join(reading)).length, 3)
          const sentThen = sent.length
          assert.isAtMost(sentThen, atMost)
          yield* Fake.advance("2 minutes")
          assert.strictEqual(sent.length, sentThen)
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }
    }),
  )

  it.effect(
    "X4 a slow consumer stops the requests: five pages of each window at most are read before their turn",
    () =>
      Effect.gen(function* () {
        const { handler, sent } = windowed()
        const wait = yield* Deferred.make<void>()
        yield* Effect.gen(function* () {
          const { pages } = yield* Meetings.Meetings
          const reading = yield* Effect.forkChild(
            pages(request(2)).pipe(Stream.runForEach(() => Deferred.await(wait))),
          )
          yield* Fake.advance("5 minutes")
          const held = sent.length
          assert.isAtMost(held, 2 * 6 + 1)
          yield* Fake.advance("5 minutes")
          assert.strictEqual(sent.length, held)
          yield* Deferred.succeed(wait, undefined)
          yield* Fake.advance("5 minutes")
          yield* Fiber.join(reading)
          assert.sameMembers(sent, all)
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }),
  )

  it.effect("a window begins when another has been read, though not all before it are", () =>
    Effect.gen(function* () {
      const { handler, sent } = windowed(({ page, window }) =>
        window > 0 && page === 1 ? Effect.succeed(Fake.page([`${window}.1`])) : undefined,
      )
      const { ids } = yield* readIn(2, handler, request(2))
      const expected = [...all.slice(0, pagesOfWindow), "1.1", "2.1", "3.1", "4.1"]
      assert.deepStrictEqual(ids, expected)
      assert.sameMembers(sent, expected)
      assert.isBelow(sent.indexOf("3.1"), sent.indexOf("0.5"))
    }),
  )

  it.effect("X4 a slow consumer stops the requests: at most as many windows again wait for their turn", () =>
    Effect.gen(function* () {
      const { handler, sent } = windowed(({ window }) => Effect.succeed(Fake.page([`${window}.1`])))
      const wait = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        const { pages } = yield* Meetings.Meetings
        const reading = yield* Effect.forkChild(
          pages({ ...request(2), range: { from: 0, to: 20 * ListByNo.maxRangeSeconds } }).pipe(
            Stream.runForEach(() => Deferred.await(wait)),
          ),
        )
        yield* Fake.advance("5 minutes")
        const held = sent.length
        // Two beside each other, two that wait, the one that is consumed, and the one that is handed over.
        assert.isAtMost(held, 6)
        yield* Fake.advance("5 minutes")
        assert.strictEqual(sent.length, held)
        yield* Deferred.succeed(wait, undefined)
        yield* Fake.advance("5 minutes")
        yield* Fiber.join(reading)
        assert.strictEqual(sent.length, 20)
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  it.effect("a stream that is interrupted leaves no window reading on", () =>
    Effect.gen(function* () {
      const { handler, sent } = windowed()
      yield* Effect.gen(function* () {
        const { stream } = yield* Meetings.Meetings
        const reading = yield* Effect.forkChild(Stream.runDrain(stream(request(4))))
        yield* Fake.advance("2 seconds")
        yield* Fiber.interrupt(reading)
        const sentThen = sent.length
        assert.isAbove(sentThen, 4)
        yield* Fake.advance("2 minutes")
        assert.strictEqual(sent.length, sentThen)
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  for (const readAhead of [0, -1, 1.5, Number.NaN]) {
    it.effect(`${readAhead} is refused before anything is sent`, () =>
      Effect.gen(function* () {
        const { handler, sent } = windowed()
        const { error } = yield* Effect.provide(Fake.read(request(readAhead)), Fake.meetings(handler))
        assert.match(error!.message, /^readAhead: .* is not a number of windows\. Nothing was sent\./)
        assert.deepStrictEqual(sent, [])
      }),
    )
  }
})
