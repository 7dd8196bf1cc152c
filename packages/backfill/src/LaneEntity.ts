/**
 * Lanes as entities of Effect's cluster. The cluster decides which process owns a lane, moves it when a process ends, and delivers
 * the request to read it again to the next owner: it stays in the database until the run of the lane was read to its end.
 *
 * @example
 * ```ts
 * import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
 * import { Clock, Effect, Layer, Stream } from "effect"
 * import { SingleRunner } from "effect/cluster"
 * import { Backfill, LaneEntity, LaneReader, MeetingsTable, SqliteClient } from "@effect-feishu/backfill"
 * import { AccessToken, MeetingNo, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const { FEISHU_APP_ID = "", FEISHU_APP_SECRET = "", FEISHU_BASE_URL } = process.env
 *
 * const program = Effect.gen(function* () {
 *   const { exportMeetings, plan, run } = yield* Backfill.Backfill
 *   const end = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
 *   yield* plan({
 *     run: "month",
 *     lanes: [[{ appId: FEISHU_APP_ID }, [MeetingNo.make("337736498")]]],
 *     range: { start: end - 30 * 86_400, end },
 *   })
 *   const { meetings, state } = yield* run("month", { untilDone: true, lookMillis: 50 })
 *   console.log(state, meetings) // => done 3
 *   yield* Stream.runForEach(exportMeetings(), (row) => Effect.sync(() => console.log(row.id, row.topic)))
 *   // => 7628568641385449001 Kick-off
 *   // => 7631166230414229002 Review
 *   // => 7633763819443009003 Retrospective
 * })
 *
 * // One process and a database in memory; `Runner` has the layers of a file, and of many processes.
 * const reader = LaneReader.layer({
 *   baseUrl: FEISHU_BASE_URL,
 *   credentials: (appId) =>
 *     AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(FEISHU_APP_SECRET) }),
 * })
 * const layer = LaneEntity.layer.pipe(
 *   Layer.provideMerge(Layer.mergeAll(Backfill.layer, MeetingsTable.layer, SingleRunner.layer(), reader)),
 *   Layer.provide(NodeCrypto.layerDigest),
 *   Layer.provide(NodeHttp.layer()),
 *   Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })),
 * )
 * await Effect.runPromise(Effect.provide(program, layer))
 * ```
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Rpc from "effect/rpc/Rpc"
import type { SqlClient } from "effect/sql/SqlClient"
import type { BackfillSink } from "./BackfillSink.ts"
import * as LaneOwner from "./internal/LaneOwner.ts"
import * as Store from "./internal/Store.ts"
import * as Lane from "./Lane.ts"
import type { LaneReader } from "./LaneReader.ts"

/** How owners of lanes work: a reference with defaults, which tests with a shorter limit replace. */
export { Timing } from "./internal/LaneOwner.ts"

const Read = Rpc.make("Read", {
  payload: { run: Schema.String, attempt: Schema.Int },
  success: LaneOwner.Outcome,
  primaryKey: ({ attempt, run }) => `${run}/${attempt}`,
}).annotate(ClusterSchema.Persisted, true)

/** A lane, by its id. To ask it again to read the same attempt of a run does nothing. */
export const LaneEntity = Entity.make("feishu-meetings/Lane", [Read])

const patiently = Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("10 seconds")])

/** Lets this process own lanes and read them. */
export const layer: Layer.Layer<never, never, Sharding | LaneReader | BackfillSink | SqlClient> =
  LaneEntity.toLayer(
    Effect.gen(function* () {
      const { entityId } = yield* Entity.CurrentAddress
      const owner = yield* LaneOwner.make(Lane.fromId(entityId)).pipe(
        Effect.tapError((error) => Effect.logWarning(`The database failed: ${error.message}`)),
        Effect.retry(patiently),
        Effect.orDie,
      )
      return LaneEntity.of({ Read: ({ payload }) => owner.read(payload.run, payload.attempt) })
    }),
    { maxIdleTime: "1 minute", defectRetryPolicy: Schedule.spaced("1 second") },
  ).pipe(Layer.provide(Store.layer))
