/** How much of an output is written, and what it was: so that it is known again, whatever has happened to it since. */
import { crc32 } from "node:zlib"

/** The output up to the end of what was written last. */
export interface WrittenBytes {
  readonly bytes: number
  /** CRC-32 of them. */
  readonly crc: number
}

/** The output before anything is written. */
export const nothing: WrittenBytes = { bytes: 0, crc: 0 }

/** The output with something more in it. */
export const append = ({ bytes, crc }: WrittenBytes, more: Uint8Array): WrittenBytes => ({
  bytes: bytes + more.length,
  crc: crc32(more, crc),
})
