/** What is published: a tarball without dependencies, whose README works for whoever follows it. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { execFile, spawn } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { bundlers } from "@effect-feishu/bundle/applications"

const source = fileURLToPath(new URL("..", import.meta.url))
const root = fileURLToPath(new URL("../..", import.meta.url))

// A vitest within vitest would take itself for a worker of it.
const { HOME, PATH } = process.env
const run = async (command: string, args: ReadonlyArray<string>, cwd: string) => {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: { HOME, PATH } })
  return stdout
}

/** An application's folder, with nothing in it but the installed tarball and the code of its README. */
let folder: string
let installed: string
let readme: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "feishu-mock-"))
  installed = join(folder, "node_modules/@effect-feishu/mock-server")
  await promisify(execFile)("pnpm", ["run", "build"], { cwd: source })
  await promisify(execFile)("pnpm", ["pack", "--out", join(folder, "mock.tgz")], { cwd: source })
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "./mock.tgz"], folder)
  readme = await readFile(join(installed, "README.md"), "utf8")
  for (const [, name, code] of readme.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)) {
    await writeFile(join(folder, name!), code!)
  }
}, 120_000)
afterAll(() => rm(folder, { recursive: true }))

/** Brings a package of ours to where the application finds it, as an install would. */
const link = async (name: string) => {
  const path = join(folder, "node_modules", name)
  await mkdir(join(path, ".."), { recursive: true })
  await rm(path, { force: true })
  await symlink(join(source, "node_modules", name), path)
}

/** What the compiler says about files of the folder. */
const compile = async (files: ReadonlyArray<string>, skipLibCheck: boolean) => {
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable", "DOM"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  }
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  return run(process.execPath, [tsc, "--project", "."], folder).catch((error) => error.stdout)
}

/** Runs a program of the README, which states what it prints. */
const printsWhatItStates = async (name: string) => {
  const program = await readFile(join(folder, name), "utf8")
  const stated = Array.from(program.matchAll(/\/\/ => (.*)$/gm), ([, line]) => line)
  const printed = (await run(process.execPath, [name], folder)).trim().split("\n")
  assert.isNotEmpty(stated)
  assert.deepStrictEqual(printed, stated)
}

describe("the tarball", () => {
  it("brings one package, which depends on none, and only files that can be used", async () => {
    assert.deepStrictEqual(
      (await readdir(join(folder, "node_modules"))).filter((name) => !name.startsWith(".")),
      ["@effect-feishu"],
    )
    const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"))
    assert.notProperty(manifest, "dependencies")
    assert.notProperty(manifest, "optionalDependencies")
    for (const peer of Object.keys(manifest.peerDependencies)) {
      assert.isTrue(manifest.peerDependenciesMeta[peer].optional, peer)
    }
    assert.sameMembers(await readdir(installed), [
      "FIDELITY.md",
      "FIDELITY.zh-CN.md",
      "LICENSE",
      "README.md",
      "README.zh-CN.md",
      "dist",
      "examples",
      "package.json",
    ])
    assert.sameMembers(await readdir(join(installed, "examples"), { recursive: true }), [
      "feishu.schema.json",
      "go",
      "go/go.mod",
      "go/meetings.go",
      "go/meetings_test.go",
      "go/mock_test.go",
      "python",
      "python/feishu_mock.py",
      "python/meetings.py",
      "python/test_meetings.py",
      "seed.yaml",
      "seed.zh-CN.yaml",
    ])
    const licences = await readFile(join(installed, "dist/THIRD-PARTY-NOTICES.txt"), "utf8")
    for (const name of ["effect", "@effect/platform-node", "@mswjs/data", "yaml", "preact"]) {
      assert.match(licences, new RegExp(`^${name} \\d`, "m"))
    }
    for (const name of ["msw", "graphql", "date-fns"]) assert.notMatch(licences, new RegExp(`^${name} `, "m"))
  })

  it("has types that are whole, and of which only those of /effect name Effect", async () => {
    const dist = join(installed, "dist")
    const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith(".d.ts"))
    assert.includeMembers(files, ["index.d.ts", "effect.d.ts", "library/MockFeishu.d.ts"])
    for (const file of files) {
      const text = (await readFile(join(dist, file), "utf8")).replaceAll(/^ *\*.*$/gm, "")
      for (const [, module] of text.matchAll(/(?:from|import\() ?"([^"]+)"/g)) {
        const [from] = module!.split("/")
        if (module!.startsWith(".")) {
          assert.include(files, join(dirname(file), module!).replace(/\.ts$/, ".d.ts"))
        } else if (/(^|\/)(Control|MockFeishu|SeedInvalid)\./.test(file)) assert.strictEqual(from, "effect")
        else assert.strictEqual(`${file} ${from}`, `${file.replace(/^(?!vitest).*/, "none")} vitest`)
      }
    }
  })

  it("loads the 3 MB of its documentation, its page, YAML and undici only when they are needed", async () => {
    const chunks = await readdir(join(installed, "dist/chunks"))
    assert.includeMembers(chunks, ["httpApiScalar.js", "SeedYaml.js", "InspectorAssets.js"])
    await writeFile(
      join(folder, "loaded.js"),
      `import { registerHooks } from "node:module"
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      const { startFeishuMock } = await import("@effect-feishu/mock-server")
      const before = loaded.length
      const { close } = await startFeishuMock()
      console.log(before, loaded.some((url) => /httpApiScalar|SeedYaml|InspectorAssets/.test(url)))
      console.log(process.moduleLoadList.some((name) => name.endsWith("undici/undici")))
      await close()`,
    )
    assert.strictEqual(await run(process.execPath, ["loaded.js"], folder), "3 false\nfalse\n")
  })
})

