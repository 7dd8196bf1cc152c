/** Raw connections: what no client would send, and what of an answer really comes over the wire. */
import { connect, type Socket } from "node:net"

/** How a connection has ended, and all that came before. */
interface Ended {
  readonly text: string
  /** After the headers. */
  readonly body: string
  /** Reset by the other side, or ended by it. */
  readonly by: "reset" | "end"
}

/** A connection that tells what it has got. */
export interface Connection {
  readonly socket: Socket
  readonly received: () => string
  readonly ended: Promise<Ended>
  /** Resolves when what came holds `wanted`. */
  readonly until: (wanted: RegExp) => Promise<string>
}

/** Connects, sends `text` and listens. */
export const open = (url: string, text: string): Connection => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.setEncoding("latin1")
  let received = ""
  let by: Ended["by"] = "end"
  socket.on("data", (chunk) => (received += String(chunk)))
  socket.on("error", () => (by = "reset"))
  socket.write(text)
  const ended = new Promise<Ended>((resolve) => {
    socket.on("close", () => {
      const at = received.indexOf("\r\n\r\n")
      resolve({ text: received, body: at === -1 ? "" : received.slice(at + 4), by })
    })
  })
  const until = (wanted: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (wanted.test(received)) resolve(received)
      }
      socket.on("data", look)
      socket.on("close", () => reject(new Error(`closed before ${String(wanted)}: ${received}`)))
      look()
    })
  return { socket, received: () => received, ended, until }
}

/** The status line and headers of a request, with `Connection: close` unless told otherwise. */
export const head = (line: string, headers: Record<string, string | number> = {}): string =>
  [
    `${line} HTTP/1.1`,
    ...Object.entries({ Host: "127.0.0.1", Connection: "close", ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ].join("\r\n") + "\r\n\r\n"
