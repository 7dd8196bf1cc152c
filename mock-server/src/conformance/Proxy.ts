/** Reads the proxy of the environment in every spelling that people use. Node's own agent bypasses a proxy that it cannot parse. */

/** The environment for Node's agent; or the reason why its proxy cannot be used, which does not repeat the proxy. */
export type Read =
  | { readonly environment: Readonly<Record<string, string | undefined>> }
  | { readonly problem: string }

/** Reads the proxy. */
export const read = (environment: Readonly<Record<string, string | undefined>>): Read => {
  const variable = ["https_proxy", "HTTPS_PROXY"].find((name) => environment[name]?.trim())
  if (variable === undefined) return { environment: {} }
  const { NO_PROXY, no_proxy = NO_PROXY } = environment
  // Everything up to the last @ is user and password, whatever characters they have.
  const [, scheme = "http", user, host = ""] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/|\/\/)?(?:(.*)@)?([^@]*?)\/*$/is.exec(environment[variable]!.trim()) ?? []
  if (/^socks/i.test(scheme)) {
    return {
      problem: `${variable}: SOCKS proxies are not supported; name the HTTP port of the same proxy program, such as http://127.0.0.1:7890`,
    }
  }
  const colon = user?.indexOf(":") ?? -1
  const credentials =
    user === undefined
      ? ""
      : `${colon < 0 ? encoded(user) : `${encoded(user.slice(0, colon))}:${encoded(user.slice(colon + 1))}`}@`
  const url = `${scheme.toLowerCase()}://${credentials}${host}`
  return /^https?$/i.test(scheme) && /^(\[.+\]|[^:\s]+)(:\d+)?$/.test(host) && URL.canParse(url)
    ? { environment: { https_proxy: url, no_proxy } }
    : {
        problem: `${variable} is not the address of a proxy: write it as http://host:port, or http://user:password@host:port`,
      }
}

/** Percent-encodes a text once: a `%` that encodes nothing is part of a password. */
const encoded = (text: string): string => {
  try {
    return encodeURIComponent(decodeURIComponent(text))
  } catch {
    return encodeURIComponent(text)
  }
}
