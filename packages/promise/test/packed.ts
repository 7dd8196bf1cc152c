/** Builds and packs what is published before the tests that install it, once for all of them. */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** A folder with the tarballs of contract, core and promise. */
    readonly tarballs: string
  }
}

/** Vitest calls it once, before the first test, and what it returns after the last one. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = await mkdtemp(join(tmpdir(), "feishu-tarballs-"))
  for (const name of ["contract", "core", "promise"]) {
    const cwd = fileURLToPath(new URL(`../../${name}`, import.meta.url))
    await promisify(execFile)("pnpm", ["run", "build"], { cwd })
    await promisify(execFile)("pnpm", ["pack", "--out", join(folder, `${name}.tgz`)], { cwd })
  }
  project.provide("tarballs", folder)
  return () => rm(folder, { recursive: true })
}
