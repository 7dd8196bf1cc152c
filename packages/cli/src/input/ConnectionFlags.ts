/** The flags of every command that talks to Feishu: where it is, and which app or token reads. */
import * as Flags from "./Flags.ts"
import * as Language from "../language/Language.ts"
import { highestRateLimit } from "../settings/Setting.ts"

const words = Language.words({
  en: {
    baseUrl: "Feishu's address; default: that of the brand",
    allowHttp:
      "Permit a base URL with plain http on another machine, such as a mock in a container. App secret and token then travel unencrypted, and anyone on the way can read them",
    brand: "feishu (open.feishu.cn, the default) or lark (open.larksuite.com)",
    appId: "The app that reads, such as cli_a1b2c3",
    appSecretFile: "A file that holds the app secret; - is standard input",
    accessTokenFile: "A file that holds an access token, to use instead of an app; - is standard input",
    as: "Read as the signed-in user, or as the app. Default: a given access token, else the app whose secret is set, else the account that feishu-meetings login has stored for the app id",
    account: "Read as this account: its open_id or its name, where several are signed in",
    rateLimit:
      "Requests per minute for lists of meetings; default: 100, which is what Feishu allows an app in a tenant",
    detailsRateLimit:
      "Requests per minute for details of meetings, and as many for recordings; default: 1000, which is what Feishu allows. A twentieth of it in any second",
  },
  zh: {
    baseUrl: "飞书的接口地址；默认由品牌决定",
    allowHttp:
      "允许 --base-url 使用其他机器上的明文 http，例如容器中的模拟飞书：App Secret 与访问凭证将以明文传输，途中任何人都能读到",
    brand: "feishu（open.feishu.cn，默认）或 lark（open.larksuite.com）",
    appId: "读取数据的应用，形如 cli_a1b2c3",
    appSecretFile: "存放 App Secret 的文件；- 表示标准输入",
    accessTokenFile: "存放访问凭证的文件，用以代替应用；- 表示标准输入",
    as: "以已登录的用户身份（user）或应用身份（app）读取。默认依次为：给出的访问凭证；已设置 App Secret 的应用；feishu-meetings login 为该 App ID 保存的账号",
    account: "以该账号的身份读取：open_id 或姓名；用于有多个已登录账号时",
    rateLimit: "会议列表每分钟的请求数；默认 100，即飞书对每个租户下每个应用的限制",
    detailsRateLimit:
      "会议详情每分钟的请求数，录制文件另计同样的数；默认 1000，即飞书的限制。任意一秒内不超过其二十分之一",
  },
})

/** Makes the flags, with their help in this language. */
export const make = (language: Language.Language) => {
  const say = words[language]
  const file = Flags.file(language)
  const wholeNumber = Flags.wholeNumber(language)
  return {
    baseUrl: Flags.text("base-url", "URL", say.baseUrl),
    allowHttp: Flags.yes("allow-http", say.allowHttp),
    brand: Flags.choice("brand", ["feishu", "lark"], say.brand),
    appId: Flags.text("app-id", "ID", say.appId),
    appSecretFile: file("app-secret-file", say.appSecretFile),
    accessTokenFile: file("access-token-file", say.accessTokenFile),
    as: Flags.choice("as", ["user", "app"], say.as),
    account: Flags.text("account", "ID|NAME", say.account),
    rateLimit: wholeNumber("rate-limit", [1, highestRateLimit], say.rateLimit),
    detailsRateLimit: wholeNumber("details-rate-limit", [1, highestRateLimit], say.detailsRateLimit),
  }
}

/** The values of these flags. */
export interface Given {
  readonly baseUrl: string | undefined
  readonly allowHttp: boolean
  readonly brand: "feishu" | "lark" | undefined
  readonly appId: string | undefined
  readonly appSecretFile: string | undefined
  readonly accessTokenFile: string | undefined
  readonly as: "user" | "app" | undefined
  readonly account: string | undefined
  readonly rateLimit: number | undefined
  readonly detailsRateLimit: number | undefined
}

/** Returns these flags as words of a command that the user types later. */
export const typed = (given: Given): ReadonlyArray<string> => [
  ...(given.allowHttp ? ["--allow-http"] : []),
  ...(
    [
      ["--base-url", given.baseUrl],
      ["--brand", given.brand],
      ["--app-id", given.appId],
      ["--app-secret-file", given.appSecretFile],
      ["--access-token-file", given.accessTokenFile],
      ["--as", given.as],
      ["--account", given.account],
      ["--rate-limit", given.rateLimit],
      ["--details-rate-limit", given.detailsRateLimit],
    ] as const
  ).flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)])),
]
