/** The settings, and the values that each takes, wherever it is set. */
import * as BaseUrl from "@effect-feishu/contract/BaseUrl"
import { FeishuError, Secret, Sentence } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Chinese from "../language/Chinese.ts"
import * as Format from "../output/Format.ts"
import type { Words } from "../language/Language.ts"

/** One setting. In a file it is written with `_`: `base_url`. */
export interface Setting {
  /** The name as a flag has it: `base-url`. */
  readonly name: Name
  /** The variables of the environment that set it; the first that is set counts. */
  readonly variables: ReadonlyArray<string>
  /**
   * What the value is: a `secret`, the name of a file that holds one, the name of another file, that of a `database`, which is a file
   * or an address that may have a password, or any other `value`.
   */
  readonly holds: "value" | "secret" | "secret file" | "file" | "database"
  /**
   * The values that a project's file may set. Such a file comes with somebody's repository: it must not send a secret to
   * another host, or a file to Feishu.
   */
  readonly inProject: "any" | "known hosts" | "never"
  /** True when a flag sets it. */
  readonly hasFlag: boolean
  /** Returns the problem of a value, as a clause; `undefined` if the value is valid. */
  readonly problem: (text: string) => Words<string> | undefined
}

/** The name of a setting. */
export type Name =
  | "base-url"
  | "oauth-base-url"
  | "allow-http"
  | "brand"
  | "app-id"
  | "app-secret"
  | "app-secret-file"
  | "app-ticket"
  | "app-ticket-file"
  | "access-token"
  | "access-token-file"
  | "as"
  | "account"
  | "redirect-port"
  | "rate-limit"
  | "details-rate-limit"
  | "https-proxy"
  | "http-proxy"
  | "no-proxy"
  | "ca-file"
  | "lang"
  | "format"
  | "page-size"
  | "concurrency"
  | "db"
  | "db-password"
  | "db-password-file"
  | "listen"

const hostsOfFeishu = ["open.feishu.cn", "accounts.feishu.cn", "open.larksuite.com", "accounts.larksuite.com"]

/** True when a project's file may name an address: of Feishu or Lark, or of this machine. */
export const isKnownHost = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { hostname, protocol } = new URL(address)
  return BaseUrl.isLoopback(hostname) || (protocol === "https:" && hostsOfFeishu.includes(hostname))
}

const url = (text: string): Words<string> | undefined =>
  Option.getOrUndefined(
    // The setting allow-http decides whether it may be plain http.
    Option.map(Result.getFailure(BaseUrl.parse(text)), (problem) => urlProblems[problem]),
  )

const urlProblems: Readonly<Record<BaseUrl.Problem, Words<string>>> = {
  "not a URL": { en: "is not a URL", zh: "不是网址" },
  "has a user or password": { en: "holds a user name or password", zh: "含有用户名或密码" },
  "has a query or fragment": { en: "has a query or fragment", zh: "含有查询参数或片段" },
  "not http or https": { en: "is not an https address", zh: "不是 https 网址" },
}

/** Returns the host of an address if secrets would be sent to it over plain http, unencrypted; otherwise `undefined`. */
export const plainHttpHost = (address: string): string | undefined =>
  Option.getOrUndefined(
    Result.getSuccess(BaseUrl.parse(address)).pipe(
      Option.filter(({ isUnencrypted }) => isUnencrypted),
      Option.map(({ host }) => host),
    ),
  )

/** Reads yes or no in the spellings of the environment and YAML; returns `undefined` for any other text. */
export const truth = (text: string): boolean | undefined =>
  /^(?:true|yes|on|1)$/i.test(text) ? true : /^(?:false|no|off|0)$/i.test(text) ? false : undefined

const yesOrNo = (text: string): Words<string> | undefined =>
  truth(text) === undefined
    ? { en: `takes true or false, not "${text}"`, zh: `只能是 true 或 false，而不是“${text}”` }
    : undefined

/** True when a setting is a proxy. A proxy that cannot be used is a problem only of the requests that would take it. */
export const isProxy = ({ name }: Pick<Setting, "name">): boolean =>
  name === "https-proxy" || name === "http-proxy"

/** Returns a proxy's address as a URL, with its password; an error where it is not an address; `undefined` without a proxy. */
export const proxyAddress = (text: string): URL | FeishuError.FeishuError | undefined => {
  try {
    const address = NodeHttp.proxyOf("https://host.invalid", { httpsProxy: text, httpProxy: "", noProxy: "" })
    return address === undefined ? undefined : new URL(address)
  } catch (error) {
    if (error instanceof FeishuError.FeishuError) return error
    throw error
  }
}

