/** Looks at everything that a read needs, from the inside to the outside: whatever fails explains what comes after it. */
import { isIP } from "node:net"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import {
  Events,
  FeishuClient,
  FeishuConfig,
  FeishuError,
  ListByNo,
  type MeetingNo,
  Meetings,
  Probe,
  Retry,
} from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import { originForPrograms, valuesOf } from "../config.ts"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import { CommandEnded } from "../../failure/CommandEnded.ts"
import { exitCodes, ofFeishu } from "../../failure/Fault.ts"
import * as Language from "../../language/Language.ts"
import * as MeetingNumbers from "../../input/MeetingNumbers.ts"
import * as Setting from "../../settings/Setting.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import { Stderr } from "../../console/Stderr.ts"
import * as TimeZone from "../../language/TimeZone.ts"
import * as Check from "./Check.ts"
import * as Connection from "./Connection.ts"
import * as Report from "./Report.ts"

interface Input extends ConnectionFlags.Given {
  readonly meetingNo: string | undefined
  readonly json: boolean
}

const words = Language.words({
  en: {
    setting: (name: string, value: string, origin: string) => `${name}: ${value} (${origin})`,
    unusable: (problem: string) => `; cannot be used: ${problem}`,
    secret: (characters: number) => `set, ${characters} characters`,
    reads: (baseUrl: string, app: string | undefined, hasToken: boolean) =>
      `${baseUrl}, ${app !== undefined ? `by the app ${app}` : hasToken ? "by an access token" : "with no credentials yet"}`,
    noProxy: "none",
    allProxy: (variable: string) =>
      `none: ${variable} is set, but not read; set HTTPS_PROXY if Feishu needs a proxy`,
    proxyNotNeeded: "none for this host, although one is set: NO_PROXY lists it, or it is this machine",
    proxy: (address: string) => `${address} opens a tunnel`,
    forwards: (address: string) => `${address} forwards requests over plain http`,
    byProxy: "the proxy looks the names up",
    isAddress: (host: string) => `${host} is an address`,
    addresses: (host: string, addresses: string, millis: number) => `${host} is ${addresses} (${millis} ms)`,
    notFound: (host: string, code: string) => `${host} was not found (${code})`,
    checkName: "Check the base URL, and the DNS of this machine; a private network may need its VPN.",
    plain: "plain http, which stays on this machine",
    unencrypted: (hosts: string) =>
      `plain http to ${hosts}: app secret and token travel unencrypted, which --allow-http or FEISHU_ALLOW_HTTP permits`,
    certificate: (host: string, protocol: string, issuer: string, days: number) =>
      `${host}: ${protocol}, certificate of ${issuer}, ${days} days left`,
    endsSoon: (host: string) => `the certificate of ${host} ends soon: whoever runs it has to renew it`,
    ownAuthority: (origin: string) => `trusted beside Node's own: the certificates of ${origin}`,
    distrusted: (host: string, code: string, issuer: string, days: number) =>
      `the certificate of ${host} is not to be trusted (${code}): it is of ${issuer}, with ${days} days left`,
    expired: "Check the clock of this machine; if it is right, whoever runs the host has to renew it.",
    otherHost: "Check the base URL: the certificate is for another host.",
    distrustedRemedy:
      "If a proxy inspects TLS, or it is a private deployment, put the certificate of its authority into a file, and name that in FEISHU_CA_FILE; else somebody may be listening.",
    answered: (millis: number) => `answers in ${millis} ms`,
    refusedByGateway: (status: number) =>
      `HTTP ${status} without Feishu's code: something in front of Feishu, such as a gateway, refuses requests without a token; the checks below show whether it lets those with one pass`,
    noDate: "the answer does not tell the time",
    inStep: (seconds: string) => `in step with Feishu's, to ${seconds} s`,
    outOfStep: (seconds: number, isBehind: boolean) =>
      `this clock is ${seconds} s ${isBehind ? "behind" : "ahead of"} Feishu's: ${isBehind ? "a read up to now misses the meetings since" : "a read up to now reaches into the future, and 90 days ago is too late"}, and certificates may seem not to be valid`,
    setClock: "Set the clock, best by NTP (timedatectl set-ntp true).",
    tokenGiven: "one that was given: when it ends is not known, and it is not refreshed",
    tokenOf: {
      "self-built app": (minutes: number) =>
        `tenant access token of the app, for ${minutes} min; it is refreshed`,
      "store app": (minutes: number) =>
        `tenant access token of the store app, for ${minutes} min; it is refreshed`,
      "client credentials": (minutes: number) =>
        `by the unified OAuth 2.0, for ${minutes} min; it is refreshed`,
    },
    hasScope: "meetings may be read",
    grant: (link: string) => `Grant it there, and publish a version of the app: ${link}`,
    noNumber: "no meeting number is given: feishu-meetings doctor 337736498",
    page: (meetingNo: string, rows: number, more: boolean) =>
      rows === 0
        ? `${meetingNo} has no meetings in the last 90 days, which is no fault`
        : `${meetingNo} has ${more ? `${rows} meetings and more` : rows === 1 ? "1 meeting" : `${rows} meetings`} in the last 90 days`,
    notRefused: (rateLimit: number) =>
      `not refused; reads keep to ${rateLimit} requests a minute, and Feishu does not tell how many are left`,
    refused: (seconds: number) =>
      `refused a request, and resets in ${seconds} s: another program uses the same app`,
    share: "Wait that long; and let the programs share the limit, by rate_limit.",
  },
  zh: {
    setting: (name, value, origin) => `${name}：${value}（${origin}）`,
    unusable: (problem) => `；无法使用：${problem}`,
    secret: (characters) => `已设置，${characters} 个字符`,
    reads: (baseUrl, app, hasToken) =>
      `${baseUrl}，${app !== undefined ? `使用应用 ${app}` : hasToken ? "使用访问凭证" : "尚无凭证"}`,
    noProxy: "无",
    allProxy: (variable) =>
      `无：设置了 ${variable}，但本工具不读取它；如需代理才能访问飞书，请设置 HTTPS_PROXY`,
    proxyNotNeeded: "已设置代理，但此主机不经过代理：NO_PROXY 列出了它，或它就是本机",
    proxy: (address) => `${address} 可以建立隧道`,
    forwards: (address) => `明文 http 请求经 ${address} 转发`,
    byProxy: "由代理解析域名",
    isAddress: (host) => `${host} 是 IP 地址`,
    addresses: (host, addresses, millis) => `${host} 解析为 ${addresses}（${millis} 毫秒）`,
    notFound: (host, code) => `找不到 ${host}（${code}）`,
    checkName: "请检查接口地址和本机的 DNS；内网可能需要连接 VPN。",
    plain: "明文 http，不离开本机",
    unencrypted: (hosts) =>
      `以明文 http 访问 ${hosts}：App Secret 与访问凭证以明文传输（由 --allow-http 或 FEISHU_ALLOW_HTTP 允许）`,
    certificate: (host, protocol, issuer, days) =>
      `${host}：${protocol}，证书由 ${issuer} 签发，剩余 ${days} 天`,
    endsSoon: (host) => `${host} 的证书即将过期：需由其运维者更新`,
    ownAuthority: (origin) => `除 Node 自带的之外还信任的证书：${origin}`,
    distrusted: (host, code, issuer, days) =>
      `${host} 的证书不可信（${code}）：由 ${issuer} 签发，剩余 ${days} 天`,
    expired: "请检查本机时钟；如果无误，需由该主机的运维者更新证书。",
    otherHost: "请检查接口地址：证书属于另一台主机。",
    distrustedRemedy:
      "如果代理会检查 TLS，或是私有化部署，请将其证书颁发机构的证书存入文件，并用 FEISHU_CA_FILE 指定；否则可能有人在窃听。",
    answered: (millis) => `${millis} 毫秒内应答`,
    refusedByGateway: (status) =>
      `HTTP ${status}，且没有飞书的错误码：飞书之前的网关等拒绝了不带访问凭证的请求；它是否放行带凭证的请求，见以下各项`,
    noDate: "应答中没有时间",
    inStep: (seconds) => `与飞书的时钟一致，相差 ${seconds} 秒`,
    outOfStep: (seconds, isBehind) =>
      `本机时钟比飞书${isBehind ? "慢" : "快"} ${seconds} 秒：${isBehind ? "读到“现在”为止会漏掉最近的会议" : "读到“现在”为止会超出当前时间，90 天前的起点也会偏晚"}，证书也可能被判为无效`,
    setClock: "请校准时钟，最好使用 NTP（timedatectl set-ntp true）。",
    tokenGiven: "由用户给出：何时过期未知，也不会刷新",
    tokenOf: {
      "self-built app": (minutes) => `应用的 tenant_access_token，有效 ${minutes} 分钟，会自动刷新`,
      "store app": (minutes) => `商店应用的 tenant_access_token，有效 ${minutes} 分钟，会自动刷新`,
      "client credentials": (minutes) => `取自统一 OAuth 2.0，有效 ${minutes} 分钟，会自动刷新`,
    },
    hasScope: "可以读取会议",
    grant: (link) => `请在此开通权限，并发布应用版本：${link}`,
    noNumber: "没有给出会议号：feishu-meetings doctor 337736498",
    page: (meetingNo, rows, more) =>
      rows === 0
        ? `会议号 ${meetingNo} 在最近 90 天内没有会议，这不是问题`
        : `会议号 ${meetingNo} 在最近 90 天内有${more ? `超过 ${rows}` : ` ${rows}`} 场会议`,
    notRefused: (rateLimit) => `未被限流；读取时每分钟至多 ${rateLimit} 次请求，飞书不告知剩余次数`,
    refused: (seconds) => `拒绝了一次请求，${seconds} 秒后恢复：另有程序使用同一应用`,
    share: "请等待；并用 rate_limit 让各程序分担限额。",
  },
})

