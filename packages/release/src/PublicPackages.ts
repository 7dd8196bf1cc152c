/** The packages that are published, and where the project is on the network. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of the repository. */
const root = new URL("../../../", import.meta.url)

/** The fields of a `package.json` that the release uses. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly private?: boolean
  readonly publishConfig?: {
    readonly exports?: Readonly<Record<string, { readonly types: string } | null>>
  }
  readonly [field: string]: unknown
}

/** A package that is published. */
export interface PublicPackage {
  /** Its name without the scope, such as `core`. */
  readonly name: string
  /** Its folder in the repository, such as `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Returns the path of a file of the repository. */
export const pathOf = (path: string): string => fileURLToPath(new URL(path, root))

/** Returns every package of a clone that is not private, in the order of their folders. */
export const publicPackagesIn = (clone: string): ReadonlyArray<PublicPackage> =>
  ["mock-server", ...readdirSync(join(clone, "packages")).map((name) => `packages/${name}`)]
    .map((folder): Omit<PublicPackage, "name"> => {
      const manifest: Manifest = JSON.parse(readFileSync(join(clone, folder, "package.json"), "utf8"))
      return { folder, manifest }
    })
    .filter(({ manifest }) => manifest.private !== true)
    .map((found) => ({ ...found, name: found.manifest.name.replace("@effect-feishu/", "") }))

/** The public packages of this repository. */
export const publicPackages: ReadonlyArray<PublicPackage> = publicPackagesIn(pathOf(""))

/** Returns every path that can be imported, with its module, by the sources: `dist` may have modules that were removed. */
export const entriesOf = ({ folder, manifest }: PublicPackage): Readonly<Record<string, string>> => {
  const published = manifest.publishConfig?.exports ?? {}
  const modules = readdirSync(pathOf(`${folder}/src`))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
  const entries: Record<string, string> = {}
  for (const [path, target] of Object.entries(published)) {
    if (target === null) continue
    const [, module] = /^\.\/dist\/(.*)\.d\.ts$/.exec(target.types)!
    if (module === "*") for (const one of modules) entries[path.replace("*", one)] ??= one
    else entries[path] = module!
  }
  delete entries["./index"]
  return Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The addresses that every package shows, which are in the package.json of the root. Empty until somebody gives them. */
export const addresses = ["homepage", "bugs", "repository"] as const
