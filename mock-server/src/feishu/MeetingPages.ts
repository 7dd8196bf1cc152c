/** Pages of meetings: as they are, or broken as a fault rule says. */
import * as TimeText from "../protocol/TimeText.ts"
import type { Behaviour } from "../protocol/Behaviour.ts"
import type { PagingFault } from "../protocol/FaultRule.ts"
import * as MeetingPage from "../protocol/MeetingPage.ts"
import type { State } from "../state/Workspace.ts"

/** The query of a page, and the row at which it begins. */
interface PageRequest {
  readonly tenant: string
  readonly meetingNo: string
  readonly from: number
  readonly to: number
  readonly pageSize: number
  readonly offset: number
  readonly limit: number
  /** The page token as it was sent; empty for the first page. */
  readonly pageToken: string
  /** The user who lists only their own meetings. */
  readonly user: string | undefined
  /** The mock's time in unix seconds. */
  readonly now: number
}

/** A page, and its rows as bytes in pieces. */
interface WrittenPage {
  readonly page: MeetingPage.Page
  readonly rows: ReadonlyArray<Uint8Array>
}

/** Returns the page that the store has. */
export const pageOf = (
  { behaviour, ownMeetings, pageTokens, store }: State,
  request: PageRequest,
): WrittenPage => {
  const { now, user } = request
  const { hasMore, meetings, rows } =
    user === undefined
      ? store.page(request)
      : store.ownPage({ ...request, isShown: (meeting) => ownMeetings.isOwn(user, meeting, now) })
  return {
    page: {
      meetings,
      list: meetings.length > 0 ? "[]" : behaviour.emptyList,
      hasMore,
      nextToken: hasMore ? pageTokens.make(request, request.offset + request.limit) : noToken(behaviour),
    },
    rows,
  }
}

const noToken = ({ lastPageToken }: Behaviour): string | undefined =>
  lastPageToken === "empty" ? "" : undefined

/** Returns the same page, broken by a paging fault. */
export const brokenPageOf = (fault: PagingFault, state: State, request: PageRequest): WrittenPage => {
  if (fault === "row inserted") insertRow(state, request)
  const page = broken(fault, state, request)
  return { page, rows: MeetingPage.rowsOf(page) }
}

const broken = (fault: PagingFault, state: State, request: PageRequest): MeetingPage.Page => {
  const { pageTokens } = state
  const { page } = pageOf(state, request)
  switch (fault) {
    case "repeated token": {
      const nextToken = request.pageToken === "" ? pageTokens.make(request, 0) : request.pageToken
      return { ...page, hasMore: true, nextToken }
    }
    case "cycle":
      return { ...page, hasMore: true, nextToken: pageTokens.make(request, 0) }
    case "missing token":
      return { ...page, hasMore: true, nextToken: noToken(state.behaviour) }
    case "empty page": {
      // A new token for the same place: a client that follows it reaches the rows.
      const variant = request.pageToken === "" ? 1 : (pageTokens.variantOf(request.pageToken) + 1) % 256
      return {
        meetings: [],
        list: state.behaviour.emptyList,
        hasMore: true,
        nextToken: pageTokens.make(request, request.offset, variant),
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
      const other = request.meetingNo === "999999999" ? "999999998" : "999999999"
      const last = page.meetings.length - 1
      return {
        ...page,
        alter: (row, index) =>
          index === last ? row.replace(/"meeting_no":"\d+"/, `"meeting_no":"${other}"`) : row,
      }
    }
  }
}

/** Puts a meeting at the start of the range; not after the last second, nor in a store that is full. */
const insertRow = ({ store }: State, request: PageRequest): void => {
  if (request.from > TimeText.lastSecond) return
  let id = BigInt(request.from) << 32n
  while (store.meeting(String(id)) !== undefined) id++
  store.putMeeting({
    id: String(id),
    tenant_key: request.tenant,
    meeting_no: request.meetingNo,
    topic: "began while the pages were read",
    start_time: request.from,
  })
}
