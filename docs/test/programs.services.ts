/** The programs that the pages show, as their readers run them, and what they print. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import postgres from "postgres"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { afterAll, assert, beforeAll, beforeEach, describe, expect, inject, it } from "vitest"
import * as Postgres from "../../packages/core/test/Postgres.ts"
import { bin } from "../../packages/cli/test/bundle.ts"
import * as CompanyNetwork from "./CompanyNetwork.ts"

const root = new URL("../../", import.meta.url)
const meetingNo = "337736498"
const operation = "meetings.listByNo"

/** Three meetings, of which each line that is printed is known. */
const topics = ["Kick-off", "Review", "Retrospective"]
const seed = {
  meetings: topics.map((topic, index) => ({
    id: `767298999930309909${index + 1}`,
    meeting_no: meetingNo,
    topic,
    start_time: `-${10 - index}d`,
    end_time: `-${9 - index}d`,
  })),
}
const lines = seed.meetings.map(({ id, topic }) => `${id} ${topic}\n`).join("")
const many = (count: number) => ({ generate: [{ meeting_no: meetingNo, count, from: "-50d", to: "-3d" }] })

/** A folder in which the packages are installed from their tarballs, as readers of the pages have them. */
let installed: string
beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), "effect-feishu-programs-"))
  const modules = join(installed, "node_modules")
  for (const name of ["contract", "core", "promise"]) {
    const to = join(modules, "@effect-feishu", name)
    await mkdir(to, { recursive: true })
    const tarball = join(inject("tarballs"), `${name}.tgz`)
    await promisify(execFile)("tar", ["-xzf", tarball, "--strip-components=1", "-C", to])
  }
  for (const name of ["effect", "@effect/platform-node", "@larksuiteoapi/node-sdk", "postgres"]) {
    const link = join(modules, name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(fileURLToPath(new URL(`docs/node_modules/${name}`, root)), link)
  }
  await writeFile(join(installed, "package.json"), '{ "type": "module" }')
})
afterAll(() => rm(installed, { recursive: true }))

let server: Awaited<ReturnType<typeof Postgres.start>>
beforeAll(async () => void (server = await Postgres.start()))
afterAll(() => server[Symbol.asyncDispose]())

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(installed, "run-"))))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Environment = Readonly<Record<string, string>>

const start = async (program: string, environment: Environment) => {
  const copy = join(installed, program)
  await cp(new URL(program, root), copy)
  return spawn(process.execPath, [copy], {
    cwd: folder,
    // Nothing of this machine, such as its proxy.
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  })
}

const run = async (program: string, environment: Environment): Promise<Ended> => {
  const child = await start(program, environment)
  const [[code], out, err] = await Promise.all([once(child, "exit"), text(child.stdout), text(child.stderr)])
  const secret = environment["FEISHU_APP_SECRET"]
  if (secret !== undefined) assert.notInclude(out + err, secret)
  return { code: code as number | null, out, err }
}

const app = ({ appId, appSecret }: Pick<Started, "appId" | "appSecret">): Environment => ({
  FEISHU_APP_ID: appId,
  FEISHU_APP_SECRET: appSecret,
})
const of = (feishu: Started): Environment => ({ ...app(feishu), FEISHU_BASE_URL: feishu.url })
const requests = async (feishu: Started) =>
  (await feishu.journal()).filter((entry) => entry.operation === operation)

/** What a page shows of a program: with a log id, a port and times that stay the same, and the beginning of a cursor. */
const shown = (printed: string) =>
  printed
    .replaceAll(/Log id: \w+/g, "Log id: 20261031080000AB79790752CC4A2CC48A")
    .replaceAll(/(feishu-meetings\.\d+\.\w{12})[\w.-]+/g, "$1…")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:3128")
    .replace(
      /from \d{4}-\S+ to \d{4}-[^\s:]+:\d\d:[\d.]+Z/,
      "from 2026-10-01T00:00:00.000Z to 2026-10-31T00:00:00.000Z",
    )
const transcript = (name: string) => fileURLToPath(new URL(`docs/snippets/${name}.txt`, root))

/** A network of the company whose https server is a mock with the three meetings. */
const company = async (host: string, user?: string) => {
  const feishu = await startFeishuMock({ seed })
  const network = await CompanyNetwork.start({ host, upstream: feishu.url, ...(user && { user }) })
  await writeFile(join(folder, "company-root.pem"), network.ca)
  return {
    feishu,
    network,
    [Symbol.asyncDispose]: async () => {
      await network[Symbol.asyncDispose]()
      await feishu[Symbol.asyncDispose]()
    },
  }
}

