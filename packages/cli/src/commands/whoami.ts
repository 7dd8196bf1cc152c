/** The command `whoami`: who reads, and who has signed in. Sends nothing. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { TimeRange, UserTokenStore } from "@effect-feishu/core"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import { aligned } from "../console/Columns.ts"
import * as Help from "../console/Help.ts"
import { inMessage, labels, showable, Stderr } from "../console/Stderr.ts"
import { CommandEnded } from "../failure/CommandEnded.ts"
import { exitCodes, messageOf, ofFeishu } from "../failure/Fault.ts"
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
      "Show who reads with the settings as they are, and why; and every account that has signed in on this machine, with its scopes and until when. Sends nothing: doctor asks Feishu whether a login is still good. The exit code is 3 if nobody can read",
    short: "Show who reads, and who has signed in; sends nothing",
    json: "Print one JSON document",
    example: "Who reads, and who has signed in",
    exampleUser: "Who would read as a user",
    exampleJson: "For programs: the open_id of who reads",
    reads: (who: string, why: string) => `reads ${who} (${why})`,
    nobody: (message: string) => `Nobody can read: ${message}`,
    none: "Nobody has signed in on this machine; feishu-meetings login does that.",
    names: { app: "app", scopes: "scopes", signedIn: "signed in", until: "until", file: "file" },
    app: (appId: string, baseUrl: string) => `${appId} at ${baseUrl}`,
    comma: ", ",
    unknownScopes: "not known",
    refreshed: (time: string, year: string) =>
      `${time}, and longer each time it is used; at the latest until ${year}`,
    shortLived: (time: string) => `${time}; it cannot be refreshed`,
    ended: (time: string) => `${time}: over, sign in again`,
    begun: (time: string) =>
      `A refresh was begun at ${time}, and its end is not known: the next read finds out.`,
  },
  zh: {
    description:
      "显示按当前配置以谁的身份读取及其原因，以及本机上所有已登录的账号、权限和有效期。不发送任何请求：登录是否仍然有效，由 doctor 向飞书确认。无人可读取时，退出码为 3",
    short: "显示以谁的身份读取，以及已登录的账号；不发送任何请求",
    json: "输出一个 JSON 文档",
    example: "以谁的身份读取，以及已登录的账号",
    exampleUser: "以用户身份读取时会是谁",
    exampleJson: "供程序使用：读取者的 open_id",
    reads: (who, why) => `${who}读取（${why}）`,
    nobody: (message) => `目前无人可读取：${message}`,
    none: "本机没有已登录的账号；可用 feishu-meetings login 登录。",
    names: { app: "应用", scopes: "权限", signedIn: "登录时间", until: "有效期", file: "文件" },
    app: (appId, baseUrl) => `${appId}，${baseUrl}`,
    comma: "、",
    unknownScopes: "未知",
    refreshed: (time, year) => `至 ${time}，每次使用都会延长；最迟至 ${year}`,
    shortLived: (time) => `至 ${time}，无法刷新`,
    ended: (time) => `已于 ${time} 到期，请重新登录`,
    begun: (time) => `${time} 开始的一次刷新没有结果：下次读取时可知。`,
  },
})

/** Makes the command, with its help in this language. */
export const whoami = (language: Language.Language) => {
  const say = words[language]
  const { detailsRateLimit: _, rateLimit: __, ...connection } = ConnectionFlags.make(language)
  return Command.make("whoami", { json: Flags.yes("json", say.json), ...connection }, run).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.annotate(HelpText.Sections, Help.whoReads(language)),
    Command.withExamples([
      { command: "feishu-meetings whoami", description: say.example },
      { command: "feishu-meetings whoami --as user", description: say.exampleUser },
      { command: "feishu-meetings whoami --json | jq -r .reads.openId", description: say.exampleJson },
    ]),
  )
}

const run = Effect.fnUntraced(function* ({
  json: isJson,
  ...flags
}: LoadedSettings.Flags & { readonly json: boolean }) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* LoadedSettings.load(flags)
  const identity = yield* Effect.result(Identity.find(settings))
  const { logins, unreadable } = yield* Logins.all
  const now = yield* Clock.currentTimeMillis
  const faults = unreadable.map(({ error, path }) => ({
    path,
    message: messageOf(ofFeishu(error, language), language),
  }))
  const failed = Result.isFailure(identity) ? ofFeishu(identity.failure, language) : undefined
  const reads = (login: Logins.Login) =>
    Result.isSuccess(identity) &&
    identity.success._tag === "Account" &&
    identity.success.login.path === login.path
  if (isJson) {
    yield* Console.log(
      json({
        reads: Result.isSuccess(identity) ? Identity.forPrograms(identity.success) : null,
        ...(failed === undefined ? {} : { problem: showable(messageOf(failed, language)) }),
        accounts: logins.map((login) => ({ ...forPrograms(login, now), reads: reads(login) })),
        unreadable: faults.map(({ message, path }) => ({ path, message: showable(message) })),
      }),
    )
  } else {
    const lines = [
      failed === undefined && Result.isSuccess(identity)
        ? say.reads(...Identity.inWords(identity.success, language))
        : say.nobody(messageOf(failed!, language)),
      ...(logins.length === 0 && faults.length === 0 ? [say.none] : []),
    ]
    for (const line of lines) yield* Console.log(visible(inMessage(line)))
    for (const login of logins) yield* Console.log(textOf(login, now, language))
    const stderr = yield* Stderr
    for (const { message } of faults) yield* stderr.line(inMessage(message), labels(language).warning)
  }
  if (failed !== undefined) return yield* new CommandEnded({ exitCode: exitCodes.tokenScopeOrApp })
})

const textOf = (login: Logins.Login, now: number, language: Language.Language): string => {
  const say = words[language]
  const { account, appId, baseUrl, path, refreshBegunAt, scopes, signedInAt } = login
  const until = Logins.lastsUntil(login)
  const [time, year] = [instant(until / 1_000), instant(Logins.yearEndsAt(login) / 1_000)]
  const rows = [
    [say.names.app, say.app(appId, baseUrl)],
    [say.names.scopes, scopes.length === 0 ? say.unknownScopes : scopes.join(say.comma)],
    [say.names.signedIn, instant(signedInAt / 1_000)],
    [
      say.names.until,
      until <= now
        ? say.ended(time)
        : login.refreshToken === undefined
          ? say.shortLived(time)
          : say.refreshed(time, year),
    ],
    [say.names.file, path],
  ] as const
  return [
    "",
    showable(UserTokenStore.inWords(account)),
    aligned(rows.map(([name, value]) => [`  ${name}`, showable(value)])),
    ...(refreshBegunAt === undefined ? [] : [`  ${say.begun(instant(refreshBegunAt / 1_000))}`]),
  ].join("\n")
}

const iso = (millis: number): string => TimeRange.iso(millis / 1_000)

const forPrograms = (login: Logins.Login, now: number) => {
  const { account, accessTokenEndsAt, appId, baseUrl, path, scopes, signedInAt } = login
  const until = Logins.lastsUntil(login)
  return {
    account,
    appId,
    baseUrl,
    scopes,
    signedInAt: iso(signedInAt),
    accessTokenEndsAt: iso(accessTokenEndsAt),
    endsAt: iso(until),
    hasEnded: until <= now,
    isRefreshed: login.refreshToken !== undefined,
    signInAgainAt: iso(Logins.yearEndsAt(login)),
    file: path,
  }
}
