/** The text of a `FeishuError` in its parts: what happened, what to do, and what was requested. */
import * as DateTime from "effect/DateTime"
import type { FeishuError, Sentence } from "@effect-feishu/core"
import * as Chinese from "../language/Chinese.ts"
import * as English from "../language/English.ts"
import * as Language from "../language/Language.ts"
import * as TimeZone from "../language/TimeZone.ts"

/** Returns the text of a sentence of the client. */
export const ofSentence = (sentence: Sentence.Sentence, language: Language.Language): string =>
  localized(language === "zh" ? Chinese.ofSentence(sentence) : English.ofSentence(sentence))

const words = Language.words({
  en: {
    ofReason: English.ofReason,
    position: ({ position }: FeishuError.FeishuError) => position,
    comma: ", ",
    stop: ". ",
    givenUp: (requests: number) => `Given up after ${requests} requests`,
    tooManyFail: "Not tried again: too many requests fail at the moment, and more would make it worse",
    logId: (id: string) => `Log id: ${id}`,
    colon: ": ",
    space: " ",
    leftAlone: (seconds: number) => `The same call has just failed, so nothing is sent for ${seconds} s`,
  },
  zh: {
    ofReason: Chinese.ofReason,
    position: Chinese.ofPosition,
    comma: "，",
    stop: "。",
    givenUp: (requests) => `共请求 ${requests} 次后放弃`,
    tooManyFail: "不再重试：目前失败的请求过多，继续只会更糟",
    logId: (id) => `日志 ID：${id}`,
    colon: "：",
    space: "",
    leftAlone: (seconds) => `刚刚同样失败过，${seconds} 秒内不再请求`,
  },
})

/** Writes the times of the client, which are in UTC, as those of this process. */
const localized = (text: string): string =>
  text.replaceAll(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.000Z/g, (time) =>
    TimeZone.instant(DateTime.toEpochMillis(DateTime.makeUnsafe(time)) / 1_000),
  )

/** Returns what happened, without where and how often. */
export const meaningOf = ({ reason }: FeishuError.FeishuError, language: Language.Language): string =>
  words[language].ofReason(reason).meaning

/** Returns all parts in a language. */
export const explain = (error: FeishuError.FeishuError, language: Language.Language): Chinese.Explanation => {
  const say = words[language]
  const { meaning, remedy } = say.ofReason(error.reason)
  const position = say.position(error)
  const where = [
    ...(error.asked === undefined ? [] : [error.asked]),
    ...(position === undefined ? [] : [position]),
  ]
  const sentences = [
    meaning,
    ...(error.requests !== undefined && error.requests > 1 ? [say.givenUp(error.requests)] : []),
    ...(error.retryBudgetSpent === true ? [say.tooManyFail] : []),
    ...(error.leftAloneSeconds === undefined ? [] : [say.leftAlone(error.leftAloneSeconds)]),
  ]
  return {
    meaning: localized(sentences.join(say.stop)),
    remedy: localized(remedy),
    ...(where.length === 0 ? {} : { where: localized(where.join(say.comma)) }),
  }
}

/** Returns all parts in one line. */
export const inOneLine = (error: FeishuError.FeishuError, language: Language.Language): string => {
  const { colon, logId, space, stop } = words[language]
  const { meaning, remedy, where } = explain(error, language)
  const told = `${where === undefined ? "" : `${where}${colon}`}${meaning}${stop.trimEnd()}`
  return [told, remedy, ...(error.logId === undefined ? [] : [logId(error.logId)])]
    .filter((part) => part !== "")
    .join(space)
}