/** A clock this far off, in seconds, makes reads wrong. */
const mostSecondsOff = 60

/** A certificate with fewer days left is worth a word. */
const fewDays = 14

type Looked<A> = readonly [A, Check.Fine]

/** A look at one thing. */
type Examination<A, R = never> = Effect.Effect<
  Looked<A>,
  Check.Unwell | Check.NotNeeded | FeishuError.FeishuError,
  R
>

/** Looks, tells, and ends as `list` would. */
export const examine = Effect.fnUntraced(function* (input: Input) {
  const language = yield* Language.CurrentLanguage
  const numbers = input.meetingNo === undefined ? [] : [input.meetingNo]
  const [meetingNo] = yield* MeetingNumbers.read({ numbers, numbersFrom: undefined })
  const results: Array<Check.Result> = []
  const stderr = yield* Stderr
  const look = lookInto(results, {
    begin: (name) =>
      input.json ? Effect.void : stderr.progress((columns) => Report.lookingAt(name, language, columns)),
    end: (result) =>
      input.json ? Effect.void : Effect.andThen(stderr.clear, Console.log(Report.text(result, language))),
  })
  yield* Effect.addFinalizer(() => stderr.clear)

  yield* look("node", [], Effect.succeed([undefined, nodeCheck(language)]))
  const configured = yield* look("configuration", [], configuration(input))
  if (configured !== undefined) yield* network(look, configured)
  const access = configured && (yield* credentials(look, configured))
  if (access !== undefined) yield* reading(look, access, meetingNo)
  // Whatever was not come to.
  for (const name of Check.names) {
    if (!results.some((one) => one.name === name)) yield* look(name, Check.names, Effect.die("it is skipped"))
  }

  yield* Console.log(input.json ? Report.document(results) : `\n${Report.counts(results, language)}`)
  const first = results.find((one) => one.status === "failed")
  if (first?.status === "failed") return yield* new CommandEnded({ exitCode: first.exitCode })
}, Effect.scoped)

