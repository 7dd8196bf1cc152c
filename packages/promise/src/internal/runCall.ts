import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FeishuError } from "@effect-feishu/core"
import { toFeishuError } from "./plain.ts"

/** Runs a call that needs no client. Rejects with the class of the error's reason, or with the reason of the signal. */
export const runCall = async <A>(
  effect: Effect.Effect<A, FeishuError.FeishuError>,
  signal?: AbortSignal,
): Promise<A> => {
  signal?.throwIfAborted()
  const exit = await Effect.runPromiseExit(effect, { signal })
  if (Exit.isSuccess(exit)) return exit.value
  if (Cause.hasInterruptsOnly(exit.cause)) signal?.throwIfAborted()
  const error = Cause.squash(exit.cause)
  throw error instanceof FeishuError.FeishuError ? toFeishuError(error) : error
}
