/**
 * The state of the mock: apps and meetings in `@mswjs/data` models, and nowhere else. Everything reads the entity that a
 * model has made. An entity never changes; a new one takes its place. So a list of the meetings of one moment never changes
 * afterwards.
 *
 * This is the only module that knows the library (frozen upstream), and the only one that writes. The library's query API
 * reads every record to find one, by primary key, too (measured: 70 ms at 100,000), and supports neither "or" nor a limit: it
 * searches a million meetings in three of their fields in 2 s, the loop here in 0.1 s. Operations that must cost the same at any
 * size use the database behind the models, which finds a record by its primary key at once.
 */
import { factory, nullable, primaryKey } from "@mswjs/data"
import { DATABASE_INSTANCE } from "@mswjs/data/lib/glossary.js"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { MeetingNo } from "@effect-feishu/contract"
import * as Bounds from "../protocol/Bounds.ts"
import * as MeetingIndex from "./MeetingIndex.ts"
import type * as MeetingPage from "../protocol/MeetingPage.ts"
import type * as Attendance from "../seed/Attendance.ts"
import * as People from "../seed/People.ts"
import type { PersonNow } from "../protocol/PublicTypes.ts"
import type * as Seed from "../seed/Seed.ts"

/** An app as the mock keeps it: `null` where it has no value, since models have no optional keys. */
export type App = {
  readonly [Key in keyof Seed.App]-?: Partial<Pick<Seed.App, Key>> extends Pick<Seed.App, Key>
    ? Seed.App[Key] | null
    : Seed.App[Key]
}

/** A meeting as the mock keeps it: `null` for a field without a value. Times are unix seconds. */
export type Meeting = MeetingPage.Meeting

/** A meeting as it is given, with its times in unix seconds. */
export type GivenMeeting = Seed.InSeconds<Seed.Meeting>

/** What a meeting is given that its row does not have: people, recording, documents, or what is to be generated. */
type Details = Omit<Attendance.Given, keyof Meeting>

/** Apps, at least one. */
export type Apps = readonly [Seed.App, ...Array<Seed.App>]

/** The rows of a tenant and number to return. Times are unix seconds, both inclusive; `offset` counts rows of the same range. */
export interface PageQuery extends MeetingIndex.PageQuery {
  readonly tenant: string
  readonly meetingNo: string
}

/** The rows of a page that only some may see. */
export interface OwnPageQuery extends PageQuery {
  readonly isShown: (meeting: Meeting) => boolean
}

/** A search for meetings: all conditions together. */
export interface Search {
  readonly meetingNo?: string | undefined
  /** A part of the topic, the id or the number. */
  readonly text?: string | undefined
  readonly offset: number
  readonly limit: number
}

/** The apps and meetings of a workspace. */
export interface Store {
  /** Returns the app with this id, or `undefined`. */
  readonly app: (appId: string) => App | undefined
  /** Returns every app, in the order in which they were first put. */
  readonly apps: () => readonly [App, ...Array<App>]
  /** Adds an app, or replaces the one with its id. Returns `false` and does nothing when that would exceed the bounds. */
  readonly putApp: (app: Seed.App) => boolean
  /** Removes an app. Returns `false` and does nothing when there is no such app, or it is the last one. */
  readonly removeApp: (appId: string) => boolean
  /** Adds people, or replaces those with the same `open_id`s. Returns `false` and does nothing when they are too many. */
  readonly putPeople: (people: ReadonlyArray<Seed.Person>) => boolean
  /** Returns those who were put, in that order. */
  readonly people: () => ReadonlyArray<PersonNow>
  /** Returns somebody by `open_id`: who was put, or a made-up person of the tenant. */
  readonly person: (openId: string, tenant: string) => PersonNow
  /** Returns a page of the meetings that are shown. Costs more the more meetings the range has. */
  readonly ownPage: (query: OwnPageQuery) => MeetingIndex.Found
  /** Returns a page in the order of start and id (Feishu documents no order). Costs the same at any size. */
  readonly page: (query: PageQuery) => MeetingIndex.Found
  /** Returns every number that has meetings, in the order in which the numbers were first put. */
  readonly meetingNos: () => ReadonlyArray<MeetingNo>
  /** Returns the meeting with this id, or `undefined`. */
  readonly meeting: (id: string) => Meeting | undefined
  /** Returns every meeting of this moment, in the order in which they were put. */
  readonly meetings: () => ReadonlyArray<Meeting>
  /** Returns a meeting of the store, also one that was replaced or removed, as it was given, without the fields that have no value. */
  readonly given: (meeting: Meeting) => Attendance.Given
  /** Returns some of the meetings that match, in the order in which they were put, and how many match. */
  readonly search: (search: Search) => { readonly total: number; readonly meetings: ReadonlyArray<Meeting> }
  /**
   * Adds a meeting, or replaces the one with its id. Without a tenant it belongs to the first tenant of the first app.
   * Costs the same at any size. Returns `false` and does nothing when that would exceed the bounds.
   */
  readonly putMeeting: (meeting: GivenMeeting) => boolean
  /** True when all of these meetings can be put. */
  readonly hasRoomFor: (meetings: ReadonlyArray<GivenMeeting>) => boolean
  /** Returns the most bytes that the meetings take as JSON in UTF-8. */
  readonly meetingBytes: () => number
  /** Removes a meeting. Returns `false` when there is no such meeting. */
  readonly removeMeeting: (id: string) => boolean
}

