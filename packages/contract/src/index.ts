/**
 * The protocol between a client and Feishu's meeting endpoint: Schemas of requests and answers, and error codes.
 *
 * Each fact is marked with its source: documented (official documentation), observed (a published response or
 * the behaviour of an official SDK) or inferred.
 */
export * as AppAccessToken from "./AppAccessToken.ts"
export * as AppTicket from "./AppTicket.ts"
export * as Envelope from "./Envelope.ts"
export * as ErrorCodes from "./ErrorCodes.ts"
export * as GetMeeting from "./GetMeeting.ts"
export * as GetRecording from "./GetRecording.ts"
export * as ListByNo from "./ListByNo.ts"
export { MeetingBrief, MeetingBriefRow, MeetingBriefs, MeetingRecord } from "./MeetingBrief.ts"
export { MeetingId, MeetingNo, MeetingNoFromText, MeetingNosFromText } from "./MeetingNo.ts"
export * as OAuth from "./OAuth.ts"
export * as ResponseHeaders from "./ResponseHeaders.ts"
export * as TenantAccessToken from "./TenantAccessToken.ts"
export * as UserInfo from "./UserInfo.ts"
