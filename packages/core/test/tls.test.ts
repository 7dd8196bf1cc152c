import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { createServer as createProxy } from "node:http"
import { createServer } from "node:https"
import { type AddressInfo, connect, type Socket } from "node:net"
import * as selfsigned from "selfsigned"
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Fake from "./FakeFeishu.ts"
import * as RawServer from "./RawServer.ts"

/** An https server with a certificate for a host, good until so many days from now; how many requests came. */
const server = Effect.fnUntraced(function* (host: string, days: number) {
  const now = yield* DateTime.now
  const pem = yield* Effect.promise(() =>
    selfsigned.generate([{ name: "commonName", value: host }], {
      keyType: "ec",
      notBeforeDate: DateTime.toDateUtc(DateTime.add(now, { days: -10 })),
      notAfterDate: DateTime.toDateUtc(DateTime.add(now, { days })),
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
      ],
    }),
  )
  let requests = 0
  const listening = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer({ key: pem.private, cert: pem.cert }, (_, response) => {
        requests++
        response.writeHead(200, { "content-type": "application/json" }).end(RawServer.page)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close()),
  )
  return {
    url: `https://localhost:${(listening.address() as AddressInfo).port}`,
    ca: pem.cert,
    requests: () => requests,
  }
})

const read = (baseUrl: string, options: NodeHttp.Options = {}) =>
  Effect.provide(
    Fake.read(),
    Meetings.layer({ baseUrl, credentials: AccessToken.given(Secret.accessToken("t-SECRET")) }).pipe(
      Layer.provide(NodeHttp.layer(options)),
    ),
  )

describe("N10 certificates", () => {
  it.live("one of an authority that was given is accepted", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server("localhost", 10)
      assert.deepStrictEqual((yield* read(url, { ca })).ids, ["7011030664708603907"])
    }).pipe(Effect.scoped),
  )

  it.live("so it is through the tunnel of a proxy", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server("feishu.invalid", 10)
      const tunnels = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createProxy>>((resume) => {
          const proxy = createProxy().on("connect", (_: unknown, socket: Socket) => {
            const upstream = connect(Number(new URL(url).port), "127.0.0.1", () => {
              socket.write("HTTP/1.1 200 OK\r\n\r\n")
              upstream.pipe(socket).pipe(upstream)
            })
            upstream.on("error", () => socket.destroy())
            socket.on("error", () => upstream.destroy())
          })
          proxy.listen(0, "127.0.0.1", () => resume(Effect.succeed(proxy)))
        }),
        (proxy) => Effect.sync(() => proxy.close()),
      )
      const httpsProxy = `http://127.0.0.1:${(tunnels.address() as AddressInfo).port}`
      const { ids } = yield* read("https://feishu.invalid", { ca, httpsProxy })
      assert.deepStrictEqual(ids, ["7011030664708603907"])
    }).pipe(Effect.scoped),
  )

  const refused = [
    ["one that nobody vouches for", "localhost", 10, false],
    ["one that has expired", "localhost", -1, true],
    ["one for another host", "feishu.example", 10, true],
  ] as const
  for (const [name, host, days, trusted] of refused) {
    it.live(`${name} fails at once, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { ca, requests, url } = yield* server(host, days)
        const { error } = yield* read(url, { ca: trusted ? ca : undefined })
        assert.match(error!.message, /localhost:\d+: certificate refused \([A-Z_]+\)/)
        assert.strictEqual(error!.requests, 1)
        assert.strictEqual(requests(), 0)
      }).pipe(Effect.scoped),
    )
  }
})
