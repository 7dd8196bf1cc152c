/** Stores of logins: those of programs as core takes them, and those of core for programs. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { FeishuError, UserTokenStore } from "@effect-feishu/core"
import type { LoginStore } from "../Options.ts"
import { runCall } from "./runCall.ts"

const Text = Schema.fromJsonString(UserTokenStore.UserTokens)
const decodeText = Schema.decodeEffect(Text)
const encodeText = Schema.encodeSync(Text)

const decode = (text: string | null | undefined) =>
  text === null || text === undefined
    ? Effect.undefined
    : // What Schema says may repeat a token.
      Effect.mapError(decodeText(text), () =>
        FeishuError.loginStoreFailed(
          "login",
          "the store has a text that is not a login",
          "Store the text as it was given, and each login in a place of its own.",
        ),
      )
const encode = (tokens: UserTokenStore.UserTokens | undefined) => tokens && encodeText(tokens)

/** The stores that are of core. */
const ofCore = new WeakMap<LoginStore, UserTokenStore.UserTokenStore>()

/** Returns a store of core for programs, which may call it themselves. */
export const toPlain = (store: UserTokenStore.UserTokenStore): LoginStore => {
  const plain: LoginStore = {
    read: () => runCall(Effect.map(store.read, encode)),
    locked: (use) =>
      runCall(
        store.locked((stored, replace) =>
          Effect.promise(() =>
            use(encode(stored), (text) => runCall(Effect.flatMap(decode(text), (tokens) => replace(tokens)))),
          ),
        ),
      ),
  }
  ofCore.set(plain, store)
  return plain
}

/** Returns a program's store as core takes it. What it throws rejects the read as it is. */
export const fromPlain = (store: LoginStore): UserTokenStore.UserTokenStore =>
  ofCore.get(store) ?? {
    read: Effect.flatMap(
      Effect.promise(async () => store.read()),
      decode,
    ),
    locked: <A, E, R>(use: Parameters<UserTokenStore.UserTokenStore["locked"]>[0]) =>
      Effect.contextWith((context: Context.Context<R>) =>
        Effect.callback<A, E | FeishuError.FeishuError>((resume) => {
          let fiber: Fiber.Fiber<A, E | FeishuError.FeishuError> | undefined
          const done = (async () =>
            store.locked(
              (stored, replace) =>
                new Promise<Exit.Exit<A, E | FeishuError.FeishuError>>((resolve) => {
                  fiber = Effect.runForkWith(context)(
                    Effect.flatMap(decode(stored), (tokens) =>
                      use(tokens, (next) => Effect.promise(() => replace(encode(next)))),
                    ) as Effect.Effect<A, E | FeishuError.FeishuError, R>,
                  )
                  fiber.addObserver(resolve)
                }),
            ))()
          done.then(resume, (error: unknown) => resume(Effect.die(error)))
          // What must not be interrupted is waited for, and so is the store, which then frees its lock.
          return Effect.andThen(
            Effect.suspend(() => (fiber === undefined ? Effect.void : Fiber.interrupt(fiber))),
            Effect.promise(() => Promise.allSettled([done])),
          )
        }),
      ),
  }
