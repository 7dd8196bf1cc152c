/**
 * The pages of a number with the details of their meetings. Meetings are read in parallel, also across pages, and are given in
 * the order of the list. A page is behind the cursor only when all of its meetings have been given: a failure that would affect
 * every meeting has the cursor of the first page that was not given as a whole.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Refusal } from "@effect-feishu/contract/ErrorCode"
import type * as GetMeeting from "@effect-feishu/contract/GetMeeting"
import type { MeetingBrief } from "@effect-feishu/contract/MeetingBrief"
import * as MeetingIds from "@effect-feishu/contract/MeetingId"
import type { MeetingId } from "@effect-feishu/contract/MeetingNo"
import * as Cursor from "../Cursor.ts"
import * as FeishuClient from "../FeishuClient.ts"
import { type FeishuError, invalidRequest } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"
import * as MeetingDetails from "./MeetingDetails.ts"
import * as MeetingPages from "./MeetingPages.ts"
import type { Opened } from "./ReadRequest.ts"

/** What to request for each meeting of a list. */
export interface DetailsRequest extends MeetingDetails.DetailsOptions {
  /** Request the details; default true. */
  readonly details?: boolean | undefined
  /** Request the recording; default false. */
  readonly recordings?: boolean | undefined
  /** The most meetings that are read in parallel, or wait for their turn to be given; 1 to 1,000, default 50. */
  readonly concurrency?: number | undefined
}

/** The details of a meeting. */
export interface Found {
  readonly _tag: "Found"
  readonly meeting: GetMeeting.Meeting
}

/** What was requested of this meeting is refused; that of others may still be read. */
export interface Refused {
  /**
   * `NotFound`: Feishu knows no meeting with this id, or no longer (121004 of the details, 122002 of the recording).
   * `NoPermission`: the app or user may not see it (121005). `Refused`: another reason, such as an id that is not a number.
   */
  readonly _tag: "NotFound" | "NoPermission" | "Refused"
  readonly error: FeishuError
}

/** What was requested of a meeting. */
export interface Answers {
  /** `undefined` unless requested. */
  readonly details: Found | Refused | undefined
  /** `undefined` unless requested. */
  readonly recording: MeetingDetails.RecordingAnswer | Refused | undefined
}

/** A meeting of a list with what was requested of it. */
export interface MeetingRead extends Answers {
  readonly brief: MeetingBrief
}

/** An id with what was requested of its meeting. */
export interface IdRead extends Answers {
  readonly meetingId: MeetingId
}

/** A meeting that was read, or the end of its page. */
export type Item =
  | { readonly _tag: "Meeting"; readonly read: MeetingRead }
  | { readonly _tag: "PageEnd"; readonly page: MeetingPages.MeetingPage }

const defaultConcurrency = 50
const highestConcurrency = 1_000

/** Checks a request. Nothing is sent before that. */
export const check = Effect.fnUntraced(function* (
  request: DetailsRequest,
): Effect.fn.Return<void, FeishuError> {
  const { concurrency = defaultConcurrency } = request
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > highestConcurrency) {
    return yield* invalidRequest(
      "concurrency",
      Sentence.make("outOfRange", { text: String(concurrency) }),
      Sentence.make("giveWholeNumberTo", { minimum: 1, maximum: highestConcurrency }),
    )
  }
  yield* FeishuClient.encodedQuery(MeetingDetails.getMeeting, MeetingDetails.queryOf(request))
})

/** The meetings of an opened read, in the order of the list; after those of a page comes its end. */
export const read = (
  client: FeishuClient.FeishuClient["Service"],
  opened: Opened,
  request: DetailsRequest,
): Stream.Stream<Item, FeishuError> =>
  Stream.suspend(() => {
    let place = opened.start
    const meeting = (brief: MeetingBrief, at: Cursor.Position): Effect.Effect<Item, FeishuError> =>
      Effect.mapBoth(answersOf(client, brief.id, request), {
        onSuccess: (answers): Item => ({ _tag: "Meeting", read: { brief, ...answers } }),
        onFailure: (error) => error.with({ cursor: Cursor.fromPosition(at) }),
      })
    return MeetingPages.read(client, opened).pipe(
      Stream.map((page) => {
        const at = place
        place = page.next ?? place
        const end: Item = { _tag: "PageEnd", page }
        return Arr.append(
          page.rows.map((brief) => meeting(brief, at)),
          Effect.succeed(end),
        )
      }),
      Stream.flattenArray,
      inParallel(request),
    )
  })

