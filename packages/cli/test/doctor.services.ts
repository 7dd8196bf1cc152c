import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer as createHttpsServer } from "node:https"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net"
import { tmpdir } from "node:os"
import { text } from "node:stream/consumers"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as selfsigned from "selfsigned"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as Terminal from "./Terminal.ts"

interface Check {
  readonly check: string
  readonly status: "ok" | "failed" | "skipped"
  readonly detail: string
  readonly remedy?: string
  readonly because?: string
  readonly [fact: string]: unknown
}

/** What the doctor found, in one line: `+` is ok, `!` failed, `-` skipped. */
const marks = { ok: "+", failed: "!", skipped: "-" } as const

const doctor = async (args: ReadonlyArray<string>, environment: Cli.Environment) => {
  const { code, stderr, stdout } = await Cli.run(["doctor", ...args, "--json"], environment)
  assert.strictEqual(stderr, "")
  const { checks } = JSON.parse(stdout) as { readonly checks: ReadonlyArray<Check> }
  return {
    code,
    stdout,
    found: checks.map(({ check, status }) => `${marks[status]}${check}`).join(" "),
    of: (name: string) => checks.find(({ check }) => check === name)!,
  }
}

const environmentOf = ({ appId, appSecret, url }: Started): Cli.Environment => ({
  FEISHU_BASE_URL: url,
  FEISHU_APP_ID: appId,
  FEISHU_APP_SECRET: appSecret,
})

const mock = async (options?: Parameters<typeof startFeishuMock>[0]) => {
  const feishu = await startFeishuMock(options)
  return { feishu, environment: environmentOf(feishu) }
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return (server.address() as AddressInfo).port
}

const skippedAfter = (first: string): string => {
  const names = ["proxy", "dns", "tls", "feishu", "clock", "token", "scope", "page", "limit"]
  return names
    .slice(names.indexOf(first) + 1)
    .map((name) => `-${name}`)
    .join(" ")
}

let folder: string
/** An https server that answers as Feishu does a request without a token; the hosts of the requests that came. */
let secure: {
  readonly port: number
  readonly ca: string
  readonly pem: { readonly key: string; readonly cert: string }
  readonly hosts: Array<string | undefined>
  readonly close: () => void
}
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
  const pem = await selfsigned.generate([{ name: "commonName", value: "Company Authority" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 2, value: "feishu.invalid" },
        ],
      },
    ],
  })
  const ca = join(folder, "ca.pem")
  writeFileSync(ca, pem.cert)
  const own = { key: pem.private, cert: pem.cert }
  const server = createHttpsServer(own, ({ headers }: IncomingMessage, response: ServerResponse) => {
    secure.hosts.push(headers.host)
    Scripted.json(response, { code: 99991661, msg: "Missing access token" }, 400)
  })
  secure = { port: await listen(server), ca, pem: own, hosts: [], close: () => server.close() }
})
afterAll(() => {
  secure.close()
  rmSync(folder, { recursive: true })
})

