import { Client, LoggerLevel } from "@larksuiteoapi/node-sdk"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as MockFeishu from "../src/MockFeishu.ts"
import { now } from "./fixture.ts"

const generated = { generate: { numbers: 1, meetings: 123 }, now } as const

layer(MockFeishu.layer(generated))("Feishu's official SDK", (it) => {
  const client = Effect.map(
    MockFeishu.MockFeishu,
    ({ appId, appSecret, url }) =>
      new Client({ appId, appSecret, domain: url, loggerLevel: LoggerLevel.error }),
  )
  const params = Effect.map(MockFeishu.MockFeishu, ({ meetingNos }) => ({
    meeting_no: meetingNos[0] ?? "",
    start_time: String(now - 90 * 86_400),
    end_time: String(now),
    page_size: 50,
  }))

  it.effect("fetches a token and reads a page", () =>
    Effect.gen(function* () {
      const feishu = yield* client
      const payload = { params: yield* params }
      const page = yield* Effect.promise(() => feishu.vc.meeting.listByNo(payload))
      assert.strictEqual(page.code, 0)
      assert.strictEqual(page.data?.meeting_briefs?.length, 50)
      assert.isTrue(page.data?.has_more)
    }),
  )

  it.effect("reads all pages with its iterator, each meeting once", () =>
    Effect.gen(function* () {
      const feishu = yield* client
      const payload = { params: yield* params }
      const ids = yield* Effect.promise(async () => {
        const ids: Array<string | undefined> = []
        for await (const page of await feishu.vc.meeting.listByNoWithIterator(payload)) {
          ids.push(...(page?.meeting_briefs ?? []).map((row) => row.id))
        }
        return ids
      })
      assert.strictEqual(ids.length, 123)
      assert.strictEqual(new Set(ids).size, 123)
    }),
  )
})
