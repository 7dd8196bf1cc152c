/**
 * Base URLs, to which the paths of endpoints are added, and which of them lead to this machine.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import * as BaseUrl from "@effect-feishu/contract/BaseUrl"
 *
 * const { isUnencrypted, text } = Result.getOrThrow(BaseUrl.parse("http://feishu.example/open-apis/vc/v1"))
 * console.log(text, isUnencrypted) // => http://feishu.example true
 * ```
 */
import * as Result from "effect/Result"

/** A base URL that can be used. */
export interface BaseUrl {
  /** The URL as `textOf` writes it. */
  readonly text: string
  /** Scheme, host and port. */
  readonly origin: string
  /** The host, and the port unless it is the usual one. */
  readonly host: string
  /** True when the URL leads to this machine: see `isLoopback`. */
  readonly isLoopback: boolean
  /** True when it is plain http to another machine: anyone on the way can read the secrets in a request. */
  readonly isUnencrypted: boolean
}

/** Why a text cannot be used as a base URL. */
export type Problem = "not a URL" | "has a user or password" | "has a query or fragment" | "not http or https"

/**
 * Reads a base URL, or returns why it cannot be used. The caller decides whether to use a URL that `isUnencrypted`. A text
 * with a problem may contain a password, so a message must not repeat it.
 */
export const parse = (text: string): Result.Result<BaseUrl, Problem> => {
  if (!URL.canParse(text)) return Result.fail("not a URL")
  const url = new URL(text)
  if (url.username !== "" || url.password !== "") return Result.fail("has a user or password")
  if (/[?#]/.test(text)) return Result.fail("has a query or fragment")
  // `feishu.example:8787` is a URL, too, with the scheme feishu.example.
  if (!/^https?:$/.test(url.protocol)) return Result.fail("not http or https")
  const toThisMachine = isLoopback(url.hostname)
  return Result.succeed({
    text: textOf(url),
    origin: url.origin,
    host: url.host,
    isLoopback: toThisMachine,
    isUnencrypted: url.protocol === "http:" && !toThisMachine,
  })
}

/**
 * Returns a base URL as text: without a slash at its end, and without `/open-apis` and what follows it, which
 * endpoints add.
 */
export const textOf = ({ origin, pathname }: URL): string => {
  const path = pathname
    .replaceAll(/\/{2,}/g, "/")
    .replace(/\/open-apis(?:\/.*)?$/i, "")
    .replace(/\/$/, "")
  return `${origin}${path}`
}

/**
 * True when a host, as `URL` has it, is this machine, so that a request to it stays here: a loopback host, or the
 * addresses of all interfaces (`0.0.0.0`, `[::]`), which lead here as well.
 */
export const isLoopback = (hostname: string): boolean =>
  isLoopbackHost(hostname) ||
  hostname === "0.0.0.0" ||
  /^\[(?:::|::ffff:(?:7f[\da-f]{2}:[\da-f]{1,4}|0:0))\]$/i.test(hostname)

/**
 * True when a host is on the loopback interface, so that a server that listens on it is reached from this machine
 * only: `localhost` and the names below it (RFC 6761), 127.0.0.0/8, and `::1`, with or without brackets.
 */
export const isLoopbackHost = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost\.?|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
