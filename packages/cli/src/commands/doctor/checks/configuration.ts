/** Check `configuration`: the settings can be used, and each names where it comes from. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as ConnectionFlags from "../../../input/ConnectionFlags.ts"
import * as Language from "../../../language/Language.ts"
import * as ClientLayer from "../../../settings/ClientLayer.ts"
import * as LoadedSettings from "../../../settings/LoadedSettings.ts"
import * as ShownSettings from "../../../settings/ShownSettings.ts"
import type * as Check from "../Check.ts"

const words = Language.words({
  en: {
    setting: (name: string, value: string, origin: string) => `${name}: ${value} (${origin})`,
    unusable: (problem: string) => `; cannot be used: ${problem}`,
    secret: (characters: number) => `set, ${characters} characters`,
    reads: (baseUrl: string, app: string | undefined, hasToken: boolean, isUser: boolean) =>
      `${baseUrl}, ${app !== undefined ? `as ${isUser ? "a user of " : ""}app ${app}` : hasToken ? "with an access token" : "without credentials"}`,
  },
  zh: {
    setting: (name, value, origin) => `${name}：${value}（${origin}）`,
    unusable: (problem) => `；无法使用：${problem}`,
    secret: (characters) => `已设置，${characters} 个字符`,
    reads: (baseUrl, app, hasToken, isUser) =>
      `${baseUrl}，${app !== undefined ? `使用应用 ${app}${isUser ? " 的用户登录" : ""}` : hasToken ? "使用访问凭证" : "尚未设置访问凭证或应用"}`,
  },
})

/** Loads the settings. Later checks get them, with the addresses, the certificates and the HTTP client that they give. */
export const checkConfiguration = Effect.fnUntraced(function* (flags: ConnectionFlags.Given) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* LoadedSettings.load(flags)
  const urls = yield* LoadedSettings.addresses(settings)
  const ca = yield* ClientLayer.authority(settings)
  const http = Layer.succeedContext(yield* Layer.build(ClientLayer.httpTrusting(settings, ca)))
  const values = yield* ShownSettings.all(settings)
  const set = values.filter(({ name, origin }) => origin !== undefined || name === "base-url")
  const passed: Check.Passed = {
    detail: say.reads(
      urls.baseUrl,
      LoadedSettings.app(settings),
      LoadedSettings.hasToken(settings),
      LoadedSettings.isUser(settings),
    ),
    lines: set.map(
      ({ app, characters, name, origin, problem, value }) =>
        say.setting(
          ShownSettings.keyOf({ app, name }),
          characters === undefined ? (value ?? "") : say.secret(characters),
          LoadedSettings.inWords(origin, language),
        ) + (problem === undefined ? "" : say.unusable(problem)),
    ),
    facts: { settings: ShownSettings.forPrograms(set) },
  }
  return [{ settings, urls, ca, http }, passed] as const
})

/** The settings as later checks need them. */
export type Configured = Effect.Success<ReturnType<typeof checkConfiguration>>[0]
