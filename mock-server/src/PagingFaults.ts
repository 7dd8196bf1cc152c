/** Pages of meetings: the right one, and those that are wrong on demand. */
import type { Behaviour } from "./Behaviour.ts"
import type { PagingFault } from "./Faults.ts"
import type { Page } from "./PageBody.ts"
import type { State } from "./Workspace.ts"

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

/** The page that the store has. */
export const right = ({ behaviour, pageTokens, store }: State, asked: Asked): Page => {
  const { hasMore, rows } = store.page(asked)
  return {
    rows,
    list: rows.length > 0 ? "[]" : behaviour.emptyList,
    hasMore,
    nextToken: hasMore ? pageTokens.make(asked, asked.offset + asked.limit) : noToken(behaviour),
  }
}

const noToken = ({ lastPageToken }: Behaviour): string | undefined =>
  lastPageToken === "empty" ? "" : undefined

/** A page with something wrong. */
export const wrong = (fault: PagingFault, state: State, asked: Asked): Page => {
  const { pageTokens, store } = state
  switch (fault) {
    case "repeated token": {
      const nextToken = asked.pageToken === "" ? pageTokens.make(asked, 0) : asked.pageToken
      return { ...right(state, asked), hasMore: true, nextToken }
    }
    case "cycle":
      return { ...right(state, asked), hasMore: true, nextToken: pageTokens.make(asked, 0) }
    case "missing token":
      return {
        ...right(state, asked),
        hasMore: true,
        nextToken: noToken(state.behaviour),
      }
    case "empty page": {
      // Another token for the same place: going on leads out of it.
      const variant = asked.pageToken === "" ? 1 : (pageTokens.variantOf(asked.pageToken) + 1) % 256
      return {
        rows: [],
        list: state.behaviour.emptyList,
        hasMore: true,
        nextToken: pageTokens.make(asked, asked.offset, variant),
      }
    }
    case "doubled rows": {
      const page = right(state, asked)
      return { ...page, rows: page.rows.flatMap((row) => [row, row]) }
    }
    case "row inserted": {
      let id = BigInt(asked.from) << 32n
      while (store.meeting(String(id)) !== undefined) id++
      store.putMeeting({
        id: String(id),
        tenant_key: asked.tenant,
        meeting_no: asked.meetingNo,
        topic: "began while the pages were read",
        start_time: asked.from,
      })
      return right(state, asked)
    }
    case "null list":
      return { ...right(state, asked), list: "null" }
    case "numeric ids": {
      const page = right(state, asked)
      return { ...page, rows: page.rows.map((row) => replaced(row, /"id":"(\d+)"/, '"id":$1')) }
    }
    case "foreign row": {
      const page = right(state, asked)
      const other = asked.meetingNo === "999999999" ? "999999998" : "999999999"
      return {
        ...page,
        rows: page.rows.map((row, index) =>
          index === page.rows.length - 1
            ? replaced(row, /"meeting_no":"\d+"/, `"meeting_no":"${other}"`)
            : row,
        ),
      }
    }
  }
}

const replaced = (row: Buffer, what: RegExp, by: string): Buffer =>
  Buffer.from(row.toString().replace(what, by))