/** Looks at one thing, unless something that it needs is unwell; gives what the next things need of it. */
type Look = <A, R>(
  name: Check.Name,
  needs: ReadonlyArray<Check.Name>,
  check: Examination<A, R>,
) => Effect.Effect<A | undefined, never, R>

const lookInto =
  (
    results: Array<Check.Result>,
    tell: {
      readonly begin: (name: Check.Name) => Effect.Effect<void>
      readonly end: (result: Check.Result) => Effect.Effect<void>
    },
  ): Look =>
  (name, needs, check) => {
    const told = (result: Check.Result) => {
      results.push(result)
      return Effect.as(tell.end(result), undefined)
    }
    const failed = results.find((one) => one.status === "failed" && needs.includes(one.name))
    if (failed !== undefined) {
      return told({ name, status: "skipped", detail: `since ${failed.name} failed`, because: failed.name })
    }
    return Effect.andThen(tell.begin(name), check).pipe(
      Effect.catchTag("FeishuError", Check.ofError),
      Effect.flatMap(([value, fine]) => Effect.as(told({ name, status: "ok", ...fine }), value)),
      Effect.catchTags({
        NotNeeded: ({ detail }) => told({ name, status: "skipped", detail, because: undefined }),
        Unwell: ({ detail, exitCode, facts, logId, remedy }) =>
          told({ name, status: "failed", detail, remedy, logId, exitCode, facts }),
      }),
    )
  }

