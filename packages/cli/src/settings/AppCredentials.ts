/** The credentials of the apps of a backfill: each runner has those of its own settings and environment. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AccessToken, AppTicket, FeishuError, Secret } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as LoadedSettings from "./LoadedSettings.ts"

const words = Language.words({
  en: {
    noSecret: (appId: string) => `there is no app secret for the app ${appId}`,
    giveSecret: (appId: string) =>
      `Set FEISHU_APP_SECRET_${appId}, or put it under apps: in the file that feishu-meetings config init writes.`,
    oneTenant: (appId: string, tenants: number) =>
      `the app ${appId} has numbers of ${tenants} tenants, but no app ticket: a self-built app has one tenant`,
    giveTicket: (appId: string) =>
      `If it is a store app, name a file that has its newest app_ticket: FEISHU_APP_TICKET_FILE_${appId}. Otherwise correct the tenants of its numbers.`,
  },
  zh: {
    noSecret: (appId) => `没有应用 ${appId} 的 App Secret`,
    giveSecret: (appId) =>
      `请设置 FEISHU_APP_SECRET_${appId}，或写入 feishu-meetings config init 生成的文件的 apps: 之下。`,
    oneTenant: (appId, tenants) =>
      `应用 ${appId} 有 ${tenants} 个租户的会议号，却没有 app_ticket：企业自建应用只有一个租户`,
    giveTicket: (appId) =>
      `如果是商店应用，请用 FEISHU_APP_TICKET_FILE_${appId} 指定存放最新 app_ticket 的文件；否则请更正其会议号的租户。`,
  },
})

/**
 * Returns a fault of a lane that is said in this module, in a language; `undefined` for another one. It is stored in English, since
 * runners of one database may speak either.
 */
export const faultInWords = (message: string, language: Language.Language): string | undefined => {
  const plain = message.replace(/^credentials: (.*?)\. Nothing was sent\. /s, "$1. ")
  const say = words[language]
  const [, withoutSecret] = /^there is no app secret for the app (\S+)\. /.exec(plain) ?? []
  const [, app, tenants] = /^the app (\S+) has numbers of (\d+) tenants/.exec(plain) ?? []
  if (withoutSecret === undefined && app === undefined) return undefined
  if (language === "en") return plain
  return app === undefined
    ? `${say.noSecret(withoutSecret!)}。${say.giveSecret(withoutSecret!)}`
    : `${say.oneTenant(app, Number(tenants))}。${say.giveTicket(app)}`
}

/** True when an app is a store app, since its settings have a ticket; `undefined` where its secret is not known here. */
export const isStoreApp = (settings: LoadedSettings.Settings, appId: string): boolean | undefined => {
  const values = LoadedSettings.valuesOf(settings, appId)
  if (values.has("app-ticket") || values.has("app-ticket-file")) return true
  return values.has("app-secret") || values.has("app-secret-file") ? false : undefined
}

/** Refuses several tenants of an app that is not a store app. */
export const refuseTenants = Effect.fnUntraced(function* (appId: string, tenants: number) {
  const say = yield* Language.say(words)
  return yield* FeishuError.invalidRequest(
    "credentials",
    say.oneTenant(appId, tenants),
    say.giveTicket(appId),
  )
})

/**
 * Makes the source of the tokens of an app. The ticket of a store app is read from its file whenever one is needed: whoever receives
 * the event writes it there.
 */
export const sourceOf = Effect.fnUntraced(function* (
  settings: LoadedSettings.Settings,
  appId: string,
): Effect.fn.Return<AccessToken.AccessToken["Service"], FeishuError.FeishuError, AccessToken.Requirements> {
  const found = LoadedSettings.valuesOf(settings, appId)
  const secret = yield* LoadedSettings.secret({ found }, "app-secret")
  if (secret === undefined) {
    const say = yield* Language.say(words)
    return yield* FeishuError.invalidRequest("credentials", say.noSecret(appId), say.giveSecret(appId))
  }
  const app = { appId, appSecret: Secret.appSecret(secret) }
  if (isStoreApp(settings, appId) !== true) {
    return yield* settings.found.has("oauth-base-url")
      ? AccessToken.clientCredentials(app)
      : AccessToken.selfBuiltApp(app)
  }
  const language = yield* Language.CurrentLanguage
  const latest = LoadedSettings.secret({ found }, "app-ticket").pipe(
    Effect.map((ticket) => ticket && Secret.appTicket(Redacted.value(ticket))),
    Effect.provideService(Language.CurrentLanguage, language),
    // The file may not be there yet, or just be written; a ticket is then requested from Feishu, and awaited.
    Effect.orElseSucceed(() => undefined),
  )
  return yield* Effect.provideService(
    AccessToken.storeApp(app),
    AppTicket.AppTicket,
    AppTicket.AppTicket.of({ latest, push: () => Effect.void }),
  )
})
