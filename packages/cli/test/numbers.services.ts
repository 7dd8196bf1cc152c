import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** One row for each number, with an id made of it. */
const oneRow: Scripted.Answer = (response, query) => {
  const meeting_no = query.get("meeting_no") ?? ""
  Scripted.page(response, Scripted.rows(Number(meeting_no), Number(meeting_no), { meeting_no }))
}

/** The numbers whose meetings were asked for. */
const asked = (scripted: Scripted.Scripted) => scripted.queries.map((query) => query.get("meeting_no"))

describe.concurrent("many numbers", () => {
  it("P15 from a file as people and Windows write it, after the arguments, each once", async () => {
    await using scripted = await Scripted.start(oneRow)
    const utf8 = file(
      "numbers.txt",
      "\uFEFF# the weekly ones\r\n100 000 002\r\n\r\n  100-000-003 # Fridays\r\n100000001\r100000004",
    )
    const { code, stdout, summary } = await Cli.list(
      ["100000001", "--numbers-from", utf8],
      scripted.environment,
    )
    assert.strictEqual(code, 0)
    const numbers = ["100000001", "100000002", "100000003", "100000004"]
    assert.deepStrictEqual(asked(scripted), numbers)
    assert.deepStrictEqual(Cli.ids(stdout), numbers)
    assert.deepStrictEqual(summary.numbers, { asked: 4, complete: 4, failed: 0 })
  })

  it("from standard input, also in the UTF-16 of an old PowerShell", async () => {
    await using scripted = await Scripted.start(oneRow)
    const utf16 = file(
      "utf16.txt",
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("100000002\r\n100000001\r\n", "utf16le")]),
    )
    const { code, stdout } = await Cli.shell(
      `feishu-meetings list --numbers-from - <${utf16}`,
      scripted.environment,
    )
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(Cli.ids(stdout), ["100000002", "100000001"])
  })

  it.skipIf(isWindows)(
    "P15 all bad lines are told with their line numbers, a great many of them in short, and nothing is sent",
    async () => {
      await using scripted = await Scripted.start(oneRow)
      const bad = file("bad.txt", "100000001\n12\n\n# a\nabc\n\u001b[31m1\n")
      const veryBad = file("very-bad.txt", "no\n".repeat(1_000))
      const empty = file("empty.txt", "# none yet\n")
      const results = await Promise.all(
        [bad, veryBad, empty, join(folder, "missing.txt"), "/dev/zero"].map((path) =>
          Cli.list(["--numbers-from", path], scripted.environment),
        ),
      )
      for (const { code } of results) assert.strictEqual(code, 2)
      const [some, many, none, missing, endless] = results.map(({ stderr }) =>
        stderr.replaceAll(`${folder}/`, ""),
      )
      assert.deepStrictEqual(some!.split("\n").slice(0, 3), [
        'bad.txt:2: "12" has 2 digits; a meeting number has 9',
        'bad.txt:5: "abc" is not a meeting number, which has 9 digits: the last nine of a meeting link',
        String.raw`bad.txt:6: "\u001b[31m1" is not a meeting number, which has 9 digits: the last nine of a meeting link`,
      ])
      assert.include(some, "3 of the 4 lines of bad.txt are not meeting numbers")
      assert.include(many, "very-bad.txt: and 980 more lines\n")
      assert.isBelow(many!.split("\n").length, 30)
      assert.include(none, "empty.txt holds no meeting number")
      assert.include(endless, "/dev/zero cannot be read (it is a device")
      assert.include(missing, "missing.txt cannot be read (there is no such file, ENOENT)")
      assert.lengthOf(scripted.queries, 0)
    },
  )

  it("beside each other: so many requests at once, and the rows of each number in their order", async () => {
    let open = 0
    let most = 0
    const waiting: Array<() => void> = []
    await using scripted = await Scripted.start((response, query, index) => {
      most = Math.max(most, ++open)
      const answer = () => {
        open--
        const meeting_no = query.get("meeting_no") ?? ""
        const first = Number(meeting_no) * 10 + (query.get("page_token") === null ? 0 : 2)
        Scripted.page(
          response,
          Scripted.rows(first, first + 1, { meeting_no }),
          query.get("page_token") === null ? "second" : undefined,
        )
      }
      // Nobody is answered before three have asked.
      waiting.push(answer)
      if (index >= 2) for (const waits of waiting.splice(0)) waits()
    })
    const numbers = ["100000001", "100000002", "100000003", "100000004", "100000005"]
    const { code, stdout } = await Cli.list([...numbers, "--concurrency", "3"], scripted.environment)
    assert.strictEqual(code, 0)
    assert.strictEqual(most, 3)
    const ids = Cli.ids(stdout)
    assert.lengthOf(ids, 20)
    for (const number of numbers) {
      assert.deepStrictEqual(
        ids.filter((id) => id.startsWith(number)),
        ["0", "1", "2", "3"].map((last) => number + last),
      )
    }
  })

  it("a thousand of them; how to go on is told in a line that a person can read", async () => {
    await using scripted = await Scripted.start((response, query, index) =>
      index < 3 ? oneRow(response, query, index) : Scripted.json(response, { code: 99991672 }, 400),
    )
    const many = file("thousand.txt", Array.from({ length: 1_000 }, (_, n) => 200_000_000 + n).join("\n"))
    const { code, lastLine, stderr } = await Cli.run(["list", "--numbers-from", many], scripted.environment)
    assert.strictEqual(code, 3)
    assert.match(
      stderr,
      /^997 numbers were not read, the first of them 200000003: give them again, with --from /m,
    )
    assert.match(lastLine, /^incomplete: 3 meetings, 1000 numbers, 4 requests/)
  })
})

