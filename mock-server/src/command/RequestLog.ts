/** The log of requests: a line for each, made from its entry in the journal. */
import { styleText } from "node:util"
import * as Language from "@effect-feishu/terminal/Language"
import { json as jsonLine, visible } from "@effect-feishu/terminal/VisibleText"
import * as CliOutput from "effect/cli/CliOutput"
import type { Entry } from "../state/Journal.ts"

/** The formats of the log. */
export const formats = ["pretty", "json", "none"] as const

/** The terminal on which people read the log: its width, and how it shows colours. */
export interface Terminal {
  readonly columns: number
  readonly paint: (style: Parameters<typeof styleText>[0], text: string) => string
}

/** Returns standard error. Node detects a terminal, and follows `NO_COLOR` and `TERM=dumb`. */
export const stderr = (): Terminal => ({
  columns: process.stderr.columns ?? 200,
  paint: (style, text) => styleText(style, text, { stream: process.stderr }),
})

/** Returns the line for programs: the entry as JSON. */
export const json = (entry: Entry): string => jsonLine(entry)

/**
 * Returns the line for people: time (of the mock's clock), status, Feishu's code, duration, request, and log id. The query
 * is shortened so that a line fits into a wide terminal, or into two rows of a narrow one: a line without the log id or
 * without the query would be of little use.
 */
export const pretty = (
  entry: Entry,
  { columns, paint }: Terminal,
  language: Language.Language = "en",
): string => {
  const say = words[language]
  const { code, fault, logId, method, millis, pageTokenRefused, path, query, status } = entry
  const time = clockTime.format(entry.time)
  const took = `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`.padStart(7)
  const result = `${status} ${String(code ?? "").padEnd(8)}`
  const reasons = [
    ...(pageTokenRefused === undefined ? [] : [` ${say.pageToken(pageTokenRefused)}`]),
    ...(fault === undefined ? [] : [` ${say.fault(visible(fault))}`]),
  ]
  const because = cut(reasons.join(""), 56)
  const rest = CliOutput.displayWidth([time, result, took, method.padEnd(4), because, logId].join(" "))
  const target = cut(targetOf(path, query), columns * (columns < 140 ? 2 : 1) - rest - 1)
  return [
    paint("dim", time),
    paint(styleOf(entry), result),
    paint("dim", took),
    method.padEnd(4),
    target + paint("magenta", because),
    paint("dim", logId),
  ].join(" ")
}

const words = Language.words({
  en: {
    pageToken: (reason: string) =>
      `page token ${reason === "not one that was given" ? "not issued by this mock" : reason}`,
    fault: (rule: string) => `fault ${rule}`,
  },
  zh: {
    pageToken: (reason) => {
      const fields = reason.replace("given for another ", "")
      if (fields !== reason) return `page_token 属于另一个查询（${fields} 不同）`
      return reason === "given before a reset"
        ? "page_token 是重置之前签发的"
        : "page_token 不是由模拟飞书签发的"
    },
    fault: (rule) => `故障 ${rule}`,
  },
})

const clockTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

const styleOf = ({ code = 0, status }: Entry) =>
  status >= 500 ? "red" : status >= 400 || code !== 0 ? "yellow" : "green"

// Clients choose paths, queries and the names of rules, so characters that control the terminal are escaped.
const targetOf = (path: string, query: Entry["query"]): string => {
  const pairs = Object.entries(query).map(([key, value]) => `${key}=${cut(value, 32)}`)
  return visible(pairs.length === 0 ? path : `${path}?${pairs.join("&")}`)
}

/** Shortens a text to at most this many columns. A Chinese character takes two. */
const cut = (text: string, columns: number): string => {
  const start = text.slice(0, columns + 1)
  if (start === text && CliOutput.displayWidth(text) <= columns) return text
  let [shown, left] = ["", columns - 3]
  for (const character of start) {
    left -= CliOutput.displayWidth(character)
    if (left < 0) break
    shown += character
  }
  return `${shown}...`
}
