/** The reads that the tests request, in any runtime: which meetings came, and how each read ended. */
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import { createClient } from "@effect-feishu/promise"
import { Effect, Layer, Logger, Stream } from "effect"
import { FetchHttpClient } from "effect/http"

/** How the meetings of a request are read, each into `ids`. */
export const ways = {
  promise: (options, request, ids) => throughPromise(createClient(options), request, ids),
  "promise with a fetch": (options, request, ids) =>
    throughPromise(createClient({ ...options, fetch }), request, ids),
  core: (...read) => throughCore(FetchHttpClient.layer, ...read),
}

/** Reads with core through an HTTP client. */
export const throughCore = (http, { appId, appSecret, ...options }, request, ids) => {
  const credentials = AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) })
  const layer = Layer.mergeAll(
    Layer.provide(Meetings.layer({ ...options, credentials }), http),
    // Retries are logged to stdout, which is for the outcomes.
    Logger.layer([]),
  )
  const read = Effect.gen(function* () {
    const meetings = yield* Meetings.Meetings
    yield* Stream.runForEach(meetings.stream(request), ({ id }) => Effect.sync(() => ids.push(id)))
  })
  return Effect.runPromise(Effect.provide(read, layer))
}

const throughPromise = async (client, request, ids) => {
  try {
    for await (const { id } of client.stream(request)) ids.push(id)
  } finally {
    await client.close()
  }
}

/** Makes a read, and returns its outcome as it is sent to the test. */
const outcomeOf = async ({ options, request, way }) => {
  const ids = []
  try {
    await ways[way](options, request, ids)
    return { ids }
  } catch ({ message, reason }) {
    // Core has the reason as a value, promise its name.
    return { ids, error: { reason: reason?._tag ?? reason, message } }
  }
}

/** Makes reads in parallel. */
export const outcomesOf = (reads) => Promise.all(reads.map(outcomeOf))
