import { assert, describe, it } from "@effect/vitest"
import * as Terminal from "./Terminal.ts"

describe.concurrent("in a terminal", () => {
  it("a table that fits, and the summary below it", async () => {
    const { code, screen } = await Terminal.start(["list", "--demo", "--max-items", "3"]).ended
    assert.strictEqual(code, 0)
    const lines = screen.split("\n")
    assert.match(lines.find((line) => line.startsWith("id ")) ?? "", /^id +meeting_no +topic/)
    assert.match(lines.at(-1) ?? "", /^limited: 3 meetings/)
    for (const line of lines.slice(1)) assert.isAtMost(line.length, 80)
  })
})
