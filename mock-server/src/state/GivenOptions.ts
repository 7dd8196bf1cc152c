/** Checks the options of a mock: a program without types, or a configuration, may give anything. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { described, named } from "../protocol/Described.ts"
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
    named(
      Schema.Struct({
        numbers: described(WholeNumber.between(...bounds.numbers), "Meeting numbers to generate", 3),
        meetings: described(WholeNumber.between(...bounds.meetings), "Meetings of each of them", 120),
        participants: Schema.optionalKey(
          described(
            WholeNumber.between(...bounds.participants),
            "Participants of each meeting (default: a plausible number)",
            12,
          ),
        ),
        tenant_key: Schema.optionalKey(
          described(
            SeedValues.text,
            "The tenant of the meetings (default: the first tenant of the first app)",
            "2ed263bf32cf1651",
          ),
        ),
      }),
      "GenerateNumbers",
      "An order to generate meeting numbers with meetings",
    ),
  ),
  days: Schema.optionalKey(
    described(
      WholeNumber.between(...bounds.days),
      "Generated meetings lie in this many days before the UTC day on which the clock starts (default: 88)",
      30,
    ),
  ),
  now: Schema.optionalKey(
    described(
      VirtualClock.Time,
      "The start of the clock: unix seconds, 2026-01-31T09:00:00Z, or -3d, before the present (default: that of the seed, or the present)",
      "2026-01-31T09:00:00Z",
    ),
  ),
  frozen: Schema.optionalKey(
    described(Schema.Boolean, "True for a clock that stands still until it is moved (default: false)", true),
  ),
  faults: Schema.optionalKey(
    described(
      FaultRule.Rules,
      "Rules for failures, which are there from the start and after a reset. They come before those of the seed",
      [{ operation: "meetings.listByNo", when: { nth: 3 }, then: { code: 121001 } }],
    ),
  ),
  chaos: Schema.optionalKey(FaultRule.Chaos),
  appTicketUrl: Schema.optionalKey(
    described(
      Addresses.schema(Addresses.eventUrl),
      "The URL that app tickets are pushed to",
      "http://127.0.0.1:3000/events",
    ),
  ),
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
