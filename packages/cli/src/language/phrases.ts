/** Phrases that messages of several modules use. */
import * as DateTime from "effect/DateTime"
import type { Language } from "./Language.ts"
import * as TimeZone from "./TimeZone.ts"

/** Returns a number of things in English: `1 row`, `5 rows`. */
export const many = (number: number, one: string, others = `${one}s`): string =>
  `${number} ${number === 1 ? one : others}`

const small = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

/** Returns a number of 90-day periods in English: `one 90-day period`, `21 90-day periods`. */
export const periods = (number: number): string =>
  `${small[number] ?? number} 90-day ${number === 1 ? "period" : "periods"}`

/** Returns the time of day in the zone of this process: `12:03:04`. */
export const timeOfDay = (millis: number): string =>
  DateTime.format(DateTime.makeZonedUnsafe(millis, { timeZone: TimeZone.current().name }), {
    locale: "en-GB",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  })

const units = {
  en: { day: " days", oneDay: " day", hour: " h", minute: " min", second: " s" },
  zh: { day: " 天", oneDay: " 天", hour: " 小时", minute: " 分", second: " 秒" },
} as const

/** Returns a time in whole seconds: `4 min 25 s`; from a day on without minutes and seconds, `146 days 1 h`. */
export const duration = (seconds: number, language: Language): string => {
  const say = units[language]
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600)]
  const [minutes, rest] = [Math.floor((seconds % 3_600) / 60), Math.floor(seconds % 60)]
  return [
    ...(days > 0 ? [`${days}${days === 1 ? say.oneDay : say.day}`] : []),
    ...(hours > 0 ? [`${hours}${say.hour}`] : []),
    ...(minutes > 0 && days === 0 ? [`${minutes}${say.minute}`] : []),
    ...((rest > 0 && days === 0) || seconds < 1 ? [`${rest}${say.second}`] : []),
  ].join(" ")
}
