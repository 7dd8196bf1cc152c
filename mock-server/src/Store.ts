/**
 * The state of the mock: apps and meetings in `@mswjs/data` models, and beside them what makes reads cheap. The
 * only module that knows the library (frozen upstream), and the only writer.
 */
import { factory, nullable, primaryKey } from "@mswjs/data"
import { MeetingNo } from "@effect-feishu/contract"
import * as MeetingIndex from "./MeetingIndex.ts"
import type { App, Meeting } from "./Seed.ts"

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
  readonly apps: () => ReadonlyArray<App>
  /** Rows as JSON text, in the order of start and id (Feishu documents no order). Costs the same at any size. */
  readonly page: (query: PageQuery) => { readonly rows: ReadonlyArray<string>; readonly hasMore: boolean }
  /** Every number that has meetings, in the order in which the numbers were first given. */
  readonly meetingNos: () => ReadonlyArray<MeetingNo>
}

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
  for (const app of contents.apps) {
    db.app.create({
      ...app,
      allowed_ips: [...(app.allowed_ips ?? [])],
      scopes: [...app.scopes],
      tenants: [...app.tenants],
    })
    apps.set(app.app_id, app)
  }
  const firstTenant = contents.apps[0].tenants[0]
  const indexes = new Map<string, Array<MeetingIndex.Entry & { readonly id: string }>>()
  const meetingNos = new Set<MeetingNo>()
  for (const meeting of contents.meetings) {
    const record = db.meeting.create({
      ...meeting,
      tenant_key: meeting.tenant_key ?? firstTenant,
      url: meeting.url ?? null,
      password: meeting.password ?? null,
      end_time: meeting.end_time ?? null,
      meeting_connect: meeting.meeting_connect ?? null,
      note_id: meeting.note_id ?? null,
    })
    const key = indexKey(record.tenant_key, record.meeting_no)
    const entry = { id: record.id, start: record.start_time, row: row(record) }
    const index = indexes.get(key)
    if (index === undefined) indexes.set(key, [entry])
    else index.push(entry)
    meetingNos.add(MeetingNo.make(record.meeting_no))
  }
  for (const index of indexes.values()) {
    index.sort((a, b) => a.start - b.start || a.id.length - b.id.length || (a.id < b.id ? -1 : 1))
  }
  return {
    app: (appId) => apps.get(appId),
    apps: () => [...apps.values()],
    page: (query) => MeetingIndex.page(indexes.get(indexKey(query.tenant, query.meetingNo)) ?? [], query),
    meetingNos: () => [...meetingNos],
  }
}

const indexKey = (tenant: string, meetingNo: string): string => `${meetingNo} ${tenant}`

/** A row of the answer: the documented fields, those that the meeting has. Times are not among them. */
const row = (meeting: {
  readonly id: string
  readonly meeting_no: string
  readonly password: string | null
  readonly topic: string
  readonly url: string | null
  readonly meeting_connect: boolean | null
  readonly note_id: string | null
}): string =>
  JSON.stringify({
    id: meeting.id,
    meeting_no: meeting.meeting_no,
    password: meeting.password ?? undefined,
    topic: meeting.topic,
    url: meeting.url ?? undefined,
    meeting_connect: meeting.meeting_connect ?? undefined,
    note_id: meeting.note_id ?? undefined,
  })
