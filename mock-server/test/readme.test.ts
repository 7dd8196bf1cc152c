/** What the READMEs show to testers who write in any language: lines for a shell, recorded answers, and which calls fail. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import { ListByNo, OAuth } from "@effect-feishu/contract"
import { assert, describe, it } from "vitest"
import * as Yaml from "yaml"
import { type Seed, type Started, startFeishuMock } from "../src/index.ts"

const run = promisify(execFile)

/** Runs lines in a shell. A proxy for the outside world has nothing to do with 127.0.0.1. */
const inShell = async (lines: string, environment: Readonly<Record<string, string>> = {}) =>
  (await run("sh", ["-c", lines], { env: { ...process.env, no_proxy: "*", ...environment } })).stdout

const tokenOf = async ({ appId, appSecret, url }: Started): Promise<string> => {
  const body = JSON.stringify({ app_id: appId, app_secret: appSecret })
  const path = "/open-apis/auth/v3/tenant_access_token/internal"
  return (await (await fetch(url + path, { method: "POST", body })).json()).tenant_access_token
}

describe.each(["README.md", "README.zh-CN.md"])("%s", (name) => {
  const readme = readFileSync(new URL(`../${name}`, import.meta.url), "utf8")
  const block = (language: string, has: string) => {
    const blocks = [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))]
    const found = blocks.map(([, text = ""]) => text).filter((text) => text.includes(has))
    assert.strictEqual(found.length, 1)
    return found[0] ?? ""
  }

  it("has lines for a shell that add rules, move the clock, compare calls and reset the mock", async () => {
    await using feishu = await startFeishuMock({ now: 1769850000, frozen: true })
    const lines = block("sh", "$MOCK/faults").replace("http://127.0.0.1:8787", feishu.url)
    const answers = (await inShell(lines.replace(/^curl .*$/gm, (line) => `${line}\necho`)))
      .trim()
      .split("\n")
    const [first, second, clock, verdict, journal, reset] = answers.map((line) => JSON.parse(line))
    assert.strictEqual(answers.length, 6)
    assert.deepInclude(first, { id: "rule-1", when: { first: 2, after: 1 }, then: { status: 503 } })
    assert.deepInclude(second, { id: "rule-2", when: { nth: 5 }, then: { code: 99991400 } })
    assert.deepStrictEqual(clock, { now: 1769850060, frozen: true })
    assert.deepStrictEqual(verdict, {
      ok: false,
      differences: ["meetings.listByNo: expected 6 calls, got 0"],
    })
    assert.deepStrictEqual(journal, [])
    assert.deepStrictEqual(reset, { ok: true })
    const at = async (path: string) => (await fetch(`${feishu.url}/_mock/${path}`)).json()
    assert.deepStrictEqual(await at("faults"), { rules: [], chaos: null })
    assert.deepStrictEqual(await at("clock"), { now: 1769850000, frozen: true })
  })

  it("has lines for a shell that sign in as a user, and revoke the login", async () => {
    await using feishu = await startFeishuMock({ now: 1769850000, frozen: true })
    const { appId, appSecret, url } = feishu
    const device = await fetch(url + OAuth.deviceAuthorizationPath, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${appId}:${appSecret}`).toString("base64")}` },
      body: new URLSearchParams({ client_id: appId, scope: "offline_access" }),
    })
    const { user_code } = await device.json()
    const [{ open_id } = { open_id: "" }] = await feishu.users()
    const redirect = "http://127.0.0.1:8080/callback"
    const query = { client_id: appId, response_type: "code", redirect_uri: redirect, state: "of-the-app" }
    const environment = {
      AUTHORIZE_URL: `https://accounts.feishu.cn${OAuth.authorizePath}?${new URLSearchParams(query).toString()}`,
      USER_CODE: user_code,
      APP_ID: appId,
      OPEN_ID: open_id,
    }
    const lines = block("sh", "$MOCK/logins").replace("http://127.0.0.1:8787", url)
    const answers = await inShell(
      lines.replace(/^curl .*$/gm, (line) => `${line}\necho`),
      environment,
    )
    const [users, allowed, refused, decided, logins, revoked] = answers
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.deepStrictEqual(users, await feishu.users())
    assert.strictEqual(allowed.redirect_url, `${redirect}?code=${allowed.code}&state=of-the-app`)
    assert.deepStrictEqual(refused, { redirect_url: `${redirect}?error=access_denied&state=of-the-app` })
    assert.deepStrictEqual(decided, { ok: true })
    assert.strictEqual(logins.length, 1)
    assert.deepInclude(logins[0], { client_id: appId, open_id, scopes: ["offline_access"] })
    assert.deepStrictEqual(revoked, { revoked: 0 })
    assert.deepStrictEqual(await feishu.logins(), [])
  })

  it("has a seed with people who sign in, as the mock takes it", async () => {
    const seed: Seed = Yaml.parse(block("yaml", "redirect_urls"))
    await using feishu = await startFeishuMock({ seed })
    assert.deepStrictEqual(
      (await feishu.users()).map(({ name, policy, status }) => [name === "张三", status, policy]),
      [
        [true, "active", undefined],
        [false, "frozen", undefined],
        [false, "active", "challenge"],
      ],
    )
  })

  it("says which calls each condition means", async () => {
    const rows = [...readme.matchAll(/^\| (?:`(\{.*\})`|none|不写) \| ([\d, …]+) \|$/gm)]
    assert.strictEqual(rows.length, 5)
    await using feishu = await startFeishuMock({ rateLimit: "off" })
    for (const [row, when, calls = ""] of rows) {
      await feishu.reset()
      const rule = { operation: "meetings.listByNo", then: { status: 503 } }
      await fetch(`${feishu.url}/_mock/faults`, {
        method: "POST",
        body: JSON.stringify(when === undefined ? rule : { ...rule, when: JSON.parse(when) }),
      })
      const failed: Array<number> = []
      for (let call = 1; call <= 5; call++) {
        if ((await fetch(feishu.url + ListByNo.path)).status === 503) failed.push(call)
      }
      assert.strictEqual(failed.join(", "), calls.replace(", …", ""), row)
    }
  })

  it("has answers as the mock gives them", async () => {
    await using feishu = await startFeishuMock({ now: 1769850000, frozen: true })
    const recorded = block("console", "$FEISHU").trim().split("\n")
    const environment = {
      FEISHU: feishu.url,
      APP_ID: feishu.appId,
      APP_SECRET: feishu.appSecret,
      TOKEN: await tokenOf(feishu),
    }
    for (let line = 0; line < recorded.length; line += 2) {
      const [command = "", answer = ""] = recorded.slice(line, line + 2)
      assert.strictEqual(await inShell(command.replace("$ ", ""), environment), answer, command)
    }
  })

  it("says which range returns everything", async () => {
    // The last second of 2026-01-31 in UTC: the range starts as late as it can.
    const now = 1769903999
    await using feishu = await startFeishuMock({ now, frozen: true, rateLimit: "off" })
    const [, seconds = ""] = /\b([\d,]{9})\b(?= ?秒|\.)/.exec(readme) ?? []
    const start = now - Number(seconds.replaceAll(",", ""))
    const headers = { authorization: `Bearer ${await tokenOf(feishu)}` }
    for (const meetingNo of feishu.meetingNos) {
      const range = `meeting_no=${meetingNo}&start_time=${start}&end_time=${now}&page_size=50`
      let [rows, token] = [0, ""]
      do {
        const url = `${feishu.url}${ListByNo.path}?${range}&page_token=${token}`
        const { data } = await (await fetch(url, { headers })).json()
        rows += data.meeting_briefs.length
        token = data.page_token ?? ""
      } while (token !== "")
      assert.strictEqual(rows, 120)
    }
  })
})
