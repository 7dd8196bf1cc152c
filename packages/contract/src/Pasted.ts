/** Credentials and addresses as people paste them: what is around them by accident is no part of them. */

// Blanks, line breaks and what cannot be seen: marks of byte order, spaces without width, control characters.
const around = /^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu
const quotes = /^(?:"(.*)"|'(.*)'|`(.*)`|“(.*)”|‘(.*)’|「(.*)」)$/su
// Not the padding of a text in Base64.
const nameInFront =
  /^(?:export\s+|set\s+|\$env:)?[a-z\d_]*(?:feishu|lark|secret|token|ticket|app_?id)[a-z\d_]*\s*[=:](?=\s*[^\s=])/i
const scheme = /^(?:authorization\s*:\s*)?bearer(?:\s+|$)/i

/** A text without the blanks, invisible characters and quotes around it. */
export const unquoted = (text: string): string => untilSame(text, inside)

/** A secret or an app id without those, without the name of a variable in front of it, and without `Bearer`. */
export const unwrapped = (text: string): string =>
  untilSame(text, (outside) => inside(outside).replace(nameInFront, "").replace(scheme, ""))

const inside = (text: string): string =>
  text
    .replaceAll(around, "")
    .replace(quotes, (_, ...[one, two, three, four, five, six]) => one ?? two ?? three ?? four ?? five ?? six)

/** Longer than any of them: these patterns are slow with long texts. */
const longest = 16_384

const untilSame = (text: string, shorten: (text: string) => string): string => {
  if (text.length > longest) return text.trim()
  const shorter = shorten(text)
  return shorter === text ? text : untilSame(shorter, shorten)
}
