/** How a read is ended from outside: by its signal, by its consumer, with its client. */
import { assert, describe, it } from "vitest"
import { ClientClosed, createClient } from "@effect-feishu/promise"
import { getEventListeners } from "node:events"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
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

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

/** Collects garbage until nothing is left of something: what is told of collected objects comes in turns of their own. */
const collectUntil = async (isGone: () => boolean) => {
  for (let turns = 0; turns < 1_000 && !isGone(); turns++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.isTrue(isGone())
}

/** Windows of 90 days beside each other; of 170 days there are two. */
const ways = [1, 2]

describe("an iterator that is left alone after some rows", () => {
  for (const readAhead of ways) {
    it(`leaves no listener and no read in its client; readAhead ${readAhead}`, async () => {
      await using feishu = await startFeishu()
      await using client = createClient({ ...optionsFor(feishu).options, rateLimit: { requests: 10_000 } })
      const { signal } = new AbortController()
      const listeners = () => getEventListeners(signal, "abort").length
      const leave = async () => {
        for (let reads = 0; reads < 30; reads++) {
          const rows = client.stream({ meetingNo, range, pageSize: 5, readAhead, signal })
          assert.isDefined((await rows[Symbol.asyncIterator]().next()).value)
          // One for all of those that read ahead, and none for the others.
          assert.strictEqual(listeners(), readAhead - 1)
        }
      }
      await leave()
      await collectUntil(() => listeners() === 0)
      // Nor does the client wait for them.
      await client.close()
    })
  }

  it("goes on where somebody holds it, and where somebody holds only what its next has given", async () => {
    await using feishu = await startFeishu()
    await using client = createClient({
      ...optionsFor(feishu).options,
      onEvent: ({ type }) => {
        if (type === "RequestSent") gc()
      },
    })
    const options = { meetingNo, range, pageSize: 50, readAhead: 2 }
    const next = () => client.stream(options)[Symbol.asyncIterator]().next()
    for (const { done } of await Promise.all([next(), next(), next()])) assert.isFalse(done)
    const held = client.stream(options)[Symbol.asyncIterator]()
    let rows = 0
    while ((await held.next()).done !== true) {
      if (rows++ % 40 === 0) gc()
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.strictEqual(rows, 165)
  })
})

describe("between two rows", () => {
  /** A server that answers the first request only, with a client; resolves when nothing is connected any more. */
  const answeringOnce = async () => {
    let closed = () => {}
    const connectionClosed = new Promise<void>((resolve) => (closed = resolve))
    let bothCame = () => {}
    const requested = new Promise<void>((resolve) => (bothCame = resolve))
    const server = await RawServer.start(({ index, socket }) => {
      if (index === 0) socket.write(RawServer.http(RawServer.page))
      else {
        socket.on("close", closed)
        bothCame()
      }
    })
    const client = createClient({ accessToken: "t-given", baseUrl: server.url })
    return { client, connectionClosed, requested, [Symbol.asyncDispose]: server[Symbol.asyncDispose] }
  }
  const twoWindows = { meetingNo: "337736498", range, readAhead: 2 }

  it("an abort ends what reads ahead at once", async () => {
    await using feishu = await answeringOnce()
    const controller = new AbortController()
    const { signal } = controller
    const pages = feishu.client.pages({ ...twoWindows, signal })[Symbol.asyncIterator]()
    await pages.next()
    await feishu.requested
    controller.abort("enough")
    await feishu.connectionClosed
    assert.strictEqual(await rejected(pages.next()), "enough")
    await feishu.client.close()
  })

  it("closing the client ends what reads ahead at once", async () => {
    await using feishu = await answeringOnce()
    const pages = feishu.client.pages(twoWindows)[Symbol.asyncIterator]()
    await pages.next()
    await feishu.requested
    await feishu.client.close()
    await feishu.connectionClosed
    assert.instanceOf(await rejected(pages.next()), ClientClosed)
  })

  for (const readAhead of ways) {
    it(`an abort, and the closing of the client, are told by the next row; readAhead ${readAhead}`, async () => {
      await using feishu = await startFeishu()
      const client = createClient(optionsFor(feishu).options)
      const controller = new AbortController()
      const { signal } = controller
      const [aborted, closed, both] = [signal, undefined, signal].map((signal) =>
        client.stream({ meetingNo, range, readAhead, signal })[Symbol.asyncIterator](),
      )
      for (const iterator of [aborted, closed, both]) await iterator!.next()
      controller.abort("enough")
      assert.strictEqual(await rejected(aborted!.next()), "enough")
      await client.close()
      assert.instanceOf(await rejected(closed!.next()), ClientClosed)
      assert.strictEqual(await rejected(both!.next()), "enough")
      for (const iterator of [aborted, closed, both]) assert.isTrue((await iterator!.next()).done)
    })
  }
})

it("a signal that many reads share has one listener while they wait, and none behind them", async () => {
  await using feishu = await startFeishu()
  const { signal } = new AbortController()
  let most = 0
  const onEvent = () => void (most = Math.max(most, getEventListeners(signal, "abort").length))
  const warnings: Array<Error> = []
  const warn = (warning: Error) => void warnings.push(warning)
  process.on("warning", warn)
  await using client = createClient({
    ...optionsFor(feishu).options,
    rateLimit: { requests: 10_000 },
    onEvent,
  })
  await using other = createClient({ ...optionsFor(feishu).options, onEvent })
  const request = { meetingNo, range, pageSize: 1, signal }
  const pages = await Promise.all([
    ...Array.from({ length: 300 }, () => client.page(request)),
    ...Array.from({ length: 20 }, () => other.page({ ...request, readAhead: 2 })),
  ])
  process.off("warning", warn)
  assert.lengthOf(pages, 320)
  assert.strictEqual(most, 1)
  assert.lengthOf(getEventListeners(signal, "abort"), 0)
  assert.deepStrictEqual(warnings, [])
})
