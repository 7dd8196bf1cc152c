/** The built site on a socket of this machine, as any host of files serves it. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of the built site. */
export const built = fileURLToPath(new URL("../dist/", import.meta.url))

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".md": "text/markdown; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
}

/** Serves the site until it is disposed. */
export const serve = async (): Promise<{ readonly origin: string } & AsyncDisposable> => {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, "http://a").pathname))
    const named = join(built, path)
    const file = existsSync(named) && statSync(named).isDirectory() ? join(named, "index.html") : named
    const found = existsSync(file)
    response.writeHead(found ? 200 : 404, {
      "content-type": types[found ? extname(file) : ".html"] ?? "application/octet-stream",
    })
    response.end(readFileSync(found ? file : join(built, "404.html")))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
