/** The check of a secret that an application gives. */
import * as Effect from "effect/Effect"
import { type FeishuError, invalidRequest } from "../FeishuError.ts"
import * as Secret from "../Secret.ts"
import * as Sentence from "../Sentence.ts"

/** Fails with an `InvalidRequest` of this field, which does not repeat the secret, unless it can be used. */
export const checkSecret = (
  field: string,
  secret: unknown,
  kind: Parameters<typeof Secret.problem>[1],
): Effect.Effect<void, FeishuError> => {
  const problem = Secret.unfitSecret(secret, kind)
  return problem === undefined
    ? Effect.void
    : Effect.fail(
        invalidRequest(
          field,
          Sentence.make("secretUnfit", { problem }),
          Sentence.make(kind === "AppSecret" ? "giveAppSecret" : "giveAccessToken"),
        ),
      )
}
