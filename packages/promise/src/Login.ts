/**
 * Logins, wherever they are kept. `fileLogin`, for Node, keeps one in a file that many processes share.
 *
 * @example
 * ```ts
 * import { memoryLogin, readLogin } from "@effect-feishu/promise"
 *
 * console.log(await readLogin(memoryLogin())) // => undefined
 * ```
 */
import * as Effect from "effect/Effect"
import { UserTokenStore } from "@effect-feishu/core"
import * as Stores from "./internal/loginStore.ts"
import { runCall } from "./internal/runCall.ts"
import { toLogin } from "./internal/toLogin.ts"
import type { LoginStore } from "./Options.ts"
import type { Login } from "./SignIn.ts"

/** Returns a store in the memory of this process. What it holds is lost with the process, and a refresh token with it. */
export const memoryLogin = (): LoginStore => Stores.toPlain(UserTokenStore.memory())

/** Returns who has signed in; `undefined` if nobody has. Rejects with a `LoginStoreFailed` if the store has something else. */
export const readLogin = (store: LoginStore): Promise<Login | undefined> =>
  runCall(Effect.map(Stores.fromPlain(store).read, (tokens) => tokens && toLogin(tokens)))
