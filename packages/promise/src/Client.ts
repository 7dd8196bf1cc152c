/** The client. */
import type { Complete, Failed, IncrementalPage, Meeting, Page } from "./Meeting.ts"
import type {
  Artifacts,
  DetailsPage,
  IdRead,
  IncrementalDetailsPage,
  MeetingDetails,
  MeetingRead,
  RecordingAnswer,
} from "./MeetingDetails.ts"
import type {
  CallOptions,
  DetailsOptions,
  DetailsRequest,
  From,
  IncrementalOptions,
  RangeOptions,
  TimeRange,
} from "./Options.ts"

/**
 * Reads meetings. Every read ends complete, or rejects with a `FeishuError` that has a cursor to go on from. Rows come
 * exactly once within one read, and at least once across a resume.
 *
 * The reads of a client share one rate limit and one token. Share one client among everything that uses an app.
 */
export interface Client extends AsyncDisposable {
  /** Reads all meetings, each once. The read ends when you leave the loop. */
  readonly stream: (from: From) => AsyncIterable<Meeting>
  /** Reads all pages, each with the cursor after it. A failure comes after every page before it. */
  readonly pages: (from: From) => AsyncIterable<Page>
  /** Reads one page: the first of a request, or the one at a cursor. */
  readonly page: (from: From) => Promise<Page>
  /**
   * Reads all meetings of many numbers, one number after the other; a number that is given twice is read once. The
   * first failure ends the read. Wrong numbers are reported all at once, before anything is sent.
   */
  readonly streamMany: (
    meetingNos: Iterable<string>,
    range: TimeRange,
    options?: RangeOptions,
  ) => AsyncIterable<{ readonly meetingNo: string; readonly meeting: Meeting }>
  /**
   * Reads the pages of many numbers, one number after the other, and how each of them ended. A fault of a number (its
   * request is refused, or its answers do not match the documentation) ends that number only; a failure that would
   * affect the others, too (token, scope, quota, network), rejects.
   */
  readonly outcomes: (
    meetingNos: Iterable<string>,
    range: TimeRange,
    options?: RangeOptions,
  ) => AsyncIterable<Page | Complete | Failed>
  /**
   * Reads all meetings as `stream` does, in its order, each with its details and, if requested, its recording. They are read in
   * parallel up to their rate limits, at most `concurrency` ahead of the loop. A meeting whose details or recording are refused
   * comes as such; a failure that would affect other meetings, too, (token, scope, quota, network) rejects. Its cursor is the
   * place of the page whose meetings did not all come: those that did come again when the read is resumed.
   */
  readonly streamDetails: (from: From, request?: DetailsRequest) => AsyncIterable<MeetingRead>
  /** Reads all pages as `pages` does. A page comes when all of its meetings were read. */
  readonly detailsPages: (from: From, request?: DetailsRequest) => AsyncIterable<DetailsPage>
  /** Reads the pages of many numbers as `outcomes` does, with the details of each meeting and, if requested, its recording. */
  readonly detailsOutcomes: (
    meetingNos: Iterable<string>,
    range: TimeRange,
    options?: RangeOptions & DetailsRequest,
  ) => AsyncIterable<DetailsPage | Complete | Failed>
  /**
   * Reads the details of meetings by their ids and, if requested, their recordings, as `streamDetails` does for those of a
   * number: in parallel, and in the order of the ids.
   */
  readonly detailsOf: (
    meetingIds: Iterable<string>,
    options?: CallOptions & DetailsRequest,
  ) => AsyncIterable<IdRead>
  /**
   * Reads the meetings of a number that came since the last time: the rest of a read that failed or was stopped, and then what is
   * newer. Keep the meetings in a table whose key is their id, and call `commit` of each page in the transaction that writes its
   * meetings: then each meeting is in the table once, whatever happens.
   */
  readonly incremental: (meetingNo: string, options: IncrementalOptions) => AsyncIterable<IncrementalPage>
  /**
   * Reads what `incremental` reads, with the details of each meeting and, if requested, its recording. A page comes when all of its
   * meetings were read, so a read that failed among them goes on with that page. A meeting of the overlap comes again with what is
   * known of it then: the end of one that was running, or a recording that was being made.
   *
   * @example
   * ```ts
   * import { createClient } from "@effect-feishu/promise"
   *
   * await using client = createClient({
   *   appId: process.env.FEISHU_APP_ID!,
   *   appSecret: process.env.FEISHU_APP_SECRET!,
   *   baseUrl: process.env.FEISHU_BASE_URL,
   * })
   *
   * const states = new Map<string, string>()
   * const store = {
   *   get: (key: string) => states.get(key),
   *   set: (key: string, state: string) => states.set(key, state),
   * }
   * for await (const page of client.incrementalDetails("337736498", { store, from: "30d" })) {
   *   for (const { brief, details } of page.meetings) console.log(brief.topic, details?.type)
   *   page.commit()
   * }
   * // => Kick-off Found
   * // => Review Found
   * // => Retrospective Found
   * console.log([...states.keys()]) // => [ '337736498' ]
   * ```
   */
  readonly incrementalDetails: (
    meetingNo: string,
    options: IncrementalOptions & DetailsRequest,
  ) => AsyncIterable<IncrementalDetailsPage>
  /**
   * Requests the details of one meeting by its id: when it was, its host and, if requested, who took part. Ids are those of the
   * list, as text.
   */
  readonly details: (meetingId: string, options?: DetailsOptions) => Promise<MeetingDetails>
  /** Requests the documents that were made of a meeting: its AI note and its transcript. */
  readonly artifacts: (meetingId: string, options?: CallOptions) => Promise<Artifacts>
  /** Requests the recording of a meeting. That there is none, or none yet, is an answer and not a failure. */
  readonly recording: (meetingId: string, options?: CallOptions) => Promise<RecordingAnswer>
  /**
   * Keeps the ticket of a store app, which Feishu pushes to the app's event address every hour: pass on the
   * `app_ticket` of every event of that type. While there is no ticket, one is requested from Feishu, and reads wait.
   */
  readonly pushAppTicket: (ticket: string) => Promise<void>
  /** Ends the reads that are under way, which reject with `ClientClosed`, and closes the connections. */
  readonly close: () => Promise<void>
}
