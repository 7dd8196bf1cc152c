/**
 * Page tokens: opaque text that is good for the query it was given for and, unless told otherwise, for no other
 * (documented: opaque; that one of another query is refused is inferred).
 */
// As a whole: an old Node has not all of its names, and could not say that it is too old.
import * as Crypto from "node:crypto"
import type { Behaviour } from "./Behaviour.ts"

/** What a page token is given for. Times are unix seconds. */
interface BoundTo {
  readonly tenant: string
  /** Nine digits. */
  readonly meetingNo: string
  readonly from: number
  readonly to: number
  /** At most 255. */
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
  /** The row at which the token's page begins; or why it is refused, in words: `given for another end_time`. */
  readonly read: (boundTo: BoundTo, token: string, ways: Behaviour["pageTokens"]) => number | string
}

/**
 * Offset (4 bytes), variant (1), what it is given for (4 times 4, and 1), and a sum over all of it (8). All but the
 * first two are mixed with the key, by steps that can be undone: queries of other numbers, sizes and times (up to the
 * year 2106) have other tokens for sure.
 */
const layout = { offset: 0, variant: 4, meetingNo: 5, from: 9, to: 13, tenant: 17, pageSize: 21, sum: 22 }

/** A token while it is made or read: to have bytes made for each would take longer than all else (measured). */
const bytes = Buffer.alloc(30)
const textLength = bytes.toString("base64url").length

/** In the order of the query; `free` tokens are good whatever these are. */
const fields = [
  ["tenant", "tenant"],
  ["meetingNo", "meeting_no"],
  ["from", "start_time"],
  ["to", "end_time"],
  ["pageSize", "page_size"],
] as const
const whenFree: ReadonlyArray<string> = ["start_time", "end_time", "page_size"]

/** How many resets back a token is known for one that was given. */
const resetsKnown = 100

/** Page tokens that only this key makes. After each of the `resets` they are others. */
export const pageTokens = (key: string, resets = 0): PageTokens => {
  const words = wordsOf(key, resets)
  const word = (index: number) => words[index]!
  // Mostly the next page of the same query is asked for.
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

  /** Why a token is refused that is not this query's own; `undefined` if it is not. */
  const refusal = (token: string, ways: Behaviour["pageTokens"]): string | undefined => {
    // Another spelling of the same bytes is none, either.
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

/** Puts a token into `bytes`, if it is as long as one. */
const isWritten = (token: string): boolean =>
  token.length === textLength && bytes.write(token, "base64url") === bytes.length

/** What a key mixes tokens with. */
const wordsOf = (key: string, resets: number): Uint32Array => {
  const hash = Crypto.hash("sha256", resets === 0 ? key : `${key}/${resets}`, "buffer")
  return Uint32Array.from({ length: 8 }, (_, index) => hash.readUInt32BE(4 * index))
}

/** Writes the sum over what is before it in `bytes`: no secret, but nobody guesses it. */
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

/** Every bit of 32 changes about half of the others (the last steps of MurmurHash3). */
const mix = (bits: number): number => {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
