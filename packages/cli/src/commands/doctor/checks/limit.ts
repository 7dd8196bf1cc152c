/** Check `limit`: no request of the other checks was refused by the rate limit. */
import * as Effect from "effect/Effect"
import type { Meetings } from "@effect-feishu/core"
import * as Language from "../../../language/Language.ts"
import * as Check from "../Check.ts"
import type { Access } from "./token.ts"

const words = Language.words({
  en: {
    notRefused: (rateLimit: number, ofDetails: number | undefined) =>
      `no request was refused; reads send at most ${rateLimit} requests a minute${ofDetails === undefined ? "" : ` for lists, ${ofDetails} for details and ${ofDetails} for recordings`}, and Feishu does not say how many are left`,
    refused: (seconds: number) =>
      `refused a request, and resets in ${seconds} s: another program uses the same app`,
    remedy:
      "Wait that long. Programs that use the same app can share the limit: lower rate_limit and details_rate_limit for each.",
  },
  zh: {
    notRefused: (rateLimit, ofDetails) =>
      `未触发频率限制；读取时每分钟至多 ${rateLimit} 次请求${ofDetails === undefined ? "" : `，会议详情与录制文件各至多 ${ofDetails} 次`}，飞书不告知剩余次数`,
    refused: (seconds) => `拒绝了一次请求，${seconds} 秒后恢复：另有程序使用同一应用`,
    remedy:
      "请等待这段时间；使用同一应用的各程序共用频率限制：请分别调低它们的 rate_limit 和 details_rate_limit。",
  },
})

/** Sends nothing: it reports whether a request of an earlier check was refused. */
export const checkLimit = Effect.fnUntraced(function* (
  { configured, refusedMillis }: Access,
  request: Meetings.DetailsRequest | undefined,
) {
  const say = yield* Language.say(words)
  const { detailsRateLimit, rateLimit } = configured.settings
  const millis = refusedMillis()
  if (millis !== undefined) {
    const resetSeconds = Math.ceil(millis / 1000)
    return yield* Check.ofNetwork(say.refused(resetSeconds), say.remedy, { resetSeconds })
  }
  const passed: Check.Passed = {
    detail: say.notRefused(rateLimit, request && detailsRateLimit),
    facts: { rateLimit, ...(request === undefined ? {} : { detailsRateLimit }) },
  }
  return [undefined, passed] as const
})
