/** The ids that every answer carries, which Feishu's support needs to find a request. */
import { createHash } from "node:crypto"
import * as DateTime from "effect/DateTime"

/** The ids of one answer. */
export interface ExchangeIds {
  /** 34 characters: `YYYYMMDDHHmmss` in UTC+8, then 20 hexadecimal digits in upper case (observed). */
  readonly logId: string
  /** A UUID. */
  readonly requestId: string
}

/** Hexadecimal digits for each answer. Several answers share a hash, since making a hash costs as much as everything else. */
const digitsEach = 52
const answersPerHash = 100

/** Returns a function that makes the ids of the next answer, at a time in unix milliseconds. The same key gives the same ids. */
export const make = (key: string): ((now: number) => ExchangeIds) => {
  let count = 0
  let digits = ""
  let second = Number.NaN
  let stamp = ""
  return (now) => {
    if (second !== Math.floor(now / 1000)) {
      second = Math.floor(now / 1000)
      stamp = stampOf(now)
    }
    const at = (count % answersPerHash) * digitsEach
    if (at === 0) {
      const outputLength = (answersPerHash * digitsEach) / 2
      digits = createHash("shake256", { outputLength }).update(`${key}/${count}`).digest("hex")
    }
    count++
    const part = (from: number, to: number) => digits.slice(at + from, at + to)
    return {
      logId: stamp + part(0, 20).toUpperCase(),
      requestId: `${part(20, 28)}-${part(28, 32)}-4${part(33, 36)}-a${part(37, 40)}-${part(40, 52)}`,
    }
  }
}

const stampOf = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis + 8 * 60 * 60 * 1000))
    .replaceAll(/\D/g, "")
    .slice(0, 14)
