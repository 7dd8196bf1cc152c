/** Check `proxy`: the proxy that requests go through, if any, opens a tunnel. */
import * as Effect from "effect/Effect"
import * as Language from "../../../language/Language.ts"
import * as Setting from "../../../settings/Setting.ts"
import type * as Check from "../Check.ts"
import * as Connection from "../Connection.ts"
import type { Configured } from "./configuration.ts"
import * as Route from "./Route.ts"

const words = Language.words({
  en: {
    none: "none",
    allProxy: (variable: string) =>
      `none: ${variable} is set, but is not used; set HTTPS_PROXY if Feishu needs a proxy`,
    notForHost: "set, but not used for this host: NO_PROXY lists it, or it is this machine",
    tunnels: (address: string) => `${address} opens a tunnel`,
    forwards: (address: string) => `${address} forwards requests over plain http`,
  },
  zh: {
    none: "无",
    allProxy: (variable) =>
      `无：设置了 ${variable}，但本工具不使用它；如需代理才能访问飞书，请设置 HTTPS_PROXY`,
    notForHost: "已设置代理，但此主机不经过代理：NO_PROXY 列出了它，或它就是本机",
    tunnels: (address) => `${address} 可以建立隧道`,
    forwards: (address) => `明文 http 请求经 ${address} 转发`,
  },
})

/** Opens a tunnel through the proxy. Later checks get the route. */
export const checkProxy = Effect.fnUntraced(function* (configured: Configured) {
  const { settings, urls } = configured
  const say = yield* Language.say(words)
  const route = yield* Route.of(configured, urls.baseUrl)
  const { proxy, url } = route
  if (proxy === undefined) {
    const isSet = settings.found.has("https-proxy") || settings.found.has("http-proxy")
    const other = ["all_proxy", "ALL_PROXY"].find((variable) => process.env[variable])
    const none = other === undefined ? say.none : say.allProxy(other)
    const passed: Check.Passed = { detail: isSet ? say.notForHost : none, facts: { proxy: null } }
    return [route, passed] as const
  }
  const address = Setting.shown({ name: "https-proxy" }, proxy.href)
  // A proxy for plain http forwards each request, without a tunnel.
  const isTunnel = url.protocol === "https:"
  if (isTunnel) yield* Effect.scoped(Connection.open(route))
  const detail = isTunnel ? say.tunnels(address) : say.forwards(address)
  return [route, { detail, facts: { proxy: address } } as Check.Passed] as const
})
