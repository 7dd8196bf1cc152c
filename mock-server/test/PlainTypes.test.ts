/** The types that a program sees are those of the Schemas that the mock checks with: the compiler says so. */
import { expectTypeOf, it } from "vitest"
import type * as Behaviour from "../src/state/Behaviour.ts"
import type * as FaultRules from "../src/faults/FaultRules.ts"
import type * as Journal from "../src/state/Journal.ts"
import type * as Verification from "../src/state/Verification.ts"
import type { Operation } from "../src/protocol/Operations.ts"
import type * as PublicTypes from "../src/protocol/PublicTypes.ts"
import type * as Seed from "../src/seed/Seed.ts"
import type * as Snapshot from "../src/state/Snapshot.ts"

it("the plain types are equal to those of the Schemas", () => {
  expectTypeOf<PublicTypes.App>().toEqualTypeOf<Seed.App>()
  expectTypeOf<PublicTypes.Meeting>().toEqualTypeOf<Seed.Meeting>()
  expectTypeOf<PublicTypes.Generate>().toEqualTypeOf<Seed.Generate>()
  // Branded, because the other comparison takes lists of at least one for different.
  expectTypeOf<PublicTypes.Seed>().branded.toEqualTypeOf<Seed.Seed>()
  expectTypeOf<PublicTypes.Behaviour>().toEqualTypeOf<Behaviour.Behaviour>()
  expectTypeOf<PublicTypes.Snapshot>().branded.toEqualTypeOf<Snapshot.Snapshot>()
  expectTypeOf<PublicTypes.Operation>().toEqualTypeOf<Operation>()
  expectTypeOf<PublicTypes.NetworkFault>().toEqualTypeOf<FaultRules.NetworkFault>()
  expectTypeOf<PublicTypes.PagingFault>().toEqualTypeOf<FaultRules.PagingFault>()
  // As they are written: a delay may be a text there, which is a number of seconds once it is read.
  expectTypeOf<PublicTypes.Then>().toEqualTypeOf<typeof FaultRules.Then.Encoded>()
  expectTypeOf<PublicTypes.Rule>().toEqualTypeOf<typeof FaultRules.Rule.Encoded>()
  expectTypeOf<PublicTypes.Active>().toEqualTypeOf<typeof FaultRules.Active.Encoded>()
  expectTypeOf<PublicTypes.Chaos>().toEqualTypeOf<typeof FaultRules.Chaos.Encoded>()
  expectTypeOf<PublicTypes.Entry>().toEqualTypeOf<Journal.Entry>()
  expectTypeOf<PublicTypes.Detail>().toEqualTypeOf<Journal.Detail>()
  expectTypeOf<PublicTypes.Filter>().toEqualTypeOf<Journal.Filter>()
  expectTypeOf<PublicTypes.Expectation>().toEqualTypeOf<Verification.Expectation>()
  expectTypeOf<PublicTypes.Verdict>().toEqualTypeOf<typeof Verification.Verdict.Type>()
})
