import * as KeyValueStore from "@effect/platform/KeyValueStore"
import type { Meeting, MeetingsRequest } from "@effect-feishu/promise"
import { Effect, Option, Stream } from "effect"
import { FeishuMeetings } from "./FeishuMeetings.ts"

/**
 * Passes every meeting of a number to `take`. The cursor after each page is kept, so that after a failure, or a crash,
 * the next run goes on from there. A page may then come twice, but none is skipped.
 */
export const collect = Effect.fn("collect")(function* <E, R>(
  request: MeetingsRequest,
  take: (meeting: Meeting) => Effect.Effect<void, E, R>,
) {
  const { pages } = yield* FeishuMeetings
  const cursors = yield* KeyValueStore.KeyValueStore
  const from = Option.match(yield* cursors.get(request.meetingNo), {
    onNone: () => request,
    onSome: (cursor) => ({ cursor }),
  })
  yield* pages(from).pipe(
    Stream.runForEach(({ cursor, meetings }) =>
      Effect.forEach(meetings, take, { discard: true }).pipe(
        Effect.zipRight(
          cursor === undefined ? cursors.remove(request.meetingNo) : cursors.set(request.meetingNo, cursor),
        ),
      ),
    ),
  )
})
