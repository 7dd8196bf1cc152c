/** Checks of the details and the recording of one meeting: the first ones of the number, and ids that nobody has. */
import { GetMeeting } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Behaviour from "../protocol/Behaviour.ts"
import { type Answer, codeOf, member, namesOf, statusAndCode } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { observed, observedCode, successful } from "./Observation.ts"
import { get, mostRecordings, ofDetails, ofRecordings, pathOf, permitted, unknownId } from "./oneMeeting.ts"
import type { Probes } from "./Probes.ts"
import { Undecided } from "./Subject.ts"

const { defaults } = Behaviour

/** Returns the answer to another query about the first meeting. */
const ask = (probes: Probes, query: string) =>
  Effect.flatMap(probes.firstMeeting, ({ id }) => permitted(probes, `${id}${query}`, ofDetails))

const recordingThat = (probes: Probes, isWanted: (answer: Answer) => boolean, what: string) =>
  Effect.flatMap(probes.recordings, (answers) => {
    const found = answers.find(isWanted)
    return found === undefined
      ? Effect.fail(
          new Undecided({
            because: `not one of the first ${answers.length} meetings is ${what}`,
            give: "use another --meeting-no",
          }),
        )
      : Effect.succeed(found)
  })

/** Returns the flag for a code that the switch knows. */
const flagOf =
  (name: string, literals: ReadonlyArray<string | number>) =>
  (shape: string): string | undefined => {
    const found = literals.find((one) => shape.endsWith(` ${one}`) || shape === String(one))
    return found === undefined ? undefined : `${name} ${found === "[]" ? "'[]'" : found}`
  }

const { fields } = Behaviour.Behaviour

/** The documented fields of a meeting, and their types. */
const documented: Readonly<Record<string, string>> = {
  id: "string",
  topic: "string",
  url: "string",
  meeting_no: "string",
  password: "string",
  create_time: "string",
  start_time: "string",
  end_time: "string",
  host_user: "object",
  meeting_connect: "boolean",
  status: "number",
  participant_count: "string",
  participant_count_accumulated: "string",
  participants: "object",
  ability: "object",
  note_id: "string",
}

/** Returns the fields that are not documented, and those whose type is another one. */
const oddFields = (meeting: unknown): string =>
  namesOf(meeting)
    .flatMap((name) => {
      const type = typeof member(meeting, name)
      if (documented[name] === undefined) return [`${name} is new`]
      return type === documented[name] ? [] : [`${name} is a ${type}`]
    })
    .join("; ")

/** Paths that no meeting has, what they are answered with, and what is decided by that. */
const wrongIds: ReadonlyArray<Check> = (
  [
    ["meeting-id-word", "abc", "400 code 99992402", "a meeting id that is a word: 99992402"],
    ["meeting-id-zero", "0", "400 code 121003", "the meeting id 0: 121003"],
    [
      "meeting-id-none",
      "",
      '404 text/plain "404 page not found"',
      "no meeting id, and a slash at the end: 404 in plain text",
    ],
    ["meeting-unknown", unknownId, "404 code 121004", "details of an id that nobody has: 121004"],
  ] as const
).map(([id, path, expected, what]): Check => ({
  id,
  row:
    id === "meeting-unknown" ? "121004" : id === "meeting-id-word" ? "meetingIdRefusal" : "meeting-id-path",
  source: "inferred",
  what,
  request: `GET ${pathOf(path)}`,
  requests: 1,
  expected,
  ...(id === "meeting-id-word"
    ? {
        switch: "meetingIdRefusal" as const,
        flag: flagOf("--meeting-id-refusal", fields.meetingIdRefusal.literals),
      }
    : {}),
  observe: (probes) => Effect.map(permitted(probes, path, ofDetails), observedCode),
}))

