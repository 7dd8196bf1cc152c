import { createServer } from "node:http"
import {
  type Authorization,
  authorizeUrl,
  createClient,
  exchangeCode,
  FeishuError,
  memoryLogin,
} from "@effect-feishu/promise"

const app = {
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
}
const scopes = ["vc:meeting:readonly", "offline_access"]
// The very URL must be among the redirect URLs of the app in the developer console.
const redirectUri = process.env.REDIRECT_URL ?? "http://127.0.0.1:8080/callback"
/** The sign-ins that have begun, by their state; with several processes they are in the session of the user. */
const begun = new Map<string, Authorization>()

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url!, redirectUri)
  if (pathname === "/") {
    const authorization = await authorizeUrl({ ...app, redirectUri, scopes })
    begun.set(authorization.state, authorization)
    const cookie = `state=${authorization.state}; HttpOnly; SameSite=Lax; Path=/callback`
    response.writeHead(302, { location: authorization.url, "set-cookie": cookie }).end()
    return
  }
  // The browser that comes back must be the one that was sent.
  const state = /(?:^|; )state=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? ""
  const authorization = begun.get(state)
  const code = searchParams.get("code")
  if (pathname !== "/callback" || !authorization || searchParams.get("state") !== state || !code) {
    response.writeHead(400).end("Nobody has signed in. Begin at /\n")
    return
  }
  begun.delete(state)
  try {
    const login = memoryLogin()
    const { account } = await exchangeCode({ ...app, ...authorization, code, login })
    await using client = createClient({ ...app, kind: "user", login })
    const meetings = await Array.fromAsync(client.stream({ meetingNo: "337736498", range: { from: "30d" } }))
    response.setHeader("content-type", "text/plain; charset=utf-8")
    response.end(`${account.name} may see ${meetings.length} meetings\n`)
  } catch (error) {
    console.error(error)
    response.writeHead(502).end(error instanceof FeishuError ? `${error.message}\n` : "Try again\n")
  }
})
const { origin, port } = new URL(redirectUri)
server.listen(Number(port), "127.0.0.1", () => console.log(`Open ${origin}/`))
