/** The two lines that read a page of meetings from a shell: the command prints them, and the page shows them. */
import { quote } from "@effect-feishu/terminal/ShellQuote"
import { json } from "@effect-feishu/terminal/VisibleText"

/** What the lines need to know. */
interface Access {
  readonly url: string
  readonly appId: string
  readonly appSecret: string
  readonly meetingNo: string
  /** The mock's time in unix seconds. */
  readonly now: number
}

const secondsPerDay = 86_400

/**
 * Returns the lines: the first fetches an access token, the second reads a page of the last 30 days, which will be within the last 90
 * days for as long as the mock is likely to run.
 */
export const lines = ({ appId, appSecret, meetingNo, now, url }: Access): readonly [string, string] => {
  const to = Math.floor(now / secondsPerDay) * secondsPerDay
  const from = Math.max(0, to - 30 * secondsPerDay)
  const body = quote(json({ app_id: appId, app_secret: appSecret }))
  return [
    String.raw`TOKEN=$(curl -s ${url}/open-apis/auth/v3/tenant_access_token/internal -H 'Content-Type: application/json' -d ${body} | sed 's/.*"tenant_access_token":"\([^"]*\)".*/\1/')`,
    `curl -s -H "Authorization: Bearer $TOKEN" "${url}/open-apis/vc/v1/meetings/list_by_no?meeting_no=${meetingNo}&start_time=${from}&end_time=${to}"`,
  ]
}
