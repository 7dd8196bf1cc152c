/** The pages at which people sign in as a server's answers; what a browser makes of them is in signin.services.ts. */
import { assert, describe, it } from "@effect/vitest"
import { OAuth } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as Authorizations from "../src/state/Authorizations.ts"
import { type Answer, call } from "./feishu.ts"
import { now, seed } from "./fixture.ts"

const appId = "cli_reader"
const callback = "http://127.0.0.1:8080/callback"
const people = {
  users: [
    { open_id: "ou_one", name: "张三", en_name: "San Zhang" },
    { open_id: "ou_two", name: "李四", status: "frozen" },
  ],
} as const

const provideMock = (apps: object = {}) =>
  Effect.provide(
    MockFeishu.layer({
      seed: { ...seed, ...people, apps: [{ ...seed.apps[0], ...apps }, ...seed.apps.slice(1)] as never },
      now,
      frozen: true,
    }),
  )

const authorize = (fields: Readonly<Record<string, string>> = {}): string =>
  `${OAuth.authorizePath}?${new URLSearchParams({
    client_id: appId,
    response_type: "code",
    redirect_uri: callback,
    scope: "vc:meeting:readonly",
    state: "s-1",
    ...fields,
  }).toString()}`

/** Sends a form, and does not follow where it leads. */
const send = (path: string, fields: Readonly<Record<string, string>>, headers?: Record<string, string>) =>
  call(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
    headers: headers ?? {},
  })

/** The seal of a page that was opened. */
const sealOf = ({ text }: Answer): string => /name="seal" value="([^"]+)"/.exec(text)?.[1] ?? ""

/** Decides on a page. */
const decide = Effect.fnUntraced(function* (
  path: string,
  fields: Readonly<Record<string, string>> = {},
  headers?: Record<string, string>,
) {
  const seal = sealOf(yield* call(path))
  return yield* send(path, { seal, person: "ou_one", decision: "allow", ...fields }, headers)
})

/** The words of a page. */
const wordsOf = ({ text }: Answer): string =>
  text
    .replace(/<style>.*<\/style>/s, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ")

const grantOf = Effect.fnUntraced(function* (location: string | undefined) {
  const code = new URL(location!).searchParams.get("code")
  const body = {
    grant_type: "authorization_code",
    client_id: appId,
    client_secret: "secret",
    code,
    redirect_uri: callback,
  }
  const { text } = yield* call(OAuth.userTokenPath, { method: "POST", body: JSON.stringify(body) })
  return JSON.parse(text) as { readonly code: number; readonly scope: string }
})

const beginDevice = Effect.map(
  call(OAuth.deviceAuthorizationPath, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${appId}:secret`).toString("base64")}` },
    body: new URLSearchParams({ client_id: appId, scope: "vc:meeting:readonly" }),
  }),
  ({ text }) => (JSON.parse(text) as { readonly user_code: string }).user_code,
)

