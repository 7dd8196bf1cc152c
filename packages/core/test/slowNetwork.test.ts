import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import dns from "node:dns"
import { Worker } from "node:worker_threads"
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Fake from "./FakeFeishu.ts"
import { page } from "./RawServer.ts"

/**
 * A server whose queue of connections is full until it is woken. The kernel drops what comes meanwhile, and whoever
 * connects tries again after a second: as slow as a good line to the other side of the world, and worse.
 */
const busyServer = `
  const http = require("node:http"), net = require("node:net")
  const { parentPort, workerData } = require("node:worker_threads")
  const server = http.createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(workerData.page)
  })
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    const { port } = server.address()
    for (let one = 0; one < 4; one++) net.connect(port, "127.0.0.1").on("error", () => {})
    // Behind those, before the loop turns and takes them out of the queue.
    const soon = (turns) => process.nextTick(() => {
      if (turns > 0) return soon(turns - 1)
      parentPort.postMessage(port)
      Atomics.wait(workerData.awake, 0, 0)
    })
    soon(3)
  })`

const start = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly wake: () => void; readonly worker: Worker }>((resume) => {
    const awake = new Int32Array(new SharedArrayBuffer(4))
    const wake = () => {
      awake[0] = 1
      Atomics.notify(awake, 0)
    }
    const worker = new Worker(busyServer, { eval: true, workerData: { awake, page } })
    worker.once("message", (port: number) => resume(Effect.succeed({ port, wake, worker })))
  }),
  ({ wake, worker }) => {
    wake()
    return Effect.promise(() => worker.terminate())
  },
)

/** Gives addresses to a name, and says when they were asked for. */
const resolving = (addresses: ReadonlyArray<string>, asked: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { lookup } = dns
      const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
      dns.lookup = ((_host: string, _options: object, done: (error: null, found: object) => void) => {
        asked()
        done(null, found)
      }) as typeof dns.lookup
      return lookup
    }),
    (lookup) => Effect.sync(() => (dns.lookup = lookup)),
  )

const read = (baseUrl: string, options: NodeHttp.Options) =>
  Effect.provide(
    Fake.read(),
    Meetings.layer({
      baseUrl,
      allowHttp: true,
      credentials: AccessToken.given(Secret.accessToken("t-SECRET")),
      // The next attempt would find the server awake.
      retryBudget: { floor: 0, share: 0 },
    }).pipe(Layer.provide(NodeHttp.layer(options))),
  )

// Nobody listens at the others.
const [slow, dead, gone] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]

describe("X14 a host with several addresses, of which the one that is good takes a second to connect", () => {
  const direct = (port: number) => read(`http://busy.invalid:${port}`, { httpProxy: "", httpsProxy: "" })
  const byProxy = (port: number) =>
    read("http://feishu.invalid", { httpProxy: `http://busy.invalid:${port}`, noProxy: "" })
  for (const [name, through, addresses] of [
    ["is reached", direct, [slow, dead]],
    ["is reached between dead ones", direct, [dead, slow, gone]],
    ["is reached as a proxy", byProxy, [slow, dead]],
  ] as const) {
    it.live(`${name}, with the first request`, () =>
      Effect.gen(function* () {
        const { port, wake } = yield* start
        // By then the packet that begins the connection is lost.
        yield* resolving(addresses, () => setImmediate(() => setImmediate(wake)))
        const { error, ids } = yield* through(port)
        assert.strictEqual(error, undefined)
        assert.deepStrictEqual(ids, ["7011030664708603907"])
      }).pipe(Effect.scoped),
    )
  }
})
