import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { parse } from "yaml"
import * as Language from "@effect-feishu/terminal/Language"
import * as CliOutput from "effect/cli/CliOutput"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Stdio from "effect/Stdio"
import * as Struct from "effect/Struct"
import { type Program, run } from "../src/command/feishuMock.ts"
import * as ControlClient from "../src/library/ControlClient.ts"
import type { Running } from "../src/library/MockFeishu.ts"
import * as Behaviour from "../src/protocol/Behaviour.ts"
import * as Seed from "../src/seed/Seed.ts"
import * as SeedExample from "../src/seed/SeedExample.ts"
import { callAt } from "./feishu.ts"

/** The command in this process: a process of its own costs a second. What it says is kept. */
const command = (args: ReadonlyArray<string>, onTerminal = false, program: Program = {}) =>
  Effect.gen(function* () {
    const stdout: Array<string> = []
    const said = yield* Deferred.make<string>()
    const stderr: Array<string> = []
    const spy: Console.Console = {
      ...globalThis.console,
      log: (text: string) => {
        stdout.push(stripVTControlCharacters(text))
        Deferred.doneUnsafe(said, Effect.succeed(text))
      },
      error: (text: string) => void stderr.push(stripVTControlCharacters(text)),
    }
    const running = run(args, "0.0.0", program).pipe(
      Effect.provideService(Console.Console, spy),
      Effect.provide(Stdio.layerTest({ stderrIsTerminal: Effect.succeed(onTerminal) })),
      Effect.provide(NodeServices.layer),
    )
    return { running, said: Deferred.await(said), stdout, stderr }
  })

/** Runs the command until it has said that it is ready; it ends with the test. */
const start = Effect.fnUntraced(function* (args: ReadonlyArray<string>, onTerminal = false) {
  const { running, said, stderr } = yield* command(args, onTerminal)
  yield* Effect.forkScoped(running)
  return { stdout: yield* said, stderr }
})

/** Runs a command to its end: what it said, each line of it. */
const done = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const { running, stderr, stdout } = yield* command(args)
  yield* running
  return { stdout: stdout.join("\n").split("\n"), stderr }
})

/** Runs a command that fails: its exit code and what it said. */
const failing = Effect.fnUntraced(function* (args: ReadonlyArray<string>, program: Program = {}) {
  const { running, stderr } = yield* command(args, false, program)
  const error: unknown = yield* Effect.flip(running)
  const code = typeof error === "object" && error !== null && Reflect.get(error, Runtime.errorExitCode)
  return { code, stderr: stderr.join("\n") }
})

/** A folder, for the length of the test. */
const tempFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "feishu-mock-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true })),
)

/** A file of this content, for the length of the test. */
const seedFile = Effect.fnUntraced(function* (content: string) {
  const file = join(yield* tempFolder, "seed.yaml")
  yield* Effect.promise(() => writeFile(file, content))
  return file
})

/** The address of a server that is not a mock, for the length of the test. */
const otherServer = Effect.acquireRelease(
  Effect.callback<ReturnType<typeof createServer>>((resume) => {
    const server = createServer((_request, response) => response.end("<p>"))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close()),
).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

/** Starts a program; it is killed with the test if it is still there. */
const program = (command: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      // A proxy for the outside world has nothing to do with 127.0.0.1.
      const env = Object.entries(process.env).filter(([name]) => !/^(https?|all)_proxy$/i.test(name))
      const child = spawn(command, args, { env: Object.fromEntries(env) })
      return {
        child,
        stdout: collect(child.stdout),
        stderr: collect(child.stderr),
        ended: once(child, "close"),
      }
    }),
    ({ child, ended }) =>
      Effect.promise(async () => {
        if (child.exitCode === null) child.kill("SIGKILL")
        await ended
      }),
  )

const feishuMock = (args: ReadonlyArray<string>) =>
  program(process.execPath, [fileURLToPath(new URL("../src/bin.ts", import.meta.url)), ...args])

const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  let text = ""
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
  return () => text
}

const ready = (line: string): Running => JSON.parse(line)

