/**
 * Rows that may come again when a number is gone on with: where windows meet, or when Feishu no longer knows the page
 * token of a cursor and its window is read anew. A checkpoint keeps their ids.
 */
import { Cursor, type MeetingNo, type Meetings } from "@effect-feishu/core"

/** The ids of the rows that a number had in its last two windows, with a space between them. */
export class SeenIds {
  readonly #byNumber = new Map<MeetingNo, { readonly before: string; readonly window: string }>()

  of(meetingNo: MeetingNo): string {
    const { before, window } = this.#byNumber.get(meetingNo) ?? { before: "", window: "" }
    return `${before} ${window}`.trim()
  }

  /** Those of an earlier run. */
  bring(meetingNo: MeetingNo, ids: string): void {
    this.#byNumber.set(meetingNo, { before: "", window: ids })
  }

  /** Those of a page, which was read at a place. */
  add(page: Meetings.Page, at: Cursor.Cursor | undefined): void {
    const window = (cursor: Cursor.Cursor | undefined) => cursor && Cursor.toPosition(cursor)?.window
    const { meetingNo } = page
    if (page.cursor === undefined) {
      this.#byNumber.delete(meetingNo)
      return
    }
    const known = this.#byNumber.get(meetingNo) ?? { before: "", window: "" }
    const ids = [known.window, ...page.meetings.map(({ id }) => id)].join(" ").trim()
    this.#byNumber.set(
      meetingNo,
      window(page.cursor) === window(at)
        ? { before: known.before, window: ids }
        : { before: ids, window: "" },
    )
  }
}
