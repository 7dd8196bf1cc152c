/** `--demo`: a mock Feishu in this process, with a year of meetings of one number, and a client that reads it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AccessToken, FeishuClient, Secret } from "@effect-feishu/core"
import { MockFeishu } from "@effect-feishu/mock-server/effect"
import { DefaultNumbers, demoDays } from "./demoNumbers.ts"

/** The client of the demo, and the number that it reads by default. */
export const layer = Layer.unwrap(
  Effect.map(MockFeishu.MockFeishu, ({ appId, appSecret, meetingNos, url }) =>
    Layer.merge(
      FeishuClient.layer({
        baseUrl: url,
        credentials: AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) }),
      }),
      Layer.succeed(DefaultNumbers, meetingNos.slice(0, 1)),
    ),
  ),
).pipe(
  Layer.provide(
    MockFeishu.layer({
      generate: { numbers: 1, meetings: 220 },
      // One day less than the range: the later hours of today have no meetings yet.
      days: demoDays - 1,
      // Otherwise nothing older than 90 days could be read, and the demo would be one window.
      ninetyDays: "span",
      detailsAfter90Days: "found",
    }),
  ),
  // The mock is filled with valid data, and listens on any free port: a failure is a bug.
  Layer.orDie,
)
