/**
 * Page tokens: opaque text that is good for the query it was given for and no other (documented: opaque; that a
 * foreign one is refused is inferred).
 */
import { hash } from "node:crypto"

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

/** Page tokens that only this key makes. */
export const pageTokens = (key: string): PageTokens => {
  const make = (boundTo: BoundTo, offset: number, variant = 0): string => {
    const { tenant, meetingNo, from, to, pageSize } = boundTo
    const text = JSON.stringify([key, tenant, meetingNo, from, to, pageSize, offset, variant])
    const bytes = hash("sha256", text, "buffer").subarray(0, 16)
    bytes.writeUInt32BE(offset)
    bytes.writeUInt8(variant, 4)
    return bytes.toString("base64url")
  }
  return {
    make,
    placeOf: (token) => Buffer.from(token, "base64url").subarray(0, 5).toString("hex"),
    variantOf: (token) => Buffer.from(token, "base64url").readUInt8(4),
    read: (boundTo, token) => {
      const bytes = Buffer.from(token, "base64url")
      if (bytes.length !== 16) return undefined
      const offset = bytes.readUInt32BE()
      // Comparing the texts refuses other spellings of the same bytes, too.
      return make(boundTo, offset, bytes.readUInt8(4)) === token ? offset : undefined
    },
  }
}
