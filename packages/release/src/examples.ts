/** Tries the programs in `examples/` as those do who copy them: outside of the workspace, with the packages of the tarballs. */
import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"
import { pathOf } from "./PublicPackages.ts"
import type { Packed } from "./Tarballs.ts"

const run = promisify(execFile)

/** It is compiled, and not run: its tests need a PostgreSQL. */
const needsDatabase = "postgres-nightly"

/** The fields of the `package.json` of an example that say what it needs. */
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly overrides?: Readonly<Record<string, object>>
}

/** Reads the versions of the catalog in `pnpm-workspace.yaml`. */
const readCatalog = async (): Promise<ReadonlyMap<string, string>> => {
  const text = await readFile(pathOf("pnpm-workspace.yaml"), "utf8")
  const [, catalog = ""] = /^catalog:\n((?: .*\n)+)/m.exec(text) ?? []
  return new Map(
    Array.from(catalog.matchAll(/^ {2}"?(.+?)"?: (.+)$/gm), ([, name, version]) => [name!, version!]),
  )
}

/** Copies an example into a folder, and gives its dependencies versions that npm knows. Returns its overrides. */
const copy = async (name: string, folder: string, catalog: ReadonlyMap<string, string>) => {
  await cp(pathOf(`examples/${name}`), join(folder, name), {
    recursive: true,
    filter: (path) => !path.endsWith("node_modules"),
  })
  const file = join(folder, name, "package.json")
  const manifest: Manifest = JSON.parse(await readFile(file, "utf8"))
  const forNpm = (versions: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(versions).map(([name, version]) => {
        // The root has the tarballs.
        if (version.startsWith("workspace:")) return [name, "*"]
        return [name, version === "catalog:" ? catalog.get(name) : version]
      }),
    )
  const { dependencies, devDependencies } = manifest
  const changed = {
    ...manifest,
    dependencies: forNpm(dependencies),
    devDependencies: forNpm(devDependencies),
  }
  await writeFile(file, JSON.stringify(changed))
  return manifest.overrides
}

/**
 * Installs the tarballs and the examples into an empty folder by npm, compiles the examples, and runs their tests. It throws at
 * the first one that fails.
 *
 * @param areTested False if their tests are not to be run.
 * @param report Gets a line.
 */
export const tryExamples = async (
  packed: ReadonlyArray<Packed>,
  areTested: boolean,
  report: (line: string) => void,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "feishu-examples-"))
  try {
    const catalog = await readCatalog()
    const entries = await readdir(pathOf("examples"), { withFileTypes: true })
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const overrides = await Promise.all(names.map((name) => copy(name, folder, catalog)))
    const root = {
      private: true,
      workspaces: names,
      dependencies: Object.fromEntries(
        packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
      ),
      devDependencies: { vitest: catalog.get("vitest") },
      overrides: Object.assign({}, ...overrides),
    }
    await writeFile(join(folder, "package.json"), JSON.stringify(root))
    const PATH = [dirname(process.execPath), process.env["PATH"]].join(delimiter)
    const npm = async (...args: ReadonlyArray<string>) => {
      const ended = run("npm", args, { cwd: folder, env: { ...process.env, PATH }, timeout: 300_000 })
      await ended.catch((error) => {
        throw new Error(`npm ${args.join(" ")} has failed:\n${error.stdout}\n${error.stderr}`)
      })
    }
    await npm("install", "--no-audit", "--no-fund")
    // npm installs it for the root, where the script of this example does not look.
    await mkdir(join(folder, "jest/node_modules"))
    await symlink(join(folder, "node_modules/jest"), join(folder, "jest/node_modules/jest"))
    for (const name of names) {
      await npm("run", "check", "--if-present", "--workspace", name)
      if (areTested && name !== needsDatabase) await npm("test", "--workspace", name)
    }
    report(`examples: ${names.join(", ")}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}
