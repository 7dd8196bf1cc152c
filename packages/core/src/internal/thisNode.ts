/**
 * Refuses a Node that is too old, in a sentence. To be imported first: undici, which comes after it, would end there
 * with an error that says nothing. In old syntax and without imports, so that an old Node can say it.
 */

// As `engines` in package.json says.
const oldest = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  const why =
    "@effect-feishu/core needs Node.js " +
    oldest.join(".") +
    " or later, and this is " +
    process.versions.node
  const error = new Error(why)
  // Where nobody catches it, the sentence is all that is told.
  error.stack = "Error: " + why
  throw error
}