/** Node, and the time zone that it is to read times in. */
const nodeCheck = (language: Language.Language): Check.Fine => {
  const zone = TimeZone.current()
  const { isKnown, name, tz } = zone
  const origin = tz === undefined ? { from: "machine" } : { from: "environment", variable: "TZ" }
  return {
    detail: process.versions.node,
    lines: [TimeZone.inWords(zone, language)],
    facts: { timeZone: { value: name, isKnown, origin } },
  }
}

/** Everything that the settings give. */
const configuration = Effect.fnUntraced(function* (input: Input) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* LoadedSettings.load(input)
  const urls = yield* LoadedSettings.addresses(settings)
  const ca = yield* ClientLayer.authority(settings)
  const http = Layer.succeedContext(yield* Layer.build(ClientLayer.httpTrusting(settings, ca)))
  const values = yield* valuesOf(settings)
  const set = values.filter(({ name, origin }) => origin !== undefined || name === "base-url")
  const lines = set.map(
    ({ characters, name, origin, problem, value }) =>
      say.setting(
        Setting.keyOf({ name }),
        characters === undefined ? (value ?? "") : say.secret(characters),
        LoadedSettings.inWords(origin, language),
      ) + (problem === undefined ? "" : say.unusable(problem)),
  )
  return [
    { settings, urls, ca, http },
    {
      detail: say.reads(urls.baseUrl, LoadedSettings.app(settings), LoadedSettings.hasToken(settings)),
      lines,
      facts: {
        settings: Object.fromEntries(
          set.map(({ characters, name, origin, problem, value }) => [
            Setting.keyOf({ name }),
            {
              ...(characters === undefined ? { value } : { set: true, characters }),
              ...(problem === undefined ? {} : { problem }),
              origin: originForPrograms(origin),
            },
          ]),
        ),
      },
    },
  ] as const
})

type Configured = Effect.Success<ReturnType<typeof configuration>>[0]

const way = ["proxy", "dns", "tls", "feishu"] as const

/** The way to Feishu, and its clock. */
const network = Effect.fnUntraced(function* (look: Look, configured: Configured) {
  const { http, urls } = configured
  const say = yield* Language.say(words)
  const route = yield* look("proxy", [], proxyCheck(configured))
  yield* look("dns", way, dnsCheck(configured, route?.proxy))
  yield* look("tls", way, tlsCheck(configured))
  const reached = yield* look(
    "feishu",
    way,
    Effect.map(Probe.reach, (reached): Looked<Probe.Reached> => {
      const { code, logId, millis, status } = reached
      return [
        reached,
        {
          detail: say.answered(Math.round(millis)),
          lines: code === undefined ? [say.refusedByGateway(status)] : [],
          facts: { httpStatus: status, code, logId, millis },
        },
      ]
    }).pipe(Effect.provide([Layer.succeed(FeishuConfig.FeishuConfig, urls), http])),
  )
  yield* look(
    "clock",
    way,
    Effect.suspend(() => clockCheck(reached?.aheadMillis, say)),
  )
})

