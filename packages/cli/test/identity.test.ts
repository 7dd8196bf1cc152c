/** Who reads: the table of `Identity`, with flags, variables and files; in this process. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer, Logger, Redacted } from "effect"
import { Secret, type UserTokenStore } from "@effect-feishu/core"
import { withoutSecrets } from "../src/console/KnownSecrets.ts"
import { Stderr } from "../src/console/Stderr.ts"
import { faultOf } from "../src/failure/Fault.ts"
import * as Scopes from "../src/input/Scopes.ts"
import * as Language from "../src/language/Language.ts"
import * as ConfigFiles from "../src/settings/ConfigFiles.ts"
import * as Identity from "../src/settings/Identity.ts"
import * as LoadedSettings from "../src/settings/LoadedSettings.ts"
import * as Logins from "../src/settings/Logins.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

const app = { FEISHU_APP_ID: "cli_a1b2c3", FEISHU_APP_SECRET: "FakeSecretOfTheAppForTests12345" }
const token = { FEISHU_ACCESS_TOKEN: "t-FakeTokenForTests" }
const file = { ".config/feishu-meetings/config.yaml": "as: user\n" }

const fileOf = (appId: string) => `state/feishu-meetings/logins/${appId}.ou_7a8b.0a1b2c3d.json`

const loginOf = (openId: string, name: string, more: Partial<UserTokenStore.UserTokens> = {}) => ({
  appId: "cli_a1b2c3",
  baseUrl: "https://open.feishu.cn",
  account: { openId, name, enName: `${openId} in English` },
  scopes: ["vc:meeting:readonly"],
  accessToken: Secret.accessToken(`u-FakeAccess${openId}`),
  accessTokenEndsAt: 4_000_000_000_000,
  refreshToken: Secret.refreshToken(`r-FakeRefresh${openId}`),
  refreshTokenEndsAt: 4_000_000_000_000,
  signedInAt: 1_790_812_800_000,
  ...more,
})
const zhang = loginOf("ou_1a2b", "张三")
const li = loginOf("ou_3c4d", "李四")

let folder: string
let number = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Given {
  readonly flags?: LoadedSettings.Flags
  readonly environment?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly logins?: ReadonlyArray<UserTokenStore.UserTokens>
  readonly language?: Language.Language
}

/** Runs with a home that has these files and logins, and with these variables. */
const at = <A, E>(
  { environment = {}, files = {}, flags = {}, language = "en", logins = [] }: Given,
  effect: (settings: LoadedSettings.Settings) => Effect.Effect<A, E, ConfigFiles.ConfigFiles | Stderr>,
) => {
  const home = join(folder, String(++number))
  mkdirSync(home)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), content, { mode: 0o600 })
  }
  const variables: Record<string, string> = {
    HOME: home,
    XDG_STATE_HOME: join(home, "state"),
    ...environment,
  }
  const before = Object.fromEntries(Object.keys(variables).map((key) => [key, process.env[key]]))
  return Effect.acquireUseRelease(
    Effect.sync(() => Object.assign(process.env, variables)),
    () =>
      Effect.forEach(logins, Logins.store).pipe(
        Effect.andThen(LoadedSettings.load(flags)),
        Effect.flatMap(effect),
        Effect.provideServiceEffect(ConfigFiles.ConfigFiles, ConfigFiles.read),
        Effect.provideService(
          Stderr,
          Stderr.of({
            live: false,
            line: () => Effect.void,
            progress: () => Effect.void,
            clear: Effect.void,
          }),
        ),
        Effect.provideService(Language.CurrentLanguage, language),
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv()),
        Effect.provide(Layer.merge(NodeServices.layer, Logger.layer([]))),
        Effect.exit,
        Effect.map((exit) => {
          if (Exit.isSuccess(exit)) return { value: exit.value, home }
          const { exitCode, meaning, remedy } = faultOf(exit.cause, language)
          return { refused: `${exitCode} ${meaning}\n${remedy}`.replaceAll(home, "HOME"), home }
        }),
      ),
    () =>
      Effect.sync(() => {
        for (const [key, value] of Object.entries(before)) {
          if (value === undefined) delete process.env[key]
          else process.env[key] = value
        }
      }),
  )
}

