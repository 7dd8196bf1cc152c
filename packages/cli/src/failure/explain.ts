/** What a `FeishuError` says, in two parts: what happened and where, and what to do. */
import { type FeishuError, Sentence } from "@effect-feishu/core"
import * as Chinese from "../language/Chinese.ts"
import { englishSentences } from "../language/englishSentences.ts"
import * as Language from "../language/Language.ts"

/** What names something of the client's code is called here as its user has it. */
const ourWords: ReadonlyArray<readonly [string, string]> = [
  ["with the option ca, or NODE_EXTRA_CA_CERTS", "put it into a file, and name that in FEISHU_CA_FILE"],
  ["with a smaller page size", "with a smaller --page-size"],
  ["let them share one client or slow down", "let them slow down, or lower --rate-limit"],
  [
    "Give a fresh access token; or give none, but app id and secret",
    "Put a fresh access token into FEISHU_ACCESS_TOKEN; or set FEISHU_APP_ID and FEISHU_APP_SECRET instead",
  ],
  [
    "Provide AccessToken.CurrentTenant as it was when the cursor was made.",
    "Go on in the program that made the cursor: this command reads the tenant of its own app.",
  ],
]

/** What the client or its catalogue says in English, as this command says it. */
export const inOurWords = (text: string): string =>
  Chinese.settingName(ourWords.reduce((said, [theirs, ours]) => said.replace(theirs, ours), text))

const englishRemedy = (reason: FeishuError.Reason): string => {
  if (reason._tag === "RangeTooOld") return `Give ${reason.earliestStart} or later as --from.`
  const sentence = reason._tag === "InvalidRequest" ? reason.sentences?.remedy : undefined
  return sentence === undefined ? inOurWords(reason.remedy) : Sentence.say(sentence, englishSentences)
}

/** A sentence of the client. */
export const ofSentence = (sentence: Sentence.Sentence, language: Language.Language): string =>
  language === "zh" ? Chinese.ofSentence(sentence) : Sentence.say(sentence, englishSentences)

const words = Language.words({
  en: {
    ofReason: (reason: FeishuError.Reason) => ({
      meaning: inOurWords(reason.meaning),
      remedy: englishRemedy(reason),
    }),
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

/** What happened alone, without where and how often. */
export const meaningOf = ({ reason }: FeishuError.FeishuError, language: Language.Language): string =>
  words[language].ofReason(reason).meaning

/** Puts it in words. */
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
