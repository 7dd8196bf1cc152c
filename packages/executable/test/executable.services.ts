/** The mock as one file: made once, started without Node, and driven from Python. */
import { execFile } from "node:child_process"
import { once } from "node:events"
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Executable from "../src/Executable.ts"

const run = promisify(execFile)
const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** The folder in which it was made, and the executable alone in another one, which everybody may read. */
let made: string
let executable: string
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), "feishu-executable-"))
  await chmod(made, 0o755)
  await mkdir(join(made, "alone"))
  executable = join(made, "alone", "feishu-mock")
  await copyFile(await Executable.make(made), executable)
}, 120_000)
afterAll(() => rm(made, { recursive: true }))

/** Runs the executable to its end, with no variable of the environment; as a user other than root, where that is possible. */
const ran = (args: ReadonlyArray<string>, cwd = "/") => {
  const user = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {}
  return run(executable, args, { cwd, env: {}, ...user }).then(
    ({ stderr, stdout }) => ({ code: 0, stderr, stdout }),
    ({ code, stderr, stdout }) => ({ code, stderr, stdout }),
  )
}

/** Runs a program of Python with the executable. A proxy for the outside world has nothing to do with 127.0.0.1. */
const python = async (cwd: string) => {
  const env = Object.entries(process.env).filter(([name]) => !/^(https?|all)_proxy$/i.test(name))
  const { stderr } = await run("python3", ["-m", "unittest"], {
    cwd,
    env: { ...Object.fromEntries(env), FEISHU_MOCK: executable, PYTHONDONTWRITEBYTECODE: "1" },
  })
  return stderr
}

/** Returns a port on which nothing listens. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

describe("the executable", () => {
  it("is driven from Python: a seed, pages, a failure, the journal, signals, and health", async () => {
    assert.match(await python(pathOf("packages/executable/test")), /^Ran 4 tests in .*\n\nOK$/m)
  })

  it("runs the tests of the example for Python that is next to it", async () => {
    assert.match(await python(join(made, "examples/python")), /^Ran 3 tests in .*\n\nOK$/m)
  })

  it("is started and waited for in a shell, as the page of the documents shows", async () => {
    const text = await readFile(pathOf("packages/executable/examples/start.sh"), "utf8")
    const lines = text
      .replaceAll("8787", String(await freePort()))
      .replaceAll(/feishu-mock-linux-\w+/g, Executable.name)
    const { stdout } = await run("sh", ["-ec", lines], { cwd: made })
    assert.match(stdout, /^feishu-mock-linux-\w+: OK\n[^]*http:\/\/127\.0\.0\.1:\d+ serves\n$/)
  })

  it("has the version of the package, and what it prints is as the command prints it, under its own name", async () => {
    const { version } = JSON.parse(await readFile(pathOf("mock-server/package.json"), "utf8"))
    assert.deepStrictEqual(await ran(["--version"]), {
      code: 0,
      stderr: "",
      stdout: `feishu-mock v${version}\n`,
    })
    const command = [pathOf("mock-server/src/bin.ts"), "contract", "--help"]
    for (const language of ["en", "zh"]) {
      const printed = await run(process.execPath, [...command, "--lang", language])
      // Found in PATH, it is called by the name of its file.
      const own = await run("feishu-mock", ["contract", "--help", "--lang", language], {
        env: { PATH: dirname(executable) },
      })
      assert.deepStrictEqual(own, printed)
      const { stdout } = await ran(["contract", "--help", "--lang", language])
      assert.include(stdout, `\n  ${executable} contract [`)
    }
  })

  it("checks seeds in YAML and JSON, and writes one to start from", async () => {
    const folder = await mkdtemp(join(tmpdir(), "feishu-executable-"))
    try {
      await chmod(folder, 0o777)
      assert.strictEqual((await ran(["init"], folder)).code, 0)
      assert.sameMembers(await readdir(folder), ["feishu.schema.json", "feishu.yaml"])
      await writeFile(join(folder, "seed.json"), '{ "generate": [{ "meeting_no": "1", "count": 2 }] }')
      assert.match((await ran(["validate", "feishu.yaml"], folder)).stdout, /^feishu\.yaml is good: /)
      const wrong = await ran(["validate", "seed.json"], folder)
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.stderr, /^feishu-mock: seed\.json.*\n.*generate\[0\]\.meeting_no/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("prints the licences of Node and of everything that is bundled", async () => {
    const { stdout } = await ran(["licenses"])
    assert.match(stdout, /^Node\.js\n\nNode\.js is licensed for use as follows:/)
    for (const name of ["effect", "@effect/platform-node", "@mswjs/data", "yaml", "preact"]) {
      assert.match(stdout, new RegExp(`^${name} \\d`, "m"))
    }
  })

  it("comes with its checksum, and its size and the glibc that it needs are as the README says", async () => {
    const checked = await run("sha256sum", ["--check", `${Executable.name}.sha256`], { cwd: made })
    assert.strictEqual(checked.stdout, `${Executable.name}: OK\n`)
    const content = await readFile(executable, "latin1")
    const needed = Math.max(...Array.from(content.matchAll(/GLIBC_2\.(\d+)/g), ([, minor]) => Number(minor)))
    const megabytes = content.length / 1e6
    for (const name of ["README.md", "README.zh-CN.md"]) {
      const readme = await readFile(pathOf(`mock-server/${name}`), "utf8")
      assert.include(readme, `glibc 2.${needed}`)
      const [, said] = /(\d+) MB/.exec(readme.slice(readme.indexOf(Executable.name.replace(/-\w+$/, ""))))!
      assert.approximately(megabytes, Number(said), 10)
    }
  })
})

describe("the example for Compose", () => {
  it("gives the mock flags that it has, and asks for it at its port", async () => {
    const text = await readFile(pathOf("packages/executable/examples/compose.yaml"), "utf8")
    const help = (await ran(["--help"])).stdout
    const [, list = ""] = /command: (\[.*seed.*\])/.exec(text)!
    const flags: ReadonlyArray<string> = JSON.parse(list)
    for (const flag of flags.filter((word) => word.startsWith("--"))) assert.include(help, `\n  ${flag} `)
    const [, port] = /FEISHU_BASE_URL: "http:\/\/feishu:(\d+)"/.exec(text)!
    assert.include(text, `ports: ["${port}:${port}"]`)
    assert.match(help, new RegExp(`default: ${port}`))
  })
})

describe("the Containerfile", () => {
  it("has five lines, which name a file that is next to it, the port of the mock, and flags that it has", async () => {
    const text = await readFile(join(made, "Containerfile"), "utf8")
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    assert.deepStrictEqual(
      lines.map((line) => line.split(" ")[0]),
      ["FROM", "COPY", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"],
    )
    const [base = "", copy = "", expose = "", health = "", entry = ""] = lines
    assert.match(base, /:nonroot$/)
    const [, file = "", path = ""] = copy.split(" ")
    assert.include(await readdir(made), file)
    const commandOf = (line: string): ReadonlyArray<string> => JSON.parse(line.slice(line.indexOf("[")))
    const [checker, ...check] = commandOf(health)
    const [program, ...flags] = commandOf(entry)
    assert.deepStrictEqual([checker, program, dirname(path)], [path, path, "/"])
    const { stdout } = await ran([...check, "--help"])
    const port = expose.split(" ")[1]
    assert.include(stdout, `default: http://127.0.0.1:${port})`)
    const help = (await ran(["--help"])).stdout
    assert.match(help, new RegExp(`default: ${port}`))
    for (const flag of flags.filter((word) => word.startsWith("--"))) assert.include(help, `\n  ${flag} `)
  })
})
