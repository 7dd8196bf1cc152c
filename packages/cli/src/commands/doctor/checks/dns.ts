/** Check `dns`: the hosts have addresses. */
import { isIP } from "node:net"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Language from "../../../language/Language.ts"
import * as Check from "../Check.ts"
import * as Connection from "../Connection.ts"
import type { Configured } from "./configuration.ts"
import * as Route from "./Route.ts"

const words = Language.words({
  en: {
    byProxy: "the proxy resolves host names",
    isAddress: (host: string) => `${host} is an IP address`,
    addresses: (host: string, addresses: string, millis: number) =>
      `${host} resolves to ${addresses} (${millis} ms)`,
    notFound: (host: string, code: string) => `${host} was not found (${code})`,
    remedy: "Check the base URL, and the DNS of this machine; a private network may need its VPN.",
  },
  zh: {
    byProxy: "由代理解析域名",
    isAddress: (host) => `${host} 是 IP 地址`,
    addresses: (host, addresses, millis) => `${host} 解析为 ${addresses}（${millis} 毫秒）`,
    notFound: (host, code) => `找不到 ${host}（${code}）`,
    remedy: "请检查 base URL 和本机的 DNS；内网可能需要连接 VPN。",
  },
})

/** Resolves the name of each host. Skipped where a proxy does that. */
export const checkDns = Effect.fnUntraced(function* (configured: Configured, proxy: URL | undefined) {
  const say = yield* Language.say(words)
  if (proxy !== undefined) return yield* new Check.CheckSkipped({ detail: say.byProxy })
  const hosts = new Set(Route.baseUrlsOf(configured).map((url) => Connection.hostOf(new URL(url))))
  const found = yield* Effect.forEach(hosts, (host) =>
    isIP(host) === 0
      ? Connection.addressesOf(host).pipe(
          Effect.timed,
          Effect.map(([duration, addresses]) => ({
            host,
            addresses,
            line: say.addresses(host, addresses.join(", "), Math.round(Duration.toMillis(duration))),
          })),
          Effect.mapError(({ code }) =>
            Check.ofNetwork(say.notFound(host, code), say.remedy, { host, code }),
          ),
        )
      : Effect.succeed({ host, addresses: [host], line: say.isAddress(host) }),
  )
  const [first = "", ...lines] = found.map(({ line }) => line)
  const facts = { hosts: Object.fromEntries(found.map(({ addresses, host }) => [host, addresses])) }
  return [undefined, { detail: first, lines, facts } as Check.Passed] as const
})
