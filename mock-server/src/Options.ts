/** What a mock is made with, checked: a program without types, or a configuration, may give anything. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Behaviour from "./Behaviour.ts"
import { SeedInvalid } from "./SeedInvalid.ts"
import * as VirtualClock from "./VirtualClock.ts"

const wholeNumber = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Those that travel to the control plane, too, but for the seed. */
export const fields = {
  generate: Schema.optionalKey(
    Schema.Struct({ numbers: wholeNumber(1, 100_000), meetings: wholeNumber(0, 1_000_000) }),
  ),
  days: Schema.optionalKey(wholeNumber(1, 3_650)),
  /** Unix seconds. */
  now: Schema.optionalKey(VirtualClock.Seconds),
  appTicketUrl: Schema.optionalKey(Schema.String),
  ...Behaviour.partial,
}

const Options = Schema.Struct({
  ...fields,
  randomSeed: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
  onRequest: Schema.optionalKey(Schema.Unknown),
  // Is checked where it is used, with more to say.
  seed: Schema.optionalKey(Schema.Unknown),
  port: Schema.optionalKey(wholeNumber(0, 65_535)),
  host: Schema.optionalKey(Schema.String),
  controlToken: Schema.optionalKey(Schema.String),
  cors: Schema.optionalKey(Schema.String),
  requestSeconds: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  maxConnections: Schema.optionalKey(wholeNumber(1, 1_000_000)),
})

const decode = Schema.decodeUnknownResult(Options, { errors: "all", onExcessProperty: "error" })
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Fails with all that is wrong. */
export const check = (options: object): Effect.Effect<void, SeedInvalid> => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const decoded = decode(given)
  if (Result.isSuccess(decoded)) return Effect.void
  const faults = formatIssues(decoded.failure.issue).issues.map(({ message, path = [] }) => ({
    path: path.map((segment) => (typeof segment === "object" ? segment.key : segment)),
    message,
  }))
  return Effect.fail(new SeedInvalid({ source: "what the mock is given", faults }))
}
