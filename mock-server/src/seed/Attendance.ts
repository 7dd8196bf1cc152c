/**
 * Who takes part in a meeting, its recording and its documents: as a seed gives them, or generated from a random seed and the id
 * of the meeting. Generated ones are derived whenever they are needed and never kept, so that a million meetings take no more
 * memory for them.
 */
import * as Crypto from "node:crypto"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { InSeconds, Meeting } from "./Seed.ts"

/** A time in the meeting, in unix seconds. Without `leave`, until the meeting ends. */
interface Stay {
  readonly join: number
  readonly leave: number | undefined
}

/** Somebody who takes part, or was called. */
export interface Person {
  readonly user: PublicTypes.UserNow
  readonly isHost: boolean
  readonly isCohost: boolean
  readonly isExternal: boolean
  /** In the order of their times; none for somebody who was never in the meeting. */
  readonly stays: ReadonlyArray<Stay>
  /** Seconds, if a seed says them; otherwise they follow from the stays. */
  readonly seconds: number | undefined
  /** For somebody without stays: called, ringing, or did not come. */
  readonly neverThere: 1 | 3 | 4
}

/** A recording as it will be: milliseconds, and when it is ready if that is known. */
export interface Recording {
  readonly url: string
  /** Milliseconds; `undefined` for the duration of the meeting. */
  readonly duration: number | undefined
  readonly readyTime: number | undefined
}

/** The whole course of a meeting, whatever the time is. */
export interface Attendance {
  readonly createTime: number
  readonly host: PublicTypes.UserNow | undefined
  readonly people: ReadonlyArray<Person>
  readonly ability: Required<PublicTypes.Ability>
  readonly recording: Recording | undefined
  /** Empty texts for documents that there are not. */
  readonly noteDocToken: string
  readonly verbatimDocToken: string
}

/** A meeting as it is given, with its times in unix seconds and the random seed of what is to be generated. */
export type Given = InSeconds<Omit<Meeting, "generate">> & {
  readonly generate?: { readonly random_seed: string; readonly participants?: number }
}

/** Returns the attendance of a meeting. What the meeting gives comes before what is generated. */
export const of = (meeting: Given): Attendance => {
  const generated = meeting.generate === undefined ? undefined : generate(meeting, meeting.generate)
  const people = meeting.participants?.map((row) => personOf(row, meeting)) ?? generated?.people ?? []
  const recording =
    meeting.recording === undefined
      ? generated?.recording
      : {
          url: meeting.recording.url ?? minuteUrl(meeting.id),
          duration: meeting.recording.duration,
          readyTime: meeting.recording.ready_time,
        }
  const noteDocToken = meeting.note_doc_token ?? generated?.noteDocToken ?? ""
  return {
    createTime: meeting.create_time ?? generated?.createTime ?? meeting.start_time,
    host:
      meeting.host_user === undefined ? people.find(({ isHost }) => isHost)?.user : userOf(meeting.host_user),
    people,
    ability: {
      ...(generated?.ability ?? {
        ...someAbility,
        use_pstn: people.some(({ user }) => user.user_type === telephone),
      }),
      use_recording: recording !== undefined,
      ...meeting.ability,
    },
    recording,
    noteDocToken,
    verbatimDocToken: meeting.verbatim_doc_token ?? generated?.verbatimDocToken ?? "",
  }
}

const someAbility = { use_video: true, use_audio: true, use_share_screen: false, use_follow_screen: false }

const feishu = 1
const rooms = 2
const telephone = 6
const sip = 7

/** True for users who have an `open_id` alone: rooms, telephones and SIP devices. */
export const isDevice = (userType: unknown): boolean =>
  userType === rooms || userType === telephone || userType === sip

/** Returns somebody with every id: those that are not given follow from the others. */
export const userOf = (given: PublicTypes.User): PublicTypes.UserNow => {
  const userType = given.user_type ?? feishu
  const known = given.open_id ?? given.union_id ?? given.user_id ?? ""
  if (isDevice(userType)) return { open_id: known, union_id: given.union_id ?? known, user_type: userType }
  const { open_id, union_id, user_id } = idsIn(digestOf(known))
  return {
    open_id: given.open_id ?? open_id,
    union_id: given.union_id ?? union_id,
    user_id: given.user_id ?? user_id,
    user_type: userType,
  }
}

/** Returns the ids of a Feishu user in a digest. */
const idsIn = (digest: string) => ({
  open_id: `ou_${digest.slice(0, 32)}`,
  union_id: `on_${digest.slice(32)}`,
  user_id: digest.slice(20, 28),
})

const personOf = (row: InSeconds<PublicTypes.Participant>, meeting: Given): Person => ({
  user: userOf(row),
  isHost: row.is_host ?? false,
  isCohost: row.is_cohost ?? false,
  isExternal: row.is_external ?? false,
  stays: row.status !== undefined && row.first_join_time === undefined ? [] : staysOf(row, meeting),
  seconds: row.in_meeting_duration,
  neverThere: row.status ?? 4,
})

/** Somebody who was there for fewer seconds than between the first join and the last leave has left in between. */
const staysOf = (row: InSeconds<PublicTypes.Participant>, meeting: Given): ReadonlyArray<Stay> => {
  const join = row.first_join_time ?? meeting.start_time
  const leave = row.final_leave_time ?? meeting.end_time
  const { in_meeting_duration: seconds } = row
  if (leave === undefined || seconds === undefined || seconds < 2 || seconds >= leave - join)
    return [{ join, leave }]
  const first = Math.floor(seconds / 2)
  return [
    { join, leave: join + first },
    { join: leave - (seconds - first), leave },
  ]
}

