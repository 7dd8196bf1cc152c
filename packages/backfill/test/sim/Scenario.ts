/** What a seed stands for: apps and tenants with their meetings, runs over them, runners, and what happens to all of these. */
import { ListByNo, MeetingNo, type TimeRange } from "@effect-feishu/core"
import * as Dice from "../../../core/test/sim/Dice.ts"
import type * as Core from "../../../core/test/sim/Scenario.ts"
import type { Manners } from "../../../core/test/sim/VirtualTime.ts"
import type { Lane } from "../../src/Lane.ts"

/** A number that Feishu refuses. */
interface Refused {
  readonly meetingNo: MeetingNo
  /** Until then, in milliseconds of virtual time; for ever if that is infinite. */
  readonly until: number
  readonly code: number
}

/** An app and tenant: its Feishu as the simulation of core has it, and what is wrong with it. */
export interface LaneOf {
  readonly lane: Lane
  readonly feishu: Core.Scenario
  readonly numbers: ReadonlyArray<MeetingNo>
  readonly refused: ReadonlyArray<Refused>
  /** Times in which all requests are refused, with such an answer. */
  readonly faults: ReadonlyArray<{ readonly from: number; readonly to: number; readonly code: number }>
}

/** A run over some lanes. */
export interface Run {
  readonly name: string
  /** When it is planned. */
  readonly at: number
  /** The lanes, and the first numbers of each. */
  readonly lanes: ReadonlyArray<{ readonly lane: number; readonly numbers: number }>
  readonly range: TimeRange.TimeRange
  /** A series has further rounds at these times, if the last one is done by then. */
  readonly series: { readonly overlapSeconds: number; readonly rounds: ReadonlyArray<number> } | undefined
  readonly pageSize: number
  readonly details: boolean
  readonly recordings: boolean
  readonly pauses: ReadonlyArray<{ readonly at: number; readonly millis: number }>
  readonly cancelledAt: number | undefined
}

/** What happens. */
export type Disturbance = { readonly at: number } & (
  | {
      readonly what: "move"
      readonly lane: number
      readonly to: number
      /** Milliseconds for which two runners have the lane; less than 0 if for so long none has. */
      readonly overlap: number
    }
  | {
      readonly what: "kill"
      readonly runner: number
      /** Whether the power fails, so that the database is not told. */
      readonly power: boolean
      readonly pause: number
      /** After it others have its lanes. */
      readonly noticed: number
      /** In the midst of what it does next, after so many steps. */
      readonly steps: number | undefined
    }
  | { readonly what: "stop"; readonly runner: number; readonly pause: number }
  | {
      readonly what: "freeze"
      readonly runner: number
      readonly millis: number
      readonly suspended: boolean
      /** In the midst of its next transaction. */
      readonly inTransaction: boolean
      readonly noticed: number
      readonly steps: number | undefined
    }
  | {
      readonly what: "cut"
      readonly runner: number
      readonly millis: number
      readonly silent: boolean
      readonly noticed: number | undefined
    }
  | { readonly what: "restart"; readonly downMillis: number }
  | { readonly what: "wall clock"; readonly runner: number; readonly by: number }
)

/** Everything that follows from a seed before anything runs. */
export interface Scenario {
  readonly seed: number
  /** Unix milliseconds at the beginning of virtual time. */
  readonly epoch: number
  readonly runners: ReadonlyArray<{ readonly manners: Manners; readonly wallClockOff: number }>
  readonly lanes: ReadonlyArray<LaneOf>
  readonly runs: ReadonlyArray<Run>
  readonly disturbances: ReadonlyArray<Disturbance>
  readonly database: {
    readonly way: { readonly usual: number; readonly seldom: number }
    readonly breaks: number
    /** How far its clock is from the true time. */
    readonly clockOff: number
    /** How it moves back at some time. */
    readonly clockBack: { readonly at: number; readonly by: number } | undefined
  }
  readonly timing: {
    readonly concurrency: number
    readonly commitMillis: number
    readonly commitUnits: number
  }
  /** From then on nothing goes wrong any more. */
  readonly calmFrom: number
  readonly tiesByDice: boolean
}

