import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, Schema, Stream } from "effect"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createServer as createSecureServer, Server as TlsServer } from "node:tls"
import { inspect } from "node:util"
import * as selfsigned from "selfsigned"
import {
  AccessToken,
  FeishuConfig,
  type FeishuError,
  MeetingNo,
  Meetings,
  Probe,
  Secret,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

/** What a request to a URL fails with, and how often it was sent. */
const failing = (baseUrl: string, options: NodeHttp.Options) =>
  Effect.flip(Probe.reach).pipe(
    Effect.provide([FeishuConfig.layer({ baseUrl, allowHttp: true }), NodeHttp.layer(options)]),
  )

/** The proxy of a URL, or the problem with it. */
const proxyOf = (url: string, options: NodeHttp.Options) =>
  Result.try({
    try: () => NodeHttp.proxyOf(url, options),
    catch: (error) => (error as FeishuError.FeishuError).reason as FeishuError.InvalidRequest,
  })

const feishu = "https://open.feishu.invalid"

describe("a proxy, as people write it", () => {
  const forms: ReadonlyArray<readonly [text: string, url: string | undefined]> = [
    ["http://127.0.0.1:7890", "http://127.0.0.1:7890"],
    ["127.0.0.1:7890", "http://127.0.0.1:7890"],
    ["proxy.corp.example:8080", "http://proxy.corp.example:8080"],
    ["localhost:7890", "http://localhost:7890"],
    ["proxy.corp.example", "http://proxy.corp.example"],
    ["//proxy.corp.example:8080", "http://proxy.corp.example:8080"],
    ["HTTP://Proxy.Corp.Example:8080", "http://proxy.corp.example:8080"],
    ["https://proxy.corp.example", "https://proxy.corp.example"],
    ["HTTPS://proxy.corp.example:8443/", "https://proxy.corp.example:8443"],
    ["  http://127.0.0.1:7890\n", "http://127.0.0.1:7890"],
    ['"http://127.0.0.1:7890"', "http://127.0.0.1:7890"],
    ["'127.0.0.1:7890'", "http://127.0.0.1:7890"],
    ["http://127.0.0.1:7890/", "http://127.0.0.1:7890"],
    ["http://127.0.0.1:7890/proxy.pac?a=b#c", "http://127.0.0.1:7890"],
    ["[::1]:7890", "http://[::1]:7890"],
    ["http://[::1]:7890", "http://[::1]:7890"],
    ["::1", "http://[::1]"],
    ["fd00::2", "http://[fd00::2]"],
    ["代理.example:7890", "http://xn--mnq481g.example:7890"],
    ["user:pass@127.0.0.1:7890", "http://user:pass@127.0.0.1:7890"],
    ["//user:pass@127.0.0.1:7890", "http://user:pass@127.0.0.1:7890"],
    ["http://user@127.0.0.1:7890", "http://user@127.0.0.1:7890"],
    ["http://:pass@127.0.0.1:7890", "http://:pass@127.0.0.1:7890"],
    ["http://user:p%40ss@127.0.0.1:7890", "http://user:p%40ss@127.0.0.1:7890"],
    ["http://user:p@ss@127.0.0.1:7890", "http://user:p%40ss@127.0.0.1:7890"],
    ["http://user:p#s/s?:x@127.0.0.1:7890", "http://user:p%23s%2Fs%3F%3Ax@127.0.0.1:7890"],
    ["user:100%@127.0.0.1:7890", "http://user:100%25@127.0.0.1:7890"],
    ["http://DOMAIN\\user:pass@127.0.0.1:7890", "http://DOMAIN%5Cuser:pass@127.0.0.1:7890"],
    ["http://user:密码@127.0.0.1:7890", "http://user:%E5%AF%86%E7%A0%81@127.0.0.1:7890"],
    ["", undefined],
    [" \t", undefined],
    ["DIRECT", undefined],
    ["direct://", undefined],
  ]
  it.each(forms)("%j is %s", (text, url) => {
    const options = { httpsProxy: text, httpProxy: "", noProxy: "" }
    assert.deepStrictEqual(proxyOf(feishu, options), Result.succeed(url))
    const [scheme, rest] = url?.split("://") ?? []
    const [user, password = ""] = rest?.includes("@") ? rest.split("@")[0]!.split(":") : []
    // What undici decodes of it.
    assert.doesNotThrow(() => decodeURIComponent(`${scheme}${user}${password}`))
  })

  const unusable: ReadonlyArray<readonly [text: string, problem: string]> = [
    ...["socks5://", "socks5h://", "SOCKS5://", "socks4://", "socks4a://", "socks://"].map(
      (scheme) => [`${scheme}user:SECRET@127.0.0.1:7890`, "SOCKS proxies are not supported"] as const,
    ),
    ...["ftp://", "pac+http://", "ws://", "file:///"].map(
      (scheme) =>
        [`${scheme}user:SECRET@127.0.0.1:7890`, "only http:// and https:// proxies are supported"] as const,
    ),
    ...[
      ":7890",
      "7890",
      "http://",
      "http://:7890",
      "SECRET@",
      "user:SECRET@:7890",
      "http://127.0.0.1:SECRET",
      "127.0.0.1:0",
      "127.0.0.1:65536",
      "127.0.0.1:",
      "127.0.0.1：7890",
      "http：//127.0.0.1:7890",
      "http:/127.0.0.1:7890",
      "PROXY 127.0.0.1:7890",
      "http=127.0.0.1:7890;https=127.0.0.1:7890",
      "http://a.example:1,http://b.example:2",
      "[::1:7890",
      "http://a b:1",
    ].map((text) => [text, "it is not the address of a proxy"] as const),
  ]
  it.live.each(unusable)("%j: %s, which ends a client before anything is sent", ([text, problem]) =>
    Effect.gen(function* () {
      const options = { httpsProxy: text, httpProxy: "", noProxy: "" }
      const found = proxyOf(feishu, options)
      assert.isTrue(Result.isFailure(found))
      if (Result.isFailure(found)) assert.strictEqual(found.failure.problem, problem)
      const error = yield* failing(feishu, options)
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.include(error.message, `httpsProxy: ${problem}. Nothing was sent. `)
      assert.notInclude(inspect(error, { depth: 9 }), "SECRET")
      // A host that is reached without it has nothing to do with it.
      const direct = yield* failing("https://127.0.0.1:9", options)
      assert.strictEqual(direct.reason._tag, "TransportFailed")
    }),
  )

  it.live("one that cannot be used ends a read of many numbers, and is no fault of any of them", () =>
    Effect.gen(function* () {
      const error = yield* Meetings.Meetings.use((meetings) =>
        Stream.runDrain(
          meetings.outcomes([MeetingNo.make("337736498"), MeetingNo.make("337736499")], { from: "30d" }),
        ),
      ).pipe(
        Effect.provide(
          Meetings.layer({
            baseUrl: feishu,
            credentials: AccessToken.given(Secret.accessToken("t-SECRET")),
          }).pipe(Layer.provide(NodeHttp.layer({ httpsProxy: "socks5://127.0.0.1:7890", noProxy: "" }))),
        ),
        Effect.flip,
      )
      assert.match(
        error.message,
        /^httpsProxy: SOCKS proxies are not supported\. Nothing was sent\. Give the/,
      )
    }),
  )
})

describe("NO_PROXY, as people write it", () => {
  /** A host, what lists it, and what does not. */
  const lists: ReadonlyArray<
    readonly [url: string, direct: ReadonlyArray<string>, proxied: ReadonlyArray<string>]
  > = [
    [
      "https://open.feishu.invalid",
      [
        "open.feishu.invalid",
        "OPEN.Feishu.INVALID",
        "open.feishu.invalid.",
        "feishu.invalid",
        ".feishu.invalid",
        "*.feishu.invalid",
        "*feishu.invalid",
        "open.*",
        "open.*.invalid",
        "*",
        "*:443",
        "invalid",
        "open.feishu.invalid:443",
        ".feishu.invalid:443",
        "https://open.feishu.invalid",
        "https://open.feishu.invalid:443/path",
        "a.invalid,open.feishu.invalid",
        "a.invalid , open.feishu.invalid ,",
        "a.invalid open.feishu.invalid",
        "a.invalid;open.feishu.invalid",
        "a.invalid|open.feishu.invalid",
        "<local>;*.feishu.invalid",
      ],
      [
        "",
        " , ",
        "shu.invalid",
        "feishu",
        "open",
        "pen.feishu.invalid",
        "a.open.feishu.invalid",
        "*.open.feishu.invalid",
        "open.feishu.invalid:80",
        "open.feishu.invalid:8443",
        "*:80",
        "openxfeishu.invalid",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "<local>",
        "[::1]",
        ":443",
        "/",
        "[",
        "(",
      ],
    ],
    ["https://feishu.invalid", ["feishu.invalid", ".feishu.invalid"], ["*.feishu.invalid"]],
    [
      "https://feishu.invalid.",
      ["feishu.invalid", "feishu.invalid.", ".feishu.invalid"],
      ["*.feishu.invalid"],
    ],
    ["https://feishu.invalid:8443", ["feishu.invalid", "feishu.invalid:8443"], ["feishu.invalid:443"]],
    ["http://feishu.invalid", ["feishu.invalid:80"], ["feishu.invalid:443"]],
    ["https://feishu", ["<local>", "feishu"], ["fei"]],
    [
      "https://飞书.invalid",
      ["飞书.invalid", ".飞书.invalid", "xn--1jq782p.invalid", "*.invalid"],
      ["*.飞书.invalid"],
    ],
    ["https://开放.飞书.invalid", ["*.飞书.invalid", "飞书.invalid"], ["书.invalid"]],
    [
      "https://10.1.2.3",
      [
        "10.1.2.3",
        "10.1.2.3:443",
        "10.0.0.0/8",
        "10.9.9.9/8",
        "10/8",
        "10.1/16",
        "10.*",
        "10.1.2.*",
        "10.*.*.*",
        "10.",
        "10.1.",
        "0.0.0.0/0",
      ],
      [
        "10.1.2.30",
        "10.2.0.0/16",
        "11.0.0.0/8",
        "10.1.2.3/33",
        "10.2.*",
        "1.2.3",
        ".3",
        "3",
        "2.3",
        "110.*",
        "0.1.",
        "<local>",
        "::/0",
        "10.0.0.0/8:80",
      ],
    ],
    [
      "https://192.168.1.7:8443",
      ["192.168.0.0/16", "192.168.1.*", "192.168.1.7:8443"],
      ["192.168.1.7:443", "192.168.2.*"],
    ],
    ["https://169.254.10.20", ["169.254/16"], ["169.254.0.0/24"]],
    [
      "https://[fd00::12]",
      [
        "fd00::12",
        "[fd00::12]",
        "[fd00::12]:443",
        "FD00::12",
        "fd00:0:0:0:0:0:0:12",
        "fd00:0000::0012",
        "fd00::/8",
        "[fd00::]/8",
        "[fd00::/8]",
      ],
      ["fd00::13", "[fd00::12]:80", "fd01::/16", "fd00::/129", "10.0.0.0/8", "<local>"],
    ],
    ["https://[::ffff:10.1.2.3]", ["10.0.0.0/8", "10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.0/8"]],
    // Loopback needs no list.
    ["http://localhost:9", ["", "other.invalid"], []],
    ["http://127.0.0.1:9", ["", "other.invalid"], []],
    ["http://127.9.9.9:9", [""], []],
    ["http://[::1]:9", [""], []],
    ["http://feishu.localhost:9", [""], []],
    ["http://[0:0:0:0:0:0:0:1]:9", [""], []],
  ]
  const rows = lists.flatMap(([url, direct, proxied]) => [
    ...direct.map((noProxy) => [noProxy, url, true] as const),
    ...proxied.map((noProxy) => [noProxy, url, false] as const),
  ])
  it.each(rows)("%j and %s: directly? %s", (noProxy, url, isDirect) => {
    const proxy = "http://127.0.0.1:9"
    const found = NodeHttp.proxyOf(url, { httpProxy: proxy, httpsProxy: proxy, noProxy })
    assert.strictEqual(found, isDirect ? undefined : proxy)
  })

  const Host = Schema.Literals([
    "open.feishu.invalid",
    "feishu.invalid",
    "feishu.invalid.",
    "xn--1jq782p.invalid",
    "192.0.2.7",
    "198.51.100.9",
    "[2001:db8::7]",
    "127.0.0.1",
    "localhost",
  ])
  const Part = Schema.Literals([
    ...([
      "*",
      ".",
      "feishu",
      "invalid",
      "open",
      "192",
      "0",
      "2",
      "7",
      "/24",
      "/32",
      ":",
      ":443",
      ":8443",
    ] as const),
    ...([
      "2001:db8::",
      "[",
      "]",
      ",",
      " ",
      "192.0.2.7",
      "192.0.2.0",
      "feishu.invalid",
      "飞书",
      "<local>",
    ] as const),
  ])
  it.live.prop(
    "the client goes by a proxy when proxyOf says so, and not otherwise",
    [Schema.Array(Part).check(Schema.isMaxLength(8)), Host, Schema.Literals(["", ":8443"])],
    ([parts, host, port]) =>
      Effect.gen(function* () {
        const url = `https://${host}${port}`
        // Nobody listens there.
        const proxy = "http://127.0.0.1:9"
        const options = {
          httpsProxy: proxy,
          httpProxy: "",
          noProxy: parts.join(""),
          connectTimeout: "10 millis",
        } as const
        const { reason } = yield* failing(url, options)
        assert.strictEqual(reason._tag, "TransportFailed")
        if (reason._tag !== "TransportFailed") return
        assert.strictEqual(reason.fault === "proxy not reached", NodeHttp.proxyOf(url, options) === proxy)
        assert.strictEqual(reason.proxy, reason.fault === "proxy not reached" ? "127.0.0.1:9" : undefined)
      }),
    { arbitrary: { runs: 150 } },
  )
})

describe("a proxy that opens no tunnel, or not to Feishu, is told as what it is: nothing was sent", () => {
  /** Does this with the first bytes of each connection. */
  const listening = (server: Server, answer: (socket: Socket) => void) =>
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly sockets: Set<Socket> }>((resume) => {
        const sockets = new Set<Socket>()
        const taken = (socket: Socket) => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.once("data", () => answer(socket))
        }
        server.on(server instanceof TlsServer ? "secureConnection" : "connection", taken)
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({ port: (server.address() as AddressInfo).port, sockets })),
        )
      }),
      ({ sockets }) =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }),
    )
  const says = (bytes: string | Uint8Array) => (socket: Socket) => socket.end(bytes)
  /** Opens a tunnel, and does this with the first bytes in it. */
  const behind = (answer: (socket: Socket) => void) => (socket: Socket) => {
    socket.once("data", () => answer(socket))
    socket.write("HTTP/1.1 200 OK\r\n\r\n")
  }
  const alert = Uint8Array.of(0x15, 3, 1, 0, 2, 2, 10)
  const http = "HTTP/1.1 400 Bad Request\r\n\r\n"

  type Row = readonly [name: string, scheme: string, answer: (socket: Socket) => void, told: string]
  const rows: ReadonlyArray<Row> = [
    ["closes", "http", (socket) => socket.end(), "proxy failed (UND_ERR_SOCKET)"],
    ["resets", "http", (socket) => socket.resetAndDestroy(), "proxy failed (ECONNRESET)"],
    ["never answers", "http", () => {}, "proxy failed (UND_ERR_HEADERS_TIMEOUT)"],
    ["speaks SOCKS", "http", says(Uint8Array.of(5, 255)), "not an HTTP proxy"],
    ["speaks TLS", "http", says(alert), "not an HTTP proxy"],
    [
      "speaks no TLS, although https:// says so",
      "https",
      says(http),
      "not an HTTP proxy (ERR_SSL_WRONG_VERSION_NUMBER)",
    ],
    ...([400, 403, 404, 405, 407, 301] as const).map((status): Row => [
      `answers with ${status}`,
      "http",
      says(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`),
      `proxy refused (HTTP ${status})`,
    ]),
    ...([500, 502, 503, 504] as const).map((status): Row => [
      `answers with ${status}`,
      "http",
      says(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`),
      `proxy failed (HTTP ${status})`,
    ]),
    [
      "has a tunnel that closes",
      "http",
      behind((socket) => socket.end()),
      "TLS handshake broken (ECONNRESET)",
    ],
    [
      "has a tunnel that resets",
      "http",
      behind((socket) => socket.resetAndDestroy()),
      "TLS handshake broken (ECONNRESET)",
    ],
    [
      "leads to what speaks no TLS",
      "http",
      behind(says(http)),
      "no TLS at this port (ERR_SSL_WRONG_VERSION_NUMBER)",
    ],
    ["leads to nothing", "http", behind(() => {}), "connect timeout (UND_ERR_CONNECT_TIMEOUT)"],
  ]
  const check = Effect.fnUntraced(function* (address: string, told: string, options: NodeHttp.Options = {}) {
    const error = yield* failing("https://feishu.invalid", {
      connectTimeout: "500 millis",
      ...options,
      httpsProxy: address,
      noProxy: "",
    })
    const { host } = new URL(address)
    assert.include(error.message, `feishu.invalid:443 through the proxy ${host}: ${told}. `)
    if (told.includes("proxy")) assert.match(error.message, /httpsProxy/)
    const { reason } = error
    assert.isTrue(reason._tag === "TransportFailed" && !reason.mayHaveArrived)
    // What passes is tried again.
    assert.strictEqual(
      reason.retry,
      /^(proxy failed|proxy not|TLS handshake|connect timeout)/.test(told) ? "transient" : "final",
    )
  })

  it.live.each(rows)("one that %s", ([, scheme, answer, told]) =>
    Effect.gen(function* () {
      const { port } = yield* listening(createServer(), answer)
      yield* check(`${scheme}://localhost:${port}`, told)
    }).pipe(Effect.scoped),
  )

  it.live("one that is not there", () => check("http://127.0.0.1:9", "proxy not reached (ECONNREFUSED)"))

  it.live("one with a certificate of its own", () =>
    Effect.gen(function* () {
      const { cert, private: key } = yield* Effect.promise(() =>
        selfsigned.generate([{ name: "commonName", value: "localhost" }], {
          keyType: "ec",
          extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
        }),
      )
      const { port } = yield* listening(createSecureServer({ key, cert }), says(http))
      yield* check(`https://localhost:${port}`, "proxy certificate refused (DEPTH_ZERO_SELF_SIGNED_CERT)")
      yield* check(`https://localhost:${port}`, "proxy refused (HTTP 400)", { ca: cert })
      yield* check(`https://127.0.0.1:${port}`, "proxy certificate refused (ERR_TLS_CERT_ALTNAME_INVALID)", {
        ca: cert,
      })
    }).pipe(Effect.scoped),
  )
})
