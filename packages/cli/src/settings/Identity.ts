/**
 * Who reads: whoever a given token belongs to, an app, or the account of a login. The first of these lines that fits counts:
 *
 * | what is set | who reads |
 * |---|---|
 * | `--as app` | the app |
 * | `--as user`, or `--account` | the account that has signed in to the app; where several have, `--account` says which |
 * | an access token | that token |
 * | an app id and its secret | the app |
 * | an app id without a secret, and a login for it | the account: as long as its access token lasts, since refreshing takes the secret |
 *
 * Where two of them contradict each other, the stronger source counts, as for all settings; within one source, the upper line.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { AccessToken, FeishuError, Secret, UserTokenStore } from "@effect-feishu/core"
import { firstOf, shortened } from "@effect-feishu/terminal/Shortened"
import { Stderr } from "../console/Stderr.ts"
import * as Language from "../language/Language.ts"
import { instant } from "../language/TimeZone.ts"
import * as LoadedSettings from "./LoadedSettings.ts"
import * as Logins from "./Logins.ts"

/** Why somebody reads. */
type Because = "as" | "account" | "access-token" | "app-secret" | "login"

/** Who reads, and why. */
export type Identity = { readonly because: Because; readonly origin?: LoadedSettings.Origin | undefined } & (
  | { readonly _tag: "Token" }
  | { readonly _tag: "App"; readonly appId: string }
  | { readonly _tag: "Account"; readonly appId: string; readonly login: Logins.Login }
)

const words = Language.words({
  en: {
    noCredentials: "there is neither an access token nor an app",
    noSecret: "there is an app id, but no app secret",
    noApp: "there is an app secret, but no app id",
    noAppOfUser: "a login is of an app, and there is no app id",
    remedy:
      "Set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN; or put them into the file that feishu-meetings config init writes.",
    setApp: "Set FEISHU_APP_ID and FEISHU_APP_SECRET to those of the app.",
    several: (appId: string, accounts: string) =>
      `several accounts are signed in to the app ${appId}: ${accounts}`,
    choose: (openId: string) => `Choose one with --account, such as --account ${openId}.`,
    noSuch: (text: string, appId: string, accounts: string) =>
      `"${text}" is not signed in to the app ${appId}; signed in: ${accounts}`,
    chooseOther: "Give one of these, by open_id or by name; or sign in: feishu-meetings login.",
    comma: ", ",
    more: (left: number) => `and ${left} more`,
    ended: (account: string, time: string) =>
      `the access token of ${account} has ended (${time}), and there is no app secret to refresh it`,
    setSecret: "Set FEISHU_APP_SECRET, or FEISHU_APP_SECRET_FILE.",
    appsOnly:
      "a backfill reads as apps: a user's login lasts a week without use, and sees only the meetings of that user",
    asApp: "Add --as app; or read as the user with feishu-meetings list.",
    token: "with the given access token",
    app: (appId: string) => `as the app ${appId}`,
    account: (account: string, appId: string) => `as ${account}, signed in to the app ${appId}`,
    reads: (account: string) => `account: ${account}`,
    because: {
      "access-token": "an access token is given",
      "app-secret": "the secret of the app is set",
      login: "there is a login for the app, and no secret",
    },
  },
  zh: {
    noCredentials: "既没有访问凭证，也没有应用凭证",
    noSecret: "有 App ID，但没有 App Secret",
    noApp: "有 App Secret，但没有 App ID",
    noAppOfUser: "登录属于某个应用，而没有 App ID",
    remedy:
      "请设置 FEISHU_APP_ID 和 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN；也可写入 feishu-meetings config init 生成的文件。",
    setApp: "请将 FEISHU_APP_ID 和 FEISHU_APP_SECRET 设为该应用的值。",
    several: (appId, accounts) => `应用 ${appId} 有多个已登录的账号：${accounts}`,
    choose: (openId) => `请用 --account 选择其中一个，例如 --account ${openId}。`,
    noSuch: (text, appId, accounts) => `“${text}”没有登录应用 ${appId}；已登录的有：${accounts}`,
    chooseOther: "请给出其中一个账号的 open_id 或姓名；或登录：feishu-meetings login。",
    comma: "、",
    more: (left) => `另有 ${left} 个`,
    ended: (account, time) => `${account} 的访问凭证已于 ${time} 过期，而没有 App Secret，无法刷新`,
    setSecret: "请设置 FEISHU_APP_SECRET 或 FEISHU_APP_SECRET_FILE。",
    appsOnly: "回填以应用身份读取：用户登录一周不用即失效，且只能看到该用户的会议",
    asApp: "请加上 --as app；或用 feishu-meetings list 以用户身份读取。",
    token: "使用给出的访问凭证",
    app: (appId) => `以应用 ${appId} 的身份`,
    account: (account, appId) => `以 ${account}（应用 ${appId}）的身份`,
    reads: (account) => `账号：${account}`,
    because: {
      "access-token": "给出了访问凭证",
      "app-secret": "已设置该应用的 App Secret",
      login: "该应用有已登录的账号，而没有 App Secret",
    },
  },
})

