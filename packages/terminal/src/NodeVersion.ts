/**
 * The version of Node that the commands and the bundled libraries need. In old syntax and without imports, so that an old
 * Node can run it.
 */

// The same as `engines` in package.json.
const oldest = [22, 19] as const

/** Returns a line that says why this Node is too old; `undefined` if it is not. */
export const whyNotThisNode = (what: string): string | undefined => {
  const version = process.versions.node
  const parts = version.split(".").map(Number)
  const [major = 0, minor = 0] = parts
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOld ? what + " needs Node.js " + oldest.join(".") + " or later, and this is " + version : undefined
}

/** Throws if this Node is too old. An uncaught error prints only that line, without a stack trace. */
export const requireNode = (what: string): void => {
  const why = whyNotThisNode(what)
  if (why === undefined) return
  const error = new Error(why)
  error.stack = "Error: " + why
  throw error
}
