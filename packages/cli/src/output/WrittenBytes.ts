/** The written length of an output and its checksum, so that a later run can check that the output is still the same. */
import { crc32 } from "node:zlib"

/** The part of the output that is written. */
export interface WrittenBytes {
  readonly bytes: number
  /** The CRC-32 of those bytes. */
  readonly crc: number
}

/** The output before anything is written. */
export const nothing: WrittenBytes = { bytes: 0, crc: 0 }

/** Returns the output after more bytes are written. */
export const append = ({ bytes, crc }: WrittenBytes, more: Uint8Array): WrittenBytes => ({
  bytes: bytes + more.length,
  // Node 22 returns 0 for an empty array of `TextEncoder`, and not what it was given.
  crc: more.length === 0 ? crc : crc32(more, crc),
})
