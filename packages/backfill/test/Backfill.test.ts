import { assert, it } from "@effect/vitest"
import { Lane, SqliteClient } from "../src/index.ts"
import { backfillTests } from "./backfillTests.ts"

backfillTests(SqliteClient.layer({ filename: ":memory:" }))

it("a lane is one text, from which it comes back", () => {
  for (const lane of [{ appId: "cli_a" }, { appId: "cli_a", tenantKey: "t1" }]) {
    assert.deepStrictEqual(Lane.fromId(Lane.id(lane)), lane)
  }
})
