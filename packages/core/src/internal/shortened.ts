/**
 * A text of at most `most` characters: an ellipsis replaces the middle of a longer one. A word of visible ASCII, which
 * may be a secret, stays whole or goes.
 */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  const end = Math.floor(most / 4)
  const start = most - end - 3
  const isWithinWord = (at: number) => /^[!#-~]{2}$/.test(text.slice(at - 1, at + 1))
  // Half of a secret is no longer recognized as one, and half of a surrogate pair is not a character.
  const head = text.slice(0, start).replace(isWithinWord(start) ? /[!#-~]+$/ : /[\ud800-\udbff]$/, "")
  const tail = text.slice(-end).replace(isWithinWord(text.length - end) ? /^[!#-~]+/ : /^[\udc00-\udfff]/, "")
  return `${head} … ${tail}`
}
