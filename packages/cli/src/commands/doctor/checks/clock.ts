/** Check `clock`: this machine and Feishu agree about the time. */
import * as Effect from "effect/Effect"
import { exitCodes } from "../../../failure/Fault.ts"
import * as Language from "../../../language/Language.ts"
import * as Check from "../Check.ts"

const words = Language.words({
  en: {
    noDate: "Feishu's answer has no date",
    inStep: (seconds: string) => `differs from Feishu's by ${seconds} s`,
    outOfStep: (seconds: number, isBehind: boolean) =>
      `this clock is ${seconds} s ${isBehind ? "behind" : "ahead of"} Feishu's: ${isBehind ? "a read up to now misses the latest meetings" : "a read up to now reaches into the future, and 90 days ago is too late"}, and certificates may seem invalid`,
    remedy: "Set the clock, best by NTP (timedatectl set-ntp true).",
  },
  zh: {
    noDate: "飞书的响应中没有时间",
    inStep: (seconds) => `与飞书的时钟相差 ${seconds} 秒`,
    outOfStep: (seconds, isBehind) =>
      `本机时钟比飞书${isBehind ? "慢" : "快"} ${seconds} 秒：${isBehind ? "读到“现在”为止会漏掉最近的会议" : "读到“现在”为止会超出当前时间，90 天前的起点也会偏晚"}，证书也可能被判为无效`,
    remedy: "请校准时钟，最好使用 NTP（timedatectl set-ntp true）。",
  },
})

/** A clock that is wrong by more seconds makes reads wrong. */
const mostSecondsOff = 60

/** Compares the clocks; `aheadMillis` says how far Feishu's is ahead, where that is known. */
export const checkClock = Effect.fnUntraced(function* (aheadMillis: number | undefined) {
  const say = yield* Language.say(words)
  if (aheadMillis === undefined) return yield* new Check.CheckSkipped({ detail: say.noDate })
  const seconds = Math.abs(aheadMillis) / 1000
  const facts = { secondsBehindFeishu: aheadMillis / 1000 }
  if (seconds > mostSecondsOff) {
    return yield* new Check.CheckFailed({
      detail: say.outOfStep(Math.round(seconds), aheadMillis > 0),
      remedy: say.remedy,
      exitCode: exitCodes.refused,
      facts,
    })
  }
  return [undefined, { detail: say.inStep(seconds.toFixed(1)), facts } as Check.Passed] as const
})
