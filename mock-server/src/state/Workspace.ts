/**
 * A workspace: a whole Feishu with apps, meetings, tokens, limits and a clock. One server holds many, so that tests
 * that run at the same time do not see each other. A request belongs to the workspace whose app or token it names.
 */
import type { MeetingNo } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type * as TestClock from "effect/testing/TestClock"
import * as Behaviour from "../protocol/Behaviour.ts"
import * as Bounds from "../protocol/Bounds.ts"
import * as AnswerIds from "../protocol/AnswerIds.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as FaultRules from "../faults/FaultRules.ts"
import * as Generator from "../seed/Generator.ts"
import { notATenant } from "../seed/contradictions.ts"
import * as Journal from "./Journal.ts"
import * as KnownSecrets from "../secrets/KnownSecrets.ts"
import * as OwnMeetings from "./OwnMeetings.ts"
import { type PageTokens, pageTokens } from "./PageTokens.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import * as MonthlyQuota from "./MonthlyQuota.ts"
import * as RateLimit from "./RateLimit.ts"
import { sample } from "../seed/sample.ts"
import * as Seed from "../seed/Seed.ts"
import * as SeedCheck from "../seed/SeedCheck.ts"
import * as Snapshot from "./Snapshot.ts"
import * as Store from "./Store.ts"
import * as Tokens from "./Tokens.ts"
import * as VirtualClock from "./VirtualClock.ts"

/** The contents and the behaviour of a workspace. Every option has a default. */
export type Options = PublicTypes.Options<DateTime.DateTime | number | string>

/** Everything that a reset replaces, all at once. */
export interface State {
  readonly behaviour: Behaviour.Behaviour
  readonly clock: VirtualClock.VirtualClock
  readonly store: Store.Store
  readonly ownMeetings: OwnMeetings.OwnMeetings
  readonly tokens: Tokens.Tokens
  readonly rateLimit: RateLimit.RateLimit
  readonly quota: MonthlyQuota.Quota
  readonly pageTokens: PageTokens
  readonly faults: FaultRules.Faults
  readonly journal: Journal.Journal
  /** Returns the ids of the next answer; `now` is in unix milliseconds. */
  readonly nextIds: (now: number) => AnswerIds.ExchangeIds
}

