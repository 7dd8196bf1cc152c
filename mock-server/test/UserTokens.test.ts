import { GetMeeting, OAuth, UserInfo } from "@effect-feishu/contract"
import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import type { App, Meeting, Options } from "../src/protocol/PublicTypes.ts"
import { call, idsOf, list } from "./feishu.ts"
import { now } from "./fixture.ts"

const wanted = ["vc:meeting:readonly", "offline_access"] as const
const app: App = {
  app_id: "cli_login",
  app_secret: "SecretOfTheLogin",
  type: "self_built",
  scopes: [...wanted, "vc:record:readonly", GetMeeting.userIdScope],
  tenants: ["tenant_login"],
}
const meetingNo = "337736498"
const meeting = (
  id: number,
  participants: Meeting["participants"],
  changed: Partial<Meeting> = {},
): Meeting => ({
  id: String(7_011_030_664_708_603_900n + BigInt(id)),
  meeting_no: meetingNo,
  topic: `meeting ${id}`,
  start_time: now - 7_200 + id,
  end_time: now - 3_600,
  ...(participants === undefined ? {} : { participants }),
  ...changed,
})
const anna = { open_id: "ou_anna" }
const ben = { open_id: "ou_ben" }
const meetings = [
  meeting(1, [{ ...anna, is_host: true }, ben]),
  meeting(2, [anna]),
  meeting(3, [
    { ...ben, is_host: true },
    { ...anna, status: 4 },
  ]),
  meeting(4, undefined, { host_user: anna }),
  meeting(5, [ben, { ...anna, first_join_time: now + 60 }], { end_time: now + 3_600 }),
]
const seed = {
  apps: [app],
  users: [
    { ...anna, name: "安娜", en_name: "Anna" },
    { ...ben, name: "本" },
  ],
  meetings,
} satisfies Options["seed"]

const mocked = (options: Omit<MockFeishu.Options, "seed"> & { readonly seed?: object } = {}) =>
  Effect.provide(MockFeishu.layer({ now, ...options, seed: { ...seed, ...options.seed } }))