const minute = 60_000
const day = 86_400
/** 2026-11-22: any time will do. */
const usualEpoch = 1_795_305_600_000
/** Six minutes before December begins in Beijing. */
const endOfMonth = 1_796_054_040_000

/** What refuses a number, and no other. 121003 may also be said of an old range. */
const codesOfNumber = [121004, 121005]

/** Draws it. */
export const draw = (seed: number): Scenario => {
  const dice = Dice.make(`backfill ${seed}`)
  const several = <A>(most: number, make: (index: number) => A) =>
    Array.from({ length: dice.int(0, most) }, (_, index) => make(index))
  const calm = dice.chance(0.15)
  const hasQuota = dice.chance(0.05)
  const epoch = hasQuota ? endOfMonth : usualEpoch
  const calmFrom = dice.int(1, 8) * minute
  const sometime = () => dice.int(0, calmFrom)
  const share = (most: number) => (calm || dice.chance(0.5) ? 0 : dice.next() * most)

  const now = epoch / 1_000
  const windows = dice.pick([1, 2, 3, 4])
  const end = now - dice.int(0, 30) * day
  const range = {
    start: end - Math.ceil((windows - dice.pick([0.001, 0.5, 0.9, 0])) * ListByNo.maxRangeSeconds),
    end,
  }
  const seriesFrom = now - dice.int(1, 100) * day
  const withDetails = dice.chance(0.2)

  const requests = dice.pick([3, 4, 6, 10])
  const limitKinds = ["fixed window", "shifted window", "sliding log", "token bucket"] as const
  const laneOf = (index: number): LaneOf => {
    const numbers = Array.from({ length: dice.pick([1, 3, 5, 8]) }, (_, number) =>
      MeetingNo.make(String(100_000_001 + number)),
    )
    const perUnit = dice.pick([0, 0.5, 1, 3])
    const isBig = dice.chance(0.2)
    const count = Math.min(60, Math.ceil(numbers.length * windows * perUnit) + (isBig ? dice.int(5, 25) : 0))
    const times = () => {
      const where = dice.next()
      if (where < 0.15)
        return range.start + dice.int(0, windows - 1) * ListByNo.maxRangeSeconds + dice.int(-1, 1)
      if (where < 0.2) return range.end + dice.int(-1, 1)
      if (where < 0.35) return now + dice.int(-3 * day, 20 * 60)
      return dice.int(range.start, range.end)
    }
    const rows = Array.from({ length: count }, (_, row): Core.Row => {
      const time = times()
      const at = Math.max(time * 1_000 - epoch, Number.NEGATIVE_INFINITY)
      return {
        id: String(7_000_000_000_000_000_000n + BigInt(dice.int(0, 100_000)) * 10_000n + BigInt(row)),
        meetingNo: isBig && dice.chance(0.7) ? numbers[0]! : dice.pick(numbers),
        time,
        topic: dice.pick(["", "weekly", "评审 <b>", `topic "${row}"`]),
        since:
          at > 0 ? at + dice.int(0, 2 * minute) : dice.chance(0.05) ? sometime() : Number.NEGATIVE_INFINITY,
        endsAt: Number.NEGATIVE_INFINITY,
        recordedAt: dice.chance(0.5) ? Number.NEGATIVE_INFINITY : undefined,
        refused: {
          details: dice.chance(0.9) ? undefined : 121005,
          recording: dice.chance(0.9) ? undefined : 121005,
        },
      }
    })
    return {
      lane: {
        appId: `cli_${index + 1}`,
        ...(dice.chance(0.3) ? { tenantKey: `tenant-${index + 1}` } : {}),
      },
      numbers,
      refused: numbers.flatMap((meetingNo) =>
        dice.chance(0.1)
          ? [
              {
                meetingNo,
                until: dice.chance(0.5) ? Number.POSITIVE_INFINITY : sometime(),
                code: dice.pick(codesOfNumber),
              },
            ]
          : [],
      ),
      faults: [
        ...(calm || dice.chance(0.85)
          ? []
          : [{ from: sometime(), to: calmFrom, code: dice.pick([99991672, 99991663]) }]),
        ...(hasQuota && index === 0 ? [{ from: sometime(), to: 6 * minute, code: 99991403 }] : []),
      ],
      feishu: {
        seed,
        epoch,
        range: { start: 0, end: Number.POSITIVE_INFINITY },
        windows: [],
        rows,
        listing: {
          order: dice.pick(["by time", "by time, newest first", "by id"]),
          bounds: dice.pick(["both", "start only"]),
          tokens: dice.pick(["offset", "opaque"]),
          tokenLife: dice.chance(0.8) ? Number.POSITIVE_INFINITY : dice.pick([20_000, 90_000]),
          overlaps: dice.pick([0, 0, 0.3]),
          empties: dice.pick([0, 0, 0.2]),
          sparse: dice.chance(0.3),
          ninetyDays: "span",
          numberAs: dice.pick(["digits", "digits", "with blanks", "absent", "null"]),
        },
        limit: {
          requests,
          kind: dice.pick([...limitKinds, "sliding log"]),
          shift: dice.int(1, 59_000),
          others: 0,
          tellsReset: true,
        },
        meetings: {
          limits: { details: undefined, recording: undefined },
          kind: dice.pick(limitKinds),
          others: 0,
          end: "0",
          none: "121004",
          running: 122001,
          beingMade: 124002,
        },
        token: {
          life: dice.pick([90_000, 5 * minute, 120 * minute]),
          tells: "the truth",
          revokedAt: calm ? [] : several(1, sometime),
          stubbornness: 0,
        },
        weather: { network: share(0.2), gateway: share(0.1), payload: share(0.1), tokenEndpoint: share(0.3) },
        outages:
          calm || dice.chance(0.7)
            ? []
            : several(1, () => {
                const from = sometime()
                const what = dice.pick(["network", "gateway", "token"] as const)
                return { from, to: Math.min(calmFrom, from + dice.int(1_000, 2 * minute)), what }
              }),
        calmFrom,
        delay: dice.pick([
          { there: 40, back: 40 },
          { there: 400, back: 400 },
          { there: 4_900, back: 3_000 },
        ]),
        manners: { latest: 0, fast: 0, yields: 0 },
        tiesByDice: false,
        plans: [],
        stops: [],
        wallClockJumps: [],
      },
    }
  }
  const lanes = Array.from({ length: dice.pick([1, 1, 2, 3]) }, (_, index) => laneOf(index))

  const pausesOf = () =>
    calm || dice.chance(0.7)
      ? []
      : several(2, () => ({ at: sometime(), millis: dice.pick([0, 1_000, 20_000, 2 * minute]) }))
  const runOf = (name: string, isSeries: boolean): Run => ({
    name,
    at: name === "first" ? 0 : sometime(),
    lanes: lanes.flatMap(({ numbers }, lane) =>
      lane === 0 || dice.chance(0.8)
        ? [{ lane, numbers: Math.max(1, numbers.length - dice.pick([0, 0, 1, 4])) }]
        : [],
    ),
    range: isSeries ? { start: seriesFrom, end: now } : range,
    series: isSeries
      ? {
          overlapSeconds: dice.pick([0, 120, 3_600, 2 * day]),
          rounds: several(2, sometime).toSorted((a, b) => a - b),
        }
      : undefined,
    pageSize: dice.pick([1, 2, 5, 50]),
    details: withDetails && dice.chance(0.8),
    recordings: withDetails && dice.chance(0.5),
    pauses: pausesOf(),
    cancelledAt: dice.chance(0.05) ? sometime() : undefined,
  })
  const runs = [
    runOf("first", dice.chance(0.25)),
    ...(dice.chance(0.25) ? [runOf("second", dice.chance(0.3))] : []),
  ]

  const runners = Array.from({ length: dice.pick([1, 2, 2, 3]) }, () => ({
    manners: {
      latest: dice.pick([0, 0, 30]),
      fast: dice.pick([0, 0, 0.0005]),
      yields: dice.pick([0, 0, 0, 0.02]),
    },
    wallClockOff: dice.chance(0.2) ? dice.int(-10, 10) * minute : 0,
  }))
  const noticed = () => dice.pick([500, 5_000, 15_000, 40_000])
  const amid = () => (dice.chance(0.7) ? dice.int(0, 60) : undefined)
  const disturbance = (): Disturbance => {
    const at = dice.int(100, Math.ceil(calmFrom * dice.next()) + 100)
    const runner = dice.int(0, runners.length - 1)
    const what = dice.weighted({ move: 4, kill: 4, stop: 1, freeze: 4, cut: 2, restart: 1, "wall clock": 1 })
    switch (what) {
      case "move":
        return {
          at,
          what,
          lane: dice.int(0, lanes.length - 1),
          to: runner,
          overlap: dice.pick([-10_000, -500, -1, 100, 3_000, 20_000, 90_000]),
        }
      case "kill":
        return {
          at,
          what,
          runner,
          noticed: noticed(),
          steps: amid(),
          power: dice.chance(0.4),
          pause: dice.pick([0, 200, 3_000, minute]),
        }
      case "stop":
        return { at, what, runner, pause: dice.pick([0, 2_000, minute]) }
      case "freeze":
        return {
          at,
          what,
          runner,
          noticed: noticed(),
          steps: amid(),
          millis: dice.pick([500, 4_000, 8_000, 14_000, 30_000, 80_000, 3 * minute]),
          suspended: dice.chance(0.3),
          inTransaction: false,
        }
      case "cut":
        return {
          at,
          what,
          runner,
          millis: dice.pick([500, 4_000, 12_000, minute, 3 * minute]),
          silent: dice.chance(0.6),
          noticed: dice.chance(0.5) ? noticed() : undefined,
        }
      case "restart":
        return { at, what, downMillis: dice.pick([100, 2_000, 30_000]) }
      case "wall clock":
        return { at, what, runner, by: dice.int(-10, 10) * minute }
    }
  }
  /** A runner that holds a transaction while another one claims its lane, and goes on before the database ends it. */
  const frozenInTransaction = (): Disturbance => ({
    at: dice.int(100, calmFrom),
    what: "freeze",
    runner: dice.int(0, runners.length - 1),
    noticed: dice.pick([200, 1_000]),
    steps: undefined,
    millis: dice.pick([4_000, 7_000, 9_500]),
    suspended: false,
    inTransaction: true,
  })
  return {
    seed,
    epoch,
    runners,
    lanes,
    runs,
    disturbances: calm
      ? []
      : [
          ...Array.from({ length: dice.int(0, 5) }, disturbance),
          ...Array.from({ length: dice.int(0, 2) }, frozenInTransaction),
        ],
    database: {
      way: dice.pick([
        { usual: 1, seldom: 5 },
        { usual: 3, seldom: 200 },
        { usual: 40, seldom: 2_000 },
      ]),
      breaks: calm ? 0 : dice.pick([0, 0, 0.005, 0.02]),
      clockOff: dice.chance(0.2) ? dice.int(-60, 60) * minute : 0,
      clockBack:
        calm || dice.chance(0.93)
          ? undefined
          : { at: sometime(), by: dice.pick([1_000, minute, 30 * minute]) },
    },
    timing: {
      concurrency: dice.pick([1, 2, 4, 8]),
      commitMillis: dice.pick([100, 500, 500, 2_000]),
      commitUnits: dice.pick([1, 3, 100, 100]),
    },
    calmFrom,
    tiesByDice: dice.chance(0.5),
  }
}