/** True when a store can hold these apps. */
export const fits = (apps: ReadonlyArray<Seed.App>): boolean =>
  apps.reduce((sum, app) => sum + bytesOf(keptApp(app)), 0) <= Bounds.appBytes

/**
 * Makes a store with apps that {@link fits} has accepted, and without meetings. `randomSeed` is that of details which a meeting
 * has generated without a random seed of its own.
 */
export const make = (first: Apps, randomSeed: string | number = 1): Store => {
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
      name: nullable(String),
      redirect_urls: nullable<Array<string>>(Array<string>),
      refresh_user_access_token: nullable(Boolean),
      enabled: nullable(Boolean),
      availability: nullable<Array<string>>(Array<string>),
    },
    person: {
      open_id: primaryKey(String),
      union_id: String,
      user_id: String,
      name: String,
      en_name: String,
      tenant_key: String,
      status: String,
      policy: nullable(String),
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
  // These maps hold what `create` of a model has made; the library's type has `string` for every text.
  const apps = database.getModel("app") as Map<string, unknown> as Map<string, App>
  const meetings = database.getModel("meeting") as Map<string, unknown> as Map<string, Meeting>
  const people = database.getModel("person") as Map<string, unknown> as Map<string, KeptPerson>
  // The models have no lists of objects. Meetings that are generated in full, of which there may be a million, are not in the map.
  const details = new WeakMap<Meeting, Details>()
  const generated = { generate: { random_seed: String(randomSeed) } } satisfies Details
  const generatedBytes = bytesOf(generated)
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
    meetingBytes -= bytesOfMeeting(meeting, details.get(meeting))
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
  /** Returns the details of a meeting; `undefined` if they are all generated, with the random seed of the store. */
  const keptDetails = (given: GivenMeeting): Details | undefined => {
    const written = writtenDetails(given)
    const { generate } = given
    if (generate === undefined) return written ?? noDetails
    const { participants, random_seed: seed = generated.generate.random_seed } = generate
    if (written === undefined && participants === undefined && seed === generated.generate.random_seed)
      return undefined
    return {
      ...written,
      generate: { random_seed: seed, ...(participants === undefined ? {} : { participants }) },
    }
  }
  const bytesOfMeeting = (meeting: Meeting, kept: Details | undefined): number =>
    bytesOf(meeting) + (kept === undefined ? generatedBytes : bytesOf(kept))
  const bytesBefore = (before: Meeting | undefined): number =>
    before === undefined ? 0 : bytesOfMeeting(before, details.get(before))
  const putMeeting = (given: GivenMeeting): boolean => {
    const before = meetings.get(given.id)
    const meeting = keptMeeting(given)
    const kept = keptDetails(given)
    const bytes = meetingBytes - bytesBefore(before) + bytesOfMeeting(meeting, kept)
    if (bytes > Bounds.meetingBytes || (before === undefined && meetings.size >= Bounds.meetings))
      return false
    removeMeeting(meeting.id)
    meetingBytes = bytes
    models.meeting.create(meeting)
    const stored = meetings.get(meeting.id)!
    if (kept !== undefined) details.set(stored, kept)
    indexOf(meeting).add(stored)
    const meetingNo = MeetingNo.make(meeting.meeting_no)
    meetingsPerNumber.set(meetingNo, (meetingsPerNumber.get(meetingNo) ?? 0) + 1)
    return true
  }

  const putPeople = (given: ReadonlyArray<Seed.Person>): boolean => {
    const put = given.map((person) => People.of(person, allApps()[0].tenants[0]))
    const added = new Set(put.map((person) => person.open_id).filter((openId) => !people.has(openId)))
    if (people.size + added.size > Bounds.users) return false
    for (const { policy = null, ...person } of put) {
      const kept = { ...person, policy }
      if (people.has(person.open_id)) {
        models.person.update({ where: { open_id: { equals: person.open_id } }, data: kept })
      } else models.person.create(kept)
    }
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
    putPeople,
    people: () => [...people.values()].map(withoutNulls),
    person: (openId, tenant) => {
      const person = people.get(openId)
      return person === undefined ? People.madeUp(openId, tenant) : withoutNulls(person)
    },
    ownPage: ({ isShown, limit, offset, ...query }) =>
      indexes.get(indexKey(query.tenant, query.meetingNo))?.ownPage({ ...query, isShown, limit, offset }) ?? {
        meetings: [],
        rows: [],
        hasMore: false,
      },
    meetingNos: () => [...meetingsPerNumber.keys()],
    meeting: (id) => meetings.get(id),
    meetings: () => [...meetings.values()],
    given: (meeting) => ({ ...withoutNulls(meeting), ...(details.get(meeting) ?? generated) }),
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
      const byId = new Map(given.map((meeting) => [meeting.id, meeting]))
      let bytes = meetingBytes
      let count = meetings.size
      for (const [id, meeting] of byId) {
        const before = meetings.get(id)
        if (before === undefined) count++
        bytes += bytesOfMeeting(keptMeeting(meeting), keptDetails(meeting)) - bytesBefore(before)
      }
      return count <= Bounds.meetings && bytes <= Bounds.meetingBytes
    },
    meetingBytes: () => meetingBytes,
    removeMeeting,
  }
}