const send = (path: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
  Effect.map(call(path, { method: "POST", body, headers }), ({ status, text }) => ({
    status,
    body: text.startsWith("{") ? JSON.parse(text) : text,
  }))
const client = { client_id: app.app_id, client_secret: app.app_secret }
/** Asks for tokens, by JSON or by a form. */
const tokens = (fields: Record<string, string>, asForm = false) =>
  send(
    OAuth.userTokenPath,
    asForm ? new URLSearchParams({ ...client, ...fields }) : JSON.stringify({ ...client, ...fields }),
  )
const refresh = (refresh_token: string, more: Record<string, string> = {}) =>
  tokens({ grant_type: "refresh_token", refresh_token, ...more })

const redirectUri = "http://127.0.0.1:8123/callback"
const verifier = "v".repeat(43)
/** The address of the authorization page. */
const pageUrl = (changed: Record<string, string | undefined> = {}) => {
  const query = {
    client_id: app.app_id,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: wanted.join(" "),
    state: "a state/+&=",
    ...changed,
  }
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return `https://accounts.feishu.cn${OAuth.authorizePath}?${new URLSearchParams(given).toString()}`
}
/** The tokens of a user who has allowed everything on the page. */
const signIn = Effect.fnUntraced(function* (
  decision: { readonly open_id?: string; readonly scopes?: ReadonlyArray<string> } = {},
  changed: Record<string, string | undefined> = {},
) {
  const { code = "" } = yield* MockFeishu.authorize({ url: pageUrl(changed), ...decision })
  return (yield* tokens({ grant_type: "authorization_code", code, redirect_uri: redirectUri })).body
})
const listOf = (token: string, more: Record<string, string> = {}) =>
  list(token, {
    meeting_no: meetingNo,
    start_time: String(now - 86_400),
    end_time: String(now + 1),
    ...more,
  })
const whoIs = (token: string) =>
  Effect.map(call(UserInfo.path, { headers: { authorization: `Bearer ${token}` } }), ({ status, text }) => ({
    status,
    body: JSON.parse(text),
  }))
const refusal = (effect: Effect.Effect<unknown, MockFeishu.Refused, MockFeishu.MockFeishu>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

describe("the authorization page, without a browser", () => {
  it.effect("sends the browser back with a code of 64 characters and the state, or with access_denied", () =>
    Effect.gen(function* () {
      const { code = "", redirect_url: url = "" } = yield* MockFeishu.authorize({ url: pageUrl() })
      assert.match(code, /^[A-Za-z0-9_-]{64}$/)
      assert.strictEqual(
        url,
        `${redirectUri}?${new URLSearchParams({ code, state: "a state/+&=" }).toString()}`,
      )
      assert.deepStrictEqual(yield* MockFeishu.authorize({ url: pageUrl(), allow: false }), {
        redirect_url: `${redirectUri}?error=access_denied&state=a+state%2F%2B%26%3D`,
      })
      const withFragment = { redirect_uri: "http://localhost/back?a=1#/login", state: undefined }
      assert.deepStrictEqual(yield* MockFeishu.authorize({ url: pageUrl(withFragment), allow: false }), {
        redirect_url: "http://localhost/back?a=1&error=access_denied#/login",
      })
    }).pipe(mocked()),
  )

  const problems: ReadonlyArray<
    readonly [what: string, changed: Record<string, string | undefined>, RegExp]
  > = [
    ["no client_id", { client_id: undefined }, /20001: the authorization page needs client_id/],
    ["no redirect_uri", { redirect_uri: undefined }, /20001: .* redirect_uri/],
    ["an unknown app", { client_id: "cli_nobody" }, /20048: there is no app cli_nobody/],
    ["another response", { response_type: "token" }, /response_type must be code, not token/],
    ["a redirect URL elsewhere", { redirect_uri: "https://app.example/back" }, /redirect URL https:\/\/app/],
    ["no URL", { redirect_uri: "callback" }, /redirect URL callback/],
    [
      "a scope that the app does not have",
      { scope: "vc:meeting:readonly im:message" },
      /20027: .* im:message/,
    ],
    [
      "51 scopes",
      { scope: Array.from({ length: 51 }, (_, n) => `s:${n}`).join(" ") },
      /at most 50 .* not 51/,
    ],
    ["another challenge", { code_challenge_method: "S512" }, /must be S256 or plain, not S512/],
  ]
  for (const [what, changed, message] of problems) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        assert.match(yield* refusal(MockFeishu.authorize({ url: pageUrl(changed) })), message)
      }).pipe(mocked()),
    )
  }

  it.effect(
    "takes a redirect URL of the console to the letter; any of this machine where none is given",
    () =>
      Effect.gen(function* () {
        const isTaken = (redirect_uri: string) =>
          MockFeishu.authorize({ url: pageUrl({ redirect_uri }) }).pipe(Effect.isSuccess)
        for (const url of ["http://localhost:1/a", "http://[::1]:65535", "https://127.0.0.1/b?c"]) {
          assert.isTrue(yield* isTaken(url), url)
        }
        for (const url of ["http://127.0.0.1.evil.example/", "javascript://127.0.0.1/%0aalert(1)"]) {
          assert.isFalse(yield* isTaken(url), url)
        }
        yield* MockFeishu.putApp({ ...app, redirect_urls: ["https://app.example/back", redirectUri] })
        assert.isTrue(yield* isTaken("https://app.example/back"))
        for (const url of [
          "https://app.example/back/",
          "https://APP.example/back",
          `${redirectUri}?a`,
          "http://localhost:1/a",
        ]) {
          assert.isFalse(yield* isTaken(url), url)
        }
        for (const url of ["javascript:alert(1)", "DATA:text/html,x", "/callback", "http://a b"]) {
          const put = MockFeishu.putApp({ ...app, redirect_urls: [url] })
          assert.match(yield* refusal(put), /must be a whole URL/)
        }
        yield* MockFeishu.putApp({ ...app, redirect_urls: [] })
        assert.isFalse(yield* isTaken(redirectUri))
      }).pipe(mocked()),
  )

  it.effect("grants what the user has ticked, and only what was asked for", () =>
    Effect.gen(function* () {
      const { refresh_token, scope } = yield* signIn({ scopes: ["vc:meeting:readonly"] })
      assert.strictEqual(scope, "vc:meeting:readonly")
      assert.isUndefined(refresh_token)
      assert.match(
        yield* refusal(MockFeishu.authorize({ url: pageUrl(), scopes: ["vc:record:readonly"] })),
        /vc:record:readonly was not asked for/,
      )
    }).pipe(mocked()),
  )
})