describe("feishu-mock", () => {
  it.live("S9 says with --json in one line where it is, with the port that it really has", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* start(["--port", "0", "--json"])
      assert.notInclude(stdout, "\n")
      const { appId, appSecret, meetingNos, url } = ready(stdout)
      assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      assert.match(appId, /^cli_/)
      assert.isNotEmpty(appSecret)
      assert.deepStrictEqual([...meetingNos], [
        "337736498",
        "146453285",
        "582910746",
      ] as ReadonlyArray<string>)
      assert.strictEqual((yield* callAt(url, "/_mock/health")).status, 200)
      assert.deepStrictEqual(stderr, [])
    }),
  )

  it.live("shows lines that can be pasted into sh and print a page of meetings", () =>
    Effect.gen(function* () {
      const { stdout } = yield* start(["--port", "0"])
      const pasted = stdout.split("\n").filter((line) => /^(TOKEN=|curl )/.test(line))
      assert.strictEqual(pasted.length, 2)
      const sh = yield* program("sh", ["-c", pasted.join("\n")])
      yield* Effect.promise(() => sh.ended)
      assert.strictEqual(sh.stderr(), "")
      const { code, data } = JSON.parse(sh.stdout())
      assert.strictEqual(code, 0)
      assert.strictEqual(data.meeting_briefs.length, 20)
    }),
  )

  it.live("S9 tells in one line that the port is in use, and ends with 1", () =>
    Effect.gen(function* () {
      const { stdout } = yield* start(["--port", "0", "--json"])
      const { port } = new URL(ready(stdout).url)
      assert.deepStrictEqual(yield* failing(["--port", port]), {
        code: 1,
        stderr: `feishu-mock: port ${port} on 127.0.0.1 is in use: stop the other program, or give another --port (0 takes any free one)`,
      })
    }),
  )

  const wholePort = "a whole number from 0 to 65535"
  const aLimit = "a number of requests from 1 to 1000000000, or off"
  const aTime =
    "a time such as 2026-01-31T09:00:00Z, 2026-01-31, 1769850000 (unix seconds) or -3d (before the present)"
  const aQuota = "a number of calls from 0 to 1000000000, or off"
  const aToken = "1 to 1000 visible ASCII characters, with spaces only between them"
  const aHost = "an address or a name of this machine, such as 127.0.0.1"
  const anEventUrl =
    "the address of your event handler, such as http://127.0.0.1:3000/events, without a user name and password"
  const wrongFlags: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["--foo"], "unknown flag --foo"],
    [["--prot", "1"], "unknown flag --prot. Did you mean --port?"],
    [["--foo", "--bar"], "unknown flag --foo; unknown flag --bar"],
    [["--port", "70000"], `--port must be ${wholePort}, not "70000"`],
    [["--port", "many"], `--port must be ${wholePort}, not "many"`],
    [["--port", "1.5"], `--port must be ${wholePort}, not "1.5"`],
    [["--port", "1e3"], `--port must be ${wholePort}, not "1e3"`],
    [["--port", "0x10"], `--port must be ${wholePort}, not "0x10"`],
    [["--days", "89.0"], '--days must be a whole number from 1 to 3650, not "89.0"'],
    [["--meetings", "NaN"], '--meetings must be a whole number from 0 to 1000000, not "NaN"'],
    [["--monthly-quota", "Infinity"], `--monthly-quota must be ${aQuota}, not "Infinity"`],
    [["--rate-limit", "1000000001"], `--rate-limit must be ${aLimit}, not "1000000001"`],
    [["--control-token", ""], `--control-token must be ${aToken}, not "<redacted>"`],
    [["--control-token", "a\r\nb"], `--control-token must be ${aToken}, not "<redacted>"`],
    [["--control-token", "中文"], `--control-token must be ${aToken}, not "<redacted>"`],
    [["--host", ""], `--host needs a value: ${aHost}`],
    [["--host", "http://127.0.0.1"], `--host must be ${aHost}, not "http://127.0.0.1"`],
    [["--cors", "*"], '--cors must be the origin of a page, such as http://localhost:5173, not "*"'],
    [
      ["--app-ticket-url", "http://me:pw@a/"],
      `--app-ticket-url must be ${anEventUrl}, not "http://<redacted>@a/"`,
    ],
    [["--seed", ""], "--seed needs a value: a YAML or JSON file, or - for standard input"],
    [["--now=+999999w"], `--now must be ${aTime}, not "+999999w"`],
    [["--port"], `--port needs a value: ${wholePort}`],
    [["--port", "1", "--port", "2"], "--port can be given only once"],
    [["--seed"], "--seed needs a value: a YAML or JSON file, or - for standard input"],
    [["--rate-limit", "none"], `--rate-limit must be ${aLimit}, not "none"`],
    [["--rate-limit", "0"], `--rate-limit must be ${aLimit}, not "0"`],
    [["--now", "tomorrow"], `--now must be ${aTime}, not "tomorrow"`],
    [["--now", "20260131"], `--now must be ${aTime}, not "20260131"`],
    [["--now", "2026-01-31T09:00:00"], `--now must be ${aTime}, not "2026-01-31T09:00:00"`],
    [["--ninety-days", "never"], '--ninety-days must be both, span or lookback, not "never"'],
    [["--json=maybe"], '--json takes no value, not "maybe"'],
    [["--log", "loud"], '--log must be pretty, json or none, not "loud"'],
    [["health", "--wait", "1e3"], '--wait must be a number of seconds from 0 to 3600, not "1e3"'],
    [["serve"], 'unknown command "serve"'],
    [["int"], 'unknown command "int". Did you mean init?'],
    [["-"], 'unknown command "-". Did you mean --seed -?'],
    [["feishu.yaml"], 'unknown command "feishu.yaml". Did you mean --seed feishu.yaml?'],
    [["init", "a.yaml", "b.yaml"], 'unexpected argument "b.yaml"'],
    [["init", "--port", "0"], "unknown flag --port"],
    [["validate"], "FILE is missing"],
    [["validate", "--jsn", "a.yaml"], "unknown flag --jsn. Did you mean --json?"],
  ]
  for (const [args, what] of wrongFlags) {
    const [first = ""] = args
    const whose = ["init", "validate", "health"].includes(first) ? `feishu-mock ${first}` : "feishu-mock"
    it.live(`tells in one line what is wrong with ${args.join(" ")}, and ends with 2`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* failing(args), {
          code: 2,
          stderr: `feishu-mock: ${what}${what.endsWith("?") ? "" : "."} See ${whose} --help.`,
        })
      }),
    )
  }

  it.live("names itself in commands to type as it was called", () =>
    Effect.gen(function* () {
      const program = { called: "./feishu-mock-linux-x64" }
      for (const args of [
        ["--prot", "1"],
        ["--fault", ""],
        ["--chaos", "often"],
      ]) {
        const { stderr } = yield* failing(args, program)
        assert.match(stderr, /^feishu-mock: .* See \.\/feishu-mock-linux-x64 --help\.$/)
      }
      const { running, stdout } = yield* command(["--help"], false, program)
      yield* running
      assert.include(
        stdout.join("\n"),
        "\n  ./feishu-mock-linux-x64 init && ./feishu-mock-linux-x64 --seed feishu.yaml\n",
      )
    }),
  )

  it.live("health ends with 0 when a mock serves there, and with 1 when none does", () =>
    Effect.gen(function* () {
      const { stdout } = yield* start(["--port", "0", "--json"])
      const { url } = ready(stdout)
      assert.deepStrictEqual((yield* done(["health", url])).stdout, [`${url} serves`])
      assert.deepStrictEqual((yield* done(["health", `${url}/`])).stdout, [`${url} serves`])
      const other = yield* otherServer
      assert.deepStrictEqual(yield* failing(["health", other]), {
        code: 1,
        stderr: `feishu-mock: ${other} answers, but not as a mock: 200 <p>. Give the URL that the mock printed`,
      })
      const { code, stderr } = yield* failing(["health", "http://127.0.0.1:1"])
      assert.strictEqual(code, 1)
      assert.match(
        stderr,
        /^feishu-mock: http:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\): start the mock/,
      )
      for (const wrong of ["8787", "127.0.0.1:8787", "https://127.0.0.1:8787"]) {
        assert.strictEqual((yield* failing(["health", wrong])).code, 2)
      }
    }),
  )

  it.live("health --wait goes on as soon as a mock serves", () =>
    Effect.gen(function* () {
      const { port } = new URL(yield* Effect.scoped(otherServer))
      const { running, stdout } = yield* command(["health", "--wait", "20", `http://127.0.0.1:${port}`])
      const waiting = yield* Effect.forkChild(running)
      yield* start(["--port", port, "--json"])
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(stdout, [`http://127.0.0.1:${port} serves`])
    }),
  )

  it.live("has a flag for each switch, and for each of its readings", () =>
    Effect.gen(function* () {
      const flagOf = (name: string) =>
        `--${name.replaceAll(/(?<=[a-z])(?=[A-Z\d])|(?<=\d)(?=[A-Z])/g, "-").toLowerCase()}`
      // The last reading of each, which is never the default.
      const others = Struct.keys(Behaviour.defaults).map((name) => {
        const field: object = Behaviour.Behaviour.fields[name]
        const literals: ReadonlyArray<unknown> = "literals" in field ? (field.literals as []) : []
        return [name, literals.at(-1) ?? 7] as const
      })
      const args = others.flatMap(([name, value]) => [flagOf(name), String(value)])
      const { stdout } = yield* start(["--port", "0", "--json", ...args])
      const { url } = JSON.parse(stdout)
      const { behaviour } = yield* Effect.promise(() => ControlClient.connect({ url }).snapshot())
      assert.deepStrictEqual<object>(behaviour, Object.fromEntries(others))
      for (const [name, value] of others) assert.notStrictEqual(value, Behaviour.defaults[name], name)
    }),
  )

  it.live("fails from the start as --fault, --chaos and --frozen say, before what the seed says", () =>
    Effect.gen(function* () {
      const file = yield* seedFile(
        [
          'generate: [{ meeting_no: "337736498", count: 3 }]',
          'faults: [{ operation: "*", then: { status: 502 } }]',
          "clock: { now: 2026-01-31T09:00:00Z, frozen: false }",
          "behaviour: { rateLimit: 9, rateStatus: 400 }",
        ].join("\n"),
      )
      const rule = "{ operation: meetings.listByNo, when: { nth: 1 }, then: { status: 503 } }"
      const json = '{"operation":"oauth.token","then":{"delaySeconds":"2s"}}'
      const args = ["--seed", file, "--fault", rule, "--fault", json, "--chaos", "0.1", "--frozen"]
      const { stderr, stdout } = yield* start(["--port", "0", "--json", ...args, "--rate-limit", "8"])
      assert.deepStrictEqual(stderr, [])
      const feishu = ControlClient.connect({ url: ready(stdout).url })
      const { unusedFaults } = yield* Effect.promise(() => feishu.findings())
      assert.deepStrictEqual(
        unusedFaults.map(({ then }) => then),
        [{ status: 503 }, { delaySeconds: 2 }, { status: 502 }],
      )
      assert.deepStrictEqual(yield* Effect.promise(() => feishu.clock()), {
        now: 1_769_850_000,
        frozen: true,
      })
      const { behaviour } = yield* Effect.promise(() => feishu.snapshot())
      assert.deepInclude(behaviour, { rateLimit: 8, rateStatus: 400 })
      const { text } = yield* callAt(ready(stdout).url, "/open-apis/vc/v1/meetings/list_by_no")
      assert.strictEqual(text, "")
      const { text: faults } = yield* callAt(ready(stdout).url, "/_mock/faults")
      assert.strictEqual(JSON.parse(faults).chaos.rate, 0.1)
      const chaos = "{ rate: 0.5, seed: a, faults: [{ code: 2200 }] }"
      const other = yield* start(["--port", "0", "--json", "--chaos", chaos])
      const answer = yield* callAt(ready(other.stdout).url, "/_mock/faults")
      const given = { rate: 0.5, seed: "a", faults: [{ code: 2200 }] }
      assert.deepStrictEqual(JSON.parse(answer.text).chaos, given)
    }).pipe(Effect.scoped),
  )

  for (const [args, what] of [
    [
      ["--fault", "{ operation: meetings.listByNo, when: { nht: 3 }, then: { code: x } }"],
      "--fault { operation: meetings.listByNo, when: { nht: 3 }, then: { code: x } }: when.nht: unknown key; then.code: must be a whole number from -2147483648 to 2147483647",
    ],
    [["--fault", "{"], "--fault {: Flow map must end with a }"],
    [["--fault", ""], "--fault needs a value: a rule as in a seed"],
    [["--fault", "503"], "--fault 503: must be an object with keys"],
    [["--chaos", "10%"], "--chaos 10%: must be a fraction from 0 to 1, or chaos as in a seed"],
    [["--chaos", "2"], "--chaos 2: rate: must be a fraction from 0 to 1"],
  ] as const) {
    it.live(`tells what is wrong with ${args.join(" ")}, and ends with 2`, () =>
      Effect.gen(function* () {
        const stderr = `feishu-mock: ${what}. See feishu-mock --help.`
        assert.deepStrictEqual(yield* failing(args), { code: 2, stderr })
      }),
    )
  }

  it.live("starts its clock at --now, in ISO or unix seconds", () =>
    Effect.gen(function* () {
      for (const now of ["2026-01-31T09:00:00Z", "2026-01-31T17:00:00+08:00", "1769850000"]) {
        const { stdout } = yield* start(["--port", "0", "--json", "--now", now])
        const { headers } = yield* callAt(ready(stdout).url, "/nowhere")
        assert.match(headers["x-tt-logid"] ?? "", /^2026013117000/)
      }
    }),
  )

  it.live("starts its clock so long before the present as --now says, if there was a mock then", () =>
    Effect.gen(function* () {
      const { stdout } = yield* start(["--port", "0", "--json", "--now=-30d"])
      const { text } = yield* callAt(ready(stdout).url, "/_mock/clock")
      const present = (yield* Clock.currentTimeMillis) / 1000
      assert.closeTo(JSON.parse(text).now, present - 30 * 86_400, 60)
      assert.deepStrictEqual(yield* failing(["--now=-9999w"]), {
        code: 2,
        stderr:
          "feishu-mock: --now -9999w is out of range: the clock goes from 0 to 4294967295, in unix seconds",
      })
      assert.deepStrictEqual(yield* failing(["--tenant-key", "nowhere"]), {
        code: 2,
        stderr:
          "feishu-mock: the mock's configuration has 1 fault:\n  generate.tenant_key: no app has the tenant nowhere, so no app could read these meetings",
      })
      assert.deepStrictEqual(yield* failing(["--numbers", "3", "--meetings", "1000000"]), {
        code: 2,
        stderr:
          "feishu-mock: the mock's configuration has 1 fault:\n  generate: makes 3000000 meetings, but a workspace holds at most 2000000 meetings, 512 MiB of meetings and 4 MiB of apps (as JSON)",
      })
    }),
  )

  it.live("S13 lists the faults of a seed file and ends with 2, and serves a good one", () =>
    Effect.gen(function* () {
      const file = yield* seedFile("generate:\n  - { meeting_no: 12, count: 1 }\n  - {}\n")
      assert.deepStrictEqual(yield* failing(["--seed", file]), {
        code: 2,
        stderr: [
          `feishu-mock: ${file} has 3 faults:`,
          "  generate[0].meeting_no (line 2): a meeting number has 9 digits, such as 337736498; quote it when it starts with 0",
          "  generate[1].meeting_no (line 3): missing key",
          "  generate[1].count (line 3): missing key",
        ].join("\n"),
      })
      const good = yield* seedFile('generate: [{ meeting_no: "123456789", count: 1 }]')
      const { stdout } = yield* start(["--port", "0", "--json", "--seed", good, "--numbers", "1"])
      const { meetingNos } = ready(stdout)
      assert.strictEqual(meetingNos[0], "123456789" as string)
      assert.strictEqual(meetingNos.length, 2)
    }),
  )

  it.live("writes a seed with every key explained, which is good, and beside it what editors read", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const file = join(folder, "my seed.yaml")
      const { stdout } = yield* done(["init", file])
      assert.deepStrictEqual(stdout.slice(-2), [
        `feishu-mock validate '${file}'`,
        `feishu-mock --seed '${file}'`,
      ])
      const text = yield* Effect.promise(() => readFile(file, "utf8"))
      const [, named = ""] = /^# yaml-language-server: \$schema=\.\/(.*)\n/.exec(text) ?? []
      const schema = yield* Effect.promise(() => readFile(join(folder, named), "utf8"))
      assert.deepStrictEqual(JSON.parse(schema), Seed.jsonSchema())
      assert.deepStrictEqual((yield* done(["schema"])).stdout.join("\n"), schema.trimEnd())
      assert.deepStrictEqual(yield* done(["validate", file]), {
        stdout: [`${file} is good: 2 apps, 2 users, 3 meeting numbers, 192 meetings, 3 rules for failures`],
        stderr: [],
      })
      const second = yield* done(["init", join(folder, "second.yml")])
      assert.include(second.stdout[1], "already exists")
    }),
  )

  it.live("writes over no file, and tells why it cannot write one", () =>
    Effect.gen(function* () {
      const file = yield* seedFile("mine")
      assert.deepStrictEqual(yield* failing(["init", file]), {
        code: 1,
        stderr: `feishu-mock: ${file} already exists: give another name, as in feishu-mock init other.yaml`,
      })
      assert.strictEqual(yield* Effect.promise(() => readFile(file, "utf8")), "mine")
      assert.deepStrictEqual(yield* failing(["init", "/nowhere/feishu.yaml"]), {
        code: 1,
        stderr: "feishu-mock: /nowhere/feishu.yaml cannot be written: there is no such folder",
      })
      assert.deepStrictEqual(yield* failing(["init", join(file, "feishu.yaml")]), {
        code: 1,
        stderr: `feishu-mock: ${file}/feishu.yaml cannot be written (ENOTDIR): give a name in a folder that you may write to`,
      })
      assert.deepStrictEqual(yield* failing(["init", "feishu.json"]), {
        code: 2,
        stderr: 'feishu-mock: init writes YAML: give a name that ends in .yaml, not "feishu.json"',
      })
    }),
  )

  it.live("says every fault of validate to a pipe, too, whose reader takes less than that at once", () =>
    Effect.gen(function* () {
      const bad = yield* seedFile(JSON.stringify({ meetings: Array.from({ length: 4_000 }, () => ({})) }))
      const { child, ended, stdout } = yield* feishuMock(["validate", "--json", bad])
      yield* Effect.promise(() => ended)
      assert.strictEqual(child.exitCode, 2)
      const { faults } = JSON.parse(stdout())
      assert.isAtLeast(faults.length, 4_000)
      assert.isAbove(stdout().length, 1_000_000)
    }),
  )

  it.live("looks at every file of validate, says what is wrong with each, and ends with 2", () =>
    Effect.gen(function* () {
      const good = yield* seedFile("generate: [{ meeting_no: 337736498, count: 3, from: -3d, to: -1d }]")
      const bad = yield* seedFile("\nmeetings: [{ id: 1, meeting_no: 12, topic: x, start_time: -3d }]")
      const { running, stderr, stdout } = yield* command(["validate", bad, good, "/nowhere.yaml"])
      const error = yield* Effect.flip(running)
      assert.deepInclude(error, { exitCode: 2 })
      assert.deepStrictEqual(stdout, [`${good} is good: 1 app (made up), 1 meeting number, 3 meetings`])
      assert.deepStrictEqual(stderr, [
        `feishu-mock: ${bad} has 1 fault:\n  meetings[0].meeting_no (line 2): a meeting number has 9 digits, such as 337736498; quote it when it starts with 0`,
        "feishu-mock: /nowhere.yaml: there is no such file",
      ])
      const json = yield* command(["validate", "--json", bad, good])
      yield* Effect.flip(json.running)
      assert.deepStrictEqual(
        json.stdout.map((line): unknown => JSON.parse(line)),
        [
          {
            file: bad,
            ok: false,
            faults: [
              {
                path: ["meetings", 0, "meeting_no"],
                line: 2,
                message: "a meeting number has 9 digits, such as 337736498; quote it when it starts with 0",
              },
            ],
          },
          {
            file: good,
            ok: true,
            apps: 1,
            users: 0,
            meetingNos: ["337736498"],
            meetings: 3,
            rules: 0,
            tooOld: 0,
            warnings: [],
          },
        ],
      )
      assert.deepStrictEqual(json.stderr, [])
    }),
  )

  it.live(
    "warns of meetings that are too old to be shown, when they are looked at and when they are served",
    () =>
      Effect.gen(function* () {
        const file = yield* seedFile(
          `meetings: [{ id: 1, meeting_no: 337736498, topic: x, start_time: 2026-01-01 }]\ngenerate: [{ meeting_no: 146453285, count: 4, to: -91d }]`,
        )
        const warning = (old: string) =>
          `${old} began more than 90 days ago, and Feishu does not show those: write times such as -3d, or start with --now`
        const { stderr } = yield* done(["validate", file])
        assert.deepStrictEqual(stderr, [`feishu-mock: warning: ${file}: ${warning("5 meetings")}`])
        const flags = ["--port", "0", "--json", "--seed", file]
        const served = yield* start([...flags, "--now", "2026-01-02"])
        assert.deepStrictEqual(served.stderr, [`feishu-mock: warning: ${warning("4 meetings")}`])
        assert.deepStrictEqual((yield* start([...flags, "--ninety-days", "span"])).stderr, [])
      }),
  )

  it.live("shows how it is used and examples first in its help, in lines that fit", () =>
    Effect.gen(function* () {
      for (const args of [
        ["--help"],
        ["init", "--help"],
        ["validate", "--help"],
        ["health", "--help"],
        ["schema", "--help"],
      ]) {
        const { stdout } = yield* done(args)
        assert.deepStrictEqual(
          stdout.filter((line) => line.length > 80),
          [],
        )
        const headings = stdout.filter((line) => /^[A-Z ]+$/.test(line))
        assert.deepStrictEqual(headings.slice(0, 2), ["USAGE", "EXAMPLES"])
      }
    }),
  )

  const asked = ["--port", "0", "--now", "1769850000"]
  it.live("tells of every request on a terminal, of those after a reset and of other workspaces, too", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* start(asked, true)
      const [, url = ""] = /Mock Feishu at (\S+)/.exec(stdout) ?? []
      yield* callAt(url, `${ListByNo.path}?meeting_no=337736498&app_secret=geheim`)
      yield* callAt(url, "/_mock/reset", { method: "POST" })
      yield* callAt(url, "/nowhere")
      yield* Effect.promise(async () => {
        await using own = await ControlClient.connect({ url }).workspace()
        const body = JSON.stringify({ app_id: own.appId, app_secret: "wrong" })
        await fetch(url + TenantAccessToken.internalPath, { method: "POST", body })
      })
      const [first = "", second = "", third = "", ...more] = stderr
      assert.match(
        first,
        /^\d\d:\d\d:\d\d 400 99991661 .* ms GET {2}\/open-apis\/vc\/v1\/meetings\/list_by_no\?meeting_no=337736498&app_secret=<redacted> 20260131170000[0-9A-F]{20}$/,
      )
      assert.match(second, / 404 .* GET {2}\/nowhere /)
      assert.match(third, / 200 10014 .* POST \/open-apis\/auth\/v3\/tenant_access_token\/internal /)
      assert.deepStrictEqual(more, [])
      assert.notMatch(stderr.join(), /geheim|wrong/)
    }),
  )

  it.live("tells of requests only when asked where nobody looks, in a line of JSON each if it is to", () =>
    Effect.gen(function* () {
      const lines = (args: ReadonlyArray<string>, onTerminal: boolean) =>
        Effect.gen(function* () {
          const { stderr, stdout } = yield* start([...asked, "--json", ...args], onTerminal)
          yield* callAt(ready(stdout).url, "/nowhere")
          return stderr
        })
      assert.deepStrictEqual(yield* lines([], true), [])
      assert.deepStrictEqual(yield* lines(["--log", "none"], true), [])
      const [line = "", ...more] = yield* lines(["--log", "json"], false)
      assert.deepInclude(JSON.parse(line), { seq: 1, method: "GET", path: "/nowhere", status: 404 })
      assert.deepStrictEqual(more, [])
    }),
  )

  it.live("goes on when nobody reads any more what it tells of requests", () =>
    Effect.gen(function* () {
      const { stdout } = yield* start([...asked, "--json", "--log", "pretty"])
      // Without a listener this would throw, and end the process.
      process.stderr.emit("error", new Error("EPIPE"))
      assert.strictEqual((yield* callAt(ready(stdout).url, "/_mock/health")).status, 200)
    }),
  )

  const storeApp =
    "apps: [{ app_id: cli_s, app_secret: s, type: store, scopes: [vc:meeting:readonly], tenants: [t] }]\n"
  const oneMeeting = "generate: [{ meeting_no: 337736498, count: 1 }]\n"

  it.live("warns of a seed with store apps only, and shows no credentials that are refused", () =>
    Effect.gen(function* () {
      const file = yield* seedFile(storeApp + oneMeeting)
      const banner = yield* start(["--port", "0", "--seed", file])
      assert.deepStrictEqual(banner.stderr, [
        "feishu-mock: warning: the seed has store apps only, and their tickets are not pushed anywhere: give --app-ticket-url",
      ])
      assert.include(banner.stdout, "meeting numbers  337736498")
      assert.notMatch(banner.stdout, /app id|app secret|curl/)
      const json = yield* start(["--port", "0", "--json", "--seed", file])
      assert.deepStrictEqual(json.stderr, banner.stderr)
      assert.deepStrictEqual(Object.keys(ready(json.stdout)), ["url", "meetingNos"])
    }),
  )

  it.live("warns when there are no meetings, and shows no lines that would read some", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* start(["--port", "0", "--seed", yield* seedFile("meetings: []")])
      assert.deepStrictEqual(stderr, [
        "feishu-mock: warning: there are no meetings to read: add meetings or generate to the seed, or give --meetings",
      ])
      assert.match(stdout, /app id .*\n.*app secret .*\n.*meeting numbers {2}none\n/)
      assert.notInclude(stdout, "curl")
    }),
  )

  it.live(
    "warns of scopes that nothing here asks for, when they are looked at and when they are served",
    () =>
      Effect.gen(function* () {
        const file = yield* seedFile(storeApp.replace("readonly]", "readony]") + oneMeeting)
        const warning =
          "apps[0].scopes[0]: unknown scope vc:meeting:readony: did you mean vc:meeting:readonly?"
        assert.deepStrictEqual((yield* done(["validate", file])).stderr, [
          `feishu-mock: warning: ${file}: ${warning}`,
        ])
        const [line = ""] = (yield* done(["validate", "--json", file])).stdout
        assert.deepInclude(JSON.parse(line).warnings[0], { path: ["apps", 0, "scopes", 0] })
        const served = yield* start(["--port", "0", "--app-ticket-url", "http://127.0.0.1:9", "--seed", file])
        assert.deepStrictEqual(served.stderr, [`feishu-mock: warning: ${warning}`])
      }),
  )

  it.live("takes standard input once only", () =>
    Effect.gen(function* () {
      for (const twice of [
        ["-", "-"],
        ["-", "/dev/stdin"],
        ["/dev/fd/0", "feishu.yaml", "-"],
      ]) {
        assert.deepStrictEqual(yield* failing(["validate", ...twice]), {
          code: 2,
          stderr: "feishu-mock: standard input can be read only once: give - once",
        })
      }
    }),
  )

  // As control characters of both halves, and as what turns the direction; the rest is taken out above.
  const acting = "x\u0007\u0085\u202e周会"
  const shown = String.raw`x\u0007\u0085\u202e周会`
  const quoted = JSON.stringify(acting)
  const badOnes: ReadonlyArray<readonly [string, ReadonlyArray<string>, string?]> = [
    ["a flag", [`--${acting}`]],
    ["an argument", [acting]],
    ["a value", ["--port", acting]],
    ["a value of more than one", ["--log", acting]],
    ["a file that is not there", ["--seed", acting]],
    ["a file that is not there, to validate", ["validate", acting]],
    ["a file that cannot be written", ["init", `/nowhere/${acting}.yaml`]],
    ["a file that is not to be written", ["init", acting]],
    ["a host", ["--port", "0", "--host", acting]],
    ["a key", ["--seed", "FILE"], `${quoted}: 1`],
    ["a key of an app", ["validate", "FILE"], `apps: [{ ${quoted}: 1 }]`],
    ["a tenant", ["validate", "FILE"], `meetings: [{ tenant_key: ${quoted} }]`],
    ["a tag", ["validate", "FILE"], `meetings: !${acting.replace("\u0007", "")} []`],
    ["an alias", ["validate", "FILE"], `meetings: *${acting.replace("\u0007", "")}`],
    ["a base URL", ["contract", "--base-url", acting]],
    ["a meeting number", ["contract", "--base-url", "http://127.0.0.1:9", "--meeting-no", acting]],
  ]
  for (const [what, args, content] of badOnes) {
    it.live(`says what is wrong with ${what} that would act on a terminal in one that does not`, () =>
      Effect.gen(function* () {
        const file = content === undefined ? "" : yield* seedFile(content)
        const { stderr } = yield* failing(args.map((arg) => (arg === "FILE" ? file : arg)))
        assert.match(stderr, /^[ -~\n周会…≠]+$/u)
      }),
    )
  }

  it.live("shows in its banner, of files and in warnings nothing that acts on a terminal", () =>
    Effect.gen(function* () {
      // All that acts on a terminal and is part of a secret that a client can send: it ends a line.
      const secret = "'\u2028周会"
      const app = {
        app_id: "cli_周会",
        app_secret: secret,
        type: "self_built",
        scopes: [acting, "vc:meeting:readonly"],
        tenants: ["t"],
      }
      const folder = yield* tempFolder
      const file = join(folder, acting)
      const seed = JSON.stringify({ apps: [app], generate: [{ meeting_no: "337736498", count: 1 }] })
      yield* Effect.promise(() => writeFile(file, seed))
      const text = (said: {
        readonly stdout: string | ReadonlyArray<string>
        readonly stderr: ReadonlyArray<string>
      }) => [said.stdout, said.stderr].flat().join("\n")
      const flags = ["--port", "0", "--seed", file]
      const served = yield* start(flags)
      const said = [
        text(yield* done(["validate", file])),
        text(yield* done(["validate", "--json", file])),
        text(yield* done(["init", `${file}.yaml`])),
        text(yield* start([...flags, "--json"])),
        text(served),
      ]
      for (const one of said) {
        assert.match(one, /^[ -~\n周会]+$/u)
        assert.include(one, shown)
      }
      const [, pasted = ""] = /-d ('.*') \|/.exec(served.stdout) ?? []
      assert.deepStrictEqual(JSON.parse(pasted.slice(1, -1).replaceAll(`'\\''`, "'")), {
        app_id: "cli_周会",
        app_secret: secret,
      })
    }),
  )

  it.live("S8 warns when other machines can reach it", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* start(["--port", "0", "--json", "--host", "0.0.0.0"])
      assert.match(stderr.join(), /^feishu-mock: warning: other machines can reach 0\.0\.0\.0 /)
      assert.match(ready(stdout).url, /^http:\/\/127\.0\.0\.1:/)
    }),
  )
})

