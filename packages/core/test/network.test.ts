import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer } from "effect"
import { AccessToken, Events, FeishuClient, type FeishuError, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { FetchHttpClient, type HttpClient } from "effect/http"
import * as NodeHttp from "@effect-feishu/core/node"
import * as FastClock from "./FastClock.ts"
import * as Fake from "./FakeFeishu.ts"
import { inspect } from "node:util"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { damaged, encoded, passing, patient } from "./RawFaults.ts"
import * as RawServer from "./RawServer.ts"

const speed = 20

const server = RawServer.scoped

/** The HTTP clients for Node: ours, and those that Effect brings. */
const clients: Readonly<Record<string, Layer.Layer<HttpClient.HttpClient, FeishuError.FeishuError>>> = {
  "NodeHttp.layer": NodeHttp.layer(),
  "Effect's fetch": FetchHttpClient.layer,
  "Effect's node:http": NodeHttpClient.layerNodeHttpOptions({ keepAlive: true }),
}

const services = (
  baseUrl: string,
  options: Partial<FeishuClient.Options> = patient,
  client: Layer.Layer<HttpClient.HttpClient, FeishuError.FeishuError> = NodeHttp.layer(),
) =>
  Meetings.layer({
    baseUrl,
    credentials: AccessToken.given(Secret.accessToken("t-SECRET")),
    ...options,
  }).pipe(Layer.provide(client), Layer.provideMerge(FastClock.layer(speed)))

const read = (baseUrl: string, options?: Partial<FeishuClient.Options>, client?: keyof typeof clients) =>
  Effect.provide(Fake.read(), services(baseUrl, options, client === undefined ? undefined : clients[client]))

const good = ({ socket }: RawServer.Received) => socket.write(RawServer.http(RawServer.page))
const one = ["7011030664708603907"]

for (const client of Object.keys(clients)) {
  describe(`over real sockets, with ${client}`, () => {
    // fetch reads what the header tells of by itself, before anybody can look at it.
    const inflates = client === "Effect's fetch"
    for (const [name, fault, options] of passing) {
      it.live(`${name}, once: the page comes with the second request, once`, () =>
        Effect.gen(function* () {
          const raw = yield* server((received) => (received.index === 0 ? fault(received) : good(received)))
          assert.deepStrictEqual(yield* read(raw.url, options, client), { ids: one, error: undefined })
          assert.strictEqual(raw.requests(), 2)
        }).pipe(Effect.scoped),
      )

      it.live(`${name}, for ever: fails after five requests`, () =>
        Effect.gen(function* () {
          const raw = yield* server(fault)
          const { error, ids } = yield* read(raw.url, options, client)
          assert.include(["TransportFailed", "ContractViolation"], error?.reason._tag)
          assert.isDefined(error!.cursor)
          assert.deepStrictEqual(ids, [])
          assert.strictEqual(raw.requests(), 5)
        }).pipe(Effect.scoped),
      )
    }

    for (const [name, body, headers] of encoded.filter(
      ([, , headers]) => !inflates || !("content-encoding" in headers),
    )) {
      it.live(`${name}: is read`, () =>
        Effect.gen(function* () {
          const raw = yield* server(({ socket }) => socket.write(RawServer.http(body, headers)))
          assert.deepStrictEqual(yield* read(raw.url, patient, client), { ids: one, error: undefined })
        }).pipe(Effect.scoped),
      )
    }

    for (const [name, body, headers, message, requests] of damaged.filter(
      ([, , headers]) => !inflates || !("content-encoding" in headers),
    )) {
      it.live(`${name}: fails after ${requests} request${requests === 1 ? "" : "s"}`, () =>
        Effect.gen(function* () {
          const raw = yield* server(({ socket }) => socket.write(RawServer.http(body, headers)))
          const { error } = yield* read(raw.url, patient, client)
          assert.strictEqual(error?.reason._tag, "ContractViolation")
          assert.match(error!.message, message)
          assert.strictEqual(raw.requests(), requests)
        }).pipe(Effect.scoped),
      )
    }

    for (const [status, tag] of [
      ["502 Bad Gateway", "ServerFailed"],
      ["429 Too Many Requests", "RateLimited"],
      ["404 Not Found", "RequestRefused"],
    ] as const) {
      it.live(`${status} with a body that cannot be read is what its status says`, () =>
        Effect.gen(function* () {
          const headers = { "content-encoding": "br", "x-ogw-ratelimit-reset": 400 }
          const raw = yield* server(({ socket }) =>
            socket.write(RawServer.http(brotliCompressSync("busy"), headers, status)),
          )
          assert.strictEqual((yield* read(raw.url, patient, client)).error?.reason._tag, tag)
        }).pipe(Effect.scoped),
      )
    }

    for (const status of ["204 No Content", "304 Not Modified"]) {
      it.live(`H16 HTTP ${status}, which has no body, fails after one request`, () =>
        Effect.gen(function* () {
          const raw = yield* server(({ socket }) => socket.write(`HTTP/1.1 ${status}\r\n\r\n`))
          const { error } = yield* read(raw.url, patient, client)
          assert.strictEqual(error?.reason._tag, "ContractViolation")
          assert.include(error!.message, `HTTP ${status.slice(0, 3)} is not a complete answer`)
          assert.strictEqual(raw.requests(), 1)
        }).pipe(Effect.scoped),
      )
    }

    it.live("N1 a refused connection is tried again, then named with host and port", () =>
      Effect.gen(function* () {
        // A port that was free a moment ago: nobody listens there.
        const gone = yield* Effect.scoped(server(good))
        const { error } = yield* read(gone.url, patient, client)
        assert.include(error!.message, `${new URL(gone.url).host}: connection refused (ECONNREFUSED)`)
        assert.strictEqual(error!.requests, 5)
      }),
    )

    it.live("each request's end says whether the request may have arrived, and whether it was answered", () =>
      Effect.gen(function* () {
        const gone = yield* Effect.scoped(server(good))
        const hung = Latch.makeUnsafe()
        const raws = {
          "not sent": gone,
          answered: yield* server(({ socket }) =>
            socket.write(RawServer.http("{}", {}, "500 Internal Server Error")),
          ),
          unanswered: yield* server(({ socket }) => socket.resetAndDestroy()),
          interrupted: yield* server(() => hung.openUnsafe()),
        }
        const deliveries = Effect.fnUntraced(function* (url: string) {
          const told: Array<string> = []
          const listen = (event: Events.Event) =>
            Effect.sync(() => void (event._tag === "RequestEnded" && told.push(event.delivery)))
          const reading = read(url, patient, client).pipe(Effect.provideService(Events.Events, listen))
          yield* url === raws.interrupted.url ? Effect.raceFirst(reading, hung.await) : reading
          return told
        })
        for (const [delivery, { url }] of Object.entries(raws)) {
          const expected =
            delivery === "interrupted" ? ["unanswered"] : Array.from({ length: 5 }, () => delivery)
          assert.deepStrictEqual(yield* deliveries(url), expected)
        }
      }).pipe(Effect.scoped),
    )

    it.live("H10 a redirect to another host is not followed: the token never gets there", () =>
      Effect.gen(function* () {
        const other = yield* server(good)
        const raw = yield* server(({ socket }) =>
          socket.write(RawServer.http("", { location: `${other.url}/open-apis` }, "302 Found")),
        )
        const { error } = yield* read(raw.url, patient, client)
        assert.match(error!.message, /redirects to 127\.0\.0\.1:\d+, which was not followed/)
        assert.deepStrictEqual([raw.requests(), other.requests()], [1, 0])
      }).pipe(Effect.scoped),
    )

    it.live("an interrupted read closes its connection", () =>
      Effect.gen(function* () {
        const closed = yield* Latch.make()
        const arrived = yield* Latch.make()
        const raw = yield* server(({ socket }) => {
          socket.on("close", () => closed.openUnsafe())
          arrived.openUnsafe()
        })
        yield* Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Fake.read())
          yield* arrived.await
          yield* Fiber.interrupt(fiber)
          yield* closed.await
        }).pipe(Effect.provide(services(raw.url, patient, clients[client])))
      }).pipe(Effect.scoped),
    )
  })
}

