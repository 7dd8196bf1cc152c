import { assert, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { MockFeishu } from "@effect-feishu/mock-server/effect"

const meetings = Layer.unwrap(
  Effect.map(MockFeishu.MockFeishu, ({ appId, appSecret, url }) =>
    Meetings.layer({
      baseUrl: url,
      credentials: AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) }),
    }),
  ),
).pipe(
  Layer.provide(NodeHttp.layer()),
  Layer.provideMerge(MockFeishu.layer({ generate: { numbers: 1, meetings: 200 }, days: 30 })),
)

it.live("every meeting is read", () =>
  Effect.gen(function* () {
    const [meetingNo] = (yield* MockFeishu.MockFeishu).meetingNos
    const { stream } = yield* Meetings.Meetings
    const rows = yield* Stream.runCollect(stream({ meetingNo: meetingNo!, range: { from: "60d" } }))
    assert.strictEqual(rows.length, 200)
  }).pipe(Effect.provide(meetings)),
)
