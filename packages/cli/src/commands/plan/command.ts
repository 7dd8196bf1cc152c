/** The command `plan`: its flags and its help. `plan.ts` runs it. */
import * as Command from "effect/cli/Command"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as Flags from "../../input/Flags.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import { plan as run } from "./plan.ts"

const words = Language.words({
  en: {
    description:
      "Estimate the cost of a read: the number of requests, the time under the rate limits, the share of a monthly quota, and the first URLs. Sends nothing, and needs no credentials.",
    short: "Estimate the requests and the time of a read; sends nothing",
    expectMeetings: "The meetings that you expect for each number; without it, only a minimum is known",
    monthlyQuota: "The monthly API calls of your tenant, to show the share of them",
    json: "Print one JSON document",
    example: "A year of one number",
    exampleQuota: "Many numbers, with an expectation and a quota",
    exampleDetails: "With participants and recordings of each meeting",
    exampleJson: "For programs",
  },
  zh: {
    description:
      "估算一次读取的开销：请求数、频率限制下所需的时间、占每月调用额度的比例，以及最先发出的请求地址。不发送任何请求，也不需要访问凭证。",
    short: "估算一次读取的请求数和时间；不发送任何请求",
    expectMeetings: "预计每个会议号的会议数；不给出时只能估算下限",
    monthlyQuota: "租户每月的 API 调用额度，用于计算占比",
    json: "输出一个 JSON 文档",
    example: "一个会议号的一年",
    exampleQuota: "多个会议号，并给出预计会议数和调用额度",
    exampleDetails: "包含每场会议的参会者和录制文件",
    exampleJson: "供程序使用",
  },
})

/** Makes the command, with its help in this language. */
export const plan = (language: Language.Language) => {
  const say = words[language]
  const wholeNumber = Flags.wholeNumber(language)
  return Command.make(
    "plan",
    {
      ...RangeFlags.flags(language),
      ...DetailsFlags.flags(language),
      expectMeetings: wholeNumber("expect-meetings", [0, 100_000_000], say.expectMeetings),
      monthlyQuota: wholeNumber("monthly-quota", [1, Number.MAX_SAFE_INTEGER], say.monthlyQuota),
      json: Flags.yes("json", say.json),
      ...ConnectionFlags.make(language),
    },
    run,
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.withExamples([
      { command: "feishu-meetings plan 337736498 --from 365d", description: say.example },
      {
        command:
          "feishu-meetings plan --numbers-from numbers.txt --expect-meetings 250 --monthly-quota 10000",
        description: say.exampleQuota,
      },
      {
        command: "feishu-meetings plan 337736498 --participants --recordings",
        description: say.exampleDetails,
      },
      {
        command: "feishu-meetings plan 337736498 --json | jq .requests",
        description: say.exampleJson,
      },
    ]),
  )
}
