/** What a seed stands for: the meetings, how this Feishu behaves, the weather, who reads what, and who is stopped when. */
import { ListByNo, MeetingNo, type Meetings, type RateLimit, type TimeRange } from "@effect-feishu/core"
import * as Dice from "./Dice.ts"
import type { Manners } from "./VirtualTime.ts"

/** A meeting. Times of meetings are unix seconds; `since` is when it appears, in milliseconds of virtual time. */
export interface Row {
  readonly id: string
  readonly meetingNo: MeetingNo
  readonly time: number
  readonly topic: string
  readonly since: number
  /** When it ends, in milliseconds of virtual time. */
  readonly endsAt: number
  /** When its recording is ready, in milliseconds of virtual time; `undefined` where nobody records it. */
  readonly recordedAt: number | undefined
  /** The code that refuses its details, and its recording. */
  readonly refused: { readonly details: number | undefined; readonly recording: number | undefined }
}

/** The requests about a single meeting. */
export type AboutMeeting = "details" | "recording"

/** How a reader calls, and what it does with what comes. */
export interface Plan {
  readonly name: string
  readonly numbers: ReadonlyArray<MeetingNo>
  readonly options: Meetings.Options & { readonly readAhead: number; readonly pageSize: number }
  /** Which function of `Meetings` it calls. */
  readonly by: "pages" | "page" | "stream" | "outcomes" | "streamMany" | "detailsOf"
  /** What it asks for each meeting, by the function of `Meetings` that reads details; `undefined` where it reads the list only. */
  readonly details:
    | (Meetings.DetailsRequest & {
        readonly details: boolean
        readonly recordings: boolean
        readonly concurrency: number
      })
    | undefined
  /** Whether it goes on with the ids of the meetings that it has, so that none of them comes again. */
  readonly seen: boolean
  /** Stops after so many rows. */
  readonly take: number | undefined
  /** The longest that it works on a page, in milliseconds. */
  readonly slowness: number
  /** Stores rows and cursor after every so many pages. */
  readonly storesEvery: number
  /** How likely it loses patience with a read and begins a new one from what it has stored. */
  readonly impatience: number
  /** When it starts, in milliseconds after its process. */
  readonly starts: number
}

/** How often things go wrong, as the share of requests. */
interface Weather {
  readonly network: number
  readonly gateway: number
  readonly payload: number
  readonly tokenEndpoint: number
}

/** A login that machines share, and what happens to it. Times are milliseconds of virtual time. */
interface Login {
  /** What is left of the first access token. */
  readonly left: number
  readonly revokedAt: ReadonlyArray<number>
  /** Times in which no request for tokens gets through. */
  readonly outages: ReadonlyArray<{ readonly from: number; readonly to: number }>
  /** Times in which nothing can be stored: so many milliseconds from when the nth of all refreshes is sent. */
  readonly unwritable: ReadonlyArray<{ readonly nth: number; readonly millis: number }>
  /** The longest that the store takes to write, and then to say so. */
  readonly writing: number
  /** The longest that Feishu takes to make tokens. */
  readonly making: number
  /** Other programs with the same login, by how long they pause between two uses of it, and how far off their clocks are. */
  readonly others: ReadonlyArray<{ readonly pause: number; readonly clock: number }>
  /** Stops of the machine that refreshes, as many milliseconds after the nth of all refreshes was sent, or answered. */
  readonly stops: ReadonlyArray<{
    readonly nth: number
    readonly of: "sent" | "answered"
    readonly after: number
    readonly how: "kill" | "interrupt"
    readonly pause: number
  }>
}

