/**
 * Rows that may come again when a number is resumed: where windows meet, or when Feishu no longer knows the page token of
 * a cursor and its window is read again. A checkpoint keeps their ids.
 */
import type { MeetingNo } from "@effect-feishu/core"

/** The ids of the rows that a number had in its last two windows. */
export class SeenIds {
  readonly #byNumber = new Map<MeetingNo, { before: ReadonlySet<string>; window: Set<string> }>()

  /** Returns all remembered ids of a number. */
  of(meetingNo: MeetingNo): ReadonlyArray<string> {
    const known = this.#byNumber.get(meetingNo)
    return known === undefined ? [] : [...known.before, ...known.window]
  }

  has(meetingNo: MeetingNo, id: string): boolean {
    const known = this.#byNumber.get(meetingNo)
    return known !== undefined && (known.before.has(id) || known.window.has(id))
  }

  /** Adds the ids of a page. */
  add(meetingNo: MeetingNo, ids: Iterable<string>): void {
    let known = this.#byNumber.get(meetingNo)
    if (known === undefined) this.#byNumber.set(meetingNo, (known = { before: new Set(), window: new Set() }))
    for (const id of ids) known.window.add(id)
  }

  /** Moves to the next window of a number: the ids of the window before the last are forgotten. */
  nextWindow(meetingNo: MeetingNo): void {
    const known = this.#byNumber.get(meetingNo)
    if (known === undefined) return
    known.before = known.window
    known.window = new Set()
  }

  /** Forgets a number that has been read to its end. */
  forget(meetingNo: MeetingNo): void {
    this.#byNumber.delete(meetingNo)
  }
}
