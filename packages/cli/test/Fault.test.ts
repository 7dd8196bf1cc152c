import { assert, describe, it } from "@effect/vitest"
import { FeishuError } from "@effect-feishu/core"
import * as Cause from "effect/Cause"
import { faultOf, NumbersFailed } from "../src/failure/Fault.ts"

describe("numbers that failed", () => {
  it("give the lowest of their exit codes, however many they are", () => {
    const denied = new FeishuError.FeishuError({
      reason: new FeishuError.PermissionDenied({ status: 403, code: 121005, scopes: [] }),
    })
    const refused = new FeishuError.FeishuError({
      reason: new FeishuError.RequestRefused({ status: 400, code: 121003, violations: [] }),
    })
    const errors = [...Array.from({ length: 200_000 }, () => denied), refused]
    assert.strictEqual(faultOf(Cause.fail(new NumbersFailed({ errors }))).exitCode, 1)
  })
})