describe("every page at which people sign in", () => {
  it.effect("is kept nowhere, named to nobody, shown in no frame, and runs and loads nothing", () =>
    Effect.gen(function* () {
      const code = yield* beginDevice
      const device = `${Authorizations.devicePath}?user_code=${code}`
      for (const path of [
        authorize(),
        authorize({ client_id: "nobody" }),
        Authorizations.devicePath,
        device,
        `${Authorizations.devicePath}?user_code=x`,
      ]) {
        const { headers, text } = yield* call(path)
        assert.strictEqual(headers["cache-control"], "no-store", path)
        assert.strictEqual(headers["referrer-policy"], "no-referrer")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
        const policy = headers["content-security-policy"]!
        for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]) {
          assert.include(policy, rule)
        }
        assert.notInclude(policy, "script-src")
        assert.notMatch(text, /<script|<(link|img)[^>]+(src|href)="(?!data:)|\son\w+=/)
        assert.notInclude(text, "secret")
      }
      const { headers, status, text } = yield* call(authorize(), { method: "HEAD" })
      assert.deepStrictEqual([status, text, headers["cache-control"]], [200, "", "no-store"])
    }).pipe(provideMock()),
  )

  it.effect("is not in the journal, nor is anything that it was told", () =>
    Effect.gen(function* () {
      const { headers } = yield* decide(authorize({ state: "my-own-state" }))
      const code = new URL(headers["location"]!).searchParams.get("code")!
      const userCode = yield* beginDevice
      yield* decide(`${Authorizations.devicePath}?user_code=${userCode}`)
      yield* grantOf(headers["location"])
      const journal = yield* call("/_mock/journal")
      const entries = JSON.parse(journal.text) as ReadonlyArray<{ readonly seq: number }>
      const details = yield* Effect.forEach(entries, ({ seq }) => call(`/_mock/journal/${seq}`))
      const told = journal.text + details.map(({ text }) => text).join("")
      assert.strictEqual(details.length, 2)
      for (const secret of [code, "my-own-state", userCode]) assert.notInclude(told, secret)
    }).pipe(provideMock()),
  )

  it.effect("is a page to the letter of its path, and for GET, HEAD and POST alone", () =>
    Effect.gen(function* () {
      for (const [path, method] of [
        [authorize(), "PUT"],
        [authorize(), "DELETE"],
        [authorize().replace("?", "/?"), "GET"],
        [authorize().replace("authorize", "%61uthorize"), "GET"],
        [`${Authorizations.devicePath}x`, "GET"],
        ["/constructor", "GET"],
      ] as const) {
        const { status, text } = yield* call(path, { method })
        assert.deepStrictEqual([status, text], [404, "404 page not found"], `${method} ${path}`)
      }
    }).pipe(provideMock()),
  )

  it.effect("is in the language of its address, or else of the browser", () =>
    Effect.gen(function* () {
      for (const [lang, accepted, wanted] of [
        [undefined, undefined, "en"],
        [undefined, "*", "en"],
        [undefined, "fr, de;q=0.5", "en"],
        [undefined, "zh", "zh-CN"],
        [undefined, "zh-Hant-TW,zh;q=0.9,en;q=0.8", "zh-CN"],
        [undefined, "en-US,en;q=0.9,zh-CN;q=0.8", "en"],
        [undefined, "en;q=0.4, zh-CN;q=0.8", "zh-CN"],
        [undefined, "fr,zh;q=0", "en"],
        ["zh", "en", "zh-CN"],
        ["zh-CN", undefined, "zh-CN"],
        ["en", "zh-CN", "en"],
        ["fr", "zh-CN", "zh-CN"],
        ["", "zh-CN", "zh-CN"],
      ] as const) {
        const { text } = yield* call(authorize(lang === undefined ? {} : { lang }), {
          headers: { "accept-language": accepted ?? "" },
        })
        assert.include(text, `<html lang="${wanted}">`, `${lang} ${accepted}`)
      }
      // The language does not make another request of it.
      const seal = sealOf(yield* call(authorize()))
      const { headers } = yield* send(authorize({ lang: "zh" }), { seal, decision: "refuse" })
      assert.strictEqual(headers["location"], `${callback}?error=access_denied&state=s-1`)
    }).pipe(provideMock()),
  )

  it.effect("shows whatever it is told as text", () =>
    Effect.gen(function* () {
      const hostile = `"'><img src=x onerror=alert(1)>&amp;`
      for (const path of [
        ...[
          "client_id",
          "redirect_uri",
          "response_type",
          "scope",
          "state",
          "code_challenge_method",
          "lang",
          "x",
        ].map((name) => authorize({ [name]: hostile })),
        `${Authorizations.devicePath}?user_code=${encodeURIComponent(hostile)}`,
      ]) {
        const { text } = yield* call(path)
        assert.notInclude(text, "<img", path)
        assert.notMatch(text, /"'>/, path)
      }
      const { text } = yield* send(authorize(), {
        seal: hostile,
        person: hostile,
        scope: hostile,
        decision: hostile,
      })
      assert.notInclude(text, "<img")
    }).pipe(provideMock()),
  )
})

