/** Meetings: search, put, remove. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Bounds from "../../protocol/Bounds.ts"
import { contradictionsOfMeeting, notAViewer, viewersIn } from "../../seed/contradictions.ts"
import { type Fault, renderFault } from "../../seed/SeedInvalid.ts"
import * as Seed from "../../seed/Seed.ts"
import * as MeetingNow from "../../state/MeetingNow.ts"
import * as Store from "../../state/Store.ts"
import type { Workspaces } from "../../state/Workspaces.ts"
import * as ControlApi from "../ControlApi.ts"
import * as Outcome from "./Outcome.ts"
import * as Target from "./Target.ts"

/** Handles the group `meetings`. */
export const layer = (workspaces: Workspaces) => {
  const { change, find } = Target.of(workspaces)
  return HttpApiBuilder.group(ControlApi.Api, "meetings", (handlers) =>
    handlers
      .handle("meetings", ({ query }) =>
        Effect.map(find(query), ({ state }) => {
          const { limit = 50, meeting_no: meetingNo, offset = 0, search: text } = query
          const { meetings, total } = state.store.search({
            meetingNo,
            text,
            offset,
            limit: Math.min(limit, 1_000),
          })
          return { total, meetings: meetings.map(state.store.given) }
        }),
      )
      .handle("meeting", ({ params, query }) =>
        Effect.flatMap(find(query), ({ state: { behaviour, clock, store } }) => {
          const meeting = store.meeting(params.id)
          if (meeting === undefined) return Outcome.missing(`meeting ${params.id}`)
          const now = Math.floor(clock.now() / 1000)
          const details = MeetingNow.at(store, meeting, now, behaviour.recordingSeconds)
          return Effect.succeed({
            meeting: store.given(meeting),
            ...(details === undefined ? {} : { details }),
          })
        }),
      )
      .handle("putMeetings", ({ payload, query }) =>
        change(query, ({ state }) => {
          const now = Math.floor(state.clock.now() / 1000)
          const meetings = payload.map((meeting) => Seed.inSeconds(meeting, now))
          const problems = problemsOf(payload, now, state.store)
          if (problems.length > 0) return Effect.fail(Outcome.refused("invalid meetings", problems))
          if (!state.store.hasRoomFor(meetings)) {
            return Effect.fail(Outcome.refused("there is no room for these meetings", [Bounds.ofWorkspace]))
          }
          return Effect.as(Store.putAll(state.store, meetings), { put: payload.length })
        }),
      )
      .handle("removeMeeting", ({ params, query }) =>
        change(query, ({ state }) =>
          Outcome.doneOr(state.store.removeMeeting(params.id), `meeting ${params.id}`),
        ),
      ),
  )
}

// As they are given: a relative time that is too late would not be a time any more once it is in seconds.
const problemsOf = (
  meetings: ReadonlyArray<Seed.Meeting>,
  now: number,
  store: Store.Store,
): ReadonlyArray<string> => {
  const tenants = new Set(store.apps().flatMap(({ tenants }) => tenants))
  const inWords = (path: Fault["path"], message: string) => renderFault({ path, message })
  return [
    ...meetings.flatMap((meeting, index) => [
      ...(meeting.tenant_key !== undefined && !tenants.has(meeting.tenant_key)
        ? [inWords([index, "tenant_key"], "no app has this tenant")]
        : []),
      ...contradictionsOfMeeting(meeting, now).map(({ message, path }) => inWords([index, ...path], message)),
    ]),
    ...viewersIn(meetings).flatMap(({ path, viewer }) =>
      store.app(viewer) === undefined ? [inWords(path, notAViewer(viewer))] : [],
    ),
  ]
}
