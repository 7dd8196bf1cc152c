/** The flags by which every command that talks to Feishu is told where it is and who asks. */
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import type * as Language from "./Language.ts"
import { highestRateLimit } from "./Setting.ts"

const words: Language.Words<{
  readonly baseUrl: string
  readonly brand: string
  readonly appId: string
  readonly appSecretFile: string
  readonly accessTokenFile: string
  readonly rateLimit: string
  readonly range: string
}> = {
  en: {
    baseUrl: "Feishu's address; by the brand unless given",
    brand: "feishu (open.feishu.cn, the default) or lark (open.larksuite.com)",
    appId: "The app that reads, such as cli_a1b2c3",
    appSecretFile: "The file that holds the app's secret; - is standard input",
    accessTokenFile: "The file that holds an access token, instead of an app; - is standard input",
    rateLimit: "Requests a minute; 100 unless given, which is what Feishu allows an app in a tenant",
    range: `a whole number from 1 to ${highestRateLimit}`,
  },
  zh: {
    baseUrl: "飞书的地址；默认由品牌决定",
    brand: "feishu（open.feishu.cn，默认）或 lark（open.larksuite.com）",
    appId: "读取数据的应用，形如 cli_a1b2c3",
    appSecretFile: "存放应用密钥的文件；- 表示标准输入",
    accessTokenFile: "存放访问令牌的文件，用以代替应用；- 表示标准输入",
    rateLimit: "每分钟请求数；默认 100，即飞书对每个应用和租户的限额",
    range: `1 到 ${highestRateLimit} 的整数`,
  },
}

/** In the language of the help. */
export const make = (language: Language.Language) => {
  const say = words[language]
  const text = (name: string, metavar: string, description: string) =>
    Flag.String(name).pipe(
      Flag.withMetavar(metavar),
      Flag.withDescription(description),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    )
  return {
    baseUrl: text("base-url", "URL", say.baseUrl),
    brand: Flag.Literals("brand", ["feishu", "lark"]).pipe(
      Flag.withDescription(say.brand),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    appId: text("app-id", "ID", say.appId),
    appSecretFile: text("app-secret-file", "FILE", say.appSecretFile),
    accessTokenFile: text("access-token-file", "FILE", say.accessTokenFile),
    rateLimit: Flag.Int("rate-limit").pipe(
      Flag.filter(
        (value) => value >= 1 && value <= highestRateLimit,
        () => say.range,
      ),
      Flag.withMetavar("N"),
      Flag.withDescription(say.rateLimit),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
  }
}

/** What those flags gave. */
export interface Given {
  readonly baseUrl: string | undefined
  readonly brand: "feishu" | "lark" | undefined
  readonly appId: string | undefined
  readonly appSecretFile: string | undefined
  readonly accessTokenFile: string | undefined
  readonly rateLimit: number | undefined
}

/** The same flags as words of a command, for one that is to be typed later. */
export const typed = (given: Given): ReadonlyArray<string> =>
  (
    [
      ["--base-url", given.baseUrl],
      ["--brand", given.brand],
      ["--app-id", given.appId],
      ["--app-secret-file", given.appSecretFile],
      ["--access-token-file", given.accessTokenFile],
      ["--rate-limit", given.rateLimit],
    ] as const
  ).flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]))
