/** The changelog has a part for each release, and nothing that was written for it is lost. */
import { assert, describe, it } from "vitest"
import { released } from "../src/Changelog.ts"

const all = ["core", "cli"]
const change = (summary: string, packages = all) => ({ summary, packages })

describe("a release", () => {
  it("takes what is unreleased, after the changes, which name their packages unless it is all of them", () => {
    const before = "# Changelog\n\n## Unreleased\n\n- Old one.\n- Old two.\n"
    const changes = [change("All of it."), change("New in two\nlines.\n\n- And a list.", ["core"])]
    assert.strictEqual(
      released(before, "0.1.0", changes, all),
      "# Changelog\n\n## 0.1.0\n\n- All of it.\n- `core`: New in two\n  lines.\n\n  - And a list.\n- Old one.\n- Old two.\n",
    )
  })

  it("comes before the earlier ones, which stay as they are", () => {
    const before = "# Changelog\n\nFor users.\n\n## 0.1.0\n\n- Old.\n"
    assert.strictEqual(
      released(before, "0.2.0", [change("New.", ["core", "cli"])], [...all, "promise"]),
      "# Changelog\n\nFor users.\n\n## 0.2.0\n\n- `cli`, `core`: New.\n\n## 0.1.0\n\n- Old.\n",
    )
  })
})
