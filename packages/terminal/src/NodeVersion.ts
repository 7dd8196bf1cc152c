/** The Node that the commands and the bundled libraries need. In old syntax and without imports, so that an old Node can say it. */

// As `engines` in package.json says.
const oldest = [22, 19] as const

/** What is wrong with this Node, in a line; `undefined` where nothing is. */
export const whyNotThisNode = (what: string): string | undefined => {
  const version = process.versions.node
  const parts = version.split(".").map(Number)
  const [major = 0, minor = 0] = parts
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOld ? what + " needs Node.js " + oldest.join(".") + " or later, and this is " + version : undefined
}

/** Throws it. Where nobody catches, it is all that is told. */
export const requireNode = (what: string): void => {
  const why = whyNotThisNode(what)
  if (why === undefined) return
  const error = new Error(why)
  error.stack = "Error: " + why
  throw error
}