/** Putting this many meetings takes one or two milliseconds. */
const meetingsPerTurn = 250

/**
 * Puts meetings, some at a time, so that other requests are served between turns. Returns `false` at the first meeting that
 * does not fit; those after it are not put.
 */
export const putAll = Effect.fnUntraced(function* (store: Store, meetings: Iterable<GivenMeeting>) {
  let count = 0
  for (const meeting of meetings) {
    if (!store.putMeeting(meeting)) return false
    if (++count % meetingsPerTurn === 0) yield* Effect.yieldNow
  }
  return true
})

const noDetails: Details = {}

const indexKey = (tenant: string, meetingNo: string): string => `${meetingNo} ${tenant}`

/** Somebody as the models have them. */
type KeptPerson = Omit<PersonNow, "policy"> & {
  readonly policy: Exclude<PersonNow["policy"], undefined> | null
}

/** Returns an app as a seed has it: without the fields that have no value. */
export const writtenApp = (app: App): Seed.App => withoutNulls(app)

const withoutNulls = <Stored extends object>(stored: Stored) =>
  Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null)) as {
    [Key in keyof Stored as null extends Stored[Key] ? never : Key]: Stored[Key]
  } & { [Key in keyof Stored as null extends Stored[Key] ? Key : never]?: Exclude<Stored[Key], null> }

const detailKeys = [
  "status",
  "create_time",
  "host_user",
  "participants",
  "ability",
  "recording",
  "note_doc_token",
  "verbatim_doc_token",
  "visible_to",
] as const satisfies ReadonlyArray<Exclude<keyof Details, "generate">>

/** Returns what a meeting is given in addition to its row, except for what is to be generated; `undefined` if there is nothing. */
const writtenDetails = (given: GivenMeeting): Omit<Details, "generate"> | undefined => {
  for (const key of detailKeys) if (key in given) return Struct.pick(given, detailKeys)
  return undefined
}

const keptApp = (app: Seed.App) => ({
  ...app,
  scopes: [...app.scopes],
  tenants: [...app.tenants],
  allowed_ips: app.allowed_ips === undefined ? null : [...app.allowed_ips],
  encrypt_key: app.encrypt_key ?? null,
  verification_token: app.verification_token ?? null,
  name: app.name ?? null,
  redirect_urls: app.redirect_urls === undefined ? null : [...app.redirect_urls],
  refresh_user_access_token: app.refresh_user_access_token ?? null,
  enabled: app.enabled ?? null,
  availability: app.availability === undefined ? null : [...app.availability],
})

const bytesOf = (entry: object): number => Buffer.byteLength(JSON.stringify(entry))
