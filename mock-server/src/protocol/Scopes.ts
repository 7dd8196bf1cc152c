/** The scopes of the endpoints that read, and of refresh tokens. */
import { GetMeeting, GetRecording, ListByNo, OAuth } from "@effect-feishu/contract"

/** Every scope that reading meetings, their details and their recordings may need, and the one without which a user's login ends. */
export const all: ReadonlyArray<string> = [
  ...new Set([
    ...ListByNo.scopes,
    ...GetMeeting.scopes,
    ...GetRecording.scopes,
    GetMeeting.userIdScope,
    ...Object.values(GetMeeting.artifactScopes),
    OAuth.offlineAccess,
  ]),
]
