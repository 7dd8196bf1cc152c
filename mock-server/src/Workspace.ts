/**
 * A Feishu of its own: apps, meetings, tokens, limits, clock. One server holds many, so that tests that run at the
 * same time do not see each other; a request belongs to the one whose app or token it names.
 */
import type { MeetingNo } from "@effect-feishu/contract"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Random } from "effect/Random"
import * as Behaviour from "./Behaviour.ts"
import * as Generator from "./Generator.ts"
import { type PageTokens, pageTokens } from "./PageToken.ts"
import * as Quota from "./Quota.ts"
import * as RateLimit from "./RateLimit.ts"
import { sample } from "./sample.ts"
import * as Seed from "./Seed.ts"
import * as Store from "./Store.ts"
import * as Tokens from "./Tokens.ts"
import * as VirtualClock from "./VirtualClock.ts"

/** What a workspace holds and how it behaves. Everything has a default. */
export interface Options extends Partial<{
  readonly [Key in keyof Behaviour.Behaviour]: Behaviour.Behaviour[Key] | undefined
}> {
  /** Apps and meetings. Without it and without `generate`: an embedded sample. */
  readonly seed?: Seed.Seed | undefined
  /** More meetings: `numbers` meeting numbers with `meetings` meetings each. */
  readonly generate?: { readonly numbers: number; readonly meetings: number } | undefined
  /** Generated meetings lie in this many days before the UTC day in which the clock starts; 89 unless given. */
  readonly days?: number | undefined
  /** Decides all that is random: meetings, tokens and ids. 1 unless given. */
  readonly randomSeed?: string | number | undefined
  /**
   * When the mock's clock starts: a time, or unix seconds. From then on it runs as Effect's `Clock` does. Without
   * it the mock's time is that of Effect's `Clock`.
   */
  readonly now?: DateTime.DateTime | number | undefined
  /** Where app tickets are pushed to: the URL of your program's event handler. */
  readonly appTicketUrl?: string | undefined
}

/** Everything that a reset makes anew, at once. */
export interface State {
  readonly clock: VirtualClock.VirtualClock
  readonly store: Store.Store
  readonly tokens: Tokens.Tokens
  readonly rateLimit: RateLimit.RateLimit
  readonly quota: Quota.Quota
  readonly pageTokens: PageTokens
  /** Of log ids and request ids. */
  readonly ids: Random
}

/** See the members. */
export interface Workspace {
  readonly behaviour: Behaviour.Behaviour
  readonly appTicketUrl: string | undefined
  /** A request takes it once, so that a reset in between leaves it the old one, whole. */
  state: State
  /** Brings back the seed and the start of the clock, and forgets tokens and counts. */
  readonly reset: Effect.Effect<void, Seed.SeedInvalid>
}

/** Makes a workspace. Fails with every fault of its seed. */
export const make = Effect.fnUntraced(function* (
  options: Options,
): Effect.fn.Return<Workspace, Seed.SeedInvalid> {
  const behaviour = behaviourOf(options)
  let resets = 0
  const workspace: Workspace = {
    behaviour,
    appTicketUrl: options.appTicketUrl,
    state: yield* build(options, behaviour, resets),
    reset: Effect.suspend(() =>
      Effect.map(build(options, behaviour, ++resets), (state) => {
        workspace.state = state
      }),
    ),
  }
  return workspace
})

const behaviourOf = (options: Options): Behaviour.Behaviour => ({
  rateLimit: options.rateLimit ?? Behaviour.defaults.rateLimit,
  rateWindow: options.rateWindow ?? Behaviour.defaults.rateWindow,
  rateStatus: options.rateStatus ?? Behaviour.defaults.rateStatus,
  ninetyDays: options.ninetyDays ?? Behaviour.defaults.ninetyDays,
  emptyList: options.emptyList ?? Behaviour.defaults.emptyList,
  lastPageToken: options.lastPageToken ?? Behaviour.defaults.lastPageToken,
  monthlyQuota: options.monthlyQuota ?? Behaviour.defaults.monthlyQuota,
})

const build = Effect.fnUntraced(function* (
  options: Options,
  behaviour: Behaviour.Behaviour,
  resets: number,
): Effect.fn.Return<State, Seed.SeedInvalid> {
  const clock = yield* VirtualClock.make(options.now)
  const randomSeed = options.randomSeed ?? 1
  return {
    clock,
    store: Store.make(yield* fill(options, Math.floor(clock.now() / 1000))),
    tokens: Tokens.make(yield* Generator.seeded(randomSeed, "tokens")),
    rateLimit: RateLimit.make(behaviour.rateLimit, behaviour.rateWindow),
    quota: Quota.make(behaviour.monthlyQuota),
    // Page tokens from before a reset are no good after it.
    pageTokens: pageTokens(`${randomSeed}/pages${resets === 0 ? "" : `/${resets}`}`),
    ids: yield* Generator.seeded(randomSeed, "exchanges"),
  }
})

/** The apps and meetings that the options ask for. */
const fill = Effect.fnUntraced(function* (options: Options, nowSeconds: number) {
  const { days = 89, generate, randomSeed = 1 } = options
  const seed = yield* Seed.check(options.seed ?? (generate === undefined ? sample : {}))
  const given = seed.meetings ?? []
  const orders = [...(seed.generate ?? [])]
  if (generate !== undefined) {
    const taken = new Set([...given, ...orders].map((entry) => entry.meeting_no))
    const random = yield* Generator.seeded(randomSeed, "numbers")
    for (const meeting_no of Generator.meetingNos(random, generate.numbers, taken)) {
      orders.push({ meeting_no, count: generate.meetings })
    }
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
}

/** Only one workspace, to begin with. */
export const only = (shared: Workspace): Workspaces => ({
  shared,
  ofApp: (appId) => (shared.state.store.app(appId) === undefined ? undefined : shared),
  ofToken: (text) => {
    const token = shared.state.tokens.find(text)
    return token === undefined ? undefined : { workspace: shared, token }
  },
})

/** The first self-built app, whose credentials a client is given; if all are store apps, the first of those. */
export const firstApp = ({ state }: Workspace): Seed.App =>
  state.store.apps().find(({ type }) => type === "self_built") ?? state.store.apps()[0]!

/** The numbers that have meetings. */
export const meetingNos = ({ state }: Workspace): ReadonlyArray<MeetingNo> => state.store.meetingNos()
