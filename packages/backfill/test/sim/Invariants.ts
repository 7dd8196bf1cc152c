/**
 * What must hold, checked as things happen. Each violation starts with the number of its promise:
 *
 * 1. No window of a limit sees more requests of a lane than it allows, whoever sent them, and nobody is refused.
 * 2. At the end the table has every meeting of the ranges once, and nothing else. Details and recordings are there where they are
 *    wanted; passwords are not.
 * 3. The place of a lane never goes back within an attempt, and never passes a unit whose meetings are neither in the table nor listed
 *    as a failure.
 * 4. Only the newest owner of a lane commits, and each owner has an epoch of its own.
 * 5. Requests are bounded: what was read is read again only after a disturbance, and then only a little of it.
 * 6. It ends, within bounded time after the last disturbance. A process that is asked to stop hands its lanes over within 3 seconds.
 * 7. Failures are listed, and repeated until only those are left that Feishu refuses.
 * 8. A run that is paused or cancelled sends nothing after the commit that sees it.
 * 9. No fiber, timer or transaction is left behind.
 * 10. Nothing secret is in the database or a log line.
 */
import type { Listener, Sent } from "../../../core/test/sim/Network.ts"
import type * as Core from "../../../core/test/sim/Scenario.ts"
import type { Machine } from "../../../core/test/sim/VirtualTime.ts"
import { windowsOf } from "../../../core/test/sim/World.ts"
import { ListByNo } from "@effect-feishu/core"
import * as Lane from "../../src/Lane.ts"
import type { Backend, Row, Session } from "./Backend.ts"
import type { LaneOf, Scenario } from "./Scenario.ts"

/** A process that owns a lane, or has owned it. */
export interface Instance {
  /** Also the name of its sessions. */
  readonly name: string
  readonly lane: number
  readonly machine: Machine
  /** When it heard that the runs were stopped, by their names. */
  readonly stopped: Map<string, number>
}

/** What is known of a lane. */
interface Known {
  readonly of: LaneOf
  readonly id: string
  readonly arrivals: Readonly<Record<"list" | "details" | "recording", Array<number>>>
  epoch: number
  owner: string | undefined
  /** Meetings in the table. */
  readonly ids: Set<string>
  /** Successful first pages: how often each was read. */
  readonly reads: Map<string, number>
  /** Numbers that were listed as a failure, and are read again for that. */
  readonly failed: Set<string>
  /** What may have made the lane read something again. */
  disturbances: number
  requests: number
}

/** What is known of a run on a lane. */
interface Place {
  position: number
  attempt: number
}

/** See the members. */
export interface Invariants {
  readonly violations: ReadonlyArray<string>
  readonly violate: (what: string) => void
  readonly note: (text: string) => void
  readonly listenerOf: (lane: number) => Listener
  readonly onCommit: (backend: Backend) => (session: Session, rows: ReadonlyArray<Row>) => void
  /** An owner has heard of a commit that began then. */
  readonly onHeard: (name: string, beganAt: number) => void
  readonly onLogLine: (line: string) => void
  readonly instance: (instance: Instance) => void
  readonly ended: (instance: Instance) => void
  /** A run was planned, or its next round, with meetings that were there by then. */
  readonly planned: (run: string) => void
  /** Everything is done. */
  readonly checkEnd: (backend: Backend, refusals: (lane: number) => number) => void
  readonly requests: () => number
}

/** After a disturbance, so many units may be read again. */
const mostAgain = 10

const windowSeconds = ListByNo.maxRangeSeconds

