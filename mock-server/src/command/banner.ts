/** The text that the command prints when it is ready. */
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import * as FirstPage from "../protocol/FirstPage.ts"
import type { Running } from "../protocol/PublicTypes.ts"

/** The parts of a running mock that are printed: without credentials if the seed has only store apps. */
type Ready = Pick<Running, "url" | "meetingNos"> &
  Partial<Pick<Running, "appId" | "appSecret" | "controlToken">>

/** Returns one line of JSON, for the program that started the mock. */
export const readyLine = ({ appId, appSecret, controlToken, meetingNos, url }: Ready): string =>
  json({ url, appId, appSecret, meetingNos, controlToken })

/**
 * Returns the banner: URL, credentials, and two lines to paste into a shell. `now` is the mock's time in unix seconds. Lines that
 * could not work are left out.
 */
export const banner = ({ appId, appSecret, controlToken, meetingNos, url }: Ready, now: number): string => {
  const [firstNo] = meetingNos
  const shown = meetingNos.slice(0, 10).join(" ")
  const more = meetingNos.length > 10 ? ` and ${meetingNos.length - 10} more` : ""
  const credentials =
    appId === undefined
      ? ""
      : `
  app id           ${visible(appId)}
  app secret       ${visible(appSecret ?? "")}`
  const read =
    appId === undefined || appSecret === undefined || firstNo === undefined
      ? ""
      : `
Read a page of meetings:

${FirstPage.lines({ url, appId, appSecret, meetingNo: firstNo, now }).join("\n")}
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
