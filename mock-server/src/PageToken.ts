/**
 * Page tokens: opaque text that is good for the query it was given for and no other (documented: opaque; that a
 * foreign one is refused is inferred).
 */
// As a whole: an old Node has not all of its names, and could not say that it is too old.
import * as Crypto from "node:crypto"

/** What a page token is bound to, besides the tenant. Times are unix seconds. */
interface BoundTo {
  readonly tenant: string
  readonly meetingNo: string
  readonly from: number
  readonly to: number
  readonly pageSize: number
}

/** Makes page tokens, and reads them back, with a key of its own. */
export interface PageTokens {
  /** The token for the page that begins at a row, counted from 0; another one for each `variant`, from 0 to 255. */
  readonly make: (boundTo: BoundTo, offset: number, variant?: number) => string
  /** Row and variant that a token says, whether or not it is good. */
  readonly placeOf: (token: string) => string
  /** Which variant a token is that was read. */
  readonly variantOf: (token: string) => number
  /** The row at which the token's page begins, or `undefined` when it is forged or of another query. */
  readonly read: (boundTo: BoundTo, token: string) => number | undefined
}

/** A token while it is made or read: to have bytes made for each would take longer than all else (measured). */
const bytes = Buffer.alloc(16)
const textLength = bytes.toString("base64url").length

/** Page tokens that only this key makes. */
export const pageTokens = (key: string): PageTokens => {
  // Mostly the next page of the same query is asked for: a hash for each would cost as much as finding its rows.
  let last: BoundTo | undefined
  let binding = Buffer.alloc(0)
  const bindingOf = (boundTo: BoundTo): Buffer => {
    const { from, meetingNo, pageSize, tenant, to } = boundTo
    const isLast =
      last?.from === from &&
      last.to === to &&
      last.pageSize === pageSize &&
      last.meetingNo === meetingNo &&
      last.tenant === tenant
    if (!isLast) {
      binding = Crypto.hash("sha256", `${key} ${from} ${to} ${pageSize} ${meetingNo} ${tenant}`, "buffer")
      last = boundTo
    }
    return binding
  }
  /** Offset and variant, and three words in which both and the query are mixed: no secret, but nobody guesses it. */
  const make = (boundTo: BoundTo, offset: number, variant = 0): string => {
    const bound = bindingOf(boundTo)
    bytes.writeUInt32BE(offset)
    for (let word = 0; word < 3; word++) {
      const mixed = mix(
        bound.readUInt32BE(4 * word) ^ mix(offset ^ bound.readUInt32BE(4 * word + 12)) ^ variant,
      )
      bytes.writeUInt32BE(mixed, 4 + 4 * word)
    }
    bytes.writeUInt8(variant, 4)
    return bytes.toString("base64url")
  }
  return {
    make,
    placeOf: (token) => Buffer.from(token, "base64url").subarray(0, 5).toString("hex"),
    variantOf: (token) => Buffer.from(token, "base64url").readUInt8(4),
    read: (boundTo, token) => {
      if (token.length !== textLength || bytes.write(token, "base64url") !== bytes.length) return undefined
      const offset = bytes.readUInt32BE()
      // Comparing the texts refuses other spellings of the same bytes, too.
      return make(boundTo, offset, bytes.readUInt8(4)) === token ? offset : undefined
    },
  }
}

/** Every bit of 32 changes about half of the others (the last steps of MurmurHash3). */
const mix = (bits: number): number => {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
