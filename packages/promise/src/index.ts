/**
 * Reads Feishu (Lark) meetings with `for await`: the same as `@effect-feishu/core`, for programs without Effect 4.
 */
import "./thisNode.ts"

export { type Client, createClient } from "./Client.ts"
export {
  type AppCredentials,
  type CallOptions,
  type ClientOptions,
  type DetailsChoice,
  type DetailsOptions,
  type DetailsRequest,
  type From,
  type GivenToken,
  type IncrementalOptions,
  type MeetingsRequest,
  type Moment,
  type RangeOptions,
  type RateLimitOptions,
  type RateLimitWindow,
  type ReadOptions,
  type Resume,
  type RetryBudgetOptions,
  type Settings,
  type StateStore,
  type TimeRange,
} from "./Options.ts"
export { type ClientEvent } from "./ClientEvent.ts"
export {
  AppTicketMissing,
  AuthenticationFailed,
  ClientClosed,
  ContractViolation,
  CursorUnusable,
  type ErrorFields,
  FeishuError,
  InvalidRequest,
  PaginationBroken,
  type PaginationFault,
  PermissionDenied,
  QuotaExceeded,
  RangeTooOld,
  RateLimited,
  type Reason,
  Redirected,
  RequestRefused,
  ServerFailed,
  TransportFailed,
  type TransportFault,
} from "./FeishuError.ts"
export {
  type Complete,
  type Failed,
  type IncrementalPage,
  type Meeting,
  type Page,
  type Period,
} from "./Meeting.ts"
export {
  type Answers,
  type Artifacts,
  type DetailsPage,
  type Found,
  type IdRead,
  type IncrementalDetailsPage,
  type MeetingDetails,
  type MeetingRead,
  type NotReady,
  type NotRecorded,
  type Participant,
  type Recorded,
  type RecordingAnswer,
  type Refused,
  type User,
} from "./MeetingDetails.ts"
export {
  type DetailsRecord,
  detailsRecord,
  type MeetingRecord,
  meetingRecord,
  type ParticipantRecord,
  participantRecord,
  type RecordingRecord,
  recordingRecord,
} from "./MeetingRecord.ts"
export { Secret } from "./Secret.ts"