describe("five minutes", () => {
  it("the program prints the meetings", async () => {
    await using feishu = await startFeishuMock({ seed })
    const { code, err, out } = await run("packages/promise/examples/stream.ts", of(feishu))
    assert.deepStrictEqual([code, err, out], [0, "", lines])
    await expect(out).toMatchFileSnapshot(transcript("five-minutes/meetings"))
  })

  it("a wrong secret is an error that says what to do", async () => {
    await using feishu = await startFeishuMock({ seed })
    const program = "packages/promise/examples/stream.ts"
    const { code, err, out } = await run(program, { ...of(feishu), FEISHU_APP_SECRET: "mistyped" })
    assert.deepStrictEqual([code, out], [1, ""])
    await expect(shown(err)).toMatchFileSnapshot(transcript("five-minutes/refused"))
  })
})

describe("how a read ends", () => {
  it("resume.ts goes on after the page that it has printed last", async () => {
    await using feishu = await startFeishuMock({ seed: many(120) })
    const program = "docs/snippets/how-it-reads/resume.ts"
    const fault = await feishu.addFault({ operation, when: { nth: 2 }, then: { code: 99991672 } })
    const first = await run(program, of(feishu))
    assert.strictEqual(first.code, 1)
    assert.match(first.err, /PermissionDenied/)
    assert.deepStrictEqual(await readdir(folder), ["cursor.txt"])
    await feishu.removeFault(fault.id)
    const second = await run(program, of(feishu))
    assert.deepStrictEqual([second.code, second.err], [0, ""])
    assert.deepStrictEqual(await readdir(folder), [])
    const [before, after] = [first.out, second.out].map((out) => out.trim().split("\n"))
    assert.deepStrictEqual([before!.length, after!.length], [50, 70])
    assert.strictEqual(new Set([...before!, ...after!]).size, 120)
  })
})

describe("how to read an error", () => {
  const withoutScope = {
    app_id: "cli_a1b2c3d4e5f6a7b8",
    app_secret: "only-for-tests",
    type: "self_built",
    scopes: ["contact:contact:readonly"],
    tenants: ["tenant_a"],
  } as const

  const scopes = "one of these is enough: vc:meeting:readonly, vc:meeting.meetingid:read"
  const plain = "docs/snippets/errors/meetings.ts"

  it("meetings.ts prints what happened, and the scopes of which one is enough", async () => {
    await using feishu = await startFeishuMock({ seed: { ...seed, apps: [withoutScope] } })
    const { code, err, out } = await run(plain, of(feishu))
    assert.deepStrictEqual([code, out], [1, ""])
    assert.include(err, scopes)
    await expect(shown(err)).toMatchFileSnapshot(transcript("errors/refused"))
  })

  it("meetings-effect.ts names the scopes, too", async () => {
    await using feishu = await startFeishuMock({ seed: { ...seed, apps: [withoutScope] } })
    const { code, err, out } = await run("docs/snippets/errors/meetings-effect.ts", of(feishu))
    assert.deepStrictEqual({ code, err, out }, { code: 0, err: `${scopes}\n`, out: "" })
  })

  it("meetings.ts ends with 75 where another start may succeed", async () => {
    await using feishu = await startFeishuMock({ seed })
    await feishu.addFault({
      operation,
      then: { code: 99991400, headers: { "x-ogw-ratelimit-reset": "3600" } },
    })
    const { code, err } = await run(plain, of(feishu))
    assert.strictEqual(code, 75)
    assert.match(err, /code 99991400/)
  })
})

describe("a table that stays up to date", () => {
  it("postgres.ts goes on after a failure, and then reads what is new", async () => {
    await using feishu = await startFeishuMock({ seed: many(120) })
    const sync = () =>
      run("docs/snippets/keep-a-table-up-to-date/postgres.ts", { ...of(feishu), DATABASE_URL: server.url })
    const sql = postgres(server.url)
    const count = async () => (await sql`select id from meetings`).length
    try {
      const fault = await feishu.addFault({ operation, when: { after: 1 }, then: { code: 99991672 } })
      assert.match((await sync()).err, /PermissionDenied/)
      assert.strictEqual(await count(), 50)
      await feishu.removeFault(fault.id)
      assert.deepStrictEqual(await sync(), { code: 0, out: "", err: "" })
      assert.strictEqual(await count(), 120)
      const meeting = { meeting_no: meetingNo, topic: "new", start_time: "-1h", end_time: "-0s" }
      await feishu.putMeetings([{ id: "7672989999303099091", ...meeting }])
      const before = (await requests(feishu)).length
      assert.strictEqual((await sync()).code, 0)
      assert.strictEqual((await requests(feishu)).length - before, 1)
      assert.strictEqual(await count(), 121)
    } finally {
      await sql.end()
    }
  })
})

