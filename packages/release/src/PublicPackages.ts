/** The packages that are published, and where the project is on the network. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The folder of the repository. */
const root = new URL("../../../", import.meta.url)

/** The fields of a `package.json` that the release uses. */
interface Manifest {
  readonly name: string
  readonly version: string
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

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(pathOf(`${folder}/package.json`), "utf8"))

/** Every package of the workspace that is not private, in the order of their folders. */
export const publicPackages: ReadonlyArray<PublicPackage> = [
  "mock-server",
  ...readdirSync(pathOf("packages")).map((name) => `packages/${name}`),
]
  .map((folder) => ({ folder, manifest: manifestOf(folder) }))
  .filter(({ manifest }) => manifest.private !== true)
  .map((found) => ({ ...found, name: found.manifest.name.replace("@effect-feishu/", "") }))

/** The addresses that every package shows, which are in the package.json of the root. Empty until somebody gives them. */
export const addresses = ["homepage", "bugs", "repository"] as const
