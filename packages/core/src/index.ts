/**
 * Effect services that read Feishu (Lark) meetings.
 *
 * Most applications need `Meetings`; `FeishuClient` calls further endpoints with the same retries and limits.
 *
 * Each module also has a path of its own: `import * as Meetings from "@effect-feishu/core/Meetings"`. Some bundlers
 * (esbuild) include every module of a package that is imported by the name of the package.
 */
export {
  ErrorCodes,
  GetMeeting,
  GetRecording,
  ListByNo,
  MeetingBrief,
  MeetingBriefRow,
  MeetingId,
  MeetingNo,
  MeetingNoFromText,
  MeetingNosFromText,
  MeetingRecord,
} from "@effect-feishu/contract"
export * as AccessToken from "./AccessToken.ts"
export * as AppTicket from "./AppTicket.ts"
export * as Cursor from "./Cursor.ts"
export * as DeviceFlow from "./DeviceFlow.ts"
export * as Events from "./Events.ts"
export * as FeishuClient from "./FeishuClient.ts"
export * as FeishuConfig from "./FeishuConfig.ts"
export * as FeishuError from "./FeishuError.ts"
export * as Meetings from "./Meetings.ts"
export * as Metrics from "./Metrics.ts"
export * as Pagination from "./Pagination.ts"
export * as Probe from "./Probe.ts"
export * as RateLimit from "./RateLimit.ts"
export * as Retry from "./Retry.ts"
export * as Secret from "./Secret.ts"
export * as Sentence from "./Sentence.ts"
export * as SignIn from "./SignIn.ts"
export * as TimeRange from "./TimeRange.ts"
export * as UserTokenStore from "./UserTokenStore.ts"
