/**
 * A server of the mock's measurements, in a process of its own: the mock, or a server that it is compared with, which
 * answers every request with the same bytes. It takes its options as JSON in its argument, sends its address to its
 * parent, and answers each message with the memory that it uses after a garbage collection.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ListByNo } from "@effect-feishu/contract"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { Effect, Layer, Scope } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { Memory, Options, Ready } from "./Mock.ts"

const contentType = "application/json; charset=utf-8"

const start = async (options: Options): Promise<Ready> => {
  if (options.kind === "mock") {
    const { appId, appSecret, meetingNos, url } = await startFeishuMock({
      generate: { numbers: 1, meetings: options.meetings },
      rateLimit: 1_000_000_000,
    })
    return { url, appId, appSecret, meetingNo: meetingNos[0]! }
  }
  const server = createServer()
  if (options.kind === "node:http") {
    const body = Buffer.from(options.body)
    server.on("request", (_, response) =>
      response.writeHead(200, { "content-type": contentType, "content-length": body.length }).end(body),
    )
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  } else {
    const api = HttpApi.make("bare").add(
      HttpApiGroup.make("meetings").add(HttpApiEndpoint.get("listByNo", ListByNo.path)),
    )
    const handlers = HttpApiBuilder.group(api, "meetings", (group) =>
      group.handle("listByNo", () => Effect.succeed(HttpServerResponse.text(options.body, { contentType }))),
    )
    const serving = HttpRouter.serve(HttpApiBuilder.layer(api).pipe(Layer.provide(handlers)), {
      disableLogger: true,
      disableListenLog: true,
    }).pipe(Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" })))
    await Effect.runPromise(Layer.buildWithScope(serving, Scope.makeUnsafe()))
  }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, appId: "", appSecret: "", meetingNo: "" }
}

process.on("message", () => {
  globalThis.gc!()
  const { heapUsed, rss } = process.memoryUsage()
  process.send!({ heapUsed, rss } satisfies Memory)
})
process.on("disconnect", () => process.exit())
process.send!(await start(JSON.parse(process.argv[2]!) as Options))
