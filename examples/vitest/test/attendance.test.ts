import { feishuTest } from "@effect-feishu/mock-server/vitest"
import { type Client, createClient } from "@effect-feishu/promise"
import { describe, expect } from "vitest"
import { attendance } from "../src/attendance.ts"

const meetingNo = "337736498"
const [li, wang] = ["ou_li", "ou_wang"]
const meeting = (id: string, day: number, minutes: Readonly<Record<string, number>>) => ({
  id,
  meeting_no: meetingNo,
  topic: "Weekly sync",
  start_time: `-${day}d`,
  end_time: `-${day * 24 - 1}h`,
  participants: Object.entries(minutes).map(([open_id, time]) => ({
    open_id,
    in_meeting_duration: time * 60,
  })),
})
const weekly = [
  meeting("7672989999303099091", 20, { [li]: 60, [wang]: 30 }),
  meeting("7672989999303099092", 13, { [li]: 45 }),
  meeting("7672989999303099093", 6, { [li]: 10, [wang]: 10 }),
]

/** A test with a Feishu of its own, in which there are three meetings, and with a client that reads from it. */
const test = feishuTest.extend<{ readonly client: Client }>({
  client: async ({ feishu }, use) => {
    await using client = createClient({
      appId: feishu.appId,
      appSecret: feishu.appSecret,
      baseUrl: feishu.url,
    })
    await use(client)
  },
})
test.override({ feishuOptions: { seed: { meetings: weekly } } })

test("adds up the minutes of everybody", async ({ client }) => {
  const { hidden, minutes } = await attendance(client, meetingNo)
  expect(Object.fromEntries(minutes)).toEqual({ [li]: 115, [wang]: 40 })
  expect(hidden).toBe(0)
})

test("counts the meetings that the app may not see", async ({ client, feishu }) => {
  await feishu.putMeetings([{ ...weekly[0]!, visible_to: [] }])
  const { hidden, minutes } = await attendance(client, meetingNo)
  expect(Object.fromEntries(minutes)).toEqual({ [li]: 55, [wang]: 10 })
  expect(hidden).toBe(1)
})

// These run at the same time against one server, and do not see each other.
describe.concurrent("faults", () => {
  test("a connection that breaks loses nobody", async ({ client, feishu }) => {
    await feishu.addFault({
      operation: "meetings.get",
      when: { nth: 2 },
      then: { network: "reset in mid-body" },
    })
    const { minutes } = await attendance(client, meetingNo)
    expect(Object.fromEntries(minutes)).toEqual({ [li]: 115, [wang]: 40 })
    expect(await feishu.verify([{ operation: "meetings.get", times: 4 }])).toEqual({
      ok: true,
      differences: [],
    })
  })

  test("a scope that the app lacks is named", async ({ client, feishu }) => {
    const { seed } = await feishu.snapshot()
    await feishu.putApp({ ...seed.apps![0]!, scopes: [] })
    await expect(attendance(client, meetingNo)).rejects.toMatchObject({
      reason: "PermissionDenied",
      scopes: expect.arrayContaining(["vc:meeting:readonly"]),
    })
  })

  test("an app secret that is wrong is an error, and no request follows", async ({ feishu }) => {
    await using client = createClient({ appId: feishu.appId, appSecret: "mistyped", baseUrl: feishu.url })
    await expect(attendance(client, meetingNo)).rejects.toMatchObject({ reason: "AuthenticationFailed" })
    expect(await feishu.journal({ operation: "meetings.listByNo" })).toHaveLength(0)
  })
})

describe("limits", () => {
  test("the quota of the month is an error at once", async ({ client, feishu }) => {
    await feishu.change({ monthlyQuota: 0 })
    await expect(attendance(client, meetingNo)).rejects.toMatchObject({ reason: "QuotaExceeded" })
  })

  // No test needs to sleep for the limit of a minute: the client may give up at once, and the clock of the mock can be moved.
  test("a limit that others have used up says when to come back", async ({ feishu }) => {
    await feishu.change({ rateLimit: 1 })
    const read = async () => {
      await using client = createClient({
        appId: feishu.appId,
        appSecret: feishu.appSecret,
        baseUrl: feishu.url,
        longestWait: 0,
      })
      return await attendance(client, meetingNo)
    }
    expect((await read()).minutes.size).toBe(2)
    await expect(read()).rejects.toMatchObject({
      reason: "RateLimited",
      retryAfterMillis: expect.any(Number),
    })
    await feishu.moveClock({ advance: "60s" })
    expect((await read()).minutes.size).toBe(2)
  })
})
