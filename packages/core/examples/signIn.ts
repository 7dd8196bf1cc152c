import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Layer, Stream } from "effect"
import { AccessToken, DeviceFlow, FeishuConfig, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"

const feishu = { baseUrl: process.env.FEISHU_BASE_URL }
// Many processes may share the file: whoever comes first refreshes the tokens in it.
const tokens = UserTokenFile.make("login.json")

const program = Effect.gen(function* () {
  const appSecret = Secret.appSecret(yield* Config.Redacted("FEISHU_APP_SECRET"))
  const app = { appId: yield* Config.String("FEISHU_APP_ID"), appSecret }
  if ((yield* tokens.read) === undefined) {
    const device = yield* DeviceFlow.begin({ ...app, scopes: ["vc:meeting:readonly", "offline_access"] })
    yield* Console.error(`Open ${device.verificationUri} and enter ${device.userCode}`)
    const login = yield* DeviceFlow.poll(app, device)
    yield* tokens.locked((_, replace) => replace(login))
  }
  const credentials = AccessToken.user({ ...app, tokens })
  yield* Meetings.Meetings.use((meetings) =>
    meetings
      .stream({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } })
      .pipe(Stream.runForEach((meeting) => Console.log(meeting.id, meeting.topic))),
  ).pipe(Effect.provide(Meetings.layer({ ...feishu, credentials })))
})

program.pipe(Effect.provide(Layer.merge(FeishuConfig.layer(feishu), NodeHttp.layer())), NodeRuntime.runMain)
