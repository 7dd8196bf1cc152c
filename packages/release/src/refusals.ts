/** Why a release is refused before anything is done for it. */
import { addresses } from "./PublicPackages.ts"

/** What a release needs of the repository. */
export interface Repository {
  /** The package.json of the root. */
  readonly manifest: Readonly<Record<string, unknown>>
  /** What `git status --porcelain` prints. */
  readonly status: string
  /** How many changes `.changeset` has. */
  readonly changes: number
}

/** Returns a sentence for each reason, which also says what to do; none when the release may be made. */
export const refusals = ({ changes, manifest, status }: Repository): ReadonlyArray<string> => {
  const empty = addresses.filter((field) => typeof manifest[field] !== "string" || manifest[field] === "")
  return [
    ...(empty.length === 0
      ? []
      : [
          `Nothing says where the project is: ${empty.join(", ")} of the package.json of the root must be its addresses, which every package shows.`,
        ]),
    ...(status === ""
      ? []
      : [
          `The working tree has changes, and a release is made of what is committed: commit them.\n${status.trimEnd()}`,
        ]),
    ...(changes > 0
      ? []
      : ["Nothing is to be released: pnpm changeset writes into .changeset what has changed."]),
  ]
}