/** Everything that follows from a seed before anything runs. */
export interface Scenario {
  readonly seed: number
  /** Unix milliseconds at the beginning of virtual time. */
  readonly epoch: number
  /** What all readers read. */
  readonly range: TimeRange.TimeRange
  /** What of it one query may ask for, oldest first: neighbours share a second. */
  readonly windows: ReadonlyArray<TimeRange.TimeRange>
  readonly rows: ReadonlyArray<Row>
  readonly listing: {
    readonly order: "by time" | "by time, newest first" | "by id"
    readonly bounds: "both" | "start only" | "end only"
    /** Page tokens that are plain offsets come again for the same place; the others are all different. */
    readonly tokens: "offset" | "opaque"
    readonly tokenLife: number
    /** How likely a page repeats rows of the one before, or is empty although more follow. */
    readonly overlaps: number
    readonly empties: number
    /** Whether fields are left out or null where Feishu may do so. */
    readonly sparse: boolean
    /** Whether only the last 90 days can be asked for, or any 90 days. */
    readonly ninetyDays: "span" | "lookback"
    readonly numberAs: "digits" | "with blanks" | "absent" | "null"
  }
  readonly limit: {
    readonly requests: number
    readonly kind: "fixed window" | "shifted window" | "sliding log" | "token bucket"
    readonly shift: number
    /** Requests a minute by another program with the same app. */
    readonly others: number
    readonly tellsReset: boolean
  }
  /** How requests about single meetings are answered. */
  readonly meetings: {
    /** The limits of each endpoint; those that the endpoint declares unless given. */
    readonly limits: Readonly<Record<AboutMeeting, RateLimit.Windows | undefined>>
    /** How the server counts them. */
    readonly kind: Scenario["limit"]["kind"]
    /** Requests of other programs to each endpoint, as a share of its limit of a minute. */
    readonly others: number
    /** How the end of a meeting is said that runs. */
    readonly end: "0" | "absent" | "the start"
    /** How it is said that there is no recording, and of a meeting that runs, and of one whose recording is being made. */
    readonly none: "121004" | "empty data" | "null"
    readonly running: 121004 | 122001 | 124002
    readonly beingMade: 121004 | 124002
  }
  readonly token: {
    readonly life: number
    readonly tells: "the truth" | "two hours" | "odd things"
    /** When all tokens are revoked. */
    readonly revokedAt: ReadonlyArray<number>
    /** How likely a revoked token is given out again. */
    readonly stubbornness: number
  }
  /** The login of a user that all read with; absent where they read with the tokens of an app. */
  readonly login?: Login | undefined
  readonly weather: Weather
  /** Times in which no request for meetings gets through, and why not. */
  readonly outages: ReadonlyArray<{
    readonly from: number
    readonly to: number
    readonly what: "network" | "gateway" | "limit" | "token"
  }>
  /** From then on nothing goes wrong any more, so that every read must come to its end. */
  readonly calmFrom: number
  /** The longest way to the server and back, in milliseconds. */
  readonly delay: { readonly there: number; readonly back: number }
  readonly manners: Manners
  readonly tiesByDice: boolean
  readonly plans: ReadonlyArray<Plan>
  /** When the process is stopped and how; another one takes over after `pause`. */
  readonly stops: ReadonlyArray<{
    readonly at: number
    readonly how: "kill" | "interrupt"
    readonly pause: number
  }>
  readonly wallClockJumps: ReadonlyArray<{ readonly at: number; readonly by: number }>
}

/** How a range grows old while it is read: seconds that its start is within 90 days, and the days that a process stays away. */
interface Aging {
  readonly within: number
  readonly awayDays: number | undefined
}

const minute = 60_000
const day = 86_400
/** 2026-11-22: any time will do. */
const epoch = 1_795_305_600_000

/** Limits small enough to be felt in a fast test, in either order. */
const limitsOfMeetings: ReadonlyArray<RateLimit.Windows | undefined> = [
  undefined,
  undefined,
  [
    { requests: 20, window: "60 seconds" },
    { requests: 5, window: "1 second" },
  ],
  [
    { requests: 4, window: "1 second" },
    { requests: 60, window: "60 seconds" },
  ],
  [
    { requests: 30, window: "60 seconds" },
    { requests: 2, window: "1 second" },
  ],
  [
    { requests: 8, window: "60 seconds" },
    { requests: 8, window: "1 second" },
  ],
]

