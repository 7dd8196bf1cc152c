import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import { Cursor, type FeishuError, MeetingId, MeetingNo, Meetings } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

/** What is requested about a meeting. */
type About = "details" | "recording"

interface World {
  /** The ids of each page of the list. */
  readonly pages: ReadonlyArray<ReadonlyArray<string>>
  /** Another answer about a meeting; the usual one unless given. */
  readonly answer?: (id: string, about: About, count: number) => Fake.Answer | undefined
  /** The milliseconds that an answer about a meeting takes; 100 unless given. */
  readonly millis?: (id: string) => number
  /** Another answer of the list. */
  readonly list?: (page: number) => Fake.Answer | undefined
}

const found = (id: string): Fake.Answer => ({
  body: { code: 0, data: { meeting: { id, topic: `topic ${id}`, start_time: "1786507200" } } },
})
const recorded = (id: string): Fake.Answer => ({
  body: {
    code: 0,
    data: { recording: { url: `https://meetings.feishu.cn/minutes/m${id}`, duration: "1000" } },
  },
})

/** A Feishu with one number, its requests, and how many of them there were at once. */
const feishu = ({ answer, list, millis = () => 100, pages }: World) => {
  const tokens = Fake.tokens()
  const asked: Array<{ readonly about: About | "list"; readonly id: string }> = []
  const seen = { mostAtOnce: 0 }
  let atOnce = 0
  const handler: Fake.Handler = (request) =>
    Effect.suspend(() => {
      if (Fake.isTokenCall(request)) return Effect.succeed(tokens.answer())
      const [id = "", recording] = request.path.replace("/open-apis/vc/v1/meetings/", "").split("/")
      if (id === "list_by_no") {
        const page = Number(request.query["page_token"] ?? 0)
        asked.push({ about: "list", id: String(page) })
        const ids = pages[page] ?? []
        return Effect.succeed(
          list?.(page) ?? Fake.page(ids, page + 1 < pages.length ? String(page + 1) : undefined),
        )
      }
      const about = recording === undefined ? "details" : "recording"
      asked.push({ about, id })
      seen.mostAtOnce = Math.max(seen.mostAtOnce, ++atOnce)
      const count = asked.filter((other) => other.id === id && other.about === about).length
      return Effect.delay(
        Effect.sync(() => {
          atOnce--
          return answer?.(id, about, count) ?? (about === "details" ? found(id) : recorded(id))
        }),
        millis(id),
      )
    })
  return { handler, asked, seen }
}

const request: Meetings.Request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }

const ids = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => String(first + index))

/** Returns what came of a stream, and the error if there was one. */
const collect = <A>(
  stream: (service: Meetings.Meetings["Service"]) => Stream.Stream<A, FeishuError.FeishuError>,
  handler: Fake.Handler,
  virtual: "1 minute" | "20 minutes" = "20 minutes",
) =>
  Effect.gen(function* () {
    const came: Array<A> = []
    const reading = yield* Effect.forkChild(
      Meetings.Meetings.use((service) =>
        stream(service).pipe(
          Stream.runForEach((one) => Effect.sync(() => came.push(one))),
          Effect.flip,
          Effect.orElseSucceed(() => undefined),
        ),
      ).pipe(Effect.provide(Fake.meetings(handler))),
    )
    yield* Fake.advance(virtual)
    return { came, error: yield* Fiber.join(reading) }
  })

const briefOf = ({ brief }: Meetings.MeetingRead) => brief.id

