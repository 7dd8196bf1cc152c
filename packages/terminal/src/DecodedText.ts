/** Text of files from any system. */
import * as Result from "effect/Result"

/**
 * Decodes UTF-8, UTF-16, or GB18030 where the bytes are not UTF-8, without the byte order mark. Old shells of Windows write UTF-16,
 * and its programs in Chinese GB18030.
 */
export const decode = (bytes: Uint8Array): string => {
  const encoding = encodingOf(bytes)
  return fatally(encoding, bytes) ?? fatally("gb18030", bytes) ?? new TextDecoder(encoding).decode(bytes)
}

/** The place where bytes are not text in the encoding that they seem to have. */
export interface NotText {
  readonly encoding: "UTF-8" | "UTF-16"
  /** The first invalid byte, and its line; both counted from 1. */
  readonly byte: number
  readonly line: number
  /** True when all bytes are Chinese text in GBK, the default encoding of Windows in Chinese. */
  readonly isGbk: boolean
}

/** Decodes like {@link decode}, but fails where that would write U+FFFD for what it cannot read. */
export const decodeStrictly = (bytes: Uint8Array): Result.Result<string, NotText> => {
  const encoding = encodingOf(bytes)
  const text = fatally(encoding, bytes)
  return text === undefined ? Result.fail(whyNotText(encoding, bytes)) : Result.succeed(text)
}

/** At most so many bytes are looked at to see whether they are UTF-16. */
const mostLooked = 4_096

const encodingOf = (bytes: Uint8Array): string => {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  // Without a mark: in UTF-16 one of the two bytes of a letter or digit is 0, and text in UTF-8 has no such byte.
  const looked = bytes.subarray(0, mostLooked)
  const zero = looked.indexOf(0)
  if (zero < 0) return "utf-8"
  // A stray byte, not every second one: of UTF-16 with few zeros the other bytes are Chinese, and not UTF-8.
  const zeros = looked.reduce((count, byte) => (byte === 0 ? count + 1 : count), 0)
  if (zeros < looked.length / 4 && fatally("utf-8", looked, true) !== undefined) return "utf-8"
  return zero % 2 === 1 ? "utf-16le" : "utf-16be"
}

const fatally = (encoding: string, bytes: Uint8Array, stream = false): string | undefined => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream })
  } catch {
    return undefined
  }
}

const whyNotText = (encoding: string, bytes: Uint8Array): NotText => {
  // Searches the longest beginning that can still become text.
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (fatally(encoding, bytes.subarray(0, middle), true) === undefined) bad = middle
    else good = middle
  }
  const isUtf8 = encoding === "utf-8"
  // A character that is cut off at the end is not in this text, so its first byte is the first invalid one.
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
