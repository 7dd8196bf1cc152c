import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import {
  authorizeUrl,
  beginDevice,
  createClient,
  exchangeCode,
  fileLogin,
  type LoginStore,
  memoryLogin,
  pollDevice,
  readLogin,
  SignInFailed,
  SignInRequired,
} from "../src/index.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

const app = { appId: "cli_fake", appSecret: "SECRET-app" }
const request = { meetingNo: "337736498", range: { from: "7d" } }

/** Feishu, as a `fetch`: codes and device codes are good, and a refresh token is good once. */
const feishu = (life = 7_200) => {
  let count = 0
  let good = ""
  let asked = 0
  const refreshes: Array<string> = []
  const json = (body: object, status = 200) => new Response(JSON.stringify(body), { status })
  const tokens = () => {
    good = `r-SECRET-${++count}`
    return json({
      code: 0,
      access_token: `u-SECRET-${count}`,
      expires_in: life,
      refresh_token: good,
      refresh_token_expires_in: 604_800,
      scope: "vc:meeting:readonly offline_access",
    })
  }
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url)
    const text = await new Response(init.body).text()
    const body = text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))
    if (pathname === "/oauth/v1/device_authorization") {
      return json({
        device_code: "d-SECRET",
        user_code: "ABCD-EFGH",
        verification_uri: "https://accounts.feishu.cn/device",
        interval: 0.01,
      })
    }
    if (pathname === "/open-apis/authen/v1/user_info") {
      return json({ code: 0, data: { open_id: "ou_1a2b", name: "张三", tenant_key: "tenant1" } })
    }
    if (pathname === "/open-apis/authen/v2/oauth/token") {
      if (body.grant_type === "refresh_token") {
        refreshes.push(body.refresh_token)
        return body.refresh_token === good ? tokens() : json({ code: 20073, error: "invalid_grant" }, 400)
      }
      if (body.code === "c-SECRET-wrong") return json({ code: 20003, error: "invalid_grant" }, 400)
      if (body.device_code !== undefined && ++asked < 3) return json({ error: "authorization_pending" }, 400)
      return tokens()
    }
    const { authorization } = init.headers as Record<string, string>
    return authorization === `Bearer u-SECRET-${count}`
      ? json({ code: 0, data: { has_more: false, meeting_briefs: [] } })
      : json({ code: 99991677, msg: "expired" }, 400)
  }
  return { fetch, refreshes }
}

const authorization = await authorizeUrl({
  appId: app.appId,
  redirectUri: "http://127.0.0.1:1/callback",
  scopes: ["vc:meeting:readonly", "offline_access"],
})

const signIn = (login: LoginStore, fetch: ReturnType<typeof feishu>["fetch"], code = "c-SECRET") =>
  exchangeCode({ ...app, ...authorization, code, login, fetch })

/** A store of a program: a text, and a lock of promises. */
const ownStore = () => {
  let text: string | undefined
  let last: Promise<unknown> = Promise.resolve()
  const store: LoginStore = {
    read: () => text ?? null,
    locked: (use) => {
      const next = last.then(() =>
        use(text, async (login) => {
          text = login
        }),
      )
      last = next.catch(() => {})
      return next
    },
  }
  return { store, text: () => text }
}

