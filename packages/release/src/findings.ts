/** What publint and are-the-types-wrong find in a tarball, and which licences are not allowed there. */
import { readFile } from "node:fs/promises"
import {
  checkPackage,
  createPackageFromTarballData,
  type Package,
  type Problem,
} from "@arethetypeswrong/core"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import * as Notices from "@effect-feishu/bundle/notices"
import * as Licences from "./licences.ts"

/**
 * Problems that are none here, with the reason:
 *
 * - `node10`, the resolution before `exports`: Node 12 and later read `exports`, and so do TypeScript's `node16`, `nodenext` and
 *   `bundler`. The packages require Node 22.19.
 * - `node16-cjs` with `CJSResolvesToESM`: a `require` gets a module. Node 22.12 and later load it, TypeScript 5.8 and later
 *   allow it with `nodenext`, and the tests of the tarballs do both.
 */
const isExpected = (problem: Problem): boolean =>
  ("resolutionKind" in problem && problem.resolutionKind === "node10") || problem.kind === "CJSResolvesToESM"

/** Files without which a package is not understood, or not permitted to be used. */
const required = ["LICENSE", "README.md", "README.zh-CN.md"]

/** Returns what is wrong with the notices of bundled packages. A package that `build.ts` bundles must have them. */
const wrongNotices = (files: Package, folder: string): ReadonlyArray<string> => {
  const path = `${folder}/dist/${Notices.fileName}`
  const { scripts = {} } = JSON.parse(files.readFile(`${folder}/package.json`))
  if (files.fileExists(path)) return Licences.wrongWith(files.readFile(path))
  return scripts.build?.includes("build.ts") === true ? [`dist/${Notices.fileName} is missing`] : []
}

/** Every path that can be imported, also those of a pattern, which are-the-types-wrong passes over. */
const entryPointsOf = (files: Package): ReadonlyArray<string> => {
  const folder = `/node_modules/${files.packageName}`
  const { exports = {} } = JSON.parse(files.readFile(`${folder}/package.json`))
  const modules = files
    .listFiles(`${folder}/dist`)
    .flatMap((file) => /\/dist\/([^/]+)\.js$/.exec(file)?.slice(1) ?? [])
  return Object.keys(exports)
    .filter((path) => exports[path] !== null)
    .flatMap((path) => (path.includes("*") ? modules.map((name) => path.replace("*", name)) : [path]))
}

/** Returns a line for each finding in a tarball. */
export const findings = async (tarball: string): Promise<ReadonlyArray<string>> => {
  const bytes = new Uint8Array(await readFile(tarball))
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true })
  const files = createPackageFromTarballData(bytes)
  const analysis = await checkPackage(files, { entrypoints: [...entryPointsOf(files)] })
  const folder = `/node_modules/${files.packageName}`
  return [
    ...required.filter((name) => !files.fileExists(`${folder}/${name}`)).map((name) => `${name} is missing`),
    ...wrongNotices(files, folder),
    ...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`),
    // A command has no types.
    ...(analysis.types === false ? [] : analysis.problems)
      .filter((problem) => !isExpected(problem))
      .map((problem) => `are the types wrong: ${JSON.stringify(problem)}`),
  ].map((line) => `${files.packageName}: ${line}`)
}
