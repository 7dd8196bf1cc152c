/** The scopes of the endpoints that read. */
import { GetMeeting, GetRecording, ListByNo } from "@effect-feishu/contract"

/** Every scope that reading meetings, their details and their recordings may need. */
export const all: ReadonlyArray<string> = [
  ...new Set([
    ...ListByNo.scopes,
    ...GetMeeting.scopes,
    ...GetRecording.scopes,
    GetMeeting.userIdScope,
    ...Object.values(GetMeeting.artifactScopes),
  ]),
]
