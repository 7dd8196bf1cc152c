/** How a read is ended from outside: by its signal, by its consumer, with its client. */
import { assert, describe, it } from "vitest"
import { ClientClosed, createClient } from "@effect-feishu/promise"
import { getEventListeners } from "node:events"
import * as RawServer from "../../core/test/RawServer.ts"
import { aWhile, meetingNo, optionsFor, range, rejected, startFeishu } from "./fixture.ts"

/** A server that never answers, with a client; what happens when a request comes, and when its connection is closed. */
const silent = async (onRequest: (requests: number) => void = () => {}) => {
  let closed = () => {}
  const connectionClosed = new Promise<void>((resolve) => (closed = resolve))
  const server = await RawServer.start(({ index, socket }) => {
    socket.on("close", closed)
    onRequest(index + 1)
  })
  const client = createClient({ accessToken: "t-given", baseUrl: server.url })
  return {
    client,
    connectionClosed,
    requests: server.requests,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const request = { meetingNo, range: { from: "30d" } }

describe("an aborted read", () => {
  it("rejects with the signal's reason while it waits for an answer, and its connection is closed", async () => {
    const controller = new AbortController()
    const reason = new Error("enough")
    await using feishu = await silent(() => controller.abort(reason))
    const { signal } = controller
    assert.strictEqual(await rejected(feishu.client.page({ ...request, signal })), reason)
    await feishu.connectionClosed
    assert.strictEqual(feishu.requests(), 1)
  })

  it("rejects while it waits for the rate limit", async () => {
    await using feishu = await startFeishu()
    const controller = new AbortController()
    await using client = createClient({
      ...optionsFor(feishu).options,
      rateLimit: { requests: 1 },
      onEvent: ({ type }) => {
        if (type === "RateLimitWaiting") controller.abort()
      },
    })
    const rows = client.pages({ meetingNo, range, pageSize: 10, signal: controller.signal })
    let pages = 0
    const error = await rejected(
      (async () => {
        for await (const _ of rows) pages++
      })(),
    )
    assert.strictEqual(error, controller.signal.reason)
    assert.strictEqual(pages, 1)
  })

  it("sends nothing when it was aborted before", async () => {
    await using feishu = await silent()
    const signal = AbortSignal.abort("never mind")
    assert.strictEqual(await rejected(feishu.client.page({ ...request, signal })), "never mind")
    assert.strictEqual(feishu.requests(), 0)
  })

  it("gives no row any more, though it has some, and then is at its end", async () => {
    await using feishu = await startFeishu()
    await using client = createClient(optionsFor(feishu).options)
    const controller = new AbortController()
    const { signal } = controller
    const iterator = client.stream({ meetingNo, range, signal })[Symbol.asyncIterator]()
    assert.isDefined((await iterator.next()).value)
    controller.abort("enough")
    assert.strictEqual(await rejected(iterator.next()), "enough")
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
  })

  it("sends nothing more when a listener of its events has aborted it", async () => {
    await using feishu = await startFeishu()
    const { options, pagesAsked } = optionsFor(feishu)
    const controller = new AbortController()
    await using client = createClient({
      ...options,
      rateLimit: { requests: 1, window: 1 },
      onEvent: (event) => {
        options.onEvent!(event)
        if (event.type === "RateLimitWaiting") controller.abort("enough")
      },
    })
    const { signal } = controller
    const pages = client.pages({ meetingNo, range, signal })[Symbol.asyncIterator]()
    await pages.next()
    assert.strictEqual(await rejected(pages.next()), "enough")
    // The slot is free again by now.
    await client.page({ meetingNo, range })
    assert.strictEqual(pagesAsked(), 2)
  })

  it("does not end the other reads, and none keeps listening to its signal", async () => {
    await using feishu = await startFeishu()
    await using client = createClient(optionsFor(feishu).options)
    const controller = new AbortController()
    const { signal } = controller
    const read = (signal?: AbortSignal) =>
      Array.fromAsync(client.stream({ meetingNo, range, pageSize: 5, signal }))
    await read(signal)
    for await (const _ of client.stream({ meetingNo, range, signal })) break
    assert.lengthOf(getEventListeners(signal, "abort"), 0)
    const others = [read(), read()]
    const aborted = rejected(read(signal))
    controller.abort("enough")
    assert.strictEqual(await aborted, "enough")
    assert.deepStrictEqual(
      (await Promise.all(others)).map((rows) => rows.length),
      [165, 165],
    )
    assert.lengthOf(getEventListeners(signal, "abort"), 0)
  })
})

describe("a consumer that goes away", () => {
  it("in mid-request ends it at once: the row it waits for does not come, and the connection is closed", async () => {
    let gone: Promise<unknown> | undefined
    await using feishu = await silent(() => (gone = iterator.return!()))
    const iterator = feishu.client.stream(request)[Symbol.asyncIterator]()
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
    assert.deepStrictEqual(await gone, { done: true, value: undefined })
    await feishu.connectionClosed
  })

  it("before the first row leaves nothing to be sent", async () => {
    await using feishu = await silent()
    const iterator = feishu.client.stream(request)[Symbol.asyncIterator]()
    await iterator.return!()
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
    assert.strictEqual(feishu.requests(), 0)
  })

  it("with an error of its own gets that error", async () => {
    await using feishu = await startFeishu()
    const { options, pagesAsked } = optionsFor(feishu)
    await using client = createClient(options)
    const error = await rejected(
      (async () => {
        for await (const _ of client.stream({ meetingNo, range, pageSize: 5 })) throw new Error("of the loop")
      })(),
    )
    assert.strictEqual(String(error), "Error: of the loop")
    await aWhile(feishu.url)
    assert.strictEqual(pagesAsked(), 1)
  })
})

describe("closing a client", () => {
  it("ends the reads that are under way, and closes their connections", async () => {
    let closing: Promise<void> | undefined
    await using feishu = await silent((requests) => {
      if (requests === 2) closing = feishu.client.close()
    })
    const { client } = feishu
    const reads = [client.page(request), Array.fromAsync(client.stream(request))]
    for (const error of await Promise.all(reads.map(rejected))) assert.instanceOf(error, ClientClosed)
    await closing
    await feishu.connectionClosed
  })

  it("closes connections that are kept for the next request", async () => {
    const sockets: Array<RawServer.Received["socket"]> = []
    await using server = await RawServer.start(({ socket }) => {
      sockets.push(socket)
      socket.write(RawServer.http(RawServer.page))
    })
    const client = createClient({ accessToken: "t-given", baseUrl: server.url })
    await client.page(request)
    const closed = new Promise((resolve) => sockets[0]!.on("close", resolve))
    assert.isFalse(sockets[0]!.destroyed)
    await client.close()
    await closed
  })

  it("is for good, may be done twice, and before anything was read", async () => {
    await using feishu = await silent()
    await feishu.client.close()
    await feishu.client.close()
    assert.instanceOf(await rejected(feishu.client.page(request)), ClientClosed)
    assert.instanceOf(await rejected(Array.fromAsync(feishu.client.stream(request))), ClientClosed)
    assert.strictEqual(feishu.requests(), 0)
  })
})
