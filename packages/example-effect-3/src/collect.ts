import * as KeyValueStore from "@effect/platform/KeyValueStore"
import type { Meeting, MeetingsRequest } from "@effect-feishu/promise"
import { Effect, Option, Stream } from "effect"
import { FeishuMeetings } from "./FeishuMeetings.ts"

/**
 * Hands on every meeting of a number. The cursor behind each page is kept, so that after a failure, or a crash, the
 * next run goes on from there; a page may then come twice, never not at all.
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