describe("whoever follows the README", () => {
  it("starts the command, which serves until a signal", async () => {
    const command = "node_modules/.bin/feishu-mock"
    await run(process.execPath, [command, "init", "feishu.yaml"], folder)
    const mock = spawn(process.execPath, [command, "--port", "0", "--json", "--seed", "feishu.yaml"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    })
    const ended = new Promise<number | null>((resolve) => mock.on("exit", resolve))
    for await (const line of createInterface(mock.stdout)) {
      const { url } = JSON.parse(line)
      assert.strictEqual((await fetch(`${url}/_mock/health`)).status, 200)
      assert.match(await (await fetch(`${url}/_mock/docs`)).text(), /createApiReference/)
      assert.match(await (await fetch(`${url}/`)).text(), /<div id="page">/)
      mock.kill("SIGTERM")
    }
    assert.strictEqual(await ended, 0)
    const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8"))
    const told = await run(process.execPath, [command, "--version"], folder)
    assert.include(told, version)
  })

  it("uses promises, with types that need no Effect", async () => {
    assert.strictEqual(await compile(["start.ts"], false), "")
    await printsWhatItStates("start.ts")
  })

  it("tests with vitest, with types that need no Effect", async () => {
    await link("vitest")
    // What vitest's own types say is not ours to check.
    assert.strictEqual(await compile(["vitest.config.ts", "meetings.test.ts"], true), "")
    const vitest = join(folder, "node_modules/vitest/vitest.mjs")
    await run(process.execPath, [vitest, "run", "--reporter", "json", "--outputFile", "report.json"], folder)
    const report = JSON.parse(await readFile(join(folder, "report.json"), "utf8"))
    assert.deepStrictEqual([report.numPassedTests, report.numFailedTests], [1, 0])
  })

  it("provides Layers to the effect of the application", async () => {
    for (const name of ["effect", "@effect/platform-node"]) await link(name)
    assert.strictEqual(await compile(["effect.ts"], true), "")
    await printsWhatItStates("effect.ts")
  })

  it("is told in a line by an old Node, by the command and by each import", async () => {
    const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.0" } })`
    const stderrOf = (...args: ReadonlyArray<string>) =>
      run(process.execPath, ["--import", old, ...args], folder).then(String, ({ code, stderr }) => [
        code,
        stderr,
      ])
    const needs = "needs Node.js 22.19 or later, and this is 22.18.0"
    assert.deepStrictEqual(await stderrOf("node_modules/.bin/feishu-mock"), [1, `feishu-mock ${needs}\n`])
    for (const entry of ["", "/vitest-setup"]) {
      const [code, stderr] = await stderrOf(
        "--input-type=module",
        "--eval",
        `import "@effect-feishu/mock-server${entry}"`,
      )
      assert.strictEqual(code, 1)
      assert.include(stderr, `[Error: @effect-feishu/mock-server ${needs}]`)
      assert.notMatch(stderr!, /^ +at /m)
    }
    for (const name of ["effect", "@effect/platform-node", "vitest"]) await link(name)
    for (const entry of ["/effect", "/vitest"]) {
      const [, stderr] = await stderrOf(
        "--input-type=module",
        "--eval",
        `import "@effect-feishu/mock-server${entry}"`,
      )
      assert.include(stderr, `[Error: @effect-feishu/mock-server ${needs}]`)
    }
    const { engines } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"))
    assert.strictEqual(engines.node, ">=22.19.0")
  })
})

