/** What is published, installed and run in each runtime that applications are deployed on. */
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { type AddressInfo, connect, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import * as selfsigned from "selfsigned"
import { bundleWorker } from "@effect-feishu/bundle/applications"
import { type NetworkFault, type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { type ClientOptions, createClient, type MeetingsRequest, type Page } from "@effect-feishu/promise"
import { bin } from "../../cli/test/bundle.ts"
import * as RawServer from "../../core/test/RawServer.ts"
import { ids, meetingNo, optionsFor, range, startFeishu } from "./fixture.ts"

/** A private package that brings the runtimes, and has the programs. It is not in the workspace: see its package.json. */
const folder = fileURLToPath(new URL("runtimes", import.meta.url))
const run = promisify(execFile)

/** A read, as `reads.js` takes it. */
interface Read {
  readonly way: string
  readonly options: ClientOptions
  readonly request: MeetingsRequest
}

/** The outcome of a read, as `reads.js` returns it. */
interface Outcome {
  readonly ids: ReadonlyArray<string>
  readonly error?: { readonly reason?: string; readonly message: string }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** A runtime: it makes reads in parallel, and returns their outcomes in the same order. */
type Runtime = (reads: ReadonlyArray<Read>) => Promise<ReadonlyArray<Outcome>>

const program =
  (file: string, ...args: ReadonlyArray<string>): Runtime =>
  async (reads) => {
    const env = { PATH: process.env["PATH"], HOME: join(folder, ".bundle"), READS: JSON.stringify(reads) }
    const { stdout } = await run(file, [...args, "program.js"], { cwd: folder, env })
    return JSON.parse(stdout)
  }

const installed = (path: string) => join(folder, "node_modules", path)
/** A request to the worker with the reads. */
const post = async (path: string, body: object, signal?: AbortSignal) => {
  const response = await fetch(new URL(path, urls["reads"]), {
    method: "POST",
    body: JSON.stringify(body),
    signal: signal ?? null,
  })
  return response.json()
}

const runtimes: Readonly<Record<string, Runtime>> = {
  "Node 22.19": program(installed("node-oldest/bin/node")),
  "Node 24": program(process.execPath),
  Bun: program(installed(".bin/bun"), "--no-install"),
  Deno: program(installed(".bin/deno"), "run", "--allow-net", "--allow-env", "--allow-sys", "--cached-only"),
  // Each read is a request of its own, with a client of its own.
  workerd: (reads) =>
    Promise.all(reads.map(async (read) => ((await post("/", [read])) as ReadonlyArray<Outcome>)[0]!)),
}

/** The mock that the example reads from. */
let feishu: Started
/** workerd, and where its workers listen. */
let workerd: ChildProcess
const urls: Record<string, string> = {}

beforeAll(async () => {
  await run("pnpm", ["install", "--frozen-lockfile"], { cwd: folder })
  for (const name of ["contract", "core", "promise"]) {
    const into = installed(`@effect-feishu/${name}`)
    await rm(into, { recursive: true, force: true })
    await mkdir(into, { recursive: true })
    await run("tar", ["-xzf", join(inject("tarballs"), `${name}.tgz`), "-C", into, "--strip-components=1"])
  }
  await bundleWorker(folder, "worker.js", ".bundle/worker.js")
  // Next to the installed package, which it imports.
  await copyFile(new URL("../examples/worker.ts", import.meta.url), join(folder, ".bundle/example.ts"))
  await bundleWorker(folder, ".bundle/example.ts", ".bundle/example.js")
  feishu = await startFeishuMock({ days: 29 })
  workerd = spawn(installed("workerd/bin/workerd"), ["serve", "workerd.capnp", "--control-fd=3"], {
    cwd: folder,
    env: {
      FEISHU_APP_ID: feishu.appId,
      FEISHU_APP_SECRET: feishu.appSecret,
      FEISHU_BASE_URL: feishu.url,
    },
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  })
  // It says where each of its workers listens.
  for await (const line of createInterface(workerd.stdio[3] as Readable)) {
    const { port, socket } = JSON.parse(line)
    urls[socket] = `http://127.0.0.1:${port}`
    if (Object.keys(urls).length === 2) break
  }
}, 300_000)
afterAll(async () => {
  workerd.kill()
  await once(workerd, "exit")
  await feishu.close()
})

/** Faults that pass: a read goes on behind them, and is complete. */
const passing: ReadonlyArray<NetworkFault> = [
  "refuse",
  "reset before headers",
  "reset in mid-body",
  "end in mid-body",
  "stall",
  "stall in mid-body",
  "drip",
  "truncated JSON",
  "wrong length",
  "garbage",
  "HTML",
]

/** Faults that end a read, and how. */
const ending: ReadonlyArray<readonly [NetworkFault, reason: string, message: RegExp]> = [
  ["redirect", "Redirected", /redirects to elsewhere\.invalid, which was not followed/],
  ["gzip bomb", "ContractViolation", /larger than 8388608 bytes/],
]

/** Answers as bytes, and how a read ends that gets them. */
const answers: ReadonlyArray<readonly [string, Uint8Array | string, reason?: string, message?: RegExp]> = [
  ["gzip", RawServer.http(gzipSync(RawServer.page), { "content-encoding": "gzip" })],
  ["gzip that no header tells of", RawServer.http(gzipSync(RawServer.page))],
  [
    "gzip that inflates to 48 MB while its length is small",
    RawServer.http(gzipSync(Buffer.alloc(48 * 1024 * 1024)), { "content-encoding": "gzip" }),
    "ContractViolation",
    /larger than 8388608 bytes/,
  ],
  ["no content", "HTTP/1.1 204 No Content\r\n\r\n", "ContractViolation", /HTTP 204 is not a complete answer/],
  [
    "a redirect without a body",
    "HTTP/1.1 302 Found\r\nlocation: https://login.example/\r\ncontent-length: 0\r\n\r\n",
    "Redirected",
    /redirects to login\.example, which was not followed/,
  ],
]

/** The id of the meeting in the page of the raw server. */
const rawId = "7011030664708603907"
const oneMinute = { from: range.from, to: range.from + 60 }
const token = RawServer.http(JSON.stringify({ code: 0, tenant_access_token: "t-raw", expire: 7_200 }))
const answer = ({ head, socket }: RawServer.Received) => {
  const [, index] = / \/(\d+)\//.exec(head)!
  socket.write(head.includes("/auth/v3/") ? token : answers[Number(index)]![1])
}

/** For what stalls: an attempt that a busy machine ends, too, is made again. */
const deadlines = { headersTimeout: 4_000, idleTimeout: 4_000, attemptTimeout: 6_000 }

/** How each runtime reads: `core` has Effect's client for `fetch`, and `core with undici` that of `NodeHttp.layer`. */
const waysOf = (runtime: string) => {
  const everywhere = ["promise", "promise with a fetch", "core"]
  return runtime === "workerd" || runtime === "Bun" ? everywhere : [...everywhere, "core with undici"]
}

/** Reads in every way, in parallel, from a server of each kind. Returns the outcomes by way and kind. */
const outcomesIn = async (runtime: Runtime, ways: ReadonlyArray<string>) => {
  await using servers = new AsyncDisposableStack()
  const reads = new Map<string, Read>()
  const raw = servers.use(await RawServer.start(answer))
  for (const way of ways) {
    for (const network of [...passing, ...ending.map(([fault]) => fault)]) {
      const { addFault, appId, appSecret, url } = servers.use(await startFeishu())
      const when = passing.includes(network) ? { nth: 2 } : {}
      await addFault({ operation: "meetings.listByNo", when, then: { network } })
      const options = { appId, appSecret, baseUrl: url, ...(/stall|drip/.test(network) ? deadlines : {}) }
      reads.set(`${way}: ${network}`, { way, options, request: { meetingNo, range } })
    }
    for (const [index, [kind]] of answers.entries()) {
      const options = { appId: "cli_raw", appSecret: "raw-secret", baseUrl: `${raw.url}/${index}` }
      reads.set(`${way}: ${kind}`, { way, options, request: { meetingNo, range: oneMinute } })
    }
  }
  const outcomes = await runtime([...reads.values()])
  return new Map(Array.from(reads.keys(), (key, index) => [key, outcomes[index]!]))
}

const check = (outcome: Outcome | undefined, rows: ReadonlyArray<string>, reason?: string, message = /^/) => {
  const { error, ids } = outcome!
  assert.strictEqual(error && (error.reason ?? "not a FeishuError"), reason, error?.message)
  assert.match(error?.message ?? "", message)
  assert.strictEqual(ids.join(), rows.join())
}

for (const [name, runtime] of Object.entries(runtimes)) {
  describe(`on ${name} every meeting comes, once and in order, or an error says why`, () => {
    let outcomes: ReadonlyMap<string, Outcome>
    beforeAll(async () => {
      outcomes = await outcomesIn(runtime, waysOf(name))
    })

    for (const way of waysOf(name)) {
      it(`through ${way}`, () => {
        for (const fault of passing) check(outcomes.get(`${way}: ${fault}`), ids)
        for (const [kind, reason, message] of ending)
          check(outcomes.get(`${way}: ${kind}`), [], reason, message)
        for (const [kind, , reason, message] of answers) {
          check(outcomes.get(`${way}: ${kind}`), reason === undefined ? [rawId] : [], reason, message)
        }
      })
    }
  })
}

describe("a server whose authority is given as ca is read through the tunnel of a proxy", () => {
  const tunnels: Array<string | undefined> = []
  let options: ClientOptions
  const servers: Array<Server> = []
  beforeAll(async () => {
    const host = "feishu.invalid"
    const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: host }], {
      keyType: "ec",
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
      ],
    })
    const server = createHttpsServer({ cert, key }, (_, response) => response.end(RawServer.page))
    const proxy = createServer().on("connect", ({ url }, socket: Socket) => {
      tunnels.push(url)
      const upstream = connect(portOf(server), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n")
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on("error", () => socket.destroy())
      socket.on("error", () => upstream.destroy())
    })
    servers.push(server, proxy)
    for (const one of servers) await once(one.listen(0, "127.0.0.1"), "listening")
    options = {
      accessToken: "t-1",
      baseUrl: `https://${host}`,
      ca: cert,
      httpsProxy: `127.0.0.1:${portOf(proxy)}`,
    }
  })
  afterAll(() => {
    for (const one of servers) one.close()
  })

  for (const name of ["Node 22.19", "Node 24", "Bun", "Deno"]) {
    it(`on ${name}`, async () => {
      tunnels.length = 0
      const [outcome] = await runtimes[name]!([
        { way: "promise", options, request: { meetingNo, range: oneMinute } },
      ])
      check(outcome, [rawId])
      assert.deepStrictEqual(tunnels, ["feishu.invalid:443"])
    })
  }
})