/** Who reads, and why, as `config show` says it; or why nobody can. */
const reader = (given: Given) =>
  at(given, (settings) =>
    Effect.map(Identity.find(settings), (identity) =>
      Identity.inWords(identity, given.language ?? "en").join("; "),
    ),
  ).pipe(Effect.map((found) => ("value" in found ? found.value : found.refused)))

const asApp = "as the app cli_a1b2c3"
const asZhang = "as 张三 (ou_1a2b), signed in to the app cli_a1b2c3"
const asLi = "as 李四 (ou_3c4d), signed in to the app cli_a1b2c3"

describe("who reads", () => {
  const table: ReadonlyArray<readonly [what: string, given: Given, who: string]> = [
    ["an app, as before there were logins", { environment: app }, `${asApp}; the secret of the app is set`],
    [
      "a token, as before there were logins",
      { environment: { ...app, ...token } },
      "with the given access token; an access token is given",
    ],
    [
      "the app, although somebody has signed in to it",
      { environment: app, logins: [zhang] },
      `${asApp}; the secret of the app is set`,
    ],
    [
      "the token, although somebody has signed in",
      { environment: { ...token, FEISHU_APP_ID: "cli_a1b2c3" }, logins: [zhang] },
      "with the given access token; an access token is given",
    ],
    [
      "the account, where there is an app id, no secret, and a login for it",
      { environment: { FEISHU_APP_ID: "cli_a1b2c3" }, logins: [zhang] },
      `${asZhang}; there is a login for the app, and no secret`,
    ],
    [
      "the account with --as user",
      { flags: { as: "user" }, environment: app, logins: [zhang] },
      `${asZhang}; flag --as`,
    ],
    [
      "the account with --as user, although the environment has a token",
      { flags: { as: "user" }, environment: { ...app, ...token }, logins: [zhang] },
      `${asZhang}; flag --as`,
    ],
    [
      "the account with as: user in the user's file",
      { environment: app, files: file, logins: [zhang] },
      `${asZhang}; user file HOME/.config/feishu-meetings/config.yaml line 1`,
    ],
    [
      "the app with --as app, although the file says user",
      { flags: { as: "app" }, environment: app, files: file, logins: [zhang] },
      `${asApp}; flag --as`,
    ],
    [
      "the token of the environment, which is stronger than the file that says user",
      { environment: { ...app, ...token }, files: file, logins: [zhang] },
      "with the given access token; an access token is given",
    ],
    [
      "the account that --account names, by name, since that means a user",
      { flags: { account: "李四" }, environment: app, logins: [zhang, li] },
      `${asLi}; flag --account`,
    ],
    [
      "the account that --account names, by its open_id, although the file says app",
      {
        flags: { account: "ou_3c4d" },
        environment: app,
        files: { ".config/feishu-meetings/config.yaml": "as: app\n" },
        logins: [zhang, li],
      },
      `${asLi}; flag --account`,
    ],
    [
      "the account that the environment names, with --as user",
      { flags: { as: "user" }, environment: { ...app, FEISHU_ACCOUNT: "ou_3c4d" }, logins: [zhang, li] },
      `${asLi}; flag --as`,
    ],
    [
      "the login of this server, not of another one, nor of another app",
      {
        flags: { as: "user" },
        environment: app,
        logins: [
          zhang,
          { ...li, baseUrl: "http://127.0.0.1:8787" },
          { ...li, appId: "cli_other", account: { openId: "ou_5e6f" } },
        ],
      },
      `${asZhang}; flag --as`,
    ],
    [
      "nobody, where several accounts fit: they are listed",
      { flags: { as: "user" }, environment: app, logins: [zhang, li] },
      "2 --account: several accounts are signed in to the app cli_a1b2c3: 张三 (ou_1a2b), 李四 (ou_3c4d). Nothing was sent\nChoose one with --account, such as --account ou_1a2b.",
    ],
    [
      "nobody, where two have the name that is given",
      {
        flags: { account: "张三" },
        environment: app,
        logins: [zhang, loginOf("ou_9", "张三"), li],
      },
      "2 --account: several accounts are signed in to the app cli_a1b2c3: 张三 (ou_1a2b), 张三 (ou_9). Nothing was sent\nChoose one with --account, such as --account ou_1a2b.",
    ],
    [
      "nobody, where one of two logins is damaged: it may be the one that is meant",
      { flags: { as: "user" }, environment: app, files: { [fileOf("cli_a1b2c3")]: "{}" }, logins: [zhang] },
      `3 HOME/${fileOf("cli_a1b2c3")}: it is damaged, or is not a login that effect-feishu has stored\nRestore it, or move it away and sign in again.`,
    ],
    [
      "nobody, where the one that is named may be the damaged one",
      {
        flags: { account: "李四" },
        environment: app,
        files: { [fileOf("cli_a1b2c3")]: "{}" },
        logins: [zhang],
      },
      `3 HOME/${fileOf("cli_a1b2c3")}: it is damaged, or is not a login that effect-feishu has stored\nRestore it, or move it away and sign in again.`,
    ],
    [
      "the account that is named, although another login is damaged",
      {
        flags: { account: "张三" },
        environment: app,
        files: { [fileOf("cli_a1b2c3")]: "{}" },
        logins: [zhang],
      },
      `${asZhang}; flag --account`,
    ],
    [
      "the only account of the app, although a login of another app is damaged",
      { flags: { as: "user" }, environment: app, files: { [fileOf("cli_other")]: "{}" }, logins: [zhang] },
      `${asZhang}; flag --as`,
    ],
    [
      "nobody, where the login is of another server: which one is said",
      {
        flags: { as: "user" },
        environment: app,
        logins: [{ ...zhang, baseUrl: "https://open.larksuite.com" }],
      },
      "3 app cli_a1b2c3: the login is of another base URL: https://open.larksuite.com\nUse the app and the base URL of the login, or sign in with these.",
    ],
    [
      "nobody, where nobody of that name has signed in",
      { flags: { account: "王五" }, environment: app, logins: [zhang] },
      '2 --account: "王五" is not signed in to the app cli_a1b2c3; signed in: 张三 (ou_1a2b). Nothing was sent\nGive one of these, by open_id or by name; or sign in: feishu-meetings login.',
    ],
    [
      "nobody, where nobody has signed in",
      { flags: { as: "user" }, environment: app },
      "3 app cli_a1b2c3: nobody has signed in\nSign in: feishu-meetings login.",
    ],
    [
      "nobody, where there is no app",
      { flags: { as: "user" }, logins: [zhang] },
      "2 credentials: a login is of an app, and there is no app id. Nothing was sent\nSet FEISHU_APP_ID and FEISHU_APP_SECRET to those of the app.",
    ],
    [
      "nobody, where there is an app id alone, and no login",
      { environment: { FEISHU_APP_ID: "cli_a1b2c3" } },
      "2 credentials: there is an app id, but no app secret. Nothing was sent\nSet FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN; or put them into the file that feishu-meetings config init writes.",
    ],
    [
      "nobody, where one line says two things: --as app and --account",
      { flags: { as: "app", account: "ou_1a2b" }, environment: app, logins: [zhang] },
      "2 config: --as and --account contradict each other: only one of them can say who reads. Nothing was sent\nCorrect it, or remove it.",
    ],
    [
      "nobody, where one line says two things: --as user and a token",
      { flags: { as: "user", accessTokenFile: "token" }, environment: app, logins: [zhang] },
      "2 config: --as and --access-token-file contradict each other: only one of them can say who reads. Nothing was sent\nCorrect it, or remove it.",
    ],
    [
      "the account that FEISHU_AS means, although the environment has a token, too",
      { environment: { ...app, ...token, FEISHU_AS: "user" }, logins: [zhang] },
      `${asZhang}; environment FEISHU_AS`,
    ],
    [
      "the app that FEISHU_AS means, although the environment names an account for other reads",
      { environment: { ...app, FEISHU_AS: "app", FEISHU_ACCOUNT: "ou_1a2b" }, logins: [zhang] },
      `${asApp}; environment FEISHU_AS`,
    ],
    [
      "nobody, where the value is no value",
      { environment: { ...app, FEISHU_AS: "me" } },
      '2 config: FEISHU_AS: takes user, app, not "me". Nothing was sent\nCorrect it, or remove it.',
    ],
    [
      "nobody; in Chinese",
      { flags: { as: "user" }, environment: app, logins: [zhang, li], language: "zh" },
      "2 --account：应用 cli_a1b2c3 有多个已登录的账号：张三 (ou_1a2b)、李四 (ou_3c4d)。未发送任何请求\n请用 --account 选择其中一个，例如 --account ou_1a2b。",
    ],
  ]
  for (const [what, given, who] of table) {
    it.effect(`is ${what}`, () =>
      Effect.map(reader(given), (found) =>
        assert.strictEqual(found.replace(/HOME|\/\S+(?=\/\.config)/, "HOME"), who),
      ),
    )
  }
})

