/** The client of Feishu that the settings describe. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import {
  type AccessToken,
  FeishuClient,
  FeishuError,
  GetMeeting,
  GetRecording,
  type RateLimit,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Identity from "./Identity.ts"
import * as Language from "../language/Language.ts"
import type * as Setting from "./Setting.ts"
import * as LoadedSettings from "./LoadedSettings.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "./WorkingFolder.ts"

const words = Language.words({
  en: {
    unencrypted: (hosts: string) =>
      `Plain http to ${hosts}: app secret and token travel unencrypted, and anyone on the way can read them.`,
    authority: (path: string, reason: string) => `${path} cannot be read (${reason})`,
    nameAnother: "Name a file with certificates in PEM.",
  },
  zh: {
    unencrypted: (hosts) =>
      `以明文 http 访问 ${hosts}：App Secret 与访问凭证以明文传输，途中任何人都能读到。`,
    authority: (path, reason) => `无法读取 ${path}（${reason}）`,
    nameAnother: "请指定 PEM 格式的证书文件。",
  },
})

/** Returns the options of core's client, with the secrets read from wherever they are. */
export const options = Effect.fnUntraced(function* (
  settings: LoadedSettings.Settings,
  identity: Identity.Identity,
): Effect.fn.Return<FeishuClient.Options<AccessToken.Requirements>, FeishuError.FeishuError> {
  if (identity._tag === "Account") {
    return {
      ...LoadedSettings.addressOptions(settings),
      credentials: yield* Identity.sourceOf(settings, identity),
    }
  }
  const secret = yield* LoadedSettings.secret(
    settings,
    identity._tag === "Token" ? "access-token" : "app-secret",
  )
  const text = secret && Redacted.value(secret)
  const resolved = {
    ...(identity._tag === "Token"
      ? { FEISHU_ACCESS_TOKEN: text }
      : { FEISHU_APP_SECRET: text, FEISHU_APP_ID: identity.appId }),
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
export const layer = (settings: LoadedSettings.Settings, identity: Identity.Identity, before: Before = {}) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const layer = FeishuClient.layer({
        ...(yield* options(settings, identity)),
        rateLimit: { ...rateLimit(settings), ...before },
      })
      yield* warnOfPlainHttp(settings)
      return layer
    }),
  )

/** Warns if secrets will travel unencrypted. */
export const warnOfPlainHttp = Effect.fnUntraced(function* (settings: LoadedSettings.Settings) {
  const hosts = LoadedSettings.plainHttpHosts(settings)
  const { unencrypted } = yield* Language.say(words)
  if (hosts.length > 0) yield* Effect.logWarning(unencrypted(hosts.join(", ")))
})

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