describe("users' tokens", () => {
  it.effect("come by JSON and by a form; have 1 to 4 KB; and a refresh token with offline_access alone", () =>
    Effect.gen(function* () {
      for (const asForm of [false, true]) {
        const challenge = createHash("sha256").update(verifier).digest("base64url")
        const pkce = { code_challenge: challenge, code_challenge_method: "S256" }
        const { code = "" } = yield* MockFeishu.authorize({ url: pageUrl(pkce) })
        const fields = {
          grant_type: "authorization_code",
          code,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        }
        const { body } = yield* tokens(fields, asForm)
        assert.hasAllKeys(body, [
          "code",
          "access_token",
          "expires_in",
          "refresh_token",
          "refresh_token_expires_in",
          "scope",
          "token_type",
        ])
        for (const token of [body.access_token, body.refresh_token]) {
          assert.isAtLeast(token.length, 1_024)
          assert.isAtMost(token.length, 4_096)
        }
      }
      const { code = "" } = yield* MockFeishu.authorize({ url: pageUrl() })
      const narrowed = {
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        scope: wanted[0]!,
      }
      const { body } = yield* tokens(narrowed)
      assert.hasAllKeys(body, ["code", "access_token", "expires_in", "scope", "token_type"])
      assert.strictEqual(body.scope, wanted[0])
    }).pipe(mocked()),
  )

  it.effect("have every scope that the user has granted so far; a request narrows them, each by itself", () =>
    Effect.gen(function* () {
      yield* signIn({ open_id: "ou_ben" }, { scope: "vc:record:readonly" })
      const first = yield* signIn(anna)
      assert.strictEqual(first.scope, wanted.join(" "))
      const second = yield* signIn(anna, { scope: "vc:record:readonly" })
      assert.sameMembers(second.scope.split(" "), [...wanted, "vc:record:readonly"])
      const narrowed = (yield* refresh(first.refresh_token, { scope: "offline_access vc:record:readonly" }))
        .body
      assert.strictEqual(narrowed.scope, "offline_access vc:record:readonly")
      assert.strictEqual((yield* listOf(narrowed.access_token)).body?.code, 99991679)
      const whole = (yield* refresh(narrowed.refresh_token)).body
      assert.sameMembers(whole.scope.split(" "), second.scope.split(" "))
      assert.strictEqual((yield* refresh(whole.refresh_token, { scope: "im:message" })).body.code, 20068)
      assert.strictEqual((yield* refresh(whole.refresh_token, { scope: "a:b a:b" })).body.code, 20067)
      // What was refused has not used the token up.
      assert.strictEqual((yield* refresh(whole.refresh_token)).body.code, 0)
    }).pipe(mocked()),
  )

  it.effect("are refreshed for 365 days after the authorization, whatever was refreshed", () =>
    Effect.gen(function* () {
      let { refresh_token: token } = yield* signIn(anna)
      for (let day = 0; day < 364; day += 7) {
        yield* TestClock.adjust("167 hours")
        const { body } = yield* refresh(token)
        assert.strictEqual(body.code, 0)
        token = body.refresh_token
      }
      yield* TestClock.adjust("75 hours")
      const last = (yield* refresh(token)).body
      assert.strictEqual(last.code, 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* refresh(last.refresh_token)).body.code, 20037)
      assert.strictEqual((yield* refresh((yield* signIn(anna)).refresh_token)).body.code, 0)
    }).pipe(mocked()),
  )

  it.effect(
    "refreshGrace answers a used refresh token again with the same tokens, until the next refresh",
    () =>
      Effect.gen(function* () {
        const { refresh_token: first } = yield* signIn(anna)
        const second = (yield* refresh(first)).body
        assert.strictEqual((yield* refresh(first)).body.code, 20073)
        yield* MockFeishu.change({ refreshGrace: 60 })
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual((yield* refresh(first)).body, { ...second, expires_in: 7_141 })
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* refresh(first)).body.code, 20073)
        const third = (yield* refresh(second.refresh_token)).body
        assert.strictEqual((yield* refresh(second.refresh_token)).body.refresh_token, third.refresh_token)
        yield* refresh(third.refresh_token)
        assert.strictEqual((yield* refresh(second.refresh_token)).body.code, 20073)
      }).pipe(mocked()),
  )

  it.effect(
    "userTokenRateLimit and rateLimitPerSecond limit the requests of an app, refused ones included",
    () =>
      Effect.gen(function* () {
        const ask = Effect.map(
          call(OAuth.userTokenPath, {
            method: "POST",
            body: JSON.stringify({ ...client, grant_type: "refresh_token", refresh_token: "unknown" }),
          }),
          ({ body, headers }) => [body?.code, headers["x-ogw-ratelimit-limit"]],
        )
        yield* MockFeishu.change({ rateLimitPerSecond: 2, userTokenRateLimit: 3 })
        assert.deepStrictEqual(yield* ask, [20026, undefined])
        assert.deepStrictEqual(yield* ask, [20026, undefined])
        assert.deepStrictEqual(yield* ask, [99991400, "2"])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* ask, [20026, undefined])
        assert.deepStrictEqual(yield* ask, [99991400, "3"])
        yield* MockFeishu.change({ rateLimit: "off" })
        for (let count = 0; count < 5; count++) assert.deepStrictEqual(yield* ask, [20026, undefined])
      }).pipe(mocked()),
  )

  it.effect("a rule for a grant fails refreshes and leaves codes alone", () =>
    Effect.gen(function* () {
      yield* MockFeishu.addFault({
        operation: "oauth.userToken",
        when: { first: 1, matching: { grant_type: "refresh_token" } },
        then: { code: 20050 },
      })
      const { refresh_token } = yield* signIn(anna)
      assert.deepInclude(yield* refresh(refresh_token), {
        status: 500,
        body: {
          error: "server_error",
          error_description: "An unexpected server error occurred. Please retry your request.",
          code: 20050,
        },
      })
      assert.strictEqual((yield* refresh(refresh_token)).body.code, 0)
    }).pipe(mocked()),
  )

  it.effect("a refusal for the state of the app or of the user keeps the tokens, and ends with it", () =>
    Effect.gen(function* () {
      const { refresh_token } = yield* signIn(anna)
      const changes: ReadonlyArray<
        readonly [number, Effect.Effect<void, MockFeishu.Refused, MockFeishu.MockFeishu>]
      > = [
        [20074, MockFeishu.putApp({ ...app, refresh_user_access_token: false })],
        [20069, MockFeishu.putApp({ ...app, enabled: false })],
        [20009, MockFeishu.putApp({ ...app, tenants: ["tenant_b"] })],
        [20010, MockFeishu.putApp({ ...app, availability: ["ou_ben"] })],
        [20066, MockFeishu.putUsers([{ ...anna, status: "frozen" }])],
        [20066, MockFeishu.putUsers([{ ...anna, status: "resigned" }])],
        [20008, MockFeishu.putUsers([{ ...anna, status: "deleted" }])],
        [21000, MockFeishu.putUsers([{ ...anna, policy: "challenge" }])],
        [21001, MockFeishu.putUsers([{ ...anna, policy: "blocked" }])],
      ]
      for (const [code, change] of changes) {
        yield* change
        assert.strictEqual((yield* refresh(refresh_token)).body.code, code)
        yield* MockFeishu.putApp(app)
        yield* MockFeishu.putUsers([{ ...anna, tenant_key: "tenant_login" }])
      }
      assert.strictEqual((yield* refresh(refresh_token)).body.code, 0)
    }).pipe(mocked()),
  )
})

