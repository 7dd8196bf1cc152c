/**
 * A Feishu of its own: apps, meetings, tokens, limits, clock. One server holds many, so that tests that run at the
 * same time do not see each other; a request belongs to the one whose app or token it names.
 */
import type { MeetingNo } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Behaviour from "./Behaviour.ts"
import * as ExchangeIds from "./ExchangeIds.ts"
import * as Faults from "./Faults.ts"
import * as Generator from "./Generator.ts"
import * as Journal from "./Journal.ts"
import { type PageTokens, pageTokens } from "./PageToken.ts"
import type * as PlainTypes from "./PlainTypes.ts"
import * as Quota from "./Quota.ts"
import * as RateLimit from "./RateLimit.ts"
import { sample } from "./sample.ts"
import * as Seed from "./Seed.ts"
import * as Store from "./Store.ts"
import * as Tokens from "./Tokens.ts"
import * as VirtualClock from "./VirtualClock.ts"
import * as WholeNumber from "./WholeNumber.ts"

/** What a workspace holds and how it behaves. Everything has a default. */
export type Options = PlainTypes.Options<DateTime.DateTime | number | string>

/** What a workspace holds, as JSON that can be kept and brought back. */
export const Snapshot = Schema.Struct({
  version: Schema.Literal(1),
  /** The mock's time in unix seconds. */
  now: WholeNumber.between(0, VirtualClock.lastSecond, VirtualClock.bounds),
  frozen: Schema.Boolean,
  behaviour: Behaviour.Behaviour,
  seed: Seed.Seed,
})
/** See the Schema of the same name. */
export type Snapshot = typeof Snapshot.Type

/** Everything that a reset makes anew, at once. */
export interface State {
  readonly behaviour: Behaviour.Behaviour
  readonly clock: VirtualClock.VirtualClock
  readonly store: Store.Store
  readonly tokens: Tokens.Tokens
  readonly rateLimit: RateLimit.RateLimit
  readonly quota: Quota.Quota
  readonly pageTokens: PageTokens
  readonly faults: Faults.Faults
  readonly journal: Journal.Journal
  /** The ids of the next answer, at a time in unix milliseconds. */
  readonly nextIds: (now: number) => ExchangeIds.ExchangeIds
}

/** See the members. */
export interface Workspace {
  readonly appTicketUrl: string | undefined
  readonly onRequest: Journal.Listener | undefined
  /** A request takes it once, so that a reset in between leaves it the old one, whole. */
  state: State
  /** Changes switches from now on; counts of limits begin anew. */
  readonly change: (behaviour: Partial<Behaviour.Behaviour>) => void
  /** Apps, meetings, clock and switches as they are. */
  readonly snapshot: () => Snapshot
  /** Brings a snapshot back; tokens, counts, faults and the journal are forgotten. */
  readonly restore: (snapshot: Snapshot) => Effect.Effect<void, Seed.SeedInvalid>
  /** Brings back the seed and the start of the clock, and forgets tokens, counts, faults and the journal. */
  readonly reset: Effect.Effect<void, Seed.SeedInvalid>
}

/** The same, with the start of the clock in unix seconds. */
type Settled = Omit<Options, "now"> & { readonly now: number | undefined }

/** When the clock starts, a relative time counted from the present. */
const startOf = (now: Options["now"]): Effect.Effect<number | undefined, Seed.SeedInvalid> => {
  if (now === undefined) return Effect.undefined
  return Effect.flatMap(Clock.currentTimeMillis, (present) => {
    const time = typeof now === "object" ? DateTime.toEpochMillis(now) / 1000 : now
    const faults = [{ path: ["now"], message: VirtualClock.bounds }]
    return Option.match(VirtualClock.secondsOf(time, Math.floor(present / 1000)), {
      onNone: () => Effect.fail(new Seed.SeedInvalid({ source: "what the mock is given", faults })),
      onSome: Effect.succeed,
    })
  })
}

