/** What is published: a tarball without dependencies, with types that name none. */
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { bundlers } from "@effect-feishu/bundle/applications"
import { ids, meetingNo, range, startFeishu } from "./fixture.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const run = async (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: NodeJS.ProcessEnv = {},
) => {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env } })
  return stdout
}

const tarball = () => join(inject("tarballs"), "promise.tgz")

/** An application's folder, with nothing in it but the installed tarball. */
let folder: string
let installed: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "feishu-promise-"))
  installed = join(folder, "node_modules/@effect-feishu/promise")
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball()], folder)
}, 120_000)
afterAll(() => rm(folder, { recursive: true }))

describe("the tarball", () => {
  it("brings one package, which depends on none, and stays small", async () => {
    assert.deepStrictEqual(await readdir(join(folder, "node_modules/@effect-feishu")), ["promise"])
    const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"))
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
      assert.notProperty(manifest, kind)
    }
    const files = await readdir(join(installed, "dist"))
    assert.deepStrictEqual(
      files.filter((name) => !name.endsWith(".d.ts")),
      ["THIRD-PARTY-NOTICES.txt", "index.js", "web.js"],
    )
    assert.include(await readFile(join(installed, "dist/THIRD-PARTY-NOTICES.txt"), "utf8"), "undici 8.")
  })

  it("has types without a word of Effect, which compile where there is none", async () => {
    const files = (await readdir(join(installed, "dist"))).filter((name) => name.endsWith(".d.ts"))
    for (const file of files) {
      const text = await readFile(join(installed, "dist", file), "utf8")
      const imported = Array.from(text.replaceAll(/^ *\*.*$/gm, "").matchAll(/(?:from|import\() ?"([^"]+)"/g))
      for (const [, module] of imported) assert.match(module!, /^\.\//)
      assert.notMatch(text, /\b(?:Effect|Stream|Layer|Redacted)\./)
    }
    await writeFile(
      join(folder, "typed.ts"),
      `import { type Client, createClient, FeishuError, type Meeting, PermissionDenied } from "@effect-feishu/promise"
      export const topics = async (client: Client): Promise<ReadonlyArray<string | undefined>> => {
        const rows: Array<Meeting> = []
        try {
          for await (const row of client.stream({ meetingNo: "337736498", range: { from: new Date() } })) rows.push(row)
        } catch (error) {
          if (error instanceof PermissionDenied) console.error(error.scopes.join())
          else if (error instanceof FeishuError) console.error(error.reason, error.cursor?.length)
        }
        return rows.map(({ password, topic }) => topic ?? password?.reveal())
      }
      export const client = createClient({ accessToken: "t", fetch })
      createClient({ accessToken: "t", fetch: async (url: string) => new Response(url) })`,
    )
    const options = {
      target: "ES2022",
      lib: ["ES2022"],
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    }
    // In CommonJS, too, which may require a module.
    await writeFile(
      join(folder, "typed.cts"),
      `import { createClient } from "@effect-feishu/promise"
      export const client = createClient({ accessToken: "t" })`,
    )
    const project = { compilerOptions: options, files: ["typed.ts", "typed.cts"] }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(project))
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    assert.strictEqual(await run(process.execPath, [tsc, "--project", "."], folder), "")
  })

  it("reads every meeting of the mock", async () => {
    await writeFile(
      join(folder, "program.js"),
      `import { createClient, FeishuError } from "@effect-feishu/promise"
      const { APP_ID: appId, APP_SECRET: appSecret, BASE_URL: baseUrl } = process.env
      const request = ${JSON.stringify({ meetingNo, range })}
      const client = createClient({ appId, appSecret, baseUrl })
      for await (const { id } of client.stream(request)) console.log(id)
      const refused = createClient({ appId, appSecret: "wrong", baseUrl })
      await refused.page(request).catch((error) => console.log(error.name, error instanceof FeishuError))
      // Not closed: connections that are only kept for later do not keep a process.`,
    )
    await using feishu = await startFeishu()
    const env = { APP_ID: feishu.appId, APP_SECRET: feishu.appSecret, BASE_URL: feishu.url }
    const lines = await run(process.execPath, ["program.js"], folder, env)
    assert.deepStrictEqual(lines.trim().split("\n"), [...ids, "AuthenticationFailed true"])
  })
})

