import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { AccessToken, ErrorCodes, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

/** The reasons that each class may have. */
const reasonsOf: Record<ErrorCodes.RetryClass, ReadonlyArray<string>> = {
  transient: ["ServerFailed"],
  rateLimited: ["RateLimited"],
  token: ["AuthenticationFailed"],
  notReady: ["RequestRefused"],
  final: ["AuthenticationFailed", "PermissionDenied", "QuotaExceeded", "RequestRefused"],
}

describe("every code of the catalogue", () => {
  for (const { code, meaning, name, remedy, remedyOfApp = remedy, retry, status } of ErrorCodes.catalogue) {
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
          // They are the codes of an app's token, which the client has fetched.
          assert.include(error!.message, remedyOfApp)
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

it.effect(
  "a refused token: only whoever has given one is told to give another, or id and secret instead",
  () =>
    Effect.gen(function* () {
      const given = AccessToken.given(Secret.accessToken("t-1"))
      const tellsToGive = /\buse app id and secret\b|fresh access token/
      for (const code of [99991663, 99991664, 99991665, 99991668, 99991671, 99991677]) {
        const refuse = (asked: Fake.Asked): Fake.Answer =>
          Fake.isTokenCall(asked) ? Fake.tokens().answer() : Fake.failure(400, code)
        const messageWith = (credentials: typeof given | typeof Fake.credentials) =>
          Effect.map(
            Effect.provide(
              Fake.read(),
              Fake.meetings((asked) => Effect.succeed(refuse(asked)), { credentials }),
            ),
            ({ error }) => error!.message,
          )
        assert.match(yield* messageWith(given), tellsToGive)
        const ofApp = yield* messageWith(Fake.credentials)
        assert.include(ofApp, "app cli_fake: ")
        assert.notMatch(ofApp, tellsToGive)
        const ofOAuth = yield* messageWith(AccessToken.clientCredentials(Fake.app))
        assert.notMatch(ofOAuth, tellsToGive)
      }
    }),
)
