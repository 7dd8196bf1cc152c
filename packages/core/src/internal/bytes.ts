/** Chunks of bytes as one piece. */

/** Concatenates chunks of `size` bytes in all. One chunk is returned as it is, without a copy. */
export const concatenated = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array =>
  chunks.length === 1 ? chunks[0]! : new Uint8Array(ownBuffer(chunks, size))

/** Copies chunks into one buffer of their own. */
export const ownBuffer = (
  chunks: ReadonlyArray<Uint8Array>,
  size = chunks.reduce((sum, chunk) => sum + chunk.length, 0),
): ArrayBuffer => {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole.buffer
}
