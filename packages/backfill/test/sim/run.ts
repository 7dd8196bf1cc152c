/**
 * `pnpm sim:backfill --seeds 20000 [--from 1]` runs so many seeds and names those that fail; `pnpm sim:backfill --seed 17` runs one
 * and prints all that happened in it.
 */
import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import * as Simulation from "./Simulation.ts"

const { values } = parseArgs({
  options: { seed: { type: "string" }, seeds: { type: "string" }, from: { type: "string" } },
})

const one = Effect.fnUntraced(function* (seed: number) {
  const { requests, took, trace, violations } = Simulation.run(seed)
  for (const line of trace) yield* Console.log(line)
  yield* Console.log(`seed ${seed}: ${requests} requests in ${Math.round(took / 60_000)} virtual minutes`)
  for (const violation of violations) yield* Console.error(violation)
  return violations.length
})

const many = Effect.fnUntraced(function* (from: number, count: number) {
  let failed = 0
  let requests = 0
  const started = performance.now()
  for (let seed = from; seed < from + count; seed++) {
    const report = Simulation.run(seed)
    requests += report.requests
    if (report.violations.length > 0) {
      failed++
      yield* Console.error(
        `seed ${seed}: ${report.violations[0]}\n  replay: pnpm sim:backfill --seed ${seed}`,
      )
    }
  }
  const seconds = (performance.now() - started) / 1_000
  yield* Console.log(
    `${count} seeds from ${from}: ${failed} failed; ${requests} requests; ${((seconds * 1_000) / count).toFixed(1)} ms a seed`,
  )
  return failed
})

const failures = await Effect.runPromise(
  values.seed === undefined
    ? many(Number(values.from ?? 1), Number(values.seeds ?? 200))
    : one(Number(values.seed)),
)
process.exitCode = failures === 0 ? 0 : 1
