/** Checks seeds. An invalid seed fails with all of its faults at once. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Problems from "../protocol/Problems.ts"
import { contradictions, endsTooEarly } from "./contradictions.ts"
import * as DidYouMean from "./DidYouMean.ts"
import {
  App,
  appTypes,
  Generate,
  type InSeconds,
  inSeconds,
  Keys,
  Meeting,
  noOtherKeys,
  notAnAppType,
  Seed,
  tooLate,
} from "./Seed.ts"
import { type Fault, SeedInvalid } from "./SeedInvalid.ts"
import * as TimeText from "./TimeText.ts"
import { get } from "./UncheckedSeed.ts"

const noSuchKey = noOtherKeys.messageUnexpectedKey

const decode = Schema.decodeUnknownResult(Seed, { errors: "all", onExcessProperty: "error" })

const decodeMeeting = Schema.decodeUnknownResult(Meeting, { errors: "all", onExcessProperty: "error" })
/** Returns the faults that a Schema has found, each with its path. */
export const faultsOf = (failure: Schema.SchemaError): ReadonlyArray<Fault> => Problems.ofIssue(failure.issue)

/** Checks one meeting without a seed. Relative times count from `now` (unix seconds). Any tenant is accepted. */
export const checkMeeting = (
  value: unknown,
  now: number,
): Result.Result<InSeconds<Meeting>, ReadonlyArray<Fault>> => {
  const decoded = decodeMeeting(value)
  if (Result.isFailure(decoded)) return Result.fail(faultsOf(decoded.failure))
  const meeting = inSeconds(decoded.success, now)
  const { end_time: end = meeting.start_time, start_time: start } = meeting
  const late = [
    ...(start > TimeText.lastSecond ? ["start_time"] : []),
    ...(end > TimeText.lastSecond ? ["end_time"] : []),
  ]
  if (late.length > 0) return Result.fail(late.map((key) => ({ path: [key], message: tooLate })))
  return end < start ? Result.fail([{ path: ["end_time"], message: endsTooEarly }]) : Result.succeed(meeting)
}

/**
 * Checks a seed that a program made. Fails with all faults. Relative times count from `now` (unix seconds; default: the
 * time of Effect's `Clock`).
 */
export const check = (seed: unknown, source = "the seed", now?: number): Effect.Effect<Seed, SeedInvalid> =>
  Effect.flatMap(now === undefined ? clockSeconds : Effect.succeed(now), (now) => checkAt(seed, source, now))

const clockSeconds = Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000))

const checkAt = (seed: unknown, source: string, now: number): Effect.Effect<Seed, SeedInvalid> => {
  if (typeof seed !== "object" || seed === null || Array.isArray(seed)) {
    const what = Array.isArray(seed) ? "is a list" : "has no keys"
    const hint = typeof seed === "string" && seed.includes("：") ? " (write : and a space instead of ：)" : ""
    const message = `${what}: a seed has the keys apps, meetings and generate, each with a list${hint}`
    return Effect.fail(new SeedInvalid({ source, faults: [{ path: [], message }] }))
  }
  const decoded = decode(seed)
  const wrongShape = Result.isSuccess(decoded)
    ? []
    : faultsOf(decoded.failure).map((fault): Fault => ({
        ...fault,
        message: fault.message + hintAt(fault.path, fault.message, seed),
      }))
  const faults = [...wrongShape, ...contradictions(seed, now)]
  return Result.isSuccess(decoded) && faults.length === 0
    ? Effect.succeed(decoded.success)
    : Effect.fail(new SeedInvalid({ source, faults }))
}

/** Returns a hint for an unknown key or choice: the name that was probably meant. */
const hintAt = (path: ReadonlyArray<PropertyKey>, message: string, seed: object): string => {
  const key = String(path.at(-1))
  if (message === noSuchKey && key.includes("：")) return ": write : and a space instead of ："
  if (message === notAnAppType) {
    const written = path.reduce<unknown>((value, key) => get(value, key), seed)
    return typeof written === "string" ? DidYouMean.question(written, appTypes) : ""
  }
  if (message !== noSuchKey) return ""
  const keys = Object.keys(path.length === 1 ? Keys.fields : entryFields(path[0]))
  const question = DidYouMean.question(key, keys)
  if (path.length > 1) return key.startsWith("x-") ? xOnlyAtTheTop : question
  return question === "" ? ": a seed has apps, meetings, generate, and x-… for anchors" : question
}

const xOnlyAtTheTop = ": keys that start with x- belong next to apps and meetings, not inside them"

const entryFields = (list: PropertyKey | undefined): object =>
  list === "apps" ? App.fields : list === "meetings" ? Meeting.fields : Generate.fields
