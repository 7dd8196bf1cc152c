/**
 * Makes a release: `pnpm run release`.
 *
 * In a clone of what is committed: the version and the changelog by the changes in `.changeset`, the checks, the tarballs, the
 * executable of the mock, and a trial of them. Nothing is published, and this repository stays as it is.
 *
 * With `--publish` the tarballs are then published, and the commit and tag of the release come into this repository, and
 * the executable into its folder, to be attached where the release is announced. With
 * `--dry-run` the reasons to refuse a release are only printed, the packages are built without the other checks, and the examples
 * are compiled without their tests: CI does that, after them.
 */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs, promisify } from "node:util"
import { readChangesets } from "@changesets/read"
import * as Changelog from "./Changelog.ts"
import { tryExamples } from "./examples.ts"
import { folderIn, tryExecutable } from "./executable.ts"
import { pathOf, publicPackagesIn } from "./PublicPackages.ts"
import { refusals } from "./refusals.ts"
import { pack, type Packed } from "./Tarballs.ts"
import { tryTarballs } from "./trial.ts"

/** Runs a command in a folder and shows what it prints. */
const show = async (folder: string, command: string, ...args: ReadonlyArray<string>) => {
  console.log(`$ ${[command, ...args].join(" ")}`)
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] })
  const [code] = await once(child, "exit")
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} has failed: nothing was published.`)
}

const git = async (folder: string, ...args: ReadonlyArray<string>) =>
  (await promisify(execFile)("git", args, { cwd: folder })).stdout

/** Gives the packages of a clone their next version, and moves the changes into the changelog. Returns the version. */
const giveVersion = async (clone: string): Promise<string> => {
  const changes = await readChangesets(clone)
  await show(clone, "pnpm", "exec", "changeset", "version")
  const packages = publicPackagesIn(clone)
  const { version } = packages[0]!.manifest
  const file = join(clone, "CHANGELOG.md")
  const text = Changelog.released(
    await readFile(file, "utf8"),
    version,
    changes.map(({ releases, summary }) => ({ summary, packages: releases.map(({ name }) => name) })),
    packages.map(({ manifest }) => manifest.name),
  )
  await writeFile(file, text)
  return version
}

/** Returns the packages with those that others depend on first. */
const inOrder = (packed: ReadonlyArray<Packed>): ReadonlyArray<Packed> => {
  const dependsOn = (one: Packed, other: Packed) =>
    Object.hasOwn(one.manifest.dependencies ?? {}, other.manifest.name)
  const count = (one: Packed): number =>
    1 + packed.filter((other) => dependsOn(one, other)).reduce((sum, other) => sum + count(other), 0)
  return packed.toSorted((a, b) => count(a) - count(b))
}

const release = async () => {
  const { values: flags } = parseArgs({
    options: { "dry-run": { type: "boolean", default: false }, publish: { type: "boolean", default: false } },
  })
  if (flags["dry-run"] && flags.publish) throw new Error("--dry-run and --publish exclude each other.")
  const root = pathOf("")
  const refused = refusals({
    manifest: JSON.parse(await readFile(pathOf("package.json"), "utf8")),
    status: await git(root, "status", "--porcelain"),
    changes: (await readChangesets(root)).length,
  })
  for (const reason of refused)
    console.error(flags["dry-run"] ? `A release would be refused. ${reason}` : reason)
  if (refused.length > 0 && !flags["dry-run"]) return 1

  const folder = await mkdtemp(join(tmpdir(), "feishu-release-"))
  try {
    const clone = join(folder, "clone")
    await git(folder, "clone", "--quiet", root, clone)
    await show(clone, "pnpm", "install", "--frozen-lockfile", "--prefer-offline", "--reporter=silent")
    const version = await giveVersion(clone)
    await show(clone, "pnpm", "run", "--silent", flags["dry-run"] ? "build" : "check")
    const packed = await pack(folder, clone)
    // The examples mostly wait for npm.
    await Promise.all([tryTarballs(packed, console.log), tryExamples(packed, !flags["dry-run"], console.log)])
    await show(clone, "pnpm", "run", "--silent", "mock:executable")
    const executable = await tryExecutable(clone, version)
    if (!flags.publish) {
      console.log(
        `${version} is ready: ${packed.length} packages and ${executable} were tried. Nothing was published; --publish does that.`,
      )
      return 0
    }
    // A clone does not have the settings of this repository.
    for (const setting of ["user.name", "user.email"]) {
      await git(clone, "config", setting, (await git(root, "config", setting)).trim())
    }
    await git(clone, "commit", "--all", "--message", `release: ${version}`)
    await git(clone, "tag", `v${version}`)
    for (const { tarball } of inOrder(packed)) {
      await show(folder, "pnpm", "publish", tarball, "--access", "public", "--no-git-checks")
    }
    await git(root, "pull", "--ff-only", "--tags", clone, "HEAD")
    await cp(folderIn(clone), folderIn(root), { recursive: true })
    console.log(
      `${version} is published. Its commit and its tag are here: push them. ${executable} is in ${folderIn(".")}.`,
    )
    return 0
  } finally {
    await rm(folder, { recursive: true })
  }
}

process.exitCode = await release().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  return 1
})
