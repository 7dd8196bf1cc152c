/** Pages of meetings: the right one, and those that are wrong on demand. */
import * as TimeText from "../seed/TimeText.ts"
import type { Behaviour } from "../state/Behaviour.ts"
import type { PagingFault } from "../faults/FaultRules.ts"
import * as MeetingPage from "../protocol/MeetingPage.ts"
import type { State } from "../state/Workspace.ts"

/** Which page. */
interface Asked {
  readonly tenant: string
  readonly meetingNo: string
  readonly from: number
  readonly to: number
  readonly pageSize: number
  readonly offset: number
  readonly limit: number
  /** As it was given; empty for the first page. */
  readonly pageToken: string
}

/** A page, and its rows in pieces. */
export interface Answer {
  readonly page: MeetingPage.Page
  readonly rows: ReadonlyArray<Uint8Array>
}

/** The page that the store has. */
export const right = ({ behaviour, pageTokens, store }: State, asked: Asked): Answer => {
  const { hasMore, meetings, rows } = store.page(asked)
  return {
    page: {
      meetings,
      list: meetings.length > 0 ? "[]" : behaviour.emptyList,
      hasMore,
      nextToken: hasMore ? pageTokens.make(asked, asked.offset + asked.limit) : noToken(behaviour),
    },
    rows,
  }
}

const noToken = ({ lastPageToken }: Behaviour): string | undefined =>
  lastPageToken === "empty" ? "" : undefined

/** A page with something wrong. */
export const wrong = (fault: PagingFault, state: State, asked: Asked): Answer => {
  if (fault === "row inserted") insertRow(state, asked)
  const page = broken(fault, state, asked)
  return { page, rows: MeetingPage.rowsOf(page) }
}

const broken = (fault: PagingFault, state: State, asked: Asked): MeetingPage.Page => {
  const { pageTokens } = state
  const { page } = right(state, asked)
  switch (fault) {
    case "repeated token": {
      const nextToken = asked.pageToken === "" ? pageTokens.make(asked, 0) : asked.pageToken
      return { ...page, hasMore: true, nextToken }
    }
    case "cycle":
      return { ...page, hasMore: true, nextToken: pageTokens.make(asked, 0) }
    case "missing token":
      return { ...page, hasMore: true, nextToken: noToken(state.behaviour) }
    case "empty page": {
      // Another token for the same place: going on leads out of it.
      const variant = asked.pageToken === "" ? 1 : (pageTokens.variantOf(asked.pageToken) + 1) % 256
      return {
        meetings: [],
        list: state.behaviour.emptyList,
        hasMore: true,
        nextToken: pageTokens.make(asked, asked.offset, variant),
      }
    }
    case "doubled rows":
      return { ...page, meetings: page.meetings.flatMap((meeting) => [meeting, meeting]) }
    case "row inserted":
      return page
    case "null list":
      return { ...page, list: "null" }
    case "numeric ids":
      return { ...page, alter: (row) => row.replace(/"id":"(\d+)"/, '"id":$1') }
    case "foreign row": {
      const other = asked.meetingNo === "999999999" ? "999999998" : "999999999"
      const last = page.meetings.length - 1
      return {
        ...page,
        alter: (row, index) =>
          index === last ? row.replace(/"meeting_no":"\d+"/, `"meeting_no":"${other}"`) : row,
      }
    }
  }
}

/** A meeting begins at the start of the range; after the last second, and in a store that is full, none does. */
const insertRow = ({ store }: State, asked: Asked): void => {
  if (asked.from > TimeText.lastSecond) return
  let id = BigInt(asked.from) << 32n
  while (store.meeting(String(id)) !== undefined) id++
  store.putMeeting({
    id: String(id),
    tenant_key: asked.tenant,
    meeting_no: asked.meetingNo,
    topic: "began while the pages were read",
    start_time: asked.from,
  })
}
