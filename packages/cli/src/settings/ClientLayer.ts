/** The client of Feishu that the settings describe. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { FeishuClient, FeishuError, GetMeeting, GetRecording, type RateLimit } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Language from "../language/Language.ts"
import type * as Setting from "./Setting.ts"
import * as LoadedSettings from "./LoadedSettings.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "./WorkingFolder.ts"

const words = Language.words({
  en: {
    noCredentials: "there is neither an access token nor an app",
    noSecret: "there is an app id, but no app secret",
    noApp: "there is an app secret, but no app id",
    remedy:
      "Set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN; or put them into the file that feishu-meetings config init writes.",
    unencrypted: (hosts: string) =>
      `Plain http to ${hosts}: app secret and token travel unencrypted, and anyone on the way can read them.`,
    authority: (path: string, reason: string) => `${path} cannot be read (${reason})`,
    nameAnother: "Name a file with certificates in PEM.",
  },
  zh: {
    noCredentials: "既没有访问凭证，也没有应用凭证",
    noSecret: "有 App ID，但没有 App Secret",
    noApp: "有 App Secret，但没有 App ID",
    remedy:
      "请设置 FEISHU_APP_ID 和 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN；也可写入 feishu-meetings config init 生成的文件。",
    unencrypted: (hosts) =>
      `以明文 http 访问 ${hosts}：App Secret 与访问凭证以明文传输，途中任何人都能读到。`,
    authority: (path, reason) => `无法读取 ${path}（${reason}）`,
    nameAnother: "请指定 PEM 格式的证书文件。",
  },
})

/** Returns the options of core's client, with the secrets read from wherever they are. */
export const options = Effect.fnUntraced(function* (settings: LoadedSettings.Settings) {
  const say = yield* Language.say(words)
  const accessToken = yield* LoadedSettings.secret(settings, "access-token")
  const appSecret =
    accessToken === undefined ? yield* LoadedSettings.secret(settings, "app-secret") : undefined
  const appId = settings.found.get("app-id")?.text
  const refuse = (problem: string) => FeishuError.invalidRequest("credentials", problem, say.remedy)
  if (accessToken === undefined) {
    if (appId === undefined) return yield* refuse(appSecret === undefined ? say.noCredentials : say.noApp)
    if (appSecret === undefined) return yield* refuse(say.noSecret)
  }
  const resolved = {
    FEISHU_ACCESS_TOKEN: accessToken && Redacted.value(accessToken),
    FEISHU_APP_SECRET: appSecret && Redacted.value(appSecret),
    FEISHU_APP_ID: appId,
    FEISHU_BRAND: settings.found.get("brand")?.text,
    FEISHU_BASE_URL: settings.found.get("base-url")?.text,
    FEISHU_OAUTH_BASE_URL: settings.found.get("oauth-base-url")?.text,
    FEISHU_ALLOW_HTTP: settings.found.get("allow-http")?.text,
  }
  const provider = ConfigProvider.fromUnknown(
    Object.fromEntries(Object.entries(resolved).filter(([, text]) => text !== undefined)),
  )
  return yield* FeishuClient.optionsConfig.pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, provider),
    // All values are texts, or absent.
    Effect.catchTag("ConfigError", Effect.die),
  )
})

/**
 * Returns the limits that the settings give: of the list, and of details and recordings, each of which has its own. A share of
 * the limit of a minute is the same share of that of a second.
 */
export const rateLimit = ({
  detailsRateLimit,
  rateLimit: requests,
}: LoadedSettings.Settings): {
  readonly requests: number
  readonly operations: Readonly<Record<string, RateLimit.Windows>>
} => ({
  requests,
  operations: Object.fromEntries(
    [GetMeeting, GetRecording].map(({ path, rateLimits: [minute, second] }) => [
      `GET ${path}`,
      [
        { requests: detailsRateLimit, window: `${minute.windowSeconds} seconds` },
        {
          requests: Math.ceil((detailsRateLimit * second.requests) / minute.requests),
          window: `${second.windowSeconds} seconds`,
        },
      ],
    ]),
  ),
})

/** The requests that were sent just before, such as those of a run that is resumed. */
export type Before = Pick<RateLimit.Options, "initially">

/** Makes the client, which needs an HTTP client (`http`). Warns if secrets will travel unencrypted. */
export const layer = (settings: LoadedSettings.Settings, before: Before = {}) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const layer = FeishuClient.layer({
        ...(yield* options(settings)),
        rateLimit: { ...rateLimit(settings), ...before },
      })
      const hosts = LoadedSettings.plainHttpHosts(settings)
      const { unencrypted } = yield* Language.say(words)
      if (hosts.length > 0) yield* Effect.logWarning(unencrypted(hosts.join(", ")))
      return layer
    }),
  )

/** Makes the HTTP client, with the proxies and the certificates of the settings. */
export const http = (settings: LoadedSettings.Settings) =>
  Layer.unwrap(Effect.map(authority(settings), (ca) => httpTrusting(settings, ca)))

/** Makes the HTTP client with certificates that were read already: they may come from a pipe, which can be read only once. */
export const httpTrusting = (settings: LoadedSettings.Settings, ca: string | undefined) =>
  NodeHttp.layer({ ca, ...proxies(settings) })

/**
 * Returns the proxies of configuration files. The client itself reads and names those of the environment, which override them.
 */
export const proxies = ({ found }: LoadedSettings.Settings) => {
  const ofFile = (name: Setting.Name) => {
    const setting = found.get(name)
    return setting?.origin._tag === "File" ? setting.text : undefined
  }
  return { httpsProxy: ofFile("https-proxy"), httpProxy: ofFile("http-proxy"), noProxy: ofFile("no-proxy") }
}

/** The most bytes of a file of certificates. All certificates that an operating system trusts take a quarter of a megabyte. */
const mostBytesOfAuthority = 4 * 1024 * 1024

/** Reads the certificates to trust in addition to Node's own, in PEM. */
export const authority = Effect.fnUntraced(function* ({ found }: LoadedSettings.Settings) {
  const file = found.get("ca-file")
  if (file === undefined) return undefined
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const [path, setting] = [LoadedSettings.fileOf(file), LoadedSettings.nameOf(file.origin)]
  yield* WorkingFolder.check(setting, path)
  const content = yield* Effect.mapError(InputFile.readNamed(path, mostBytesOfAuthority), (unread) =>
    FeishuError.invalidRequest(
      setting,
      say.authority(path, SystemError.unreadInWords(unread, language)),
      say.nameAnother,
    ),
  )
  const certificates = yield* NodeHttp.certificates(`${setting}: ${path}`, content)
  return certificates.join("\n")
})
