/** Cleans credentials and addresses that people paste: removes what is around them by accident. */

// Blanks, line breaks and invisible characters: byte order marks, zero-width spaces, control characters.
const around = /^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu
const quotes = /^(?:"(.*)"|'(.*)'|`(.*)`|“(.*)”|‘(.*)’|「(.*)」)$/su
// Something has to follow the `=`: an `=` at the end is the padding of a Base64 text.
const nameInFront =
  /^(?:export\s+|set\s+|\$env:)?[a-z\d_]*(?:feishu|lark|secret|token|ticket|app_?id)[a-z\d_]*\s*[=:](?=\s*[^\s=])/i
const scheme = /^(?:authorization\s*:\s*)?bearer(?:\s+|$)/i

/** Removes the blanks, invisible characters and quotes around a text. */
export const unquoted = (text: string): string => untilSame(text, inside)

/** Removes what `unquoted` removes, and the name of a variable and `Bearer` in front of a secret or an app id. */
export const unwrapped = (text: string): string =>
  untilSame(text, (outside) => inside(outside).replace(nameInFront, "").replace(scheme, ""))

const inside = (text: string): string =>
  text
    .replaceAll(around, "")
    .replace(quotes, (_, ...[one, two, three, four, five, six]) => one ?? two ?? three ?? four ?? five ?? six)

/**
 * More characters than any credential or address has. Longer texts are only trimmed, since the patterns are slow with
 * them.
 */
const longest = 16_384

const untilSame = (text: string, shorten: (text: string) => string): string => {
  if (text.length > longest) return text.trim()
  const shorter = shorten(text)
  return shorter === text ? text : untilSame(shorter, shorten)
}
