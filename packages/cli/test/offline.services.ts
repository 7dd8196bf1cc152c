import { assert, describe, it } from "@effect/vitest"
import { ErrorCodes } from "@effect-feishu/core"
import * as Cli from "./Cli.ts"
import { english } from "./english.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

describe.concurrent("errors", () => {
  it("tells all that is known of every code, as JSON", async () => {
    const { code, stdout } = await Cli.run(["errors", "--json"])
    assert.strictEqual(code, 0)
    const all = JSON.parse(stdout) as ReadonlyArray<{ readonly code: number; readonly endpoints?: unknown }>
    const known = ErrorCodes.catalogue.toSorted((one, other) => one.code - other.code)
    assert.lengthOf(all, known.length)
    for (const [index, entry] of known.entries()) assert.deepInclude(all[index], entry)
    // The same code on another endpoint.
    const of = (code: number) => all.find((entry) => entry.code === code)?.endpoints
    assert.deepStrictEqual(of(121004), [
      {
        operation: "GET /open-apis/vc/v1/meetings/:meeting_id",
        meaning: "there is no meeting with this id",
        remedy: "Take the id from the list of meetings: a meeting number is not an id.",
      },
      {
        operation: "GET /open-apis/vc/v1/meetings/:meeting_id/recording",
        meaning: "the meeting has no recording",
        remedy: "Nothing is to be done: this is an answer.",
      },
    ])
    assert.isUndefined(of(121001))
  })

  it("says after a code what it means on another endpoint, and names the flag of that endpoint's limit", async () => {
    const [recording, limit] = await Promise.all([
      Cli.run(["errors", "121004"]),
      Cli.run(["errors", "99991400", "--lang", "zh"]),
    ])
    assert.match(recording.stdout, /\/:meeting_id\/recording\n +the meeting has no recording\n/)
    assert.notInclude(limit.stdout, "list_by_no")
    assert.match(
      limit.stdout,
      /:meeting_id\n +请求超出频率限制：.*每秒 50 次\n建议 +.*或调低 --details-rate-limit。\n/,
    )
  })

  it("lists every code in a line that a program can cut, and one with what to do, in both languages", async () => {
    const [all, chinese, one] = await Promise.all([
      Cli.run(["errors"]),
      Cli.run(["errors", "--lang", "zh"]),
      Cli.run(["errors", "99991672", "--lang", "zh"]),
    ])
    for (const { stdout } of [all, chinese]) {
      assert.lengthOf(stdout.trimEnd().split("\n"), ErrorCodes.catalogue.length)
    }
    assert.include(all.stdout, "\n121004    404  there is no such meeting\n")
    assert.include(chinese.stdout, "\n121004    404  会议不存在\n")
    assert.deepStrictEqual(english(chinese.stdout), [])
    const [what, toDo, retried] = one.stdout.split("\n")
    assert.strictEqual(what, "99991672  应用未开通所需权限")
    assert.match(toDo ?? "", /^建议 {6}请在开发者后台为应用开通 .*并发布新版本。$/)
    assert.match(retried ?? "", /^重试 {6}无用/)
  })

  it("an unknown code is told with those that are like it, without a summary, and ends with 2", async () => {
    const { code, stderr, stdout } = await Cli.run(["errors", "9999167"])
    assert.strictEqual(code, 2)
    assert.strictEqual(stdout, "")
    const [error, toDo, ...more] = stderr.split("\n")
    assert.strictEqual(error, "error: 9999167 is not a known code")
    assert.match(toDo ?? "", /^to do: Codes that begin alike: 99991671, 99991672, 99991677\. /)
    assert.deepStrictEqual(more, [""])
  })
})

describe.concurrent("schema", () => {
  it("is what the rows of list are", async () => {
    const fields = [
      "--fields",
      "password,id,topic,url,meeting_no,meeting_connect,note_id",
      "--show-passwords",
    ]
    const [usual, all, rows] = await Promise.all([
      Cli.run(["schema"]),
      Cli.run(["schema", ...fields]),
      Cli.run(["list", "--demo", "--max-items", "20", "--format", "ndjson", ...fields]),
    ])
    const { properties } = JSON.parse(usual.stdout) as { readonly properties: object }
    assert.deepStrictEqual(Object.keys(properties), ["id", "meeting_no", "topic", "url"])
    const schema = JSON.parse(all.stdout) as {
      readonly required: ReadonlyArray<string>
      readonly additionalProperties: boolean
      readonly properties: Record<string, { readonly type: string | ReadonlyArray<string> }>
    }
    assert.isFalse(schema.additionalProperties)
    const written = rows.stdout.trimEnd().split("\n")
    assert.lengthOf(written, 20)
    for (const line of written) {
      const row = JSON.parse(line) as Record<string, unknown>
      assert.deepStrictEqual(Object.keys(row), schema.required)
      for (const [name, value] of Object.entries(row)) {
        assert.include([schema.properties[name]?.type].flat(), value === null ? "null" : typeof value)
      }
    }
  })
})

describe.concurrent("completions", () => {
  it.skipIf(isWindows)(
    "bash loads the script, and completes commands, flags and their values with it",
    async () => {
      const complete = (typed: string) => {
        const words = typed.split(" ")
        return `COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}; COMP_LINE="${typed}"; COMP_POINT=${typed.length}
        COMPREPLY=(); $function feishu-meetings "${words.at(-1)}"; echo "\${COMPREPLY[*]}"`
      }
      const script = await Cli.run(["completions", "bash"])
      assert.strictEqual(script.code, 0)
      const { stderr, stdout } = await Cli.bash(
        [
          script.stdout,
          String.raw`function=$(complete -p feishu-meetings | sed -E 's/.*-F ([^ ]+) .*/\1/')`,
          complete("feishu-meetings co"),
          complete("feishu-meetings list --show"),
          complete("feishu-meetings list --format nd"),
          complete("feishu-meetings errors --ver"),
        ].join("\n"),
      )
      assert.strictEqual(stderr, "")
      assert.deepStrictEqual(stdout.trimEnd().split("\n"), [
        "config completions",
        "--show-passwords",
        "ndjson",
        "--version --verbose",
      ])
    },
  )

  it("zsh and fish have theirs, and other shells are refused", async () => {
    const [zsh, fish, tcsh] = await Promise.all(
      ["zsh", "fish", "tcsh"].map((shell) => Cli.run(["completions", shell])),
    )
    assert.match(zsh!.stdout, /^#compdef feishu-meetings$/m)
    assert.match(fish!.stdout, /^complete -c feishu-meetings .*-l show-passwords/m)
    assert.strictEqual(tcsh!.code, 2)
    assert.include(tcsh!.stderr, 'error: shell must be bash, zsh or fish, not "tcsh"')
  })
})
