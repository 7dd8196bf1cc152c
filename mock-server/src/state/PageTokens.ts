/**
 * Page tokens: opaque text (documented) that is valid only for the query it was given for, unless the switch `pageTokens`
 * says otherwise (inferred).
 */
// Imported as a namespace: an old Node lacks some of these names, and would fail before it is reported as too old.
import * as Crypto from "node:crypto"
import type { Behaviour } from "../protocol/Behaviour.ts"

/** The query that a page token is given for. Times are unix seconds. */
interface BoundTo {
  readonly tenant: string
  /** Nine digits. */
  readonly meetingNo: string
  readonly from: number
  readonly to: number
  /** At most 255. */
  readonly pageSize: number
}

/** Makes and reads page tokens with a key of its own. */
export interface PageTokens {
  /** Returns the token of the page that begins at a row, counted from 0; a different token for each `variant`, from 0 to 255. */
  readonly make: (boundTo: BoundTo, offset: number, variant?: number) => string
  /** Returns the row and the variant of a token as text, even when the token is not valid. */
  readonly placeOf: (token: string) => string
  /** Returns the variant of a token that was read. */
  readonly variantOf: (token: string) => number
  /** Returns the row at which the token's page begins, or why the token is refused: `given for another end_time`. */
  readonly read: (boundTo: BoundTo, token: string, ways: Behaviour["pageTokens"]) => number | string
}

/**
 * The bytes of a token: offset (4), variant (1), the query (4 times 4, and 1), and a checksum over all of it (8). All but
 * the first two are mixed with the key in reversible steps, so queries that differ in number, size or times (up to the
 * year 2106) are certain to have different tokens.
 */
const layout = { offset: 0, variant: 4, meetingNo: 5, from: 9, to: 13, tenant: 17, pageSize: 21, sum: 22 }

/** Holds the token that is made or read: allocating bytes for each token would take longer than everything else (measured). */
const bytes = Buffer.alloc(30)
const textLength = bytes.toString("base64url").length

/** The fields of the query, in the order in which messages name them. */
const fields = [
  ["tenant", "tenant"],
  ["meetingNo", "meeting_no"],
  ["from", "start_time"],
  ["to", "end_time"],
  ["pageSize", "page_size"],
] as const
/** A `free` token is valid whatever these are. */
const whenFree: ReadonlyArray<string> = ["start_time", "end_time", "page_size"]

/** A token from up to this many resets ago is recognised. */
const resetsKnown = 100

/** Makes the page tokens of a key. Each reset makes different ones. */
export const pageTokens = (key: string, resets = 0): PageTokens => {
  const words = wordsOf(key, resets)
  const word = (index: number) => words[index]!
  // Most requests are for the next page of the same query.
  let last: BoundTo | undefined
  const given = Buffer.alloc(layout.sum)
  let tenant: string | undefined
  let tenantWord = 0

  const bind = (boundTo: BoundTo): void => {
    const { from, meetingNo, pageSize, to } = boundTo
    if (
      last?.from === from &&
      last.to === to &&
      last.pageSize === pageSize &&
      last.meetingNo === meetingNo &&
      last.tenant === boundTo.tenant
    ) {
      return
    }
    if (tenant !== boundTo.tenant) {
      tenant = boundTo.tenant
      tenantWord = Crypto.hash("sha256", tenant, "buffer").readUInt32BE()
    }
    given.writeUInt32BE(mix(Number(meetingNo) ^ word(0)), layout.meetingNo)
    given.writeUInt32BE(mix(from ^ word(1)), layout.from)
    given.writeUInt32BE(mix(to ^ word(2)), layout.to)
    given.writeUInt32BE(mix(tenantWord ^ word(3)), layout.tenant)
    given.writeUInt8((pageSize ^ word(4)) & 0xff, layout.pageSize)
    last = boundTo
  }

  const make = (boundTo: BoundTo, offset: number, variant = 0): string => {
    bind(boundTo)
    bytes.set(given)
    bytes.writeUInt32BE(offset, layout.offset)
    bytes.writeUInt8(variant, layout.variant)
    writeSum(words)
    return bytes.toString("base64url")
  }

  /** Returns why a token that is not this query's own is refused; `undefined` when it is accepted. */
  const refusal = (token: string, ways: Behaviour["pageTokens"]): string | undefined => {
    // Another spelling of the same bytes was not issued, either.
    if (!isWritten(token)) return "not one that was given"
    const isOf = (words: Uint32Array) => {
      writeSum(words)
      return bytes.toString("base64url") === token
    }
    if (isOf(words)) {
      const others = fields.filter(([name]) => {
        const [begin, end] = [layout[name], layout[name] + (name === "pageSize" ? 1 : 4)]
        return bytes.compare(given, begin, end, begin, end) !== 0
      })
      const due = others.filter(([, field]) => ways === "bound" || !whenFree.includes(field))
      return due.length === 0 ? undefined : `given for another ${due.map(([, field]) => field).join(", ")}`
    }
    for (let before = resets - 1; before >= Math.max(0, resets - resetsKnown); before--) {
      if (isOf(wordsOf(key, before))) return "given before a reset"
    }
    return "not one that was given"
  }

  return {
    make,
    placeOf: (token) => Buffer.from(token, "base64url").subarray(0, 5).toString("hex"),
    variantOf: (token) => Buffer.from(token, "base64url").readUInt8(layout.variant),
    read: (boundTo, token, ways) => {
      if (!isWritten(token)) return "not one that was given"
      const offset = bytes.readUInt32BE(layout.offset)
      if (make(boundTo, offset, bytes.readUInt8(layout.variant)) === token) return offset
      return refusal(token, ways) ?? offset
    },
  }
}

/** Writes a token into `bytes`. Returns `false` when it is not as long as a token. */
const isWritten = (token: string): boolean =>
  token.length === textLength && bytes.write(token, "base64url") === bytes.length

/** Returns the numbers that a key mixes tokens with. */
const wordsOf = (key: string, resets: number): Uint32Array => {
  const hash = Crypto.hash("sha256", resets === 0 ? key : `${key}/${resets}`, "buffer")
  return Uint32Array.from({ length: 8 }, (_, index) => hash.readUInt32BE(4 * index))
}

/** Writes the checksum over the bytes before it. It is not a secret, but cannot be guessed. */
const writeSum = (words: Uint32Array): void => {
  let one = words[5]!
  let other = words[6]!
  for (let at = 0; at < 20; at += 4) {
    const next = bytes.readUInt32BE(at)
    one = mix(one ^ next)
    other = mix(other ^ one ^ Math.imul(next, 0x9e3779b1))
  }
  const end = bytes.readUInt16BE(20)
  bytes.writeUInt32BE(mix(one ^ end ^ words[7]!), layout.sum)
  bytes.writeUInt32BE(mix(other ^ Math.imul(end, 0x9e3779b1) ^ words[7]!), layout.sum + 4)
}

/** Mixes 32 bits so that each bit changes about half of the others (the last steps of MurmurHash3). */
const mix = (bits: number): number => {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
