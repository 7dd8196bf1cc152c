/** Checks the options of a mock: a program without types, or a configuration, may give anything. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as Problems from "../protocol/Problems.ts"
import * as Addresses from "./Addresses.ts"
import * as Behaviour from "../protocol/Behaviour.ts"
import * as Seed from "../seed/Seed.ts"
import * as SeedValues from "../seed/SeedValues.ts"
import * as TimeText from "../protocol/TimeText.ts"
import { SeedInvalid } from "../seed/SeedInvalid.ts"
import * as VirtualClock from "./VirtualClock.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"

/** The smallest and the largest value of each whole number. */
export const bounds = {
  port: [0, 65_535],
  numbers: [1, 100_000],
  meetings: [0, 1_000_000],
  participants: [0, Seed.mostParticipants],
  days: [1, 3_650],
} as const

/** The options that the control plane takes, too, except for the seed. */
export const fields = {
  generate: Schema.optionalKey(
    Schema.Struct({
      numbers: WholeNumber.between(...bounds.numbers),
      meetings: WholeNumber.between(...bounds.meetings),
      participants: Schema.optionalKey(WholeNumber.between(...bounds.participants)),
      tenant_key: Schema.optionalKey(SeedValues.text),
    }),
  ),
  days: Schema.optionalKey(WholeNumber.between(...bounds.days)),
  now: Schema.optionalKey(VirtualClock.Time),
  frozen: Schema.optionalKey(Schema.Boolean),
  faults: Schema.optionalKey(FaultRule.Rules),
  chaos: Schema.optionalKey(FaultRule.Chaos),
  appTicketUrl: Schema.optionalKey(Addresses.schema(Addresses.eventUrl)),
  ...Behaviour.Some.fields,
}

const isTime = Schema.is(VirtualClock.Time)

const Options = Schema.Struct({
  ...fields,
  now: Schema.optionalKey(
    Schema.Unknown.check(
      Schema.makeFilter((now) => DateTime.isDateTime(now) || isTime(now), {
        message: VirtualClock.mustBeTime,
      }),
    ),
  ),
  randomSeed: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
  onRequest: Schema.optionalKey(Schema.Unknown),
  // Checked where it is used, with more precise messages.
  seed: Schema.optionalKey(Schema.Unknown),
  port: Schema.optionalKey(WholeNumber.between(...bounds.port)),
  host: Schema.optionalKey(Addresses.schema(Addresses.host)),
  controlToken: Schema.optionalKey(Addresses.schema(Addresses.controlToken)),
  cors: Schema.optionalKey(Addresses.schema(Addresses.origin)),
  requestSeconds: Schema.optionalKey(
    TimeText.Length(0.1, 86_400, { description: "Seconds to send a request", examples: [30] }),
  ),
  maxConnections: Schema.optionalKey(WholeNumber.between(1, 1_000_000)),
})

const decode = Schema.decodeUnknownResult(Options, { errors: "all", onExcessProperty: "error" })

/** Fails with every mistake in the options. */
export const check = (options: object): Effect.Effect<void, SeedInvalid> => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const decoded = decode(given)
  if (Result.isSuccess(decoded)) return Effect.void
  const faults = Problems.ofIssue(decoded.failure.issue)
  return Effect.fail(new SeedInvalid({ source: "the mock's configuration", faults }))
}