describe.concurrent("doctor", () => {
  it("all is well; a page that nobody asked for is no pass; no secret is shown", async () => {
    const { environment, feishu } = await mock()
    const number = feishu.meetingNos[0]!
    const [whole, part, oauth, chinese] = await Promise.all([
      doctor([number], environment),
      doctor([], environment),
      doctor([], { ...environment, FEISHU_OAUTH_BASE_URL: feishu.url }),
      Cli.run(["doctor", number, "--lang", "zh"], environment),
    ])
    assert.strictEqual(
      whole.found,
      "+node +configuration +proxy +dns -tls +feishu +clock +token +scope +page +limit",
    )
    assert.strictEqual(whole.code, 0)
    assert.strictEqual(whole.of("tls").detail, "plain http, which stays on this machine")
    assert.deepInclude(whole.of("page"), { meetingNo: number, rows: 50, more: true })
    assert.deepInclude(whole.of("configuration")["settings"], {
      app_secret: {
        set: true,
        characters: feishu.appSecret.length,
        origin: { from: "environment", variable: "FEISHU_APP_SECRET" },
      },
    })
    assert.strictEqual(part.code, 0)
    assert.include(part.stdout, '{"status":"incomplete"')
    assert.strictEqual(part.of("page").detail, "no meeting number given: feishu-meetings doctor 337736498")
    assert.strictEqual(oauth.of("token")["kind"], "client credentials")
    assert.match(oauth.found, /\+token \+scope -page \+limit$/)
    assert.match(
      chinese.stdout,
      /^正常 {2}访问凭证 {2}应用的 tenant_access_token，有效期 120 分钟，会自动刷新$/m,
    )
    assert.match(chinese.stdout, /\n没有问题，正常 10 项，跳过 1 项\n$/)
    assert.notInclude(whole.stdout + part.stdout + chinese.stdout, feishu.appSecret)
    await feishu.close()
  })

  it("X3 a reader that has enough ends it quietly", async () => {
    const { environment, feishu } = await mock()
    await using _ = feishu
    const child = Cli.start(["doctor", "337736498"], environment)
    const [exit, stderr] = [once(child, "exit"), text(child.stderr)]
    await once(child.stdout, "data")
    child.stdout.destroy()
    assert.deepStrictEqual(await exit, [0, null])
    assert.strictEqual(await stderr, "")
  })

  it("configuration: without one the network is looked at all the same; a wrong one ends it", async () => {
    const { environment, feishu } = await mock()
    const [nobody, wrong] = await Promise.all([
      doctor([], { FEISHU_BASE_URL: environment["FEISHU_BASE_URL"]! }),
      doctor([], { ...environment, FEISHU_BASE_URL: "http://feishu.example" }),
    ])
    assert.strictEqual(
      nobody.found,
      "+node +configuration +proxy +dns -tls +feishu +clock !token -scope -page -limit",
    )
    assert.strictEqual(nobody.code, 2)
    assert.match(String(nobody.of("configuration").detail), /, without credentials$/)
    assert.include(nobody.of("token").remedy, "Set FEISHU_APP_ID and FEISHU_APP_SECRET")
    assert.strictEqual(wrong.found, `+node !configuration -proxy ${skippedAfter("proxy")}`)
    assert.include(
      wrong.of("configuration").detail,
      "FEISHU_BASE_URL: plain http to feishu.example, where anyone",
    )
    assert.strictEqual(wrong.code, 2)
    await feishu.close()
  })

  it("DNS: a host that does not exist", async () => {
    const { code, found, of } = await doctor([], {
      FEISHU_BASE_URL: "https://feishu.invalid",
      FEISHU_ACCESS_TOKEN: Scripted.token,
    })
    assert.strictEqual(found, `+node +configuration +proxy !dns ${skippedAfter("dns")}`)
    assert.match(of("dns").detail, /^feishu\.invalid was not found \((ENOTFOUND|EAI_AGAIN)\)$/)
    assert.include(of("tls").because, "dns")
    assert.strictEqual(code, 4)
  })

  it(
    "TLS: nothing is sent to a host whose certificate is not to be trusted, unless its authority is named",
    {
      // Each step of doctor has ten seconds, also on a machine that starts many others at the same time.
      concurrent: false,
    },
    async () => {
      const environment = {
        FEISHU_BASE_URL: `https://localhost:${secure.port}`,
        FEISHU_ACCESS_TOKEN: Scripted.token,
      }
      const [distrusted, other] = await Promise.all([
        doctor([], environment),
        doctor([], {
          ...environment,
          FEISHU_BASE_URL: `https://127.0.0.1:${secure.port}`,
          FEISHU_CA_FILE: secure.ca,
        }),
      ])
      // The tests of proxies, which may run meanwhile, ask for another host.
      const hosts = () => secure.hosts.filter((host) => host !== "feishu.invalid")
      assert.deepStrictEqual(hosts(), [])
      assert.strictEqual(distrusted.found, `+node +configuration +proxy +dns !tls ${skippedAfter("tls")}`)
      assert.include(distrusted.of("tls").detail, "DEPTH_ZERO_SELF_SIGNED_CERT")
      assert.include(distrusted.of("tls").detail, "Company Authority")
      assert.include(distrusted.of("tls").remedy, "FEISHU_CA_FILE")
      assert.strictEqual(distrusted.code, 4)
      assert.include(other.of("tls").detail, "ERR_TLS_CERT_ALTNAME_INVALID")
      assert.include(other.of("tls").remedy, "another host")

      const trusted = await doctor([], { ...environment, FEISHU_CA_FILE: secure.ca })
      assert.match(trusted.found, /^\+node \+configuration \+proxy \+dns \+tls \+feishu \+clock \+token /)
      assert.match(
        trusted.of("tls").detail,
        /^localhost:\d+: TLSv1\.3, certificate issued by Company Authority, \d+ days left$/,
      )
      assert.include(hosts(), `localhost:${secure.port}`)
    },
  )

  it("TLS: a port that speaks none, and a server that refuses it", async () => {
    const says = async (bytes: string | Uint8Array) => {
      const server = createTcpServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => socket.end(bytes))
      })
      const port = await listen(server)
      const found = await doctor([], {
        FEISHU_BASE_URL: `https://localhost:${port}`,
        FEISHU_ACCESS_TOKEN: Scripted.token,
      })
      server.close()
      assert.strictEqual(found.code, 4)
      return found.of("tls")
    }
    const [plain, name] = await Promise.all([
      says("HTTP/1.1 400 Bad Request\r\n\r\n"),
      says(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 112)),
    ])
    assert.match(plain.detail, /^localhost:\d+: no TLS at this port \(ERR_SSL_WRONG_VERSION_NUMBER\)$/)
    assert.include(plain.remedy, "write http:// instead of https://")
    assert.match(name.detail, /^localhost:\d+: TLS refused \(ERR_SSL_TLSV1_UNRECOGNIZED_NAME\)$/)
    assert.include(name.remedy, "does not know this host name")
  })

  it("no route: nobody listens", async () => {
    const closed = await Scripted.start(Scripted.twoPages)
    await closed[Symbol.asyncDispose]()
    const { code, found, of } = await doctor([], closed.environment)
    assert.strictEqual(found, `+node +configuration +proxy +dns -tls !feishu ${skippedAfter("feishu")}`)
    assert.include(of("feishu").detail, "connection refused")
    assert.strictEqual(code, 4)
  })

  it("clock: how far it is off, and why that matters", async () => {
    const { environment, feishu } = await mock({ now: Math.floor(performance.timeOrigin / 1000) + 7_200 })
    const { code, found, of } = await doctor([], environment)
    assert.match(found, /\+feishu !clock \+token/)
    assert.match(
      of("clock").detail,
      /^this clock is 7\d\d\d s behind Feishu's: a read up to now misses the latest meetings/,
    )
    assert.include(of("clock").remedy, "NTP")
    assert.strictEqual(code, 1)
    await feishu.close()
  })

  it("token: a wrong secret, with the log id, and without the secret", async () => {
    const { environment, feishu } = await mock()
    const secret = "WrongSecretThatNobodyMaySee"
    const { code, found, of, stdout } = await doctor([], { ...environment, FEISHU_APP_SECRET: secret })
    assert.strictEqual(
      found,
      "+node +configuration +proxy +dns -tls +feishu +clock !token -scope -page -limit",
    )
    assert.strictEqual(of("token")["code"], 10014)
    assert.match(String(of("token")["logId"]), /^\d{14}[0-9A-F]{20}$/)
    assert.notInclude(stdout, secret)
    assert.strictEqual(code, 3)
    // What the form for a bug asks for.
    const { checks, system, version } = JSON.parse(stdout)
    assert.match(version, /^\d+\.\d+\.\d+/)
    assert.include(system, `${process.platform} ${process.arch} `)
    assert.strictEqual(checks[0].detail, process.versions.node)
    await feishu.close()
  })

  it("scope: which would do, and where to grant them", async () => {
    const app = {
      app_id: "cli_a1b2c3d4e5f6a7b8",
      app_secret: "SecretOfTheTest1SecretOfTheTest1",
      type: "self_built",
      scopes: [],
      tenants: ["tenant"],
    } as const
    const { environment, feishu } = await mock({ seed: { apps: [app] } })
    const { code, found, of } = await doctor(["337736498"], environment)
    assert.match(found, /\+token !scope -page \+limit$/)
    assert.deepStrictEqual(of("scope")["scopes"], ["vc:meeting:readonly", "vc:meeting.meetingid:read"])
    assert.include(
      of("scope").remedy,
      `${feishu.url}/app/${app.app_id}/auth?q=vc:meeting:readonly,vc:meeting.meetingid:read`,
    )
    assert.strictEqual(code, 3)
    await feishu.close()
  })

  describe.concurrent("what a read of details needs", () => {
    const of = "/open-apis/vc/v1/meetings/"
    const id = "7672989999303099091"
    const list: Scripted.Answer = (response, query) =>
      query.has("meeting_no")
        ? Scripted.page(response, [{ id }])
        : Scripted.json(response, { code: 99992402, msg: "field validation failed" }, 400)
    /** Answers lists, and requests for a meeting by `answers`, whose keys end its path. */
    const feishu = async (answers: Readonly<Record<string, readonly [code: number, more?: object]>>) => {
      const scripted: Scripted.Scripted = await Scripted.start((response, query, index) => {
        const path = scripted.paths[index]!
        if (!path.startsWith(of)) return Scripted.json(response, { code: 99991661 }, 400)
        if (path === `${of}list_by_no`) return list(response, query, index)
        const key = (path.endsWith("/recording") ? "recording" : "details") + (query.size > 0 ? "?" : "")
        const [code, more] = answers[key]!
        return Scripted.json(response, { code, msg: "…", ...more }, code === 0 ? 200 : 400)
      })
      return scripted
    }
    const denied = (...scopes: ReadonlyArray<string>) => ({
      error: { permission_violations: scopes.map((subject) => ({ type: "action_scope_required", subject })) },
    })
    const flags = ["--participants", "--recordings", "--user-id-type", "user_id"]
    const newer = "vc:meeting.meetingevent:read"
    const ofDetails = ["vc:meeting:readonly", newer]
    const ofUserIds = "contact:user.employee_id:readonly"

    it("is checked by a meeting that nobody has, and only with the flags of that read", async () => {
      await using scripted = await feishu({ details: [121004], recording: [122002], "details?": [121004] })
      const [all, recordings, none] = await Promise.all([
        doctor(flags, scripted.environment),
        doctor(["--recordings"], scripted.environment),
        doctor([], scripted.environment),
      ])
      assert.match(all.found, / \+scope -page \+details \+recordings \+user-ids \+limit$/)
      assert.match(recordings.found, / \+scope -page \+recordings \+limit$/)
      assert.match(none.found, / \+scope -page \+limit$/)
      assert.strictEqual(all.of("details").detail, "details of meetings may be read")
      assert.deepInclude(all.of("limit"), { rateLimit: 100, detailsRateLimit: 1_000 })
      assert.strictEqual(all.code, 0)
      const asked = new Set(scripted.paths.filter((path) => !path.endsWith("list_by_no")))
      assert.deepStrictEqual([...asked].toSorted().slice(-2), [`${of}1`, `${of}1/recording`])
    })

    it("is told apart for each endpoint: an app may list and not read details, or not name users by user_id", async () => {
      await using older = await feishu({
        details: [99991672, denied(...ofDetails)],
        recording: [99991672, denied("vc:record:readonly")],
        "details?": [99991672, denied(ofUserIds)],
      })
      await using part = await feishu({
        details: [121004],
        recording: [122002],
        "details?": [99991672, denied(ofUserIds)],
      })
      const asApp = (scripted: Scripted.Scripted) => ({
        ...scripted.environment,
        FEISHU_ACCESS_TOKEN: "u-of-a-user",
      })
      const [both, one] = await Promise.all([doctor(flags, asApp(older)), doctor(flags, asApp(part))])
      assert.match(both.found, / \+scope -page !details !recordings -user-ids \+limit$/)
      assert.strictEqual(both.of("user-ids").because, "details")
      assert.include(both.of("details").remedy, `vc:meeting:readonly, ${newer}`)
      assert.include(both.of("recordings").remedy, "vc:record:readonly")
      assert.strictEqual(both.code, 3)
      assert.match(one.found, / \+details \+recordings !user-ids \+limit$/)
      assert.include(one.of("user-ids").detail, ofUserIds)
      assert.include(one.of("user-ids").remedy, ofUserIds)
    })

    it("with a number a meeting of it is read, and what Feishu says of it is no fault of the scope", async () => {
      await using scripted = await feishu({
        details: [121005],
        recording: [121004],
        "details?": [0, { data: { meeting: { id } } }],
      })
      const { code, found, of: check } = await doctor(["337736498", ...flags], scripted.environment)
      assert.match(found, / \+page \+details \+recordings \+user-ids \+limit$/)
      assert.deepInclude(check("details"), { meetingId: id, code: 121005 })
      assert.deepInclude(check("recordings"), { meetingId: id, code: 121004 })
      const { stdout } = await Cli.run(["doctor", "337736498", ...flags], scripted.environment)
      assert.include(stdout, `meeting ${id}: the app or user may not see this meeting (code 121005`)
      assert.include(stdout, `meeting ${id}: the meeting has no recording (code 121004`)
      assert.include(stdout, `meeting ${id} was read`)
      assert.strictEqual(code, 0)
    })

    it("is granted in the console: the mock's app that may only list lacks it, and one with all scopes but one that one", async () => {
      const app = (...scopes: ReadonlyArray<string>) => ({
        seed: {
          apps: [
            {
              app_id: "cli_a1b2c3d4e5f6a7b8",
              app_secret: "SecretOfTheTest1SecretOfTheTest1",
              type: "self_built",
              scopes: ["vc:meeting.meetingid:read", ...scopes],
              tenants: ["tenant"],
            },
          ],
        } as const,
      })
      await using lists = await startFeishuMock(app())
      await using reads = await startFeishuMock(app(newer, "vc:record:readonly"))
      const [before, after] = await Promise.all([
        doctor(flags, environmentOf(lists)),
        doctor(flags, environmentOf(reads)),
      ])
      assert.match(before.found, / \+scope -page !details !recordings -user-ids \+limit$/)
      assert.deepStrictEqual(before.of("details")["scopes"], ofDetails)
      assert.include(before.of("recordings").remedy, "/app/cli_a1b2c3d4e5f6a7b8/auth?q=vc:record:readonly&")
      assert.match(after.found, / \+details \+recordings !user-ids \+limit$/)
      assert.include(after.of("user-ids").remedy, `/auth?q=${ofUserIds}&`)
      assert.deepStrictEqual([before.code, after.code], [3, 3])
    })

    it("is not there where Feishu answers otherwise; a flag without what it is about is refused", async () => {
      await using scripted = await feishu({ details: [121002], recording: [121002] })
      const { code, found, of: check } = await doctor(["--details"], scripted.environment)
      assert.match(found, / !details \+limit$/)
      assert.include(check("details").detail, "does not support this")
      assert.strictEqual(code, 1)
      const wrong = await Cli.run(
        ["doctor", "--recordings", "--user-id-type", "user_id"],
        scripted.environment,
      )
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.stderr, "--user-id-type: it names users, and none are read")
    })
  })

  it("the rate limit: a refusal is told at once, not waited for", async () => {
    const { environment, feishu } = await mock({ rateLimit: 1 })
    const { code, found, of } = await doctor([feishu.meetingNos[0]!], environment)
    assert.match(found, /\+scope !page !limit$/)
    assert.match(
      of("limit").detail,
      /^refused a request, and resets in \d+ s: another program uses the same app$/,
    )
    assert.strictEqual(code, 4)
    await feishu.close()
  })
})