/** Returns why a proxy cannot be used, if a request were to take it. */
export const proxyProblem = (text: string): Words<string> | undefined => {
  const address = proxyAddress(text)
  if (!(address instanceof FeishuError.FeishuError) || address.reason._tag !== "InvalidRequest")
    return undefined
  const { problem, sentences } = address.reason
  return {
    en: problem,
    zh: sentences?.problem === undefined ? problem : Chinese.ofSentence(sentences.problem),
  }
}

const oneOf =
  (values: ReadonlyArray<string>) =>
  (text: string): Words<string> | undefined =>
    values.includes(text)
      ? undefined
      : {
          en: `takes ${values.join(", ")}, not "${text}"`,
          zh: `只能是 ${values.join("、")}，而不是“${text}”`,
        }

const wholeNumber =
  (least: number, most: number) =>
  (text: string): Words<string> | undefined =>
    /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most
      ? undefined
      : {
          en: `takes a whole number from ${least} to ${most}, not "${text}"`,
          zh: `只能是 ${least} 到 ${most} 的整数，而不是“${text}”`,
        }

/** At most this many numbers are read in parallel. */
export const mostConcurrent = 32
/** The highest rate limit, in requests per minute: more is a typing mistake. */
export const highestRateLimit = 10_000

const anything = () => undefined

const appId = (text: string): Words<string> | undefined => {
  const problem = Secret.unfitAppId(text)
  if (problem === undefined) return undefined
  return {
    // The clauses here have the setting as their subject.
    en: Sentence.ofSecretProblem(problem).replace(/^it /, ""),
    zh: Chinese.ofSecretProblem(problem),
  }
}

/** A name may be anything; one that is longer than any is a mistake. */
const account = (text: string): Words<string> | undefined =>
  text.length <= 200
    ? undefined
    : { en: "is neither an open_id nor a name", zh: "既不是 open_id，也不是姓名" }

/** Returns a value without quotes and space around it; `Secret.unwrapped` is for values that are copied from a page. */
export const read = ({ holds, name }: Pick<Setting, "holds" | "name">, text: string): string =>
  (holds === "secret" && name !== "db-password") || name === "app-id"
    ? Secret.unwrapped(text)
    : Secret.unquoted(text)

const isPostgres = /^postgres(?:ql)?:/i

/** Returns the address of a database of PostgreSQL; `undefined` for the name of a file. */
export const postgresUrl = (text: string): URL | undefined =>
  isPostgres.test(text) && URL.canParse(text) ? new URL(text) : undefined

/** Returns the password in the address of a database; `undefined` where it has none. */
export const passwordIn = (text: string): string | undefined => {
  const url = postgresUrl(text)
  if (url === undefined) return undefined
  const password = decoded(url.password) || url.searchParams.get("password")
  return password === null || password === "" ? undefined : password
}