/** The meetings of ids, in their order. */
export const readIds = (
  client: FeishuClient.FeishuClient["Service"],
  meetingIds: Iterable<MeetingId>,
  request: DetailsRequest,
): Stream.Stream<IdRead, FeishuError> =>
  Stream.fromIterable(meetingIds).pipe(
    Stream.map((meetingId) =>
      Effect.map(answersOf(client, meetingId, request), (answers) => ({ meetingId, ...answers })),
    ),
    inParallel(request),
  )

/**
 * Runs effects in parallel and gives their results in order. A failure has its place in the order, too: it does not overtake
 * results before it, and once one is known no further effect is run, since its result would come after it.
 */
const inParallel =
  ({ concurrency = defaultConcurrency }: DetailsRequest) =>
  <A>(effects: Stream.Stream<Effect.Effect<A, FeishuError>, FeishuError>): Stream.Stream<A, FeishuError> =>
    Stream.suspend(() => {
      let failure: FeishuError | undefined
      const run = (effect: Effect.Effect<A, FeishuError>) =>
        failure === undefined
          ? Effect.result(Effect.tapError(effect, (error) => Effect.sync(() => (failure ??= error))))
          : Effect.succeed(Result.fail(failure))
      return effects.pipe(
        Stream.catch((error) => Stream.succeed(Effect.fail(error))),
        Stream.mapEffect(run, { concurrency }),
        Stream.mapEffect(Effect.fromResult),
      )
    })

const answersOf = (
  client: FeishuClient.FeishuClient["Service"],
  id: MeetingId,
  { details = true, recordings = false, ...options }: DetailsRequest,
): Effect.Effect<Answers, FeishuError> => {
  const found = details ? detailsOf(client, id, options) : undefined
  const recording = recordings ? recordingOf(client, id) : undefined
  if (found !== undefined && recording !== undefined) {
    return Effect.zipWith(found, recording, (details, recording) => ({ details, recording }), {
      concurrent: true,
    })
  }
  if (found !== undefined) return Effect.map(found, (details) => ({ details, recording: undefined }))
  if (recording === undefined) return Effect.succeed({ details: undefined, recording })
  return Effect.map(recording, (recording) => ({ details: undefined, recording }))
}

/** Requests the details of a meeting; that they are refused for it is an answer. */
const detailsOf = (
  client: FeishuClient.FeishuClient["Service"],
  id: MeetingId,
  options?: MeetingDetails.DetailsOptions,
): Effect.Effect<Found | Refused, FeishuError> =>
  MeetingDetails.details(client, id, options).pipe(
    Effect.map((meeting): Found | Refused => ({ _tag: "Found", meeting })),
    Effect.catch(orRefused(MeetingDetails.getMeeting, id)),
  )

/** Requests the recording of a meeting; that it is refused for it is an answer. */
const recordingOf = (
  client: FeishuClient.FeishuClient["Service"],
  id: MeetingId,
): Effect.Effect<MeetingDetails.RecordingAnswer | Refused, FeishuError> =>
  MeetingDetails.recording(client, id).pipe(
    Effect.map((answer): MeetingDetails.RecordingAnswer | Refused => answer),
    Effect.catch(orRefused(MeetingDetails.getRecording, id)),
  )

const orRefused =
  (endpoint: FeishuClient.Refusing, id: MeetingId) =>
  (error: FeishuError): Effect.Effect<Refused, FeishuError> => {
    // The list may have ids that cannot be requested.
    const refusal =
      MeetingIds.problemOf(id) === undefined ? FeishuClient.refusalOf(endpoint, error) : "refused"
    return refusal === undefined ? Effect.fail(error) : Effect.succeed({ _tag: tags[refusal], error })
  }

const tags: Readonly<Record<Refusal, Refused["_tag"]>> = {
  "not found": "NotFound",
  "no permission": "NoPermission",
  refused: "Refused",
}
