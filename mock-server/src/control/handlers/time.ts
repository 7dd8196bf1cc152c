/** The mock's clock, and the rate limits, which follow it. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import * as MonthlyQuota from "../../state/MonthlyQuota.ts"
import * as VirtualClock from "../../state/VirtualClock.ts"
import type * as Workspace from "../../state/Workspace.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `time`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "time", (handlers) =>
    handlers
      .handle("clock", ({ query }) => Effect.map(find(query), ({ state }) => clockOf(state)))
      .handle("moveClock", ({ payload, query }) => change(query, ({ state }) => move(state, payload)))
      .handle("limits", ({ query }) =>
        Effect.map(find(query), ({ state }) =>
          state.rateLimit
            .counts(state.clock.now())
            .map((count) => ({ ...count, fullAt: count.fullAt / 1000 })),
        ),
      )
      .handle("quota", ({ query }) => Effect.map(find(query), ({ state }) => quotaOf(state))),
  )
}

const quotaOf = ({ behaviour: { monthlyQuota: limit }, clock, quota }: Workspace.State) => {
  const now = clock.now()
  return {
    limit,
    month: MonthlyQuota.monthOf(now),
    fullAt: MonthlyQuota.nextMonth(now) / 1000,
    tenants: quota.counts(now).map(({ tenant, used }) => ({
      tenant,
      used,
      left: limit === "off" ? 0 : Math.max(0, limit - used),
    })),
  }
}

const clockOf = ({ clock }: Workspace.State) => ({ now: clock.now() / 1000, frozen: clock.isFrozen() })

/** Sets or advances the clock, and then freezes it or lets it run. */
const move = (
  state: Workspace.State,
  { advance = 0, frozen, set }: typeof ControlApi.ClockMove.Type,
): Effect.Effect<typeof ControlApi.Clock.Type, ControlApi.Refused> => {
  const { clock } = state
  const now = clock.now() / 1000
  const to = VirtualClock.secondsOf(set ?? now, now).pipe(
    Option.flatMap((from) => VirtualClock.secondsOf(from + advance, now)),
    Option.getOrUndefined,
  )
  if (to === undefined) {
    const key = advance === 0 ? "set" : "advance"
    return Effect.fail(Outcome.refused("the clock cannot be moved there", [`${key}: ${VirtualClock.bounds}`]))
  }
  if (frozen === false && clock.run === undefined) {
    return Effect.fail(
      Outcome.refused("the clock cannot run", [
        "frozen: the clock of this mock is Effect's TestClock, which stands still until it is moved",
      ]),
    )
  }
  // Before it is set, so that it shows the given time to the millisecond.
  if (frozen === true) clock.freeze()
  return Effect.map(set !== undefined || advance !== 0 ? clock.set(to * 1000) : Effect.void, () => {
    if (frozen === false) clock.run?.()
    return clockOf(state)
  })
}
