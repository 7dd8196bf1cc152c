/**
 * The state of the mock: apps and meetings in `@mswjs/data` models, and beside them what makes reads cheap. The
 * only module that knows the library (frozen upstream), and the only writer.
 */
import { factory, nullable, primaryKey } from "@mswjs/data"
import { MeetingNo } from "@effect-feishu/contract"
import * as MeetingIndex from "./MeetingIndex.ts"
import * as PageBody from "./PageBody.ts"
import type { App, InSeconds, Meeting as WrittenMeeting } from "./Seed.ts"

type Meeting = InSeconds<WrittenMeeting>

/** What the store holds at the start: at least one app, and any meetings. */
export interface Contents {
  readonly apps: readonly [App, ...Array<App>]
  readonly meetings: Iterable<Meeting>
}

/** Which rows of whom. Times are unix seconds, both inclusive; `offset` counts rows of the same range. */
export interface PageQuery {
  readonly tenant: string
  readonly meetingNo: string
  readonly from: number
  readonly to: number
  readonly offset: number
  readonly limit: number
}

/** See {@link make}. */
export interface Store {
  /** The app with this id, or `undefined`. */
  readonly app: (appId: string) => App | undefined
  /** Every app, in the order in which they were given. */
  readonly apps: () => readonly [App, ...Array<App>]
  /** Adds an app, or puts it in the place of the one with its id. */
  readonly putApp: (app: App) => void
  /** Whether there was one, and another is left: there is always one. */
  readonly removeApp: (appId: string) => boolean
  /** Rows as `PageBody` makes them, in the order of start and id (Feishu documents no order). Costs the same at any size. */
  readonly page: (query: PageQuery) => { readonly rows: ReadonlyArray<Buffer>; readonly hasMore: boolean }
  /** Every number that has meetings, in the order in which the numbers were first given. */
  readonly meetingNos: () => ReadonlyArray<MeetingNo>
  /** The meeting with this id, or `undefined`. */
  readonly meeting: (id: string) => Meeting | undefined
  /** Every meeting, in the order in which they were given. */
  readonly meetings: () => ReadonlyArray<Meeting>
  /** Adds a meeting, or puts it in the place of the one with its id. */
  readonly putMeeting: (meeting: Meeting) => void
  /** Whether there was one. */
  readonly removeMeeting: (id: string) => boolean
}

type IndexEntry = MeetingIndex.Entry & { readonly id: string }

/** Fills the models and the index. Takes about 15 µs a meeting (measured). */
export const make = (contents: Contents): Store => {
  const db = factory({
    app: {
      app_id: primaryKey(String),
      app_secret: String,
      type: String,
      scopes: Array<string>,
      tenants: Array<string>,
      allowed_ips: Array<string>,
    },
    meeting: {
      id: primaryKey(String),
      tenant_key: String,
      meeting_no: String,
      topic: String,
      url: nullable(String),
      password: nullable(String),
      start_time: Number,
      end_time: nullable(Number),
      meeting_connect: nullable(Boolean),
      note_id: nullable(String),
    },
  })
  const apps = new Map<string, App>()
  // Beside the models, which scan all records for one (measured).
  const meetings = new Map<string, Meeting & { readonly tenant_key: string }>()
  const indexes = new Map<string, Array<IndexEntry>>()
  const ofNumber = new Map<MeetingNo, number>()

  const putApp = (app: App) => {
    if (apps.has(app.app_id)) db.app.delete({ where: { app_id: { equals: app.app_id } } })
    db.app.create({
      ...app,
      allowed_ips: [...(app.allowed_ips ?? [])],
      scopes: [...app.scopes],
      tenants: [...app.tenants],
    })
    apps.set(app.app_id, app)
  }
  const removeMeeting = (id: string) => {
    const meeting = meetings.get(id)
    if (meeting === undefined) return false
    db.meeting.delete({ where: { id: { equals: id } } })
    meetings.delete(id)
    const index = indexes.get(indexKey(meeting.tenant_key, meeting.meeting_no)) ?? []
    index.splice(
      index.findIndex((entry) => entry.id === id),
      1,
    )
    const meetingNo = MeetingNo.make(meeting.meeting_no)
    const left = (ofNumber.get(meetingNo) ?? 1) - 1
    if (left === 0) ofNumber.delete(meetingNo)
    else ofNumber.set(meetingNo, left)
    return true
  }
  /** Adds to the models, and gives the index that it belongs to. */
  const create = (given: Meeting) => {
    const meeting = { ...given, tenant_key: given.tenant_key ?? firstTenant }
    db.meeting.create({
      ...meeting,
      url: meeting.url ?? null,
      password: meeting.password ?? null,
      end_time: meeting.end_time ?? null,
      meeting_connect: meeting.meeting_connect ?? null,
      note_id: meeting.note_id ?? null,
    })
    meetings.set(meeting.id, meeting)
    const meetingNo = MeetingNo.make(meeting.meeting_no)
    ofNumber.set(meetingNo, (ofNumber.get(meetingNo) ?? 0) + 1)
    const key = indexKey(meeting.tenant_key, meeting.meeting_no)
    let index = indexes.get(key)
    if (index === undefined) indexes.set(key, (index = []))
    return { index, meeting }
  }

  for (const app of contents.apps) putApp(app)
  const firstTenant = contents.apps[0].tenants[0]
  for (const meeting of contents.meetings) {
    const { index, meeting: added } = create(meeting)
    index.push({ id: added.id, start: added.start_time, row: noRow })
  }
  // Once for all: sorted insertion of each would cost more. Some rows at a time, since a million would be there twice.
  for (const index of indexes.values()) {
    index.sort(inOrder)
    for (let from = 0; from < index.length; from += 1_000) {
      const some = index.slice(from, from + 1_000)
      const rows = PageBody.rows(some.map(({ id }) => wire(meetings.get(id)!)))
      for (const [at, row] of rows.entries()) index[from + at] = { ...some[at]!, row }
    }
  }

  return {
    app: (appId) => apps.get(appId),
    apps: () => [...apps.values()] as [App, ...Array<App>],
    putApp,
    removeApp: (appId) => {
      if (!apps.has(appId) || apps.size === 1) return false
      db.app.delete({ where: { app_id: { equals: appId } } })
      return apps.delete(appId)
    },
    page: (query) => MeetingIndex.page(indexes.get(indexKey(query.tenant, query.meetingNo)) ?? [], query),
    meetingNos: () => [...ofNumber.keys()],
    meeting: (id) => meetings.get(id),
    meetings: () => [...meetings.values()],
    putMeeting: (meeting) => {
      removeMeeting(meeting.id)
      const { index, meeting: added } = create(meeting)
      const entry = { id: added.id, start: added.start_time, row: PageBody.rows([wire(added)])[0]! }
      const next = index.findIndex((other) => inOrder(entry, other) < 0)
      index.splice(next === -1 ? index.length : next, 0, entry)
    },
    removeMeeting,
  }
}

const inOrder = (a: IndexEntry, b: IndexEntry): number =>
  a.start - b.start || a.id.length - b.id.length || (a.id < b.id ? -1 : 1)

const indexKey = (tenant: string, meetingNo: string): string => `${meetingNo} ${tenant}`

const noRow = Buffer.alloc(0)

/** What the answer has of a meeting: the documented fields, those that it has. Times are not among them. */
const wire = (meeting: Meeting) => ({
  id: meeting.id,
  meeting_no: meeting.meeting_no,
  password: meeting.password,
  topic: meeting.topic,
  url: meeting.url,
  meeting_connect: meeting.meeting_connect,
  note_id: meeting.note_id,
})
