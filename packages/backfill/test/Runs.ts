/** A backfill in memory: a database, a cluster of one process, and a Feishu that answers from a function. */
import { Context, Effect, Layer, Logger, Stream } from "effect"
import { TestRunner } from "effect/cluster"
import type { SqlClient } from "effect/sql/SqlClient"
import { type FeishuError, MeetingBrief, MeetingId, type Meetings, RateLimit } from "@effect-feishu/core"
import type { BackfillSink } from "../src/BackfillSink.ts"
import { Backfill, LaneEntity, LaneReader, MeetingsTable } from "../src/index.ts"

/** Answers a request for a lane with pages, each of them ids of meetings. */
export type Answer = (
  lane: string,
  request: LaneReader.Request,
) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>, FeishuError.FeishuError>

/** The requests so far, each as `lane number start`, and after it the place within it if it goes on there. */
export class Requests extends Context.Service<Requests, Array<string>>()("test/Requests") {}

const brief = (id: string): Meetings.MeetingRead => ({
  brief: new MeetingBrief({ id: MeetingId.make(id), topic: `Meeting ${id}`, password: "971024" }),
  details: undefined,
  recording: undefined,
})

/** Reads from a function, without limit. */
export const reader = (answer: Answer) =>
  Layer.effect(
    LaneReader.LaneReader,
    Effect.gen(function* () {
      const requests = yield* Requests
      return LaneReader.LaneReader.of({
        makeRateLimit: () => RateLimit.make(),
        restMillis: 65_250,
        open: (lane, { proof }) =>
          Effect.succeed((request) =>
            Stream.unwrap(
              Effect.gen(function* () {
                yield* proof
                const { cursor, meetingNo, start } = request
                const place = cursor === undefined ? "" : ` ${cursor}`
                requests.push(`${lane.tenantKey ?? lane.appId} ${meetingNo} ${start}${place}`)
                const all = yield* answer(lane.tenantKey ?? lane.appId, request)
                return Stream.fromIterable(all.entries()).pipe(
                  Stream.drop(Number(cursor ?? 0)),
                  Stream.map(([page, ids]) => ({
                    meetings: ids.map(brief),
                    cursor: page + 1 < all.length ? String(page + 1) : undefined,
                    unreachable: undefined,
                  })),
                )
              }),
            ),
          ),
      })
    }),
  )

const timing = Context.get(Context.empty(), LaneEntity.Timing)

/** A database, empty at first. */
export type Database = Layer.Layer<SqlClient, unknown>

/** The service, and one process that owns all lanes. */
export const layerIn =
  (database: Database) =>
  (answer: Answer, sink: Layer.Layer<BackfillSink, never, SqlClient> = MeetingsTable.layer) =>
    LaneEntity.layer.pipe(
      // One unit at a time: of several, the order of their requests would be that of the database's answers to their proofs.
      Layer.provide(
        Layer.succeed(LaneEntity.Timing, { ...timing, lookMillis: 5, commitMillis: 5, concurrency: 1 }),
      ),
      Layer.provideMerge(Layer.mergeAll(TestRunner.layer, sink, Backfill.layer, reader(answer))),
      Layer.provideMerge(Layer.sync(Requests, () => [])),
      Layer.provideMerge(database),
      Layer.provideMerge(Logger.layer([])),
    )