describe("over real sockets, with what fetch does by itself", () => {
  const told: ReadonlyArray<readonly [string, string | Uint8Array, string, string | undefined]> = [
    ["gzip is read", gzipSync(RawServer.page), "gzip", undefined],
    ["brotli is read, though it was not offered", brotliCompressSync(RawServer.page), "br", undefined],
    ["a gzip that is not there is an error", RawServer.page, "gzip", "TransportFailed"],
  ]
  for (const [name, body, encoding, tag] of told) {
    it.live(`H14 ${name}`, () =>
      Effect.gen(function* () {
        const raw = yield* server(({ socket }) =>
          socket.write(RawServer.http(body, { "content-encoding": encoding })),
        )
        const { error, ids } = yield* read(raw.url, patient, "Effect's fetch")
        assert.strictEqual(error?.reason._tag, tag)
        assert.deepStrictEqual(ids, tag === undefined ? one : [])
      }).pipe(Effect.scoped),
    )
  }
})

describe("over real sockets, with what only NodeHttp.layer does", () => {
  it.live("connections are kept: 20 calls need two at the most", () =>
    Effect.gen(function* () {
      const raw = yield* server(good)
      yield* Effect.gen(function* () {
        for (let call = 0; call < 20; call++) assert.deepStrictEqual((yield* Fake.read()).ids, one)
      }).pipe(Effect.provide(services(raw.url)))
      // A call that comes in the very turn in which the last one ended may find its connection still busy.
      assert.strictEqual(raw.requests(), 20)
      assert.isAtMost(raw.connections(), 2)
    }).pipe(Effect.scoped),
  )

  it.live("N8 a kept connection that is closed as it is used again: tried again at once", () =>
    Effect.gen(function* () {
      const raw = yield* server((received) => {
        if (received.connection === 0 && received.index > 0) received.socket.resetAndDestroy()
        else good(received)
      })
      const delays: Array<number> = []
      yield* Effect.gen(function* () {
        assert.deepStrictEqual((yield* Fake.read()).ids, one)
        // A turn of the event loop, so that the connection is free to be used again.
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        assert.deepStrictEqual((yield* Fake.read()).ids, one)
      }).pipe(
        Effect.provideService(Events.Events, (event) =>
          Effect.sync(() => event._tag === "Retrying" && delays.push(event.delayMillis)),
        ),
        Effect.provide(services(raw.url)),
      )
      assert.deepStrictEqual(delays, [0])
    }).pipe(Effect.scoped),
  )

  describe("N11 proxies", () => {
    /** A proxy that opens no tunnel; the requests that reached it. */
    const proxy = (status: string) => {
      const heads: Array<string> = []
      return Effect.map(
        server(({ head, socket }) => {
          heads.push(head)
          socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`)
        }),
        ({ url }) => ({ url: url.replace("http://", "http://user:SECRET-proxy@"), heads }),
      )
    }
    const readThrough = (options: NodeHttp.Options, baseUrl = "https://feishu.invalid") =>
      Effect.provide(
        Fake.read(),
        Meetings.layer({
          baseUrl,
          allowHttp: true,
          credentials: AccessToken.given(Secret.accessToken("t-SECRET")),
          ...patient,
        }).pipe(Layer.provide(NodeHttp.layer(options)), Layer.provideMerge(FastClock.layer(speed))),
      )

    it.live("https goes through the proxy; one that refuses with 407 is an error at once", () =>
      Effect.gen(function* () {
        const { heads, url } = yield* proxy("407 Proxy Authentication Required")
        const { error } = yield* readThrough({ httpsProxy: url })
        assert.match(
          error!.message,
          /feishu\.invalid:443 through the proxy 127\.0\.0\.1:\d+: proxy refused \(HTTP 407\)\. Check the user and password in httpsProxy/,
        )
        assert.strictEqual(heads.length, 1)
        assert.match(heads[0]!, /^CONNECT feishu\.invalid:443/)
        assert.match(heads[0]!, /proxy-authorization: Basic/i)
        assert.notInclude(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}`, "SECRET")
      }).pipe(Effect.scoped),
    )

    it.live("plain http goes through the proxy without a tunnel; 407 is the same error", () =>
      Effect.gen(function* () {
        const { heads, url } = yield* proxy("407 Proxy Authentication Required")
        const { error } = yield* readThrough({ httpProxy: url }, "http://feishu.invalid")
        assert.match(
          error!.message,
          /feishu\.invalid:80 through the proxy 127\.0\.0\.1:\d+: proxy refused \(HTTP 407\)\. Check the user and password in httpProxy/,
        )
        assert.strictEqual(heads.length, 1)
        assert.match(heads[0]!, /^GET http:\/\/feishu\.invalid\//)
      }).pipe(Effect.scoped),
    )

    it.live("a proxy that is dead is tried again, and told as such", () =>
      Effect.gen(function* () {
        const { error } = yield* readThrough({ httpsProxy: "http://user:SECRET-proxy@127.0.0.1:9" })
        assert.match(error!.message, /proxy not reached \(ECONNREFUSED\)/)
        assert.match(error!.message, /Given up after 5 requests/)
        assert.notInclude(inspect(error, { depth: 9 }), "SECRET")
      }),
    )

    it.live("loopback and what NO_PROXY lists are reached directly", () =>
      Effect.gen(function* () {
        const { heads, url } = yield* proxy("502 Bad Gateway")
        const raw = yield* server(good)
        assert.deepStrictEqual((yield* readThrough({ httpProxy: url }, raw.url)).ids, one)
        const { error } = yield* readThrough({ httpsProxy: url, noProxy: ".invalid" })
        assert.match(error!.message, /host not found/)
        assert.deepStrictEqual(heads, [])
      }).pipe(Effect.scoped),
    )
  })
})

describe("FeishuClient.MaySend", () => {
  it.live(
    "nothing is written while it says no, also to a connection that is open; it counts for nothing",
    () =>
      Effect.gen(function* () {
        const raw = yield* server(good)
        const deliveries: Array<Events.Delivery> = []
        const received: Array<number> = []
        const maySend = () => {
          received.push(raw.requests())
          // The second call finds a connection that is open.
          return received.length % 2 === 0
        }
        yield* Effect.gen(function* () {
          for (let call = 0; call < 2; call++) {
            assert.deepStrictEqual(yield* Fake.read(), { ids: one, error: undefined })
          }
        }).pipe(
          Effect.provideService(FeishuClient.MaySend, maySend),
          Effect.provideService(Events.Events, (event) =>
            Effect.sync(() => {
              if (event._tag === "RequestEnded") deliveries.push(event.delivery)
            }),
          ),
          Effect.provide(services(raw.url)),
        )
        assert.deepStrictEqual(received, [0, 0, 1, 1])
        assert.deepStrictEqual(deliveries, ["answered", "answered"])
      }).pipe(Effect.scoped),
  )
})