describe("the device flow", () => {
  const basic = (secret = app.app_secret) => ({
    authorization: `Basic ${Buffer.from(`${app.app_id}:${secret}`).toString("base64")}`,
  })
  const begin = (headers: Record<string, string> = basic(), scope = wanted.join(" ")) =>
    send(OAuth.deviceAuthorizationPath, new URLSearchParams({ client_id: app.app_id, scope }), headers)
  const poll = (device_code: string) =>
    Effect.map(tokens({ grant_type: OAuth.deviceCodeGrant, device_code }, true), ({ body, status }) => {
      assert.strictEqual(status, body.code === 0 ? 200 : 400)
      return body
    })

  it.effect(
    "gives a code for the device and one for its user, is pending, slows down, and gives tokens once",
    () =>
      Effect.gen(function* () {
        const { url } = yield* MockFeishu.MockFeishu
        const { device_code, user_code, ...rest } = (yield* begin()).body
        assert.match(device_code, /^[A-Za-z0-9_-]{64}$/)
        assert.match(user_code, /^[A-Z]{4}-[A-Z]{4}$/)
        assert.deepStrictEqual(rest, {
          verification_uri: `${url}/oauth/v1/device`,
          verification_uri_complete: `${url}/oauth/v1/device?user_code=${user_code}`,
          expires_in: 240,
          interval: 5,
        })
        const errorOf = Effect.map(poll(device_code), ({ code, error }) => {
          assert.isUndefined(code)
          return error
        })
        assert.strictEqual(yield* errorOf, "authorization_pending")
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(yield* errorOf, "slow_down")
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual(yield* errorOf, "slow_down")
        yield* TestClock.adjust("15 seconds")
        assert.strictEqual(yield* errorOf, "authorization_pending")
        const [waiting] = yield* MockFeishu.deviceAuthorizations
        assert.deepInclude(waiting, { user_code, client_id: app.app_id, scopes: wanted })
        yield* MockFeishu.decideDevice({ user_code: user_code.toLowerCase().replace("-", " "), ...ben })
        assert.deepStrictEqual(yield* MockFeishu.deviceAuthorizations, [])
        yield* TestClock.adjust("15 seconds")
        const { access_token, code, scope } = yield* poll(device_code)
        assert.strictEqual(code, 0)
        assert.strictEqual(scope, wanted.join(" "))
        assert.strictEqual((yield* whoIs(access_token)).body.data.name, "本")
        assert.strictEqual(yield* errorOf, "invalid_grant")
      }).pipe(mocked()),
  )

  it.effect("ends with access_denied, with expired_token, and with invalid_grant", () =>
    Effect.gen(function* () {
      const denied = (yield* begin()).body
      yield* MockFeishu.decideDevice({ allow: false })
      assert.strictEqual((yield* poll(denied.device_code)).error, "access_denied")
      const late = (yield* begin()).body
      yield* TestClock.adjust("240 seconds")
      assert.strictEqual((yield* poll(late.device_code)).error, "expired_token")
      assert.strictEqual((yield* poll("unknown")).error, "invalid_grant")
      const decided = (user_code: string) => refusal(MockFeishu.decideDevice({ user_code }))
      assert.match(yield* decided(late.user_code), /does not wait any more: expired/)
      assert.match(yield* decided(denied.user_code), /does not wait any more: denied/)
      assert.match(yield* decided("BBBB-BBBB"), /there is no device with this user code/)
    }).pipe(mocked()),
  )

  it.effect("needs the app's Basic credentials, and scopes that the app has", () =>
    Effect.gen(function* () {
      const codeOf = ({
        body,
        status,
      }: {
        readonly status: number
        readonly body: { readonly code: number; readonly error: string }
      }) => [status, body.code, body.error]
      assert.deepStrictEqual(codeOf(yield* begin({})), [400, 20002, "invalid_client"])
      assert.deepStrictEqual(codeOf(yield* begin(basic("Another"))), [400, 20002, "invalid_client"])
      assert.deepStrictEqual(codeOf(yield* begin(basic(), "im:message")), [400, 20027, "invalid_scope"])
    }).pipe(mocked()),
  )

  it.effect("deviceFlow off is a server that knows none: 404 in plain text, and 20036", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* begin(), { status: 404, body: "404 page not found" })
      assert.strictEqual((yield* poll("unknown")).code, 20036)
    }).pipe(mocked({ deviceFlow: "off" })),
  )
})

