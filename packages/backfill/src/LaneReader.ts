/**
 * Reads the units of a lane with the client of `@effect-feishu/core`. An application gives the credentials of its apps.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { LaneReader } from "@effect-feishu/backfill"
 * import { AccessToken, AppTicket, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * // A store app, which reads many tenants. A quarter of its limit is left to other programs.
 * const layer = LaneReader.layer({
 *   credentials: (appId) =>
 *     AccessToken.storeApp({ appId, appSecret: Secret.appSecret(process.env["SECRET_OF_THE_APP"] ?? "") }),
 *   rateLimit: { requests: 75 },
 * }).pipe(Layer.provide(NodeHttp.layer()), Layer.provide(AppTicket.layer))
 * console.log(Layer.isLayer(layer)) // => true
 * ```
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import {
  AccessToken,
  Cursor,
  FeishuClient,
  FeishuConfig,
  type FeishuError,
  type MeetingNo,
  Meetings,
  RateLimit,
  Retry,
} from "@effect-feishu/core"
import type { Lane } from "./Lane.ts"

/** What to read: a number in a range of time, in unix seconds. */
export interface Request {
  readonly meetingNo: MeetingNo
  readonly start: number
  readonly end: number
  /** Where to go on within it. */
  readonly cursor?: string | undefined
  readonly pageSize: number
  readonly details: boolean
  readonly participants: boolean
  readonly recordings: boolean
}

/** A page of it. */
export interface Page {
  readonly meetings: ReadonlyArray<Meetings.MeetingRead>
  /** The place after the page; `undefined` after the last one. */
  readonly cursor: string | undefined
  /** The part before this page that Feishu no longer shows, in unix seconds. */
  readonly unreachable: { readonly from: number; readonly to: number } | undefined
}

/** What an owner of a lane gives to its reader. */
export interface Options {
  /** The limit of the lane, which only its owner uses. */
  readonly rateLimit: RateLimit.RateLimit["Service"]
  /** Runs before each request is sent, after it got its slot: dies when the lane is another process's by now. */
  readonly proof: Effect.Effect<void>
  /** Returns whether that proof still holds: asked once more just before a request is written to its connection. */
  readonly isProven: () => boolean
}

/** Makes the readers of lanes. */
export class LaneReader extends Context.Service<
  LaneReader,
  {
    /** Makes the limit of a lane. */
    readonly makeRateLimit: () => RateLimit.RateLimit["Service"]
    /** Milliseconds after which the last request of an earlier owner no longer counts. */
    readonly restMillis: number
    /** Makes the reader of a lane. Fails when its credentials are missing or unfit. */
    readonly open: (
      lane: Lane,
      options: Options,
    ) => Effect.Effect<
      (request: Request) => Stream.Stream<Page, FeishuError.FeishuError>,
      FeishuError.FeishuError,
      Scope.Scope
    >
  }
>()("@effect-feishu/backfill/LaneReader") {}

/** The options of a client for all lanes. */
export interface ClientOptions<R = never> extends FeishuConfig.Options {
  /**
   * Returns the source of tokens of an app: `AccessToken.selfBuiltApp`, or `AccessToken.storeApp`, which is made once and serves all
   * tenants of the app. Fails for an app whose secret this process does not have: its lanes wait, and others are read.
   */
  readonly credentials: (
    appId: string,
  ) => Effect.Effect<
    AccessToken.AccessToken["Service"],
    FeishuError.FeishuError,
    AccessToken.Requirements | R
  >
  /** The limit of each lane; see `RateLimit.Options`. */
  readonly rateLimit?: Omit<RateLimit.Options, "initially"> | undefined
}

const restMillisOf = ({ operations, unansweredRest, window }: RateLimit.Options): number => {
  const windows = [window, ...Object.values(operations ?? {}).flatMap((of) => of.map(({ window }) => window))]
  return Math.max(...windows.map((window) => RateLimit.restMillis("unanswered", { window, unansweredRest })))
}

/** Reads with the client of `@effect-feishu/core`; the HTTP client is left to the application. */
export const layer = <R = never>(
  options: ClientOptions<R>,
): Layer.Layer<
  LaneReader,
  FeishuError.FeishuError,
  HttpClient.HttpClient | Exclude<R, Scope.Scope | FeishuConfig.FeishuConfig | Retry.RetryBudget>
