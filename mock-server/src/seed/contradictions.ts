/** Faults of a seed that no value shows by itself: duplicates, ranges that end before they start, unknown tenants. */
import * as Option from "effect/Option"
import * as Bounds from "../protocol/Bounds.ts"
import { App, defaultApp, tooLate } from "./Seed.ts"
import type { Fault } from "./SeedInvalid.ts"
import * as SeedValues from "./SeedValues.ts"
import * as TimeText from "./TimeText.ts"
import { entriesOf, get, valuesOf } from "./UncheckedSeed.ts"

/** The message for a meeting that ends before it starts. */
export const endsTooEarly = "end_time is before start_time"

/**
 * Returns the faults between the values of a seed. Compares every value that is right by itself, whatever else is wrong, so
 * that these faults are reported together with the others. Relative times count from `now` (unix seconds).
 */
export const contradictions = (seed: unknown, now: number): Array<Fault> => {
  const faults: Array<Fault> = []
  const unique = (list: string, key: string, values: ReadonlyArray<string | undefined>) => {
    const first = new Map<string, number>()
    for (const [index, value] of values.entries()) {
      if (value === undefined) continue
      const before = first.get(value)
      if (before === undefined) first.set(value, index)
      else faults.push({ path: [list, index, key], message: `is already used by ${list}[${before}]` })
    }
  }
  const apps = entriesOf(seed, "apps")
  const meetings = entriesOf(seed, "meetings")
  const generate = entriesOf(seed, "generate")
  unique("apps", "app_id", valuesOf(apps, "app_id", SeedValues.appId))
  unique("meetings", "id", valuesOf(meetings, "id", SeedValues.meetingId))
  unique("generate", "meeting_no", valuesOf(generate, "meeting_no", SeedValues.meetingNo))
  const timesOf = (list: "meetings" | "generate", key: string) =>
    valuesOf(entriesOf(seed, list), key, SeedValues.time).map((value, index) => {
      const seconds = value === undefined ? undefined : Option.getOrThrow(TimeText.from(value, now))
      if (seconds !== undefined && seconds > TimeText.lastSecond)
        faults.push({ path: [list, index, key], message: tooLate })
      return seconds
    })
  const starts = timesOf("meetings", "start_time")
  for (const [index, end] of timesOf("meetings", "end_time").entries()) {
    const start = starts[index]
    if (end !== undefined && start !== undefined && end < start) {
      faults.push({ path: ["meetings", index, "end_time"], message: endsTooEarly })
    }
  }
  const tenants = tenantsOf(seed)
  for (const [index, tenant] of valuesOf(meetings, "tenant_key", SeedValues.text).entries()) {
    if (tenant !== undefined && tenants?.has(tenant) === false) {
      faults.push({
        path: ["meetings", index, "tenant_key"],
        message: `no app has the tenant ${tenant}, so no app could read this meeting`,
      })
    }
  }
  const ends = timesOf("generate", "to")
  for (const [index, from] of timesOf("generate", "from").entries()) {
    const to = ends[index]
    if (from !== undefined && to !== undefined && from >= to) {
      faults.push({ path: ["generate", index, "to"], message: "to must be later than from" })
    }
  }
  const counts = valuesOf(generate, "count", SeedValues.count)
  const all = meetings.length + counts.reduce<number>((sum, count = 0) => sum + count, 0)
  if (all > Bounds.meetings) {
    faults.push({ path: ["generate"], message: `makes ${all} meetings in total: ${Bounds.ofWorkspace}` })
  }
  return faults
}

/** Returns the tenants of all apps, or `undefined` when those of one are wrong: that fault is reported by itself. */
const tenantsOf = (seed: unknown): ReadonlySet<string> | undefined => {
  const apps = get(seed, "apps") ?? [defaultApp]
  if (!Array.isArray(apps)) return undefined
  const known = valuesOf(apps, "tenants", App.fields.tenants)
  return known.includes(undefined) ? undefined : new Set(known.flatMap((tenants) => tenants ?? []))
}
