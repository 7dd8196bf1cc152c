/** Tries tarballs as their users will: installed into an empty folder, where the programs of the READMEs read from the mock. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { promisify } from "node:util"
import { bundleWorker } from "@effect-feishu/bundle/applications"
import { transform } from "esbuild"
import { pathOf } from "./PublicPackages.ts"
import type { Packed } from "./Tarballs.ts"

const run = promisify(execFile)

/** The private package that brings the runtimes: its install is that of the tests. */
const brought = pathOf("packages/promise/test/runtimes")
const installed = (path: string) => join(brought, "node_modules", path)

/** A runtime of programs in files. */
interface Runtime {
  readonly name: string
  readonly command: ReadonlyArray<string>
  /** True for Node: the commands run there. */
  readonly isNode?: boolean
  /** True when programs must be JavaScript of that Node's age: it has no `await using`. */
  readonly isOld?: boolean
}

const runtimes: ReadonlyArray<Runtime> = [
  { name: "Node 22.19", command: [installed("node-oldest/bin/node")], isNode: true, isOld: true },
  { name: "Node 24", command: [process.execPath], isNode: true },
  { name: "the newest Node", command: [installed("node-newest/bin/node")], isNode: true },
  { name: "Bun", command: [installed(".bin/bun"), "--no-install"] },
  {
    name: "Deno",
    command: [installed(".bin/deno"), "run", "--allow-net", "--allow-env", "--allow-sys", "--cached-only"],
  },
]

/** A program that a README shows, and what it prints: the same on every runtime. */
interface Program {
  /** A file, or a README whose first program is meant. */
  readonly file: string
  /** Runtimes that do not have what it uses. */
  readonly notOn?: ReadonlyArray<string>
  readonly prints: RegExp
  /** Flags of a mock of its own; default: one with the meetings of the last month. */
  readonly mock?: ReadonlyArray<string>
}

// Without a limit: one program would wait for the requests of the one before, and say so.
const month = ["--days", "29", "--rate-limit", "off"]
// The years that the programs of backfill read end there.
const years = ["--now", "2026-10-31T00:00:00Z", "--ninety-days", "span"]
const programs: ReadonlyArray<Program> = [
  { file: "packages/contract/README.md", prints: /^\/open-apis\/.*\nfinal 429\n$/ },
  { file: "packages/promise/examples/stream.ts", prints: /^(\d{19} .*\n){50,}$/ },
  { file: "packages/promise/examples/attendance.ts", prints: /^(\d{10} .* \S+ \d+\n){50,}$/ },
  // Bun has replaced undici, whose connections NodeHttp.layer opens.
  {
    file: "packages/core/examples/stream.ts",
    notOn: ["Bun"],
    prints: /^(\d{19} .*\n){50,}$/,
  },
  {
    file: "packages/core/examples/attendance.ts",
    notOn: ["Bun"],
    prints: /^(\d{10} .* \S+ \d+\n){50,}$/,
  },
  // It has Node's own SQLite.
  {
    file: "packages/backfill/examples/start.ts",
    notOn: ["Bun", "Deno"],
    prints: /^[1-9]\d+ meetings are in .*; 0 numbers failed\n$/,
    mock: years,
  },
]

/** Where a mock is, as environment variables of the programs. */
interface Mock extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>
}

const ended = async (child: ChildProcess) => {
  child.kill()
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
}

/** Starts the mock of the tarball. */
const startMock = async (folder: string, node: string, flags: ReadonlyArray<string>): Promise<Mock> => {
  const args = [join(folder, "node_modules/.bin/feishu-mock"), "--port", "0", "--json", ...flags]
  const child = spawn(node, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] })
  for await (const line of createInterface(child.stdout)) {
    const { appId, appSecret, url } = JSON.parse(line)
    const environment = { FEISHU_APP_ID: appId, FEISHU_APP_SECRET: appSecret, FEISHU_BASE_URL: url }
    return { environment, [Symbol.asyncDispose]: () => ended(child) }
  }
  throw new Error(`feishu-mock ended on ${node} before it served`)
}

/** Runs a file, and returns what it prints. */
const printed = async (
  folder: string,
  [file, ...args]: ReadonlyArray<string>,
  environment: Mock["environment"],
) => {
  const env = { PATH: process.env["PATH"], HOME: folder, ...environment }
  const { stdout } = await run(file!, args, { cwd: folder, env, timeout: 60_000 })
  return stdout
}