/** Makes a workspace. Fails with every fault of its seed, or where its clock cannot start. */
export const make = Effect.fnUntraced(function* (
  given: Options,
): Effect.fn.Return<Workspace, Seed.SeedInvalid> {
  const options: Settled = { ...given, now: yield* startOf(given.now) }
  let resets = 0
  // A reset is asked for over HTTP, where Effect's clock can be another than that of the test that made this.
  const withOwnClock = Effect.provideService(Clock.Clock, yield* Clock.Clock)
  // A reset at the same time of the mock need not check it again, which takes longer than all the rest.
  let checked: { readonly at: number; readonly seed: Seed.Seed } | undefined
  const seedAt: SeedAt = (at) =>
    checked?.at === at
      ? Effect.succeed(checked.seed)
      : Effect.map(
          Seed.check(options.seed ?? (options.generate === undefined ? sample : {}), "the seed", at),
          (seed) => (checked = { at, seed }).seed,
        )
  const listeners = new Set(options.onRequest === undefined ? [] : [options.onRequest])
  const workspace: Workspace = {
    appTicketUrl: options.appTicketUrl,
    onRequest: options.onRequest,
    state: yield* build(options, seedAt, resets, listeners),
    reset: Effect.suspend(() =>
      Effect.map(build(options, seedAt, ++resets, listeners), (state) => {
        workspace.state = state
      }),
    ).pipe(withOwnClock),
    change: (behaviour) => {
      const changed = { ...workspace.state.behaviour, ...behaviour }
      workspace.state = { ...workspace.state, behaviour: changed, ...countersOf(changed) }
    },
    snapshot: () => {
      const { behaviour, clock, store } = workspace.state
      return {
        version: 1,
        now: Math.floor(clock.now() / 1000),
        frozen: clock.isFrozen(),
        behaviour,
        seed: { apps: store.apps(), meetings: store.meetings() },
      }
    },
    restore: Effect.fnUntraced(function* (snapshot) {
      const { apps = [Seed.defaultApp], meetings = [] } = yield* Seed.check(
        snapshot.seed,
        "the snapshot",
        snapshot.now,
      )
      const clock = yield* withOwnClock(VirtualClock.make(snapshot.now))
      if (snapshot.frozen) clock.freeze()
      workspace.state = {
        ...(yield* emptied(options, apps, ++resets, listeners)),
        behaviour: snapshot.behaviour,
        ...countersOf(snapshot.behaviour),
        clock,
        store: Store.make({
          apps,
          meetings: meetings.map((meeting) => Seed.inSeconds(meeting, snapshot.now)),
        }),
      }
    }),
  }
  return workspace
})

const behaviourOf = (options: Settled): Behaviour.Behaviour => ({
  rateLimit: options.rateLimit ?? Behaviour.defaults.rateLimit,
  rateWindow: options.rateWindow ?? Behaviour.defaults.rateWindow,
  rateStatus: options.rateStatus ?? Behaviour.defaults.rateStatus,
  ninetyDays: options.ninetyDays ?? Behaviour.defaults.ninetyDays,
  emptyList: options.emptyList ?? Behaviour.defaults.emptyList,
  lastPageToken: options.lastPageToken ?? Behaviour.defaults.lastPageToken,
  monthlyQuota: options.monthlyQuota ?? Behaviour.defaults.monthlyQuota,
})

const countersOf = ({ monthlyQuota, rateLimit, rateWindow }: Behaviour.Behaviour) => ({
  rateLimit: RateLimit.make(rateLimit, rateWindow),
  quota: Quota.make(monthlyQuota),
})

/** A state without apps, meetings and time of its own. */
const emptied = Effect.fnUntraced(function* (
  { randomSeed = 1, ...options }: Settled,
  [{ app_id: appId }]: Store.Contents["apps"],
  resets: number,
  listeners: Set<Journal.Listener>,
) {
  const behaviour = behaviourOf(options)
  // An app is in one workspace only: another one of the same random seed makes other tokens, which tell whose they are.
  const seed = `${randomSeed}/${appId}`
  return {
    behaviour,
    tokens: Tokens.make(yield* Generator.seeded(seed, "tokens")),
    ...countersOf(behaviour),
    // Page tokens from before a reset are no good after it.
    pageTokens: pageTokens(`${seed}/pages${resets === 0 ? "" : `/${resets}`}`),
    faults: Faults.make(),
    journal: Journal.make(listeners),
    nextIds: ExchangeIds.make(`${seed}/exchanges`),
  }
})

const build = Effect.fnUntraced(function* (
  options: Settled,
  seedAt: SeedAt,
  resets: number,
  listeners: Set<Journal.Listener>,
): Effect.fn.Return<State, Seed.SeedInvalid> {
  const clock = yield* VirtualClock.make(options.now)
  const contents = yield* fill(options, seedAt, Math.floor(clock.now() / 1000))
  return {
    ...(yield* emptied(options, contents.apps, resets, listeners)),
    clock,
    store: Store.make(contents),
  }
})