describe("a login", () => {
  it.effect.skipIf(isWindows)(
    "is a file of its owner, whose name has no secret; the same account replaces it",
    () =>
      Effect.gen(function* () {
        const found = yield* at({ logins: [zhang, li, { ...zhang, scopes: [] }] }, () => Logins.all)
        if (!("value" in found)) return assert.fail(found.refused)
        const { value } = found
        assert.deepStrictEqual(
          value.logins.map(({ account, scopes }) => [account.name, scopes]),
          [
            ["张三", []],
            ["李四", ["vc:meeting:readonly"]],
          ],
        )
        const logins = join(found.home, "state", "feishu-meetings", "logins")
        assert.strictEqual(statSync(logins).mode & 0o777, 0o700)
        for (const name of readdirSync(logins)) {
          assert.strictEqual(statSync(join(logins, name)).mode & 0o777, 0o600, name)
          assert.notInclude(name, "Fake")
        }
        // Both tokens are known from then on, so that nothing shows them.
        const shown = withoutSecrets(
          `${Redacted.value(zhang.accessToken)} ${Redacted.value(li.refreshToken)}`,
        )
        assert.strictEqual(shown, "<redacted> <redacted>")
      }),
  )

  it("is kept where the system keeps such files", () => {
    const home = process.env["HOME"] ?? ""
    assert.strictEqual(Logins.folder({}, "linux"), `${home}/.local/state/feishu-meetings/logins`)
    assert.strictEqual(Logins.folder({ XDG_STATE_HOME: "/state" }, "linux"), "/state/feishu-meetings/logins")
    assert.strictEqual(
      Logins.folder({ XDG_STATE_HOME: "relative" }, "linux"),
      `${home}/.local/state/feishu-meetings/logins`,
    )
    assert.strictEqual(
      Logins.folder({}, "darwin"),
      `${home}/Library/Application Support/feishu-meetings/logins`,
    )
  })

  it("lasts seven days from its last refresh where no answer has said how long", () => {
    const { refreshTokenEndsAt: _, ...silent } = zhang
    const refreshedAt = zhang.signedInAt + 30 * 86_400_000
    const until = Logins.lastsUntil({ ...silent, accessTokenEndsAt: refreshedAt + 7_200_000 })
    assert.strictEqual(until, refreshedAt + 7 * 86_400_000)
  })

  it("with a strange id has a file in the same folder", () => {
    const path = Logins.pathOf({ ...zhang, account: { openId: "../../etc/passwd" } })
    assert.strictEqual(dirname(path), Logins.folder())
    assert.notInclude(path, "passwd")
  })
})

describe("the scopes that login asks for", () => {
  const none = { details: false, participants: false, recordings: false, userIdType: undefined }
  const asked = (flags: Partial<Parameters<typeof Scopes.neededFor>[0]>, named = "") =>
    Scopes.toAskFor(Scopes.listed(named), Scopes.neededFor({ ...none, ...flags })).join(" ")

  it("are those of the reads, and offline_access", () => {
    assert.strictEqual(asked({}), "vc:meeting:readonly offline_access")
    // The same scope is enough for both.
    assert.strictEqual(asked({ participants: true }), "vc:meeting:readonly offline_access")
    assert.strictEqual(
      asked({ details: true, recordings: true, userIdType: "user_id" }),
      "vc:meeting:readonly vc:record:readonly contact:user.employee_id:readonly offline_access",
    )
  })

  it("leave out the usual one where another that is enough is named", () => {
    assert.strictEqual(asked({}, "vc:meeting.meetingid:read"), "vc:meeting.meetingid:read offline_access")
    assert.strictEqual(
      asked({ details: true }, "vc:meeting.meetingid:read, offline_access"),
      "vc:meeting.meetingid:read offline_access vc:meeting:readonly",
    )
  })
})
