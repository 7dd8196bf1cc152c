/** The text of a `FeishuError` in two parts: what happened and where, and what to do. */
import type { FeishuError, Sentence } from "@effect-feishu/core"
import * as Chinese from "../language/Chinese.ts"
import * as English from "../language/English.ts"
import * as Language from "../language/Language.ts"

/** Returns the text of a sentence of the client. */
export const ofSentence = (sentence: Sentence.Sentence, language: Language.Language): string =>
  language === "zh" ? Chinese.ofSentence(sentence) : English.ofSentence(sentence)

const words = Language.words({
  en: {
    ofReason: English.ofReason,
    position: ({ position }: FeishuError.FeishuError) => position,
    comma: ", ",
    colon: ": ",
    stop: ". ",
    givenUp: (requests: number) => `Given up after ${requests} requests`,
    tooManyFail: "Not tried again: too many requests fail at the moment, and more would make it worse",
    leftAlone: (seconds: number) => `The same call has just failed, so nothing is sent for ${seconds} s`,
  },
  zh: {
    ofReason: Chinese.ofReason,
    position: Chinese.ofPosition,
    comma: "，",
    colon: "：",
    stop: "。",
    givenUp: (requests) => `共请求 ${requests} 次后放弃`,
    tooManyFail: "不再重试：目前失败的请求过多，继续只会更糟",
    leftAlone: (seconds) => `刚刚同样失败过，${seconds} 秒内不再请求`,
  },
})

/** Times in whole seconds are easier to read without their milliseconds. */
const shortened = (text: string): string => text.replaceAll(/(:\d\d)\.000Z/g, "$1Z")

/** Returns what happened, without where and how often. */
export const meaningOf = ({ reason }: FeishuError.FeishuError, language: Language.Language): string =>
  words[language].ofReason(reason).meaning

/** Returns both parts in a language. */
export const explain = (error: FeishuError.FeishuError, language: Language.Language): Chinese.Explanation => {
  const say = words[language]
  const { meaning, remedy } = say.ofReason(error.reason)
  const position = say.position(error)
  const where = [
    ...(error.asked === undefined ? [] : [error.asked]),
    ...(position === undefined ? [] : [position]),
  ]
  const sentences = [
    where.length === 0 ? meaning : `${where.join(say.comma)}${say.colon}${meaning}`,
    ...(error.requests !== undefined && error.requests > 1 ? [say.givenUp(error.requests)] : []),
    ...(error.retryBudgetSpent === true ? [say.tooManyFail] : []),
    ...(error.leftAloneSeconds === undefined ? [] : [say.leftAlone(error.leftAloneSeconds)]),
  ]
  return { meaning: shortened(sentences.join(say.stop)), remedy: shortened(remedy) }
}
