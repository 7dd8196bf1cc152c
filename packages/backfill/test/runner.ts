/** A runner as an application composes it, in a process of its own: `plan` stores a plan, otherwise it reads a run until it is done. */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import {
  Backfill,
  Database,
  type Lane,
  LaneEntity,
  LaneReader,
  MeetingsTable,
  Runner,
} from "@effect-feishu/backfill"
import { GetMeeting, GetRecording } from "@effect-feishu/contract"
import { AccessToken, AppTicket, type MeetingNo, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** The limit, and how an owner works. */
export interface Timing {
  readonly requests: number
  readonly windowMillis: number
  readonly unansweredRestMillis: number
  readonly proofMillis: number
  readonly commitMillis: number
  readonly commitUnits?: number
  readonly concurrency?: number
  /** The limits of details and of recordings, each; those of Feishu unless given. */
  readonly details?: ReadonlyArray<{ readonly requests: number; readonly windowMillis: number }>
}

/** A plan with the same numbers for each lane. */
export interface Plan extends Omit<Backfill.PlanOptions, "run" | "lanes"> {
  readonly lanes: ReadonlyArray<Lane.Lane>
  readonly meetingNos: ReadonlyArray<string>
}

const { values } = parseArgs({
  options: {
    db: { type: "string", default: "" },
    run: { type: "string", default: "" },
    listen: { type: "string" },
    plan: { type: "string" },
  },
})
const { db, listen, plan, run } = values
const env = (name: string): string => process.env[name] ?? ""
const { details, requests, unansweredRestMillis, windowMillis, ...ofOwner } = JSON.parse(
  env("TIMING"),
) as Timing
const apps = JSON.parse(env("APPS")) as Readonly<
  Record<string, { readonly appSecret: string; readonly ticket?: string }>
>

const [first, ...rest] = (details ?? []).map(({ requests, windowMillis }) => ({
  requests,
  window: windowMillis,
}))
const operations =
  first === undefined
    ? undefined
    : Object.fromEntries(
        [GetMeeting.path, GetRecording.path].map((path) => [`GET ${path}`, [first, ...rest] as const]),
      )

const reader = LaneReader.layer({
  baseUrl: env("BASE_URL"),
  rateLimit: { requests, window: windowMillis, unansweredRest: unansweredRestMillis, operations },
  credentials: (appId) =>
    Effect.gen(function* () {
      const { appSecret = "", ticket } = apps[appId] ?? {}
      const app = { appId, appSecret: Secret.appSecret(appSecret) }
      if (ticket === undefined) return yield* AccessToken.selfBuiltApp(app)
      const tickets = yield* AppTicket.AppTicket
      yield* tickets.push(Secret.appTicket(ticket))
      return yield* AccessToken.storeApp(app)
    }).pipe(Effect.provide(AppTicket.layer)),
})

/** Says which lanes this process reads, for those who look at it from outside. */
const told = Layer.effect(
  LaneReader.LaneReader,
  Effect.map(LaneReader.LaneReader, (reader) =>
    LaneReader.LaneReader.of({
      ...reader,
      open: (lane, options) => {
        const id = `${lane.appId}/${lane.tenantKey}`
        return Effect.acquireRelease(
          Effect.sync(() => console.log(`reads ${id}`)),
          () => Effect.sync(() => console.log(`leaves ${id}`)),
        ).pipe(Effect.andThen(reader.open(lane, options)))
      },
    }),
  ),
).pipe(Layer.provide(reader), Layer.provide(NodeHttp.layer()))

const password = process.env["PGPASSWORD"]
const database = Database.layer(db, {
  password: password === undefined ? undefined : Redacted.make(password),
})

/** Faster than by default, since the windows are shorter, too. */
const runner = Runner.layer({
  database: db,
  listen,
  timing: {
    shardLockExpiration: "5 seconds",
    shardLockRefreshInterval: "1500 millis",
    refreshAssignmentsInterval: "500 millis",
    runnerHealthCheckInterval: "1 second",
    entityMessagePollInterval: "1 second",
  },
})

const lanes = LaneEntity.layer.pipe(
  Layer.provide([told, MeetingsTable.layer]),
  Layer.provide(
    Layer.effect(
      LaneEntity.Timing,
      Effect.map(LaneEntity.Timing, (timing) => ({
        ...timing,
        ...ofOwner,
        lookMillis: 500,
        fencedMillis: 3_000,
      })),
    ),
  ),
)

const program =
  plan === undefined
    ? Effect.gen(function* () {
        const { run: read } = yield* Backfill.Backfill
        yield* read(run, { untilDone: true, lookMillis: 250 })
      }).pipe(Effect.provide(Layer.provideMerge(lanes, runner)))
    : Effect.gen(function* () {
        const { lanes, meetingNos, ...rest } = JSON.parse(plan) as Plan
        const backfill = yield* Backfill.Backfill
        yield* backfill.plan({
          ...rest,
          run,
          lanes: lanes.map((lane) => [lane, meetingNos as ReadonlyArray<MeetingNo>] as const),
        })
      })

NodeRuntime.runMain(program.pipe(Effect.provide(Layer.provideMerge(Backfill.layer, database))))