describe.concurrent("--keep-going", () => {
  it("a number that fails is told, the others are read, and the exit code is its own; a token that is refused ends it all", async () => {
    const wrong: Scripted.Answer = (response, query, index) => {
      const number = query.get("meeting_no")
      if (number === "100000002") return Scripted.json(response, { code: 121003 }, 400)
      if (number === "100000003") {
        return Scripted.page(response, [{ ...Scripted.rows(1, 1)[0], meeting_no: "999999999" }])
      }
      if (number === "100000005") return Scripted.json(response, { code: 99991663 }, 400)
      return oneRow(response, query, index)
    }
    await using scripted = await Scripted.start(wrong)
    const numbers = ["100000001", "100000002", "100000003", "100000004"]
    const [kept, ended] = await Promise.all([
      Cli.list([...numbers, "--keep-going", "--from", "1d"], scripted.environment),
      Cli.list(["100000005", ...numbers, "--keep-going", "--from", "1d"], scripted.environment),
    ])
    assert.strictEqual(kept.code, 1)
    assert.deepStrictEqual(Cli.ids(kept.stdout), ["100000001", "100000004"])
    assert.strictEqual(kept.summary.status, "incomplete")
    assert.strictEqual(kept.summary.error?.reason, "NumbersFailed")
    assert.deepStrictEqual(
      kept.summary.failures?.map(({ meetingNo, reason }) => [meetingNo, reason]),
      [
        ["100000002", "RequestRefused"],
        ["100000003", "ContractViolation"],
      ],
    )
    assert.match(
      kept.stderr,
      /^error: .*code 121003.*\nto do: .*\nrequest: GET .*, meeting 100000002 from .*\nlog id: 20260901LOG$/m,
    )
    const [, again] = /^resume with: (.*)$/m.exec(kept.stderr) ?? []
    assert.match(again ?? "", /^feishu-meetings list 100000002 100000003 --from \S+ --to \S+ /)

    assert.strictEqual(ended.code, 3)
    assert.deepInclude(ended.summary, { status: "failed", rows: 0 })

    // Those that failed, and no other, once they are well.
    scripted.answerWith(oneRow)
    const rest = await Cli.shell(again ?? "", scripted.environment)
    assert.deepStrictEqual(Cli.ids(rest.stdout), ["100000002", "100000003"])
  })
})

describe.concurrent("--fields", () => {
  it("are written in the order given; unknown ones are refused, and the known are listed", async () => {
    await using scripted = await Scripted.start((response) =>
      Scripted.page(
        response,
        Scripted.rows(1, 1, { meeting_connect: true, note_id: "n1", password: "971024" }),
      ),
    )
    const run = (...args: ReadonlyArray<string>) =>
      Cli.list([Scripted.meetingNo, ...args], scripted.environment)
    const [json, csv, secret, unknown, asSecret] = await Promise.all([
      run("--fields", "note_id, meeting_connect,id,id"),
      run("--fields", "url,id,meeting_connect", "--format", "csv"),
      run("--fields", "password,id", "--show-passwords"),
      run("--fields", "id,room,start"),
      run("--fields", "password"),
    ])
    assert.strictEqual(json.stdout, '{"note_id":"n1","meeting_connect":true,"id":"1"}\n')
    assert.strictEqual(csv.stdout, "url,id,meeting_connect\n,1,true\n")
    assert.strictEqual(secret.stdout, '{"password":"971024","id":"1"}\n')
    assert.deepStrictEqual([unknown.code, asSecret.code], [2, 2])
    assert.include(
      unknown.summary.error?.message,
      'there is no field called "room", "start". Nothing was sent. Known fields: id, meeting_no, topic, url, meeting_connect, note_id, password, ',
    )
    assert.include(asSecret.summary.error?.message, "Add --show-passwords")
    assert.lengthOf(scripted.queries, 3)
  })
})
