/**
 * Decides which proxy a request takes, and reads proxies and exceptions in the forms in which people write them. This
 * module is for Node only.
 *
 * Undici's `EnvHttpProxyAgent` reads fewer forms, and does not report what it has decided.
 */
import { BlockList, isIP } from "node:net"
import { domainToASCII } from "node:url"
import { isLoopback } from "@effect-feishu/contract/BaseUrl"
import { invalidRequest } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"

/** Proxies as an application sets them; what it leaves out is read from the environment. */
export interface Options {
  readonly httpsProxy?: string | undefined
  readonly httpProxy?: string | undefined
  readonly noProxy?: string | undefined
}

/** A proxy, and the name of the option or variable that sets it. */
interface Proxy {
  /** An http or https URL without a path, perhaps with a user and a password. */
  readonly url: URL
  readonly setting: string
}

interface Given {
  readonly text: string
  readonly setting: string
}

// An empty option means no proxy; an empty variable counts as not set.
const given = (name: keyof Options, option: string | undefined, variables: ReadonlyArray<string>): Given => {
  if (option !== undefined) return { text: String(option).trim(), setting: name }
  for (const setting of variables) {
    const text = process.env[setting]?.trim()
    if (text) return { text, setting }
  }
  return { text: "", setting: name }
}

/**
 * Finds the proxy for a URL; `undefined` if the URL is reached directly. Throws an `InvalidRequest` if the request
 * would take a proxy that cannot be used. The error does not repeat the proxy, which may contain a password.
 */
export type Find = (url: URL) => Proxy | undefined

const plainHttp = (option: string | undefined): Given =>
  given("httpProxy", option, ["http_proxy", "HTTP_PROXY"])

/** Reads the options and the environment. Returns `undefined` if no proxy is set. */
export const finder = (options: Options): Find | undefined => {
  const http = plainHttp(options.httpProxy)
  const https = given("httpsProxy", options.httpsProxy, ["https_proxy", "HTTPS_PROXY"])
  if (http.text === "" && https.text === "") return undefined
  const noProxy = given("noProxy", options.noProxy, ["no_proxy", "NO_PROXY"])
  const isListed = listOf(noProxy.text)
  return (url) => {
    const proxy = url.protocol === "https:" && https.text !== "" ? https : http
    return proxy.text === "" || isLoopback(url.hostname) || isListed(url) ? undefined : parsed(proxy)
  }
}

/** User and password of the proxy for plain http, decoded; empty if it has none. */
export const plainHttpUser = ({
  httpProxy,
}: Options): { readonly user: string; readonly password: string } => {
  try {
    const { password, username } = parsed(plainHttp(httpProxy))?.url ?? { password: "", username: "" }
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    // Nothing is sent to a proxy that cannot be used.
    return { user: "", password: "" }
  }
}

