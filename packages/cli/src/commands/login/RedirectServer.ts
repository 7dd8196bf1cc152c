/**
 * The server on this machine to which the authorization page sends the browser back. It answers one request: a GET of one path,
 * with the right Host and the state of this login. Everything else is 404 and changes nothing.
 *
 * The code and the state are in the address of that request. The answer leads the browser away from it at once, to a plain address
 * that says how the login ended, so that neither is in a title, in the history or in a Referer.
 */
import { timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { FeishuError } from "@effect-feishu/core"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as Language from "../../language/Language.ts"

/** The port where none is set. The console of the app has to name it, so it does not change. */
export const defaultPort = 17_817

const path = "/callback"
const endPath = "/end"

/** Returns the redirect URL of a port, as the console has to have it. */
export const urlOf = (port: number): string => `http://127.0.0.1:${port}${path}`

/** What the browser brought back: the code of the authorization, or Feishu's word for why there is none. */
export type Returned =
  | { readonly _tag: "Code"; readonly code: Redacted.Redacted<string> }
  | { readonly _tag: "Refused"; readonly error: string }

/** How a login ended, as its last page says it. */
export interface End {
  readonly isSignedIn: boolean
  readonly text: string
}

/** The server of one login. */
export interface RedirectServer {
  /** What the browser brought back, once it is here. */
  readonly returned: Effect.Effect<Returned>
  /** Says on the last page how the login ended. Waits until the browser has it, for a moment at most. */
  readonly end: (end: End) => Effect.Effect<void>
}

const words = Language.words({
  en: {
    taken: (port: string) => [
      `port ${port} of this machine is in use by another program`,
      "Choose another one with --redirect-port, and enter its redirect URL in the developer console.",
    ],
    notPermitted: (port: string, code: string) => [
      `port ${port} of this machine cannot be used (${code})`,
      "Choose another one from 1024 to 65535 with --redirect-port, and enter its redirect URL in the developer console.",
    ],
    notFound:
      "Not found. If Feishu sent you here, the address belongs to an earlier login: open the address that the terminal shows now.",
    signedIn: "Signed in",
    notSignedIn: "Not signed in",
    close: "You can close this page and return to the terminal.",
  },
  zh: {
    taken: (port) => [
      `本机端口 ${port} 正被其他程序占用`,
      "请用 --redirect-port 另选端口，并在开发者后台填写相应的重定向 URL。",
    ],
    notPermitted: (port, code) => [
      `无法使用本机端口 ${port}（${code}）`,
      "请用 --redirect-port 另选 1024 到 65535 之间的端口，并在开发者后台填写相应的重定向 URL。",
    ],
    notFound: "未找到。如果您由飞书跳转至此，则该地址属于先前的登录：请打开终端中当前显示的地址。",
    signedIn: "登录成功",
    notSignedIn: "未能登录",
    close: "可以关闭此页面，回到终端。",
  },
})

/** Listens until the scope is closed. Fails if the port cannot be used. */
export const open = Effect.fnUntraced(function* ({
  port,
  state,
}: {
  readonly port: number
  readonly state: string
}): Effect.fn.Return<RedirectServer, FeishuError.FeishuError, Scope.Scope> {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const returned = yield* Deferred.make<Returned>()
  const end = yield* Deferred.make<End>()
  const shown = yield* Deferred.make<void>()
  let isReturned = false

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = urlIn(request, port)
    const back = isReturned || url?.pathname !== path ? undefined : returnedIn(url, state)
    if (back !== undefined) {
      isReturned = true
      response.writeHead(303, { ...headers, location: endPath }).end()
      Deferred.doneUnsafe(returned, Effect.succeed(back))
    } else if (isReturned && url?.pathname === endPath && url.search === "") {
      // The page waits until the code was exchanged, and so can say how that ended.
      Effect.runFork(
        Effect.map(Deferred.await(end), (how) => {
          const { isSignedIn, text } = how
          const title = isSignedIn ? say.signedIn : say.notSignedIn
          response.on("close", () => Deferred.doneUnsafe(shown, Effect.void))
          response
            .writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" })
            .end(pageOf({ language, title, text, close: say.close }))
        }),
      )
    } else {
      response.writeHead(404, { ...headers, "content-type": "text/plain; charset=utf-8" }).end(say.notFound)
    }
  }

  yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>, FeishuError.FeishuError>((resume) => {
      // A request without a Host is answered here, too, like any other that does not count.
      const server = createServer({ requireHostHeader: false }, answer)
      server.once("error", (error) => {
        const code = SystemCode.orMessage(error)
        const [problem, remedy] =
          code === "EADDRINUSE" ? say.taken(String(port)) : say.notPermitted(String(port), code)
        resume(Effect.fail(FeishuError.invalidRequest("--redirect-port", problem, remedy)))
      })
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }),
  )
  return {
    returned: Deferred.await(returned),
    end: (how) =>
      Deferred.succeed(end, how).pipe(
        // A browser that was closed meanwhile does not come for the page.
        Effect.andThen(isReturned ? Effect.timeoutOption(Deferred.await(shown), "3 seconds") : Effect.void),
        Effect.asVoid,
      ),
  }
})

/** Nothing keeps these answers, and no page that they lead to learns where the browser was. */
const headers = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  connection: "close",
}

/** Returns the address of a request; `undefined` unless it is a GET with the Host of this server. */
const urlIn = ({ headers: { host }, method, url = "" }: IncomingMessage, port: number): URL | undefined => {
  // A browser leaves out the port 80.
  const own = new URL(urlOf(port))
  // The Host differs when the name of a page of another site was made to lead here.
  if (method !== "GET" || host !== own.host || !URL.canParse(own.origin + url)) return undefined
  const asked = new URL(own.origin + url)
  // As it was sent: /x/../callback is another path.
  return asked.pathname === url.split("?", 1)[0] ? asked : undefined
}

/** Returns what came back with the state of this login; `undefined` for any other request. */
const returnedIn = ({ searchParams }: URL, state: string): Returned | undefined => {
  const one = (name: string): string | undefined => {
    const values = searchParams.getAll(name)
    return values.length === 1 && values[0] !== "" ? values[0] : undefined
  }
  if (!isSame(one("state") ?? "", state)) return undefined
  const [code, error] = [one("code"), one("error")]
  if (code !== undefined) return { _tag: "Code", code: Redacted.make(code) }
  return error === undefined ? undefined : { _tag: "Refused", error }
}

/** Compares in the same time wherever the two differ. */
const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const pageOf = (page: {
  readonly language: Language.Language
  readonly title: string
  readonly text: string
  readonly close: string
}): string => `<!doctype html>
<html lang="${page.language === "zh" ? "zh-CN" : "en"}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(page.title)} – feishu-meetings</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 32rem; margin: 15vh auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem }
</style>
<main>
<h1>${escaped(page.title)}</h1>
<p>${escaped(page.text)}</p>
<p>${escaped(page.close)}</p>
</main>
</html>
`
