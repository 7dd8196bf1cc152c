/** The tarballs that npm would get. */
import { execFile } from "node:child_process"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { type PublicPackage, pathOf, publicPackagesIn } from "./PublicPackages.ts"

/** A package, and the path of its tarball. */
export interface Packed extends PublicPackage {
  readonly tarball: string
}

/** Packs every public package of a clone into a folder, as it was built. */
export const pack = async (folder: string, clone = pathOf("")): Promise<ReadonlyArray<Packed>> => {
  await promisify(execFile)("pnpm", ["--recursive", "pack", "--pack-destination", folder], { cwd: clone })
  const files = await readdir(folder)
  return publicPackagesIn(clone).map((one) => {
    const name = `effect-feishu-${one.name}-${one.manifest.version}.tgz`
    if (!files.includes(name)) throw new Error(`pnpm has not packed ${one.folder} as ${name}`)
    return { ...one, tarball: join(folder, name) }
  })
}
