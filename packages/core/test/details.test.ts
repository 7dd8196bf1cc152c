import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Result } from "effect"
import { type FeishuError, MeetingId, Meetings } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const id = MeetingId.make("7011030664708603907")
const detailsPath = `/open-apis/vc/v1/meetings/${id}`
const recordingPath = `${detailsPath}/recording`

/** Runs a call against answers by path and query; the token call is answered. */
const run = <A>(
  call: (service: Meetings.Meetings["Service"]) => Effect.Effect<A, FeishuError.FeishuError>,
  answer: (asked: Fake.Asked) => Fake.Answer,
) =>
  Effect.gen(function* () {
    const asked: Array<Fake.Asked> = []
    const tokens = Fake.tokens()
    const handler: Fake.Handler = (request) =>
      Effect.sync(() => {
        if (Fake.isTokenCall(request)) return tokens.answer()
        asked.push(request)
        return answer(request)
      })
    const running = yield* Effect.forkChild(
      Effect.result(Effect.provide(Meetings.Meetings.use(call), Fake.meetings(handler))),
    )
    yield* Fake.advance("5 minutes")
    return { asked, result: yield* Fiber.join(running) }
  })

const success = (data: unknown): Fake.Answer => ({ body: { code: 0, msg: "success", data } })

const meeting = {
  id,
  topic: "weekly sync",
  password: "204816",
  start_time: "1786507200",
  end_time: "1786510860",
  status: 3,
}

describe("the details of a meeting", () => {
  it.effect("are requested with what was asked for, and nothing else", () =>
    Effect.gen(function* () {
      for (const [options, query] of [
        [undefined, {}],
        [{ participants: true }, { with_participants: "true" }],
        [
          { participants: false, abilities: true, userIdType: "union_id" },
          { with_participants: "false", with_meeting_ability: "true", user_id_type: "union_id" },
        ],
      ] as const) {
        const { asked, result } = yield* run(
          (service) => service.details(id, options),
          () => success({ meeting }),
        )
        assert.deepStrictEqual(
          asked.map(({ path, query }) => ({ path, query })),
          [{ path: detailsPath, query }],
        )
        const details = Result.getOrThrow(result)
        assert.strictEqual(details.durationSeconds, 3660)
        assert.strictEqual(Redacted.value(details.password!), "204816")
      }
    }),
  )

  it.effect(
    "M6 are not taken for a meeting without any: an answer without one is requested again, and then fails",
    () =>
      Effect.gen(function* () {
        for (const data of [undefined, null, {}, { meeting: null }, { related_artifacts: {} }]) {
          const { asked, result } = yield* run(
            (service) => service.details(id),
            () => success(data),
          )
          const error = Result.getOrThrow(Result.flip(result))
          assert.strictEqual(error.reason._tag, "ContractViolation")
          assert.match(error.message, /the answer has no (meeting|data)/)
          assert.lengthOf(asked, 5)
        }
      }),
  )

  it.effect("that are refused say which meeting, and what the code means here", () =>
    Effect.gen(function* () {
      for (const [code, status, tag, meaning] of [
        [
          121004,
          404,
          "RequestRefused",
          /there is no meeting with this id .* a meeting number is not an id\./,
        ],
        [
          121005,
          403,
          "PermissionDenied",
          /may not see this meeting .* Use a token of somebody who took part/,
        ],
        [99991672, 400, "PermissionDenied", /vc:meeting:readonly, vc:meeting\.meetingevent:read/],
      ] as const) {
        const { result } = yield* run(
          (service) => service.details(id),
          () => Fake.failure(status, code),
        )
        const error = Result.getOrThrow(Result.flip(result))
        assert.strictEqual(error.reason._tag, tag)
        assert.match(error.message, meaning)
        assert.isTrue(error.message.startsWith(`GET ${detailsPath}, meeting id ${id}: `))
        assert.strictEqual(error.operation, "GET /open-apis/vc/v1/meetings/:meeting_id")
      }
    }),
  )
})

describe("an id that cannot be one", () => {
  it.effect("M5 is refused before anything is sent, and not repeated", () =>
    Effect.gen(function* () {
      for (const text of [
        "",
        "abc",
        "-1",
        "1.5",
        "list_by_no?x=1",
        "../meetings/9/recording",
        "0",
        "9223372036854775808",
      ]) {
        for (const call of ["details", "artifacts", "recording"] as const) {
          const { asked, result } = yield* run<unknown>(
            (service) => service[call](text as MeetingId),
            () => success({ meeting }),
          )
          const error = Result.getOrThrow(Result.flip(result))
          assert.strictEqual(error.reason._tag, "InvalidRequest")
          assert.match(error.message, /^meeting_id: it .*\. Nothing was sent\. Give the id of a meeting/)
          assert.isTrue(text === "" || text === "0" || text === "-1" || !error.message.includes(text))
          assert.lengthOf(asked, 0)
        }
      }
    }),
  )

  it.effect("but a large one goes into the path digit by digit", () =>
    Effect.gen(function* () {
      const { asked } = yield* run(
        (service) => service.details(MeetingId.make("9223372036854775807")),
        () => success({ meeting }),
      )
      assert.strictEqual(asked[0]!.path, "/open-apis/vc/v1/meetings/9223372036854775807")
    }),
  )
})

