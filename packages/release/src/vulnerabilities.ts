/**
 * Prints which vulnerabilities the registry knows of in the dependencies of this repository: `pnpm run vulnerabilities`. Those in
 * packages that are bundled, after a build, are marked: they reach users. Information alone, since a registry may learn of one at
 * any time: it never fails a build.
 */
import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import * as Notices from "@effect-feishu/bundle/notices"
import { pathOf, publicPackages } from "./PublicPackages.ts"

/** The parts of pnpm's report that are shown. */
interface Report {
  readonly advisories?: Readonly<
    Record<
      string,
      {
        readonly module_name: string
        readonly severity: string
        readonly title: string
        readonly url: string
        readonly vulnerable_versions: string
      }
    >
  >
}

// It exits with 1 if there is a vulnerability, and prints the report all the same.
const output = await new Promise<string>((resolve) => {
  execFile("pnpm", ["audit", "--json"], { cwd: pathOf(""), timeout: 60_000 }, (_, stdout, stderr) =>
    resolve(stdout.trim() || stderr.trim()),
  )
})

const reportIn = (text: string): Report | undefined => {
  try {
    return JSON.parse(text) as Report
  } catch {
    return undefined
  }
}

const bundled = new Set(
  publicPackages
    .map(({ folder }) => pathOf(`${folder}/dist/${Notices.fileName}`))
    .filter((path) => existsSync(path))
    .flatMap((path) => Notices.read(readFileSync(path, "utf8")).map(({ of }) => of.split(" ")[0])),
)

const advisories = reportIn(output)?.advisories
if (advisories === undefined) {
  const status = /responded with (\d{3})/.exec(output)?.[1]
  const why = status === undefined ? "" : ` (HTTP ${status})`
  console.log(`The registry does not say which packages have vulnerabilities${why}: nothing was checked.`)
} else {
  const found = Object.values(advisories)
  for (const { module_name: name, severity, title, url, vulnerable_versions: versions } of found) {
    const where = bundled.has(name) ? "bundled" : "not bundled"
    console.log(`${severity}, ${where}: ${name} ${versions}: ${title} (${url})`)
  }
  console.log(`Known vulnerabilities in dependencies: ${found.length}`)
}
