/** Meeting numbers as people have them. */

/** Returns the meeting number in a text: of a link, with full-width digits or with blanks. Any other text stays as it is. */
export const meetingNoIn = (text: string): string => {
  const plain = text.normalize("NFKC").trim()
  const [, linked] = /^https?:\/\/\S*\/j\/(\d{9})(?!\d)/.exec(plain) ?? []
  return linked ?? plain.replaceAll(/[\s\p{Cf}\p{Pd}]/gu, "")
}
