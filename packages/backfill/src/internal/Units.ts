/**
 * The units of a lane in a run, in the order of reading. A unit is one meeting number in one window of at most 90 days. The place
 * of a lane is one integer: the units before it. Windows are outside, the oldest first, and numbers inside: what Feishu will no
 * longer show soon is read first.
 */
import * as ListByNo from "@effect-feishu/contract/ListByNo"

/** Numbers that are read from the same time on. A series has two when numbers were added to it. */
export interface Segment {
  /** Unix seconds. */
  readonly from: number
  readonly numbers: number
}

/** The units before the end of the window of a place. */
export interface Window {
  readonly start: number
  readonly end: number
  /** The index of the number among those of the lane, and how many numbers follow it in this window, itself included. */
  readonly index: number
  readonly left: number
}

const windowsOf = (from: number, to: number): number =>
  Math.max(0, Math.ceil((to - from) / ListByNo.maxRangeSeconds))

/** Returns the number of units. */
export const count = (segments: ReadonlyArray<Segment>, to: number): number =>
  segments.reduce((sum, { from, numbers }) => sum + numbers * windowsOf(from, to), 0)

/** Returns where a place is; `undefined` after the last unit. */
export const at = (segments: ReadonlyArray<Segment>, to: number, position: number): Window | undefined => {
  let rest = position
  let first = 0
  for (const { from, numbers } of segments) {
    const units = numbers * windowsOf(from, to)
    if (rest < units) {
      const window = Math.floor(rest / numbers)
      const start = from + window * ListByNo.maxRangeSeconds
      const index = rest % numbers
      return {
        start,
        end: Math.min(start + ListByNo.maxRangeSeconds, to),
        index: first + index,
        left: numbers - index,
      }
    }
    rest -= units
    first += numbers
  }
  return undefined
}