/** Installs the tarballs, with the packages that core and backfill need, into a folder that has nothing else. */
const install = async (folder: string, packed: ReadonlyArray<Packed>) => {
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const { dependencies } = JSON.parse(await readFile(join(brought, "package.json"), "utf8"))
  const needed = ["effect", "@effect/platform-node", "@effect/sql-pg"].map(
    (name) => `${name}@${dependencies[name]}`,
  )
  const tarballs = packed.map(({ tarball }) => tarball)
  await run("npm", ["install", "--no-audit", "--no-fund", ...needed, ...tarballs], { cwd: folder })
}

/** Writes a program into the folder, as a runtime takes it, and returns the name of the file. */
const written = async (folder: string, file: string, { isOld }: Runtime) => {
  const text = await readFile(pathOf(file), "utf8")
  const code = file.endsWith(".md") ? /^```ts\n(.*?)^```$/ms.exec(text)![1]! : text
  const name = file.replace("packages/", "").replace("/examples/", "-").replace("/README.md", ".ts")
  if (isOld !== true) {
    await writeFile(join(folder, name), code)
    return name
  }
  const script = name.replace(/\.ts$/, ".js")
  await writeFile(join(folder, script), (await transform(code, { loader: "ts", target: "node22" })).code)
  return script
}

const expect = (what: string, text: string, prints: RegExp) => {
  if (!prints.test(text)) throw new Error(`${what} printed: ${text.slice(0, 2_000)}`)
}

/** Serves the Worker of the README in workerd, and returns its first page. */
const fromWorker = async (folder: string): Promise<string> => {
  await mkdir(join(folder, "worker"))
  await copyFile(pathOf("packages/promise/examples/worker.ts"), join(folder, "worker/worker.ts"))
  await bundleWorker(folder, "worker/worker.ts", "worker/worker.js")
  // The configuration of the tests has this Worker, and another one.
  const config = await readFile(join(brought, "workerd.capnp"), "utf8")
  const alone = config
    .replace(/^ +\(name = "reads".*\n/gm, "")
    .replace(/^const reads [^]*?^\);\n/m, "")
    .replace(".bundle/example.js", "worker.js")
  await writeFile(join(folder, "worker/workerd.capnp"), alone)
  await using mock = await startMock(folder, process.execPath, month)
  const workerd = spawn(installed("workerd/bin/workerd"), ["serve", "workerd.capnp", "--control-fd=3"], {
    cwd: join(folder, "worker"),
    env: mock.environment,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  })
  try {
    for await (const line of createInterface(workerd.stdio[3] as Readable)) {
      const response = await fetch(`http://127.0.0.1:${JSON.parse(line).port}`)
      return await response.text()
    }
    throw new Error("workerd ended before it served")
  } finally {
    await ended(workerd)
  }
}

/**
 * Tries the tarballs on every runtime, with the mock of the tarball. It throws at the first program that does not do what the
 * READMEs say.
 *
 * @param report Gets a line for each runtime.
 */
export const tryTarballs = async (
  packed: ReadonlyArray<Packed>,
  report: (line: string) => void,
): Promise<void> => {
  await run("pnpm", ["install", "--frozen-lockfile"], { cwd: brought })
  const folder = await mkdtemp(join(tmpdir(), "feishu-trial-"))
  try {
    await install(folder, packed)
    for (const runtime of runtimes) {
      const node = runtime.isNode === true ? runtime.command[0]! : process.execPath
      const tried: Array<string> = []
      await using recent = await startMock(folder, node, month)
      for (const { file, mock: flags, notOn = [], prints } of programs) {
        if (notOn.includes(runtime.name)) continue
        await using own = flags === undefined ? undefined : await startMock(folder, node, flags)
        const name = await written(folder, file, runtime)
        const database = join(folder, `${runtime.name}.sqlite`)
        const environment = { ...(own ?? recent).environment, DATABASE: database }
        expect(
          `${file} on ${runtime.name}`,
          await printed(folder, [...runtime.command, name], environment),
          prints,
        )
        tried.push(name)
      }
      if (runtime.isNode === true) {
        const command = [node, join(folder, "node_modules/.bin/feishu-meetings"), "list", "337736498"]
        const text = await printed(folder, [...command, "--from", "30d"], recent.environment)
        expect(`feishu-meetings on ${runtime.name}`, text, /^(\{"id":"\d{19}".*\}\n){50,}$/)
        tried.push("feishu-meetings", "feishu-mock")
      }
      report(`${runtime.name}: ${tried.join(", ")}`)
    }
    expect("the Worker", await fromWorker(folder), /^\{"meetings":\[\{"id":"\d{19}"/)
    report("workerd: promise-worker.ts")
  } finally {
    await rm(folder, { recursive: true })
  }
}
