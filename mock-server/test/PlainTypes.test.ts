/** The types that a program sees are those of the Schemas that the mock checks with: the compiler says so. */
import { expectTypeOf, it } from "vitest"
import type * as Behaviour from "../src/state/Behaviour.ts"
import type * as Faults from "../src/faults/FaultRules.ts"
import type * as Journal from "../src/state/Journal.ts"
import type { Operation } from "../src/protocol/Operations.ts"
import type * as PlainTypes from "../src/protocol/PublicTypes.ts"
import type * as Seed from "../src/seed/Seed.ts"
import type * as Snapshot from "../src/state/Snapshot.ts"

it("the plain types are equal to those of the Schemas", () => {
  expectTypeOf<PlainTypes.App>().toEqualTypeOf<Seed.App>()
  expectTypeOf<PlainTypes.Meeting>().toEqualTypeOf<Seed.Meeting>()
  expectTypeOf<PlainTypes.Generate>().toEqualTypeOf<Seed.Generate>()
  // Branded, because the other comparison takes lists of at least one for different.
  expectTypeOf<PlainTypes.Seed>().branded.toEqualTypeOf<Seed.Seed>()
  expectTypeOf<PlainTypes.Behaviour>().toEqualTypeOf<Behaviour.Behaviour>()
  expectTypeOf<PlainTypes.Snapshot>().branded.toEqualTypeOf<Snapshot.Snapshot>()
  expectTypeOf<PlainTypes.Operation>().toEqualTypeOf<Operation>()
  expectTypeOf<PlainTypes.NetworkFault>().toEqualTypeOf<Faults.NetworkFault>()
  expectTypeOf<PlainTypes.PagingFault>().toEqualTypeOf<Faults.PagingFault>()
  // As they are written: a delay may be a text there, which is a number of seconds once it is read.
  expectTypeOf<PlainTypes.Then>().toEqualTypeOf<typeof Faults.Then.Encoded>()
  expectTypeOf<PlainTypes.Rule>().toEqualTypeOf<typeof Faults.Rule.Encoded>()
  expectTypeOf<PlainTypes.Active>().toEqualTypeOf<typeof Faults.Active.Encoded>()
  expectTypeOf<PlainTypes.Chaos>().toEqualTypeOf<typeof Faults.Chaos.Encoded>()
  expectTypeOf<PlainTypes.Entry>().toEqualTypeOf<Journal.Entry>()
  expectTypeOf<PlainTypes.Detail>().toEqualTypeOf<Journal.Detail>()
  expectTypeOf<PlainTypes.Filter>().toEqualTypeOf<Journal.Filter>()
  expectTypeOf<PlainTypes.Expectation>().toEqualTypeOf<Journal.Expectation>()
  expectTypeOf<PlainTypes.Verdict>().toEqualTypeOf<typeof Journal.Verdict.Type>()
})
