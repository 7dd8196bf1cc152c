import { fork, spawn } from "node:child_process"
import { assert, describe, it } from "vitest"
import { saidBy } from "../src/Child.ts"
import { run } from "../src/Runs.ts"
import * as Table from "../src/Table.ts"

const program = (name: string) => new URL(`programs/${name}.ts`, import.meta.url)

/** What is told of the programs, each in so many processes. */
const told = async (
  programs: ReadonlyArray<string>,
  { processes = 1, stopAt }: { readonly processes?: number; readonly stopAt?: number } = {},
) => {
  const results: Array<Table.Result> = []
  const stopped = new AbortController()
  let begun = 0
  const isWhole = await run({
    measurements: programs.map((name) => ({ name, program: program(name), processes })),
    onResult: (result) => results.push(result),
    onProcess: () => {
      if (++begun === stopAt) stopped.abort()
    },
    signal: stopped.signal,
  })
  return { isWhole, lines: results.map(Table.markdown.line), results }
}

describe("a run", () => {
  it("tells every cell, with the value of each process", async () => {
    const { isWhole, lines, results } = await told(["whole"], { processes: 2 })
    assert.isTrue(isWhole)
    assert.deepStrictEqual(lines, [
      "| whole | first | 2.00 ms | ≤ 1.00 ms **missed** |",
      "| whole | second | 0.500 × |  |",
    ])
    assert.deepStrictEqual(results[0]?.values, [2, 2])
  })

  it("has a dash and the reason where there is no number, and every other cell", async () => {
    const { isWhole, lines } = await told(["noNumbers", "whole"])
    assert.isFalse(isWhole)
    assert.deepStrictEqual(lines, [
      "| noNumbers | not a number | - | ≤ 2.00 × **not measured**: not a number: NaN |",
      "| noNumbers | endless | - | **not measured**: not a number: Infinity |",
      "| noNumbers | of no samples | - | **not measured**: there are no samples |",
      "| noNumbers | divided by nothing | - | **not measured**: the divisor is 0 in every round |",
      "| noNumbers | no text | - | **not measured**: not a number: NaN |",
      "| noNumbers | good | 1.00 ms |  |",
      String.raw`| noNumbers | of a part that failed | - | **not measured**: npx is \| not there |`,
      "| whole | first | 2.00 ms | ≤ 1.00 ms **missed** |",
      "| whole | second | 0.500 × |  |",
    ])
  })

  it.each([
    ["throws", "read 9 rows, not 10"],
    ["killed", "it ended with SIGKILL"],
    ["waits", "it ended with a top-level await that never settled"],
  ])("keeps what a process has reported that %s", async (name, because) => {
    const { isWhole, lines } = await told([name, "whole"])
    assert.isFalse(isWhole)
    assert.deepStrictEqual(lines.slice(0, 2), [
      `| ${name} | first | 1.00 ms |  |`,
      `| ${name} | cells that were not reported | - | **not measured**: ${because} |`,
    ])
    assert.lengthOf(lines, 4)
  })

  it("says which program reported nothing, or is not there, and goes on", async () => {
    const { lines } = await told(["silent", "missing", "whole"])
    assert.strictEqual(
      lines[0],
      "| silent | cells that were not reported | - | **not measured**: it reported nothing |",
    )
    assert.match(lines[1]!, /^\| missing \| cells that were not reported \| - \| \*\*not measured\*\*: /)
    assert.lengthOf(lines, 4)
  })

  it("keeps what was measured when it is stopped, and begins nothing more", async () => {
    const { isWhole, lines } = await told(["whole", "endless", "whole"], { stopAt: 2 })
    assert.isFalse(isWhole)
    assert.deepStrictEqual(lines.slice(0, 2), [
      "| whole | first | 2.00 ms | ≤ 1.00 ms **missed** |",
      "| whole | second | 0.500 × |  |",
    ])
    assert.strictEqual(
      lines.at(-1),
      "| endless | cells that were not reported | - | **not measured**: stopped before its end |",
    )
  })
})

describe("waiting for a child", () => {
  it("gives what it says", async () => {
    const child = fork(program("whole"))
    assert.deepStrictEqual(await saidBy("it", child, (said) => child.once("message", said)), [
      { what: "first", unit: "ms", goal: 1, value: 2 },
    ])
  })

  it.each([
    ["ends", ["-e", "process.exit(3)"], "it ended with exit code 3"],
    ["is killed", ["-e", "process.kill(process.pid, 'SIGKILL')"], "it was ended by SIGKILL"],
  ])("says when it %s before it says anything", async (_, args, message) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const error = await saidBy("it", child, (said) => child.stdout.once("data", said)).catch(
      (error: Error) => error,
    )
    assert.strictEqual((error as Error).message, message)
    const later = await saidBy("it", child, () => {}).catch((error: Error) => error)
    assert.strictEqual((later as Error).message, message)
  })

  it("says when it cannot be started", async () => {
    const child = spawn("/nowhere/at-all", { stdio: "ignore" })
    const error = await saidBy("it", child, () => {}).catch((error: Error) => error)
    assert.match((error as Error).message, /^it could not be started: spawn \/nowhere\/at-all ENOENT/)
  })
})