it("the private package has the versions of Effect that the repository has, and the oldest Node that is promised", async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8")
  const { dependencies } = JSON.parse(await read("runtimes/package.json"))
  const catalog = await read("../../../pnpm-workspace.yaml")
  for (const name of ["effect", "@effect/platform-node", "@effect/sql-pg"]) {
    assert.match(catalog, new RegExp(`^ +"?${name}"?: ${dependencies[name]}$`, "m"))
  }
  const { engines } = JSON.parse(await read("../package.json"))
  assert.strictEqual(dependencies["node-oldest"], engines.node.replace(">=", "npm:node@"))
})

it("Bun's module in the place of undici is refused by core, which says what to provide", async () => {
  const options = { appId: "cli_a", appSecret: "secret", baseUrl: "http://127.0.0.1:9" }
  const [outcome] = await runtimes["Bun"]!([
    { way: "core with undici", options, request: { meetingNo, range } },
  ])
  check(
    outcome,
    [],
    "InvalidRequest",
    /Bun has replaced undici .* Provide FetchHttpClient\.layer of effect\/http/,
  )
})

describe("a Worker", () => {
  it("gives the meetings page by page, as the README shows", async () => {
    const rows: Array<string> = []
    let next = ""
    do {
      const { cursor, meetings } = (await (await fetch(`${urls["example"]}${next}`)).json()) as Page
      rows.push(...meetings.map(({ id }) => id))
      next = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`
    } while (next !== "")
    assert.isAbove(rows.length, 50)
    await using client = createClient(optionsFor(feishu).options)
    const expected = await Array.fromAsync(client.stream({ meetingNo, range: { from: "30d" } }))
    assert.deepStrictEqual(
      rows,
      expected.map(({ id }) => id),
    )
  })

  it("is refused the options of connections, which its fetch opens", async () => {
    for (const option of ["connectTimeout", "httpsProxy", "httpProxy", "noProxy", "ca"]) {
      const value = option === "connectTimeout" ? 1_000 : "text"
      const options = { accessToken: "t-1", baseUrl: "http://127.0.0.1:9", [option]: value }
      const [outcome] = await runtimes["workerd"]!([
        { way: "promise", options, request: { meetingNo, range } },
      ])
      check(outcome!, [], "InvalidRequest", new RegExp(`^${option}: fetch opens the connections`))
    }
  })

  it("has one client for many requests in a Durable Object, also when the first of them is gone", async () => {
    // The first two requests get no answer. That of the first caller ends with the caller, the other at its deadline.
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => (arrived = resolve))
    await using raw = await RawServer.start(({ index, socket }) => {
      if (index === 0) arrived()
      if (index > 1) socket.write(RawServer.http(RawServer.page))
    })
    const options = { ...deadlines, accessToken: "t-1", baseUrl: raw.url }
    const read = { options, request: { meetingNo, range: oneMinute } }
    const caller = new AbortController()
    const first = post("/object", read, caller.signal).catch((error: unknown) => error)
    await arrival
    caller.abort()
    await first
    assert.deepStrictEqual(await post("/object", read), [rawId])
  })
})

it("the command writes every format with a checkpoint on the oldest and on the newest Node, as on Node 24", async () => {
  const home = await mkdtemp(join(tmpdir(), "feishu-nodes-"))
  const env = {
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    FEISHU_BASE_URL: feishu.url,
    HOME: home,
  }
  const programs = [process.execPath, installed("node-oldest/bin/node"), installed("node-newest/bin/node")]
  // `ndjson` and `csv` have no text at their end, and `json` has.
  for (const format of ["ndjson", "csv", "json"]) {
    const written = programs.map(async (node, index) => {
      const [output, checkpoint] = ["rows", "checkpoint"].map((name) =>
        join(home, `${name}-${format}-${index}`),
      )
      const files = ["--output", output!, "--checkpoint", checkpoint!]
      await run(node, [bin, "list", meetingNo, "--from", "29d", "--format", format, ...files], { env })
      return readFile(output!, "utf8")
    })
    const [first, ...others] = await Promise.all(written)
    assert.isAbove(first!.length, 1_000)
    assert.deepStrictEqual(others, [first, first])
  }
  // Node 22 would warn that its SQLite is experimental.
  const database = ["--db", join(home, "backfill.sqlite")]
  const { stderr } = await run(
    programs[1]!,
    [bin, "backfill", "plan", meetingNo, "--from", "29d", ...database],
    {
      env,
    },
  )
  assert.match(stderr, /^stored as "default"; .*\n$/)
  await rm(home, { recursive: true })
})
