/**
 * Which proxy a request takes, as people write proxies and exceptions from them. This module is for Node alone.
 *
 * Undici's `EnvHttpProxyAgent` reads fewer forms, and does not tell what it has decided.
 */
import { BlockList, isIP } from "node:net"
import { domainToASCII } from "node:url"
import { isLoopback } from "@effect-feishu/contract/BaseUrl"
import { invalidRequest } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"

/** Proxies as an application gives them; what it leaves out is taken from the environment. */
export interface Options {
  readonly httpsProxy?: string | undefined
  readonly httpProxy?: string | undefined
  readonly noProxy?: string | undefined
}

/** A proxy, and what has set it: the name of an option or of a variable. */
interface Proxy {
  /** With http or https, perhaps a user and a password, and no path. */
  readonly url: URL
  readonly setting: string
}

interface Given {
  readonly text: string
  readonly setting: string
}

// An option that is empty stands for none; a variable that is empty is as good as not set.
const given = (name: keyof Options, option: string | undefined, variables: ReadonlyArray<string>): Given => {
  if (option !== undefined) return { text: String(option).trim(), setting: name }
  for (const setting of variables) {
    const text = process.env[setting]?.trim()
    if (text) return { text, setting }
  }
  return { text: "", setting: name }
}

/**
 * Finds the proxy for a URL; `undefined` for one that is reached directly. It throws an `InvalidRequest` where the
 * request would take a proxy that cannot be used, which is not repeated: it may contain a password.
 */
export type Find = (url: URL) => Proxy | undefined

const plainHttp = (option: string | undefined): Given =>
  given("httpProxy", option, ["http_proxy", "HTTP_PROXY"])

/** Reads the options and the environment. Without any proxy there is nothing to find. */
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

/** User and password of the proxy for plain http, as people type them; empty where it has none. */
export const plainHttpUser = ({
  httpProxy,
}: Options): { readonly user: string; readonly password: string } => {
  try {
    const { password, username } = parsed(plainHttp(httpProxy))?.url ?? { password: "", username: "" }
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    // It cannot be used, and gets nothing.
    return { user: "", password: "" }
  }
}

const parsed = ({ setting, text }: Given): Proxy | undefined => {
  // As browsers call it when there is none.
  if (/^direct(:\/*)?$/i.test(text)) return undefined
  // In the command prompt of Windows quotes become part of a variable.
  const bare = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text
  // Up to the last @ it is user and password, whatever characters they have.
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
  // A number alone is a port that has lost its host, and would be read as an address.
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

/** Percent-encoded, once: a `%` that encodes nothing is part of a password. */
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
  // Some write URLs.
  const entry = text.replace(/^[a-z][a-z0-9+.-]*:\/\/([^/]*).*$/is, "$1").toLowerCase()
  const [, bracketed, bits = "", name, port] = /^(?:\[(.+)\](\/\d+)?|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  // What has more than one colon, and no brackets, is an address of IPv6.
  const isHost = hostsOf(`${bracketed ?? name ?? entry}${bits}`)
  return (host, asked) => (port === undefined || port === asked) && isHost(host)
}

const hostsOf = (text: string): ((host: string) => boolean) => {
  if (text === "*") return () => true
  // Names without a dot, as Windows has it.
  if (text === "<local>") return (host) => isIP(host) === 0 && !host.includes(".")
  const [, first = text, bits] = /^(.+)\/(\d{1,3})$/.exec(text) ?? []
  // A network may be short: 169.254/16.
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
      // An address of IPv4 may be written as one of IPv6, but a network of IPv6 has none of IPv4.
      return asked >= family && addresses.check(host, asked === 4 ? "ipv4" : "ipv6")
    }
  }
  // A part of an address: 10.* or 10.
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

/** A name as URLs have it. */
const inAscii = (name: string): string => (/^[\0-\u007f]*$/.test(name) ? name : domainToASCII(name) || name)
