/**
 * The state of the mock: apps and meetings in `@mswjs/data` models, which are the only place where they are. What a
 * model makes is what everybody reads, and is never changed: another one takes its place. So whoever holds the meetings
 * of a moment keeps that moment, whatever comes after it.
 *
 * This is the only module that knows the library (frozen upstream), and the only writer. Its query API reads every
 * record for one, by primary key, too (measured: 70 ms at 100,000), and knows no "or" and no limit: a search of a
 * million meetings in three of their fields takes 2 s, and 0.1 s as it is done here. What has to cost the same at any
 * size asks the database that is behind the models, where a record is found by its primary key at once.
 */
import { factory, nullable, primaryKey } from "@mswjs/data"
import { DATABASE_INSTANCE } from "@mswjs/data/lib/glossary.js"
import * as Effect from "effect/Effect"
import { MeetingNo } from "@effect-feishu/contract"
import * as Bounds from "../protocol/Bounds.ts"
import * as MeetingIndex from "./MeetingIndex.ts"
import type * as MeetingPage from "../protocol/MeetingPage.ts"
import type * as Seed from "../seed/Seed.ts"

/** An app as the mock keeps it: `null` where it has no value. */
export interface App {
  readonly app_id: string
  readonly app_secret: string
  readonly type: "self_built" | "store"
  readonly scopes: ReadonlyArray<string>
  readonly tenants: readonly [string, ...Array<string>]
  readonly allowed_ips: ReadonlyArray<string> | null
  readonly encrypt_key: string | null
  readonly verification_token: string | null
}

/** A meeting as the mock keeps it: `null` where it has no value. Times are unix seconds. */
export type Meeting = MeetingPage.Meeting

/** A meeting as it is given, with its times in unix seconds. */
export type GivenMeeting = Seed.InSeconds<Seed.Meeting>

/** Apps: there is always one. */
export type Apps = readonly [Seed.App, ...Array<Seed.App>]

/** Which rows of whom. Times are unix seconds, both inclusive; `offset` counts rows of the same range. */
export interface PageQuery extends MeetingIndex.PageQuery {
  readonly tenant: string
  readonly meetingNo: string
}

/** Which meetings somebody looks for: all conditions together. */
export interface Search {
  readonly meetingNo?: string | undefined
  /** In topic, id or number. */
  readonly text?: string | undefined
  readonly offset: number
  readonly limit: number
}

/** See {@link make}. */
export interface Store {
  /** The app with this id, or `undefined`. */
  readonly app: (appId: string) => App | undefined
  /** Every app, in the order in which they were first given. */
  readonly apps: () => readonly [App, ...Array<App>]
  /** Adds an app, or puts it in the place of the one with its id. Returns `false`, and does nothing, over the bounds. */
  readonly putApp: (app: Seed.App) => boolean
  /** Whether there was one, and another is left: there is always one. */
  readonly removeApp: (appId: string) => boolean
  /** A page in the order of start and id (Feishu documents no order). Costs the same at any size. */
  readonly page: (query: PageQuery) => MeetingIndex.Found
  /** Every number that has meetings, in the order in which the numbers were first given. */
  readonly meetingNos: () => ReadonlyArray<MeetingNo>
  /** The meeting with this id, or `undefined`. */
  readonly meeting: (id: string) => Meeting | undefined
  /** Every meeting of this moment, in the order in which they were given. */
  readonly meetings: () => ReadonlyArray<Meeting>
  /** Some of the meetings that match, in the order in which they were given, and how many match. */
  readonly search: (search: Search) => { readonly total: number; readonly meetings: ReadonlyArray<Meeting> }
  /**
   * Adds a meeting, or puts it in the place of the one with its id: without a tenant, for the first tenant of the first
   * app. Costs the same at any size. Returns `false`, and does nothing, over the bounds.
   */
  readonly putMeeting: (meeting: GivenMeeting) => boolean
  /** Whether all of these meetings can be put. */
  readonly hasRoomFor: (meetings: ReadonlyArray<GivenMeeting>) => boolean
  /** How many bytes the meetings have at most, as JSON in UTF-8. */
  readonly meetingBytes: () => number
  /** Whether there was one. */
  readonly removeMeeting: (id: string) => boolean
}

/** Whether a store can hold these apps. */
export const fits = (apps: ReadonlyArray<Seed.App>): boolean =>
  apps.reduce((sum, app) => sum + bytesOf(keptApp(app)), 0) <= Bounds.appBytes