/** A program in CommonJS or a module, by how it gets at the package: a mock on a socket, and one without. */
const answering = (imports: string) => `${imports}
  const seed = { meetings: [{ id: "7011030664708603907", meeting_no: "337736498", topic: "Kick-off", start_time: 1767225600 }] }
  const serve = async () => {
    const feishu = await startFeishuMock({ seed })
    const inProcess = await fetchHandler({ seed })
    for (const [url, ask] of [[feishu.url, fetch], [inProcess.url, inProcess.fetch]]) {
      const page = await (await ask(new Request(url + "/"))).text()
      const answer = await ask(new Request(url + "/open-apis/vc/v1/meetings/list_by_no"))
      console.log(page.includes('<div id="page">'), (await answer.json()).code)
    }
    console.log((await feishu.journal()).length)
    await feishu.close()
  }
  void serve()`

describe("in an application", () => {
  it.each(["required by CommonJS", ...Object.keys(bundlers)])("starts: %s", async (how) => {
    const names = "{ fetchHandler, startFeishuMock }"
    await writeFile(join(folder, "app.js"), answering(`import ${names} from "@effect-feishu/mock-server"`))
    await writeFile(
      join(folder, "required.cjs"),
      answering(`const ${names} = require("@effect-feishu/mock-server")`),
    )
    const program = (await bundlers[how]?.(folder, "app.js")) ?? "required.cjs"
    assert.strictEqual(await run(process.execPath, [program], folder), "true 99991661\ntrue 99991661\n1\n")
  })

  it.each(Object.keys(bundlers))("provides its Layers, with effect outside: %s", async (how) => {
    for (const name of ["effect", "@effect/platform-node"]) await link(name)
    await writeFile(
      join(folder, "layers.js"),
      `import * as Effect from "effect/Effect"
      import { MockFeishu } from "@effect-feishu/mock-server/effect"
      const seed = { generate: [{ meeting_no: "146453285", count: 10 }] }
      const numbers = Effect.map(MockFeishu.MockFeishu, ({ meetingNos }) => meetingNos.join())
      const provided = Effect.provide(numbers, MockFeishu.layer({ seed }))
      void Effect.runPromise(provided).then((said) => console.log(said))`,
    )
    const program = await bundlers[how]!(folder, "layers.js", [
      "effect",
      "effect/*",
      "@effect/platform-node",
      "@effect/platform-node/*",
    ])
    assert.strictEqual(await run(process.execPath, [program], folder), "146453285\n")
  })

  it("takes from Node by name only what an old Node has, which could not say anything otherwise", async () => {
    for (const [file, names] of [
      ["index.js", []],
      [
        "effect.js",
        ["createCipheriv", "createHash", "createHmac", "gzipSync", "randomBytes", "timingSafeEqual"],
      ],
    ] as const) {
      const code = await readFile(join(installed, "dist", file), "utf8")
      const named = Array.from(code.matchAll(/^import \{ (.*) \} from "node:.*";$/gm), ([, list]) =>
        list!.split(", "),
      )
      assert.sameMembers(named.flat(), [...names])
      assert.notMatch(code, /import\.meta|createRequire/)
    }
  })
})
