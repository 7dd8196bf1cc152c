/** Checks seeds. An invalid seed fails with all of its faults at once. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Behaviour } from "../protocol/Behaviour.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as Problems from "../protocol/Problems.ts"
import * as TimeText from "../protocol/TimeText.ts"
import { contradictions, contradictionsOfMeeting } from "./contradictions.ts"
import * as DidYouMean from "./DidYouMean.ts"
import {
  App,
  appTypes,
  fieldsWithin,
  Generate,
  type InSeconds,
  inSeconds,
  Keys,
  ClockStart,
  Meeting,
  noOtherKeys,
  notAnAppType,
  Person,
  Seed,
} from "./Seed.ts"
import { type Fault, SeedInvalid } from "./SeedInvalid.ts"
import * as SeedValues from "./SeedValues.ts"
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
  const faults = contradictionsOfMeeting(decoded.success, now)
  return faults.length > 0 ? Result.fail(faults) : Result.succeed(inSeconds(decoded.success, now))
}

const decodeTime = Schema.decodeUnknownOption(SeedValues.time)

/**
 * Returns the time at which the clock of a seed starts, in unix seconds; `present` if the seed does not say it, or says what is not a
 * time, which is a fault of the seed.
 */
export const startOf = (seed: unknown, present: number): number =>
  decodeTime(get(get(seed, "clock"), "now")).pipe(
    Option.flatMap((time) => TimeText.from(time, present)),
    Option.filter((start) => start >= 0 && start <= TimeText.lastSecond),
    Option.getOrElse(() => present),
  )

/**
 * Checks a seed that a program made. Fails with all faults. Relative times count from `now` (unix seconds; default: the
 * start of the seed's clock, and without one the time of Effect's `Clock`).
 */
export const check = (seed: unknown, source = "the seed", now?: number): Effect.Effect<Seed, SeedInvalid> =>
  Effect.flatMap(
    now === undefined ? Effect.map(clockSeconds, (present) => startOf(seed, present)) : Effect.succeed(now),
    (now) => checkAt(seed, source, now),
  )

const clockSeconds = Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000))

const checkAt = (seed: unknown, source: string, now: number): Effect.Effect<Seed, SeedInvalid> => {
  if (typeof seed !== "object" || seed === null || Array.isArray(seed)) {
    const what = Array.isArray(seed) ? "is a list" : "has no keys"
    const hint = typeof seed === "string" && seed.includes("：") ? " (write : and a space instead of ：)" : ""
    const message = `${what}: a seed has keys such as apps, meetings and generate, each with a list${hint}`
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
  const keys = Object.keys(fieldsAt(path.slice(0, -1)))
  const question = DidYouMean.question(key, keys)
  if (path.length === 1) {
    if (key in Behaviour.fields || key === "limits")
      return ": switches, such as rateLimit, belong in behaviour"
    if (key in ClockStart.fields) return ": write clock: { now: …, frozen: true }"
    const [first = ""] = key
    // Names such as defaults are for anchors, whatever they resemble.
    return question === "" || !question.includes(`mean ${first.toLowerCase()}`)
      ? `: a seed has ${Object.keys(Keys.fields).slice(1).join(", ")}, and x-… for anchors`
      : question
  }
  if (key.startsWith("x-")) return xOnlyAtTheTop
  return key === "id" && keys.includes("open_id") ? ": write open_id, union_id or user_id" : question
}

const xOnlyAtTheTop = ": keys that start with x- belong next to apps and meetings, not inside them"

/** Returns the fields of a seed, of an entry of its lists, or of a value in a meeting. */
const fieldsAt = (path: ReadonlyArray<PropertyKey>): object => {
  const [list, , key] = path
  if (list === undefined) return Keys.fields
  if (list === "clock") return ClockStart.fields
  if (list === "behaviour") return Behaviour.fields
  if (list === "faults" || list === "chaos") return fieldsOfFaults(path)
  if (list === "apps") return App.fields
  if (list === "generate") return Generate.fields
  if (list === "users") return Person.fields
  return (key === undefined ? undefined : fieldsWithin[key]) ?? Meeting.fields
}

/** Returns the fields of a rule, of chaos, or of what is in them. */
const fieldsOfFaults = (path: ReadonlyArray<PropertyKey>): object => {
  const [list] = path
  if (list === "chaos") return path.length === 1 ? FaultRule.Chaos.fields : FaultRule.Then.fields
  const [, , part] = path
  return part === "when"
    ? FaultRule.When.fields
    : part === "then"
      ? FaultRule.Then.fields
      : FaultRule.Rule.fields
}
