/** Tries the mock's executable of a clone as it would be attached to a release. */
import { execFile } from "node:child_process"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** The folder of a clone in which `pnpm mock:executable` makes the executable, its checksum and the Containerfile. */
export const folderIn = (clone: string): string => join(clone, "packages/executable/dist")

/** Checks that the executable has its checksum, and the version of the release. Returns its name. */
export const tryExecutable = async (clone: string, version: string): Promise<string> => {
  const folder = folderIn(clone)
  const sums = (await readdir(folder)).filter((file) => file.endsWith(".sha256"))
  await run("sha256sum", ["--check", "--strict", ...sums], { cwd: folder })
  const name = sums[0]!.replace(/\.sha256$/, "")
  const { stdout } = await run(join(folder, name), ["--version"], { env: {} })
  if (stdout !== `feishu-mock v${version}\n`)
    throw new Error(`${name} says that it is ${stdout.trim()}, and the release is ${version}.`)
  return name
}
