/** How requests get to Feishu: to which hosts, and through which proxy. */
import * as Effect from "effect/Effect"
import type { FeishuError } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as ClientLayer from "../../../settings/ClientLayer.ts"
import * as LoadedSettings from "../../../settings/LoadedSettings.ts"
import type * as Connection from "../Connection.ts"
import type { Configured } from "./configuration.ts"

/** Returns the route to a URL; fails where it leads through a proxy that cannot be used. */
export const of = (
  { ca, settings }: Pick<Configured, "ca" | "settings">,
  url: string,
): Effect.Effect<Connection.Route, FeishuError.FeishuError> =>
  Effect.try({
    try: () => {
      const proxy = NodeHttp.proxyOf(url, ClientLayer.proxies(settings))
      const https = url.startsWith("https:") ? settings.found.get("https-proxy") : undefined
      const given = https ?? settings.found.get("http-proxy")
      return {
        url: new URL(url),
        proxy: proxy === undefined ? undefined : new URL(proxy),
        setting: given === undefined ? "" : LoadedSettings.nameOf(given.origin),
        ca,
      }
    },
    // `proxyOf` throws nothing else.
    catch: (error) => error as FeishuError.FeishuError,
  })

/** Returns the base URLs that are used: the API's, and that of the token endpoint where it is another. */
export const baseUrlsOf = ({ settings, urls }: Configured): ReadonlyArray<string> => [
  ...new Set([urls.baseUrl, ...(settings.found.has("oauth-base-url") ? [urls.oauthBaseUrl] : [])]),
]