/** What a client with a token needs. */
interface Access {
  readonly configured: Configured
  readonly client: Layer.Layer<FeishuClient.FeishuClient, FeishuError.FeishuError>
  /** Runs what asks Feishu, until the limit refuses it: a read would wait then, and who looks wants to know. */
  readonly watched: <A, E, R>(
    effect: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | FeishuError.FeishuError, R>
  /** Milliseconds until the limit lets requests go again, where it has refused one. */
  readonly refusedMillis: () => number | undefined
}

/** The token. */
const credentials = Effect.fnUntraced(function* (look: Look, configured: Configured) {
  const { http, settings, urls } = configured
  const say = yield* Language.say(words)
  let expiresInMillis: number | undefined
  let refusedMillis: number | undefined
  const refused = yield* Deferred.make<never, FeishuError.FeishuError>()
  const listen = (event: Events.Event) =>
    Effect.suspend(() => {
      if (event._tag === "TokenFetched") expiresInMillis = event.expiresInMillis
      if (event._tag !== "RateLimitRefused") return Effect.void
      refusedMillis = event.resetMillis
      const { logId, resetMillis } = event
      const reason = new FeishuError.RateLimited({
        status: 429,
        retryAfterSeconds: Math.ceil(resetMillis / 1000),
        logId,
      })
      return Effect.asVoid(Deferred.fail(refused, new FeishuError.FeishuError({ reason })))
    })
  const watched: Access["watched"] = (effect) =>
    Effect.raceFirst(effect, Deferred.await(refused)).pipe(
      Effect.provideService(Events.Events, listen),
      // What the client would warn of is looked at here.
      Effect.provideService(References.MinimumLogLevel, "None"),
    )

  return yield* look(
    "token",
    way,
    Effect.gen(function* () {
      const options = yield* ClientLayer.options(settings)
      const source = yield* options.credentials
      yield* watched(source.get)
      const minutes = Math.round((expiresInMillis ?? 0) / 60_000)
      const client = FeishuClient.layer({
        ...options,
        credentials: Effect.succeed(source),
        rateLimit: { requests: settings.rateLimit },
      }).pipe(Layer.provide(http))
      const access: Access = { configured, client, watched, refusedMillis: () => refusedMillis }
      const fine: Check.Fine = {
        detail: source.kind === "given" ? say.tokenGiven : say.tokenOf[source.kind](minutes),
        facts: {
          kind: source.kind,
          ...(expiresInMillis === undefined ? {} : { expiresInSeconds: Math.round(expiresInMillis / 1000) }),
        },
      }
      return [access, fine] as const
    }).pipe(Effect.provide([Layer.succeed(FeishuConfig.FeishuConfig, urls), http, Retry.layerBudget()])),
  )
})

/** The scope, a page, and the limit. */
const reading = Effect.fnUntraced(function* (look: Look, access: Access, meetingNo: MeetingNo | undefined) {
  const { client, configured, refusedMillis, watched } = access
  const say = yield* Language.say(words)
  const { rateLimit } = configured.settings
  yield* look("scope", [], watched(Effect.provide(scopeCheck(configured), client)))
  yield* look(
    "page",
    ["scope"],
    meetingNo === undefined
      ? new Check.NotNeeded({ detail: say.noNumber })
      : watched(
          Effect.map(
            Meetings.Meetings.use((meetings) => meetings.page({ meetingNo, range: { from: "2159h" } })),
            ({ cursor, logId, meetings }): Looked<undefined> => [
              undefined,
              {
                detail: say.page(meetingNo, meetings.length, cursor !== undefined),
                facts: { meetingNo, rows: meetings.length, more: cursor !== undefined, logId },
              },
            ],
          ),
        ).pipe(Effect.provide(Layer.provide(Meetings.layerClient, client))),
  )
  const millis = refusedMillis()
  const resetSeconds = Math.ceil((millis ?? 0) / 1000)
  yield* look(
    "limit",
    [],
    millis === undefined
      ? Effect.succeed([undefined, { detail: say.notRefused(rateLimit), facts: { rateLimit } }])
      : Check.ofNetwork(say.refused(resetSeconds), say.share, { resetSeconds }),
  )
})

type Urls = Pick<FeishuConfig.FeishuConfig["Service"], "baseUrl" | "oauthBaseUrl">

/** The way to a URL; an error where it leads through a proxy that cannot be used. */
const routeOf = (
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
    // It throws nothing else.
    catch: (error) => error as FeishuError.FeishuError,
  })

/** The hosts that are asked: the API's, and the one that tokens come from where that is another. */
const hostsOf = (
  { baseUrl, oauthBaseUrl }: Urls,
  settings: LoadedSettings.Settings,
): ReadonlyArray<string> => [
  ...new Set([baseUrl, ...(settings.found.has("oauth-base-url") ? [oauthBaseUrl] : [])]),
]

const proxyCheck = Effect.fnUntraced(function* (configured: Configured) {
  const { settings, urls } = configured
  const say = yield* Language.say(words)
  const route = yield* routeOf(configured, urls.baseUrl)
  const { proxy, url } = route
  if (proxy === undefined) {
    const isSet = settings.found.has("https-proxy") || settings.found.has("http-proxy")
    const other = ["all_proxy", "ALL_PROXY"].find((variable) => process.env[variable])
    const none = other === undefined ? say.noProxy : say.allProxy(other)
    const fine: Check.Fine = { detail: isSet ? say.proxyNotNeeded : none, facts: { proxy: null } }
    return [route, fine] as const
  }
  const address = Setting.shown({ name: "https-proxy" }, proxy.href)
  // Through a proxy for plain http goes each request by itself.
  const isTunnel = url.protocol === "https:"
  if (isTunnel) yield* Effect.scoped(Connection.open(route))
  const detail = isTunnel ? say.proxy(address) : say.forwards(address)
  return [route, { detail, facts: { proxy: address } } as Check.Fine] as const
})

