/** The text that the command prints when it is ready. */
import * as Language from "@effect-feishu/terminal/Language"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import * as FirstPage from "../protocol/FirstPage.ts"
import type { Running } from "../protocol/PublicTypes.ts"

/** The parts of a running mock that are printed: without credentials if the seed has only store apps. */
type Ready = Pick<Running, "url" | "meetingNos"> &
  Partial<Pick<Running, "appId" | "appSecret" | "controlToken">>

/** Returns one line of JSON, for the program that started the mock. */
export const readyLine = ({ appId, appSecret, controlToken, meetingNos, url }: Ready): string =>
  json({ url, appId, appSecret, meetingNos, controlToken })

const words = Language.words({
  en: {
    mock: (url: string) => `Mock Feishu at ${url}`,
    appId: "app id           ",
    appSecret: "app secret       ",
    numbers: "meeting numbers  ",
    page: "page             ",
    control: "control plane    ",
    token: "control token    ",
    indent: "                 ",
    none: "none",
    more: (left: number) => ` and ${left} more`,
    programs: "(for programs: openapi.json)",
    paths: "/_mock/faults, /_mock/clock, /_mock/journal and more",
    read: "Read a page of meetings:",
    stop: "Stop with Ctrl-C.",
  },
  zh: {
    mock: (url) => `模拟飞书：${url}`,
    appId: "App ID      ",
    appSecret: "App Secret  ",
    numbers: "会议号      ",
    page: "网页        ",
    control: "控制接口    ",
    token: "控制凭证    ",
    indent: "            ",
    none: "无",
    more: (left) => ` 等，另有 ${left} 个`,
    programs: "（供程序使用：openapi.json）",
    paths: "/_mock/faults、/_mock/clock、/_mock/journal 等",
    read: "读取一页会议：",
    stop: "按 Ctrl-C 停止。",
  },
})

/**
 * Returns the banner: URL, credentials, and two lines to paste into a shell. `now` is the mock's time in unix seconds. Lines that
 * could not work are left out.
 */
export const banner = (
  { appId, appSecret, controlToken, meetingNos, url }: Ready,
  now: number,
  language: Language.Language = "en",
): string => {
  const say = words[language]
  const [firstNo] = meetingNos
  const shown = meetingNos.slice(0, 10).join(" ")
  const more = meetingNos.length > 10 ? say.more(meetingNos.length - 10) : ""
  const lines = [
    say.mock(url),
    "",
    ...(appId === undefined
      ? []
      : [`  ${say.appId}${visible(appId)}`, `  ${say.appSecret}${visible(appSecret ?? "")}`]),
    `  ${say.numbers}${shown === "" ? say.none : shown + more}`,
    `  ${say.page}${pageUrl({ url, controlToken })}`,
    `  ${say.control}${url}/_mock/docs ${say.programs}`,
    `  ${say.indent}${say.paths}`,
    ...(controlToken === undefined ? [] : [`  ${say.token}${visible(controlToken)}`]),
    ...(appId === undefined || appSecret === undefined || firstNo === undefined
      ? []
      : ["", say.read, "", ...FirstPage.lines({ url, appId, appSecret, meetingNo: firstNo, now })]),
    "",
    say.stop,
  ]
  return lines.join("\n")
}

/** Returns the address of the page for a browser. The page removes the token from its address and keeps it. */
const pageUrl = ({ controlToken, url }: Pick<Ready, "url" | "controlToken">): string =>
  controlToken === undefined ? `${url}/` : `${url}/?token=${encodeURIComponent(controlToken)}`
