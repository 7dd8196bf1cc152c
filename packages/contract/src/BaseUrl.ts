/** Base URLs, to which the paths of endpoints are added. */

/** A base URL as text: without a slash at its end, and without `/open-apis` and what follows it, which endpoints add. */
export const textOf = ({ origin, pathname }: URL): string => {
  const path = pathname
    .replaceAll(/\/{2,}/g, "/")
    .replace(/\/open-apis(?:\/.*)?$/i, "")
    .replace(/\/$/, "")
  return `${origin}${path}`
}

/**
 * Whether a host, as `URL` has it, is this machine: `localhost` and the names below it (RFC 6761), 127.0.0.0/8, `[::1]`,
 * and the addresses of all interfaces, which lead here as well.
 */
export const isLoopback = (hostname: string): boolean =>
  /^(?:.+\.)?localhost\.?$/i.test(hostname) ||
  /^(?:127(?:\.\d{1,3}){3}|0\.0\.0\.0)$/.test(hostname) ||
  /^\[(?:::1?|::ffff:(?:7f[\da-f]{2}:[\da-f]{1,4}|0:0))\]$/i.test(hostname)