describe("who a user is", () => {
  it.effect("is answered with the documented fields; user_id needs its scope", () =>
    Effect.gen(function* () {
      const { access_token: token } = yield* signIn(anna)
      const { body, status } = yield* whoIs(token)
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(Object.keys(body), ["code", "msg", "data"])
      const { data } = body
      assert.deepStrictEqual(Object.keys(data), [
        "name",
        "en_name",
        "avatar_url",
        "avatar_thumb",
        "avatar_middle",
        "avatar_big",
        "open_id",
        "union_id",
        "tenant_key",
      ])
      assert.deepInclude(data, {
        name: "安娜",
        en_name: "Anna",
        open_id: "ou_anna",
        tenant_key: "tenant_login",
      })
      const more = yield* signIn(anna, { scope: GetMeeting.userIdScope })
      assert.isString((yield* whoIs(more.access_token)).body.data.user_id)
    }).pipe(mocked()),
  )

  it.effect("is refused with HTTP 200 and a code of its own, without the header with 400", () =>
    Effect.gen(function* () {
      const { access_token: token } = yield* signIn(anna)
      const codes = (text: string) => Effect.map(whoIs(text), ({ body, status }) => [status, body.code])
      assert.deepStrictEqual(yield* codes("u-unknown"), [200, 20005])
      assert.deepStrictEqual(yield* codes(""), [400, 99991661])
      for (const [status, code] of [
        ["deleted", 20008],
        ["resigned", 20021],
        ["frozen", 20022],
        ["unregistered", 20023],
      ] as const) {
        yield* MockFeishu.putUsers([{ ...anna, status }])
        assert.deepStrictEqual(yield* codes(token), [200, code])
      }
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(yield* codes(token), [200, 20005])
    }).pipe(mocked()),
  )

  it.effect("of the token of nobody in particular is a made-up person", () =>
    Effect.gen(function* () {
      const { code = "" } = yield* MockFeishu.authorize({ client_id: app.app_id })
      const { access_token } = (yield* tokens({ grant_type: "authorization_code", code })).body
      assert.strictEqual((yield* whoIs(access_token)).body.data.en_name, "Test User")
      assert.lengthOf(idsOf(yield* listOf(access_token)), 5)
    }).pipe(mocked()),
  )
})

