/** The licences of packages that may be in a tarball. */
import * as Notices from "@effect-feishu/bundle/notices"

/**
 * Licences that ask for no more than their notice, as SPDX identifiers. A package with another licence, or with a choice between
 * several, is added here once somebody has read it.
 */
const allowed = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"])

/** Returns what is wrong with the notices in a tarball. */
export const wrongWith = (notices: string): ReadonlyArray<string> => {
  const packages = Notices.read(notices)
  if (packages.length === 0) return [`${Notices.fileName} names no package`]
  return packages.flatMap(({ license, of }) =>
    allowed.has(license) ? [] : [`${of} is bundled, and its licence ${license} is not one of those allowed`],
  )
}