/** The seed, checked for when the mock's clock shows a time in unix seconds. */
type SeedAt = (nowSeconds: number) => Effect.Effect<Seed.Seed, Seed.SeedInvalid>

/** The apps and meetings that the options ask for. */
const fill = Effect.fnUntraced(function* (options: Settled, seedAt: SeedAt, nowSeconds: number) {
  const { days = 89, generate, randomSeed = 1 } = options
  const seed = yield* seedAt(nowSeconds)
  const given = (seed.meetings ?? []).map((meeting) => Seed.inSeconds(meeting, nowSeconds))
  const orders = (seed.generate ?? []).map((order) => Seed.inSeconds(order, nowSeconds))
  if (generate !== undefined) {
    const taken = new Set([...given, ...orders].map((entry) => entry.meeting_no))
    const random = yield* Generator.seeded(randomSeed, "numbers")
    for (const meeting_no of Generator.meetingNos(random, generate.numbers, taken)) {
      orders.push({ meeting_no, count: generate.meetings })
    }
  }
  if (orders.reduce((sum, { count }) => sum + count, given.length) > Seed.mostMeetings) {
    const faults = [{ path: ["generate"], message: Seed.tooMany }]
    return yield* new Seed.SeedInvalid({ source: "what the mock is given", faults })
  }
  const span = Generator.daysBefore(nowSeconds, days)
  const ids = new Set(given.map((meeting) => meeting.id))
  const meetings = [...given]
  for (const order of orders) {
    // A stream of random numbers for each number: its meetings do not change when others come or go.
    const random = yield* Generator.seeded(randomSeed, `meetings/${order.meeting_no}`)
    for (const meeting of Generator.meetings(random, order, span, ids)) meetings.push(meeting)
  }
  return { apps: seed.apps ?? [Seed.defaultApp], meetings } satisfies Store.Contents
})

/** All workspaces of a server, and which of them a request belongs to. */
export interface Workspaces {
  /** Requests that name no app and no token of any other belong here. */
  readonly shared: Workspace
  /** That of an app. */
  readonly ofApp: (appId: string) => Workspace | undefined
  /** That of a token, with the token. */
  readonly ofToken: (
    text: string,
  ) => { readonly workspace: Workspace; readonly token: Tokens.Token } | undefined
  readonly all: () => ReadonlyArray<Workspace>
  /** Adds one, unless an app of it is in another: then that app's id. */
  readonly add: (workspace: Workspace) => string | undefined
  /** The shared one stays. Whether there was another one with this app. */
  readonly remove: (appId: string) => boolean
}

/** Only the shared one, to begin with. */
export const workspaces = (shared: Workspace): Workspaces => {
  const others = new Set<Workspace>()
  const all = () => [shared, ...others]
  const ofApp = (appId: string) => all().find(({ state }) => state.store.app(appId) !== undefined)
  return {
    shared,
    ofApp,
    ofToken: (text) => {
      for (const workspace of all()) {
        const token = workspace.state.tokens.find(text)
        if (token !== undefined) return { workspace, token }
      }
      return undefined
    },
    all,
    add: (workspace) => {
      const taken = workspace.state.store.apps().find(({ app_id }) => ofApp(app_id) !== undefined)
      if (taken !== undefined) return taken.app_id
      others.add(workspace)
      return undefined
    },
    remove: (appId) => {
      const workspace = ofApp(appId)
      return workspace !== undefined && others.delete(workspace)
    },
  }
}

/** The first self-built app, whose credentials a client is given; if all are store apps, the first of those. */
export const firstApp = ({ state }: Workspace): Seed.App =>
  state.store.apps().find(({ type }) => type === "self_built") ?? state.store.apps()[0]

/** The numbers that have meetings. */
export const meetingNos = ({ state }: Workspace): ReadonlyArray<MeetingNo> => state.store.meetingNos()

/** What a client needs to know of it. */
export const running = (workspace: Workspace, url: string) => {
  const app = firstApp(workspace)
  return { url, appId: app.app_id, appSecret: app.app_secret, meetingNos: meetingNos(workspace) }
}

/** The meetings of a workspace that is asked for without any. */
export const sampleSeed: Seed.Seed = { generate: sample.generate }

/** An app for the n-th workspace that is asked for without apps. Its credentials are made up. */
export const appOfItsOwn = (n: number): Seed.App => ({
  ...Seed.defaultApp,
  app_id: `cli_w${String(n).padStart(15, "0")}`,
  tenants: [`tenant_w${n}`],
})
