/** Texts and lists of any length, shortened for messages. */

/**
 * Shortens a text to at most `most` characters, with an ellipsis in the middle. A word of visible ASCII, as secrets are, is
 * kept whole or removed whole.
 */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  const end = Math.floor(most / 4)
  const start = most - end - 3
  const isWithinWord = (at: number) => /^[!#-~]{2}$/.test(text.slice(at - 1, at + 1))
  // Half of a secret would no longer be recognised, and half of a character of two units is not a character.
  const head = text.slice(0, start).replace(isWithinWord(start) ? /[!#-~]+$/ : /[\ud800-\udbff]$/, "")
  const tail = text.slice(-end).replace(isWithinWord(text.length - end) ? /^[!#-~]+/ : /^[\udc00-\udfff]/, "")
  return `${head} … ${tail}`
}

/** Returns the first `most` of a list, and instead of the others what `more` says about their number. */
export const firstOf = (
  texts: ReadonlyArray<string>,
  most: number,
  more: (left: number) => string,
): ReadonlyArray<string> => {
  const left = texts.length - most
  return left <= 0 ? texts : [...texts.slice(0, most), more(left)]
}
