/** What is wrong with a seed or a rule, in the language of the user. */
import type * as Language from "@effect-feishu/terminal/Language"
import { visible } from "@effect-feishu/terminal/VisibleText"
import * as Problems from "../protocol/Problems.ts"
import { inChinese } from "../protocol/ProblemsInChinese.ts"
import { renderFault, type SeedInvalid } from "../seed/SeedInvalid.ts"

/** Returns the first problems in the language of the user, and how many more there are. */
export const problemsIn = (
  problems: ReadonlyArray<string>,
  language: Language.Language,
): ReadonlyArray<string> =>
  language === "en" ? Problems.told(problems) : Problems.told(problems).map(inChinese)

const sources: Readonly<Record<string, string>> = { "the seed": "种子", "standard input": "标准输入" }

/** Returns the name of a seed's source in the language of the user, safe to print on a terminal. */
export const sourceIn = (source: string, language: Language.Language): string =>
  visible(language === "zh" ? (sources[source] ?? source) : source)

/** Returns the message about a seed that cannot be used, in the language of the user. */
export const seedInvalid = (error: SeedInvalid, language: Language.Language): string => {
  if (language === "en") return error.message
  const source = sourceIn(error.source, language)
  const problems = problemsIn(error.faults.map(renderFault), language)
  if (error.faults.length === 1 && error.faults[0]?.path.length === 0)
    return `${source}：${problems.join("")}`
  return `${source} 有 ${error.faults.length} 处错误：${problems.map((line) => `\n  ${line}`).join("")}`
}