/** A workspace. */
export interface Workspace {
  readonly appTicketUrl: string | undefined
  readonly onRequest: Journal.Listener | undefined
  /** The secrets of all workspaces of the server, since a client may send the secret of one workspace to another. The journal never shows them. */
  readonly secrets: KnownSecrets.KnownSecrets
  /** Effect's `TestClock`, if that is its clock. All workspaces of a server then have it. */
  readonly testClock: TestClock.TestClock | undefined
  /** The present state. A request reads it once, so that a request during a reset has the whole old state. */
  state: State
  /** Runs a change while no other one runs: a reset, or a snapshot that is restored, may take seconds. */
  readonly alone: <A, E, R>(change: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Changes switches from now on. Counts of limits start again. */
  readonly change: (behaviour: Partial<Behaviour.Behaviour>) => void
  /** Returns apps, meetings, clock and switches as they are at this moment. */
  readonly snapshot: () => Snapshot.Moment
  /**
   * Restores a snapshot, if `mayHave` allows its apps in this workspace. Tokens, counts, faults and the journal are
   * forgotten. Fails with every mistake, and then has changed nothing.
   */
  readonly restore: (snapshot: Snapshot.Given, mayHave: MayHave) => Effect.Effect<void, Seed.SeedInvalid>
  /** Restores the seed and the start of the clock, and forgets tokens, counts, faults and the journal. */
  readonly reset: (mayHave: MayHave) => Effect.Effect<void, Seed.SeedInvalid>
}

/** Returns why a workspace may not have these apps, or `undefined`: an app is in one workspace only. */
export type MayHave = (apps: ReadonlyArray<{ readonly app_id: string }>) => Seed.SeedInvalid | undefined

/** The options, with the start of the clock in unix seconds, and failures with their defaults. */
type Settled = Omit<Options, "now" | "faults" | "chaos"> & {
  readonly now: number | undefined
  readonly faults: ReadonlyArray<FaultRule.Rule>
  readonly chaos: FaultRule.Chaos | undefined
}

const settle = Effect.fnUntraced(function* (
  { chaos, faults = [], ...options }: Options,
  testClock: TestClock.TestClock | undefined,
) {
  const now = yield* startOf(options)
  return {
    ...options,
    now: now ?? (testClock === undefined ? undefined : VirtualClock.testStartOf(testClock)),
    faults: decodeRules(faults),
    chaos: chaos === undefined ? undefined : decodeChaos(chaos),
  }
})

const decodeRules = Schema.decodeSync(FaultRule.Rules)
const decodeChaos = Schema.decodeSync(FaultRule.Chaos)

/**
 * Returns the start of the clock in unix seconds, by the options or by the seed; `undefined` for the present. A relative time counts
 * from the present.
 */
const startOf = ({ now, seed }: Options): Effect.Effect<number | undefined, Seed.SeedInvalid> => {
  if (now === undefined && seed?.clock?.now === undefined) return Effect.undefined
  return Effect.flatMap(Clock.currentTimeMillis, (millis) => {
    const present = Math.floor(millis / 1000)
    if (now === undefined) return Effect.succeed(SeedCheck.startOf(seed, present))
    const time = typeof now === "object" ? DateTime.toEpochMillis(now) / 1000 : now
    const faults = [{ path: ["now"], message: VirtualClock.bounds }]
    return Option.match(VirtualClock.secondsOf(time, present), {
      onNone: () => Effect.fail(new Seed.SeedInvalid({ source: "the mock's configuration", faults })),
      onSome: Effect.succeed,
    })
  })
}

/**
 * Makes a workspace; `secrets` are those of all workspaces of its server, and its clock is `testClock` if that is given. Fails with every
 * fault of its seed, or when its clock cannot start where the options say.
 */
export const make = Effect.fnUntraced(function* (
  given: Options,
  secrets = KnownSecrets.make(),
  testClock?: TestClock.TestClock,
): Effect.fn.Return<Workspace, Seed.SeedInvalid> {
  const options: Settled = yield* settle(given, testClock)
  let resets = 0
  // A reset is requested over HTTP, where Effect's clock may not be that of the test that made the workspace.
  const withOwnClock = Effect.provideService(Clock.Clock, yield* Clock.Clock)
  const clockAt: ClockAt = (start, frozen) =>
    testClock === undefined
      ? withOwnClock(VirtualClock.make(start, frozen))
      : VirtualClock.ofTest(testClock, start)
  // A reset to the same start of the clock need not check the seed again, which takes longer than everything else.
  let checked: { readonly at: number; readonly seed: Seed.Seed } | undefined
  const seedAt: SeedAt = (at) =>
    checked?.at === at
      ? Effect.succeed(checked.seed)
      : Effect.map(
          SeedCheck.check(options.seed ?? (options.generate === undefined ? sample : {}), "the seed", at),
          (seed) => (checked = { at, seed }).seed,
        )
  const listeners = new Set(options.onRequest === undefined ? [] : [options.onRequest])
  const lock = yield* Semaphore.make(1)
  /** Compares the apps with those of all workspaces and sets the new state, with nothing in between. */
  const replace = (state: State, mayHave: MayHave): Effect.Effect<void, Seed.SeedInvalid> =>
    Effect.suspend(() => {
      const refusal = mayHave(state.store.apps())
      if (refusal !== undefined) return Effect.fail(refusal)
      workspace.state = state
      return Effect.void
    })
  const workspace: Workspace = {
    appTicketUrl: options.appTicketUrl,
    onRequest: options.onRequest,
    secrets,
    testClock,
    state: yield* stateOf(options, clockAt, seedAt, resets, listeners, secrets),
    alone: lock.withPermit,
    reset: (mayHave) =>
      Effect.suspend(() => stateOf(options, clockAt, seedAt, ++resets, listeners, secrets)).pipe(
        Effect.flatMap((state) => replace(state, mayHave)),
      ),
    change: (behaviour) => {
      const changed = { ...workspace.state.behaviour, ...behaviour }
      workspace.state = { ...workspace.state, behaviour: changed, ...countersOf(changed) }
    },
    snapshot: () => {
      const { behaviour, clock, store } = workspace.state
      return {
        head: {
          version: 1,
          now: Math.floor(clock.now() / 1000),
          frozen: clock.isFrozen(),
          behaviour,
          seed: {
            apps: Arr.map(store.apps(), Store.writtenApp),
            // Without users there are made-up ones, which follow from the meetings.
            ...(store.people().length === 0 ? {} : { users: store.people() }),
          },
        },
        meetings: store.meetings(),
        given: store.given,
        meetingBytes: store.meetingBytes(),
      }
    },
    restore: Effect.fnUntraced(function* (snapshot, mayHave) {
      const head = yield* Snapshot.readHead(snapshot)
      const { behaviour, now } = head
      const apps = head.seed.apps ?? Arr.map(workspace.state.store.apps(), Store.writtenApp)
      const store = yield* storeOf(apps, options)
      yield* putPeople(store, head.seed.users ?? [], "the snapshot")
      yield* Snapshot.readMeetings(snapshot, head, store)
      const clock = yield* clockAt(now, head.frozen)
      const state = {
        ...(yield* emptyState(options, apps, ++resets, listeners, secrets)),
        behaviour,
        ...countersOf(behaviour),
        clock,
        store,
        ownMeetings: OwnMeetings.make(store),
      }
      yield* replace(state, mayHave)
    }),
  }
  return workspace
})

/** Makes a store with apps and without meetings. */
const storeOf = (apps: Store.Apps, { randomSeed }: Settled): Effect.Effect<Store.Store, Seed.SeedInvalid> =>
  Store.fits(apps)
    ? Effect.sync(() => Store.make(apps, randomSeed))
    : Effect.fail(
        new Seed.SeedInvalid({
          source: "the seed",
          faults: [{ path: ["apps"], message: Bounds.ofWorkspace }],
        }),
      )

const putPeople = (store: Store.Store, people: ReadonlyArray<Seed.Person>, source: string) =>
  store.putPeople(people)
    ? Effect.void
    : Effect.fail(new Seed.SeedInvalid({ source, faults: [{ path: ["users"], message: Bounds.ofUsers }] }))

const countersOf = ({ monthlyQuota, rateHeaders, rateWindow }: Behaviour.Behaviour) => ({
  rateLimit: RateLimit.make(rateWindow, rateHeaders),
  quota: MonthlyQuota.make(monthlyQuota),
})

/** Makes everything of a state but its clock and its store. */
const emptyState = Effect.fnUntraced(function* (
  { randomSeed = 1, ...options }: Settled,
  apps: Store.Apps,
  resets: number,
  listeners: Set<Journal.Listener>,
  secrets: KnownSecrets.KnownSecrets,
) {
  for (const app of apps) secrets.rememberApp(app)
  const behaviour = Behaviour.withDefaults(options)
  // An app is in one workspace only, so the tokens of each workspace differ even with the same random seed.
  const seed = `${randomSeed}/${apps[0].app_id}`
  return {
    behaviour,
    tokens: Tokens.make(yield* Generator.seeded(seed, "tokens"), secrets.rememberMinted),
    ...countersOf(behaviour),
    // Page tokens from before a reset are not valid after it.
    pageTokens: pageTokens(`${seed}/pages`, resets),
    faults: FaultRules.make(),
    journal: Journal.make(listeners, secrets),
    nextIds: AnswerIds.make(`${seed}/exchanges`),
  }
})

/** Makes the state of a workspace that has just started, or was reset. */
const stateOf = Effect.fnUntraced(function* (
  options: Settled,
  clockAt: ClockAt,
  seedAt: SeedAt,
  resets: number,
  listeners: Set<Journal.Listener>,
  secrets: KnownSecrets.KnownSecrets,
): Effect.fn.Return<State, Seed.SeedInvalid> {
  const clock = yield* clockAt(options.now, options.frozen ?? options.seed?.clock?.frozen === true)
  const nowSeconds = Math.floor(clock.now() / 1000)
  const seed = yield* seedAt(nowSeconds)
  const apps = seed.apps ?? [Seed.defaultApp]
  const store = yield* storeOf(apps, options)
  yield* putPeople(store, seed.users ?? [], "the seed")
  yield* putContents(store, options, seed, nowSeconds)
  const state = yield* emptyState(options, apps, resets, listeners, secrets)
  // What the options say comes before what the seed says.
  for (const rule of [...options.faults, ...(seed.faults ?? [])]) state.faults.add(rule)
  state.faults.setChaos(options.chaos ?? seed.chaos)
  const behaviour = Behaviour.withDefaults(options, seed.behaviour)
  const ownMeetings = OwnMeetings.make(store)
  return { ...state, behaviour, ...countersOf(behaviour), clock, store, ownMeetings }
})

/** Returns a clock that starts at a time in unix seconds, or shows the present. */
type ClockAt = (start: number | undefined, frozen: boolean) => Effect.Effect<VirtualClock.VirtualClock>

/** Returns the seed, checked against a clock that shows a time in unix seconds. */
type SeedAt = (nowSeconds: number) => Effect.Effect<Seed.Seed, Seed.SeedInvalid>

/** Puts the meetings of the seed and of the options into a store. */
const putContents = Effect.fnUntraced(function* (
  store: Store.Store,
  options: Settled,
  seed: Seed.Seed,
  nowSeconds: number,
) {
  const { days = Generator.defaultDays, generate, randomSeed = 1 } = options
  const given = (seed.meetings ?? []).map((meeting) => Seed.inSeconds(meeting, nowSeconds))
  const orders = (seed.generate ?? []).map((order) => Seed.inSeconds(order, nowSeconds))
  const count =
    orders.reduce((sum, order) => sum + order.count, given.length) +
    (generate === undefined ? 0 : generate.numbers * generate.meetings)
  const tooMany = (message: string) =>
    new Seed.SeedInvalid({ source: "the mock's configuration", faults: [{ path: ["generate"], message }] })
  if (count > Bounds.meetings) return yield* tooMany(`makes ${count} meetings, but ${Bounds.ofWorkspace}`)
  if (generate !== undefined) {
    const { tenant_key: tenant } = generate
    if (tenant !== undefined && !store.apps().some(({ tenants }) => tenants.includes(tenant))) {
      const faults = [{ path: ["generate", "tenant_key"], message: notATenant(tenant, "generate") }]
      return yield* new Seed.SeedInvalid({ source: "the mock's configuration", faults })
    }
    const taken = new Set([...given, ...orders].map((entry) => entry.meeting_no))
    const random = yield* Generator.seeded(randomSeed, "numbers")
    for (const meeting_no of Generator.meetingNos(random, generate.numbers, taken)) {
      const { meetings: count, numbers: _, ...rest } = generate
      orders.push({ meeting_no, count, ...rest })
    }
  }
  const put = (meetings: Iterable<Store.GivenMeeting>) =>
    Effect.flatMap(Store.putAll(store, meetings), (haveFitted) =>
      haveFitted ? Effect.void : Effect.fail(tooMany(Bounds.ofWorkspace)),
    )
  yield* put(given)
  const span = Generator.daysBefore(nowSeconds, days)
  const isTaken = (id: string) => store.meeting(id) !== undefined
  for (const order of orders) {
    // A stream of random numbers for each tenant and number: its meetings stay the same when others come or go.
    const random = yield* Generator.seeded(randomSeed, `meetings/${purposeOf(order)}`)
    yield* put(Generator.meetings(random, order, span, isTaken))
  }
})

/** Names what determines the meetings of an order, next to the random seed. */
const purposeOf = ({ meeting_no: meetingNo, tenant_key: tenant }: Seed.InSeconds<Seed.Generate>): string =>
  tenant === undefined ? meetingNo : `${meetingNo}/${tenant}`

/** Returns the app whose credentials clients get: the first self-built one, or the first one if all are store apps. */
export const firstApp = ({ state }: Workspace): Store.App =>
  state.store.apps().find(({ type }) => type === "self_built") ?? state.store.apps()[0]

/** Returns the meeting numbers that have meetings. */
export const meetingNos = ({ state }: Workspace): ReadonlyArray<MeetingNo> => state.store.meetingNos()

/** Returns what a client needs to use a workspace. */
export const running = (workspace: Workspace, url: string) => {
  const app = firstApp(workspace)
  return { url, appId: app.app_id, appSecret: app.app_secret, meetingNos: meetingNos(workspace) }
}

/** The seed of a workspace that is requested without meetings. */
export const sampleSeed: Seed.Seed = { generate: sample.generate }

/** Returns the app of the n-th workspace that is requested without apps. Its credentials are made up. */
export const appOfItsOwn = (n: number): Seed.App => ({
  ...Seed.defaultApp,
  app_id: `cli_w${String(n).padStart(15, "0")}`,
  tenants: [`tenant_w${n}`],
})