describe("recordings", () => {
  it("recordings.ts prints the link of each recording, or why there is none", async () => {
    const [recorded, silent, now] = seed.meetings
    await using feishu = await startFeishuMock({
      seed: {
        meetings: [{ ...recorded!, recording: {} }, silent!, { ...now!, end_time: "+1h", recording: {} }],
      },
    })
    const { code, err, out } = await run("docs/snippets/recordings/recordings.ts", of(feishu))
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, /^Kick-off https:\/\/\S+\/minutes\/\S+\nReview NotRecorded\nRetrospective NotReady\n$/)
  })
})

describe("a limit that programs share", () => {
  it("half.ts, twice at once, sends 50 requests each, and none is refused", async () => {
    await using feishu = await startFeishuMock({ seed: many(2_600) })
    const half = "docs/snippets/share-a-limit-between-programs/half.ts"
    const programs = await Promise.all([0, 1].map(() => start(half, of(feishu))))
    // Each waits before its 51st request, and is ended then: the rest would take a minute.
    const ended = programs.map(async (child) => {
      child.stdout.resume()
      for await (const printed of child.stderr) if (/^waits \d+ s$/m.test(String(printed))) break
      child.kill("SIGKILL")
    })
    await Promise.all(ended)
    const answers = (await requests(feishu)).map(({ status }) => status)
    assert.deepStrictEqual(answers, Array<number>(100).fill(200))
  })
})

describe("a store app", () => {
  for (const program of ["docs/snippets/store-app/tenants.ts", "docs/snippets/store-app/tenants-effect.ts"]) {
    it(`${program} takes the tickets that are pushed, and reads each tenant`, async () => {
      const port = await Postgres.freePort()
      const app_id = "cli_store"
      const tenants = ["tenant_a", "tenant_b"] as const
      await using feishu = await startFeishuMock({
        appTicketUrl: `http://127.0.0.1:${port}/events`,
        seed: {
          apps: [
            {
              app_id,
              app_secret: "only-for-tests",
              type: "store",
              scopes: ["vc:meeting:readonly"],
              verification_token: "verified",
              tenants,
            },
          ],
          meetings: seed.meetings.map((meeting, index) => ({ ...meeting, tenant_key: tenants[index % 2]! })),
        },
      })
      const { code, err, out } = await run(program, {
        ...of(feishu),
        FEISHU_VERIFICATION_TOKEN: "verified",
        PORT: String(port),
        TENANT_KEYS: tenants.join(","),
      })
      assert.deepStrictEqual([code, err], [0, ""])
      const [first, second, third] = lines.split("\n")
      assert.strictEqual(out, `tenant_a ${first}\ntenant_a ${third}\ntenant_b ${second}\n`)
    })
  }
})

describe("Lark", () => {
  it("meetings.ts sends everything to open.larksuite.com; so does FEISHU_BRAND=lark", async () => {
    await using rig = await company("open.larksuite.com")
    const environment = {
      ...app(rig.feishu),
      HTTPS_PROXY: rig.network.proxy,
      NODE_EXTRA_CA_CERTS: "company-root.pem",
    }
    const written = await run("docs/snippets/lark/meetings.ts", environment)
    assert.deepStrictEqual(written, { code: 0, out: lines, err: "" })
    const set = await run("packages/core/examples/stream.ts", { ...environment, FEISHU_BRAND: "lark" })
    assert.deepStrictEqual(set, { code: 0, out: lines, err: "" })
    assert.deepStrictEqual([...new Set(rig.network.tunnels)], ["open.larksuite.com:443"])
  })
})

describe("a private deployment", () => {
  it("meetings.ts and meetings-effect.ts trust the authority of the company", async () => {
    await using rig = await company("localhost")
    const environment = { ...app(rig.feishu), FEISHU_BASE_URL: rig.network.url }
    for (const program of [
      "docs/snippets/private-deployment/meetings.ts",
      "docs/snippets/private-deployment/meetings-effect.ts",
    ]) {
      const ended = await run(program, environment)
      assert.deepStrictEqual(ended, { code: 0, out: lines, err: "" })
    }
  })

  it("a program without it says that the certificate was refused", async () => {
    await using rig = await company("localhost")
    const environment = { ...app(rig.feishu), FEISHU_BASE_URL: rig.network.url }
    const { code, err } = await run("packages/promise/examples/stream.ts", environment)
    assert.strictEqual(code, 1)
    const message = shown(err.split("\n")[0]!).replaceAll(/localhost:\d+/g, "open.feishu.company.example:443")
    await expect(message).toMatchFileSnapshot(transcript("private-deployment/refused"))
    assert.isEmpty(await rig.feishu.journal())
  })
})

