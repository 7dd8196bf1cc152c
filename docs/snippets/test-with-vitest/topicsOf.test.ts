import { feishuTest as test } from "@effect-feishu/mock-server/vitest"
import { topicsOf } from "./topicsOf.ts"

const operation = "meetings.listByNo"
const appOf = (feishu: { readonly appId: string; readonly appSecret: string; readonly url: string }) => ({
  appId: feishu.appId,
  appSecret: feishu.appSecret,
  baseUrl: feishu.url,
})

// What the Feishu of each test holds. Tests do not see each other, and may run at the same time.
const seed = { generate: [{ meeting_no: "337736498", count: 120, from: "-29d", to: "-1h" }] }
test.override({ feishuOptions: { seed } })

test("reads every page", async ({ expect, feishu }) => {
  expect(await topicsOf("337736498", appOf(feishu))).toHaveLength(120)
  expect(await feishu.journal({ operation })).toHaveLength(3)
})

test("loses no meeting when a connection breaks", async ({ expect, feishu }) => {
  await feishu.addFault({ operation, when: { nth: 2 }, then: { network: "reset in mid-body" } })
  expect(await topicsOf("337736498", appOf(feishu))).toHaveLength(120)
})

test("fails with Feishu's code when the app may not see the meetings", async ({ expect, feishu }) => {
  await feishu.addFault({ operation, then: { code: 121005 } })
  await expect(topicsOf("337736498", appOf(feishu))).rejects.toMatchObject({ code: 121005 })
})
