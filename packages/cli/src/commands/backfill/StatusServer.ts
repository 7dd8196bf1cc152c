/**
 * The server of `--web`: a page that shows how runs stand, to programs and pages of this machine alone. It answers GET, changes
 * nothing, and has no secret to show.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Backfill } from "@effect-feishu/backfill"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import { FeishuError } from "@effect-feishu/core"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { json } from "@effect-feishu/terminal/VisibleText"
import { Stderr } from "../../console/Stderr.ts"
import * as Language from "../../language/Language.ts"
import * as Pace from "./Pace.ts"
import * as RunStatus from "./RunStatus.ts"
import * as StatusPage from "./StatusPage.ts"
import { defaultPort } from "./webPort.ts"

const words = Language.words({
  en: {
    label: "page: ",
    portWithout: ["there is no page whose port it would be", "Give --web, too."],
    unusable: (port: string, code: string) => [
      code === "EADDRINUSE"
        ? `port ${port} of this machine is in use by another program`
        : `port ${port} of this machine cannot be used (${code})`,
      "Choose another one with --web-port; 0 is any that is free.",
    ],
  },
  zh: {
    label: "网页：",
    portWithout: ["没有需要端口的网页", "请同时给出 --web。"],
    unusable: (port, code) => [
      code === "EADDRINUSE" ? `本机端口 ${port} 正被其他程序占用` : `无法使用本机端口 ${port}（${code}）`,
      "请用 --web-port 另选端口；0 表示任一空闲端口。",
    ],
  },
})

/** The flags of the page. */
export interface Flags {
  readonly web: boolean
  readonly webPort: number | undefined
}

/** What the page shows, and where. */
interface Options {
  readonly port: number | undefined
  /** Requests a minute that each lane may send. */
  readonly rateLimit: number
  readonly runs: Effect.Effect<ReadonlyArray<Backfill.RunStatus>, unknown>
}

/** Serves the page and says where, if the flags ask for it. */
export const openIfAsked = Effect.fnUntraced(function* (
  { web, webPort }: Flags,
  options: Omit<Options, "port">,
): Effect.fn.Return<void, FeishuError.FeishuError, Scope.Scope | Stderr> {
  const say = yield* Language.say(words)
  if (!web) {
    if (webPort === undefined) return
    return yield* FeishuError.invalidRequest("--web-port", ...say.portWithout)
  }
  const stderr = yield* Stderr
  const url = yield* open({ ...options, port: webPort })
  yield* stderr.line(url, { text: say.label, color: "cyan" })
})

/** Serves the page until the scope is closed, and returns its address. Fails if the port cannot be used. */
const open = Effect.fnUntraced(function* ({
  port = defaultPort,
  rateLimit,
  runs,
}: Options): Effect.fn.Return<string, FeishuError.FeishuError, Scope.Scope> {
  const own = yield* Language.CurrentLanguage
  const context = yield* Effect.context<never>()
  const paces = new Map<string, Pace.Pace>()
  const look: Effect.Effect<StatusPage.Seen> = Effect.gen(function* () {
    const found = yield* Effect.option(runs)
    const now = yield* Clock.currentTimeMillis
    if (Option.isNone(found)) return { runs: undefined, now }
    return {
      now,
      runs: found.value.map((run) => {
        const pace = paces.get(run.run) ?? new Pace.Pace(rateLimit)
        paces.set(run.run, pace)
        pace.add(run, now)
        return [run, pace] as const
      }),
    }
  })

  const pageOf = (path: string, language: Language.Language) =>
    Effect.flatMap(look, (seen) => {
      switch (path) {
        case "/":
          return Effect.promise(() => StatusPage.make(seen, language))
        case "/view.json":
          return Effect.succeed(ofJson(StatusPage.view(seen, language)))
        case "/status.json":
          return Effect.succeed(
            seen.runs === undefined
              ? ofJson({ error: "the database does not answer" }, 503)
              : ofJson({ runs: seen.runs.map(([run]) => RunStatus.forPrograms(run)) }),
          )
        default:
          return Effect.succeed(refused(404, "not found"))
      }
    })

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const [path = "", query] = (request.url ?? "").split(/\?(.*)/s)
    const asked = new URLSearchParams(query).get("lang")
    const language = asked === "en" || asked === "zh" ? asked : own
    const page = Effect.suspend(() => {
      const refusal = refusalOf(request)
      return refusal === undefined ? pageOf(path, language) : Effect.succeed(refusal)
    })
    Effect.runForkWith(context)(
      Effect.flatMap(page, (page) =>
        Effect.promise(async () => {
          const { headers, status } = HttpServerResponse.toWeb(page)
          response.writeHead(status, Object.fromEntries(headers))
          response.end(request.method === "HEAD" ? "" : await HttpServerResponse.toWeb(page).text())
        }),
      ),
    )
  }

  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>, FeishuError.FeishuError>((resume) => {
      const server = createServer(answer)
      server.once("error", (error) => {
        const [problem, remedy] = words[own].unusable(String(port), SystemCode.orMessage(error))
        resume(Effect.fail(FeishuError.invalidRequest("--web-port", problem, remedy)))
      })
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

/** Returns the answer to a request that gets nothing; `undefined` for one that may look. */
const refusalOf = ({ headers: { host = "", origin }, method }: IncomingMessage) => {
  if (method !== "GET" && method !== "HEAD") {
    return HttpServerResponse.setHeader(refused(405, "this page can only be read"), "allow", "GET, HEAD")
  }
  // The name of a page of another site can be made to lead here.
  if (!isLoopbackHost(host.replace(/:\d+$/, ""))) {
    return refused(403, "this page answers only to names of this machine, such as 127.0.0.1")
  }
  return origin === undefined || origin === `http://${host}`
    ? undefined
    : refused(403, "web pages of other origins may not read this page")
}

const headers = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
}

const ofJson = (data: unknown, status = 200) =>
  HttpServerResponse.text(json(data), { status, contentType: "application/json", headers })

const refused = (status: number, problem: string) =>
  HttpServerResponse.text(`${problem}\n`, { status, contentType: "text/plain; charset=utf-8", headers })
