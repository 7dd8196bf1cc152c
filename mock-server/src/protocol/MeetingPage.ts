/**
 * The body of a page of meetings. Its rows are kept as bytes: encoding them for every page would take as long as finding
 * them (measured).
 */

/** A meeting as the mock keeps it: `null` where it has no value. Times are unix seconds. */
export interface Meeting {
  /** A 64-bit integer as text. */
  readonly id: string
  readonly tenant_key: string
  /** Nine digits. */
  readonly meeting_no: string
  readonly topic: string
  readonly url: string | null
  readonly password: string | null
  readonly start_time: number
  readonly end_time: number | null
  readonly meeting_connect: boolean | null
  readonly note_id: string | null
}

/** A page as it goes over the wire. */
export interface Page {
  readonly meetings: ReadonlyArray<Meeting>
  /** Breaks a row (JSON and a comma). */
  readonly alter?: (row: string, index: number) => string
  /** The way in which the list is written. Only `[]` may have rows. */
  readonly list: "[]" | "null" | "absent"
  readonly hasMore: boolean
  readonly nextToken: string | undefined
}

/** Rows next to each other in memory: the JSON of each with a comma, and the byte at which it ends. */
export interface Rows {
  readonly bytes: Buffer
  readonly ends: Uint32Array
}

/** Encodes meetings as rows. */
export const rows = (meetings: ReadonlyArray<Meeting>): Rows => sideBySide(meetings.map(rowOf))

const sideBySide = (texts: ReadonlyArray<string>): Rows => {
  const bytes = Buffer.from(texts.join(""))
  const ends = new Uint32Array(texts.length)
  let end = 0
  for (const [index, text] of texts.entries()) ends[index] = end += Buffer.byteLength(text)
  return { bytes, ends }
}

/**
 * Returns a meeting as answers have it: the documented fields that have a value. Times are not among them. Put together by
 * hand: `JSON.stringify` of an object made for it takes four times as long (measured).
 */
const rowOf = ({ id, meeting_connect, meeting_no, note_id, password, topic, url }: Meeting): string =>
  `{"id":"${id}","meeting_no":"${meeting_no}"${
    password === null ? "" : `,"password":${JSON.stringify(password)}`
  },"topic":${JSON.stringify(topic)}${url === null ? "" : `,"url":${JSON.stringify(url)}`}${
    meeting_connect === null ? "" : `,"meeting_connect":${meeting_connect}`
  }${note_id === null ? "" : `,"note_id":${JSON.stringify(note_id)}`}},`

/** Returns the rows of a page, encoded from its meetings. */
export const rowsOf = ({ alter = (row) => row, meetings }: Page): ReadonlyArray<Uint8Array> => [
  sideBySide(meetings.map((meeting, index) => alter(rowOf(meeting), index))).bytes,
]

/** Returns the body of a page, whose rows are given in pieces. */
export const write = ({ hasMore, list, nextToken }: Page, pieces: ReadonlyArray<Uint8Array>): Buffer => {
  const rows = list === "[]" ? pieces.filter(({ length }) => length > 0) : []
  const before = `{"code":0,"data":{"has_more":${hasMore}${list === "absent" ? "" : `,"meeting_briefs":${list === "[]" ? "[" : "null"}`}`
  const token = nextToken === undefined ? "" : `,"page_token":${JSON.stringify(nextToken)}`
  const after = `${list === "[]" ? "]" : ""}${token}},"msg":""}`
  let length = before.length + after.length - (rows.length > 0 ? 1 : 0)
  for (const piece of rows) length += piece.length
  const bytes = roomFor(length)
  let at = bytes.write(before, "latin1")
  for (const piece of rows) {
    bytes.set(piece, at)
    at += piece.length
  }
  // Overwrites the last comma.
  bytes.write(after, rows.length > 0 ? at - 1 : at, "latin1")
  return bytes
}

/**
 * The memory that pages are written into, one after the other, until it is full: allocating each page by itself would make
 * the pauses of garbage collection half as long again (measured).
 */
let space = Buffer.alloc(0)
let taken = 0
const spaceBytes = 256 * 1024

const roomFor = (length: number): Buffer => {
  if (taken + length > space.length) {
    space = Buffer.allocUnsafeSlow(Math.max(spaceBytes, length))
    taken = 0
  }
  return space.subarray(taken, (taken += length))
}