describe("the users of a seed without users", () => {
  it.effect("are those who take part in the meetings, hosts first, with names of their own", () =>
    Effect.gen(function* () {
      const users = yield* MockFeishu.users
      assert.deepStrictEqual(
        users.map(({ open_id }) => open_id),
        ["ou_anna", "ou_ben"].concat(users.slice(2).map(({ open_id }) => open_id)),
      )
      assert.lengthOf(users, 3)
      assert.strictEqual(new Set(users.map(({ name }) => name)).size, 3)
      const { access_token } = yield* signIn()
      assert.strictEqual((yield* whoIs(access_token)).body.data.open_id, "ou_anna")
    }).pipe(mocked({ seed: { users: null } })),
  )

  it.effect("host meetings that are generated, so that they have some of their own", () =>
    Effect.gen(function* () {
      const [first] = yield* MockFeishu.users
      const { access_token } = yield* signIn({ open_id: first!.open_id })
      const query = {
        meeting_no: "146453285",
        start_time: String(now - 80 * 86_400),
        end_time: String(now),
        page_size: "50",
      }
      const own = idsOf(yield* list(access_token, query))
      assert.isAbove(own.length, 5)
      assert.isBelow(own.length, 40)
    }).pipe(
      mocked({
        seed: {
          users: null,
          meetings: [],
          generate: [{ meeting_no: "146453285", count: 40, from: "-80d" }],
        },
      }),
    ),
  )
})

