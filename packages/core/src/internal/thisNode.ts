/**
 * Refuses a Node that is too old, with a sentence. Import it first: undici, which is imported after it, would end an
 * old Node with an error that explains nothing. Written in old syntax and without imports, so that an old Node can run
 * it.
 */

// The same as `engines` in package.json.
const oldest = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  const why =
    "@effect-feishu/core needs Node.js " +
    oldest.join(".") +
    " or later, and this is " +
    process.versions.node
  const error = new Error(why)
  // If nothing catches the error, only the sentence is printed.
  error.stack = "Error: " + why
  throw error
}