/** Makes them. */
export const make = (scenario: Scenario, now: () => number, trace: Array<string>): Invariants => {
  const violations: Array<string> = []
  const note = (text: string) => void trace.push(`${String(now()).padStart(9)} ${text}`)
  const violate = (what: string) => {
    note(`VIOLATION ${what}`)
    if (violations.length < 20) violations.push(`at ${now()} ms: ${what}`)
  }
  const checkSecrets = (what: string, text: string) => {
    const at = text.indexOf("SECRET")
    if (at >= 0) violate(`10 a secret in ${what}: …${text.slice(Math.max(0, at - 100), at + 60)}`)
  }
  const lanes: ReadonlyArray<Known> = scenario.lanes.map((of) => ({
    of,
    id: Lane.id(of.lane),
    arrivals: { list: [], details: [], recording: [] },
    epoch: 0,
    owner: undefined,
    ids: new Set(),
    reads: new Map(),
    failed: new Set(),
    disturbances: 0,
    requests: 0,
  }))
  const laneOf = (id: unknown) => lanes.find((lane) => lane.id === id)!
  const tenants = new Map(lanes.map((lane) => [Lane.tenantOf(lane.of.lane), lane]))
  const places = new Map<string, Place>()
  const failures = new Map<string, { readonly start: number; readonly end: number }>()
  /** When the first round of a run was planned, and when the latest. */
  const plannedAt = new Map<string, readonly [number, number]>()
  const states = new Map<string, { readonly state: string; readonly since: number }>()
  const instances = new Map<string, Instance>()

  /** True when a run has to find a meeting: it was there when it began or, for a series, appeared within the overlap. */
  const hasToFind = (run: string, { since, time }: Core.Row) => {
    const [first, latest] = plannedAt.get(run) ?? [0, 0]
    if (since <= first) return true
    const overlap = scenario.runs.find(({ name }) => name === run)?.series?.overlapSeconds
    const late = (scenario.epoch + since + Math.max(0, scenario.database.clockOff)) / 1_000 - time
    return overlap !== undefined && since <= latest && late <= overlap
  }
  /** The meetings of a number that are in a range, and that a run has to find. */
  const rowsOf = ({ of: { feishu } }: Known, run: string, meetingNo: string, start: number, end: number) =>
    feishu.rows.filter(
      (row) =>
        row.meetingNo === meetingNo &&
        hasToFind(run, row) &&
        row.time >= start &&
        (feishu.listing.bounds === "start only" ? row.time < end : row.time <= end),
    )
  interface LaneRow {
    readonly segments: string
    readonly position: number
    readonly plan: string
    readonly attempt: number
  }
  /** The units of a lane in the order of reading, as they are documented. */
  const unitsOf = (backend: Backend, run: string, lane: Known, { plan, segments }: LaneRow) => {
    const numbers = backend
      .committed<{ numbers: string }>(
        "select numbers from backfill_numbers where run = ? and lane = ? order by first",
        run,
        lane.id,
      )
      .flatMap(({ numbers }) => numbers.split(" "))
    const end = (JSON.parse(plan) as { end: number }).end
    const units: Array<{ readonly meetingNo: string; readonly start: number; readonly end: number }> = []
    let first = 0
    for (const { from, numbers: count } of JSON.parse(segments) as ReadonlyArray<{
      from: number
      numbers: number
    }>) {
      for (let start = from; start < end; start += windowSeconds)
        for (const meetingNo of numbers.slice(first, first + count))
          units.push({ meetingNo, start, end: Math.min(end, start + windowSeconds) })
      first += count
    }
    return units
  }
  const checkThere = (
    lane: Known,
    run: string,
    meetingNo: string,
    start: number,
    end: number,
    why: string,
  ) => {
    const missing = rowsOf(lane, run, meetingNo, start, end).find(({ id }) => !lane.ids.has(id))
    if (missing !== undefined)
      violate(`3 ${why}, but meeting ${missing.id} of ${meetingNo} is not in the table`)
  }
  const checkPlace = (backend: Backend, run: string, lane: Known) => {
    const [row] = backend.committed<LaneRow>(
      `select l.segments, l.position, r.plan, r.attempt from backfill_lanes l join backfill_runs r on r.id = l.run
        where l.run = ? and l.lane = ?`,
      run,
      lane.id,
    )
    if (row === undefined) return
    const key = `${run} ${lane.id}`
    const before = places.get(key)
    places.set(key, { position: row.position, attempt: row.attempt })
    const from = before?.position ?? 0
    if (row.position < from) {
      // The next round of a series begins at 0.
      if (row.position !== 0 || before!.attempt === row.attempt)
        violate(`3 the place of ${key} goes back from ${from} to ${row.position}`)
      return
    }
    if (row.position === from) return
    const units = unitsOf(backend, run, lane, row)
    if (row.position > units.length) violate(`3 the place of ${key} is ${row.position} of ${units.length}`)
    for (const { end, meetingNo, start } of units.slice(from, row.position)) {
      const failure = failures.get(`${key} ${meetingNo}`)
      if (failure !== undefined && failure.start <= start && failure.end >= end) continue
      checkThere(lane, run, meetingNo, start, end, `the place of ${key} is ${row.position}`)
    }
  }

  const countRead = (lane: Known, { query }: Sent) => {
    if (query["page_token"] !== undefined) return
    const key = `${query["meeting_no"]} ${query["start_time"]} ${query["end_time"]}`
    lane.reads.set(key, (lane.reads.get(key) ?? 0) + 1)
  }

  return {
    violations,
    violate,
    note,
    requests: () => lanes.reduce((sum, { requests }) => sum + requests, 0),
    planned: (run) => void plannedAt.set(run, [plannedAt.get(run)?.[0] ?? now(), now()]),
    onLogLine: (line) => {
      checkSecrets("a log line", line)
      // A failure of the whole lane. Who waits for the database reads nothing again.
      if (line.includes("waits for the database")) return
      for (const lane of lanes) if (line.includes(`message="${lane.id}: `)) lane.disturbances++
    },
    instance: (instance) => void instances.set(instance.name, instance),
    ended: (instance) => void instances.delete(instance.name),
    onHeard: (name, beganAt) => {
      const instance = instances.get(name)
      if (instance === undefined) return
      for (const [run, { since, state }] of states) {
        if (state === "running") instance.stopped.delete(run)
        else if (since < beganAt && !instance.stopped.has(run)) instance.stopped.set(run, now())
      }
    },
    listenerOf: (index) => {
      const lane = lanes[index]!
      return {
        note: (text) => note(`${lane.id} ${text}`),
        sent: ({ at, machine, query, target }) => {
          note(
            `${lane.id}> ${target === undefined ? "token" : target.about === "list" ? `${query["meeting_no"]} ${query["start_time"]}-${query["end_time"]} ${query["page_token"] ?? "first page"}` : `${target.about} ${target.id}`}`,
          )
          if (target === undefined) return
          lane.requests++
          for (const instance of instances.values()) {
            if (instance.machine !== machine || instance.lane !== index) continue
            const runs = scenario.runs.filter((run) => run.lanes.some(({ lane }) => lane === index))
            const since = Math.max(
              ...runs.map(({ name }) => instance.stopped.get(name) ?? Number.POSITIVE_INFINITY),
            )
            if (at > since)
              violate(
                `8 ${instance.name} sends a request ${at - since} ms after it has seen that its runs are stopped`,
              )
          }
        },
        arrived: ({ target }) => {
          if (target === undefined) return
          const arrived = lane.arrivals[target.about]
          arrived.push(now())
          for (const { millis, requests: most } of windowsOf(lane.of.feishu, target.about)) {
            const count = arrived.length - (arrived.findLastIndex((at) => at <= now() - millis) + 1)
            if (count > most)
              violate(
                `1 ${count} requests of ${lane.id} for ${target.about} in ${millis} ms, ${most} are allowed`,
              )
          }
        },
        abandoned: () => undefined,
        answered: (sent, answer) => {
          note(`${lane.id}< ${answer.status} ${answer.verdict}`)
          if (answer.verdict === "success" && sent.target?.about === "list") countRead(lane, sent)
        },
      }
    },
    onCommit: (backend) => (session, rows) => {
      if (rows.length > 0)
        note(
          `db commit by ${session.name}: ${rows
            .map(({ key, table }) => `${table} ${key.join(" ")}`)
            .join(", ")
            .slice(0, 300)}`,
        )
      const isOperator = session.name === "operator"
      for (const { key, table } of rows) {
        if (table !== "backfill_owners") continue
        const lane = laneOf(key[0])
        const [row] = backend.committed<{ epoch: number }>(
          "select epoch from backfill_owners where lane = ?",
          lane.id,
        )
        const isClaim = row!.epoch > lane.epoch
        if (isClaim) {
          lane.epoch = row!.epoch
          lane.owner = session.name
          if (row!.epoch > 1) lane.disturbances++
        } else if (session.name !== lane.owner)
          violate(`4 ${session.name} commits on ${lane.id}, which ${lane.owner} owns`)
      }
      const held = new Set(rows.filter(({ table }) => table === "backfill_owners").map(({ key }) => key[0]))
      const checkOwner = (lane: Known) => {
        if (isOperator) return
        if (lane.owner !== session.name)
          violate(`4 ${session.name} writes for ${lane.id}, which ${lane.owner} owns`)
        if (!held.has(lane.id)) violate(`4 ${session.name} writes for ${lane.id} and does not hold it`)
      }
      for (const { key, table } of rows) {
        if (table !== "meetings") continue
        const lane = tenants.get(String(key[0]))!
        checkOwner(lane)
        lane.ids.add(String(key[1]))
      }
      for (const { key, table } of rows) {
        if (table !== "backfill_failures") continue
        const [run, id, meetingNo] = key as [string, string, string]
        checkOwner(laneOf(id))
        laneOf(id).failed.add(meetingNo)
        const [row] = backend.committed<{ range_start: number; range_end: number }>(
          "select range_start, range_end from backfill_failures where run = ? and lane = ? and meeting_no = ?",
          run,
          id,
          meetingNo,
        )
        const of = `${run} ${id} ${meetingNo}`
        const before = failures.get(of)
        if (row !== undefined) failures.set(of, { start: row.range_start, end: row.range_end })
        else {
          failures.delete(of)
          if (before !== undefined)
            checkThere(laneOf(id), run, meetingNo, before.start, before.end, `the failure of ${of} is over`)
        }
      }
      for (const { key, table } of rows) {
        if (table === "backfill_lanes") {
          const lane = laneOf(key[1])
          checkOwner(lane)
          checkPlace(backend, String(key[0]), lane)
        }
        if (table === "backfill_runs") {
          const run = String(key[0])
          const [row] = backend.committed<{ state: string }>(
            "select state from backfill_runs where id = ?",
            run,
          )
          if (row === undefined || row.state === states.get(run)?.state) continue
          states.set(run, { state: row.state, since: now() })
          if (row.state !== "running") for (const lane of lanes) lane.disturbances++
        }
      }
    },
    checkEnd: (backend, refusals) => {
      for (const [index, lane] of lanes.entries()) {
        const { feishu, lane: of, refused } = lane.of
        if (refusals(index) > 0)
          violate(`1 ${refusals(index)} requests of ${lane.id} were refused by the limit`)
        const table = backend.committed<
          Record<string, unknown> & { id: string; meeting_no: string; topic: string | null }
        >("select * from meetings where tenant = ?", Lane.tenantOf(of))
        const known = new Map(feishu.rows.map((row) => [row.id, row]))
        for (const { id, meeting_no, password, topic } of table) {
          const row = known.get(id)
          if (row === undefined) violate(`2 ${id} is in the table, and not at Feishu`)
          else if (row.meetingNo !== meeting_no || row.topic !== topic)
            violate(`2 ${id} is in the table with other values`)
          if (password !== null) violate(`10 the password of ${id} is in the table`)
        }
        const ids = new Map(table.map((row) => [row.id, row]))
        for (const run of scenario.runs) {
          const part = run.lanes.find((part) => part.lane === index)
          if (part === undefined) continue
          const [row] = backend.committed<LaneRow & { state: string }>(
            `select l.segments, l.position, r.plan, r.attempt, r.state from backfill_lanes l join backfill_runs r on r.id = l.run
              where l.run = ? and l.lane = ?`,
            run.name,
            lane.id,
          )
          if (row === undefined || row.state === "cancelled") continue
          const all = unitsOf(backend, run.name, lane, row)
          if (row.position !== all.length)
            violate(`6 ${run.name} is done at ${row.position} of ${all.length} on ${lane.id}`)
          for (const [of] of [...failures].filter(([of]) => of.startsWith(`${run.name} ${lane.id} `))) {
            const meetingNo = of.split(" ").at(-1)
            if (
              !refused.some((each) => each.meetingNo === meetingNo && each.until === Number.POSITIVE_INFINITY)
            )
              violate(`7 ${of} is listed as a failure, although Feishu gives it`)
          }
          const end = (JSON.parse(row.plan) as { end: number }).end
          for (const meetingNo of lane.of.numbers.slice(0, part.numbers)) {
            const start = run.range.start
            if (failures.has(`${run.name} ${lane.id} ${meetingNo}`)) continue
            if (
              refused.some((each) => each.meetingNo === meetingNo && each.until === Number.POSITIVE_INFINITY)
            ) {
              violate(`7 ${meetingNo} of ${lane.id} is refused, and not listed as a failure`)
              continue
            }
            for (const { id } of rowsOf(lane, run.name, meetingNo, start, end)) {
              const found = ids.get(id)
              if (found === undefined) violate(`2 ${id} of ${meetingNo} is not in the table`)
              else if (run.details && found["details_status"] === null) violate(`2 ${id} has no details`)
              else if (run.recordings && found["recording_status"] === null)
                violate(`2 ${id} has no recording`)
            }
          }
        }
        const runs = scenario.runs.filter((run) => run.lanes.some((part) => part.lane === index)).length
        const again = [...lane.reads]
          .filter(([key]) => !lane.failed.has(key.split(" ")[0]!))
          .reduce((sum, [, count]) => sum + Math.max(0, count - runs), 0)
        if (again > mostAgain * lane.disturbances)
          violate(`5 ${again} units of ${lane.id} were read again after ${lane.disturbances} disturbances`)
      }
      for (const { name } of backend.committed<{ name: string }>(
        "select name from sqlite_master where type = 'table'",
      ))
        checkSecrets(`the table ${name}`, JSON.stringify(backend.committed(`select * from ${name}`)))
    },
  }
}
