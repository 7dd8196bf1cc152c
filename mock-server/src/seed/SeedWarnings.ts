/** Warnings about a seed that is valid, but probably not what its author meant. */
import { ListByNo } from "@effect-feishu/contract"
import * as Scopes from "../protocol/Scopes.ts"
import * as People from "./People.ts"
import * as DidYouMean from "./DidYouMean.ts"
import { isSameUser } from "./contradictions.ts"
import { type InSeconds, inSeconds, type Meeting, type Seed } from "./Seed.ts"
import type { Fault } from "./SeedInvalid.ts"

/** Returns how many meetings started more than 90 days before `now`: by default Feishu hides those. */
export const tooOld = ({ generate = [], meetings = [] }: Seed, now: number): number => {
  const oldest = now - ListByNo.maxRangeSeconds
  const single = meetings.filter((meeting) => inSeconds(meeting, now).start_time < oldest).length
  // An order that is older in part does not count: how many of its meetings are older shows only when it is carried out.
  return generate.reduce(
    (sum, order) => ((inSeconds(order, now).to ?? now) < oldest ? sum + order.count : sum),
    single,
  )
}

/**
 * Returns a warning for every value that was probably not meant: scopes that no endpoint of the mock needs (they are accepted, since Feishu has many
 * more), users for whom an app is available and who are not there, variables of shells and compose files, which the mock does not replace, and
 * details of meetings that do not go together. Relative times count from `now` (unix seconds).
 */
export const warnings = (seed: Seed, now: number): ReadonlyArray<Fault> => {
  const found: Array<Fault> = []
  for (const [index, { scopes }] of (seed.apps ?? []).entries()) {
    const known = Scopes.all
    const others: Array<string> = []
    for (const [at, scope] of scopes.entries()) {
      if (known.includes(scope)) continue
      const question = DidYouMean.question(scope, known)
      if (question === "") others.push(scope)
      else found.push({ path: ["apps", index, "scopes", at], message: `unknown scope ${scope}${question}` })
    }
    if (others.length > 0) {
      const [scope, it] = others.length === 1 ? ["scope", "it"] : ["scopes", "them"]
      const message = `unknown ${scope} ${others.join(", ")}: no endpoint here needs ${it}; to read meetings an app needs ${ListByNo.scopes.join(" or ")}`
      found.push({ path: ["apps", index, "scopes"], message })
    }
  }
  const openIds = seed.users?.map((user) => People.of(user, "").open_id) ?? []
  for (const [index, { availability = [] }] of (seed.apps ?? []).entries()) {
    for (const [at, openId] of availability.entries()) {
      if (openIds.length === 0 || openIds.includes(openId)) continue
      const message = `no user has the open_id ${openId}${DidYouMean.question(openId, openIds)}`
      found.push({ path: ["apps", index, "availability", at], message })
    }
  }
  for (const list of ["apps", "users", "meetings", "generate"] as const) {
    for (const [index, entry] of (seed[list] ?? []).entries()) {
      for (const [key, value] of Object.entries(entry)) {
        const texts: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
        if (!texts.some((text) => typeof text === "string" && /\$\{\w|^\$[A-Z_]+$/.test(text))) continue
        const message =
          "variables are not replaced, so this is taken literally: use envsubst < FILE | feishu-mock --seed - to replace them"
        found.push({ path: [list, index, key], message })
      }
    }
  }
  for (const [index, meeting] of (seed.meetings ?? []).entries()) {
    for (const { message, path } of doubts(inSeconds(meeting, now))) {
      found.push({ path: ["meetings", index, ...path], message })
    }
  }
  return found
}

/** Returns what is odd about the details of a meeting, which the mock sends all the same. */
const doubts = ({
  end_time: end,
  host_user: host,
  participants = [],
  recording,
  start_time: start,
}: InSeconds<Meeting>): ReadonlyArray<Fault> => [
  ...(recording !== undefined && end === undefined
    ? [{ path: ["recording"], message: "is never ready: without end_time the meeting does not end" }]
    : []),
  ...(recording?.duration !== undefined && end !== undefined && recording.duration > (end - start) * 1_000
    ? [
        {
          path: ["recording", "duration"],
          message: `is longer than the meeting, which takes ${(end - start) * 1_000} milliseconds`,
        },
      ]
    : []),
  ...participants.flatMap((row, index) => {
    const path = ["participants", index]
    const { final_leave_time: leave = start, first_join_time: join = start } = row
    return [
      ...(host !== undefined && row.is_host === true && !isSameUser(host, row)
        ? [{ path: [...path, "is_host"], message: "is the host, but host_user is somebody else" }]
        : []),
      ...(join < start
        ? [{ path: [...path, "first_join_time"], message: "is before the start of the meeting" }]
        : []),
      ...(end !== undefined && leave > end
        ? [{ path: [...path, "final_leave_time"], message: "is after the end of the meeting" }]
        : []),
    ]
  }),
]
