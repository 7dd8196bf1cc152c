import { assert, describe, it } from "@effect/vitest"
import * as Lark from "@larksuiteoapi/node-sdk"
import { Effect, Layer } from "effect"
import { AccessToken, Meetings, Secret, TimeRange } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { MockFeishu } from "@effect-feishu/mock-server/effect"
import * as Fake from "./FakeFeishu.ts"

/** Three numbers with 90 meetings each, so that page size 1 stays below the limit of 100 requests. */
const feishu = MockFeishu.layer({ generate: { numbers: 3, meetings: 90 }, days: 80, rateLimit: "off" })

const bySdk = async (
  { appId, appSecret, url }: MockFeishu.Running,
  params: { meeting_no: string; start_time: string; end_time: string; page_size: number },
) => {
  const client = new Lark.Client({ appId, appSecret, domain: url, loggerLevel: Lark.LoggerLevel.error })
  const ids: Array<string | undefined> = []
  for await (const page of await client.vc.v1.meeting.listByNoWithIterator({ params })) {
    for (const meeting of page?.meeting_briefs ?? []) ids.push(meeting.id)
  }
  return ids
}

describe("the official SDK's iterator and Meetings.stream read the same from the mock", () => {
  for (const pageSize of [1, 20, 50]) {
    it.live(`three numbers with page size ${pageSize}`, () =>
      Effect.gen(function* () {
        const running = yield* MockFeishu.MockFeishu
        assert.strictEqual(running.meetingNos.length, 3)
        const range = yield* TimeRange.make({ from: "85d" })
        for (const meetingNo of running.meetingNos) {
          const ours = yield* Effect.provide(
            Fake.read({ meetingNo, range, pageSize }),
            Meetings.layer({
              credentials: AccessToken.selfBuiltApp({
                appId: running.appId,
                appSecret: Secret.appSecret(running.appSecret),
              }),
              baseUrl: running.url,
            }).pipe(Layer.provide(NodeHttp.layer())),
          )
          const theirs = yield* Effect.promise(() =>
            bySdk(running, {
              meeting_no: meetingNo,
              start_time: String(range.start),
              end_time: String(range.end),
              page_size: pageSize,
            }),
          )
          assert.strictEqual(ours.error, undefined)
          assert.strictEqual(ours.ids.length, 90)
          assert.deepStrictEqual(theirs, ours.ids)
        }
      }).pipe(Effect.provide(feishu)),
    )
  }
})
