/** Check `tls`: the certificates of the hosts can be trusted. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Language from "../../../language/Language.ts"
import * as LoadedSettings from "../../../settings/LoadedSettings.ts"
import * as Check from "../Check.ts"
import * as Connection from "../Connection.ts"
import type { Configured } from "./configuration.ts"
import * as Route from "./Route.ts"

const words = Language.words({
  en: {
    plain: "plain http, which stays on this machine",
    unencrypted: (hosts: string) =>
      `plain http to ${hosts}: app secret and token travel unencrypted, as --allow-http or FEISHU_ALLOW_HTTP permits`,
    certificate: (host: string, protocol: string, issuer: string, days: number) =>
      `${host}: ${protocol}, certificate issued by ${issuer}, ${days} days left`,
    endsSoon: (host: string) =>
      `the certificate of ${host} expires soon: the operator of the host has to renew it`,
    ownAuthority: (origin: string) => `trusted in addition to Node's own: the certificates of ${origin}`,
    distrusted: (host: string, code: string, issuer: string, days: number) =>
      `the certificate of ${host} cannot be trusted (${code}): issued by ${issuer}, ${days} days left`,
    expired:
      "Check the clock of this machine; if it is right, the operator of the host has to renew the certificate.",
    otherHost: "Check the base URL: the certificate is for another host.",
    remedy:
      "If a proxy inspects TLS, or this is a private deployment, put the certificate of its authority into a file and name that file in FEISHU_CA_FILE; otherwise somebody may be intercepting the connection.",
  },
  zh: {
    plain: "明文 http，不离开本机",
    unencrypted: (hosts) =>
      `以明文 http 访问 ${hosts}：App Secret 与访问凭证以明文传输（由 --allow-http 或 FEISHU_ALLOW_HTTP 允许）`,
    certificate: (host, protocol, issuer, days) =>
      `${host}：${protocol}，证书由 ${issuer} 签发，剩余 ${days} 天`,
    endsSoon: (host) => `${host} 的证书即将过期：需由该主机的运维人员更新`,
    ownAuthority: (origin) => `除 Node 自带的证书外还信任：${origin} 中的证书`,
    distrusted: (host, code, issuer, days) =>
      `${host} 的证书不可信（${code}）：由 ${issuer} 签发，剩余 ${days} 天`,
    expired: "请检查本机时钟；如果无误，需由该主机的运维人员更新证书。",
    otherHost: "请检查 base URL：证书属于另一台主机。",
    remedy:
      "如果代理会解密 TLS，或是私有化部署，请将其证书颁发机构的证书存入文件，并用 FEISHU_CA_FILE 指定；否则可能有人在窃听连接。",
  },
})

/** A certificate with fewer days left gets a line. */
const fewDays = 14

/** Shakes hands with each host over https. Skipped where all is plain http. */
export const checkTls = Effect.fnUntraced(function* (configured: Configured) {
  const { settings } = configured
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const secure = Route.baseUrlsOf(configured).filter((url) => url.startsWith("https:"))
  const plain = LoadedSettings.plainHttpHosts(settings)
  if (secure.length === 0) {
    const detail = plain.length === 0 ? say.plain : say.unencrypted(plain.join(", "))
    return yield* new Check.CheckSkipped({ detail })
  }
  const now = yield* Clock.currentTimeMillis
  const certificates = yield* Effect.forEach(secure, (url) => {
    const { host } = new URL(url)
    return Route.of(configured, url).pipe(
      Effect.flatMap(Connection.certificateOf),
      Effect.flatMap(({ issuer, problem, protocol, validTo }) => {
        const days = Math.floor((validTo - now) / 86_400_000)
        const facts = { host, issuer, protocol, daysLeft: days }
        if (problem === undefined) return Effect.succeed(facts)
        const remedy =
          problem === "CERT_HAS_EXPIRED"
            ? say.expired
            : problem === "ERR_TLS_CERT_ALTNAME_INVALID"
              ? say.otherHost
              : say.remedy
        return Check.ofNetwork(say.distrusted(host, problem, issuer, days), remedy, {
          ...facts,
          code: problem,
        })
      }),
    )
  })
  const own = settings.found.get("ca-file")
  const [first = "", ...lines] = [
    ...certificates.map(({ daysLeft, host, issuer, protocol }) =>
      say.certificate(host, protocol, issuer, daysLeft),
    ),
    ...certificates.filter(({ daysLeft }) => daysLeft < fewDays).map(({ host }) => say.endsSoon(host)),
    ...(plain.length === 0 ? [] : [say.unencrypted(plain.join(", "))]),
    ...(own === undefined
      ? []
      : [
          say.ownAuthority(`${LoadedSettings.fileOf(own)} (${LoadedSettings.inWords(own.origin, language)})`),
        ]),
    ...(process.env["NODE_EXTRA_CA_CERTS"] ? [say.ownAuthority("NODE_EXTRA_CA_CERTS")] : []),
  ]
  return [undefined, { detail: first, lines, facts: { certificates } } as Check.Passed] as const
})
