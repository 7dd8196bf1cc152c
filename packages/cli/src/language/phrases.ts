/** Phrases that messages of several modules use. */
import * as DateTime from "effect/DateTime"
import { TimeRange } from "@effect-feishu/core"

/** Returns a number of things in English: `1 window`, `5 windows`. */
export const many = (number: number, one: string, others = `${one}s`): string =>
  `${number} ${number === 1 ? one : others}`

/** Returns an instant without milliseconds: `2026-09-01T00:00:00Z`. */
export const instant = (unixSeconds: number): string => TimeRange.iso(unixSeconds).replace(".000Z", "Z")

/** Returns the time of day in the zone of this machine: `12:03:04`. */
export const timeOfDay = (millis: number): string =>
  DateTime.formatLocal(DateTime.makeUnsafe(millis), {
    locale: "en-GB",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  })
