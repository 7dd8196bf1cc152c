/** The command `logout`: removes a login from this machine. Sends nothing. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { TimeRange, UserTokenStore } from "@effect-feishu/core"
import { json } from "@effect-feishu/terminal/VisibleText"
import { Stderr } from "../console/Stderr.ts"
import { CurrentVerbosity } from "../console/Verbosity.ts"
import * as ConnectionFlags from "../input/ConnectionFlags.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import { instant } from "../language/TimeZone.ts"
import * as Identity from "../settings/Identity.ts"
import * as LoadedSettings from "../settings/LoadedSettings.ts"
import * as Logins from "../settings/Logins.ts"

const words = Language.words({
  en: {
    description:
      "Remove a login from this machine: its file with the tokens, once no other process is about to renew them. Without an app id, the login of any app. Sends nothing, and revokes nothing at Feishu: a copy of the tokens would stay good until they end",
    short: "Remove a login from this machine",
    account: "The account to sign out: its open_id or its name, where several are signed in",
    all: "Sign out every account, of the app if one is named",
    json: "Print one JSON document",
    example: "Sign out the only account",
    exampleAll: "Remove every login of the app that is set; of this machine where none is",
    none: "Nobody is signed in: nothing to do.",
    noneOfApp: (appId: string, baseUrl: string) =>
      `Nobody is signed in to the app ${appId} at ${baseUrl}: nothing to do.`,
    anyApp: "of this machine",
    signedOut: (account: string, appId: string, file: string) =>
      `Signed out ${account} from the app ${appId}: ${file} was removed.`,
    notRevoked: (time: string) =>
      `Nothing was revoked at Feishu, which has no documented way to do that: a copy of the tokens would be good until ${time}.`,
  },
  zh: {
    description:
      "从本机移除一个登录，即存放其凭证的文件；会先等待其他进程完成刷新。未给出 App ID 时，可移除任意应用的登录。不发送任何请求，也不在飞书撤销授权：凭证若有副本，在到期前仍然有效",
    short: "从本机移除一个登录",
    account: "要退出的账号：open_id 或姓名；用于有多个已登录账号时",
    all: "退出所有账号；给出应用时，为该应用的所有账号",
    json: "输出一个 JSON 文档",
    example: "退出唯一的账号",
    exampleAll: "移除所设应用的所有登录；未设置应用时，移除本机的所有登录",
    none: "没有已登录的账号，无需操作。",
    noneOfApp: (appId, baseUrl) => `应用 ${appId}（${baseUrl}）没有已登录的账号，无需操作。`,
    anyApp: "（本机）",
    signedOut: (account, appId, file) => `${account} 已退出应用 ${appId}：已删除 ${file}。`,
    notRevoked: (time) => `飞书没有公开的撤销接口，因此未撤销授权：凭证若有副本，在 ${time} 前仍然有效。`,
  },
})

/** Makes the command, with its help in this language. */
export const logout = (language: Language.Language) => {
  const say = words[language]
  const { allowHttp, appId, baseUrl, brand } = ConnectionFlags.make(language)
  return Command.make(
    "logout",
    {
      account: Flags.text("account", "ID|NAME", say.account),
      all: Flags.yes("all", say.all),
      json: Flags.yes("json", say.json),
      baseUrl,
      allowHttp,
      brand,
      appId,
    },
    run,
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.withExamples([
      { command: "feishu-meetings logout", description: say.example },
      { command: "feishu-meetings logout --all", description: say.exampleAll },
    ]),
  )
}

interface Input extends Pick<ConnectionFlags.Given, "account" | "baseUrl" | "allowHttp" | "brand" | "appId"> {
  readonly all: boolean
  readonly json: boolean
}

const run = Effect.fnUntraced(function* ({ account, all, json: isJson, ...flags }: Input) {
  const say = yield* Language.say(words)
  const settings = yield* LoadedSettings.load(flags)
  const appId = settings.found.get("app-id")?.text
  const logins = appId === undefined ? (yield* Logins.all).logins : yield* Identity.ofApp(settings, appId)
  const damaged = yield* Identity.damagedOf(appId)
  const isNamed = account !== undefined && logins.some((login) => Logins.isNamed(login.account, account))
  if (damaged !== undefined && !all && !isNamed) return yield* damaged
  const chosen =
    all || logins.length === 0 ? logins : [yield* Identity.choose(logins, appId ?? say.anyApp, account)]
  const now = yield* Clock.currentTimeMillis
  const stderr = yield* Stderr
  const isQuiet = (yield* CurrentVerbosity) === "quiet"
  for (const login of chosen) {
    yield* Logins.remove(login)
    if (isJson) continue
    yield* stderr.line(say.signedOut(UserTokenStore.inWords(login.account), login.appId, login.path))
    const until = goodUntil(login)
    if (until > now && !isQuiet) yield* stderr.line(say.notRevoked(instant(until / 1_000)))
  }
  if (isJson) {
    const signedOut = chosen.map((login) => ({
      account: login.account,
      appId: login.appId,
      baseUrl: login.baseUrl,
      file: login.path,
      revoked: false,
      tokensEndAt: TimeRange.iso(goodUntil(login) / 1_000),
    }))
    yield* Console.log(json({ signedOut }))
  }
  // It may hold tokens, and is still there.
  if (damaged !== undefined && all) return yield* damaged
  if (chosen.length > 0 || isJson) return
  const { baseUrl } = yield* LoadedSettings.addresses(settings)
  yield* stderr.line(appId === undefined ? say.none : say.noneOfApp(appId, baseUrl))
})

/** Unix milliseconds until which a copy of the tokens would be good. */
const goodUntil = (login: Logins.Login): number => Math.max(login.accessTokenEndsAt, Logins.lastsUntil(login))
