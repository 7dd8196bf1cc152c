/** Applications send their own requests through `NodeHttp.layer`, too: an answer can be read in every way that Effect has. */
import { createServer } from "node:http"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as NodeHttp from "@effect-feishu/core/node"

const server = createServer((request, response) => {
  if (request.url === "/form") {
    response.setHeader("content-type", "application/x-www-form-urlencoded")
    return response.end("a=1&b=2")
  }
  response.setHeader("content-type", "application/json")
  response.setHeader("set-cookie", "session=7; Path=/")
  return response.end(JSON.stringify({ topic: "周会" }))
})
let url: string
beforeAll(
  () =>
    new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
        resolve()
      }),
    ),
)
afterAll(() => new Promise((resolve) => server.close(resolve)))

const get = (path = "/") => HttpClient.get(`${url}${path}`)
const read = <A, E>(effect: Effect.Effect<A, E, HttpClient.HttpClient>) =>
  Effect.provide(effect, NodeHttp.layer())

describe("an answer", () => {
  it.live("is JSON, a text, bytes, or a stream of bytes", () =>
    read(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Effect.flatMap(get(), ({ json }) => json), { topic: "周会" })
        const text = `{"topic":"周会"}`
        assert.strictEqual(yield* Effect.flatMap(get(), (answer) => answer.text), text)
        const bytes = yield* Effect.flatMap(get(), ({ arrayBuffer }) => arrayBuffer)
        assert.strictEqual(new TextDecoder().decode(bytes), text)
        const { stream } = yield* get()
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(stream)), text)
      }),
    ),
  )

  it.live("is a form, in both ways", () =>
    read(
      Effect.gen(function* () {
        const form = yield* Effect.flatMap(get("/form"), ({ formData }) => formData)
        assert.deepStrictEqual([form.get("a"), form.get("b")], ["1", "2"])
        const params = yield* Effect.flatMap(get("/form"), ({ urlParamsBody }) => urlParamsBody)
        assert.deepStrictEqual(Array.from(params), [
          ["a", "1"],
          ["b", "2"],
        ])
      }),
    ),
  )

  it.live("has its address, status, headers and cookies, and shows itself without its body", () =>
    read(
      Effect.gen(function* () {
        const answer = yield* get("/?page=2")
        assert.deepStrictEqual(
          [answer.url, answer.status, answer.headers["content-type"]],
          [`${url}/?page=2`, 200, "application/json"],
        )
        assert.strictEqual(answer.cookies.cookies["session"]?.value, "7")
        const shown = JSON.stringify(answer)
        assert.include(shown, `"status":200`)
        assert.notInclude(shown, "周会")
        yield* answer.arrayBuffer
      }),
    ),
  )
})
