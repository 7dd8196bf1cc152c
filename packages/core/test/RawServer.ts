/** A TCP server that answers each request with bytes of a test's choosing, or with none. */
import * as Effect from "effect/Effect"
import { type AddressInfo, createServer, type Socket } from "node:net"

/** A request whose head has come, on its socket; requests are counted from 0, connections too. */
export interface Received {
  readonly socket: Socket
  readonly head: string
  readonly index: number
  readonly connection: number
}

/** A listening server. */
export interface RawServer extends AsyncDisposable {
  readonly url: string
  readonly requests: () => number
  readonly connections: () => number
}

/** An HTTP/1.1 answer as bytes. */
export const http = (
  body: string | Uint8Array,
  headers: Record<string, string | number> = {},
  status = "200 OK",
): Uint8Array => {
  const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(body)
  const lines = Object.entries({
    "content-type": "application/json",
    "content-length": bytes.length,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`), bytes])
}

/** The body of a page with one meeting. */
export const page = JSON.stringify({
  code: 0,
  data: { has_more: false, meeting_briefs: [{ id: "7011030664708603907", meeting_no: "337736498" }] },
})

/** Listens on loopback, on any free port. */
export const start = async (answer: (received: Received) => void): Promise<RawServer> => {
  const sockets = new Set<Socket>()
  let requests = 0
  let connections = 0
  const server = createServer((socket) => {
    const connection = connections++
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end)
        text = text.slice(end + 4)
        answer({ socket, head, index: requests++, connection })
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The same for the length of a scope. */
export const scoped = (answer: (received: Received) => void) =>
  Effect.acquireRelease(
    Effect.promise(() => start(answer)),
    (server) => Effect.promise(() => server[Symbol.asyncDispose]()),
  )
