/**
 * A measurement is a program in `measurements/`. It runs in a process of its own, so that no other one's code has
 * shaped how V8 compiles it, and reports its rows to the process that started it.
 */

/** One measured number. */
export interface Row {
  readonly what: string
  readonly value: number
  /** `×` is a ratio to something in the same run. */
  readonly unit: "ms" | "MB" | "kB" | "requests/s" | "×"
  /** The value is meant to be at most this. */
  readonly goal?: number | undefined
}

/** Hands the rows to the process that started this one. */
export const report = (rows: ReadonlyArray<Row>): void => {
  if (process.send === undefined) console.table(rows)
  else process.send(rows)
}

/** Wrong results make a measurement worthless: it ends with this error. */
export const expectRows = (contender: string, read: number, expected: number): void => {
  if (read !== expected) throw new Error(`${contender} read ${read} rows, not ${expected}`)
}

/** The value in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How often each contender runs. Rounds of the warm-up are not counted. */
export interface Rounds {
  readonly warmUp: number
  readonly rounds: number
}

/**
 * What each contender gives, by round. They take turns, another one first each time: what else the machine does
 * meets all of them alike, and the ratios within a round stay true.
 */
export const roundRobin = async <Name extends string, A>(
  contenders: Readonly<Record<Name, () => Promise<A>>>,
  { rounds, warmUp }: Rounds,
): Promise<Record<Name, Array<A>>> => {
  const names = Object.keys(contenders) as Array<Name>
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Array<A>>
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!
      // One's garbage is not collected in the time of the next.
      globalThis.gc?.({ type: "minor", execution: "sync" })
      const result = await contenders[name]()
      if (round >= warmUp) results[name].push(result)
    }
  }
  return results
}

/** Milliseconds of each contender, by round. */
export const takeTurns = <Name extends string>(
  contenders: Readonly<Record<Name, () => unknown>>,
  rounds: Rounds,
): Promise<Record<Name, Array<number>>> => {
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

/** The median of the ratios within each round. */
export const medianRatio = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): number =>
  median(ours.map((time, round) => time / theirs[round]!))
