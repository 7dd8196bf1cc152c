/** A Feishu with people who sign in: the two ways, refreshing, and a page of meetings for whoever's token is sent. */
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { assert } from "@effect/vitest"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

export const appId = "cli_a1b2c3d4e5f6a7b8"
export const appSecret = "SECRET-app-secret-of-the-app"

/** Somebody who can sign in. */
export interface Person {
  readonly openId: string
  readonly name: string
}
export const zhang: Person = { openId: "ou_5ad573a6411d72b8305fda3a9c15c70e", name: "张三" }
export const li: Person = { openId: "ou_84aad35d084aa403a838cf73ee18467b", name: "李四" }

/** What the next who signs in does; and what the server does. */
interface Script {
  person: Person
  /** How often a device is told to wait, and then what is answered. */
  pending: number
  answer: "allow" | "deny" | "expire"
  /** The scopes that are granted of those asked for. */
  grants: (scope: string) => boolean
  /** The answers to refreshes; a token that is refreshed is good once. */
  refuseRefresh: number | undefined
  /** False for a server that knows no device flow. */
  knowsDevices: boolean
  /** Seconds until an access token ends. */
  life: number
}

export interface Feishu extends AsyncDisposable {
  readonly url: string
  readonly script: Script
  readonly environment: Cli.Environment
  /** The requests that came: method and path, and the fields of the body. */
  readonly requests: ReadonlyArray<{
    readonly line: string
    readonly fields: Readonly<Record<string, string>>
  }>
  /** What an authorization page would do: returns where the browser is redirected to. */
  readonly authorize: (url: string) => string
  /** All that must not be in any output: secrets that the server has given or got. */
  readonly secrets: ReadonlyArray<string>
}

const fieldsOf = (body: string, type = ""): Readonly<Record<string, string>> =>
  type.includes("json") ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))

