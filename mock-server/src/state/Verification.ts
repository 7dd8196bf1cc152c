/** Compares the calls in the journal with those that a test expected. */
import * as Schema from "effect/Schema"
import { described, named, oneOf } from "../protocol/Described.ts"
import * as Operations from "../protocol/Operations.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { KnownSecrets } from "../secrets/KnownSecrets.ts"
import * as Masking from "../secrets/Masking.ts"
import type { Entry } from "./Journal.ts"

/** A call that a test expects: how often, and with which fields in its query. */
export const Expectation = named(
  Schema.Struct({
    operation: described(oneOf(Operations.accepted), "The endpoint", "meetings.listByNo"),
    times: Schema.optionalKey(
      described(
        WholeNumber.between(0, WholeNumber.mostTimes),
        "Exactly this many calls (default: at least one)",
        2,
      ),
    ),
    query: Schema.optionalKey(
      described(
        Schema.Record(Schema.String, Schema.String),
        "Fields of the query, and parameters in the path, such as meeting_id",
        { meeting_no: "337736498" },
      ),
    ),
    status: Schema.optionalKey(
      described(WholeNumber.between(...WholeNumber.status), "The HTTP status of the answer", 200),
    ),
    code: Schema.optionalKey(
      described(WholeNumber.between(...WholeNumber.code), "Feishu's code in the answer", 0),
    ),
  }),
  "ExpectedCall",
  "A call that a test expects",
  { operation: "meetings.listByNo", times: 2 },
)
/** A call that a test expects. */
export type Expectation = SameAsSchema<PublicTypes.Expectation, typeof Expectation>

const calls = Schema.Array(Expectation).annotate({ description: "The expected calls" })

/** What a test expects of the journal: the calls, as in code, or an object that also says whether their order counts. */
export const Expected = Schema.Union([
  named(
    Schema.Struct({
      calls,
      inOrder: Schema.optionalKey(
        described(Schema.Boolean, "True if they must have come in this order (default: false)", true),
      ),
    }),
    "Verification",
    "What a test expects of the journal",
  ),
  calls,
])

/** The result of a verification: `ok` is true when all calls were as expected; `differences` has a sentence for each difference. */
export const Verdict = named(
  Schema.Struct({
    ok: described(Schema.Boolean, "True when all calls were as expected", false),
    differences: described(Schema.Array(Schema.String), "A sentence for each difference", [
      "meetings.listByNo: expected 2 calls, got 1",
    ]),
  }),
  "Verdict",
  "The result of a verification",
)
/** The result of a verification. */
export type Verdict = SameAsSchema<PublicTypes.Verdict, typeof Verdict>

/**
 * Compares the entries with the calls that a test expected; with `inOrder`, their order, too. An expected value that is a
 * secret never matches, since the journal does not show it.
 */
export const verify = (
  entries: ReadonlyArray<Entry>,
  expected: ReadonlyArray<Expectation>,
  inOrder: boolean,
  secrets: KnownSecrets,
): Verdict => {
  const counts = expected.flatMap((expectation) => wrongCount(entries, expectation, secrets))
  const differences = counts.length === 0 && inOrder ? wrongOrder(entries, expected, secrets) : counts
  return { ok: differences.length === 0, differences }
}

/** Returns a sentence when the number of calls is not the expected one, with up to three calls that nearly match. */
const wrongCount = (
  entries: ReadonlyArray<Entry>,
  expectation: Expectation,
  secrets: KnownSecrets,
): ReadonlyArray<string> => {
  const { operation, times } = expectation
  const calls = entries.filter((entry) => entry.operation === operation)
  const matching = calls.filter((entry) => matches(entry, expectation))
  const others = calls.filter((entry) => !matches(entry, expectation))
  if (times === undefined ? matching.length > 0 : matching.length === times) return []
  const wanted = times === undefined ? "at least 1 call" : `${times} ${times === 1 ? "call" : "calls"}`
  const nearly = others.slice(0, 3).map(whatDiffers(expectation))
  return [
    `${inWords(expectation, secrets)}: expected ${wanted}, got ${matching.length}${
      nearly.length === 0 ? "" : `; other calls of this operation: ${nearly.join("; ")}`
    }`,
  ]
}

/** Returns a sentence for the first call that arrived before a call that was expected earlier. */
const wrongOrder = (
  entries: ReadonlyArray<Entry>,
  expected: ReadonlyArray<Expectation>,
  secrets: KnownSecrets,
): ReadonlyArray<string> => {
  let from = 0
  for (const [index, expectation] of expected.entries()) {
    const found = entries.findIndex((entry, at) => at >= from && matches(entry, expectation))
    if (found === -1) {
      return [
        `${inWords(expectation, secrets)}: expected as call ${index + 1}, but not found after call ${index}`,
      ]
    }
    from = found + 1
  }
  return []
}

const inWords = ({ code, operation, query, status }: Expectation, secrets: KnownSecrets): string =>
  [
    operation,
    ...Object.entries(Masking.query(query ?? {}, secrets)).map(([key, value]) => `${key}=${value}`),
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(code === undefined ? [] : [`code ${code}`]),
  ].join(" ")

const matches = (entry: Entry, { code, operation, query, status }: Expectation): boolean =>
  entry.operation === operation &&
  (status === undefined || entry.status === status) &&
  (code === undefined || entry.code === code) &&
  Object.entries(query ?? {}).every(([key, value]) => fieldsOf(entry)[key] === value)

/** Returns the fields of the query, and the parameters in the path. */
const fieldsOf = ({ method, path, query }: Entry): Readonly<Record<string, string>> => ({
  ...query,
  ...Operations.find(method, path)?.params,
})

/** Returns the fields in which a call differs from an expectation: `#2 page_size=(absent)`. */
const whatDiffers =
  ({ code, query, status }: Expectation) =>
  (entry: Entry): string =>
    [
      `#${entry.seq}`,
      ...Object.entries(query ?? {}).flatMap(([key, value]) =>
        fieldsOf(entry)[key] === value ? [] : [`${key}=${fieldsOf(entry)[key] ?? "(absent)"}`],
      ),
      ...(status === undefined || status === entry.status ? [] : [`status ${entry.status}`]),
      ...(code === undefined || code === entry.code ? [] : [`code ${entry.code ?? "(none)"}`]),
    ].join(" ")
