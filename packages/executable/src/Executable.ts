/**
 * The mock as one executable file: Node, with a program in it that reads nothing from files next to it. It is made from the
 * package of Node that npm has for this machine, by Node's own tools for single executable applications.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { bundleScript } from "@effect-feishu/bundle"
import * as Notices from "@effect-feishu/bundle/notices"
import * as ControlVersion from "@effect-feishu/mock-server/ControlVersion"
import * as InspectorAssets from "@effect-feishu/mock-server/InspectorAssets"
import * as Readme from "@effect-feishu/mock-server/Readme"
import * as SeedExample from "@effect-feishu/mock-server/SeedExample"

const run = promisify(execFile)
const { resolve } = createRequire(import.meta.url)

/** The name of the executable for this machine. */
export const name = `feishu-mock-linux-${process.arch}`

/** The folder in which it is made. */
const folder = fileURLToPath(new URL("../dist", import.meta.url))

/** Files of the mock next to it, for testers who have neither this repository nor npm. The executable reads none of them. */
const beside = [
  "README.md",
  "README.zh-CN.md",
  "FIDELITY.md",
  "FIDELITY.zh-CN.md",
  "examples/python",
  "examples/go",
]

/** Makes the executable in a folder, with its checksum, a Containerfile, the README and examples next to it. Returns its path. */
export const make = async (into: string = folder): Promise<string> => {
  const node = nodeOfThisMachine()
  await mkdir(into, { recursive: true })
  const work = await mkdtemp(join(into, "making-"))
  try {
    const made = await withProgram(node, work)
    const path = join(into, name)
    // A running one keeps its file.
    await rename(made, path)
    await writeFile(`${path}.sha256`, `${await checksum(path)}  ${name}\n`)
    const containerfile = await readFile(new URL("../Containerfile", import.meta.url), "utf8")
    await writeFile(join(into, "Containerfile"), containerfile.replaceAll("feishu-mock-linux-x64", name))
    for (const file of beside) {
      const source = new URL(`../../../mock-server/${file}`, import.meta.url)
      await cp(source, join(into, file), { recursive: true, filter: (path) => !path.endsWith("__pycache__") })
    }
    return path
  } finally {
    await rm(work, { recursive: true })
  }
}

/** A Node, and its licences. */
interface Node {
  readonly file: string
  readonly licences: string
}

const nodeOfThisMachine = (): Node => {
  const { arch, platform } = process
  try {
    const folder = dirname(resolve(`node-${platform}-${arch}/package.json`))
    return { file: join(folder, "bin/node"), licences: join(folder, "LICENSE") }
  } catch {
    throw new Error(`The executable is made on Linux, x64 or arm64, and this is ${platform} on ${arch}.`)
  }
}

/** Makes the executable in an empty folder, and returns its path. */
const withProgram = async (node: Node, work: string): Promise<string> => {
  const at = (name: string) => join(work, name)
  const { code, notices } = await bundleScript(new URL("bin.ts", import.meta.url), [
    await InspectorAssets.made(),
    SeedExample.made(),
    ControlVersion.made(),
    Readme.made(),
  ])
  await writeFile(at("program.cjs"), code)
  const nodeLicences = (await readFile(node.licences, "utf8")).trim()
  await writeFile(at("LICENSES"), [`Node.js\n\n${nodeLicences}\n`, notices].join(Notices.rule))
  const settings = {
    main: at("program.cjs"),
    output: at("program.blob"),
    assets: { LICENSES: at("LICENSES") },
    disableExperimentalSEAWarning: true,
    // It starts in three quarters of the time (measured). A snapshot is not possible: Node does not support all of its own
    // modules in one.
    useCodeCache: true,
    // NODE_OPTIONS is of the programs that a tester runs on a Node of their own. It could refuse to start, or load their code.
    execArgvExtension: "none",
  }
  await writeFile(at("sea.json"), JSON.stringify(settings))
  await run(node.file, ["--experimental-sea-config", at("sea.json")])
  await strip(node.file, at(name))
  await run(process.execPath, [
    resolve("postject/dist/cli.js"),
    at(name),
    "NODE_SEA_BLOB",
    at("program.blob"),
    "--sentinel-fuse",
    "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2",
  ])
  await chmod(at(name), 0o755)
  return at(name)
}

/** Copies a program without its symbols, which are a seventh of Node. */
const strip = async (from: string, to: string): Promise<void> => {
  try {
    await run("strip", ["-o", to, from])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    throw new Error("strip is not on this machine: install binutils.", { cause: error })
  }
}

const checksum = async (file: string): Promise<string> => {
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest("hex")
}
