/** A release is refused before anything is done for it, with what to do. */
import { assert, describe, it } from "vitest"
import { refusals } from "../src/refusals.ts"

const addresses = {
  homepage: "https://project.example",
  bugs: "https://project.example/bugs",
  repository: "https://project.example/git",
}
const ready = { manifest: addresses, status: "", changes: 1 }

describe("a release", () => {
  it("is made when all is given and committed", () => {
    assert.deepStrictEqual(refusals(ready), [])
  })

  it("is refused while nobody has said where the project is, with the fields that are empty", () => {
    for (const field of ["homepage", "bugs", "repository"] as const) {
      const { [field]: _, ...others } = addresses
      for (const manifest of [others, { ...others, [field]: "" }]) {
        assert.deepStrictEqual(refusals({ ...ready, manifest }), [
          `Nothing says where the project is: ${field} of the package.json of the root must be its addresses, which every package shows.`,
        ])
      }
    }
    assert.match(
      refusals({ ...ready, manifest: {} }).join(),
      /homepage, bugs, repository of the package\.json/,
    )
  })

  it("is refused while something is not committed, or nothing has changed", () => {
    const [dirty] = refusals({ ...ready, status: " M README.md\n" })
    assert.match(dirty!, /commit them\.\n M README\.md$/)
    const [nothing] = refusals({ ...ready, changes: 0 })
    assert.match(nothing!, /^Nothing is to be released: pnpm changeset/)
  })
})
