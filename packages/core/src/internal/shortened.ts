/**
 * A text of at most so many characters: what is in its midst gives way to an ellipsis. A word of visible ASCII, as
 * secrets are, stays whole or goes.
 */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  const end = Math.floor(most / 4)
  const start = most - end - 3
  const isWithinWord = (at: number) => /^[!#-~]{2}$/.test(text.slice(at - 1, at + 1))
  // Half of a secret is not known for one any more, and half of a character that takes two is none.
  const head = text.slice(0, start).replace(isWithinWord(start) ? /[!#-~]+$/ : /[\ud800-\udbff]$/, "")
  const tail = text.slice(-end).replace(isWithinWord(text.length - end) ? /^[!#-~]+/ : /^[\udc00-\udfff]/, "")
  return `${head} … ${tail}`
}
