/**
 * A measurement is a program in `measurements/`. It runs in a process of its own, so that no other one's code has
 * shaped how V8 compiles it, and reports its cells to the process that started it, each part as soon as it is measured.
 */

/** What a cell of the table is about. */
export interface Cell {
  readonly what: string
  /** `×` is a ratio to something in the same run. */
  readonly unit: "ms" | "µs" | "MB" | "kB" | "requests/s" | "×" | ""
  /** The value is meant to be at most this. */
  readonly goal?: number | undefined
}

/** One measured number, or why there is none. As JSON it stays what it is, which `NaN` does not. */
export interface Row extends Cell {
  readonly value: number | null
  /** Set where there is no value. */
  readonly because?: string
}

/** There is no such number, because of this. */
export class NotMeasured extends Error {}

/** What one contender gave, by round; `because` says why it has given up, if it has. */
export interface Samples<A> {
  readonly values: ReadonlyArray<A>
  readonly because?: string | undefined
}

/** What went wrong, in one line that fits into a table. */
export const reason = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  const [line = ""] = text.trim().split("\n", 1)
  return line.slice(0, 200) || "an error without a message"
}

/** A cell and how to get its value. What throws, or is no number, costs this cell and no other. */
export const row = ({ value, ...cell }: Cell & { readonly value: () => number }): Row => {
  try {
    const number = value()
    if (Number.isFinite(number)) return { ...cell, value: number }
    return { ...cell, value: null, because: `is no number: ${number}` }
  } catch (error) {
    return { ...cell, value: null, because: reason(error) }
  }
}

/** Hands cells to the process that started this one. A program may do so more than once. */
export const report = (cells: ReadonlyArray<Cell & { readonly value: () => number }>): void => {
  const rows = cells.map(row)
  if (process.send === undefined) console.table(rows)
  else process.send(rows)
}

/** What comes of it, to be asked for; where it fails, whoever asks gets the error, and the others go on. */
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

/** Measures a part that the others do not need: where it fails, its cells are reported without values. */
export const part = async <A>(
  measure: () => A | Promise<A>,
  cells: ReadonlyArray<Cell & { readonly value: (measured: A) => number }>,
): Promise<void> => {
  const measured = await attempt(measure)
  report(cells.map((cell) => ({ ...cell, value: () => cell.value(measured()) })))
}

/** Wrong results make a contender's numbers worthless: it ends with this error. */
export const expectRows = (contender: string, read: number, expected: number): void => {
  if (read !== expected) throw new Error(`${contender} read ${read} rows, not ${expected}`)
}

/** The value in the middle. Throws where there is none. */
export const median = ({ because, values }: Samples<number>): number => {
  if (because !== undefined) throw new NotMeasured(because)
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [above, below] = [sorted[middle], sorted[middle - 1]]
  if (above === undefined) throw new NotMeasured("there is no sample")
  return sorted.length % 2 === 1 || below === undefined ? above : (below + above) / 2
}

/** The value that so many of 100 do not exceed (nearest rank). Throws where there is none. */
export const percentile = (values: ReadonlyArray<number>, percent: number): number => {
  const sorted = Float64Array.from(values).toSorted()
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
  if (value === undefined) throw new NotMeasured("there is no sample")
  return value
}

/** The same of every sample. */
export const each = <A, B>({ because, values }: Samples<A>, of: (value: A) => B): Samples<B> => ({
  values: values.map(of),
  because,
})

/** How often each contender runs. Rounds of the warm-up are not counted. */
export interface Rounds {
  readonly warmUp: number
  readonly rounds: number
}

/**
 * What each contender gives, by round. They take turns, another one first each time: what else the machine does
 * meets all of them alike, and the ratios within a round stay true. One that fails has no more turns.
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
      // One's garbage is not collected in the time of the next.
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

/** Milliseconds of each contender, by round. */
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

/** The median of the ratios within each round. Throws where one of them gave up, or nothing can be divided by. */
export const medianRatio = (ours: Samples<number>, theirs: Samples<number>): number => {
  const because = ours.because ?? theirs.because
  if (because !== undefined) throw new NotMeasured(because)
  const ratios = ours.values
    .map((value, round) => value / (theirs.values[round] ?? Number.NaN))
    .filter(Number.isFinite)
  if (ratios.length === 0 && ours.values.length > 0)
    throw new NotMeasured("what it is divided by is 0 in every round")
  return median({ values: ratios })
}