/** The checks, in the order in which they run. */
export const meetingChecks: ReadonlyArray<Check> = [
  {
    id: "details",
    row: "details",
    source: "doc",
    what: "details have the documented fields",
    request: "GET the first meeting",
    requests: 1,
    expected: "200 code 0: code, data, msg; meeting",
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const { answer } = yield* probes.firstMeeting
      const data = member(answer.json, "data")
      const odd = oddFields(member(data, "meeting"))
      const names = [...namesOf(answer.json)].join(", ")
      return observed(
        [`${statusAndCode(answer)}: ${names}`, namesOf(data).join(", "), ...(odd === "" ? [] : [odd])].join(
          "; ",
        ),
        answer,
      )
    }),
  },
  {
    id: "participants-unrequested",
    row: "participantsUnrequested",
    source: "inferred",
    what: "participants that were not requested are absent",
    request: "GET the first meeting",
    requests: 1,
    expected: defaults.participantsUnrequested,
    switch: "participantsUnrequested",
    flag: flagOf("--participants-unrequested", fields.participantsUnrequested.literals),
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const answer = yield* successful(
        "a request for details",
        ask(probes, "?with_participants=false&with_meeting_ability=false&query_mode=0"),
      )
      const participants = member(answer.json, "data", "meeting", "participants")
      return observed(
        participants === undefined
          ? "absent"
          : participants === null
            ? "null"
            : Array.isArray(participants) && participants.length === 0
              ? "[]"
              : "a list",
        answer,
      )
    }),
  },
  {
    id: "details-flags",
    row: "details-query",
    source: "sdk",
    what: "with_participants=True returns participants",
    request: "GET the first meeting ?with_participants=True",
    requests: 1,
    expected: "200 code 0, a list",
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const answer = yield* ask(probes, "?with_participants=True")
      const list = Array.isArray(member(answer.json, "data", "meeting", "participants"))
        ? "a list"
        : "no list"
      return codeOf(answer) === 0
        ? observed(`${statusAndCode(answer)}, ${list}`, answer)
        : observedCode(answer)
    }),
  },
  {
    id: "details-artifacts",
    row: "details-artifacts",
    source: "doc",
    what: "with query_mode=1 there are artifacts and no meeting",
    request: "GET the first meeting ?query_mode=1",
    requests: 1,
    expected: "related_artifacts",
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const answer = yield* successful("a request for artifacts", ask(probes, "?query_mode=1"))
      return observed(namesOf(member(answer.json, "data")).join(", ") || "nothing", answer)
    }),
  },
  {
    id: "details-wrong-fields",
    row: "99992402",
    source: "inferred",
    what: "every wrong field of details is named at once",
    request: "GET the first meeting with three wrong fields",
    requests: 1,
    expected: "400 code 99992402: query_mode, user_id_type, with_participants",
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const answer = yield* ask(probes, "?with_participants=yes&user_id_type=email&query_mode=2")
      const violations = member(answer.json, "error", "field_violations")
      const named = (Array.isArray(violations) ? violations : []).map((each: unknown) =>
        String(member(each, "field")),
      )
      const known = named.map((name) =>
        Object.hasOwn(GetMeeting.Query.fields, name) ? name : "another field",
      )
      return known.length === 0
        ? observedCode(answer)
        : observed(`${statusAndCode(answer)}: ${known.toSorted().join(", ")}`, answer)
    }),
  },
  {
    id: "details-user-id",
    row: "userIdWithoutScope",
    source: "inferred",
    what: "user_id without its scope: 99991672",
    request: "GET the first meeting ?user_id_type=user_id",
    requests: 1,
    expected: "400 code 99991672: field_scope_required",
    switch: "userIdWithoutScope",
    flag: (shape) => (shape === "200 code 0 without ids" ? "--user-id-without-scope absent" : undefined),
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const { id } = yield* probes.firstMeeting
      const answer = yield* get(probes, `${id}?user_id_type=user_id`)
      const type = member(answer.json, "error", "permission_violations", "0", "type")
      if (codeOf(answer) === 99991672) {
        const shown = type === "field_scope_required" ? type : "another violation"
        return observed(`${statusAndCode(answer)}: ${shown}`, answer)
      }
      const host = member(answer.json, "data", "meeting", "host_user")
      if (codeOf(answer) !== 0) return observedCode(answer)
      if (host !== undefined && member(host, "id") === undefined) {
        return observed("200 code 0 without ids", answer)
      }
      return yield* new Undecided({
        because: "the app has the scope of user ids",
        give: `use an app without ${GetMeeting.userIdScope}`,
      })
    }),
  },
  ...wrongIds,
  {
    id: "recording-unknown",
    row: "unknownMeetingRecording",
    source: "inferred",
    what: "the recording of an id that nobody has: 122002",
    request: `GET ${pathOf(unknownId)}/recording`,
    requests: 1,
    expected: `404 code ${defaults.unknownMeetingRecording}`,
    switch: "unknownMeetingRecording",
    flag: flagOf("--unknown-meeting-recording", fields.unknownMeetingRecording.literals),
    observe: (probes) => Effect.map(permitted(probes, `${unknownId}/recording`, ofRecordings), observedCode),
  },
  {
    id: "recording-none",
    row: "unrecordedMeeting",
    source: "wire",
    what: "a meeting without a recording: 121004",
    request: "GET the recordings of the first meetings",
    requests: mostRecordings,
    expected: `404 code ${defaults.unrecordedMeeting}`,
    switch: "unrecordedMeeting",
    flag: (shape) => (shape === "200 code 0, no recording" ? "--unrecorded-meeting empty" : undefined),
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const answer = yield* recordingThat(probes, (one) => !hasRecording(one), "without a recording")
      return codeOf(answer) === 0
        ? observed(`${statusAndCode(answer)}, no recording`, answer)
        : observedCode(answer)
    }),
  },
  {
    id: "recording-fields",
    row: "recordingIds",
    source: "doc",
    what: "a recording has a url and a duration",
    request: "GET the recordings of the first meetings",
    requests: 0,
    expected: "duration, url",
    switch: "recordingIds",
    flag: (shape) => (shape === "duration, id, meeting_id, url" ? "--recording-ids sent" : undefined),
    observe: Effect.fnUntraced(function* (probes: Probes) {
      const answer = yield* recordingThat(probes, hasRecording, "recorded")
      return observed(namesOf(member(answer.json, "data", "recording")).join(", "), answer)
    }),
  },
]

const hasRecording = ({ json }: Answer): boolean => namesOf(member(json, "data", "recording")).includes("url")
