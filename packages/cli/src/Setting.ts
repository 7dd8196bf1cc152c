/** What can be set, and what each setting takes: the same wherever it is set. */
import * as Format from "./Format.ts"
import type { Words } from "./Language.ts"

/** One setting. In a file it is written with `_`: `base_url`. */
export interface Setting {
  /** As a flag is written: `base-url`. */
  readonly name: Name
  /** The variables of the environment that set it; the first that is set counts. */
  readonly variables: ReadonlyArray<string>
  /** Whether the value is a secret, or the file that holds one. */
  readonly holds: "value" | "secret" | "secret file"
  /**
   * Whether a project's file may set it. That comes with somebody's repository: it must not send a secret elsewhere,
   * nor a file to Feishu.
   */
  readonly inProject: "any" | "known hosts" | "never"
  /** Whether a flag sets it. */
  readonly hasFlag: boolean
  /** What is wrong with a value, as a clause; nothing if it is right. */
  readonly problem: (text: string) => Words<string> | undefined
}

/** The name of a setting. */
export type Name =
  | "base-url"
  | "oauth-base-url"
  | "brand"
  | "app-id"
  | "app-secret"
  | "app-secret-file"
  | "access-token"
  | "access-token-file"
  | "rate-limit"
  | "https-proxy"
  | "http-proxy"
  | "no-proxy"
  | "ca-file"
  | "lang"
  | "format"
  | "page-size"
  | "concurrency"

/** Whether a host is of this machine. */
const isLoopback = (hostname: string): boolean =>
  ["localhost", "[::1]"].includes(hostname) || /^127(\.\d+){3}$/.test(hostname)

const hostsOfFeishu = ["open.feishu.cn", "accounts.feishu.cn", "open.larksuite.com", "accounts.larksuite.com"]

/** Whether an address is one that a project's file may name: of Feishu or Lark, or of this machine. */
export const isKnownHost = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { hostname, protocol } = new URL(address)
  return isLoopback(hostname) || (protocol === "https:" && hostsOfFeishu.includes(hostname))
}

const url = (text: string): Words<string> | undefined => {
  // Not repeated: what cannot be parsed may still hold a password.
  if (!URL.canParse(text)) return { en: "is not a URL", zh: "不是网址" }
  const { hash, hostname, origin, password, protocol, search, username } = new URL(text)
  if (!/^https?:$/.test(protocol)) return { en: "is not an https address", zh: "不是 https 网址" }
  if (username !== "" || password !== "") {
    return { en: "holds a user name or password", zh: "含有用户名或密码" }
  }
  if (search !== "" || hash !== "" || /[?#]/.test(text)) {
    return { en: "has a query or fragment", zh: "含有查询参数或片段" }
  }
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname))
    ? undefined
    : {
        en: `"${origin}" is not https, and anyone on the way could read the token`,
        zh: `“${origin}”不是 https，途中任何人都能读到访问凭证`,
      }
}

const proxy = (text: string): Words<string> | undefined =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? undefined
    : {
        en: "is not a proxy such as http://host:port",
        zh: "不是代理地址，应形如 http://host:port",
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

/** Most numbers that are read beside each other. */
export const mostConcurrent = 32
/** Most requests a minute: more is a slip of the finger. */
export const highestRateLimit = 10_000

const anything = () => undefined

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

/** All of them. */
export const all: ReadonlyArray<Setting> = [
  setting("base-url", url, { ...flag, inProject: "known hosts" }),
  setting("oauth-base-url", url, { inProject: "known hosts" }),
  setting("brand", (text) => oneOf(["feishu", "lark"])(text.toLowerCase()), flag),
  setting("app-id", anything, flag),
  setting("app-secret", anything, secret),
  setting("app-secret-file", anything, secretFile),
  setting("access-token", anything, secret),
  setting("access-token-file", anything, secretFile),
  setting("rate-limit", wholeNumber(1, highestRateLimit), flag),
  setting("https-proxy", proxy, { variables: ["https_proxy", "HTTPS_PROXY"], inProject: "known hosts" }),
  setting("http-proxy", proxy, { variables: ["http_proxy", "HTTP_PROXY"], inProject: "known hosts" }),
  setting("no-proxy", anything, { variables: ["no_proxy", "NO_PROXY"] }),
  // Whoever says which certificates to trust reads what is sent.
  setting("ca-file", anything, { inProject: "never" }),
  setting("lang", oneOf(["en", "zh"]), flag),
  setting("format", oneOf(Format.names), flag),
  setting("page-size", wholeNumber(1, 50), flag),
  setting("concurrency", wholeNumber(1, mostConcurrent), flag),
]

/** As it is written in a file. */
export const keyOf = ({ name }: Pick<Setting, "name">): string => name.replaceAll("-", "_")

/** Whether the name of a file looks like the secret that should be in there: people mistake one for the other. */
export const mayBeSecret = (path: string): boolean => /^[\w.-]{20,}$/.test(path) && !/\.\w{1,5}$/.test(path)

/** A value as it may be shown: a proxy's without its password. */
export const shown = ({ name }: Pick<Setting, "name">, text: string): string => {
  if (/^(app-secret|access-token)-file$/.test(name) && mayBeSecret(text)) return "***"
  if (!name.endsWith("-proxy") || name === "no-proxy" || !URL.canParse(text)) return text
  const address = new URL(text)
  if (address.password !== "") address.password = "***"
  return address.href.replace(/\/$/, "")
}
