import { assert, describe, it } from "@effect/vitest"
import { GetMeeting, GetRecording, RateLimit } from "@effect-feishu/core"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

interface Span {
  readonly least: number
  readonly most?: number
}

interface Cost {
  readonly requests: Span
  readonly requestsOf?: { readonly list: Span; readonly details?: Span; readonly recordings?: Span }
  readonly seconds: Span
  readonly share?: Span
}

interface Planned extends Cost {
  readonly numbers: number
  readonly windowsOfEach: number
  readonly examples?: ReadonlyArray<Cost & { readonly meetings: number }>
  readonly urlsOfMeeting?: ReadonlyArray<string>
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
    assert.match(english.stdout, /^numbers +1 number, five 90-day periods$/m)
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

  describe("of details and recordings", () => {
    const both = "337736498 --participants --recordings --user-id-type union_id".split(" ")
    const of = (requests: number): Span => ({ least: requests, most: requests })

    it("counts one of each for a meeting, by the limits of a minute and of a second, which both endpoints have", async () => {
      const known = ["--from", "30d", "--expect-meetings", "5000", "--monthly-quota", "10000"]
      const [all, details, slow] = await Promise.all([
        plan([...both, ...known]),
        plan(["337736498", "146453285", "--details", ...known]),
        plan([...both, ...known, "--details-rate-limit", "100"]),
      ])
      assert.deepStrictEqual(all.requestsOf, { list: of(100), details: of(5_000), recordings: of(5_000) })
      assert.deepStrictEqual(all.requests, of(10_100))
      assert.deepStrictEqual(all.share, of(1.01))
      // Four minutes until the last thousand, which are sent fifty a second.
      const minutes = RateLimit.leastMillis(5_000, { requests: 1_000, window: "60 seconds" })
      const seconds = RateLimit.leastMillis(1_000, { requests: 50, window: "1 second" })
      assert.deepStrictEqual(all.seconds, of(Math.ceil((minutes + seconds) / 1_000)))
      assert.deepStrictEqual(details.requestsOf, { list: of(200), details: of(10_000) })
      assert.deepStrictEqual(details.seconds, of(566))
      assert.deepStrictEqual(slow.seconds, of(Math.ceil((49 * 60_250 + 19 * 1_250) / 1_000)))
    })

    it("names what is requested for each meeting", async () => {
      const [every, plain, list] = await Promise.all([
        plan(both),
        plan(["337736498", "--details"]),
        plan(["337736498"]),
      ])
      const base = "https://open.feishu.cn"
      const details = base + GetMeeting.path.replace(":meeting_id", "MEETING-ID")
      assert.deepStrictEqual(every.urlsOfMeeting, [
        `${details}?with_participants=true&user_id_type=union_id`,
        base + GetRecording.path.replace(":meeting_id", "MEETING-ID"),
      ])
      assert.deepStrictEqual(plain.urlsOfMeeting, [details])
      assert.notProperty(list, "urlsOfMeeting")
      assert.notProperty(list, "requestsOf")
    })

    it("says it by the number of meetings where that is not known", async () => {
      const [planned, english, chinese, known] = await Promise.all([
        plan(both),
        Cli.run(["plan", ...both]),
        Cli.run(["plan", "337736498", "--recordings", "--lang", "zh", "--monthly-quota", "5000"]),
        Cli.run(["plan", ...both, "--expect-meetings", "5000"]),
      ])
      assert.deepStrictEqual(planned.requests, { least: 1 })
      assert.deepStrictEqual(
        planned.examples?.map(({ meetings, requests, seconds }) => [meetings, requests.least, seconds.least]),
        [
          [100, 202, 2],
          [1_000, 2_020, 24],
          [5_000, 10_100, 265],
          [10_000, 20_200, 566],
        ],
      )
      assert.match(english.stdout, /^ +and 2 more for each meeting, at most 1,000 meetings a minute$/m)
      assert.match(english.stdout, /^meetings {2}requests {2}time at least {2}% of 10,000 calls a month$/m)
      assert.match(english.stdout, /^5,000 +10,100 +4 min 25 s +101%$/m)
      assert.include(english.stdout, "The free edition of Feishu has 10,000 calls a month")
      assert.match(chinese.stdout, /^ +另外每场会议 1 次，每分钟至多 1,000 场$/m)
      assert.match(chinese.stdout, /^5,000 +5,100 +4 分 25 秒 +102%$/m)
      assert.notInclude(chinese.stdout, "免费版")
      assert.match(known.stdout, /^requests +10,100, for 5,000 meetings of each number$/m)
      assert.match(known.stdout, /^ +100 for the list, 5,000 for details, 5,000 for recordings$/m)
      assert.match(
        known.stdout,
        /^time +at least 4 min 25 s, at 1,000 a minute and 50 a second for details, and as many for recordings$/m,
      )
    })
  })
})