describe.concurrent("doctor behind a gateway", () => {
  type Refusal = readonly [status: number, contentType: string | undefined, body: string]

  /** Lets those requests pass to a mock that have a token, or fetch one; or none at all. */
  const gateway = async ([status, contentType, body]: Refusal, isClosed = false) => {
    const { environment, feishu } = await mock()
    const server = createServer(async (request, response) => {
      const { authorization } = request.headers
      const sent = await text(request)
      if (isClosed || (authorization === undefined && request.method === "GET")) {
        const type = contentType === undefined ? {} : { "Content-Type": contentType }
        response.writeHead(status, {
          ...type,
          ...(status === 302 ? { Location: "https://login.invalid/" } : {}),
        })
        return void response.end(body)
      }
      const answer = await fetch(feishu.url + request.url, {
        method: request.method!,
        headers: authorization === undefined ? {} : { authorization },
        ...(request.method === "POST" ? { body: sent } : {}),
      })
      response.writeHead(answer.status, { "Content-Type": "application/json" }).end(await answer.text())
    })
    const url = `http://127.0.0.1:${await listen(server)}`
    const stop = async () => {
      server.closeAllConnections()
      server.close()
      await feishu.close()
    }
    return { environment: { ...environment, FEISHU_BASE_URL: url }, number: feishu.meetingNos[0]!, stop }
  }

  const html = "<html><head><title>Sign in</title></head><body>Sign in</body></html>"
  const wantToken: ReadonlyArray<Refusal> = [
    [401, "text/plain", "Unauthorized"],
    [401, undefined, ""],
    [401, "text/html", html],
    [401, "application/json", '{"message":"Unauthorized"}'],
    [401, "application/json", '{"code":"UNAUTHORIZED","msg":"no token"}'],
    [403, "application/json", '{"message":"Missing Authentication Token"}'],
    [403, "text/html", html],
  ]
  it.each(wantToken)(
    "goes on where %i (%s) %s refuses requests without a token",
    async (...refusal: Refusal) => {
      const { environment, number, stop } = await gateway(refusal)
      const { code, found, of } = await doctor([number], environment)
      assert.strictEqual(
        found,
        "+node +configuration +proxy +dns -tls +feishu +clock +token +scope +page +limit",
      )
      assert.strictEqual(code, 0)
      assert.deepInclude(of("feishu"), { httpStatus: refusal[0] })
      assert.notProperty(of("feishu"), "code")
      await stop()
    },
  )

  it("says so in both languages, and that the token is of no use where nothing passes", async () => {
    const { environment, number, stop } = await gateway([401, "text/plain", "Unauthorized"], true)
    const { code, found } = await doctor([number], environment)
    assert.match(found, /\+feishu \+clock !token -scope -page -limit$/)
    assert.notStrictEqual(code, 0)
    const given = { FEISHU_BASE_URL: environment.FEISHU_BASE_URL!, FEISHU_ACCESS_TOKEN: "t-given" }
    assert.match((await doctor([number], given)).found, /\+feishu \+clock \+token !scope -page \+limit$/)
    const [english, chinese] = await Promise.all(
      ["en", "zh"].map((lang) => Cli.run(["doctor", number, "--lang", lang], environment)),
    )
    assert.include(
      english!.stdout.replaceAll(/\s+/g, " "),
      "HTTP 401 without Feishu's code: something in front",
    )
    assert.include(chinese!.stdout, "HTTP 401，且没有飞书的错误码")
    await stop()
  })

  const isNoFeishu: ReadonlyArray<Refusal> = [
    [200, "text/html", html],
    [302, "text/html", ""],
    [400, "text/html", "<h1>400 Bad Request</h1>"],
    [404, "text/html", "<h1>404 Not Found</h1>"],
    [502, "text/html", "<h1>502 Bad Gateway</h1>"],
  ]
  it.each(isNoFeishu)("ends where %i (%s) %s says nothing of tokens", async (...refusal: Refusal) => {
    const { environment, number, stop } = await gateway(refusal)
    const { code, found } = await doctor([number], environment)
    assert.strictEqual(found, `+node +configuration +proxy +dns -tls !feishu ${skippedAfter("feishu")}`)
    assert.notStrictEqual(code, 0)
    await stop()
  })
})

