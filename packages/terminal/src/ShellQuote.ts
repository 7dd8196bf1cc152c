/** Quoting for the command line of a POSIX shell. */

/** Puts a text into single quotes, so that the shell reads it as one word, letter by letter. */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** Returns a word as people would type it: in quotes only if it needs them. */
export const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quote(text))
