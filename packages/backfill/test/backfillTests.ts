import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { FeishuError, MeetingNo } from "@effect-feishu/core"
import { Backfill, type BackfillError, BackfillSink } from "../src/index.ts"
import { type Answer, type Database, layerIn, Requests } from "./Runs.ts"

const day = 86_400
const start = 1_700_000_000
const range = { start, end: start + 200 * day }
const windows = [start, start + 90 * day, start + 180 * day]
const app = { appId: "cli_a" }
const numbers = (...texts: ReadonlyArray<string>) => texts.map((text) => MeetingNo.make(text))
const [one, two, three] = numbers("100000001", "100000002", "100000003") as [MeetingNo, MeetingNo, MeetingNo]

/** One meeting for each number and window. */
const oneEach: Answer = (lane, request) =>
  Effect.succeed([[`${lane.length}${request.meetingNo}${request.start}`]])

const refused = (): FeishuError.FeishuError =>
  new FeishuError.FeishuError({
    operation: "GET /open-apis/vc/v1/meetings/list_by_no",
    reason: new FeishuError.RequestRefused({
      code: 121004,
      msg: "meeting not found",
      logId: "log-1",
      status: 404,
      violations: [],
    }),
  })
const quotaExceeded = (): FeishuError.FeishuError =>
  new FeishuError.FeishuError({
    reason: new FeishuError.QuotaExceeded({ code: 99991403, msg: "quota", logId: undefined, status: 429 }),
  })

const ids = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string }>`select id from meetings order by id`
  return rows.map(({ id }) => id)
})
const run = (name: string) =>
  Effect.flatMap(Effect.service(Backfill.Backfill), ({ run }) =>
    run(name, { untilDone: true, lookMillis: 5 }),
  )
const reasonOf = <A, R>(effect: Effect.Effect<A, unknown, R>) =>
  Effect.map(Effect.flip(effect), (error) => (error as BackfillError.BackfillError).reason)