/** Returns a part of an address as its user means it. */
const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const database = (text: string): Words<string> | undefined => {
  const [scheme] = /^[a-z][a-z0-9+.-]+:\/\//i.exec(text) ?? []
  if (scheme !== undefined && !isPostgres.test(text)) {
    return {
      en: `takes the name of a file, or postgres://USER@HOST/DATABASE, not ${scheme}`,
      zh: `只能是文件名，或 postgres://用户@主机/数据库，而不是 ${scheme}`,
    }
  }
  return !isPostgres.test(text) || (/^\w+:\/\//.test(text) && URL.canParse(text))
    ? undefined
    : {
        en: "is not an address such as postgres://USER@HOST/DATABASE",
        zh: "不是形如 postgres://用户@主机/数据库 的地址",
      }
}

const hostAndPort = (text: string): Words<string> | undefined => {
  // Without a port, any free one. A number alone is a port without a host.
  const found = /^(?:\[[\da-f:.]+\]|(?!\d+$)[\w.-]+)(?::(?<port>\d{1,5}))?$/i.exec(text)
  return found !== null && Number(found.groups?.["port"] ?? 0) <= 65_535
    ? undefined
    : {
        en: `takes HOST:PORT, such as 127.0.0.1:34431, not "${text}"`,
        zh: `应写作 主机:端口，例如 127.0.0.1:34431，而不是“${text}”`,
      }
}

const setting = (
  name: Name,
  problem: Setting["problem"],
  more: Partial<Omit<Setting, "name" | "problem">> = {},
): Setting => ({
  name,
  variables: [`FEISHU_${name.toUpperCase().replaceAll("-", "_")}`],
  holds: "value",
  inProject: "any",
  hasFlag: false,
  ...more,
  problem,
})

const flag = { hasFlag: true } as const
const secret = { holds: "secret", inProject: "never" } as const
const secretFile = { holds: "secret file", inProject: "never", hasFlag: true } as const

/** All settings. */
export const all: ReadonlyArray<Setting> = [
  setting("base-url", url, { ...flag, inProject: "known hosts" }),
  setting("oauth-base-url", url, { inProject: "known hosts" }),
  // It permits plain http, where everyone on the way can read the secrets.
  setting("allow-http", yesOrNo, { ...flag, inProject: "never" }),
  setting("brand", (text) => oneOf(["feishu", "lark"])(text.toLowerCase()), flag),
  setting("app-id", appId, flag),
  setting("app-secret", anything, secret),
  setting("app-secret-file", anything, secretFile),
  setting("app-ticket", anything, secret),
  setting("app-ticket-file", anything, secretFile),
  setting("access-token", anything, secret),
  setting("access-token-file", anything, secretFile),
  setting("as", (text) => oneOf(["user", "app"])(text.toLowerCase()), flag),
  setting("account", account, flag),
  setting("redirect-port", wholeNumber(1, 65_535), flag),
  setting("rate-limit", wholeNumber(1, highestRateLimit), flag),
  setting("details-rate-limit", wholeNumber(1, highestRateLimit), flag),
  setting("https-proxy", anything, { variables: ["https_proxy", "HTTPS_PROXY"], inProject: "known hosts" }),
  setting("http-proxy", anything, { variables: ["http_proxy", "HTTP_PROXY"], inProject: "known hosts" }),
  setting("no-proxy", anything, { variables: ["no_proxy", "NO_PROXY"] }),
  // It decides which certificates are trusted, and so which machines can read the requests.
  setting("ca-file", anything, { holds: "file", inProject: "never" }),
  setting("lang", oneOf(["en", "zh"]), flag),
  setting("format", oneOf(Format.names), flag),
  setting("page-size", wholeNumber(1, 50), flag),
  setting("concurrency", wholeNumber(1, mostConcurrent), flag),
  // The meetings are written there.
  setting("db", database, { ...flag, holds: "database", inProject: "never" }),
  setting("db-password", anything, secret),
  setting("db-password-file", anything, secretFile),
  // Others on the network could then reach this process.
  setting("listen", hostAndPort, { ...flag, inProject: "never" }),
]

/** The settings that each of several apps has. */
export const ofApp = all.filter(({ name }) => /^app-(?:secret|ticket)(?:-file)?$/.test(name))

/** Returns the name of a setting as a file has it. */
export const keyOf = ({ name }: Pick<Setting, "name">): string => name.replaceAll("-", "_")

/** True when the name of a file looks like the secret that should be in it: people mistake one for the other. */
export const mayBeSecret = (path: string): boolean => {
  const text = Secret.unwrapped(path)
  return /^[\w.-]{20,}$/.test(text) && !/\.\w{1,5}$/.test(text)
}

/**
 * Returns the secret in a value; `undefined` where it has none, or one that is also a part of what may be shown, such as the name of
 * the user.
 */
export const secretIn = ({ holds }: Pick<Setting, "holds">, text: string): string | undefined => {
  if (holds === "secret") return text
  const password = holds === "database" ? passwordIn(text) : undefined
  return password === undefined || databaseShown(text).includes(password) ? undefined : password
}

/** Returns the name or the address of a database without its password. */
const databaseShown = (text: string): string => {
  const url = postgresUrl(text)
  // In an address that cannot be parsed, the password is before the last @.
  if (url === undefined) return isPostgres.test(text) ? text.replace(/:\/\/.*@/s, "://***@") : text
  if (url.password !== "") url.password = "***"
  if (url.searchParams.has("password")) url.searchParams.set("password", "***")
  return url.href
}

/** Returns a value as it may be shown: a proxy or a database without its password. */
export const shown = ({ name }: Pick<Setting, "name">, text: string): string => {
  if (/^(app-secret|app-ticket|access-token|db-password)-file$/.test(name) && mayBeSecret(text)) return "***"
  if (name === "db") return databaseShown(text)
  if (!isProxy({ name })) return text
  const address = proxyAddress(text)
  if (!(address instanceof URL)) {
    // In an address that cannot be parsed, the password is before the last @, or anywhere.
    const masked = text.replace(/^((?:[a-z][a-z0-9+.-]*:)?\/\/)?.*@/is, "$1***@")
    return /^([a-z][a-z0-9+.-]*:\/*)?(\*\*\*@)?[\w.-]*(:\d{0,5})?\/?$/i.test(masked) ? masked : "***"
  }
  if (address.password !== "") address.password = "***"
  return address.href.replace(/\/$/, "")
}