describe("the artifacts of a meeting", () => {
  it.effect("are requested alone; a missing scope, nothing yet and a token can be told apart", () =>
    Effect.gen(function* () {
      for (const related of [
        {},
        { note_doc_token: "" },
        { note_doc_token: "doxcn1", verbatim_doc_token: "" },
      ]) {
        const { asked, result } = yield* run(
          (service) => service.artifacts(id),
          () => success({ related_artifacts: related }),
        )
        assert.deepStrictEqual(asked[0]!.query, { query_mode: "1" })
        assert.deepStrictEqual(Result.getOrThrow(result), related)
      }
      const { result } = yield* run(
        (service) => service.artifacts(id),
        () => success({}),
      )
      assert.deepStrictEqual(Result.getOrThrow(result), {})
    }),
  )
})

describe("the recording of a meeting", () => {
  it.effect("M2 is an answer also where there is none, or none yet, and costs one request", () =>
    Effect.gen(function* () {
      const url = "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x"
      for (const [answer, expected] of [
        [success({ recording: { url, duration: "3541000" } }), "Recorded"],
        [success({}), "NotRecorded"],
        [success({ recording: null }), "NotRecorded"],
        [Fake.failure(404, 121004), "NotRecorded"],
        [Fake.failure(200, 121004), "NotRecorded"],
        [Fake.failure(400, 122001), "NotReady"],
        [Fake.failure(400, 124002), "NotReady"],
      ] as const) {
        const { asked, result } = yield* run(
          (service) => service.recording(id),
          () => answer,
        )
        const recording = Result.getOrThrow(result)
        assert.strictEqual(recording._tag, expected)
        assert.deepStrictEqual(
          asked.map(({ path, query }) => ({ path, query })),
          [{ path: recordingPath, query: {} }],
        )
        if (recording._tag === "Recorded") {
          assert.strictEqual(recording.recording.minuteToken, "obcn4k7m2p9q1r5s8t3v6w0x")
          assert.strictEqual(recording.recording.durationMillis, 3_541_000)
        }
      }
    }),
  )

  it.effect("M6 is not said to be missing by an answer without data, such as that of a token endpoint", () =>
    Effect.gen(function* () {
      for (const answer of [
        success(undefined),
        success(null),
        success([]),
        { body: { code: 0, msg: "ok", tenant_access_token: "t-1", expire: 7_200 } },
      ]) {
        for (const call of ["recording", "artifacts"] as const) {
          const { result } = yield* run<unknown>(
            (service) => service[call](id),
            () => answer,
          )
          const error = Result.getOrThrow(Result.flip(result))
          assert.strictEqual(error.reason._tag, "ContractViolation")
          assert.include(error.message, "the answer has no data")
        }
      }
    }),
  )

  it.effect("is a failure where the meeting or the recording may not be seen, or does not exist", () =>
    Effect.gen(function* () {
      for (const [code, status, tag, meaning] of [
        [122002, 404, "RequestRefused", /there is no meeting with this id/],
        [121005, 403, "PermissionDenied", /may not see the recording .* Have the owner share the minute/],
        [99991672, 400, "PermissionDenied", /Add the scope vc:record:readonly to the app/],
      ] as const) {
        const { result } = yield* run(
          (service) => service.recording(id),
          () => Fake.failure(status, code),
        )
        const error = Result.getOrThrow(Result.flip(result))
        assert.strictEqual(error.reason._tag, tag)
        assert.match(error.message, meaning)
      }
    }),
  )

  it.effect("121004 of the token call is not an answer about a recording", () =>
    Effect.gen(function* () {
      const running = yield* Effect.forkChild(
        Effect.flip(
          Effect.provide(
            Meetings.Meetings.use((service) => service.recording(id)),
            Fake.meetings(() => Effect.succeed(Fake.failure(404, 121004))),
          ),
        ),
      )
      yield* Fake.advance("1 minute")
      const error = yield* Fiber.join(running)
      assert.strictEqual(error.operation, "POST /open-apis/auth/v3/tenant_access_token/internal")
    }),
  )
})

describe("the limits of details and recordings", () => {
  it.effect(
    "are their own: never more than 50 a second and 1,000 a minute of each, whatever the list has used",
    () =>
      Effect.gen(function* () {
        const sent: Record<string, Array<number>> = {}
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.clockWith((clock) =>
            Effect.sync(() => {
              if (Fake.isTokenCall(asked)) return tokens.answer()
              const kind = asked.path.endsWith("recording") ? "recording" : "details"
              ;(sent[kind] ??= []).push(clock.currentTimeMillisUnsafe())
              return kind === "details" ? success({ meeting }) : success({})
            }),
          )
        const running = yield* Effect.forkChild(
          Effect.provide(
            Meetings.Meetings.use((service) =>
              Effect.all(
                [
                  Effect.forEach(Array.from({ length: 1_200 }), () => service.details(id), {
                    concurrency: 200,
                    discard: true,
                  }),
                  Effect.forEach(Array.from({ length: 300 }), () => service.recording(id), {
                    concurrency: 200,
                    discard: true,
                  }),
                ],
                { concurrency: 2 },
              ),
            ),
            Fake.meetings(handler),
          ),
        )
        yield* Fake.advance("2 minutes")
        yield* Fiber.join(running)
        for (const [kind, count] of [
          ["details", 1_200],
          ["recording", 300],
        ] as const) {
          const times = sent[kind]!
          assert.lengthOf(times, count)
          const most = (window: number) =>
            Math.max(
              ...times.map((start) => times.filter((time) => time >= start && time < start + window).length),
            )
          assert.isAtMost(most(1_000), 50)
          assert.isAtMost(most(60_000), 1_000)
        }
      }),
  )
})