/** Runs all tests of the engine in a database. */
export const backfillTests = (database: Database) => {
  const layer = layerIn(database)

  describe("a run", () => {
    it.live("is read window by window, the oldest first, and each meeting is in the table once", () =>
      Effect.gen(function* () {
        const { plan } = yield* Backfill.Backfill
        const lanes = [[app, [one, two, one]]] as const
        assert.deepStrictEqual(yield* plan({ run: "r", lanes, range }), {
          run: "r",
          lanes: 1,
          numbers: 2,
          units: 6,
        })
        const status = yield* run("r")
        assert.deepInclude(status, { state: "done", units: 6, position: 6, meetings: 6, failures: 0 })
        assert.deepStrictEqual(
          yield* Requests,
          windows.flatMap((from) => [one, two].map((number) => `cli_a ${number} ${from}`)),
        )
        assert.lengthOf(yield* ids, 6)
        // A run that is done is not read again.
        assert.strictEqual((yield* run("r")).attempt, 1)
        assert.lengthOf(yield* Requests, 6)
      }).pipe(Effect.provide(layer(oneEach))),
    )

    it.live("keeps tenants of an app apart, also where they have meetings of one id", () =>
      Effect.gen(function* () {
        const { exportMeetings, plan } = yield* Backfill.Backfill
        const lanes = ["t1", "t2"].map((tenantKey) => [{ ...app, tenantKey }, [one]] as const)
        yield* plan({ run: "r", lanes, range: { start, end: start + day } })
        yield* run("r")
        const rows = yield* Stream.runCollect(exportMeetings())
        assert.deepStrictEqual(
          rows.map(({ id, tenant }) => [tenant, id]),
          [
            ["t1", "77"],
            ["t2", "77"],
          ],
        )
        assert.lengthOf(yield* Stream.runCollect(exportMeetings({ tenant: "t2" })), 1)
        assert.lengthOf(yield* Stream.runCollect(exportMeetings({ from: start + 1 })), 0)
      }).pipe(Effect.provide(layer(() => Effect.succeed([["77"]])))),
    )

    it.live("keeps the passwords of meetings only when its plan says so", () =>
      Effect.gen(function* () {
        const { exportMeetings, plan } = yield* Backfill.Backfill
        const passwords = Effect.map(Stream.runCollect(exportMeetings()), (rows) =>
          rows.map(({ password }) => password),
        )
        const lanes = [[app, [one]]] as const
        yield* plan({ run: "without", lanes, range: { start, end: start + day } })
        yield* run("without")
        assert.deepStrictEqual(yield* passwords, [null])
        yield* plan({ run: "with", lanes, range: { start, end: start + day }, passwords: true })
        yield* run("with")
        assert.deepStrictEqual(yield* passwords, ["971024"])
      }).pipe(Effect.provide(layer(() => Effect.succeed([["77"]])))),
    )

    it.live("repeats what failed when it is run again, and nothing else", () => {
      let isRefused = true
      const answer: Answer = (lane, request) =>
        isRefused && request.meetingNo === two ? Effect.fail(refused()) : oneEach(lane, request)
      return Effect.gen(function* () {
        const { failures, plan } = yield* Backfill.Backfill
        yield* plan({ run: "r", lanes: [[app, [one, two]]], range })
        assert.deepInclude(yield* run("r"), { state: "done", position: 6, meetings: 3, failures: 1 })
        const [failure, ...others] = yield* Stream.runCollect(failures("r"))
        assert.deepStrictEqual(others, [])
        assert.deepInclude(failure, {
          meetingNo: two,
          start,
          end: range.end,
          tag: "RequestRefused",
          logId: "log-1",
        })
        isRefused = false
        const before = (yield* Requests).length
        assert.deepInclude(yield* run("r"), { state: "done", attempt: 2, failures: 0 })
        assert.deepStrictEqual((yield* Requests).slice(before), [`cli_a ${two} ${start}`])
      }).pipe(Effect.provide(layer(answer)))
    })

    it.live("B6: a lane that cannot be read says why, and holds no other lane up", () =>
      Effect.gen(function* () {
        const service = yield* Backfill.Backfill
        const lanes = ["good", "bad"].map((tenantKey) => [{ ...app, tenantKey }, [one]] as const)
        yield* service.plan({ run: "r", lanes, range })
        yield* Effect.forkChild(service.run("r"))
        const [status] = yield* service.status("r").pipe(
          Effect.repeat({
            until: ([status]) =>
              status!.lanes.some((lane) => lane.isDone && status!.lanes[0]!.fault !== undefined),
          }),
        )
        const [bad, good] = status!.lanes
        assert.deepInclude(good, { lane: { ...app, tenantKey: "good" }, isDone: true, fault: undefined })
        assert.deepInclude(bad, { lane: { ...app, tenantKey: "bad" }, isDone: false, position: 0 })
        assert.include(bad!.fault?.message, "quota")
        // The first of next month in Beijing.
        const retryAt = new Intl.DateTimeFormat("en", {
          timeZone: "Asia/Shanghai",
          day: "numeric",
          hour: "numeric",
          hour12: false,
        })
        assert.match(retryAt.format(bad!.fault!.retryAt + 60_000), /^1, (24|00)$/)
        yield* service.cancel("r")
      }).pipe(
        Effect.provide(
          layer((lane, request) => (lane === "bad" ? Effect.fail(quotaExceeded()) : oneEach(lane, request))),
        ),
      ),
    )

    it.live(
      "the first pages of a window are written before it is read to its end, and are not read again",
      () => {
        const pages = Array.from({ length: 40 }, (_, page) => [String(page), String(page + 1)])
        return Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const { plan } = yield* Backfill.Backfill
          yield* plan({ run: "r", lanes: [[app, [one]]], range: { start, end: start + day } })
          // As an owner leaves it that was killed in the midst of the window.
          yield* sql`update backfill_lanes set cursor = '30'`
          assert.deepInclude(yield* run("r"), { meetings: 11 })
          assert.deepStrictEqual(yield* Requests, [`cli_a ${one} ${start} 30`])
        }).pipe(Effect.provide(layer(() => Effect.succeed(pages))))
      },
    )

    it.live("paused, it sends nothing; resumed, it goes on where it was; cancelled, it ends", () => {
      let pause: Effect.Effect<void> = Effect.void
      const answer: Answer = (lane, request) =>
        request.start === windows[1] ? Effect.andThen(pause, oneEach(lane, request)) : oneEach(lane, request)
      return Effect.gen(function* () {
        const service = yield* Backfill.Backfill
        yield* service.plan({ run: "r", lanes: [[app, [one]]], range })
        pause = Effect.orDie(service.pause("r"))
        const paused = yield* run("r")
        assert.strictEqual(paused.state, "paused")
        pause = Effect.void
        yield* service.resume("r")
        assert.deepInclude(yield* run("r"), { state: "done", position: 3, meetings: 3 })
        yield* service.cancel("r")
        assert.deepStrictEqual(yield* reasonOf(service.resume("r")), { _tag: "RunCancelled", run: "r" })
        assert.strictEqual((yield* run("r")).state, "cancelled")
      }).pipe(Effect.provide(layer(answer)))
    })

    it.live("B7: of two on one lane, the second waits for the first, and says so", () => {
      let look: Effect.Effect<void> = Effect.void
      const seen: Array<string | undefined> = []
      const answer: Answer = (lane, request) =>
        request.meetingNo === one ? Effect.andThen(look, oneEach(lane, request)) : oneEach(lane, request)
      return Effect.gen(function* () {
        const service = yield* Backfill.Backfill
        yield* service.plan({ run: "first", lanes: [[app, [one]]], range })
        yield* service.plan({ run: "second", lanes: [[app, [two]]], range })
        look = Effect.orDie(
          Effect.map(service.status("second"), ([status]) => void seen.push(status!.lanes[0]!.waitsFor)),
        )
        const first = yield* Effect.forkChild(run("first"))
        // Asked at the same time, either of them may come first.
        yield* Effect.repeat(Effect.yieldNow, { until: () => seen.length > 0 })
        yield* run("second")
        yield* Fiber.join(first)
        assert.deepStrictEqual(new Set(seen), new Set(["first"]))
        const requests = yield* Requests
        assert.isTrue(
          requests.findLastIndex((text) => text.includes(one)) <
            requests.findIndex((text) => text.includes(two)),
        )
      }).pipe(Effect.provide(layer(answer)))
    })
  })

  describe("a plan", () => {
    const plans = Effect.gen(function* () {
      const { plan } = yield* Backfill.Backfill
      return (options: Partial<Parameters<typeof plan>[0]>) =>
        plan({ run: "r", lanes: [[app, [one]]], range, ...options })
    })

    it.effect("that is not valid is refused, and nothing is stored", () =>
      Effect.gen(function* () {
        const plan = yield* plans
        const sql = yield* SqlClient.SqlClient
        const faults: Array<string> = []
        for (const options of [
          { run: "two words" },
          { run: "" },
          { lanes: [] },
          { lanes: [[app, []]] as const },
          { lanes: [[{ appId: "a/b" }, [one]]] as const },
          { lanes: [[{ appId: "" }, [one]]] as const },
          { lanes: [[app, ["12345678" as MeetingNo]]] as const },
          { range: { start: 5, end: 5 } },
          { range: { start: Number.NaN, end: 5 } },
          { pageSize: 51 },
          { series: { overlapSeconds: -1 } },
        ]) {
          const reason = yield* reasonOf(plan(options))
          assert.strictEqual(reason._tag, "InvalidPlan")
          if (reason._tag === "InvalidPlan") faults.push(reason.fault)
        }
        assert.deepStrictEqual(faults, [
          "runName",
          "runName",
          "noNumber",
          "noNumber",
          "lane",
          "lane",
          "meetingNo",
          "range",
          "range",
          "pageSize",
          "overlap",
        ])
        assert.deepStrictEqual(yield* sql`select id from backfill_runs`, [])
      }).pipe(Effect.provide(layer(oneEach))),
    )

    it.effect(
      "that is the same does nothing; another one of the name is refused until the run is cancelled",
      () =>
        Effect.gen(function* () {
          const plan = yield* plans
          const { cancel, status } = yield* Backfill.Backfill
          yield* plan({})
          yield* plan({})
          const exists = { _tag: "RunExists", run: "r" } as const
          assert.deepStrictEqual(yield* reasonOf(plan({ lanes: [[app, [one, two]]] })), exists)
          assert.deepStrictEqual(yield* reasonOf(plan({ details: true })), exists)
          yield* cancel("r")
          assert.deepInclude(yield* plan({ lanes: [[app, [one, two]]] }), { numbers: 2 })
          assert.deepInclude((yield* status("r"))[0], { state: "running", attempt: 2, numbers: 2 })
          assert.deepStrictEqual(yield* reasonOf(status("other")), { _tag: "NoSuchRun", run: "other" })
        }).pipe(Effect.provide(layer(oneEach))),
    )
  })

  describe("a series", () => {
    const overlapSeconds = 2 * day
    const seriesOf = (...meetingNos: ReadonlyArray<MeetingNo>) =>
      Effect.flatMap(Effect.service(Backfill.Backfill), ({ plan }) =>
        Effect.gen(function* () {
          const now = Math.floor((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1_000)
          return yield* plan({
            run: "s",
            lanes: [[app, meetingNos]],
            range: { start: now - 10 * day, end: now },
            series: { overlapSeconds },
          })
        }),
      )
    const answer: Answer = (_, request) => Effect.succeed([[request.meetingNo]])

    it.live("reads in each round what is newer than the last one, and an overlap", () =>
      Effect.gen(function* () {
        yield* seriesOf(one, two)
        const first = yield* run("s")
        yield* seriesOf(one, two)
        const second = yield* run("s")
        assert.deepStrictEqual([first.attempt, second.attempt], [2, 3])
        assert.strictEqual(second.range.end - second.range.start >= 10 * day, true)
        const starts = (yield* Requests).map((text) => Number(text.split(" ")[2]))
        assert.deepStrictEqual(starts.slice(2), [
          first.range.end - overlapSeconds,
          first.range.end - overlapSeconds,
        ])
        assert.deepStrictEqual(yield* ids, [one, two])
      }).pipe(Effect.provide(layer(answer))),
    )

    it.live("reads a number that is added from the start, and one that is left out no more", () =>
      Effect.gen(function* () {
        yield* seriesOf(one, two)
        const first = yield* run("s")
        const before = (yield* Requests).length
        yield* seriesOf(two, three)
        yield* run("s")
        assert.deepStrictEqual(
          (yield* Requests).slice(before).map((text) => text.split(" ")[1]),
          [three],
        )
        yield* run("s")
        const last = (yield* Requests).slice(before + 1)
        assert.deepStrictEqual(
          last.map((text) => text.split(" ").slice(1)),
          [two, three].map((number) => [number, String(first.range.end - overlapSeconds)]),
        )
      }).pipe(Effect.provide(layer(answer))),
    )

    it.live("keeps its numbers while a round is being read", () =>
      Effect.gen(function* () {
        const service = yield* Backfill.Backfill
        const sql = yield* SqlClient.SqlClient
        yield* seriesOf(one)
        yield* run("s")
        yield* sql`update backfill_lanes set finished = 0`
        assert.deepStrictEqual(yield* reasonOf(seriesOf(one, two)), { _tag: "RoundNotFinished", run: "s" })
        assert.deepInclude((yield* service.status("s"))[0], { numbers: 1 })
      }).pipe(Effect.provide(layer(answer))),
    )
  })

  describe("a sink of an application", () => {
    it.live("writes in the transaction that moves the place, so that its failure moves nothing", () => {
      let fails = 1
      const sink = Layer.effect(
        BackfillSink.BackfillSink,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* Effect.orDie(sql`create table outbox (id text not null)`)
          return BackfillSink.BackfillSink.of({
            write: ({ meetings }) =>
              Effect.gen(function* () {
                for (const { brief } of meetings)
                  yield* sql`insert into outbox ${sql.insert({ id: brief.id })}`
                if (fails-- > 0) return yield* new BackfillSink.SinkFailed({ message: "the queue is full" })
                return meetings.length
              }),
          })
        }),
      )
      return Effect.gen(function* () {
        const { plan } = yield* Backfill.Backfill
        const sql = yield* SqlClient.SqlClient
        yield* plan({ run: "r", lanes: [[app, [one, two]]], range })
        assert.deepInclude(yield* run("r"), { state: "done", position: 6, meetings: 6 })
        const written = yield* sql<{ id: string }>`select id from outbox`
        assert.lengthOf(written, 6)
        assert.strictEqual(new Set(written.map(({ id }) => id)).size, 6)
      }).pipe(Effect.provide(layer(oneEach, sink)))
    })
  })
}