const parsed = ({ setting, text }: Given): Proxy | undefined => {
  // Browsers write this for no proxy.
  if (/^direct(:\/*)?$/i.test(text)) return undefined
  // In the command prompt of Windows, quotes become part of a variable.
  const bare = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text
  // Everything up to the last @ is user and password, whatever characters they have.
  const [, scheme = "http", user, rest = ""] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/|\/\/)?(?:(.*)@)?([^@]*)$/is.exec(bare.trim()) ?? []
  if (/^socks/i.test(scheme)) {
    throw invalidRequest(
      setting,
      Sentence.make("socksProxy"),
      Sentence.make("nameHttpPort", { example: "http://127.0.0.1:7890" }),
    )
  }
  if (!/^https?$/i.test(scheme)) {
    throw invalidRequest(setting, Sentence.make("unknownProxyScheme"), writeIt)
  }
  const host = rest.replace(/[/?#].*$/s, "")
  const address = isIP(host) === 6 ? `[${host}]` : host
  const url = `${scheme}://${address}`
  // A bare number is a port that has lost its host, and would be read as an address.
  if (/^(\[[^\]]+\]|[^:\s,;]+)(:\d+)?$/.test(address) && !/^\d+$/.test(address) && URL.canParse(url)) {
    const proxy = new URL(url)
    if (user !== undefined) {
      const colon = user.indexOf(":")
      proxy.username = encoded(colon < 0 ? user : user.slice(0, colon))
      proxy.password = colon < 0 ? "" : encoded(user.slice(colon + 1))
    }
    if (proxy.port !== "0") return { url: proxy, setting }
  }
  throw invalidRequest(setting, Sentence.make("notAProxy"), writeIt)
}

const writeIt = Sentence.make("writeProxy")

/** Percent-encodes a text once: a `%` that encodes nothing is part of a password. */
const encoded = (text: string): string => {
  try {
    return encodeURIComponent(decodeURIComponent(text))
  } catch {
    return encodeURIComponent(text)
  }
}

type Includes = (host: string, port: string) => boolean

const listOf = (list: string): ((url: URL) => boolean) => {
  const entries = list
    .split(/[\s,;|]+/)
    .filter((text) => text !== "")
    .map(entryOf)
  return ({ hostname, port, protocol }) => {
    const host = hostname.replace(/^\[(.+)\]$/, "$1").replace(/(?<=.)\.$/, "")
    const asked = port || (protocol === "https:" ? "443" : "80")
    return entries.some((includes) => includes(host, asked))
  }
}

const entryOf = (text: string): Includes => {
  // Some people write URLs.
  const entry = text.replace(/^[a-z][a-z0-9+.-]*:\/\/([^/]*).*$/is, "$1").toLowerCase()
  const [, bracketed, bits = "", name, port] = /^(?:\[(.+)\](\/\d+)?|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  // An entry with more than one colon, and without brackets, is an IPv6 address.
  const isHost = hostsOf(`${bracketed ?? name ?? entry}${bits}`)
  return (host, asked) => (port === undefined || port === asked) && isHost(host)
}

const hostsOf = (text: string): ((host: string) => boolean) => {
  if (text === "*") return () => true
  // In the settings of Windows this means all names without a dot.
  if (text === "<local>") return (host) => isIP(host) === 0 && !host.includes(".")
  const [, first = text, bits] = /^(.+)\/(\d{1,3})$/.exec(text) ?? []
  // The address of a network may be shortened: 169.254/16.
  const address =
    bits !== undefined && /^\d{1,3}(\.\d{1,3}){0,2}$/.test(first)
      ? [...first.split("."), "0", "0", "0"].slice(0, 4).join(".")
      : first
  const family = isIP(address)
  if (family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128)) {
    const type = family === 4 ? "ipv4" : "ipv6"
    const addresses = new BlockList()
    if (bits === undefined) addresses.addAddress(address, type)
    else addresses.addSubnet(address, Number(bits), type)
    return (host) => {
      const asked = isIP(host)
      // An IPv4 address may be written as an IPv6 address, but an IPv6 network contains no IPv4 addresses.
      return asked >= family && addresses.check(host, asked === 4 ? "ipv4" : "ipv6")
    }
  }
  // The entry is a part of an address: `10.*` or `10.`
  const wildcard = text.replace(/^((?:\d{1,3}\.){1,3})$/, "$1*")
  if (wildcard.includes("*")) {
    const pattern = new RegExp(
      `^${wildcard
        .replace(/(?<=.)\.$/, "")
        .split(/\*+/)
        .map((part) => inAscii(part).replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
        .join(".*")}$`,
    )
    return (host) => pattern.test(host)
  }
  const domain = inAscii(text.replace(/^\./, "").replace(/(?<=.)\.$/, ""))
  return (host) => host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
}

/** A host name in ASCII, as `URL` has it. */
const inAscii = (name: string): string => (/^[\0-\u007f]*$/.test(name) ? name : domainToASCII(name) || name)
