/** The text of a file that was written on any system. */

/** A text in UTF-8 or UTF-16, without its mark of byte order: Windows writes the latter where a shell is old enough. */
export const decode = (bytes: Uint8Array): string => new TextDecoder(encodingOf(bytes)).decode(bytes)

const encodingOf = ([first, second]: Uint8Array): string => {
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  // Without a mark: of a letter or digit in UTF-16 one of the two bytes is 0, and no text in UTF-8 has such a byte.
  if (first !== 0 && second === 0) return "utf-16le"
  return first === 0 && second !== 0 ? "utf-16be" : "utf-8"
}