/** Draws the login of a user who reads, where it is one who does. */
const drawLogin = (
  { calmFrom, delay, seed, token: { life } }: Scenario,
  calm: boolean,
): Login | undefined => {
  const dice = Dice.make(`login ${seed}`)
  if (!dice.chance(0.3)) return undefined
  const sometime = () => dice.int(0, calmFrom)
  const several = <A>(most: number, make: () => A) => Array.from({ length: dice.int(0, most) }, make)
  const spells = () =>
    several(1, () => {
      const from = sometime()
      return { from, to: Math.min(calmFrom, from + dice.int(1_000, 4 * minute)) }
    })
  const writing = dice.pick([5, 40])
  const clock = dice.pick([0, 0, 2 * minute])
  return {
    left: dice.pick([life, life, 90_000, 0]),
    revokedAt: calm || dice.chance(0.7) ? [] : [sometime()],
    outages: calm ? [] : spells(),
    unwritable:
      calm || dice.chance(0.6)
        ? []
        : several(2, () => ({ nth: dice.int(1, 5), millis: dice.pick([1_000, 5_000, 30_000, 4 * minute]) })),
    writing,
    // A request without an answer rests for 5 s: no longer than that is it under way.
    making: delay.there > 1_000 ? 40 : dice.pick([40, 2_000, 4_000]),
    others: several(2, () => ({
      pause: dice.pick([2_000, 20_000, 2 * minute]),
      clock: dice.int(-clock, clock),
    })),
    stops: calm
      ? []
      : several(3, () => {
          const of = dice.pick(["sent", "answered"] as const)
          return {
            nth: dice.int(1, 6),
            of,
            after: dice.int(0, of === "answered" ? 3 * writing : dice.pick([100, 2_000, 7_000, 30_000])),
            how: dice.pick(["kill", "interrupt"] as const),
            pause: dice.pick([0, 0, dice.int(0, minute)]),
          }
        }),
  }
}

