import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"

/** Where the project is on the network: in the package.json of the root, and nowhere else. */
const root = new URL("./", import.meta.url)
const { bugs, homepage, repository } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"))

export const hooks = {
  /** Changes the package.json that `pnpm pack` and `pnpm publish` put into the tarball of a package. */
  beforePacking: (manifest, folder) => {
    // These are of this repository: pages that show a package would list them.
    delete manifest.devDependencies
    delete manifest.scripts
    if (homepage !== "") manifest.homepage = homepage
    if (bugs !== "") manifest.bugs = { url: bugs }
    if (repository !== "") {
      const directory = relative(fileURLToPath(root), folder).replaceAll("\\", "/")
      manifest.repository = { type: "git", url: repository, directory }
    }
    return manifest
  },
}
