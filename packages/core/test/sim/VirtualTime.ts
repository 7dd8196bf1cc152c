/**
 * Time without waiting: what is to happen waits in one line, ordered by when, and one call runs it all. The fibers of
 * a machine get their turns from here as well, so nothing depends on the event loop, and a machine can be switched
 * off or frozen between any two of its steps.
 */
import { Clock, Context, Duration, Effect, type Fiber, Scheduler } from "effect"
import type { Dice } from "./Dice.ts"

/** How a machine's timers and fibers behave; all of it is allowed to any real one. */
export interface Manners {
  /** Milliseconds that a timer may fire too late. */
  readonly latest: number
  /** The share by which its clock runs faster than the server's. */
  readonly fast: number
  /** How likely a fiber gives way to another between two of its steps. */
  readonly yields: number
}

/** A computer that runs fibers, and can be switched off. */
export interface Machine {
  /** Clock and scheduler, for everything that runs on it. */
  readonly context: Context.Context<never>
  /** Switches it off: no fiber on it takes another step, and no finalizer runs. */
  readonly kill: () => void
  /**
   * Stops it without its knowledge: no fiber takes a step and no timer fires until it is thawed. What comes for it waits. Its
   * clocks go on; the monotonic one stands still where the whole computer was suspended.
   */
  readonly freeze: (suspended?: boolean) => void
  /** Lets it go on: everything that was due meanwhile happens at once, in the order in which it was due. */
  readonly thaw: () => void
  /** Calls back between two of its steps, after so many of them: in the midst of what it does next. */
  readonly amid: (steps: number, run: () => void) => void
  /** Moves the wall clock, which is not what durations are measured with. */
  readonly moveWallClock: (millis: number) => void
  /** Sleeps under way. */
  readonly asleep: () => number
  /** Fibers that have begun and not ended. */
  readonly fibers: () => ReadonlyArray<Fiber.Fiber<unknown, unknown>>
}

/** See the members. */
export interface VirtualTime {
  /** Milliseconds since the beginning. */
  readonly now: () => number
  /** Calls back after so many milliseconds; not if the machine, where one is given, is off by then. */
  readonly after: (millis: number, run: () => void, machine?: Machine) => { readonly cancel: () => void }
  readonly machine: (manners: Manners, wallClockStart: number) => Machine
  /** Lets time pass until it is done. Throws when it cannot be: nothing left to happen, or far too much. */
  readonly run: (done: () => boolean) => void
}

interface Happening {
  at: number
  tie: number
  run: (() => void) | undefined
  readonly machine: Switch | undefined
  /** Whether a timer of the machine fires, which waits by the machine's clock. */
  readonly isTimer: boolean
}

interface Turn {
  readonly priority: number
  readonly task: () => void
  readonly machine: Switch
}

interface Switch {
  off: boolean
  /** What waits for the end of being frozen. */
  frozen: { readonly happenings: Array<Happening>; readonly turns: Array<Turn> } | undefined
  amid: { left: number; readonly run: () => void } | undefined
}

/** How likely a fiber gives way to another when something is about to happen amid its steps. */
const yieldsAmid = 0.2

/** Steps within one millisecond that no healthy program takes. */
const tooManySteps = 300_000

