/** The text that the command prints when it is ready. */
import { quote } from "@effect-feishu/terminal/ShellQuote"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import { daysBefore } from "../seed/Generator.ts"
import type { Running } from "../protocol/PublicTypes.ts"

/** The parts of a running mock that are printed: without credentials if the seed has only store apps. */
type Ready = Pick<Running, "url" | "meetingNos"> &
  Partial<Pick<Running, "appId" | "appSecret" | "controlToken">>

/** Returns one line of JSON, for the program that started the mock. */
export const readyLine = ({ appId, appSecret, controlToken, meetingNos, url }: Ready): string =>
  json({ url, appId, appSecret, meetingNos, controlToken })

/**
 * Returns the banner: URL, credentials, and two lines to paste into a shell. They read a page of the last 30 days, which will
 * be within the last 90 days for as long as the mock is likely to run. `nowSeconds` is the mock's time in unix seconds. Lines
 * that could not work are left out.
 */
export const banner = (
  { appId, appSecret, controlToken, meetingNos, url }: Ready,
  nowSeconds: number,
): string => {
  const [firstNo] = meetingNos
  const shown = meetingNos.slice(0, 10).join(" ")
  const more = meetingNos.length > 10 ? ` and ${meetingNos.length - 10} more` : ""
  const credentials =
    appId === undefined
      ? ""
      : `
  app id           ${visible(appId)}
  app secret       ${visible(appSecret ?? "")}`
  const body = quote(json({ app_id: appId, app_secret: appSecret }))
  const { from, to } = daysBefore(nowSeconds, 30)
  const read =
    appId === undefined || firstNo === undefined
      ? ""
      : `
Read a page of meetings:

TOKEN=$(curl -s ${url}${TenantAccessToken.internalPath} -H 'Content-Type: application/json' -d ${body} | sed 's/.*"tenant_access_token":"\\([^"]*\\)".*/\\1/')
curl -s -H "Authorization: Bearer $TOKEN" "${url}${ListByNo.path}?meeting_no=${firstNo}&start_time=${from}&end_time=${to}"
`
  return `Mock Feishu at ${url}
${credentials}
  meeting numbers  ${shown === "" ? "none" : shown + more}
  page             ${pageUrl({ url, controlToken })}
  control plane    ${url}/_mock/docs (for programs: openapi.json)
                   /_mock/faults, /_mock/clock, /_mock/journal and more${controlToken === undefined ? "" : `\n  control token    ${visible(controlToken)}`}
${read}
Stop with Ctrl-C.`
}

/** Returns the address of the page for a browser. The page removes the token from its address and keeps it. */
const pageUrl = ({ controlToken, url }: Pick<Ready, "url" | "controlToken">): string =>
  controlToken === undefined ? `${url}/` : `${url}/?token=${encodeURIComponent(controlToken)}`