/** A store with apps that fit, and without meetings. */
export const make = (first: Apps): Store => {
  const models = factory({
    app: {
      app_id: primaryKey(String),
      app_secret: String,
      type: String,
      scopes: Array<string>,
      tenants: Array<string>,
      allowed_ips: nullable<Array<string>>(Array<string>),
      encrypt_key: nullable(String),
      verification_token: nullable(String),
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
  const database = models[DATABASE_INSTANCE]
  // What `create` of a model has made: the library's type of it says `string` for every text.
  const apps = database.getModel("app") as Map<string, unknown> as Map<string, App>
  const meetings = database.getModel("meeting") as Map<string, unknown> as Map<string, Meeting>
  const kept = MeetingIndex.keptRows(Bounds.rowBytes)
  const indexes = new Map<string, MeetingIndex.MeetingIndex>()
  const meetingsPerNumber = new Map<MeetingNo, number>()
  let appBytes = 0
  let meetingBytes = 0

  const allApps = () => [...apps.values()] as [App, ...Array<App>]
  const putApp = (given: Seed.App): boolean => {
    const before = apps.get(given.app_id)
    const app = keptApp(given)
    const bytes = appBytes - (before === undefined ? 0 : bytesOf(before)) + bytesOf(app)
    if (bytes > Bounds.appBytes) return false
    appBytes = bytes
    if (before === undefined) models.app.create(app)
    else models.app.update({ where: { app_id: { equals: app.app_id } }, data: app })
    return true
  }
  const indexOf = ({ meeting_no: meetingNo, tenant_key: tenant }: Meeting) => {
    const key = indexKey(tenant, meetingNo)
    let index = indexes.get(key)
    if (index === undefined) indexes.set(key, (index = MeetingIndex.make(kept)))
    return index
  }
  const removeMeeting = (id: string): boolean => {
    const meeting = meetings.get(id)
    if (meeting === undefined) return false
    database.delete("meeting", id)
    meetingBytes -= bytesOf(meeting)
    const index = indexOf(meeting)
    index.remove(meeting)
    if (index.isEmpty()) indexes.delete(indexKey(meeting.tenant_key, meeting.meeting_no))
    const meetingNo = MeetingNo.make(meeting.meeting_no)
    const left = meetingsPerNumber.get(meetingNo)! - 1
    if (left === 0) meetingsPerNumber.delete(meetingNo)
    else meetingsPerNumber.set(meetingNo, left)
    return true
  }
  const keptMeeting = (given: GivenMeeting): Meeting => ({
    id: given.id,
    tenant_key: given.tenant_key ?? allApps()[0].tenants[0],
    meeting_no: given.meeting_no,
    topic: given.topic,
    url: given.url ?? null,
    password: given.password ?? null,
    start_time: given.start_time,
    end_time: given.end_time ?? null,
    meeting_connect: given.meeting_connect ?? null,
    note_id: given.note_id ?? null,
  })
  const putMeeting = (given: GivenMeeting): boolean => {
    const before = meetings.get(given.id)
    const meeting = keptMeeting(given)
    const bytes = meetingBytes - (before === undefined ? 0 : bytesOf(before)) + bytesOf(meeting)
    if (bytes > Bounds.meetingBytes || (before === undefined && meetings.size >= Bounds.meetings))
      return false
    removeMeeting(meeting.id)
    meetingBytes = bytes
    models.meeting.create(meeting)
    indexOf(meeting).add(meetings.get(meeting.id)!)
    const meetingNo = MeetingNo.make(meeting.meeting_no)
    meetingsPerNumber.set(meetingNo, (meetingsPerNumber.get(meetingNo) ?? 0) + 1)
    return true
  }

  for (const app of first) putApp(app)

  return {
    app: (appId) => apps.get(appId),
    apps: allApps,
    putApp,
    removeApp: (appId) => {
      const app = apps.get(appId)
      if (app === undefined || apps.size === 1) return false
      appBytes -= bytesOf(app)
      database.delete("app", appId)
      return true
    },
    page: (query) =>
      indexes.get(indexKey(query.tenant, query.meetingNo))?.page(query) ?? {
        meetings: [],
        rows: [],
        hasMore: false,
      },
    meetingNos: () => [...meetingsPerNumber.keys()],
    meeting: (id) => meetings.get(id),
    meetings: () => [...meetings.values()],
    search: ({ limit, meetingNo, offset, text }) => {
      const found: Array<Meeting> = []
      let total = 0
      for (const meeting of meetings.values()) {
        if (meetingNo !== undefined && meeting.meeting_no !== meetingNo) continue
        if (
          text !== undefined &&
          !meeting.topic.includes(text) &&
          !meeting.id.includes(text) &&
          !meeting.meeting_no.includes(text)
        ) {
          continue
        }
        if (total >= offset && found.length < limit) found.push(meeting)
        total++
      }
      return { total, meetings: found }
    },
    putMeeting,
    hasRoomFor: (given) => {
      const news = new Map(given.map((meeting) => [meeting.id, keptMeeting(meeting)]))
      let bytes = meetingBytes
      let count = meetings.size
      for (const [id, meeting] of news) {
        const before = meetings.get(id)
        if (before === undefined) count++
        else bytes -= bytesOf(before)
        bytes += bytesOf(meeting)
      }
      return count <= Bounds.meetings && bytes <= Bounds.meetingBytes
    },
    meetingBytes: () => meetingBytes,
    removeMeeting,
  }
}

/** So many meetings take about a millisecond or two. */
const meetingsPerTurn = 250

/**
 * Puts meetings, some at a time, so that others are served between turns. Returns `false` when one did not fit, and
 * leaves those after it.
 */
export const putAll = Effect.fnUntraced(function* (store: Store, meetings: Iterable<GivenMeeting>) {
  let count = 0
  for (const meeting of meetings) {
    if (!store.putMeeting(meeting)) return false
    if (++count % meetingsPerTurn === 0) yield* Effect.yieldNow
  }
  return true
})

const indexKey = (tenant: string, meetingNo: string): string => `${meetingNo} ${tenant}`

/** An app or a meeting as a seed has it: without what has no value. */
export const written = <Stored extends App | Meeting>(
  stored: Stored,
): Stored extends App ? Seed.App : GivenMeeting =>
  Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null)) as Stored extends App
    ? Seed.App
    : GivenMeeting

const keptApp = (app: Seed.App) => ({
  ...app,
  scopes: [...app.scopes],
  tenants: [...app.tenants],
  allowed_ips: app.allowed_ips === undefined ? null : [...app.allowed_ips],
  encrypt_key: app.encrypt_key ?? null,
  verification_token: app.verification_token ?? null,
})

const bytesOf = (entry: object): number => Buffer.byteLength(JSON.stringify(entry))
