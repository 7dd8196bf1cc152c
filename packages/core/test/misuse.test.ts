import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { AccessToken, Cursor, type FeishuClient, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

/** How it ends for a program in JavaScript, which no compiler stops; and how many requests were sent. */
const ended = Effect.fnUntraced(function* (
  use: (meetings: Meetings.Meetings["Service"]) => ReturnType<Meetings.Meetings["Service"]["page"]>,
  options?: FeishuClient.Options<AccessToken.Needs>,
) {
  let requests = 0
  const program = Effect.suspend(() =>
    Effect.provide(
      Effect.flatMap(Meetings.Meetings, use),
      Fake.meetings(() => {
        requests++
        return Effect.succeed(Fake.page([1]))
      }, options),
    ),
  )
  return { exit: yield* Effect.exit(program), requests }
})

const cursor = Cursor.fromPosition({
  meetingNo: Fake.meetingNo,
  start: 0,
  end: 1,
  pageSize: 1,
  baseUrl: "https://open.feishu.cn",
  window: 0,
})
const token = Secret.accessToken("t-SECRET")
const range = { from: "30d" }
const page = (meetings: Meetings.Meetings["Service"]) => meetings.page({ meetingNo: Fake.meetingNo, range })

// Each line does not compile, which `pnpm check` sees to.
const misuses: Readonly<Record<string, () => ReturnType<typeof ended>>> = {
  // @ts-expect-error a raw string is no meeting number
  "a raw string as meeting number": () => ended((meetings) => meetings.page({ meetingNo: "12345", range })),
  // @ts-expect-error nor is it a cursor
  "a raw string as cursor": () => ended((meetings) => meetings.page("feishu-meetings.1.e30")),
  "a cursor as meeting number": () =>
    // @ts-expect-error a cursor is no meeting number
    ended((meetings) => meetings.page({ meetingNo: cursor, range })),
  "a range without a start": () =>
    // @ts-expect-error a range has a start
    ended((meetings) => meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { to: "now" } })),
  "an app secret in clear text": () =>
    // @ts-expect-error a secret is redacted
    ended(page, { credentials: AccessToken.selfBuiltApp({ appId: "cli_a", appSecret: "SECRET" }) }),
  // @ts-expect-error so is a token
  "an access token in clear text": () => ended(page, { credentials: AccessToken.given("SECRET") }),
  "an access token where an app secret goes": () =>
    // @ts-expect-error a token is no secret
    ended(page, { credentials: AccessToken.selfBuiltApp({ appId: "cli_a", appSecret: token }) }),
  "an app secret where an access token goes": () =>
    // @ts-expect-error a secret is no token
    ended(page, { credentials: AccessToken.given(Fake.app.appSecret) }),
  "a secret whose kind nobody has said": () =>
    // @ts-expect-error it may be anything
    ended(page, { credentials: AccessToken.given(Redacted.make("SECRET")) }),
  "a brand that does not exist": () =>
    // @ts-expect-error there are two brands
    ended(page, { brand: "dingtalk", credentials: Fake.credentials }),
}

describe("misuse does not compile; in JavaScript it fails and nothing is sent", () => {
  for (const [name, misuse] of Object.entries(misuses)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { exit, requests } = yield* misuse()
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(requests, 0)
        assert.notInclude(String(exit), "SECRET")
      }),
    )
  }
})
