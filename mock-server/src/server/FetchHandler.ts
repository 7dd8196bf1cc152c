/** The mock as a function from request to response, without a socket. */
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as FeishuRoutes from "../feishu/routes.ts"
import * as NetworkFaults from "../faults/NetworkFaults.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import * as Routes from "./routes.ts"
import type { Workspaces } from "../state/Workspaces.ts"

/** The base URL of a mock without a socket. Nothing listens there: requests do not leave the process. */
export const url = "https://feishu.mock"

/** Makes the error that `fetch` rejects with when a connection breaks. */
export const broken = (code: string) =>
  Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(code), { code }) })

/** Makes a `fetch` for one mock. Network faults have the same effect as with a real `fetch`: rejections, or bodies that break off. */
export const make = (workspaces: Workspaces): PublicTypes.FetchHandler => {
  const { dispose, handler } = HttpRouter.toWebHandler(
    // Only code in this process can call it, so the control plane needs no guard.
    Routes.routes(workspaces, undefined).pipe(Layer.provide(HttpServer.layerServices)),
    { disableLogger: true, routerConfig: FeishuRoutes.routerConfig },
  )
  const waiting = new Set<AbortController>()
  const answer = async (request: Request): Promise<Response> => {
    const response = await handler(request)
    // An aborted request gets no answer.
    request.signal.throwIfAborted()
    switch (response.headers.get(NetworkFaults.networkFaultHeader)) {
      case "refuse":
        throw broken("ECONNREFUSED")
      case "reset before headers":
        throw broken("ECONNRESET")
      case "stall":
        return await abandoned(request)
      case "reset in mid-body":
      case "end in mid-body":
      case "wrong length":
        return halfOf(response, (controller) => controller.error(broken("ECONNRESET")))
      case "stall in mid-body":
      case "drip":
        return halfOf(response, () => {})
      default:
        return response
    }
  }
  return {
    fetch: async (request) => {
      const until = new AbortController()
      const giveUp = () => until.abort(request.signal.reason)
      if (request.signal.aborted) giveUp()
      request.signal.addEventListener("abort", giveUp, { once: true })
      waiting.add(until)
      try {
        return await answer(new Request(request, { signal: until.signal }))
      } finally {
        waiting.delete(until)
      }
    },
    [Symbol.asyncDispose]: async () => {
      // A delay may last a day, and would keep the process alive.
      for (const until of waiting) until.abort(broken("ECONNRESET"))
      await dispose()
    },
  }
}

/** Returns a promise that only rejects, when the caller aborts the request. */
const abandoned = (request: Request) =>
  new Promise<never>((_, reject) => {
    request.signal.addEventListener("abort", () => reject(request.signal.reason as Error), { once: true })
  })

const halfOf = async (
  response: Response,
  then: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
): Promise<Response> => {
  const bytes = new Uint8Array(await response.arrayBuffer())
  let sent = false
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent) return then(controller)
      sent = true
      controller.enqueue(bytes.slice(0, Math.max(1, Math.floor(bytes.length / 2))))
    },
  })
  return new Response(body, { status: response.status, headers: response.headers })
}
