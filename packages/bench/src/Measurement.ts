/**
 * A measurement is a program in `measurements/`. It runs in a process of its own, so that the code of other measurements
 * does not change how V8 compiles it. It reports its cells to the process that started it, each part as soon as it is
 * measured.
 */

/** The subject of a cell of the table. */
export interface Cell {
  readonly what: string
  /** The unit; `×` is a ratio to another value of the same run. */
  readonly unit: "ms" | "µs" | "MB" | "kB" | "requests/s" | "units/s" | "s" | "×" | ""
  /** The goal: the value should be at most this. */
  readonly goal?: number | undefined
}

/** A cell with its measured number, or with the reason why there is none. `null`, since JSON cannot hold `NaN`. */
export interface Row extends Cell {
  readonly value: number | null
  /** Why there is no value; absent where there is one. */
  readonly because?: string
}

/** Thrown where a number could not be measured; the message says why. */
export class NotMeasured extends Error {}

/** The results of one contender, by round; `because` says why it failed, if it did. */
export interface Samples<A> {
  readonly values: ReadonlyArray<A>
  readonly because?: string | undefined
}

/** Returns what went wrong, in one line that fits into a table. */
export const reason = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  const [line = ""] = text.trim().split("\n", 1)
  return line.slice(0, 200) || "an error without a message"
}

/** Gets the value of a cell. If that throws, or gives something other than a number, only this cell has no value. */
export const row = ({ value, ...cell }: Cell & { readonly value: () => number }): Row => {
  try {
    const number = value()
    if (Number.isFinite(number)) return { ...cell, value: number }
    return { ...cell, value: null, because: `not a number: ${number}` }
  } catch (error) {
    return { ...cell, value: null, because: reason(error) }
  }
}

/** Sends cells to the process that started this one. A program may call it more than once. */
export const report = (cells: ReadonlyArray<Cell & { readonly value: () => number }>): void => {
  const rows = cells.map(row)
  if (process.send === undefined) console.table(rows)
  else process.send(rows)
}

/**
 * Runs `make`, and returns a function that returns its result or throws its error. So a failure stops only its users.
 */
export const attempt = async <A>(make: () => A | Promise<A>): Promise<() => A> => {
  try {
    const made = await make()
    return () => made
  } catch (error) {
    console.error(error)
    return () => {
      throw error
    }
  }
}

/** Measures a part that no other part needs. If it fails, its cells are reported without values. */
export const part = async <A>(
  measure: () => A | Promise<A>,
  cells: ReadonlyArray<Cell & { readonly value: (measured: A) => number }>,
): Promise<void> => {
  const measured = await attempt(measure)
  report(cells.map((cell) => ({ ...cell, value: () => cell.value(measured()) })))
}

/** Throws if a contender did not read the expected number of rows: its times would mean nothing. */
export const expectRows = (contender: string, read: number, expected: number): void => {
  if (read !== expected) throw new Error(`${contender} read ${read} rows, not ${expected}`)
}

/** Returns the median. Throws if there are no values. */
export const median = ({ because, values }: Samples<number>): number => {
  if (because !== undefined) throw new NotMeasured(because)
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [above, below] = [sorted[middle], sorted[middle - 1]]
  if (above === undefined) throw new NotMeasured("there are no samples")
  return sorted.length % 2 === 1 || below === undefined ? above : (below + above) / 2
}

/** Returns the value that `percent` of 100 values do not exceed (nearest rank). Throws if there are no values. */
export const percentile = (values: ReadonlyArray<number>, percent: number): number => {
  const sorted = Float64Array.from(values).toSorted()
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
  if (value === undefined) throw new NotMeasured("there are no samples")
  return value
}

/** Maps every value of the samples. */
export const each = <A, B>({ because, values }: Samples<A>, of: (value: A) => B): Samples<B> => ({
  values: values.map(of),
  because,
})

/** How often each contender runs. The rounds of the warm-up give no results. */
export interface Rounds {
  readonly warmUp: number
  readonly rounds: number
}

/**
 * Runs the contenders, and returns the results of each, by round. They take turns, and each round starts with another
 * contender: other work of the machine then slows down all of them alike, and the ratios within a round stay true. A
 * contender that fails gets no more turns.
 */
export const roundRobin = async <Name extends string, A>(
  contenders: Readonly<Record<Name, () => Promise<A>>>,
  { rounds, warmUp }: Rounds,
): Promise<Record<Name, Samples<A>>> => {
  const names = Object.keys(contenders) as Array<Name>
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Array<A>>
  const because: Partial<Record<Name, string>> = {}
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!
      if (because[name] !== undefined) continue
      // So that the garbage of one contender is not collected in the time of the next.
      globalThis.gc?.({ type: "minor", execution: "sync" })
      try {
        const result = await contenders[name]()
        if (round >= warmUp) values[name].push(result)
      } catch (error) {
        console.error(`${name}:`, error)
        because[name] = reason(error)
      }
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, { values: values[name], because: because[name] }]),
  ) as unknown as Record<Name, Samples<A>>
}

/** Runs the contenders in turns, and returns the milliseconds that each took, by round. */
export const takeTurns = <Name extends string>(
  contenders: Readonly<Record<Name, () => unknown>>,
  rounds: Rounds,
): Promise<Record<Name, Samples<number>>> => {
  const timed = (contender: () => unknown) => async () => {
    const started = performance.now()
    await contender()
    return performance.now() - started
  }
  const entries = Object.entries<() => unknown>(contenders).map(([name, contender]) => [
    name,
    timed(contender),
  ])
  return roundRobin(Object.fromEntries(entries) as Record<Name, () => Promise<number>>, rounds)
}

/** Returns the median of the ratios within each round. Throws if a contender failed, or every divisor is 0. */
export const medianRatio = (ours: Samples<number>, theirs: Samples<number>): number => {
  const because = ours.because ?? theirs.because
  if (because !== undefined) throw new NotMeasured(because)
  const ratios = ours.values
    .map((value, round) => value / (theirs.values[round] ?? Number.NaN))
    .filter(Number.isFinite)
  if (ratios.length === 0 && ours.values.length > 0) throw new NotMeasured("the divisor is 0 in every round")
  return median({ values: ratios })
}
