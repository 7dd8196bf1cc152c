/** Words for a command line of a POSIX shell. */

/** A text in single quotes, so that the shell takes it as one word, letter by letter. */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** A word as people would type it: in quotes only where it needs them. */
export const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quote(text))