/** Describes who reads, and why. */
export const inWords = (
  identity: Identity,
  language: Language.Language,
): readonly [who: string, why: string] => {
  const say = words[language]
  const { because, origin } = identity
  const why =
    because === "as" || because === "account"
      ? LoadedSettings.inWords(origin, language)
      : say.because[because]
  switch (identity._tag) {
    case "Token":
      return [say.token, why]
    case "App":
      return [say.app(identity.appId), why]
    case "Account":
      return [say.account(UserTokenStore.inWords(identity.login.account), identity.appId), why]
  }
}

/** Returns the `open_id` of the account that reads; `undefined` for an app, and for a given token. */
export const openIdOf = (identity: Identity | undefined): string | undefined =>
  identity?._tag === "Account" ? identity.login.account.openId : undefined

/** Prints which account reads, where one does: its meetings are not those of the app. */
export const showAccount = Effect.fnUntraced(function* (identity: Identity | undefined) {
  if (identity?._tag !== "Account") return
  const stderr = yield* Stderr
  const { reads } = yield* Language.say(words)
  yield* stderr.line(reads(UserTokenStore.inWords(identity.login.account)))
})

const refuse = (problem: string, remedy: string) => FeishuError.invalidRequest("credentials", problem, remedy)

/** Finds out who reads. Sends nothing. Fails where nobody can, or where it is not clear which account is meant. */
export const find = Effect.fnUntraced(function* (
  settings: LoadedSettings.Settings,
): Effect.fn.Return<Identity, FeishuError.FeishuError> {
  const say = yield* Language.say(words)
  const { found } = settings
  const appId = found.get("app-id")?.text
  const [as, account] = [found.get("as"), found.get("account")]
  const isApp = as?.text.toLowerCase() === "app"
  if (LoadedSettings.isUser(settings)) {
    if (appId === undefined) return yield* refuse(say.noAppOfUser, say.setApp)
    const login = yield* loginOf(settings, appId, account?.text)
    const [because, { origin }] = as === undefined ? (["account", account!] as const) : (["as", as] as const)
    return { _tag: "Account", appId, login, because, origin }
  }
  if (LoadedSettings.hasToken(settings)) return { _tag: "Token", because: "access-token" }
  const hasSecret = found.has("app-secret") || found.has("app-secret-file")
  if (appId === undefined) return yield* refuse(hasSecret ? say.noApp : say.noCredentials, say.remedy)
  if (hasSecret) {
    return isApp
      ? { _tag: "App", appId, because: "as", origin: as?.origin }
      : { _tag: "App", appId, because: "app-secret" }
  }
  if (!isApp && (yield* ofApp(settings, appId)).length > 0) {
    return { _tag: "Account", appId, login: yield* loginOf(settings, appId, undefined), because: "login" }
  }
  return yield* refuse(say.noSecret, say.remedy)
})

/** Refuses to read as a user where only apps can. */
export const refuseUser = Effect.fnUntraced(function* ({ found }: LoadedSettings.Settings) {
  const user = found.get("account") ?? found.get("as")
  if (user === undefined || !LoadedSettings.isUser({ found })) return
  const say = yield* Language.say(words)
  yield* FeishuError.invalidRequest(LoadedSettings.nameOf(user.origin), say.appsOnly, say.asApp)
})

/** An app's id and secret. */
export type App = Parameters<typeof AccessToken.selfBuiltApp>[0]

/** Returns the app that the settings name, with its secret, which signing in and refreshing take. */
export const appOf = Effect.fnUntraced(function* (settings: LoadedSettings.Settings) {
  const say = yield* Language.say(words)
  const appId = settings.found.get("app-id")?.text
  const secret = yield* LoadedSettings.secret(settings, "app-secret")
  if (appId === undefined) {
    return yield* refuse(secret === undefined ? say.noAppOfUser : say.noApp, say.setApp)
  }
  if (secret === undefined) return yield* refuse(say.noSecret, say.setApp)
  return { appId, appSecret: Secret.appSecret(secret) } satisfies App
})