/** A program in CommonJS or a module, by how it gets at the package. */
const counting = (imports: string) => `${imports}
  const { APP_ID: appId, APP_SECRET: appSecret, BASE_URL: baseUrl } = process.env
  const read = async () => {
    const client = createClient({ appId, appSecret, baseUrl })
    const ids = new Set()
    for await (const { id } of client.stream(${JSON.stringify({ meetingNo, range })})) ids.add(id)
    const refused = await client.page({ meetingNo: "1", range: { from: "1d" } }).catch((error) => error)
    await client.close()
    console.log(ids.size, refused instanceof FeishuError, refused.name)
  }
  void read()`

describe("in an application", () => {
  /** Programs of the folder that do the same, by how they are loaded. */
  const programs = new Map<string, string>()
  beforeAll(async () => {
    const names = "{ createClient, FeishuError }"
    await writeFile(join(folder, "app.js"), counting(`import ${names} from "@effect-feishu/promise"`))
    await writeFile(
      join(folder, "required.cjs"),
      counting(`const ${names} = require("@effect-feishu/promise")`),
    )
    programs.set("imported", "app.js").set("required by CommonJS", "required.cjs")
    for (const [how, bundle] of Object.entries(bundlers)) programs.set(how, await bundle(folder, "app.js"))
  })

  for (const how of ["imported", "required by CommonJS", ...Object.keys(bundlers)]) {
    it(`reads every meeting: ${how}`, async () => {
      await using feishu = await startFeishu()
      const env = { APP_ID: feishu.appId, APP_SECRET: feishu.appSecret, BASE_URL: feishu.url }
      const said = await run(process.execPath, [programs.get(how)!], folder, env)
      assert.strictEqual(said, `${ids.length} true InvalidRequest\n`)
    })

    it(`is told on an old Node which one it needs: ${how}`, async () => {
      // A preload that such a Node has, too, for whoever runs this with one.
      const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })`
      await writeFile(join(folder, "old.cjs"), old)
      const args = ["--require", "./old.cjs", programs.get(how)!]
      const stderr = await run(process.execPath, args, folder).then(
        () => "",
        (error: { readonly stderr: string }) => error.stderr,
      )
      const needs = "@effect-feishu/promise needs Node.js 22.19 or later, and this is 20.20.2"
      assert.include(stderr, `[Error: ${needs}]`)
      assert.notInclude(stderr, "SyntaxError")
    })
  }

  it("takes from Node by name only what an old Node has, which could not say anything otherwise", async () => {
    const code = await readFile(join(installed, "dist/index.js"), "utf8")
    const named = Array.from(
      code.matchAll(/^import \{ (.*) \} from "(node:.*)";$/gm),
      ([, names, module]) => [module, names],
    )
    // Node 16 has all of these.
    assert.deepStrictEqual(Object.fromEntries(named), {
      "node:stream": "Readable, finished",
      "node:buffer": "Buffer as Buffer$1",
      "node:crypto": "X509Certificate, createPrivateKey, randomBytes",
      "node:net": "BlockList, isIP",
      "node:path": "basename, dirname, join, resolve",
      "node:url": "domainToASCII",
    })
    assert.notMatch(code, /import\.meta|createRequire/)
  })

  it("takes nothing from Node where there are no modules of Node", async () => {
    const code = await readFile(join(installed, "dist/web.js"), "utf8")
    assert.notMatch(code, /^import\b|\bimport\(|\brequire\(/m)
    // Effect uses these if they are there.
    assert.notMatch(code, /(?<!globalThis\.)\bprocess\.|(?<!globalThis\.)\bBuffer\./)
  })
})