const start = async (): Promise<Feishu> => {
  const script: Script = {
    person: zhang,
    pending: 1,
    answer: "allow",
    grants: () => true,
    refuseRefresh: undefined,
    knowsDevices: true,
    life: 7_200,
  }
  const requests: Array<Feishu["requests"][number]> = []
  const secrets = [appSecret]
  const codes = new Map<string, { readonly challenge: string; readonly scope: string }>()
  const owners = new Map<string, Person>()
  const scopesOf = new Map<string, string>()
  let number = 0
  let asked = 0
  let deviceScope = ""
  const secret = (kind: string): string => {
    // As long as the real ones, which have one to four thousand characters.
    const made = `SECRET-${kind}-${++number}-${"x".repeat(1_000)}`
    secrets.push(made)
    return made
  }
  const tokensOf = (person: Person, scope: string) => {
    const [access, refresh] = [secret("access"), secret("refresh")]
    owners.set(access, person).set(refresh, person)
    scopesOf.set(access, scope).set(refresh, scope)
    return {
      code: 0,
      access_token: access,
      expires_in: script.life,
      ...(scope.includes("offline_access")
        ? { refresh_token: refresh, refresh_token_expires_in: 604_800 }
        : {}),
      scope,
      token_type: "Bearer",
    }
  }
  const granted = (scope: string) =>
    scope
      .split(" ")
      .filter((one) => script.grants(one))
      .join(" ")

  const authorize = (address: string): string => {
    const query = new URL(address).searchParams
    const back = new URL(query.get("redirect_uri")!)
    back.searchParams.set("state", query.get("state")!)
    if (script.answer === "deny") back.searchParams.set("error", "access_denied")
    else {
      const code = secret("code").slice(0, 64)
      secrets.push(code)
      codes.set(code, { challenge: query.get("code_challenge")!, scope: query.get("scope")! })
      back.searchParams.set("code", code)
    }
    return back.href
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://localhost")
    const fields = fieldsOf(await text(request), request.headers["content-type"])
    const line = `${request.method} ${url.pathname}`
    requests.push({ line, fields })
    const json = (body: unknown, status = 200) => Scripted.json(response, body, status)
    const oauthError = (code: number, error: string) => json({ code, error, error_description: error }, 400)
    const token = request.headers.authorization?.replace("Bearer ", "") ?? ""
    switch (line) {
      case "POST /oauth/v1/device_authorization": {
        if (!script.knowsDevices) {
          response.writeHead(404, { "content-type": "text/html" }).end("<html>404 page not found")
          return
        }
        asked = 0
        deviceScope = fields["scope"] ?? ""
        const page = `http://${request.headers.host}/device`
        return json({
          device_code: secret("device"),
          user_code: "ABCD-EFGH",
          verification_uri: page,
          verification_uri_complete: `${page}?user_code=ABCD-EFGH`,
          expires_in: 240,
          interval: 0.01,
        })
      }
      case "POST /open-apis/authen/v2/oauth/token":
        switch (fields["grant_type"]) {
          case "authorization_code": {
            const code = codes.get(fields["code"] ?? "")
            if (code === undefined) return oauthError(20003, "invalid_grant")
            codes.delete(fields["code"] ?? "")
            const verifier = fields["code_verifier"] ?? ""
            secrets.push(verifier)
            return createHash("sha256").update(verifier).digest("base64url") === code.challenge
              ? json(tokensOf(script.person, granted(code.scope)))
              : oauthError(20049, "invalid_grant")
          }
          case "refresh_token": {
            const refresh = fields["refresh_token"] ?? ""
            const owner = owners.get(refresh)
            if (script.refuseRefresh !== undefined || owner === undefined) {
              return oauthError(script.refuseRefresh ?? 20064, "invalid_grant")
            }
            owners.delete(refresh)
            return json(tokensOf(owner, scopesOf.get(refresh) ?? ""))
          }
          default:
            if (asked++ < script.pending) return oauthError(20079, "authorization_pending")
            if (script.answer === "deny") return oauthError(20080, "access_denied")
            if (script.answer === "expire") return oauthError(20081, "expired_token")
            return json(tokensOf(script.person, granted(deviceScope)))
        }
      // As if somebody had clicked.
      case "GET /open-apis/authen/v1/authorize":
        response.writeHead(302, { location: authorize(`http://localhost${request.url}`) }).end()
        return
      case "GET /open-apis/authen/v1/user_info": {
        const person = owners.get(token)
        return person === undefined
          ? json({ code: 20005, msg: "invalid access token" })
          : json({ code: 0, data: { open_id: person.openId, name: person.name, tenant_key: "tenant1" } })
      }
      case "POST /open-apis/auth/v3/tenant_access_token/internal":
        return json({ code: 0, msg: "ok", tenant_access_token: secret("t-tenant"), expire: 7_200 })
      case "GET /open-apis/vc/v1/meetings/list_by_no": {
        const person = owners.get(token)
        if (person !== undefined && !scopesOf.get(token)?.includes("vc:meeting")) {
          return json(
            {
              code: 99991679,
              msg: "Unauthorized.",
              error: { permission_violations: [{ subject: "vc:meeting:readonly" }] },
            },
            400,
          )
        }
        const topic = { topic: person?.name ?? "the app's" }
        return url.searchParams.get("page_token")
          ? Scripted.page(response, Scripted.rows(3, 4, topic))
          : Scripted.page(response, Scripted.rows(1, 2, topic), "second")
      }
      default:
        return json({ code: 404, msg: "not found" }, 404)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    script,
    requests,
    secrets,
    environment: { FEISHU_BASE_URL: url, FEISHU_APP_ID: appId, FEISHU_APP_SECRET: appSecret },
    authorize,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A Feishu, and a user who has signed in nowhere yet. All outputs are looked through for secrets. */
export const begin = async () => {
  const feishu = await start()
  const state = mkdtempSync(join(tmpdir(), "feishu-meetings-state-"))
  const environment = { ...feishu.environment, XDG_STATE_HOME: state }
  const clean = (text: string) => {
    for (const secret of feishu.secrets) assert.notInclude(text, secret)
  }
  return {
    feishu,
    environment,
    clean,
    logins: () => {
      const path = join(state, "feishu-meetings", "logins")
      return readdirSync(path)
        .filter((name) => name.endsWith(".json"))
        .map((name) => join(path, name))
    },
    run: async (args: ReadonlyArray<string>, more: Cli.Environment = {}) => {
      const ended = await Cli.run(args, { ...environment, ...more })
      clean(ended.stdout + ended.stderr)
      return ended
    },
    [Symbol.asyncDispose]: async () => {
      await feishu[Symbol.asyncDispose]()
      rmSync(state, { recursive: true })
    },
  }
}

/** A port that is free. */
export const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Whose meetings these four are. */
export const whose = (ndjson: string): string => {
  const topics = ndjson.match(/(?<="topic":")[^"]*/g) ?? []
  assert.strictEqual(topics.length, 4)
  return [...new Set(topics)].join()
}

/** What reads those. */
export const list = ["list", Scripted.meetingNo, "--from", "1d"]