/** Draws it. */
export const draw = (seed: number): Scenario => {
  const dice = Dice.make(`scenario ${seed}`)
  const age = Dice.make(`age ${seed}`)
  const aging: Aging | undefined = age.chance(0.2)
    ? {
        within: age.pick([120, 1_200, day, 10 * day]),
        awayDays: age.chance(0.6) ? age.pick([0.5, 3, 30, 95, 200]) : undefined,
      }
    : undefined
  const about = Dice.make(`details ${seed}`)
  const withDetails = about.chance(0.5)
  const calm = dice.chance(0.2)
  const share = (most: number) => (calm || dice.chance(0.3) ? 0 : dice.next() * most)
  const calmFrom = dice.int(1, 25) * minute
  const sometime = () => dice.int(0, calmFrom)
  const several = <A>(most: number, make: (index: number) => A) =>
    Array.from({ length: dice.int(0, most) }, (_, index) => make(index))

  const numbers = Array.from({ length: dice.int(1, 3) }, (_, index) => MeetingNo.make(`10000000${index + 1}`))
  const manyWindows = dice.pick([1, 1, 2, 3, 4, 7])
  const end = epoch / 1_000 - dice.int(0, 30) * day
  const anyRange = {
    start: end - Math.ceil((manyWindows - dice.pick([0.001, 0.5, 0.9, 0])) * ListByNo.maxRangeSeconds),
    end,
  }
  const readable = epoch / 1_000 - ListByNo.maxRangeSeconds
  const range =
    aging === undefined
      ? anyRange
      : { start: readable + aging.within, end: epoch / 1_000 + age.pick([0, 0, 40 * day]) }
  const windows = Math.ceil((range.end - range.start) / ListByNo.maxRangeSeconds)
  const seams = Array.from({ length: windows }, (_, index) => range.start + index * ListByNo.maxRangeSeconds)

  const requests = dice.pick([5, 8, 12, 20, 100, 100])
  // As many pages as make the limit felt, and no more than a fast test can read.
  const pagesInAll = dice.pick([2, 10, 20, 30, Math.min(60, requests * 3), requests === 100 ? 115 : 45])
  const plansInAll = dice.pick([1, 1, 2, 3])
  const pageSize = dice.pick([1, 2, 3, 7, 20, 50])
  const rowsInAll = Math.min(700, Math.ceil((pagesInAll / plansInAll) * pageSize))
  const inserts = dice.pick([0, 0, 0.1, 0.4])
  const listed = Array.from({ length: rowsInAll }, (_, index) => {
    const where = dice.next()
    const time =
      where < 0.1
        ? dice.pick(seams) + dice.int(-1, 1)
        : where < 0.15
          ? range.end + dice.int(-1, 1)
          : where < 0.2
            ? dice.pick([range.start - dice.int(1, 100 * day), range.end + dice.int(1, 100 * day)])
            : dice.int(range.start, range.end)
    return {
      id: String(7_000_000_000_000_000_000n + BigInt(dice.int(0, 1_000_000)) * 10_000n + BigInt(index)),
      meetingNo: dice.pick(numbers),
      time,
      topic: dice.pick(["", "weekly", "评审 <b>", `topic "${index}"`]),
      since: dice.chance(inserts) ? sometime() : Number.NEGATIVE_INFINITY,
    }
  })
  const [running, late] = [about.pick([0, 0.1, 0.5]), about.pick([0, 0.1, 0.5])]
  const meetingOf = (row: (typeof listed)[number]): Row => {
    const endsAt = about.chance(running) ? about.int(0, calmFrom) : Number.NEGATIVE_INFINITY
    const madeIn = about.pick([0, 30_000, 5 * minute])
    const recordedAt = about.chance(late) ? about.int(0, calmFrom) : Number.NEGATIVE_INFINITY
    return {
      ...row,
      // What the list gives need not be a number.
      id: about.chance(0.02) ? `room/${row.id}` : row.id,
      endsAt,
      recordedAt: about.chance(0.6) ? Math.max(endsAt + madeIn, recordedAt) : undefined,
      refused: {
        details: about.chance(0.85) ? undefined : about.pick([121003, 121004, 121005, 121005]),
        recording: about.chance(0.85) ? undefined : about.pick([121003, 121005, 121005, 122002]),
      },
    }
  }
  const ended = { endsAt: Number.NEGATIVE_INFINITY, recordedAt: undefined }
  const rows = withDetails
    ? listed.slice(0, about.pick([10, 40, 80, 200])).map(meetingOf)
    : listed.map((row): Row => ({ ...row, ...ended, refused: { details: undefined, recording: undefined } }))

  const listPlans = Array.from({ length: plansInAll }, (_, index): Plan => {
    const anyWay = dice.pick(["pages", "pages", "stream", "outcomes", "streamMany", "page"] as const)
    // Who reads many numbers gives the range anew, and one that is too old then is refused.
    const by = aging === undefined || !["outcomes", "streamMany"].includes(anyWay) ? anyWay : "pages"
    return {
      name: `reader ${index + 1}`,
      numbers: by === "outcomes" || by === "streamMany" ? numbers : [dice.pick(numbers)],
      options: {
        pageSize: dice.chance(0.7) ? pageSize : Math.min(50, pageSize + dice.int(0, 5)),
        readAhead: by === "page" ? 1 : dice.pick([1, 1, 2, 3, 4, 6]),
        order: dice.pick([undefined, "oldest", "newest"] as const),
      },
      by,
      details: undefined,
      seen: false,
      take: by === "stream" && dice.chance(0.3) ? dice.int(1, 30) : undefined,
      slowness: dice.pick([0, 0, 0, 2_000, 45_000]),
      storesEvery: dice.pick([1, 1, 2, 5]),
      impatience: dice.chance(0.3) ? dice.next() * 0.6 : 0,
      starts: dice.chance(0.5) ? 0 : dice.int(0, 20_000),
    }
  })
  const readingDetails = (plan: Plan): Plan => ({
    ...plan,
    by: plan.by === "streamMany" ? "outcomes" : plan.by === "page" ? "detailsOf" : plan.by,
    details: {
      ...about.pick([
        { details: true, recordings: false },
        { details: true, recordings: true },
        { details: true, recordings: true },
        { details: false, recordings: true },
      ]),
      ...about.pick<Meetings.DetailsOptions>([
        {},
        { participants: true },
        { participants: true, abilities: true, userIdType: "union_id" },
      ]),
      concurrency: about.pick([1, 2, 3, 10, 50]),
    },
    seen: about.chance(0.5),
  })
  const plans = withDetails
    ? listPlans.map((plan) => (about.chance(0.8) ? readingDetails(plan) : plan))
    : listPlans

  const scenario: Scenario = {
    seed,
    epoch,
    range,
    windows: seams.map((start) => ({ start, end: Math.min(start + ListByNo.maxRangeSeconds, range.end) })),
    rows,
    listing: {
      order: dice.pick(["by time", "by time, newest first", "by id"]),
      bounds: dice.pick(["both", "start only", "end only"]),
      tokens: dice.pick(["offset", "opaque", "opaque"]),
      tokenLife: dice.chance(0.6) ? Number.POSITIVE_INFINITY : dice.pick([20_000, 90_000, 10 * minute]),
      overlaps: dice.pick([0, 0, 0.3]),
      empties: dice.pick([0, 0, 0.2]),
      sparse: dice.chance(0.5),
      ninetyDays: aging === undefined ? "span" : "lookback",
      numberAs: dice.pick(["digits", "digits", "with blanks", "absent", "null"]),
    },
    limit: {
      requests,
      kind: dice.pick(["fixed window", "shifted window", "sliding log", "sliding log", "token bucket"]),
      shift: dice.int(1, 59_000),
      others: calm || dice.chance(0.75) ? 0 : requests * dice.pick([0.2, 0.6, 1.5]),
      tellsReset: dice.chance(0.8),
    },
    meetings: {
      limits: withDetails
        ? { details: about.pick(limitsOfMeetings), recording: about.pick(limitsOfMeetings) }
        : { details: undefined, recording: undefined },
      kind: about.pick(["fixed window", "shifted window", "sliding log", "token bucket"]),
      others: calm || !withDetails || about.chance(0.75) ? 0 : about.pick([0.2, 0.6, 1.5]),
      end: about.pick(["0", "absent", "the start"]),
      none: about.pick(["121004", "empty data", "null"]),
      running: about.pick([122001, 122001, 121004, 124002]),
      beingMade: about.pick([124002, 124002, 121004]),
    },
    token: {
      life: dice.pick([90_000, 5 * minute, 31 * minute, 120 * minute, 120 * minute]),
      tells: dice.weighted({ "the truth": 6, "two hours": 2, "odd things": 2 }),
      revokedAt: calm ? [] : several(3, sometime),
      stubbornness: dice.pick([0, 0, 0.5]),
    },
    weather: {
      network: share(0.25),
      gateway: share(0.25),
      payload: share(0.1),
      tokenEndpoint: share(0.5),
    },
    outages: calm
      ? []
      : several(2, () => {
          const from = sometime()
          const what = dice.pick(["network", "gateway", "limit", "token"] as const)
          return { from, to: Math.min(calmFrom, from + dice.int(1_000, 4 * minute)), what }
        }),
    calmFrom,
    delay: dice.pick([
      { there: 40, back: 40 },
      { there: 400, back: 400 },
      { there: 4_900, back: 3_000 },
    ]),
    manners: {
      latest: dice.pick([0, 0, 30]),
      // The most that a clock is slewed by to be set right.
      fast: dice.pick([0, 0.0005]),
      yields: dice.pick([0, 0, 0.01, 0.1]),
    },
    tiesByDice: dice.chance(0.5),
    plans,
    stops: [
      ...(calm
        ? []
        : several(2, () => ({
            at: dice.int(100, calmFrom),
            how: dice.pick(["kill", "interrupt"] as const),
            pause: dice.pick([0, 0, dice.int(0, 3) * minute]),
          }))),
      // Early, while the meetings are being asked for; the next process then begins within the same minute.
      ...(withDetails && about.chance(0.5)
        ? [{ at: about.int(1_000, 90_000), how: about.pick(["kill", "interrupt"] as const), pause: 0 }]
        : []),
      ...(aging?.awayDays === undefined
        ? []
        : [
            {
              at: age.int(100, age.pick([calmFrom, 2 * minute])),
              how: age.pick(["kill", "interrupt"] as const),
              pause: aging.awayDays * day * 1_000,
            },
          ]),
    ].toSorted((a, b) => a.at - b.at),
    // What is too old is known by the clock of the machine: one that is minutes off is not expected to know it.
    wallClockJumps:
      dice.chance(0.2) && aging === undefined
        ? several(2, () => ({ at: sometime(), by: dice.int(-10, 10) * minute }))
        : [],
  }
  return { ...scenario, login: drawLogin(scenario, calm) }
}
