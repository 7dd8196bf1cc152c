/**
 * The notices of the packages that a bundle contains. Their licences require that these are distributed with the code: the name,
 * version and licence of each, and its own texts.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The file with the notices, next to the code of a bundle. */
export const fileName = "THIRD-PARTY-NOTICES.txt"

/** What is between two notices. */
export const rule = `\n${"-".repeat(80)}\n\n`

/** Returns the notices of packages, by their folders. Throws if one of them has no licence. */
export const noticesOf = (folders: Iterable<string>): string =>
  [
    "This package contains code of the packages below.\n",
    ...Array.from(new Set(Array.from(folders, noticeOf))).toSorted(),
  ].join(rule)

/** The fields of a `package.json` that a notice shows. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name: string }
}

const noticeOf = (folder: string): string => {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const { author, license, name, version } = manifest
  if (typeof license !== "string") throw new Error(`${name} ${version} names no licence in its package.json`)
  const texts = readdirSync(folder)
    // An Apache licence requires that a NOTICE is distributed, too.
    .filter((file) => /^(licen[cs]e|copying|notice)(?![a-z])/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim())
  if (texts.length === 0) {
    const by = typeof author === "string" ? author.replace(/ *<.*/, "") : author?.name
    texts.push(`By ${by ?? "its authors"}. The package has no text of its licence.`)
  }
  return `${name} ${version}\nLicense: ${license}\n\n${texts.join("\n\n")}\n`
}

/** A package in a bundle, by its notice. */
export interface Notice {
  /** The package and its version, such as `effect 4.1.0`. */
  readonly of: string
  /** Its licence, as an SPDX expression. */
  readonly license: string
}

/** Reads what `noticesOf` wrote. */
export const read = (text: string): ReadonlyArray<Notice> =>
  text.split(rule).flatMap((notice) => {
    const [, of, license] = /^(\S+ \d\S*)\nLicense: (.+)\n/.exec(notice) ?? []
    return of === undefined || license === undefined ? [] : [{ of, license }]
  })
