/** The path that was asked, for errors: a base URL may have a path of its own, which no operation names. */

/** The path of a URL, where it is another than that of the operation; else `undefined`. */
export const pathAsked = (operation: string, url: string): string | undefined => {
  const { pathname } = new URL(url)
  return operation.endsWith(` ${pathname}`) ? undefined : pathname
}
