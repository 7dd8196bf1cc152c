/** The path of a request, for errors: a base URL may have a path of its own, which is not in the operation's name. */

/** Returns the path of a URL if it differs from that of the operation; otherwise `undefined`. */
export const requestPath = (operation: string, url: string): string | undefined => {
  const { pathname } = new URL(url)
  return operation.endsWith(` ${pathname}`) ? undefined : pathname
}
