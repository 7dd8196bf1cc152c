import { connect } from "@effect-feishu/mock-server"
import { FeishuError } from "@effect-feishu/promise"
import { topicsOf } from "../src/topicsOf.js"

const seed = { generate: [{ meeting_no: "337736498", count: 120, from: "-29d", to: "-1h" }] }
const operation = "meetings.listByNo"

// A workspace is a Feishu of its own: tests do not see each other, in any file.
let feishu, app
beforeEach(async () => {
  feishu = await connect({ url: process.env.FEISHU_MOCK_URL }).workspace({ seed })
  app = { appId: feishu.appId, appSecret: feishu.appSecret, baseUrl: feishu.url }
})
afterEach(() => feishu[Symbol.asyncDispose]())

test("reads every page", async () => {
  expect(await topicsOf("337736498", app)).toHaveLength(120)
  expect(await feishu.journal({ operation })).toHaveLength(3)
})

test("loses no meeting when a connection breaks", async () => {
  await feishu.addFault({ operation, when: { nth: 2 }, then: { network: "reset in mid-body" } })
  expect(await topicsOf("337736498", app)).toHaveLength(120)
})

test("fails with Feishu's code when the app may not see the meetings", async () => {
  await feishu.addFault({ operation, then: { code: 121005 } })
  const error = await topicsOf("337736498", app).catch((error) => error)
  expect(error).toBeInstanceOf(FeishuError)
  expect(error.code).toBe(121005)
})
