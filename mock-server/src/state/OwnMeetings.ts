/**
 * Which meetings are a user's own: those that they hosted or took part in. What was found out is kept for a while, since a page of a user
 * looks at every meeting before it, and generating the participants of a meeting takes longer than everything else.
 */
import * as Attendance from "../seed/Attendance.ts"
import type { Meeting, Store } from "./Store.ts"

/** The most users for whom it is kept, and the most meeting numbers whose people are. */
const mostUsers = 50
const mostNumbers = 200

/** The meetings of users. */
export interface OwnMeetings {
  /** True when a meeting is a user's own at `now` (unix seconds): a running one from the moment in which they joined. */
  readonly isOwn: (user: string, meeting: Meeting, now: number) => boolean
}

/** Makes the meetings of the users of a store. */
export const make = (store: Pick<Store, "given">): OwnMeetings => {
  const byUser = new Map<string, WeakMap<Meeting, number>>()
  const regulars = new Map<string, Set<string>>()
  /**
   * False when a user certainly takes no part in a meeting. People of a meeting that is generated are among the first of those of its number:
   * one in four does not come, so twice as many as come are enough by far.
   */
  const mayTakePart = (user: string, given: Attendance.Given): boolean => {
    const { generate, host_user, meeting_no: meetingNo, participants } = given
    if (generate === undefined || host_user !== undefined || participants !== undefined) return true
    const { participants: count = 150, random_seed: seed } = generate
    const key = `${seed}/${meetingNo}`
    let known = regulars.get(key)
    if (known === undefined) {
      const [oldest] = regulars.keys()
      if (oldest !== undefined && regulars.size >= mostNumbers) regulars.delete(oldest)
      regulars.set(key, (known = new Set()))
    }
    while (known.size < 2 * count + 100)
      known.add(Attendance.regular(seed, meetingNo, known.size).user.open_id)
    return known.has(user)
  }
  const ownFrom = (user: string, meeting: Meeting): number => {
    const given = store.given(meeting)
    if (!mayTakePart(user, given)) return Number.POSITIVE_INFINITY
    const { host, people } = Attendance.of(given)
    if (host?.open_id === user) return meeting.start_time
    const joins = people.flatMap((person) =>
      person.user.open_id === user ? person.stays.map(({ join }) => join) : [],
    )
    return Math.min(...joins, Number.POSITIVE_INFINITY)
  }
  return {
    isOwn: (user, meeting, now) => {
      let known = byUser.get(user)
      if (known === undefined) {
        const [oldest] = byUser.keys()
        if (oldest !== undefined && byUser.size >= mostUsers) byUser.delete(oldest)
        byUser.set(user, (known = new WeakMap()))
      }
      let from = known.get(meeting)
      if (from === undefined) known.set(meeting, (from = ownFrom(user, meeting)))
      // Times after the end of a meeting, which a seed may have, count once it is over.
      const isOver = meeting.end_time !== null && meeting.end_time <= now
      return from <= now || (isOver && from < Number.POSITIVE_INFINITY)
    },
  }
}
