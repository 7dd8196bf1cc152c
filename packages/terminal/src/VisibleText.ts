/**
 * Text that shows what is in it. A topic is whatever its author typed: characters that move the cursor, turn
 * the direction of writing or end the line must not act on a terminal, nor hide anything from its reader.
 */

// Control characters, lone surrogates, line and paragraph separators, and invisible format characters (bidi controls,
// spaces without width) but for what joins letters and emoji: the joiners, and the tags of some flags.
const acting = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/gu

const short: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escape = (character: string): string =>
  short[character] ??
  // As JSON has them: a character beyond 16 bits is two.
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")

/** One line for people: such characters appear as escapes, `\n` or `\u202e`. */
export const visible = (text: string): string => text.replace(acting, escape)

/** Several lines for people: the same in each of them. */
export const visibleLines = (text: string): string => text.split("\n").map(visible).join("\n")

/** JSON in one line, for programs that split lines at more than LF and for terminals: the value is the same. */
export const json = (value: unknown): string =>
  // What JSON.stringify leaves of them can only be inside a string, where such an escape means the character.
  JSON.stringify(value).replace(acting, escape)
