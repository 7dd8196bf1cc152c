import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { AccessToken, Cursor, MeetingNo, Meetings } from "@effect-feishu/core"

// What must not compile. `pnpm check` fails when one of these lines does; none of them is run.
const misuse = () =>
  Effect.gen(function* () {
    const meetings = yield* Meetings.Meetings
    const range = { from: "30d" }
    return [
      // @ts-expect-error a raw string is no meeting number
      meetings.stream({ meetingNo: "337736498", range }),
      // @ts-expect-error nor is it a cursor
      meetings.stream("feishu-meetings.1.e30"),
      // @ts-expect-error and a cursor is no meeting number
      meetings.stream({ meetingNo: Cursor.Cursor.make("feishu-meetings.1.e30"), range }),
      // @ts-expect-error a range has a start
      meetings.stream({ meetingNo: MeetingNo.make("337736498"), range: { to: "now" } }),
      // @ts-expect-error many numbers are meeting numbers, too
      meetings.streamMany(["337736498"], range),
      // @ts-expect-error an app secret in clear text
      Meetings.layer({ app: { appId: "cli_a", appSecret: "secret" } }),
      // @ts-expect-error an access token in clear text
      Meetings.layer({ accessToken: "t-token" }),
      // @ts-expect-error an access token is no app
      AccessToken.selfBuiltApp(Redacted.make("t-token")),
      // @ts-expect-error there is no such brand
      Meetings.layer({ brand: "dingtalk", accessToken: Redacted.make("t-token") }),
    ]
  })

describe("misuse", () => {
  it("does not compile; what is right does", () => {
    assert.isFunction(misuse)
    assert.strictEqual(MeetingNo.make("337736498"), "337736498")
  })
})