/** Makes it. What happens at the same millisecond comes in the order of its making, or by the dice. */
export const make = (dice: Dice, tiesByDice: boolean): VirtualTime => {
  let now = 0
  let made = 0
  let steps = 0
  const line: Array<Happening> = []
  const switches = new WeakMap<Machine, Switch>()
  let turns: Array<Turn> = []

  const isBefore = (a: Happening, b: Happening) => a.at < b.at || (a.at === b.at && a.tie < b.tie)
  const add = (happening: Happening) => {
    let index = line.push(happening) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(happening, line[parent]!)) break
      line[index] = line[parent]!
      index = parent
    }
    line[index] = happening
  }
  const takeFirst = (): Happening => {
    const first = line[0]!
    const last = line.pop()!
    if (line.length > 0) {
      let index = 0
      while (true) {
        let child = 2 * index + 1
        if (child >= line.length) break
        if (child + 1 < line.length && isBefore(line[child + 1]!, line[child]!)) child++
        if (!isBefore(line[child]!, last)) break
        line[index] = line[child]!
        index = child
      }
      line[index] = last
    }
    return first
  }
  const nextTie = () => (tiesByDice ? dice.next() : made++)
  const schedule = (millis: number, run: () => void, machine: Switch | undefined, isTimer = false) => {
    const happening: Happening = {
      at: now + Math.max(0, Math.ceil(millis)),
      tie: nextTie(),
      run,
      machine,
      isTimer,
    }
    add(happening)
    return { cancel: () => (happening.run = undefined) }
  }
  /** Moves what is to happen, and keeps its order. */
  const postpone = (happenings: ReadonlyArray<Happening>, until: (happening: Happening) => number) => {
    for (const happening of happenings) {
      happening.at = until(happening)
      happening.tie = nextTie()
      add(happening)
    }
  }

  const makeMachine = (manners: Manners, wallClockStart: number): Machine => {
    const power: Switch = { off: false, frozen: undefined, amid: undefined }
    const booted = now
    let suspendedAt: number | undefined
    let suspended = 0
    const seen = new Set<Fiber.Fiber<unknown, unknown>>()
    let latelySeen: Fiber.Fiber<unknown, unknown> | undefined
    let wall = wallClockStart - now
    let asleep = 0
    const millis = () => now + wall
    const nanos = () => BigInt(now + wall) * 1_000_000n
    // From an origin of its own, as the monotonic time of a computer that has just started.
    const monotonic = () =>
      BigInt(Math.floor((now - booted - suspended + 1_000) * (1 + manners.fast))) * 1_000_000n
    const clock: Clock.Clock = {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: monotonic,
      monotonicTimeNanos: Effect.sync(monotonic),
      sleep: (duration) => {
        const asked = Duration.toMillis(duration)
        if (asked <= 0) return Effect.yieldNow
        if (!Number.isFinite(asked)) return Effect.never
        return Effect.callback<void>((resume) => {
          asleep++
          const timer = schedule(
            asked / (1 + manners.fast) + (manners.latest === 0 ? 0 : dice.int(0, manners.latest)),
            () => {
              asleep--
              resume(Effect.void)
            },
            power,
            true,
          )
          return Effect.sync(() => {
            asleep--
            timer.cancel()
          })
        })
      },
    }
    const scheduler: Scheduler.Scheduler = {
      executionMode: "async",
      shouldYield: (fiber) => {
        if (fiber !== latelySeen) seen.add((latelySeen = fiber))
        const yields = power.amid === undefined ? manners.yields : Math.max(manners.yields, yieldsAmid)
        return yields > 0 ? dice.next() < yields : fiber.currentOpCount >= 2_048
      },
      makeDispatcher: () => ({
        scheduleTask: (task, priority) => void turns.push({ priority, task, machine: power }),
        flush: () => {},
      }),
    }
    const machine: Machine = {
      context: Context.make(Scheduler.Scheduler, scheduler).pipe(Context.add(Clock.Clock, clock)),
      kill: () => {
        power.off = true
      },
      freeze: (isSuspended = false) => {
        if (power.off || power.frozen !== undefined) return
        power.frozen = { happenings: [], turns: [] }
        if (isSuspended) suspendedAt = now
      },
      thaw: () => {
        if (power.frozen === undefined) return
        const { happenings, turns: held } = power.frozen
        power.frozen = undefined
        turns.push(...held)
        const millis = suspendedAt === undefined ? 0 : now - suspendedAt
        suspendedAt = undefined
        suspended += millis
        const isShifted = ({ isTimer, machine }: Happening) => millis > 0 && isTimer && machine === power
        const shifted = line.filter(isShifted)
        if (shifted.length > 0)
          for (const other of line.splice(0).filter((each) => !isShifted(each))) add(other)
        postpone([...happenings, ...shifted], (each) => (isShifted(each) ? each.at + millis : now))
      },
      amid: (steps, run) => {
        power.amid = { left: steps, run }
      },
      moveWallClock: (by) => {
        wall += by
      },
      asleep: () => asleep,
      fibers: () => [...seen].filter((fiber) => fiber.pollUnsafe() === undefined),
    }
    switches.set(machine, power)
    return machine
  }

  /** Everything that is ready now, in rounds: what becomes ready in a round has its turn in the next. */
  const takeTurns = () => {
    while (turns.length > 0) {
      const round = turns
      turns = []
      if (round.length > 1) round.sort((a, b) => a.priority - b.priority)
      for (const turn of round) {
        const { machine, task } = turn
        if (machine.off) continue
        if (machine.frozen !== undefined) {
          machine.frozen.turns.push(turn)
          continue
        }
        if (++steps > tooManySteps) throw new Error(`more than ${tooManySteps} steps, and no time passes`)
        task()
        if (machine.amid !== undefined && --machine.amid.left < 0) {
          const { run } = machine.amid
          machine.amid = undefined
          run()
        }
      }
    }
  }

  return {
    now: () => now,
    after: (millis, run, machine) =>
      schedule(millis, run, machine === undefined ? undefined : switches.get(machine)),
    machine: makeMachine,
    run: (done) => {
      takeTurns()
      while (!done()) {
        if (line.length === 0) throw new Error("nothing is left that could happen: it waits for ever")
        const happening = takeFirst()
        const { at, machine, run } = happening
        if (run === undefined || machine?.off === true) continue
        if (machine?.frozen !== undefined) {
          machine.frozen.happenings.push(happening)
          continue
        }
        if (at > now) steps = 0
        if (++steps > tooManySteps) throw new Error(`more than ${tooManySteps} steps, and no time passes`)
        now = at
        run()
        takeTurns()
      }
    },
  }
}
