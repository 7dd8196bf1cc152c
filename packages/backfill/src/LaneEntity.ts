/**
 * Lanes as entities of Effect's cluster. The cluster decides which process owns a lane, moves it when a process ends, and delivers
 * the request to read it again to the next owner: it stays in the database until the run of the lane was read to its end.
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
