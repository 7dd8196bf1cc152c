/**
 * Text that shows what is in it. A topic is whatever its author typed: characters that move the cursor, change the direction
 * of writing or end the line must not act on a terminal, or hide anything from the reader.
 */

// Control characters, lone surrogates, line and paragraph separators, and invisible format characters (bidi controls,
// zero-width spaces), except what joins letters and emoji: the joiners, and the tags of some flags.
const acting = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/gu

const short: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escape = (character: string): string =>
  short[character] ??
  // As in JSON, a character beyond 16 bits becomes two escapes.
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")

/** Returns a text as one line for people. Characters that would act appear as escapes, such as `\n` or `\u202e`. */
export const visible = (text: string): string => text.replace(acting, escape)

/** Returns a text for people like {@link visible}, but keeps its lines. */
export const visibleLines = (text: string): string => text.split("\n").map(visible).join("\n")

/** Returns JSON in one line, safe for terminals and for programs that split lines at more than LF. The value is the same. */
export const json = (value: unknown): string =>
  // Where JSON.stringify leaves such characters, they are inside a string, where the escape means the character.
  JSON.stringify(value).replace(acting, escape)
