/** The server to which the authorization page sends the browser back; over a socket. */
import { createServer, request as send } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import * as RedirectServer from "../src/commands/login/RedirectServer.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as Language from "../src/language/Language.ts"

const state = "STATE-OF-THIS-LOGIN"
const code = "CODE-OF-THIS-LOGIN"

/** A port that is free. */
const freePort = Effect.promise(async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
})

interface Answered {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

const ask = (
  port: number,
  path: string,
  { host = `127.0.0.1:${port}`, method = "GET" }: { readonly host?: string; readonly method?: string } = {},
) =>
  Effect.promise(
    () =>
      new Promise<Answered>((resolve, reject) => {
        const to = { host: "127.0.0.1", port, path, method, agent: false }
        const headers = host === "" ? {} : { host }
        send({ ...to, setHost: false, headers }, async (response) => {
          const body = await text(response)
          resolve({ status: response.statusCode, headers: response.headers, body })
        })
          .on("error", reject)
          .end()
      }),
  )

describe("the redirect URL of a login", () => {
  it.live("takes one GET of its path with its Host and state; all else is 404 and changes nothing", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const server = yield* RedirectServer.open({ port, state })
      const good = `/callback?code=${code}&state=${state}`
      const wrong: ReadonlyArray<readonly [string, Parameters<typeof ask>[2]?]> = [
        ["/"],
        ["/end"],
        ["/favicon.ico"],
        ["/callback"],
        [`/callback?code=${code}`],
        [`/callback?code=${code}&state=`],
        [`/callback?code=${code}&state=another`],
        [`/callback?code=${code}&state=${state.toLowerCase()}`],
        [`/callback?code=${code}&state=${state}&state=${state}`],
        [`/callback?code=${code}&code=another&state=${state}`],
        [`/callback?code=&state=${state}`],
        [`/callback?state=${state}`],
        [`/callback/?code=${code}&state=${state}`],
        [`/Callback?code=${code}&state=${state}`],
        [`//callback?code=${code}&state=${state}`],
        [`/other?code=${code}&state=${state}`],
        [`/other/../callback?code=${code}&state=${state}`],
        [good, { host: `localhost:${port}` }],
        [good, { host: `example.com:${port}` }],
        [good, { host: "127.0.0.1" }],
        [good, { host: "" }],
        [good, { method: "POST" }],
        [good, { method: "HEAD" }],
        [good, { method: "OPTIONS" }],
        [`http://127.0.0.1:${port}${good}`],
      ]
      for (const [path, how] of wrong) {
        const { body, headers, status } = yield* ask(port, path, how)
        assert.strictEqual(status, 404, `${how?.method} ${path}`)
        assert.notInclude(body + JSON.stringify(headers), state)
      }
      const { headers, status } = yield* ask(port, good)
      assert.deepStrictEqual([status, headers["location"]], [303, "/end"])
      const returned = yield* server.returned
      if (returned._tag !== "Code") return assert.fail("it was refused")
      assert.strictEqual(Redacted.value(returned.code), code)
      // The same address again, as from the history, does nothing.
      assert.strictEqual((yield* ask(port, good)).status, 404)
      assert.strictEqual((yield* ask(port, `/end?code=${code}`)).status, 404)
    }),
  )

  it.live("leads to a plain page that says how the login ended, without code and state, then closes", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const { page, redirect } = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* RedirectServer.open({ port, state })
          const redirect = yield* ask(port, `/callback?code=${code}&state=${state}`)
          // The page waits for the end of the login.
          const page = yield* Effect.forkChild(ask(port, "/end"))
          yield* server.returned
          yield* server.end({ isSignedIn: true, text: '张三 <script>"&' })
          return { redirect, page: yield* Fiber.join(page) }
        }),
      )
      for (const { body, headers } of [redirect, page]) {
        assert.notMatch(body + JSON.stringify(headers), /STATE|CODE/)
        assert.strictEqual(headers["referrer-policy"], "no-referrer")
        assert.strictEqual(headers["cache-control"], "no-store")
      }
      assert.include(page.body, "<title>Signed in – feishu-meetings</title>")
      assert.include(page.body, "张三 &#60;script&#62;&#34;&#38;")
      assert.include(page.body, "You can close this page")
      const gone = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))
      assert.isUndefined(gone)
    }),
  )

  it.live("takes a refusal, and says in the user's language why nobody signed in", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const server = yield* RedirectServer.open({ port, state })
      yield* ask(port, `/callback?error=access_denied&state=${state}`)
      assert.deepStrictEqual(yield* server.returned, { _tag: "Refused", error: "access_denied" })
      const page = yield* Effect.forkChild(ask(port, "/end"))
      yield* server.end({ isSignedIn: false, text: "拒绝" })
      assert.match((yield* Fiber.join(page)).body, /<html lang="zh-CN">.*未能登录.*可以关闭此页面/s)
    }).pipe(Effect.provideService(Language.CurrentLanguage, "zh")),
  )

  it.live("is refused with what to do where its port is taken", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      yield* RedirectServer.open({ port, state })
      const exit = yield* Effect.exit(RedirectServer.open({ port, state }))
      if (exit._tag === "Success") return assert.fail("it was opened twice")
      const { meaning, remedy } = faultOf(exit.cause)
      assert.strictEqual(
        meaning,
        `--redirect-port: port ${port} of this machine is in use by another program. Nothing was sent`,
      )
      assert.match(remedy, /Choose another one with --redirect-port/)
    }),
  )
})
