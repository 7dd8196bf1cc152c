/** The network of a company: an authority of its own, an https server of a name, and a proxy that alone leads to it. */
import { once } from "node:events"
import { createServer as createHttpServer, request as send } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { type AddressInfo, connect, type Server, type Socket } from "node:net"
import * as selfsigned from "selfsigned"

interface Pair {
  readonly cert: string
  readonly key: string
}

const certificate = async (name: string, cA: boolean, by?: Pair): Promise<Pair> => {
  const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ],
    ...(by === undefined ? {} : { ca: by }),
  })
  return { cert, key }
}

const listening = async (server: Server) => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

/**
 * Starts it. What reaches the https server goes on to `upstream`. The proxy leads to that server, whatever host is requested, and
 * wants user and password if they are given.
 */
export const start = async (options: {
  readonly host: string
  readonly upstream: string
  readonly user?: string
}) => {
  const root = await certificate("Company Root", true)
  const leaf = await certificate(options.host, false, root)
  const server = createHttpsServer({ cert: leaf.cert, key: leaf.key }, (request, response) => {
    const { headers, method } = request
    const onward = send(new URL(request.url!, options.upstream), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  const port = await listening(server)
  const sockets = new Set<Socket>()
  const tunnels: Array<string> = []
  const wanted =
    options.user === undefined ? undefined : `Basic ${Buffer.from(options.user).toString("base64")}`
  const proxy = createHttpServer().on("connect", (request, socket: Socket) => {
    tunnels.push(request.url!)
    sockets.add(socket.on("error", () => {}))
    if (request.headers["proxy-authorization"] !== wanted) {
      return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
    }
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      onward.pipe(socket).pipe(onward)
    })
    sockets.add(onward.on("error", () => socket.destroy()))
  })
  const proxyPort = await listening(proxy)
  return {
    /** The certificate of the authority, in PEM. */
    ca: root.cert,
    /** The https server, without the proxy. */
    url: `https://${options.host}:${port}`,
    /** The proxy, without user and password. */
    proxy: `127.0.0.1:${proxyPort}`,
    /** The hosts and ports to which tunnels were requested. */
    tunnels,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await Promise.all([server, proxy].map((one) => new Promise((done) => one.close(done))))
    },
  }
}