const dnsCheck = Effect.fnUntraced(function* ({ settings, urls }: Configured, proxy: URL | undefined) {
  const say = yield* Language.say(words)
  if (proxy !== undefined) return yield* new Check.NotNeeded({ detail: say.byProxy })
  const hosts = new Set(hostsOf(urls, settings).map((url) => Connection.hostOf(new URL(url))))
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
            Check.ofNetwork(say.notFound(host, code), say.checkName, { host, code }),
          ),
        )
      : Effect.succeed({ host, addresses: [host], line: say.isAddress(host) }),
  )
  const [first = "", ...lines] = found.map(({ line }) => line)
  const facts = { hosts: Object.fromEntries(found.map(({ addresses, host }) => [host, addresses])) }
  return [undefined, { detail: first, lines, facts } as Check.Fine] as const
})

const tlsCheck = Effect.fnUntraced(function* (configured: Configured) {
  const { settings, urls } = configured
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const secure = hostsOf(urls, settings).filter((url) => url.startsWith("https:"))
  const plain = LoadedSettings.plainHttpHosts(settings)
  if (secure.length === 0) {
    const detail = plain.length === 0 ? say.plain : say.unencrypted(plain.join(", "))
    return yield* new Check.NotNeeded({ detail })
  }
  const now = yield* Clock.currentTimeMillis
  const certificates = yield* Effect.forEach(secure, (url) => {
    const { host } = new URL(url)
    return routeOf(configured, url).pipe(
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
              : say.distrustedRemedy
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
  return [undefined, { detail: first, lines, facts: { certificates } } as Check.Fine] as const
})

const clockCheck = (
  aheadMillis: number | undefined,
  say: (typeof words)[Language.Language],
): Examination<undefined> => {
  if (aheadMillis === undefined) return Effect.fail(new Check.NotNeeded({ detail: say.noDate }))
  const seconds = Math.abs(aheadMillis) / 1000
  const facts = { secondsBehindFeishu: aheadMillis / 1000 }
  return seconds <= mostSecondsOff
    ? Effect.succeed([undefined, { detail: say.inStep(seconds.toFixed(1)), facts }] as const)
    : Effect.fail(
        new Check.Unwell({
          detail: say.outOfStep(Math.round(seconds), aheadMillis > 0),
          remedy: say.setClock,
          exitCode: exitCodes.refused,
          facts,
        }),
      )
}

/**
 * A request without any field: the gateway checks the scope before the fields (observed), and so refuses the latter
 * only if the former is there. No meeting is read.
 */
const noFields: FeishuClient.Endpoint<Record<never, never>, unknown> = {
  path: ListByNo.path,
  query: Schema.Struct({}),
  data: Schema.Unknown,
}

const scopeCheck = Effect.fnUntraced(function* ({ settings, urls }: Configured) {
  const say = yield* Language.say(words)
  const language = yield* Language.CurrentLanguage
  const client = yield* FeishuClient.FeishuClient
  const fine: Looked<undefined> = [undefined, { detail: say.hasScope }]
  return yield* client.call(noFields, {}).pipe(
    Effect.as(fine),
    Effect.catch((error): Examination<undefined> => {
      if (error.reason._tag === "RequestRefused" && error.code !== undefined) return Effect.succeed(fine)
      const appId = LoadedSettings.app(settings)
      if (error.reason._tag !== "PermissionDenied" || appId === undefined) return Effect.fail(error)
      const { exitCode, logId, meaning } = ofFeishu(error, language)
      const { code } = error
      const scopes = error.reason.scopes.length > 0 ? error.reason.scopes : ListByNo.scopes
      const link = `${urls.baseUrl}/app/${encodeURIComponent(appId)}/auth?q=${scopes.join(",")}&op_from=openapi&token_type=tenant`
      return Effect.fail(
        new Check.Unwell({
          detail: meaning,
          remedy: say.grant(link),
          logId,
          exitCode,
          facts: { code, scopes, link },
        }),
      )
    }),
  )
})