/** Returns the logins for an app at the base URL of the settings. */
export const ofApp = Effect.fnUntraced(function* (settings: LoadedSettings.Settings, appId: string) {
  const { baseUrl } = yield* LoadedSettings.addresses(settings)
  const { logins } = yield* Logins.all
  return logins.filter((login) => login.appId === appId && login.baseUrl === baseUrl)
})

/** Returns why a file cannot be read that may be a login of this app, or of any: it may be the one that is meant. */
export const damagedOf = (appId: string | undefined) =>
  Effect.map(
    Logins.all,
    ({ unreadable }) =>
      unreadable.find(({ path }) => appId === undefined || Logins.mayBeOf(path, appId))?.error,
  )

/** Returns the login of the account that is named, or of the only one. */
const loginOf = Effect.fnUntraced(function* (
  settings: LoadedSettings.Settings,
  appId: string,
  account: string | undefined,
) {
  const logins = yield* ofApp(settings, appId)
  const damaged = yield* damagedOf(appId)
  const isNamed = account !== undefined && logins.some((login) => Logins.isNamed(login.account, account))
  if (damaged !== undefined && !isNamed) return yield* damaged
  if (logins.length > 0) return yield* choose(logins, appId, account)
  const elsewhere = (yield* Logins.all).logins.find((login) => login.appId === appId)
  return yield* new FeishuError.FeishuError({
    reason:
      elsewhere === undefined
        ? new FeishuError.SignInRequired({ why: "not signed in", appId, account })
        : new FeishuError.SignInRequired({ why: "other base URL", appId, ofLogin: elsewhere.baseUrl }),
  })
})

/** Returns the login that a text names, or the only one; refuses where several fit, and lists them. */
export const choose = Effect.fnUntraced(function* (
  logins: ReadonlyArray<Logins.Login>,
  appId: string,
  account: string | undefined,
): Effect.fn.Return<Logins.Login, FeishuError.FeishuError> {
  const say = yield* Language.say(words)
  const fitting =
    account === undefined ? logins : logins.filter((login) => Logins.isNamed(login.account, account))
  const [first, second] = fitting
  if (first !== undefined && second === undefined) return first
  const listed = (fitting.length === 0 ? logins : fitting).map((login) =>
    UserTokenStore.inWords(login.account),
  )
  const names = firstOf(listed, 20, say.more).join(say.comma)
  return yield* first === undefined
    ? FeishuError.invalidRequest(
        "--account",
        say.noSuch(shortened(account ?? "", 80), appId, names),
        say.chooseOther,
      )
    : FeishuError.invalidRequest("--account", say.several(appId, names), say.choose(first.account.openId))
})

/**
 * Returns how to make the source of the tokens of an account. Without the app secret, its access token serves as long as it
 * lasts.
 */
export const sourceOf = Effect.fnUntraced(function* (
  settings: LoadedSettings.Settings,
  { appId, login }: Extract<Identity, { readonly _tag: "Account" }>,
): Effect.fn.Return<
  Effect.Effect<AccessToken.AccessToken["Service"], FeishuError.FeishuError, AccessToken.Requirements>,
  FeishuError.FeishuError
> {
  const say = yield* Language.say(words)
  const secret = yield* LoadedSettings.secret(settings, "app-secret")
  const tokens = yield* Logins.storeOf(login.path)
  if (secret !== undefined) {
    return AccessToken.user({ appId, appSecret: Secret.appSecret(secret), tokens })
  }
  const source = AccessToken.AccessToken.of({
    kind: "user",
    // No app id: a refusal is then that of a token which cannot be fetched anew.
    account: Effect.succeed(login.account.openId),
    owner: Effect.succeed(appId),
    // Somebody who has the secret may have refreshed it meanwhile.
    get: Effect.gen(function* () {
      const { accessToken, accessTokenEndsAt } = (yield* tokens.read) ?? login
      Logins.remember({ ...login, accessToken })
      if (accessTokenEndsAt > (yield* Clock.currentTimeMillis)) return { value: accessToken, generation: 0 }
      const account = UserTokenStore.inWords(login.account)
      return yield* refuse(say.ended(account, instant(accessTokenEndsAt / 1_000)), say.setSecret)
    }),
    invalidate: () => Effect.void,
  })
  return Effect.succeed(source)
})

/** Returns who reads for programs. */
export const forPrograms = (identity: Identity) => ({
  as: { Token: "token", App: "app", Account: "user" }[identity._tag],
  ...("appId" in identity ? { appId: identity.appId } : {}),
  ...(identity._tag === "Account" ? { openId: identity.login.account.openId } : {}),
  because: identity.because,
  ...(identity.origin === undefined ? {} : { origin: LoadedSettings.nameOf(identity.origin) }),
})