describe("signing in", () => {
  it("by a code puts the login into the store, and returns it without its tokens", async () => {
    const { fetch } = feishu()
    const login = memoryLogin()
    assert.strictEqual(await readLogin(login), undefined)
    const signedIn = await signIn(login, fetch)
    assert.deepInclude(signedIn, {
      appId: "cli_fake",
      account: { openId: "ou_1a2b", name: "张三", tenantKey: "tenant1" },
      scopes: ["vc:meeting:readonly", "offline_access"],
    })
    assert.deepStrictEqual(await readLogin(login), signedIn)
    assert.notInclude(inspect(signedIn) + JSON.stringify(signedIn) + inspect(authorization), "SECRET")
  })

  it("that is refused changes nothing", async () => {
    const { fetch } = feishu()
    const login = memoryLogin()
    const first = await signIn(login, fetch)
    const error = await signIn(login, fetch, "c-SECRET-wrong").catch((error: unknown) => error)
    assert.instanceOf(error, SignInFailed)
    assert.deepInclude(error, { failure: "code refused", code: 20003 })
    assert.notInclude(inspect(error), "SECRET")
    assert.deepStrictEqual(await readLogin(login), first)
  })

  it("by a device asks until it is permitted", async () => {
    const { fetch } = feishu()
    const login = memoryLogin()
    const device = await beginDevice({ ...app, scopes: ["vc:meeting:readonly"], fetch })
    assert.deepInclude(device, { userCode: "ABCD-EFGH", interval: 10 })
    assert.notInclude(inspect(device) + JSON.stringify(device), "SECRET")
    const signedIn = await pollDevice({ ...app, device, login, fetch })
    assert.strictEqual(signedIn.account.openId, "ou_1a2b")
  })

  it("ends when its signal aborts", async () => {
    const { fetch } = feishu()
    const device = await beginDevice({ ...app, scopes: [], fetch })
    const reason = new Error("enough")
    const signal = AbortSignal.abort(reason)
    const error = await pollDevice({ ...app, device, login: memoryLogin(), fetch, signal }).catch(
      (error: unknown) => error,
    )
    assert.strictEqual(error, reason)
  })
})

describe("a client with a login", () => {
  it("reads with the user's token, and refreshes it once for all clients of a store of a program's own", async () => {
    const { fetch, refreshes } = feishu(30)
    const { store, text } = ownStore()
    await signIn(store, fetch)
    assert.include(text(), "r-SECRET-1")
    const clients = Array.from({ length: 5 }, () =>
      createClient({ ...app, kind: "user", login: store, fetch }),
    )
    const pages = await Promise.all(clients.map((client) => client.page(request)))
    assert.isTrue(pages.every(({ meetings }) => meetings.length === 0))
    // A life of 30 s is too short to be used by the next one: each refreshes in its turn, with the newest token.
    assert.deepStrictEqual(refreshes, ["r-SECRET-1", "r-SECRET-2", "r-SECRET-3", "r-SECRET-4", "r-SECRET-5"])
    await Promise.all(clients.map((client) => client.close()))
  })

  it.skipIf(isWindows)("keeps it in a file that only its owner can read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "effect-feishu-login-"))
    const path = join(folder, "logins", "one.json")
    const { fetch, refreshes } = feishu()
    await signIn(fileLogin(path), fetch)
    await using client = createClient({ ...app, kind: "user", login: fileLogin(path), fetch })
    await client.page(request)
    assert.deepStrictEqual(refreshes, [])
    assert.strictEqual(statSync(path).mode & 0o777, 0o600)
    assert.strictEqual(statSync(join(folder, "logins")).mode & 0o777, 0o700)
    rmSync(folder, { recursive: true })
  })

  it("says that nobody has signed in, or that the store is not one", async () => {
    const { fetch } = feishu()
    await using client = createClient({ ...app, kind: "user", login: memoryLogin(), fetch })
    const error = await client.page(request).catch((error: unknown) => error)
    assert.instanceOf(error, SignInRequired)
    assert.strictEqual(error.why, "not signed in")
    const wrong = { ...app, kind: "user", login: "login.json", fetch } as never
    await using other = createClient(wrong)
    const refused = await other.page(request).catch((error: Error) => error.message)
    assert.include(refused, "login: it is not a store of a login. Nothing was sent. Give fileLogin(path)")
  })

  it("rejects with what its store throws", async () => {
    const { fetch } = feishu()
    const thrown = new Error("the database is away")
    const login: LoginStore = {
      read: () => {
        throw thrown
      },
      locked: () => Promise.reject(thrown),
    }
    await using client = createClient({ ...app, kind: "user", login, fetch })
    assert.strictEqual(await client.page(request).catch((error: unknown) => error), thrown)
  })
})
