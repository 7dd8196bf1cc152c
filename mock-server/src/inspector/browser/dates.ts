/** Finds the unix times in what people read, which cannot read those. */
import { full } from "./times.ts"

const isNameOfTime = (name: string): boolean => /time|expires?_?at$/i.test(name)

/** Returns the date of a unix time in seconds or milliseconds, in the reader's time zone; `undefined` for anything else. */
export const dateOf = (name: string, value: string): string | undefined => {
  if (!isNameOfTime(name) || !/^[1-9]\d{9}(?:\d{3})?$/.test(value)) return undefined
  return full(Number(value) * (value.length === 10 ? 1_000 : 1))
}

/** Splits JSON with a line for each member, so that a date follows each unix time in it. */
export const datesIn = (json: string): ReadonlyArray<string | { readonly date: string }> => {
  const parts: Array<string | { readonly date: string }> = []
  let done = 0
  for (const { 0: match, 1: name = "", 2: value = "", index } of json.matchAll(
    /^ *"([^"\\]*)": "?(\d{10}|\d{13})"?,?$/gm,
  )) {
    const date = dateOf(name, value)
    if (date === undefined) continue
    const end = index + match.length
    parts.push(json.slice(done, end), { date })
    done = end
  }
  parts.push(json.slice(done))
  return parts
}
