import { request } from "node:http"
import { assert, describe, it, layer } from "@effect/vitest"
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { routerConfig } from "../src/feishu/routes.ts"
import * as Middleware from "../src/server/middleware.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as Workspace from "../src/state/Workspace.ts"
import * as Workspaces from "../src/state/Workspaces.ts"
import { type Answer, askToken, call, list, tokenOf } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const assertIds = (headers: Answer["headers"]) => {
  // 09:00:00Z is 17:00:00 in UTC+8.
  assert.match(headers["x-tt-logid"] ?? "", /^20260131170000[0-9A-F]{20}$/)
  assert.match(headers["x-request-id"] ?? "", uuid)
  assert.strictEqual(headers["request-id"], headers["x-request-id"])
  assert.strictEqual(headers["date"], "Sat, 31 Jan 2026 09:00:00 GMT")
}

layer(MockFeishu.layer({ seed, now }))("every answer", (it) => {
  it.effect("has a log id, request ids and the date of the mock's clock", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const answers = [
        yield* list(token, goodQuery),
        yield* list(token, {}),
        yield* list("t-wrong", goodQuery),
        yield* askToken("{}"),
        yield* call("/nowhere"),
      ]
      for (const answer of answers) assertIds(answer.headers)
      assert.strictEqual(new Set(answers.map((answer) => answer.headers["x-tt-logid"])).size, answers.length)
    }),
  )

  it.effect("is JSON in UTF-8, and a failure repeats the log id", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      for (const answer of [yield* list(token, goodQuery), yield* list(token, {}), yield* list("t-x", {})]) {
        assert.strictEqual(answer.headers["content-type"], "application/json; charset=utf-8")
        if (answer.status !== 200) {
          assert.strictEqual(answer.body?.error?.log_id, answer.headers["x-tt-logid"])
        }
      }
    }),
  )

  it.effect("to a good query is the documented body: rows in order, only the fields there are", () =>
    Effect.gen(function* () {
      const answer = yield* list(yield* tokenOf(), goodQuery)
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(JSON.parse(answer.text), {
        code: 0,
        data: {
          has_more: false,
          meeting_briefs: [
            {
              id: "7600000000000000001",
              meeting_no: "337736498",
              password: "971024",
              topic: "first",
              url: "https://vc.feishu.cn/j/337736498",
              meeting_connect: false,
              note_id: "7600000000000000009",
            },
            { id: "7600000000000000002", meeting_no: "337736498", topic: "second" },
            { id: "7600000000000000003", meeting_no: "337736498", topic: "third" },
          ],
        },
        msg: "",
      })
    }),
  )

  const unknown: ReadonlyArray<readonly [string, string]> = [
    ["GET", "/index.html"],
    ["POST", "/"],
    ["GET", "/open-apis/vc/v1/no_such_endpoint"],
    ["POST", "/open-apis/auth/v3/tenant_access_token/internal/"],
    ["GET", ListByNo.path.replace("/meetings/", "/MEETINGS/")],
    ["GET", `/${ListByNo.path}`],
    ["GET", "/open-apis/../etc/passwd"],
    ["GET", "/%zz"],
    ["GET", "/%2e%2e/%00"],
    ["POST", ListByNo.path],
    ["PUT", ListByNo.path],
    ["DELETE", ListByNo.path],
    ["HEAD", ListByNo.path],
    ["OPTIONS", ListByNo.path],
    ["PROPFIND", ListByNo.path],
    ["GET", "/open-apis/auth/v3/tenant_access_token/internal"],
  ]
  for (const [method, path] of unknown) {
    it.effect(`S1 to ${method} ${path} is Feishu's own 404 in plain text`, () =>
      Effect.gen(function* () {
        const { url } = yield* MockFeishu.MockFeishu
        const answer = yield* raw(url, method, path)
        assert.strictEqual(answer.status, 404)
        assert.strictEqual(answer.contentType, "text/plain")
        assert.strictEqual(answer.text, method === "HEAD" ? "" : "404 page not found")
      }),
    )
  }

  it.effect("to a GET with a JSON body, as the official SDK sends it, is the same as without", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const token = yield* tokenOf()
      const path = `${ListByNo.path}?${new URLSearchParams(goodQuery).toString()}`
      const answer = yield* raw(url, "GET", path, { authorization: `Bearer ${token}` }, "{}")
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.text, (yield* list(token, goodQuery)).text)
    }),
  )

  it.effect("to /_mock/health tells that it serves, and nothing else", () =>
    Effect.gen(function* () {
      const answer = yield* call("/_mock/health")
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(JSON.parse(answer.text), { status: "ok" })
    }),
  )
})

describe("the router", () => {
  it.effect("keeps the list apart from what has the id of a meeting there, whichever was added first", () =>
    Effect.gen(function* () {
      const list = HttpRouter.add("GET", ListByNo.path, HttpServerResponse.text("list"))
      const one = HttpRouter.add(
        "GET",
        "/open-apis/vc/v1/meetings/:meeting_id",
        HttpServerResponse.text("one"),
      )
      for (const routes of [Layer.mergeAll(list, one), Layer.mergeAll(one, list)]) {
        const { dispose, handler } = HttpRouter.toWebHandler(
          routes.pipe(Layer.provide(HttpServer.layerServices)),
          { disableLogger: true, routerConfig },
        )
        yield* Effect.addFinalizer(() => Effect.promise(dispose))
        const textOf = (path: string) =>
          Effect.promise(async () => (await handler(new Request(`http://localhost${path}`))).text())
        assert.strictEqual(yield* textOf(`${ListByNo.path}?meeting_no=1`), "list")
        assert.strictEqual(yield* textOf("/open-apis/vc/v1/meetings/7011030664708603907"), "one")
      }
    }),
  )
})

describe("a defect", () => {
  it.effect("becomes Feishu's internal error, not a crash", () =>
    Effect.gen(function* () {
      const routes = HttpRouter.add("GET", ListByNo.path, Effect.die(new Error("a bug"))).pipe(
        Layer.provideMerge(
          Middleware.layer(Workspaces.make(yield* Workspace.make({ seed: {} })), { host: "localhost" }),
        ),
        Layer.provide(HttpServer.layerServices),
      )
      const { dispose, handler } = HttpRouter.toWebHandler(routes, { disableLogger: true })
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const response = yield* Effect.promise(() => handler(new Request(`http://localhost${ListByNo.path}`)))
      const body = yield* Effect.promise(() => response.json())
      assert.strictEqual(response.status, 500)
      assert.strictEqual(body.code, 121001)
      assert.strictEqual(body.msg, "internal error")
      assert.strictEqual(body.error.log_id, response.headers.get("x-tt-logid"))
    }),
  )
})

/** A request that `fetch` would not send: any method, any path, a body with GET. */
const raw = (
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Effect.Effect<{ readonly status: number; readonly contentType: string; readonly text: string }> =>
  Effect.callback((resume) => {
    const { hostname, port } = new URL(url)
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (text += chunk))
      response.on("end", () => {
        const contentType = response.headers["content-type"] ?? ""
        resume(Effect.succeed({ status: response.statusCode ?? 0, contentType, text }))
      })
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
  })