describe("a decision", () => {
  it.effect("leads to the URL that was checked, to no other", () =>
    Effect.gen(function* () {
      const allowed = yield* decide(authorize(), { scope: "vc:meeting:readonly" })
      assert.strictEqual(allowed.status, 303)
      assert.strictEqual(allowed.headers["cache-control"], "no-store")
      assert.match(
        allowed.headers["location"]!,
        /^http:\/\/127\.0\.0\.1:8080\/callback\?code=[\w-]{64}&state=s-1$/,
      )
      // A field of the form with another URL, and another URL in the address, of which the seal is not.
      const { headers } = yield* decide(authorize(), { redirect_uri: "https://evil.example/" })
      assert.match(headers["location"]!, /^http:\/\/127\.0\.0\.1:8080\/callback\?/)
      const seal = sealOf(yield* call(authorize()))
      for (const fields of [
        { redirect_uri: "http://127.0.0.1:9999/" },
        { state: "s-2" },
        { scope: "" },
        { code_challenge: "x" },
      ]) {
        const { headers, status } = yield* send(authorize(fields), {
          seal,
          person: "ou_one",
          decision: "allow",
        })
        assert.deepStrictEqual([status, headers["location"]], [403, undefined])
      }
      const evil = yield* send(authorize({ redirect_uri: "https://evil.example/" }), {
        seal,
        decision: "refuse",
      })
      assert.deepStrictEqual([evil.status, evil.headers["location"]], [400, undefined])
    }).pipe(provideMock()),
  )

  it.effect("takes a form of its own page alone", () =>
    Effect.gen(function* () {
      const userCode = yield* beginDevice
      const device = `${Authorizations.devicePath}?user_code=${userCode}`
      const ofDevice = sealOf(yield* call(device))
      for (const [path, seal] of [
        [authorize(), ""],
        [authorize(), "x"],
        [authorize(), ofDevice],
        [device, sealOf(yield* call(authorize()))],
      ] as const) {
        const { headers, status } = yield* send(path, { seal, person: "ou_one", decision: "allow" })
        assert.deepStrictEqual([status, headers["location"]], [403, undefined])
      }
      for (const site of ["cross-site", "same-site"]) {
        const { headers, status } = yield* decide(authorize(), {}, { "sec-fetch-site": site })
        assert.deepStrictEqual([status, headers["location"]], [403, undefined], site)
      }
      assert.strictEqual((yield* decide(authorize(), {}, { "sec-fetch-site": "same-origin" })).status, 303)
      const waits = yield* call(device)
      assert.include(wordsOf(waits), userCode)
    }).pipe(provideMock()),
  )

  it.effect("grants the scopes that were asked for and are ticked", () =>
    Effect.gen(function* () {
      const path = authorize({ scope: "vc:meeting:readonly offline_access" })
      const { headers } = yield* decide(path, { scope: "offline_access" })
      assert.strictEqual((yield* grantOf(headers["location"])).scope, "offline_access")
      const more = yield* decide(authorize({ scope: "offline_access" }), { scope: "vc:meeting:readonly" })
      assert.strictEqual((yield* grantOf(more.headers["location"])).scope, "offline_access")
    }).pipe(provideMock({ scopes: ["vc:meeting:readonly", "offline_access"] })),
  )

  it.effect("needs an account, and what was ticked stays as it was", () =>
    Effect.gen(function* () {
      const path = authorize({ scope: "vc:meeting:readonly offline_access" })
      const seal = sealOf(yield* call(path))
      for (const [person, told] of [
        [{}, "Choose an account."],
        [{ person: "ou_nobody" }, "The mock no longer has this account."],
      ] as const) {
        const answer = yield* send(path, { seal, decision: "allow", scope: "offline_access", ...person })
        assert.strictEqual(answer.status, 400)
        assert.include(wordsOf(answer), told)
        assert.include(answer.text, "<title>Error: Authorise an app")
        assert.match(answer.text, /value="offline_access"\s+checked/)
        assert.notMatch(answer.text, /value="vc:meeting:readonly"\s+checked/)
      }
    }).pipe(provideMock({ scopes: ["vc:meeting:readonly", "offline_access"] })),
  )

  it.effect("for an account that gets no tokens says so before, and the app gets the code", () =>
    Effect.gen(function* () {
      assert.include(wordsOf(yield* call(authorize())), "李四")
      assert.include(wordsOf(yield* call(authorize())), "frozen: 20066")
      const { headers } = yield* decide(authorize(), { person: "ou_two" })
      assert.strictEqual((yield* grantOf(headers["location"])).code, 20066)
      const device = `${Authorizations.devicePath}?user_code=${yield* beginDevice}`
      yield* decide(device, { person: "ou_two" })
      const words = wordsOf(yield* call(device))
      assert.include(words, "You allowed it, but the app gets no tokens")
      assert.include(words, "no tokens of this account (frozen: 20066)")
      assert.notInclude(words, "the command goes on")
    }).pipe(provideMock()),
  )

  it.effect("leads to a URL with other letters than ASCII", () =>
    Effect.gen(function* () {
      const chinese = yield* decide(
        authorize({ redirect_uri: "http://127.0.0.1/回调?从=这里#完", state: "状态\r\nx: y" }),
      )
      const encoded = `http://127.0.0.1/${encodeURIComponent("回调")}?${encodeURIComponent("从")}=${encodeURIComponent("这里")}`
      const location = chinese.headers["location"]!
      assert.isTrue(location.startsWith(`${encoded}&code=`), location)
      assert.isTrue(location.endsWith(`#${encodeURIComponent("完")}`), location)
      assert.strictEqual(new URL(location).searchParams.get("state"), "状态\r\nx: y")
    }).pipe(provideMock({ redirect_urls: ["http://127.0.0.1/回调?从=这里#完"] })),
  )

  it.effect("leads to the URL of an application on a device", () =>
    Effect.gen(function* () {
      const path = authorize({ redirect_uri: "my.app:/signed-in" })
      assert.include((yield* call(path)).headers["content-security-policy"], "form-action 'self' my.app:;")
      assert.match((yield* decide(path)).headers["location"]!, /^my\.app:\/signed-in\?code=/)
    }).pipe(provideMock({ redirect_urls: ["my.app:/signed-in"] })),
  )

  it.effect("is for an app that is called by its name, if it has one", () =>
    Effect.gen(function* () {
      const words = wordsOf(yield* call(authorize()))
      assert.include(words, "Authorise 会议报表 <script>".replace("<script>", "&#60;script&#62;"))
      assert.include(words, `App ID: ${appId}`)
      const userCode = yield* beginDevice
      yield* decide(`${Authorizations.devicePath}?user_code=${userCode}`)
      const said = wordsOf(yield* call(`${Authorizations.devicePath}?user_code=${userCode}`))
      assert.include(said, "The app 会议报表")
    }).pipe(provideMock({ name: "会议报表 <script>" })),
  )

  it.effect("belongs to the workspace of its app or of its code", () =>
    Effect.gen(function* () {
      const { text } = yield* call("/_mock/workspaces", {
        method: "POST",
        body: JSON.stringify({ seed: { users: [{ open_id: "ou_own", name: "王五" }] } }),
      })
      const own = JSON.parse(text) as { readonly appId: string }
      const page = yield* call(authorize({ client_id: own.appId, scope: "" }))
      assert.include(wordsOf(page), "王五")
      assert.notInclude(wordsOf(page), "张三")
    }).pipe(provideMock()),
  )

  it.effect("is taken up to the size of every other request", () =>
    Effect.gen(function* () {
      const { status } = yield* send(authorize(), { person: "x".repeat(1_100_000) })
      assert.strictEqual(status, 413)
    }).pipe(provideMock()),
  )
})
