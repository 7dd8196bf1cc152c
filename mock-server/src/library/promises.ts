/** A mock in this process, with promises. */

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

import * as Scope from "effect/Scope"
import * as ControlClient from "./ControlClient.ts"
import * as FetchHandler from "../server/FetchHandler.ts"
import * as Socket from "../server/Socket.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import type { Address, Options } from "../protocol/PublicTypes.ts"
import * as Workspace from "../state/Workspace.ts"
import * as Workspaces from "../state/Workspaces.ts"

/** Starts a mock on a socket, which runs until it is closed. */
export const start = async (options: Options & Address) => {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const { running } = await Effect.runPromise(
    Socket.start(options).pipe(
      Scope.provide(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
    ),
  )
  return {
    ...running,
    ...ControlClient.connect({ url: running.url, controlToken: running.controlToken }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Makes a mock without a socket. */
export const fetchHandler = async (options: Options) => {
  const workspace = await Effect.runPromise(
    Effect.andThen(GivenOptions.check(options), Workspace.make(options)),
  )
  const { url } = FetchHandler
  const handler = FetchHandler.make(Workspaces.make(workspace))
  return {
    ...Workspace.running(workspace, url),
    ...ControlClient.connect({ url, fetch: handler.fetch }),
    ...handler,
  }
}