describe("behind a proxy", () => {
  it("a program that does not know of it goes through the proxy of the environment", async () => {
    await using rig = await company("open.feishu.cn")
    const ended = await run("packages/promise/examples/stream.ts", {
      ...app(rig.feishu),
      HTTPS_PROXY: `http://${rig.network.proxy}`,
      NODE_EXTRA_CA_CERTS: "company-root.pem",
    })
    assert.deepStrictEqual(ended, { code: 0, out: lines, err: "" })
    assert.deepStrictEqual([...new Set(rig.network.tunnels)], ["open.feishu.cn:443"])
  })

  it("meetings.ts names its proxy, and an error says which setting is wrong, without the password", async () => {
    await using rig = await company("open.feishu.cn", "user:password")
    const through = (user: string) =>
      run("docs/snippets/behind-a-proxy/meetings.ts", {
        ...app(rig.feishu),
        COMPANY_PROXY: `http://${user}@${rig.network.proxy}`,
        NO_PROXY: "*",
      })
    assert.deepStrictEqual(await through("user:password"), { code: 0, out: lines, err: "" })
    const { code, err } = await through("user:CANARY")
    assert.strictEqual(code, 1)
    assert.notInclude(err, "CANARY")
    const message = /: (GET|POST) .*$/m.exec(err)?.[0].slice(2) ?? err
    await expect(shown(message)).toMatchFileSnapshot(transcript("behind-a-proxy/refused"))
  })
})

describe("a backfill on ten machines", () => {
  it("the commands of the page plan, and read both apps", async () => {
    const page = await readFile(
      new URL("docs/src/content/docs/how-to/backfill-on-ten-machines.md", root),
      "utf8",
    )
    const [plan, begin] = Array.from(page.matchAll(/^feishu-meetings (.*)$/gm), ([, typed]) =>
      typed!.split(" "),
    )
    const numbers = await readFile(
      new URL("docs/snippets/backfill-on-ten-machines/numbers.csv", root),
      "utf8",
    )
    const apps = Array.from(numbers.matchAll(/^(\d{9}),,(\w+)$/gm), ([, meeting_no, app_id]) => ({
      meeting_no: meeting_no!,
      app_id: app_id!,
    }))
    assert.lengthOf(apps, 2)
    await writeFile(join(folder, "numbers.csv"), numbers)
    await using feishu = await startFeishuMock({
      seed: {
        apps: apps.map(({ app_id }) => ({
          app_id,
          app_secret: `secret-of-${app_id}`,
          type: "self_built",
          scopes: ["vc:meeting:readonly"],
          tenants: [`tenant_of_${app_id}`],
        })) as never,
        generate: apps.map(({ app_id, meeting_no }) => ({
          meeting_no,
          count: 60,
          from: "-50d",
          to: "-3d",
          tenant_key: `tenant_of_${app_id}`,
        })),
      },
    })
    const sql = postgres(server.url)
    await sql`create database backfill`
    await sql.end()
    const database = server.url.replace(/postgres$/, "backfill")
    const typed = async (words: ReadonlyArray<string>) => {
      const port = await Postgres.freePort()
      const here = words.map((word) =>
        word
          .replace("postgres://feishu@db.internal/feishu", database)
          .replace("10.0.0.1:34431", `127.0.0.1:${port}`),
      )
      const { stderr, stdout } = await promisify(execFile)(process.execPath, [bin, ...here], {
        cwd: folder,
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          FEISHU_BASE_URL: feishu.url,
          ...Object.fromEntries(
            apps.map(({ app_id }) => [`FEISHU_APP_SECRET_${app_id}`, `secret-of-${app_id}`]),
          ),
        },
      })
      assert.notInclude(stdout + stderr, "secret-of")
      return stdout + stderr
    }
    assert.match(await typed(plan!), /stored as "default"/)
    assert.match(await typed(begin!), /complete: 120 meetings/)
    assert.match(await typed(["backfill", "status", "--db", database]), /cli_first +100%[^]*cli_second +100%/)
  })
})

describe("a move from the official SDK", () => {
  const before = "docs/snippets/move-from-the-official-sdk/before.ts"
  const after = "docs/snippets/move-from-the-official-sdk/after.ts"

  it("where the second page fails, before.ts ends as if complete, and after.ts has everything", async () => {
    const generate = [{ meeting_no: meetingNo, count: 120, from: "-28d", to: "-3d" }]
    await using feishu = await startFeishuMock({ seed: { generate } })
    const idsOf = async (program: string) => {
      const { code, out } = await run(program, of(feishu))
      assert.strictEqual(code, 0)
      // The SDK logs to standard output, too.
      return Array.from(out.matchAll(/^\d{19}(?= )/gm), String)
    }
    const failing = () => feishu.addFault({ operation, when: { nth: 2 }, then: { status: 503 } })
    const all = await idsOf(before)
    assert.lengthOf(all, 120)
    await failing()
    assert.deepStrictEqual(await idsOf(before), all.slice(0, 50))
    await failing()
    assert.deepStrictEqual(await idsOf(after), all)
  })
})
