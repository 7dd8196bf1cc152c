import { assert, describe, it } from "@effect/vitest"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

interface Planned {
  readonly numbers: number
  readonly windowsOfEach: number
  readonly requests: { readonly least: number; readonly most?: number }
  readonly seconds: { readonly least: number; readonly most?: number }
  readonly share?: { readonly least: number; readonly most?: number }
  readonly startsOver90DaysAgo: boolean
  readonly firstUrls: ReadonlyArray<string>
}

const plan = async (args: ReadonlyArray<string>, environment?: Cli.Environment): Promise<Planned> => {
  const { code, stderr, stdout } = await Cli.run(["plan", ...args, "--json"], environment)
  assert.deepStrictEqual([code, stderr], [0, ""])
  return JSON.parse(stdout) as Planned
}

describe.concurrent("plan", () => {
  it("names the requests that list sends, and sends none; without credentials", async () => {
    await using scripted = await Scripted.start((response) => Scripted.page(response, []))
    const what = ["337736498", "146453285", "--from", "2026-01-01", "--to", "2026-06-30", "--page-size", "20"]
    const baseUrl = scripted.environment["FEISHU_BASE_URL"] ?? ""
    const { firstUrls, requests, startsOver90DaysAgo } = await plan([...what, "--base-url", baseUrl])
    assert.deepStrictEqual(requests, { least: 6 })
    assert.isTrue(startsOver90DaysAgo)
    assert.lengthOf(scripted.queries, 0)

    // With a maximum, windows are not read beside each other.
    await Cli.list([...what, "--max-items", "1000"], scripted.environment)
    assert.lengthOf(scripted.queries, requests.least)
    assert.deepStrictEqual(
      firstUrls,
      scripted.queries.slice(0, 3).map((query) => `${baseUrl}/open-apis/vc/v1/meetings/list_by_no?${query}`),
    )
  })

  it("counts from the fewest to the most, with the limit and the quota", async () => {
    const what = "337736498 146453285 --from 2026-01-01 --to 2026-06-30"
    const known = "--expect-meetings 151 --monthly-quota 100 --rate-limit 8"
    const { numbers, requests, seconds, share, windowsOfEach } = await plan(`${what} ${known}`.split(" "))
    assert.deepStrictEqual([numbers, windowsOfEach], [2, 3])
    // 151 in one window are four pages, with one more for each that is empty; or 51, 50 and 50; or 51, 51 and 49.
    assert.deepStrictEqual(requests, { least: 8, most: 10 })
    assert.deepStrictEqual(seconds, { least: 0, most: 61 })
    assert.deepStrictEqual(share, { least: 0.08, most: 0.1 })
  })

  it("is told in both languages, and takes the numbers from a file, of which every line is checked", async () => {
    const what = "--from 365d --expect-meetings 9000 --monthly-quota 500"
    const [english, chinese, wrong] = await Promise.all([
      Cli.shell(`echo 337736498 | feishu-meetings plan --numbers-from - ${what}`),
      Cli.shell(`echo 337736498 | feishu-meetings plan --numbers-from - ${what} --lang zh`),
      Cli.shell(`printf '337736498\\n12\\n' | feishu-meetings plan --numbers-from -`),
    ])
    assert.match(english.stdout, /^numbers +1 number, 5 windows of at most 90 days$/m)
    assert.match(english.stdout, /^requests +180–184, for 9,000 meetings of each number$/m)
    assert.match(english.stdout, /^time +at least 1 min 1 s, at 100 requests a minute$/m)
    assert.match(english.stdout, /^quota +36%–37% of 500 calls a month$/m)
    assert.include(english.stdout, "starts more than 90 days ago")
    assert.include(english.stdout, "and at least 177 more")
    assert.match(chinese.stdout, /^会议号 {4}1 个会议号，5 个时间段（每段至多 90 天）$/m)
    assert.match(chinese.stdout, /^请求 {6}180–184 次，按每个会议号 9,000 场会议计$/m)
    assert.match(chinese.stdout, /^时间 {6}至少 1 分 1 秒，按每分钟 100 次请求计$/m)
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, '"12" has 2 digits')
  })
})