describe.concurrent("doctor behind a proxy", () => {
  /** Opens tunnels to the https server, wherever they are to go; or answers with a status. */
  const proxy = async (scheme: "http" | "https", status?: string) => {
    const sockets = new Set<Socket>()
    const asked: Array<string> = []
    const server = scheme === "http" ? createServer() : createHttpsServer(secure.pem)
    server.on("connect", (request: IncomingMessage, socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      asked.push(`${request.url} ${request.headers["proxy-authorization"]}`)
      if (status !== undefined) return socket.end(`HTTP/1.1 ${status}\r\n\r\n`)
      const upstream = connect(secure.port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n")
        upstream.pipe(socket).pipe(upstream)
      })
      sockets.add(upstream)
      return upstream.on("error", () => socket.destroy())
    })
    const port = await listen(server)
    return {
      address: `${scheme}://me:hushhush@localhost:${port}`,
      asked,
      close: () => {
        for (const socket of sockets) socket.destroy()
        server.close()
      },
    }
  }
  const environment = {
    FEISHU_BASE_URL: "https://feishu.invalid",
    FEISHU_ACCESS_TOKEN: Scripted.token,
  }

  it.each(["http", "https"] as const)(
    "that opens a tunnel, by %s: names are its business, certificates are looked at through it",
    async (scheme) => {
      const { address, asked, close } = await proxy(scheme)
      const { found, of, stdout } = await doctor([], {
        ...environment,
        HTTPS_PROXY: address,
        FEISHU_CA_FILE: secure.ca,
      })
      assert.match(found, /^\+node \+configuration \+proxy -dns \+tls \+feishu \+clock \+token /)
      assert.match(of("proxy").detail, /^https?:\/\/me:\*\*\*@localhost:\d+ opens a tunnel$/)
      assert.include(asked, `feishu.invalid:443 Basic ${Buffer.from("me:hushhush").toString("base64")}`)
      assert.notInclude(stdout, "hushhush")
      close()
    },
  )

  it("that refuses, that is dead, or that NO_PROXY takes out of the way", async () => {
    const { address, close } = await proxy("http", "407 Proxy Authentication Required")
    const [refused, dead, none, other] = await Promise.all([
      doctor([], { ...environment, HTTPS_PROXY: address }),
      doctor([], { ...environment, HTTPS_PROXY: "http://127.0.0.1:9" }),
      doctor([], { ...environment, HTTPS_PROXY: address, NO_PROXY: "feishu.invalid" }),
      doctor([], {
        ...environment,
        ALL_PROXY: "socks5://127.0.0.1:9",
        FEISHU_BASE_URL: "http://127.0.0.1:9",
      }),
    ])
    assert.include(other.of("proxy").detail, "none: ALL_PROXY is set, but is not used; set HTTPS_PROXY")
    assert.strictEqual(refused.found, `+node +configuration !proxy ${skippedAfter("proxy")}`)
    assert.include(refused.of("proxy").detail, ": proxy refused (HTTP 407)")
    assert.match(refused.of("proxy").detail, /^feishu\.invalid:443 through the proxy localhost:\d+: /)
    assert.include(refused.of("proxy").remedy, "user and password in HTTPS_PROXY")
    assert.strictEqual(
      dead.of("proxy").detail,
      "feishu.invalid:443 through the proxy 127.0.0.1:9: proxy not reached (ECONNREFUSED)",
    )
    assert.include(dead.of("proxy").remedy, "Check the address in HTTPS_PROXY")
    assert.strictEqual(dead.of("proxy")["code"], "ECONNREFUSED")
    assert.deepStrictEqual([refused.code, dead.code], [4, 4])
    assert.match(none.found, /^\+node \+configuration \+proxy !dns /)
    assert.notInclude(refused.stdout + dead.stdout + none.stdout, "hushhush")
    close()
  })
})

describe.concurrent("doctor in a terminal", () => {
  it("fits it, with remedies below what failed", async () => {
    const { code, screen } = await Terminal.start(["doctor", "--lang", "zh"], {
      environment: { FEISHU_BASE_URL: "https://feishu.invalid", FEISHU_ACCESS_TOKEN: Scripted.token },
    }).ended
    assert.strictEqual(code, 4)
    assert.match(screen, /^失败 {2}DNS {7}找不到 feishu\.invalid/m)
    assert.match(screen, /^ {16}请检查 base URL 和本机的 DNS/m)
    assert.match(screen, /^跳过 {2}访问凭证 {2}因 DNS 检查未通过$/m)
  })
})
