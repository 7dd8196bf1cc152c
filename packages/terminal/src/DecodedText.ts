/** The text of a file that was written on any system. */
import * as Result from "effect/Result"

/** A text in UTF-8 or UTF-16, without its mark of byte order: Windows writes the latter where a shell is old enough. */
export const decode = (bytes: Uint8Array): string => new TextDecoder(encodingOf(bytes)).decode(bytes)

/** Where bytes stop being text in the encoding that they seem to have. */
export interface NotText {
  readonly encoding: "UTF-8" | "UTF-16"
  /** The first byte that does not fit, and its line; both counted from 1. */
  readonly byte: number
  readonly line: number
  /** Whether all of it is Chinese text in GBK, which is what Windows in Chinese writes unless told otherwise. */
  readonly isGbk: boolean
}

/** The same, but fails where {@link decode} would put U+FFFD in place of what it cannot read. */
export const decodeStrictly = (bytes: Uint8Array): Result.Result<string, NotText> => {
  const encoding = encodingOf(bytes)
  const text = fatally(encoding, bytes)
  return text === undefined ? Result.fail(whyNotText(encoding, bytes)) : Result.succeed(text)
}

const encodingOf = ([first, second]: Uint8Array): string => {
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  // Without a mark: of a letter or digit in UTF-16 one of the two bytes is 0, and no text in UTF-8 has such a byte.
  if (first !== 0 && second === 0) return "utf-16le"
  return first === 0 && second !== 0 ? "utf-16be" : "utf-8"
}

const fatally = (encoding: string, bytes: Uint8Array, stream = false): string | undefined => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream })
  } catch {
    return undefined
  }
}

const whyNotText = (encoding: string, bytes: Uint8Array): NotText => {
  // The longest beginning that can still become text.
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (fatally(encoding, bytes.subarray(0, middle), true) === undefined) bad = middle
    else good = middle
  }
  const isUtf8 = encoding === "utf-8"
  // A character that is cut off at its end is not in this text, so the first of its bytes is the one that does not fit.
  const before = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes.subarray(0, good), {
    stream: true,
  })
  const gbk = isUtf8 ? fatally("gb18030", bytes) : undefined
  return {
    encoding: isUtf8 ? "UTF-8" : "UTF-16",
    byte: Buffer.byteLength(before, isUtf8 ? "utf8" : "utf16le") + 1,
    line: before.split("\n").length,
    isGbk: gbk !== undefined && /\p{Script=Han}/u.test(gbk),
  }
}
