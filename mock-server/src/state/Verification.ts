/** Whether the calls in the journal are those that a test expected, and if not, what differs. */
import * as Schema from "effect/Schema"
import { names } from "../protocol/Operations.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { KnownSecrets } from "../secrets/KnownSecrets.ts"
import * as Masking from "../secrets/Masking.ts"
import type { Entry } from "./Journal.ts"

/** A call that is expected: how often, and with what in its query. */
export const Expectation = Schema.Struct({
  operation: Schema.Literals(names),
  /** Exactly so often; at least once unless given. */
  times: Schema.optionalKey(WholeNumber.between(0, WholeNumber.mostTimes)),
  query: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  status: Schema.optionalKey(WholeNumber.between(...WholeNumber.status)),
  code: Schema.optionalKey(WholeNumber.between(...WholeNumber.code)),
})
/** See the Schema of the same name. */
export type Expectation = typeof Expectation.Type

/** What came of a check: whether all was as expected, and if not, what differs, in words. */
export const Verdict = Schema.Struct({
  ok: Schema.Boolean,
  differences: Schema.Array(Schema.String),
})

/**
 * Compares what happened with what was expected; `inOrder` also in which order. An expected value that is a secret is
 * never met, since the journal does not show it.
 */
export const verify = (
  entries: ReadonlyArray<Entry>,
  expected: ReadonlyArray<Expectation>,
  inOrder: boolean,
  secrets: KnownSecrets,
): typeof Verdict.Type => {
  const inWords = ({ code, operation, query, status }: Expectation): string =>
    [
      operation,
      ...Object.entries(Masking.query(query ?? {}, secrets)).map(([key, value]) => `${key}=${value}`),
      ...(status === undefined ? [] : [`status ${status}`]),
      ...(code === undefined ? [] : [`code ${code}`]),
    ].join(" ")
  const differences: Array<string> = []
  for (const expectation of expected) {
    const matching = entries.filter((entry) => matches(entry, expectation))
    const { times } = expectation
    if (times === undefined ? matching.length > 0 : matching.length === times) continue
    const wanted = times === undefined ? "at least once" : counted(times)
    const near = entries.filter(({ operation }) => operation === expectation.operation)
    differences.push(
      `${inWords(expectation)}: expected ${wanted}, came ${counted(matching.length)}${
        near.length > matching.length
          ? `; other calls of it: ${near
              .filter((entry) => !matches(entry, expectation))
              .slice(0, 3)
              .map(whatDiffers(expectation))
              .join("; ")}`
          : ""
      }`,
    )
  }
  if (inOrder && differences.length === 0) {
    let from = 0
    for (const [index, expectation] of expected.entries()) {
      const found = entries.findIndex((entry, at) => at >= from && matches(entry, expectation))
      if (found === -1) {
        differences.push(
          `${inWords(expectation)}, expected as number ${index + 1}, came before number ${index}`,
        )
        break
      }
      from = found + 1
    }
  }
  return { ok: differences.length === 0, differences }
}

const counted = (times: number): string => (times === 1 ? "once" : times === 0 ? "never" : `${times} times`)

const matches = (entry: Entry, { code, operation, query, status }: Expectation): boolean =>
  entry.operation === operation &&
  (status === undefined || entry.status === status) &&
  (code === undefined || entry.code === code) &&
  Object.entries(query ?? {}).every(([key, value]) => entry.query[key] === value)

const whatDiffers =
  ({ code, query, status }: Expectation) =>
  (entry: Entry): string =>
    [
      `#${entry.seq}`,
      ...Object.entries(query ?? {}).flatMap(([key, value]) =>
        entry.query[key] === value ? [] : [`${key}=${entry.query[key] ?? "(absent)"}`],
      ),
      ...(status === undefined || status === entry.status ? [] : [`status ${entry.status}`]),
      ...(code === undefined || code === entry.code ? [] : [`code ${entry.code ?? "(none)"}`]),
    ].join(" ")