describe("the details of all meetings of a number", () => {
  it.effect(
    "come in the order of the list, whichever answer comes first, with recordings where requested",
    () =>
      Effect.gen(function* () {
        const pages = [ids(100, 50), ids(150, 50), ids(200, 7)]
        const world = feishu({ pages, millis: (id) => (Number(id) * 7919) % 1_000 })
        const { came, error } = yield* collect(
          (service) => service.streamDetails(request, { recordings: true }),
          world.handler,
        )
        assert.isUndefined(error)
        assert.deepStrictEqual(came.map(briefOf), pages.flat())
        for (const { brief, details, recording } of came) {
          assert.strictEqual(details?._tag === "Found" ? details.meeting.id : undefined, brief.id)
          const token = recording?._tag === "Recorded" ? recording.recording.minuteToken : undefined
          assert.strictEqual(token, `m${brief.id}`)
        }
        assert.lengthOf(world.asked, 3 + 2 * 107)
      }),
  )

  it.effect("what was not requested is not read", () =>
    Effect.gen(function* () {
      for (const [options, abouts] of [
        [undefined, ["list", "details"]],
        [{ details: false, recordings: true }, ["list", "recording"]],
        [{ details: false }, ["list"]],
      ] as const) {
        const world = feishu({ pages: [["1"]] })
        const { came } = yield* collect((service) => service.streamDetails(request, options), world.handler)
        assert.deepStrictEqual(
          world.asked.map(({ about }) => about),
          [...abouts],
        )
        assert.strictEqual(came[0]?.details === undefined, !abouts.some((about) => about === "details"))
        assert.strictEqual(came[0]?.recording === undefined, !abouts.some((about) => about === "recording"))
      }
    }),
  )

  it.effect("at most `concurrency` meetings are in flight, and a slow consumer stops the requests", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, 2, 3, 10]) {
        const world = feishu({ pages: [ids(100, 50), ids(150, 50)] })
        const taken: Array<string> = []
        const reading = yield* Effect.forkChild(
          Meetings.Meetings.use((service) =>
            service
              .streamDetails(request, { concurrency })
              .pipe(
                Stream.runForEach((one) =>
                  Effect.suspend(() => (taken.push(briefOf(one)) === 20 ? Effect.never : Effect.void)),
                ),
              ),
          ).pipe(Effect.provide(Fake.meetings(world.handler))),
        )
        yield* Fake.advance("10 minutes")
        assert.lengthOf(taken, 20)
        assert.strictEqual(world.seen.mostAtOnce, concurrency)
        const details = world.asked.filter(({ about }) => about === "details").length
        assert.isAtMost(details, 20 + concurrency)
        yield* Fiber.interrupt(reading)
      }
    }),
  )

  it.effect("`take` stops the requests", () =>
    Effect.gen(function* () {
      const world = feishu({ pages: [ids(100, 50), ids(150, 50)] })
      const { came } = yield* collect(
        (service) => service.streamDetails(request, { concurrency: 4 }).pipe(Stream.take(5)),
        world.handler,
      )
      assert.deepStrictEqual(came.map(briefOf), ids(100, 5))
      assert.isAtMost(world.asked.length, 1 + 5 + 4)
    }),
  )

  it.effect("M1, M4 a meeting that is refused comes as such, and the others go on", () =>
    Effect.gen(function* () {
      const refusals: Record<string, Record<About, Fake.Answer | undefined>> = {
        "2": { details: Fake.failure(404, 121004), recording: Fake.failure(404, 122002) },
        "3": { details: Fake.failure(403, 121005), recording: Fake.failure(403, 121005) },
        "4": { details: Fake.failure(400, 121003), recording: Fake.failure(400, 121003) },
        "5": { details: undefined, recording: Fake.failure(404, 121004) },
        "6": { details: undefined, recording: Fake.failure(400, 122001) },
        "7": { details: undefined, recording: Fake.failure(400, 124002) },
      }
      const world = feishu({
        pages: [["1", "2", "3", "4", "no-number", "5", "6", "7", "8"]],
        answer: (id, about) => refusals[id]?.[about],
      })
      const { came, error } = yield* collect(
        (service) => service.streamDetails(request, { recordings: true }),
        world.handler,
      )
      assert.isUndefined(error)
      assert.deepStrictEqual(
        came.map(({ brief, details, recording }) => [String(brief.id), details?._tag, recording?._tag]),
        [
          ["1", "Found", "Recorded"],
          ["2", "NotFound", "NotFound"],
          ["3", "NoPermission", "NoPermission"],
          ["4", "Refused", "Refused"],
          ["no-number", "Refused", "Refused"],
          ["5", "Found", "NotRecorded"],
          ["6", "Found", "NotReady"],
          ["7", "Found", "NotReady"],
          ["8", "Found", "Recorded"],
        ],
      )
      assert.isFalse(world.asked.some(({ id }) => id === "no-number"))
      const refused = came[1]!.details
      assert.match(
        refused?._tag === "NotFound" ? refused.error.message : "",
        /meeting id 2: .*no meeting with this id/,
      )
    }),
  )

  const ofAll: Record<string, readonly [Fake.Answer, string]> = {
    "a token that is refused": [Fake.failure(400, 99991663), "AuthenticationFailed"],
    "a scope that is missing": [Fake.failure(400, 99991672), "PermissionDenied"],
    "the monthly quota": [Fake.failure(429, 99991403), "QuotaExceeded"],
    "an edition without the endpoint": [Fake.failure(400, 121002), "RequestRefused"],
    "a server that fails": [Fake.failure(500, 121001), "ServerFailed"],
    "an answer without a meeting": [{ body: { code: 0, data: {} } }, "ContractViolation"],
  }
  for (const [name, [answer, reason]] of Object.entries(ofAll)) {
    it.effect(`M3 ${name} ends the stream after the meetings before it, with the cursor of its page`, () =>
      Effect.gen(function* () {
        const pages = [ids(100, 5), ids(105, 5), ids(110, 5)]
        const world = feishu({ pages, answer: (id) => (id === "107" ? answer : undefined) })
        const { came, error } = yield* collect(
          (service) => service.streamDetails(request, { concurrency: 4 }),
          world.handler,
        )
        assert.deepStrictEqual(came.map(briefOf), ids(100, 7))
        assert.strictEqual(error?.reason._tag, reason)
        assert.match(error!.message, /meeting id 107/)
        assert.strictEqual(Cursor.toPosition(error!.cursor!)?.pageToken, "1")
        // Nothing is sent for meetings that come after the failure once it is known.
        assert.isFalse(world.asked.some(({ id }) => id === "114"))
      }),
    )
  }

  const inInts = (minimum: number, maximum: number) =>
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))
  it.effect.prop(
    "M3 wherever a read fails, going on at its cursor gives every meeting from the page on that did not come as a whole",
    {
      sizes: Schema.Array(inInts(0, 6)).pipe(
        Schema.check(Schema.isMinLength(1)),
        Schema.check(Schema.isMaxLength(5)),
      ),
      concurrency: inInts(1, 8),
      fails: inInts(0, 40),
      slowness: inInts(1, 6),
      about: Schema.Literals(["details", "recording", "list"]),
      whole: Schema.Boolean,
    },
    Effect.fnUntraced(function* ({ about, concurrency, fails, sizes, slowness, whole }) {
      let next = 100
      const pages = sizes.map((size) => ids((next += size) - size, size))
      const all = pages.flat()
      const failsAt =
        about === "list" ? fails % pages.length : Number(all[fails % Math.max(1, all.length)] ?? 0)
      const denied = Fake.failure(400, 99991672)
      let broken = true
      const world = feishu({
        pages,
        millis: (id) => (Number(id) % 3) * 70 * slowness,
        answer: (id, asked) => (broken && asked === about && Number(id) === failsAt ? denied : undefined),
        list: (page) => (broken && about === "list" && page === failsAt ? denied : undefined),
      })
      const options = { recordings: true, concurrency }
      const readFrom = (from: Meetings.From) =>
        collect(
          (service) =>
            whole
              ? Stream.flatMap(service.detailsPages(from, options), ({ meetings }) =>
                  Stream.fromIterable(meetings.map(briefOf)),
                )
              : Stream.map(service.streamDetails(from, options), briefOf),
          world.handler,
          "1 minute",
        )
      const first = yield* readFrom(request)
      if (all.length === 0 && about !== "list") return assert.isUndefined(first.error)
      assert.strictEqual(first.error?.reason._tag, "PermissionDenied")
      broken = false
      const second = yield* readFrom(first.error!.cursor!)
      assert.isUndefined(second.error)
      const page = Number(Cursor.toPosition(first.error!.cursor!)?.pageToken ?? 0)
      const before = pages.slice(0, page).flat().length
      assert.deepStrictEqual(second.came, all.slice(before))
      const place = about === "list" ? before : all.indexOf(String(failsAt))
      assert.isAtLeast(place, before)
      assert.deepStrictEqual(first.came, all.slice(0, whole ? before : place))
    }),
    { arbitrary: { runs: 60 } },
  )

  it.effect(
    "M3 of many numbers: an answer that breaks the contract ends its number, a missing scope ends the whole",
    () =>
      Effect.gen(function* () {
        const two = MeetingNo.make("100000002")
        for (const [answer, outcomes] of [
          [{ body: { code: 0, data: {} } }, ["Page 2", "Complete 2", "Failed ContractViolation"]],
          [Fake.failure(403, 121005), ["Page 2", "Complete 2", "Page 2", "Complete 2"]],
          [Fake.failure(400, 99991672), ["Page 2", "Complete 2", "ended PermissionDenied"]],
        ] as const) {
          let lists = 0
          const { handler } = feishu({
            pages: [["1", "2"]],
            list: () =>
              ++lists === 1
                ? undefined
                : {
                    body: { code: 0, data: { has_more: false, meeting_briefs: [{ id: "3" }, { id: "4" }] } },
                  },
            answer: (id) => (id === "4" ? answer : undefined),
          })
          const { came, error } = yield* collect(
            (service) => service.detailsOutcomes([Fake.meetingNo, two], request.range),
            handler,
          )
          const told = came.map((outcome) =>
            outcome._tag === "Page"
              ? `Page ${outcome.meetings.length}`
              : outcome._tag === "Complete"
                ? `Complete ${outcome.rows}`
                : `Failed ${outcome.error.reason._tag}`,
          )
          assert.deepStrictEqual(
            [...told, ...(error === undefined ? [] : [`ended ${error.reason._tag}`])],
            [...outcomes],
          )
        }
      }),
  )

  it.effect("a kind of user id that there is not is refused before anything is sent", () =>
    Effect.gen(function* () {
      const world = feishu({ pages: [["1"]] })
      const { error } = yield* collect(
        (service) => service.streamDetails(request, { userIdType: "email" as never }),
        world.handler,
      )
      assert.match(error?.message ?? "", /^query: .*user_id_type.* Nothing was sent/s)
      assert.isEmpty(world.asked)
    }),
  )

  it.effect(
    "of ids that one has come in their order; a failure comes after those before it, and stops the requests",
    () =>
      Effect.gen(function* () {
        const given = ["9", "3", "no-id", "7", "5", "8", "2", "1"].map((id) => MeetingId.make(id))
        const world = feishu({ pages: [], millis: (id) => 1_000 - 100 * Number(id) })
        const { came, error } = yield* collect(
          (service) => service.detailsOf(given, { recordings: true }),
          world.handler,
        )
        assert.isUndefined(error)
        assert.deepStrictEqual(
          came.map(({ meetingId }) => meetingId),
          given,
        )
        assert.deepStrictEqual([came[0]?.details?._tag, came[2]?.details?._tag], ["Found", "Refused"])
        const failing = feishu({
          pages: [],
          answer: (id) => (id === "7" ? Fake.failure(400, 99991672) : undefined),
        })
        const ended = yield* collect(
          (service) => service.detailsOf(given, { concurrency: 3 }),
          failing.handler,
        )
        assert.strictEqual(ended.error?.reason._tag, "PermissionDenied")
        assert.isUndefined(ended.error?.cursor)
        assert.deepStrictEqual(
          ended.came.map(({ meetingId }) => String(meetingId)),
          ["9", "3", "no-id"],
        )
        assert.isFalse(failing.asked.some(({ id }) => id === "1"))
      }),
  )

  it.effect("a concurrency that cannot be one is refused before anything is sent", () =>
    Effect.gen(function* () {
      for (const concurrency of [0, -1, 1.5, Number.NaN, 1_001]) {
        const world = feishu({ pages: [["1"]] })
        const { error } = yield* collect(
          (service) => service.streamDetails(request, { concurrency }),
          world.handler,
        )
        assert.match(error?.message ?? "", /^concurrency: .* Give a whole number from 1 to 1000/)
        assert.isEmpty(world.asked)
      }
    }),
  )
})
