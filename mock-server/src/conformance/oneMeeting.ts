/** Requests about one meeting: the first ones of the number, whose details and recordings several checks need. */
import { GetMeeting } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import { codeOf } from "./Answer.ts"
import { idsOf, rowsAtLeast } from "./boundarySeconds.ts"
import { successful } from "./Observation.ts"
import type { BasicProbes } from "./Probe.ts"
import { Undecided } from "./Subject.ts"

/** An id that is 64 bits wide, and of a time that has not come. */
export const unknownId = "9223372036854775807"

/** Returns the path of a meeting. */
export const pathOf = (idAndQuery: string): string => GetMeeting.path.replace(":meeting_id", idAndQuery)

/** Requests the path of a meeting, with the token of all requests. */
export const get = ({ authorization, feishu }: BasicProbes, idAndQuery: string, atOnce = false) =>
  Effect.flatMap(authorization, (bearer) =>
    feishu.send(pathOf(idAndQuery), { authorization: bearer, atOnce }),
  )

/** Returns the answer, unless the app lacks the scope of the endpoint. */
export const permitted = Effect.fnUntraced(function* (
  probes: BasicProbes,
  idAndQuery: string,
  scope: string,
) {
  const answer = yield* get(probes, idAndQuery)
  const code = codeOf(answer)
  if (code !== 99991672 && code !== 99991679) return answer
  return yield* new Undecided({
    because: "the app lacks the scope of this endpoint",
    give: `grant the app ${scope}`,
  })
})

/** The scopes of the details, in words. */
export const ofDetails = GetMeeting.scopes.join(" or ")
/** The scope of the recording. */
export const ofRecordings = "vc:record:readonly"

/** Returns the first meeting of the number, if its details can be read: its id, and the answer. */
export const firstMeeting = Effect.fnUntraced(function* (probes: BasicProbes) {
  const id = idsOf(yield* rowsAtLeast(1, probes))[0] ?? ""
  const answer = yield* successful("a request for details", permitted(probes, id, ofDetails))
  return { id, answer }
})

/** The most meetings whose recordings are requested. */
export const mostRecordings = 12

/** Returns the answers about the recordings of the first meetings. */
export const recordings = Effect.fnUntraced(function* (probes: BasicProbes) {
  const ids = idsOf(yield* rowsAtLeast(1, probes)).slice(0, mostRecordings)
  return yield* Effect.forEach(ids, (id) => permitted(probes, `${id}/recording`, ofRecordings))
})
