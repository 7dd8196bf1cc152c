/**
 * A mock Feishu on a socket that sees each refresh from its beginning to its end, and breaks some: for tests of processes that
 * share a login. Like a real server it goes on with a request whose client is gone.
 */
import { EventEmitter, once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { Effect } from "effect"
import { OAuth } from "@effect-feishu/contract"
import { Secret, type UserTokenStore } from "@effect-feishu/core"
import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"
import { fetchHandler } from "@effect-feishu/mock-server"

/** What happens to a refresh: in some cases Feishu does not take the token, and in one its answer is lost. */
const faults = {
  answered: undefined,
  // Of something in front of Feishu.
  "HTTP 503": { status: 503 },
  20050: { code: 20050 },
  20072: { code: 20072 },
  "reset before it takes the token": { network: "refuse" },
  "reset after it has taken the token": undefined,
} as const

/** What happens to one refresh. */
export interface Fate {
  readonly what: keyof typeof faults
  /** How long the server works before it takes the token, and after that, in milliseconds. */
  readonly millis: readonly [before: number, after: number]
}

/** One login in a file, as the server sees it. */
export interface Login {
  readonly file: string
  readonly store: UserTokenStore.UserTokenStore
  /** `received`, `taken` and `ended` of each refresh. */
  readonly events: EventEmitter
  /** The refresh token that is good. */
  good: string
  /** How many refreshes the server was sent, and how often it has taken the token. */
  requests: number
  taken: number
  /** Refresh tokens that the server is working on. */
  readonly working: Set<string>
  /** What must not happen, and did. */
  readonly broken: Array<string>
  /** Decides what happens to the next refresh. */
  fate: () => Fate
  /** Resolves when the server works on no refresh any more. */
  readonly idle: () => Promise<void>
}

/** The refresh token in the file of a login, or why there is none. */
export const storedIn = (file: string): string => {
  try {
    return JSON.parse(readFileSync(file, "utf8")).login.refreshToken
  } catch (error) {
    return `nothing (${String(error)})`
  }
}

/** How much longer the server works on a request whose client is gone. */
export const abandonedMillis = 300

/** What is in an answer, if it is JSON. */
const tokensIn = (body: string): { readonly code?: number; readonly refresh_token: string } =>
  body === "" ? { refresh_token: "" } : JSON.parse(body)

const calm: Fate = { what: "answered", millis: [0, 0] }

/** Starts the server. */
export const start = async () => {
  const mock = await fetchHandler({ days: 29 })
  const { appId, appSecret } = mock
  /** The login that each refresh token is of. */
  const logins = new Map<string, Login>()

  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const request = new Request(new URL(path, mock.url), { method: "POST", body: JSON.stringify(body) })
    return (await mock.fetch(request)).json() as Promise<Record<string, string>>
  }

  const refresh = async (
    login: Login,
    token: string,
    forward: (fault?: object) => Promise<Response>,
    response: ServerResponse,
  ): Promise<Response | undefined> => {
    const stored = storedIn(login.file)
    if (login.working.has(token)) login.broken.push("two requests with one refresh token at the same time")
    if (stored !== token) login.broken.push(`a request with a refresh token, where the file has ${stored}`)
    login.working.add(token)
    login.requests++
    const { millis, what } = login.fate()
    try {
      login.events.emit("received")
      await sleep(millis[0])
      // It goes on with a request whose client is gone, and nobody hurries it.
      if (response.destroyed) await sleep(abandonedMillis)
      const answer = await forward(faults[what])
      const { code, refresh_token } = tokensIn(await answer.clone().text())
      if (code === 0) {
        login.good = refresh_token
        login.taken++
        logins.set(refresh_token, login)
        login.events.emit("taken")
      }
      await sleep(millis[1])
      if (what !== "reset after it has taken the token") return answer
    } catch {
      // The mock has broken the connection.
    } finally {
      login.working.delete(token)
      login.events.emit("ended")
    }
    response.socket?.resetAndDestroy()
    return undefined
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    const forward = (fault?: object): Promise<Response> =>
      mock.fetch(
        new Request(new URL(request.url!, mock.url), {
          method: request.method!,
          body: request.method === "POST" ? body : null,
          headers: {
            "content-type": request.headers["content-type"] ?? "",
            authorization: request.headers.authorization ?? "",
            ...(fault === undefined ? {} : { "x-mock-fault": JSON.stringify(fault) }),
          },
        }),
      )
    const token = request.url === OAuth.userTokenPath ? JSON.parse(body).refresh_token : undefined
    const login = logins.get(token)
    const answer = login === undefined ? await forward() : await refresh(login, token, forward, response)
    if (answer === undefined) return
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(Buffer.from(await answer.arrayBuffer()))
  }

  const server = createServer((request, response) => {
    // The client is gone, in the middle of its request.
    serve(request, response).catch(() => response.destroy())
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  /** A user signs in anew; the access token has ended already. */
  const signIn = async (login: Login): Promise<void> => {
    const openId = "ou_1a2b"
    const { code } = await post("/_mock/authorizations", {
      client_id: appId,
      open_id: openId,
      scopes: ["vc:meeting:readonly", "vc:meeting.meetingid:read", OAuth.offlineAccess],
    })
    const answer = await post(OAuth.userTokenPath, {
      grant_type: "authorization_code",
      client_id: appId,
      client_secret: appSecret,
      code,
    })
    login.good = answer["refresh_token"]!
    logins.set(login.good, login)
    const tokens: UserTokenStore.UserTokens = {
      appId,
      baseUrl: url,
      account: { openId, name: "张三" },
      scopes: answer["scope"]!.split(" "),
      accessToken: Secret.accessToken(answer["access_token"]!),
      accessTokenEndsAt: 0,
      refreshToken: Secret.refreshToken(login.good),
      signedInAt: 0,
    }
    await Effect.runPromise(login.store.locked((_, replace) => replace(tokens)))
  }

  return {
    appId,
    appSecret,
    url,
    signIn,
    /** A login in a file, to which a user has signed in. */
    login: async (file: string): Promise<Login> => {
      const events = new EventEmitter()
      const login: Login = {
        file,
        store: UserTokenFile.make(file),
        events,
        good: "",
        requests: 0,
        taken: 0,
        working: new Set(),
        broken: [],
        fate: () => calm,
        idle: async () => {
          while (login.working.size > 0) await once(events, "ended")
        },
      }
      await signIn(login)
      return login
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await mock[Symbol.asyncDispose]()
    },
  }
}
