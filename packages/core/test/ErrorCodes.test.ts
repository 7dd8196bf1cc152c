import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ErrorCodes } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

/** The reasons that each class may have. */
const reasonsOf: Record<ErrorCodes.RetryClass, ReadonlyArray<string>> = {
  transient: ["ServerFailed"],
  rateLimited: ["RateLimited"],
  token: ["AuthenticationFailed"],
  final: ["AuthenticationFailed", "PermissionDenied", "QuotaExceeded", "RequestRefused"],
}

describe("every code of the catalogue", () => {
  for (const { code, meaning, name, remedy, retry, status } of ErrorCodes.catalogue) {
    it.effect(`${code} ${name}: what happened, where, what to do, and the log id`, () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer() : Fake.failure(status, code)))
        const reading = yield* Effect.forkChild(Effect.provide(Fake.read(), Fake.meetings(handler)))
        yield* Fake.advance("20 minutes")
        const { error } = yield* Fiber.join(reading)
        assert.include(reasonsOf[retry], error!.reason._tag)
        assert.strictEqual(error!.code, code)
        if (retry !== "rateLimited") {
          assert.include(error!.message, meaning)
          assert.include(error!.message, remedy)
        }
        const { reason } = error!
        assert.include(error!.message, `${reason.meaning}. ${reason.remedy}`)
        assert.match(reason.remedy, /^[A-Z].*\.$/)
        assert.match(
          error!.message,
          /^GET \/open-apis\/vc\/v1\/meetings\/list_by_no, meeting 337736498 from 1970-01-01T00:00\S* to \S+: .* Log id: \w{34}$/,
        )
        assert.isDefined(error!.cursor)
      }),
    )
  }
})
