/** The settings of `feishu-mock contract`, from its flags and the environment. */
import { MeetingNoFromText } from "@effect-feishu/contract"
import * as BaseUrl from "@effect-feishu/contract/BaseUrl"
import * as Pasted from "@effect-feishu/contract/Pasted"
import * as Language from "@effect-feishu/terminal/Language"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Proxy from "../conformance/Proxy.ts"
import type { Credentials } from "../conformance/Subject.ts"
import { type Failed, tell } from "./CommandFailed.ts"

/** The default base URL. */
const defaultBaseUrl = "https://open.feishu.cn"

/** Milliseconds between two requests: half the speed that the limit allows, so that other programs that use the app can continue. */
const pauseMillis = 1_200

/** The base URLs whose OAuth endpoints are on another host. All others have them on the same host, so that no secret is sent elsewhere. */
const oauthBaseUrls: Readonly<Record<string, string>> = {
  "https://open.feishu.cn": "https://accounts.feishu.cn",
  "https://open.larksuite.com": "https://accounts.larksuite.com",
}

const words = Language.words({
  en: {
    brand: "FEISHU_BRAND must be feishu or lark",
    meetingNo: (problem: string) => `--meeting-no: ${problem}`,
    proxy: (problem: string) => problem,
    onlyId: "FEISHU_APP_ID is set, but FEISHU_APP_SECRET is not",
    onlySecret: "FEISHU_APP_SECRET is set, but FEISHU_APP_ID is not",
    noCredentials:
      "there are no credentials: set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN",
    badToken: "FEISHU_ACCESS_TOKEN contains characters that no token has, such as spaces",
    url: (what: string) => `the base URL ${what}`,
    notHttps: (origin: string) =>
      `${origin} is not https: anyone on the network could read the secret; --allow-http permits it`,
    urlProblems: {
      "not a URL": `is not a URL: give one such as ${defaultBaseUrl}`,
      "has a user or password": "contains a user name or password: remove them",
      "has a query or fragment": "has a query or fragment: remove it",
      "not http or https": `is not an https URL: give one such as ${defaultBaseUrl}`,
    },
    nothingSent: (problem: string) => `${problem}. Nothing was sent.`,
  },
  zh: {
    brand: "FEISHU_BRAND 应为 feishu 或 lark",
    meetingNo: () => "--meeting-no 应为 9 位数字的会议号",
    proxy: (problem) => `代理设置有误（${problem}）`,
    onlyId: "设置了 FEISHU_APP_ID，但没有设置 FEISHU_APP_SECRET",
    onlySecret: "设置了 FEISHU_APP_SECRET，但没有设置 FEISHU_APP_ID",
    noCredentials: "没有凭证：请设置 FEISHU_APP_ID 与 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN",
    badToken: "FEISHU_ACCESS_TOKEN 含有访问凭证中不会出现的字符，例如空格",
    url: (what) => `base URL ${what}`,
    notHttps: (origin) => `${origin} 不是 https：网络中的任何人都能读到凭证；--allow-http 可允许`,
    urlProblems: {
      "not a URL": `不是 URL：请写成 ${defaultBaseUrl} 这样的地址`,
      "has a user or password": "含有用户名或密码：请删去",
      "has a query or fragment": "含有查询参数或片段：请删去",
      "not http or https": `不是 https 的 URL：请写成 ${defaultBaseUrl} 这样的地址`,
    },
    nothingSent: (problem) => `${problem}。未发送任何请求。`,
  },
})

/** Fails with what is wrong. */
const refused = (problem: (say: Language.Say<typeof words>) => string) =>
  Effect.flatMap(Language.say(words), (say) => tell(say.nothingSent(problem(say)), 2))

/** The values of the flags. */
export interface Given {
  readonly baseUrl: Option.Option<string>
  readonly allowHttp: boolean
  readonly meetingNo: Option.Option<string>
  readonly exhaustLimit: boolean
}