/** Generates the attendance of a meeting: the people of one meeting number recur. */
const generate = (
  { end_time: end, id, meeting_no: meetingNo, note_id: noteId, start_time: start }: Given,
  { participants, random_seed: seed }: NonNullable<Given["generate"]>,
): Omit<Attendance, "host"> => {
  const draw = drawsOf(`attendance/${seed}/${id}`)
  const chance = (probability: number) => draw() < probability
  const below = (bound: number) => Math.floor(draw() * bound)
  const createTime = Math.max(0, start - below(600))
  // A meeting without an end goes on; people behave as in one of an hour.
  const length = end === undefined ? 3_600 : end - start
  const isRecorded = chance(0.3) && length >= 60
  const duration =
    isRecorded && end !== undefined ? (length - below(Math.min(length, 60))) * 1_000 : undefined
  const hasNote = noteId !== undefined || chance(0.1)
  const hasTranscript = hasNote && chance(0.8)
  const ability = {
    use_video: chance(0.9),
    use_audio: true,
    use_share_screen: chance(0.6),
    use_follow_screen: chance(0.1),
  }
  const size = chance(0.15) ? 2 : chance(0.8) ? 3 + below(8) : chance(0.9) ? 8 + below(25) : 30 + below(120)
  const count = participants ?? size
  const people: Array<Person> = []
  for (let index = 0; people.length < count; index++) {
    // Those with low numbers come to nearly every meeting.
    if (chance(0.25)) continue
    const isHost = people.length === 0
    const { isExternal, user } = regular(seed, meetingNo, index)
    const isFeishu = user.user_type === feishu
    const wasRung = !isHost && isFeishu && chance(0.04)
    const joinAfter = isHost
      ? 0
      : Math.floor(
          chance(0.65)
            ? draw() * Math.min(180, length / 4)
            : chance(0.7)
              ? (draw() * length) / 3
              : draw() * length * 0.7,
        )
    const join = start + joinAfter
    const left = length - joinAfter
    const leave = chance(0.75) ? end : join + Math.max(1, Math.floor(left * (0.3 + 0.7 * draw())))
    const isBack = chance(0.12)
    const away = 0.2 + 0.3 * draw()
    people.push({
      user,
      isHost,
      isCohost: !isHost && isFeishu && !isExternal && people.length < 4 && chance(0.15),
      isExternal,
      stays: wasRung ? [] : isBack ? interrupted(join, leave, away) : [{ join, leave }],
      seconds: undefined,
      neverThere: 4,
    })
  }
  return {
    createTime,
    people,
    ability: {
      ...ability,
      use_recording: isRecorded,
      use_pstn: people.some(({ user }) => user.user_type === telephone),
    },
    recording: isRecorded ? { url: minuteUrl(`${seed}/${id}`), duration, readyTime: undefined } : undefined,
    noteDocToken: hasNote ? `doxcn${letters(`note/${seed}/${id}`, 22)}` : "",
    verbatimDocToken: hasTranscript ? `doxcn${letters(`verbatim/${seed}/${id}`, 22)}` : "",
  }
}

/** Splits a stay in two: somebody leaves and comes back. */
const interrupted = (join: number, leave: number | undefined, away: number): ReadonlyArray<Stay> => {
  const length = (leave ?? join + 1_800) - join
  if (length < 30) return [{ join, leave }]
  const out = join + Math.floor(length * away)
  return [
    { join, leave: out },
    { join: out + Math.max(10, Math.floor(length * 0.1)), leave },
  ]
}

/**
 * Returns one of the people of a meeting number: the first three are of the tenant, the fifth is a room, and
 * others may be guests or devices.
 */
export const regular = (seed: string, meetingNo: string, index: number) => {
  const digest = digestOf(`${seed}/${meetingNo}/${index}`)
  const kind = index < 3 ? 0 : index === 4 ? 0.9 : Number.parseInt(digest.slice(-8), 16) / 2 ** 32
  const device = kind >= 0.985 ? sip : kind >= 0.96 ? telephone : kind >= 0.9 ? rooms : undefined
  if (device === undefined) return { user: { ...idsIn(digest), user_type: feishu }, isExternal: kind >= 0.78 }
  const id = `omm_${digest.slice(0, 32)}`
  return { user: { open_id: id, union_id: id, user_type: device }, isExternal: false }
}

const minuteUrl = (of: string): string =>
  `https://meetings.feishu.cn/minutes/obcn${letters(`minute/${of}`, 20)}`

const letters = (of: string, count: number): string => {
  const draw = drawsOf(of)
  return Array.from({ length: count }, () => Math.floor(draw() * 36).toString(36)).join("")
}

/** Returns 64 hexadecimal digits. */
export const digestOf = (text: string): string => Crypto.hash("sha256", text, "hex")

/** Most meetings need fewer bytes: making a hash costs as much as everything else. */
const blockBytes = 512

/** Returns a function that draws numbers from 0 (inclusive) to 1 (exclusive): the same ones for the same text. */
const drawsOf = (text: string): (() => number) => {
  const blockAt = (count: number) =>
    Crypto.createHash("shake256", { outputLength: blockBytes }).update(`${text}/${count}`).digest()
  let count = 0
  let block = blockAt(count)
  let at = 0
  return () => {
    if (at === block.length) {
      block = blockAt(++count)
      at = 0
    }
    at += 4
    return block.readUInt32LE(at - 4) / 2 ** 32
  }
}