describe("feishu-mock in Chinese", () => {
  const chinese = Effect.provideService(Language.CurrentLanguage, "zh")
  /** A text without the names that are the same in every language. */
  const withoutNames = (text: string) =>
    text.replaceAll(
      /--?[\w-]+(?:[= ][A-Z|]+\b)?|[\w-]+\|[\w|-]+|feishu-mock[^\n]*|envsubst[^\n]*|(?:https?:\/|\/)[\w:./-]+|\{[^}]*\}+|[\w-]+\.(?:yaml|json|listByNo)|[A-Z_]{2,}[\w.]*|[a-z]+[A-Z]\w*|[a-z]+_[a-z_]+(?:=\w+)?|（\w+(?:，默认)?）|（\w+，[^）]*）/g,
      "",
    )

  it.live("has all of its help in Chinese, in lines that fit", () =>
    Effect.gen(function* () {
      for (const args of [[], ["init"], ["validate"], ["health"], ["schema"], ["contract"]]) {
        const { stdout } = yield* done([...args, "--help"]).pipe(chinese)
        assert.deepStrictEqual(
          stdout.filter((line) => CliOutput.displayWidth(line) > 80),
          [],
        )
        const left = withoutNames(stdout.join("\n")).match(
          /\b(?:the|an?|of|is|are|with|default|this|for|to|without|which)\b/gi,
        )
        assert.deepStrictEqual(left, null, args.join(" "))
      }
    }),
  )

  it.live("serves, and says so in Chinese; the lines to paste are the same", () =>
    Effect.gen(function* () {
      const { stdout } = yield* start(["--port", "0", "--now", "1769850000"]).pipe(chinese)
      assert.match(stdout, /^模拟飞书：http/)
      for (const word of ["会议号", "网页", "控制接口", "读取一页会议", "按 Ctrl-C 停止"])
        assert.include(stdout, word)
      assert.match(stdout, /^TOKEN=\$\(curl/m)
    }),
  )

  it.live("writes the same seed with every key explained in Chinese", () =>
    Effect.gen(function* () {
      const file = join(yield* tempFolder, "feishu.yaml")
      yield* done(["init", file]).pipe(chinese)
      const text = yield* Effect.promise(() => readFile(file, "utf8"))
      const { en, zh } = SeedExample.read()
      assert.strictEqual(text, zh)
      assert.deepStrictEqual(parse(zh), parse(en))
      const comments = (seed: string) => seed.match(/(?:^| )# \S/gm)?.length
      // A sentence may take one line more or less.
      assert.closeTo(comments(zh)!, comments(en)!, 2)
    }),
  )

  it.live("says what is wrong with a command line, a rule and a seed", () =>
    Effect.gen(function* () {
      const sayings = [
        [["--port", "x"], "--port 应为 0 到 65535 之间的整数，而不是“x”。请查看"],
        [["--fooo"], "未知选项 --fooo"],
        [["--fault", "{ operation: x }"], "缺少这个键"],
        [["--seed", "/nowhere.yaml"], "没有这个文件"],
        [["init", "seed.txt"], "init 写出 YAML"],
        [["validate", "-", "-"], "标准输入只能读取一次"],
        [["contract", "--base-url", "http://mock.example"], "不是 https"],
      ] as const
      for (const [args, wanted] of sayings) {
        const { code, stderr } = yield* failing(args).pipe(chinese)
        assert.strictEqual(code, 2, wanted)
        assert.include(stderr, wanted)
      }
      const file = yield* seedFile(
        [
          "apps:",
          "  - { app_id: a b, type: storre, tenants: [] }",
          "meetings:",
          '  - { id: x, meeting_no: "12", start_time: 20260131, topci: x, end_time: never }',
          '  - { id: "1", meeting_no: "337736498", topic: "", start_time: -1h, end_time: -2h, status: 2 }',
          '  - { id: "1", meeting_no: "337736498", topic: "", start_time: -1h, visible_to: [nobody], participants: [{}] }',
          "generate: 5",
          "limits: 3",
          "faults: [{ operation: listByNo, when: { nth: 0 }, then: { code: 1, paging: cycle } }]",
          "behaviour: { rateLimit: 0, recordingSeconds: -1 }",
        ].join("\n"),
      )
      const { code, stderr } = yield* failing(["validate", file]).pipe(chinese)
      assert.strictEqual(code, 2)
      const lines = stderr.split("\n").slice(1)
      assert.isAbove(lines.length, 12)
      const english = lines.filter((line) =>
        /\b(?:must|is|are|has|have|unknown|missing|did you|such as|needs?|already)\b/.test(line),
      )
      assert.deepStrictEqual(english, [])
    }),
  )
})

describe("the process of feishu-mock", () => {
  it.live("reads a seed from standard input, to validate and to serve it", () =>
    Effect.gen(function* () {
      const seed = "generate: [{ meeting_no: 337736498, count: 1, form: -3d }]"
      const validated = yield* feishuMock(["validate", "-"])
      validated.child.stdin?.end(seed)
      assert.deepStrictEqual(yield* Effect.promise(() => validated.ended), [2, null])
      assert.strictEqual(
        validated.stderr(),
        "feishu-mock: standard input has 1 fault:\n  generate[0].form (line 1): unknown key: did you mean from?\n",
      )
      const served = yield* feishuMock(["--port", "0", "--json", "--seed", "-"])
      served.child.stdin?.end(seed.replace("form", "from"))
      yield* Effect.promise(() => untilLine(served.child, served.stdout))
      assert.deepStrictEqual([...ready(served.stdout()).meetingNos], ["337736498"])
    }),
  )

  it.live("ends with 2 for a wrong flag, with nothing on stdout", () =>
    Effect.gen(function* () {
      const { ended, stderr, stdout } = yield* feishuMock(["--prot", "1"])
      const [code] = yield* Effect.promise(() => ended)
      assert.strictEqual(code, 2)
      assert.strictEqual(stdout(), "")
      assert.match(stderr(), /^feishu-mock: [^\n]*\n$/)
    }),
  )

  it.live(
    "X9 goes on after a hang-up; S10 ends with 0 on SIGTERM: what is under way is answered, what never ends is cut",
    () =>
      Effect.gen(function* () {
        const { child, ended, stderr, stdout } = yield* feishuMock(["--port", "0", "--json"])
        yield* Effect.promise(async () => {
          await untilLine(child, stdout)
          child.kill("SIGHUP")
          const { appId, appSecret, url } = ready(stdout())
          const body = JSON.stringify({ app_id: appId, app_secret: appSecret })
          const answered = await underWay(url, body)
          await underWay(url, body)
          child.kill("SIGTERM")
          while (await connects(url));
          answered.socket.write(body)
          await once(answered.socket, "close")
          assert.match(answered.received(), /HTTP\/1\.1 200 OK[^]*"tenant_access_token":"t-/)
          const [code] = await ended
          assert.strictEqual(code, 0)
          assert.strictEqual(stderr(), "")
        })
      }),
  )
})

const untilLine = async (child: ChildProcess, stdout: () => string) => {
  while (!stdout().includes("\n")) {
    assert.isNull(child.exitCode)
    if (child.stdout !== null) await once(child.stdout, "data")
  }
}

/** A request whose headers have arrived and whose body is awaited: the mock has answered "go on". */
const underWay = async (url: string, body: string) => {
  const { host, hostname, port } = new URL(url)
  const socket: Socket = connect(Number(port), hostname)
  const received = collect(socket)
  socket.on("error", () => undefined)
  socket.write(
    `POST ${TenantAccessToken.internalPath} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  )
  while (!received().includes("100 Continue")) await once(socket, "data")
  return { socket, received }
}

const connects = async (url: string): Promise<boolean> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    await once(socket, "connect")
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