/** Checks all input, before anything is sent. Fails with exit code 2. */
export const check = Effect.fnUntraced(function* ({ allowHttp, baseUrl, exhaustLimit, meetingNo }: Given) {
  const environment = yield* fromEnvironment
  if (!["", "feishu", "lark"].includes(environment.brand)) {
    return yield* refused((say) => say.brand)
  }
  const typed = Option.getOrElse(
    Option.orElse(baseUrl, () => Option.filter(environment.baseUrl, (url) => url !== "")),
    () => (environment.brand === "lark" ? "https://open.larksuite.com" : defaultBaseUrl),
  )
  const isHttpAllowed = allowHttp || /^(?:true|yes|on|1)$/i.test(environment.allowHttp)
  const { isEncrypted, isLoopback, url } = yield* checkedUrl(typed, isHttpAllowed)
  const number = Option.isNone(meetingNo)
    ? undefined
    : yield* Schema.decodeUnknownEffect(MeetingNoFromText)(meetingNo.value).pipe(
        Effect.catch(({ message }) => refused((say) => say.meetingNo(message))),
      )
  const credentials = yield* checkedCredentials(environment)
  // Only https requests go through a proxy.
  const proxy = isLoopback || url.startsWith("http:") ? { environment: undefined } : Proxy.read(process.env)
  if ("problem" in proxy) return yield* refused((say) => say.proxy(proxy.problem))
  return {
    baseUrl: url,
    isEncrypted,
    isLoopback,
    oauthBaseUrl: oauthBaseUrls[url] ?? url,
    credentials,
    meetingNo: number,
    exhaustLimit,
    pauseMillis: isLoopback ? 0 : pauseMillis,
    proxy: proxy.environment,
  }
})

/** The checked settings. */
export type ContractSettings = Effect.Success<ReturnType<typeof check>>

const pasted = (variable: string) =>
  Config.option(
    Config.map(Config.Redacted(variable), (secret) =>
      Redacted.make(Pasted.unwrapped(Redacted.value(secret))),
    ),
  )

const fromEnvironment = Effect.orDie(
  Config.all({
    baseUrl: Config.option(Config.map(Config.String("FEISHU_BASE_URL"), Pasted.unquoted)),
    brand: Config.map(Config.withDefault(Config.String("FEISHU_BRAND"), ""), Pasted.unquoted),
    allowHttp: Config.map(Config.withDefault(Config.String("FEISHU_ALLOW_HTTP"), ""), Pasted.unquoted),
    token: pasted("FEISHU_ACCESS_TOKEN"),
    appId: Config.option(Config.map(Config.String("FEISHU_APP_ID"), Pasted.unwrapped)),
    appSecret: pasted("FEISHU_APP_SECRET"),
  }),
)

const checkedCredentials = Effect.fnUntraced(function* ({
  appId,
  appSecret,
  token,
}: Effect.Success<typeof fromEnvironment>): Effect.fn.Return<Credentials, Failed> {
  const given = <A>(option: Option.Option<A>, textOf: (value: A) => string) =>
    Option.filter(option, (value) => textOf(value) !== "")
  const id = Option.getOrUndefined(given(appId, String))
  const secret = Option.getOrUndefined(given(appSecret, Redacted.value))
  const access = Option.getOrUndefined(given(token, Redacted.value))
  if (id !== undefined && secret === undefined) {
    return yield* refused((say) => say.onlyId)
  }
  if (id === undefined && secret !== undefined) {
    return yield* refused((say) => say.onlySecret)
  }
  if (id === undefined && access === undefined) {
    return yield* refused((say) => say.noCredentials)
  }
  // The message does not repeat the value: it may be a secret followed by a line end.
  if (access !== undefined && !/^[!-~]+$/.test(Redacted.value(access))) {
    return yield* refused((say) => say.badToken)
  }
  return { app: id === undefined || secret === undefined ? undefined : { id, secret }, token: access }
})

const checkedUrl = Effect.fnUntraced(function* (typed: string, allowHttp: boolean) {
  const url = BaseUrl.parse(typed)
  if (Result.isFailure(url)) return yield* refused((say) => say.url(say.urlProblems[url.failure]))
  const { isLoopback, isUnencrypted, origin, text } = url.success
  if (isUnencrypted && !allowHttp) {
    return yield* refused((say) => say.url(say.notHttps(origin)))
  }
  return { isEncrypted: !isUnencrypted, isLoopback, url: text }
})
