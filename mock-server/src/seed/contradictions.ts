/** Faults of a seed that no value shows by itself: duplicates, ranges that end before they start, unknown tenants. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Bounds from "../protocol/Bounds.ts"
import { isDevice } from "./Attendance.ts"
import { App, defaultApp, tooLate } from "./Seed.ts"
import type { Fault } from "./SeedInvalid.ts"
import * as SeedValues from "./SeedValues.ts"
import * as TimeText from "../protocol/TimeText.ts"
import { entriesOf, get, valuesOf } from "./UncheckedSeed.ts"

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
  const users = entriesOf(seed, "users")
  unique("apps", "app_id", valuesOf(apps, "app_id", SeedValues.appId))
  for (const id of ids) unique("users", id, valuesOf(users, id, SeedValues.sent))
  unique("meetings", "id", valuesOf(meetings, "id", SeedValues.meetingId))
  unique("generate", "meeting_no", tenantsAndNumbers(seed, generate))
  for (const [index, meeting] of meetings.entries()) {
    for (const { message, path } of contradictionsOfMeeting(meeting, now)) {
      faults.push({ path: ["meetings", index, ...path], message })
    }
  }
  const tenants = tenantsOf(seed)
  const unknownTenants = (list: "users" | "meetings" | "generate", entries: ReadonlyArray<unknown>) => {
    for (const [index, tenant] of valuesOf(entries, "tenant_key", SeedValues.text).entries()) {
      if (tenant !== undefined && tenants?.has(tenant) === false) {
        faults.push({ path: [list, index, "tenant_key"], message: notATenant(tenant, list) })
      }
    }
  }
  unknownTenants("users", users)
  unknownTenants("meetings", meetings)
  unknownTenants("generate", generate)
  for (const [index, order] of generate.entries()) {
    const timeOf = timesOf(order, now, (key) => {
      faults.push({ path: ["generate", index, key], message: tooLate })
    })
    const from = timeOf("from")
    const to = timeOf("to")
    if (from !== undefined && to !== undefined && from >= to) {
      faults.push({ path: ["generate", index, "to"], message: "to must be later than from" })
    }
  }
  timesOf(get(seed, "clock"), now, (key) => faults.push({ path: ["clock", key], message: tooLate }))("now")
  const known = knownApps(seed)
  for (const { path, viewer } of viewersIn(meetings)) {
    if (known?.has(viewer) === false)
      faults.push({ path: ["meetings", ...path], message: notAViewer(viewer) })
  }
  if (users.length > Bounds.users) faults.push({ path: ["users"], message: Bounds.ofUsers })
  const counts = valuesOf(generate, "count", SeedValues.count)
  const all = meetings.length + counts.reduce<number>((sum, count = 0) => sum + count, 0)
  if (all > Bounds.meetings) {
    faults.push({ path: ["generate"], message: `makes ${all} meetings in total: ${Bounds.ofWorkspace}` })
  }
  return faults
}

/**
 * Returns the faults between the values of one meeting, with paths from the meeting. Compares every value that is right by itself.
 * Relative times count from `now` (unix seconds).
 */
export const contradictionsOfMeeting = (meeting: unknown, now: number): Array<Fault> => {
  const faults: Array<Fault> = []
  const add = (path: Fault["path"], message: string) => {
    faults.push({ path, message })
  }
  const late = (path: Fault["path"]) => (key: string) => add([...path, key], tooLate)
  const timeOf = timesOf(meeting, now, late([]))
  const start = timeOf("start_time")
  const end = timeOf("end_time")
  timeOf("create_time")
  if (isBefore(end, start)) add(["end_time"], "end_time is before start_time")
  const given = get(meeting, "participants")
  const participants: ReadonlyArray<unknown> = Array.isArray(given) ? given : []
  if (Array.isArray(given) && isGiven(get(meeting, "generate"))) {
    add(["generate"], "would generate participants, which are given: leave one of the two out")
  }
  const users = [
    { user: get(meeting, "host_user"), path: ["host_user"] },
    ...participants.map((user, index) => ({ user, path: ["participants", index] })),
  ]
  for (const { path, user } of users) {
    if (isDevice(get(user, "user_type")) && isGiven(get(user, "user_id"))) {
      add([...path, "user_id"], "rooms, telephones and SIP devices have no user_id")
    }
  }
  for (const [index, row] of participants.entries()) {
    const path = ["participants", index]
    const timeOf = timesOf(row, now, late(path))
    const join = timeOf("first_join_time")
    const leave = timeOf("final_leave_time")
    const seconds = get(row, "in_meeting_duration")
    if (isGiven(get(row, "status")) && !isGiven(get(row, "first_join_time"))) {
      const key = ["final_leave_time", "in_meeting_duration"].find((key) => isGiven(get(row, key)))
      if (key !== undefined) {
        add(
          [...path, key],
          "somebody with a status was never in the meeting: leave it out, or give first_join_time",
        )
      }
      continue
    }
    if (isBefore(end, join)) add([...path, "first_join_time"], "is after the end of the meeting")
    if (isBefore(leave, join ?? start)) {
      add(
        [...path, "final_leave_time"],
        `is before ${join === undefined ? "the start of the meeting" : "first_join_time"}`,
      )
    }
    const [from, to] = [join ?? start, leave ?? end]
    if (
      typeof seconds === "number" &&
      from !== undefined &&
      to !== undefined &&
      to >= from &&
      seconds > to - from
    ) {
      add(
        [...path, "in_meeting_duration"],
        `is longer than from the first join to the final leave: ${to - from} seconds`,
      )
    }
  }
  const hosts = participants.flatMap((row, index) => (get(row, "is_host") === true ? [index] : []))
  const [first] = hosts
  const other = hosts.find((index) => !isSameUser(participants[index], participants[first ?? index]))
  if (other !== undefined) {
    add(["participants", other, "is_host"], `participants[${first}] is the host already`)
  }
  const recording = get(meeting, "recording")
  const ready = timesOf(recording, now, late(["recording"]))("ready_time")
  if (isBefore(ready, end)) add(["recording", "ready_time"], "is before the end of the meeting")
  if (isGiven(recording) && get(get(meeting, "ability"), "use_recording") === false) {
    add(["ability", "use_recording"], "is false, but the meeting has a recording")
  }
  return faults
}