> =>
  Layer.effect(
    LaneReader,
    Effect.gen(function* () {
      const { rateLimit = {} } = options
      const config = yield* FeishuConfig.make(options)
      const http = yield* HttpClient.HttpClient
      const scope = yield* Scope.Scope
      const needs =
        yield* Effect.context<Exclude<R, Scope.Scope | FeishuConfig.FeishuConfig | Retry.RetryBudget>>()
      const shared = Layer.mergeAll(Layer.succeed(FeishuConfig.FeishuConfig, config), Retry.layerBudget())

      // An app's source of tokens is made once; one that cannot be made now may be made later.
      const sources = new Map<string, AccessToken.AccessToken["Service"]>()
      const turn = Semaphore.makeUnsafe(1)
      const sourceOf = (appId: string) =>
        turn.withPermit(
          Effect.gen(function* () {
            const known = sources.get(appId)
            if (known !== undefined) return known
            const made = yield* options
              .credentials(appId)
              .pipe(
                Effect.provide(shared),
                Effect.provideService(HttpClient.HttpClient, http),
                Effect.provideService(Scope.Scope, scope),
                Effect.provideContext(needs as Context.Context<never>),
              ) as Effect.Effect<AccessToken.AccessToken["Service"], FeishuError.FeishuError>
            sources.set(appId, made)
            return made
          }),
        )

      return LaneReader.of({
        makeRateLimit: () => RateLimit.make(rateLimit),
        restMillis: Math.ceil(Duration.toMillis(restMillisOf(rateLimit))),
        open: Effect.fnUntraced(function* (lane, { isProven, proof, rateLimit }) {
          const source = yield* sourceOf(lane.appId)
          const proving = HttpClient.mapRequestEffect(http, (request) => Effect.as(proof, request))
          const meetings = Context.get(
            yield* Layer.build(
              Meetings.layerClient.pipe(
                Layer.provide(Layer.effect(FeishuClient.FeishuClient, FeishuClient.make)),
                Layer.provide([
                  shared,
                  Layer.succeed(AccessToken.AccessToken, source),
                  Layer.succeed(RateLimit.RateLimit, rateLimit),
                  Layer.succeed(HttpClient.HttpClient, proving),
                ]),
              ),
            ),
            Meetings.Meetings,
          )
          // Only a store app's tokens have tenants; the tenant of another app is its name in the table.
          const tenant = source.kind === "store app" ? lane.tenantKey : undefined
          return (request) =>
            read(meetings, request, config.baseUrl, tenant).pipe(
              Stream.provideService(AccessToken.CurrentTenant, tenant),
              Stream.provideService(FeishuClient.MaySend, isProven),
              // Core warns of each old window by itself; here they are counted.
              Stream.provideService(References.MinimumLogLevel, "Error"),
              // Somebody may correct the secret: the next try asks for it again.
              Stream.tapError((error) =>
                error.reason._tag === "AuthenticationFailed"
                  ? Effect.sync(() => sources.delete(lane.appId))
                  : Effect.void,
              ),
            )
        }),
      })
    }),
  )

/** Meetings of a page that are read in parallel; several pages are, too. */
const detailsInParallel = 10

const read = (
  meetings: Meetings.Meetings["Service"],
  request: Request,
  baseUrl: string,
  tenant: string | undefined,
): Stream.Stream<Page, FeishuError.FeishuError> => {
  const { details, end, meetingNo, pageSize, participants, recordings, start } = request
  const kept = request.cursor === undefined ? undefined : Cursor.toPosition(request.cursor)
  // Without `asked`, what is too old for Feishu is left out and reported instead of refused.
  const from =
    kept?.baseUrl === baseUrl ? kept : { meetingNo, start, end, pageSize, baseUrl, tenant, window: 0 }
  const cursor = Cursor.fromPosition({ ...from, asked: undefined })
  if (details || recordings) {
    return meetings.detailsPages(
      { cursor },
      { details, participants, recordings, concurrency: detailsInParallel },
    )
  }
  return Stream.map(meetings.pages({ cursor }), (page) => ({
    ...page,
    meetings: page.meetings.map((brief) => ({ brief, details: undefined, recording: undefined })),
  }))
}
