/** The check of a secret that an application gives. */
import * as Effect from "effect/Effect"
import { type FeishuError, invalidRequest } from "../FeishuError.ts"
import * as Secret from "../Secret.ts"

/** Fails with an `InvalidRequest` of this field, which does not repeat the secret, unless it can be used. */
export const checkSecret = (
  field: string,
  secret: unknown,
  kind: Parameters<typeof Secret.problem>[1],
): Effect.Effect<void, FeishuError> => {
  const problem = Secret.problem(secret, kind)
  return problem === undefined
    ? Effect.void
    : Effect.fail(
        invalidRequest(
          field,
          problem,
          `Give it as Feishu gave it, in ${kind === "AppSecret" ? "Secret.appSecret" : "Secret.accessToken"}.`,
        ),
      )
}
