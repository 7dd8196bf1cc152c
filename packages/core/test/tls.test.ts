import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { createServer as createProxy } from "node:http"
import { createServer } from "node:https"
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net"
import * as selfsigned from "selfsigned"
import { AccessToken, FeishuConfig, Meetings, Probe, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Fake from "./FakeFeishu.ts"
import * as RawServer from "./RawServer.ts"
import * as Transport from "../src/internal/Transport.ts"

/** An https server with a certificate for a host, good until so many days from now; how many requests came. */
const server = Effect.fnUntraced(function* (
  host: string,
  days: number,
  { body = RawServer.page, status = 200 } = {},
) {
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
        response.writeHead(status, { "content-type": "application/json" }).end(body)
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

/** Does this with the first bytes of each connection; the port. */
const listening = (answer: (socket: Socket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
        const sockets = new Set<Socket>()
        const server = createTcpServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.once("data", () => answer(socket))
        })
        const close = () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({ port: (server.address() as AddressInfo).port, close })),
        )
      }),
      ({ close }) => Effect.sync(close),
    ),
    ({ port }) => port,
  )

/** What a server says in TLS to end a handshake. */
const alert = (code: number) => Uint8Array.of(0x15, 3, 3, 0, 2, 2, code)

describe("TLS that does not come about is told as what it is: nothing was sent", () => {
  type Row = readonly [
    name: string,
    answer: (socket: Socket) => void,
    told: RegExp,
    retry: "final" | "transient",
  ]
  const says = (bytes: string | Uint8Array) => (socket: Socket) => socket.end(bytes)
  const noTls = (name: string, bytes: string | Uint8Array): Row => [
    name,
    says(bytes),
    /: no TLS at this port \(ERR_SSL_\w+\)\. Check the port in the base URL; for a mock/,
    "final",
  ]
  const refused = (name: string, code: number): Row => [
    name,
    says(alert(code)),
    /: TLS refused \(ERR_SSL_[\w/]+\)\. Check the base URL/,
    "final",
  ]
  const broken = (name: string, answer: (socket: Socket) => void): Row => [
    name,
    answer,
    /: TLS handshake broken \([\w/]+\)\. Try again/,
    "transient",
  ]
  const rows: ReadonlyArray<Row> = [
    noTls("HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"),
    noTls("SSH", "SSH-2.0-OpenSSH_9.2\r\n"),
    noTls("SMTP", "220 mail.example ESMTP\r\n"),
    noTls("JSON", '{"code":0}\n'),
    noTls("zeros", new Uint8Array(10)),
    noTls("a record that is too long", `\u0016\u0003\u0001\u00ff\u00ff${"a".repeat(70_000)}`),
    refused("a failed handshake", 40),
    refused("another version", 70),
    refused("another cipher", 71),
    refused("no access", 49),
    refused("a name that it does not know", 112),
    refused("another protocol", 120),
    [
      "a wish for a certificate",
      says(alert(116)),
      /: client certificate required \(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED\)\. This client has no certificate/,
      "final",
    ],
    broken("an error of its own", says(alert(80))),
    broken("an end", (socket) => socket.end()),
    broken("a reset", (socket) => socket.resetAndDestroy()),
    broken("half of a record", says("\u0016\u0003")),
    ["nothing", () => {}, /: connect timeout \(UND_ERR_CONNECT_TIMEOUT\)\. Check the network/, "transient"],
  ]
  it.live.each(rows)("a server that answers with %s", ([, answer, told, retry]) =>
    Effect.gen(function* () {
      const port = yield* listening(answer)
      const exit = yield* Effect.exit(Probe.reach).pipe(
        Effect.provide([
          FeishuConfig.layer({ baseUrl: `https://localhost:${port}` }),
          NodeHttp.layer({ connectTimeout: "300 millis", httpsProxy: "", httpProxy: "" }),
        ]),
      )
      const error = yield* Effect.flip(exit)
      assert.match(error.message, told)
      assert.strictEqual(error.reason.retry, retry)
      assert.strictEqual(Transport.deliveryOf(exit), "not sent")
    }).pipe(Effect.scoped),
  )

  const words: ReadonlyArray<readonly [name: string, answer: string | Uint8Array]> = [
    ["an alert of TLS", alert(10)],
    ["the words of nginx", "<title>400 The plain HTTP request was sent to HTTPS port</title>"],
    ["the words of Apache", "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"],
    ["the words of Go", "Client sent an HTTP request to an HTTPS server.\n"],
  ]
  it.live.each(words)("plain http to a server that wants TLS, and answers with %s", ([, answer]) =>
    Effect.gen(function* () {
      const bytes =
        typeof answer === "string"
          ? RawServer.http(answer, { "content-type": "text/html" }, "400 Bad Request")
          : answer
      const port = yield* listening(says(bytes))
      const { error } = yield* read(`http://localhost:${port}`)
      assert.match(
        error!.message,
        /localhost:\d+: TLS required( \(\w+\))?\. Write https:\/\/ instead of http:\/\//,
      )
      assert.strictEqual(error!.requests, 1)
    }).pipe(Effect.scoped),
  )

  it.live("a server that looks for a certificate of the client behind TLS, in the words of nginx", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server("localhost", 10, {
        status: 400,
        body: "<title>400 No required SSL certificate was sent</title>",
      })
      const { error } = yield* read(url, { ca })
      assert.match(
        error!.message,
        /: client certificate required\. This client has no certificate of its own/,
      )
      assert.strictEqual(error!.requests, 1)
    }).pipe(Effect.scoped),
  )
})