describe("the meetings of a user", () => {
  const numbers = (answer: Parameters<typeof idsOf>[0]) => idsOf(answer).map((id) => Number(id.slice(-1)))

  it.effect(
    "userMeetings own are those that they hosted or took part in; a running one once they have joined",
    () =>
      Effect.gen(function* () {
        const { access_token: token } = yield* signIn(anna)
        assert.deepStrictEqual(numbers(yield* listOf(token)), [1, 2, 4])
        yield* TestClock.adjust("60 seconds")
        assert.deepStrictEqual(numbers(yield* listOf(token)), [1, 2, 4, 5])
        const first = yield* listOf(token, { page_size: "3" })
        assert.deepStrictEqual(numbers(first), [1, 2, 4])
        assert.isTrue(first.body?.data?.has_more)
        const next = yield* listOf(token, { page_size: "3", page_token: first.body!.data!.page_token! })
        assert.deepStrictEqual(numbers(next), [5])
        assert.isFalse(next.body?.data?.has_more)
        const other = yield* signIn(ben)
        assert.deepStrictEqual(numbers(yield* listOf(other.access_token)), [1, 3, 5])
        yield* MockFeishu.change({ userMeetings: "all" })
        assert.deepStrictEqual(numbers(yield* listOf(token)), [1, 2, 3, 4, 5])
      }).pipe(mocked()),
  )

  it.effect("of a large number are listed to a stranger, and to everybody who took part in them", () =>
    Effect.gen(function* () {
      const query = {
        meeting_no: "146453285",
        start_time: String(now - 80 * 86_400),
        end_time: String(now),
        page_size: "50",
      }
      const { access_token: stranger } = yield* signIn(anna)
      assert.deepStrictEqual(idsOf(yield* list(stranger, query)), [])
      yield* MockFeishu.change({ userMeetings: "all" })
      const all = idsOf(yield* list(stranger, query))
      assert.lengthOf(all, 30)
      yield* MockFeishu.change({ userMeetings: "own" })
      // Those of each person are the meetings in whose details they are.
      const details = yield* Effect.forEach(all, MockFeishu.meeting)
      const tookPart = details.flatMap(({ details, meeting }) =>
        (details?.participants ?? []).flatMap(({ open_id, stays }) =>
          stays.length === 0 ? [] : [[open_id, meeting.id] as const],
        ),
      )
      for (const person of [...new Set(tookPart.map(([openId]) => openId))].slice(0, 12)) {
        const { access_token: token } = yield* signIn({ open_id: person })
        assert.deepStrictEqual(
          idsOf(yield* list(token, query)),
          tookPart.flatMap(([openId, id]) => (openId === person ? [id] : [])),
          person,
        )
      }
    }).pipe(
      mocked({
        seed: { generate: [{ meeting_no: "146453285", count: 30, from: "-80d", participants: 40 }] },
      }),
    ),
  )
})

describe("logins", () => {
  it.effect("are listed, and revoked with all of their tokens", () =>
    Effect.gen(function* () {
      const first = yield* signIn(anna)
      const second = (yield* refresh(first.refresh_token)).body
      const other = yield* signIn(ben, { scope: "vc:meeting:readonly" })
      const logins = yield* MockFeishu.logins
      assert.deepStrictEqual(
        logins.map(({ access_tokens, client_id, name, open_id, scopes }) => [
          client_id,
          open_id,
          name,
          scopes,
          access_tokens,
        ]),
        [
          [app.app_id, "ou_anna", "安娜", wanted, 2],
          [app.app_id, "ou_ben", "本", ["vc:meeting:readonly"], 1],
        ],
      )
      assert.deepStrictEqual(
        logins.map(({ ends_at, renewable }) => [renewable, ends_at]),
        [
          [true, now + 604_800],
          [false, now + 7_200],
        ],
      )
      const login = { client_id: app.app_id, ...anna }
      assert.strictEqual(yield* MockFeishu.revokeLogin(login), 3)
      for (const token of [first.access_token, second.access_token]) {
        assert.strictEqual((yield* listOf(token)).body?.code, 99991668)
      }
      assert.strictEqual((yield* refresh(second.refresh_token)).body.code, 20064)
      assert.strictEqual((yield* listOf(other.access_token)).body?.code, 0)
      assert.match(
        yield* refusal(MockFeishu.revokeLogin(login)),
        /there is no login of ou_anna for cli_login/,
      )
      // What was granted before does not count any more.
      assert.strictEqual((yield* signIn(anna, { scope: "vc:record:readonly" })).scope, "vc:record:readonly")
    }).pipe(mocked()),
  )
})

