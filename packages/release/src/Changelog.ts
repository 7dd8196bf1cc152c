/** The changelog of the repository: one for all packages, which have one version. */

/** What a release changes for users, as a file in `.changeset` has it. */
export interface Change {
  /** Sentences for users. */
  readonly summary: string
  /** The names of the packages that it changes. */
  readonly packages: ReadonlyArray<string>
}

const lineOf = ({ packages, summary }: Change, all: ReadonlyArray<string>): string => {
  const isOfAll = all.every((name) => packages.includes(name))
  const names = packages.map((name) => `\`${name}\``).toSorted()
  const text = isOfAll ? summary : `${names.join(", ")}: ${summary}`
  return `- ${text.trim().replaceAll(/\n(?!\n)/g, "\n  ")}`
}

/**
 * Returns the changelog with a part for a new version: first the changes, then what was written below `Unreleased`, which is
 * no longer there.
 *
 * @param all The names of all packages: a change of all of them is not listed with their names.
 */
export const released = (
  changelog: string,
  version: string,
  changes: ReadonlyArray<Change>,
  all: ReadonlyArray<string>,
): string => {
  const [head, ...parts] = changelog.split(/^(?=## )/m).map((part) => `${part.trimEnd()}\n`)
  const heading = "## Unreleased\n"
  const unreleased = parts
    .find((part) => part.startsWith(heading))
    ?.slice(heading.length)
    .trim()
  const lines = [
    ...changes.map((change) => lineOf(change, all)),
    ...(unreleased === undefined ? [] : [unreleased]),
  ]
  const earlier = parts.filter((part) => !part.startsWith(heading))
  return [head, `## ${version}\n\n${lines.join("\n")}\n`, ...earlier].join("\n")
}
