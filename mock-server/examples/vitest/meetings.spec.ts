import { feishuTest as test } from "@effect-feishu/mock-server/vitest"
import { describe, expect } from "vitest"

/** Stands for your program: gets a token, then reads a page. */
const readPage = async (feishu: {
  readonly url: string
  readonly appId: string
  readonly appSecret: string
}) => {
  const answer = await fetch(`${feishu.url}/open-apis/auth/v3/tenant_access_token/internal`, {
    method: "POST",
    body: JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret }),
  })
  const { tenant_access_token: token } = await answer.json()
  const now = Math.floor(Date.now() / 1000)
  const query = `meeting_no=337736498&start_time=${now - 30 * 86_400}&end_time=${now}`
  const page = await fetch(`${feishu.url}/open-apis/vc/v1/meetings/list_by_no?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return await page.json()
}

// They run at the same time against one server, and do not see each other.
describe.concurrent("each test has a Feishu of its own", () => {
  for (const code of [121001, 121005, 99991403]) {
    test(`that fails with ${code}`, async ({ feishu }) => {
      await feishu.addFault({ operation: "meetings.listByNo", when: { nth: 1 }, then: { code } })
      expect((await readPage(feishu)).code).toBe(code)
      expect((await readPage(feishu)).code).toBe(0)
      expect(await feishu.journal({ code })).toHaveLength(1)
    })
  }
})

describe("options of the mock", () => {
  test.override({ feishuOptions: { rateLimit: 1 } })
  test("can be set for a group of tests", async ({ feishu }) => {
    expect((await readPage(feishu)).code).toBe(0)
    expect((await readPage(feishu)).code).toBe(99991400)
  })
})
