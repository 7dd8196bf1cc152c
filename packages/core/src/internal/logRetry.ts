/** The line about a request that is sent again. */
import * as Effect from "effect/Effect"
import type { FeishuError } from "../FeishuError.ts"

/** Logs that a call is tried again, and why; `how` says when, or with what. */
export const logRetry = (error: FeishuError, how: string): Effect.Effect<void> => {
  const { asked, code, logId, reason } = error
  return Effect.annotateLogs(
    Effect.logInfo(`${asked === undefined ? "" : `${asked}: `}${reason.meaning}. Trying again ${how}.`),
    {
      reason: reason._tag,
      ...(code === undefined ? {} : { code }),
      ...(logId === undefined ? {} : { logId }),
    },
  )
}