describe("a snapshot", () => {
  it.effect(
    "has the users, what the console says of the app, and the switches; an older one has none of them",
    () =>
      Effect.gen(function* () {
        const console = {
          redirect_urls: [redirectUri],
          refresh_user_access_token: false,
          enabled: false,
          availability: ["ou_ben"],
        }
        yield* MockFeishu.putApp({ ...app, ...console })
        yield* MockFeishu.putUsers([{ ...ben, status: "frozen", policy: "challenge" }])
        yield* MockFeishu.change({
          refreshGrace: 60,
          deviceFlow: "off",
          userMeetings: "all",
          userTokenRateLimit: 7,
        })
        const users = yield* MockFeishu.users
        const snapshot = yield* MockFeishu.snapshot
        yield* MockFeishu.reset
        yield* MockFeishu.restore(snapshot)
        assert.deepStrictEqual(yield* MockFeishu.snapshot, snapshot)
        assert.deepStrictEqual(yield* MockFeishu.users, users)
        assert.deepInclude(snapshot.seed.apps?.[0], console)
        const { deviceFlow, refreshGrace, userMeetings, userTokenRateLimit, ...behaviour } =
          snapshot.behaviour
        assert.deepStrictEqual(
          [deviceFlow, refreshGrace, userMeetings, userTokenRateLimit],
          ["off", 60, "all", 7],
        )
        const { users: _users, ...older } = snapshot.seed
        yield* MockFeishu.restore({
          ...snapshot,
          behaviour: behaviour as typeof snapshot.behaviour,
          seed: older,
        })
        const now = yield* MockFeishu.snapshot
        assert.isUndefined(now.seed.users)
        assert.deepInclude(now.behaviour, { deviceFlow: "on", refreshGrace: "off", userMeetings: "own" })
      }).pipe(mocked()),
  )
})

describe("the journal", () => {
  it.effect("never has a code, a device code, a user code, a verifier, a token or a secret", () =>
    Effect.gen(function* () {
      const challenge = createHash("sha256").update(verifier).digest("base64url")
      const pkce = { code_challenge: challenge, code_challenge_method: "S256" }
      const { code = "" } = yield* MockFeishu.authorize({ url: pageUrl(pkce) })
      const grant = {
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }
      const { access_token, refresh_token } = (yield* tokens(grant)).body
      yield* refresh(refresh_token)
      yield* whoIs(access_token)
      const basic = Buffer.from(`${app.app_id}:${app.app_secret}`).toString("base64")
      const fields = new URLSearchParams({ client_id: app.app_id, scope: wanted.join(" ") })
      const device = (yield* send(OAuth.deviceAuthorizationPath, fields, { authorization: `Basic ${basic}` }))
        .body
      yield* tokens({ grant_type: OAuth.deviceCodeGrant, device_code: device.device_code }, true)
      yield* tokens({ grant_type: OAuth.deviceCodeGrant, device_code: "ADeviceCodeThatNobodyGave" })
      const entries = yield* MockFeishu.journal()
      assert.lengthOf(entries, 6)
      const details = yield* Effect.forEach(entries, ({ seq }) => MockFeishu.journalEntry(seq))
      const text = JSON.stringify(details)
      const { device_code, user_code } = device
      for (const secret of [
        code,
        verifier,
        access_token,
        refresh_token,
        device_code,
        user_code,
        basic,
        app.app_secret,
        "ADeviceCodeThatNobodyGave",
      ]) {
        assert.notInclude(text, secret)
      }
    }).pipe(mocked()),
  )
})