/** A key without a value counts as absent. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const isBefore = (time: number | undefined, other: number | undefined): boolean =>
  time !== undefined && other !== undefined && time < other

const ids = ["open_id", "union_id", "user_id"]

/** True when two rows may be of one user: an id that both have is the same. */
export const isSameUser = (row: unknown, other: unknown): boolean =>
  ids.some((key) => isGiven(get(row, key)) && get(row, key) === get(other, key))

/** Returns a function that reads a time of an entry, in unix seconds: `undefined` if it is absent or wrong by itself. */
const timesOf =
  (entry: unknown, now: number, isTooLate: (key: string) => void) =>
  (key: string): number | undefined => {
    const seconds = secondsOf(get(entry, key), now)
    if (seconds !== undefined && seconds > TimeText.lastSecond) isTooLate(key)
    return seconds
  }

const decodeTime = Schema.decodeUnknownOption(SeedValues.time)

/** Most times, such as all of a snapshot, are numbers: those are not decoded, which would take as long as everything else (measured). */
const secondsOf = (value: unknown, now: number): number | undefined => {
  if (value === undefined) return undefined
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= TimeText.lastSecond)
    return value
  const time = Option.getOrUndefined(decodeTime(value))
  return time === undefined ? undefined : Option.getOrThrow(TimeText.from(time, now))
}

/** The message for a viewer that is neither a kind of token nor an app. */
export const notAViewer = (viewer: string): string =>
  `no app has the id ${viewer}: write tenant, user, the id of an app, or the open_id of a user (ou_…)`

/** Returns every text in the lists of viewers of meetings that may name an app, with its path from the list of meetings. */
export const viewersIn = (
  meetings: ReadonlyArray<unknown>,
): ReadonlyArray<{ readonly path: Fault["path"]; readonly viewer: string }> =>
  meetings.flatMap((meeting, index) =>
    [["visible_to"], ["recording", "visible_to"]].flatMap((path) => {
      const viewers = path.reduce<unknown>(get, meeting)
      return (Array.isArray(viewers) ? viewers : []).flatMap((viewer: unknown, at) =>
        typeof viewer === "string" && viewer !== "" && !/^(?:tenant$|user$|ou_)/.test(viewer)
          ? [{ path: [index, ...path, at], viewer }]
          : [],
      )
    }),
  )

/** Returns the ids of all apps, or `undefined` when one is wrong: that fault is reported by itself. */
const knownApps = (seed: unknown): ReadonlySet<string> | undefined => {
  const apps = get(seed, "apps") ?? [defaultApp]
  if (!Array.isArray(apps)) return undefined
  const known = valuesOf(apps, "app_id", SeedValues.appId)
  return known.includes(undefined) ? undefined : new Set(known.flatMap((id) => id ?? []))
}

/** The message for a tenant that no app has. */
export const notATenant = (tenant: string, list: "users" | "meetings" | "generate"): string =>
  `no app has the tenant ${tenant}, so ${
    list === "users"
      ? "this user could not sign in to any app"
      : `no app could read ${list === "meetings" ? "this meeting" : "these meetings"}`
  }`

/** Returns the tenant and number of every order to generate meetings: a tenant may have one order for a number. */
const tenantsAndNumbers = (
  seed: unknown,
  generate: ReadonlyArray<unknown>,
): ReadonlyArray<string | undefined> => {
  const [first] = tenantsOf(seed) ?? []
  const tenants = valuesOf(generate, "tenant_key", SeedValues.text)
  return valuesOf(generate, "meeting_no", SeedValues.meetingNo).map((meetingNo, index) =>
    meetingNo === undefined ? undefined : `${meetingNo} ${tenants[index] ?? first}`,
  )
}

/** Returns the tenants of all apps, or `undefined` when those of one are wrong: that fault is reported by itself. */
const tenantsOf = (seed: unknown): ReadonlySet<string> | undefined => {
  const apps = get(seed, "apps") ?? [defaultApp]
  if (!Array.isArray(apps)) return undefined
  const known = valuesOf(apps, "tenants", App.fields.tenants)
  return known.includes(undefined) ? undefined : new Set(known.flatMap((tenants) => tenants ?? []))
}
