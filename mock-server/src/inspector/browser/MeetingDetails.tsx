/** What happened in a meeting, as it is at the moment of the mock's clock: its people and its recording. */
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { Meeting, MeetingNow, MeetingWithDetails, ParticipantNow } from "../../protocol/PublicTypes.ts"
import { change } from "./address.ts"
import { ask } from "./control.ts"
import { number } from "./language.ts"
import { MeetingForm } from "./MeetingForm.tsx"
import { now, version } from "./mock.ts"
import { reportFailure } from "./notices.tsx"
import { texts } from "./texts.ts"
import { full, machine, timeOfDay } from "./times.ts"

/** The most rows of the table: a meeting may have thousands of participants. */
const rows = 200

/** What was read of a meeting, and the second of the mock's clock in which it was. */
interface Read extends MeetingWithDetails {
  readonly second: number
}

/** True when the answer may be another one at this second: while something is to come, and after the clock was moved back. */
const isOutdated = ({ details, second: readAt }: Read, second: number): boolean =>
  second < readAt ||
  (second > readAt && (details?.end_time === undefined || details.recording.state === "being made"))

/** The details of one meeting. They are read again as the mock's clock goes on, or is moved. */
export const MeetingDetails = ({ id }: { readonly id: string }) => {
  const t = texts.value.meeting
  const read = useSignal<Read | "gone" | undefined>(undefined)
  const present = now()
  const second = present === undefined ? undefined : Math.floor(present / 1000)
  const isDue =
    second !== undefined &&
    read.value !== "gone" &&
    (read.value === undefined || isOutdated(read.value, second))
  useEffect(() => {
    if (!isDue) return undefined
    const stop = new AbortController()
    const readNow = async () => {
      try {
        const path = `/meetings/${id}`
        read.value = { ...(await ask<MeetingWithDetails>("GET", path, { signal: stop.signal })), second }
      } catch {
        if (!stop.signal.aborted) read.value = "gone"
      }
    }
    void readNow()
    return () => stop.abort()
  }, [id, second, isDue])

  if (read.value === undefined) return <p>{texts.value.loading}</p>
  if (read.value === "gone") return <p>{t.gone}</p>
  const { details, meeting } = read.value
  if (details === undefined) {
    return (
      <>
        <Changes meeting={meeting} />
        <p>{t.later(full(Number(meeting.start_time) * 1000))}</p>
      </>
    )
  }
  const { host_user: host, participants, related_artifacts: documents } = details
  return (
    <>
      <Changes meeting={meeting} />
      <dl>
        <dt>{t.state}</dt>
        <dd>
          {details.end_time === undefined ? t.states[details.status] : t.ended(full(details.end_time * 1000))}
        </dd>
        <dt>{t.host}</dt>
        <dd>{host?.open_id ?? t.none}</dd>
        <dt>{t.participants}</dt>
        <dd>{t.counts(details.participant_count, details.participant_count_accumulated)}</dd>
        <dt>{t.recording}</dt>
        <dd>{recordingInWords(details.recording)}</dd>
        {documents.note_doc_token !== "" && (
          <>
            <dt>{t.note}</dt>
            <dd>{documents.note_doc_token}</dd>
          </>
        )}
        {documents.verbatim_doc_token !== "" && (
          <>
            <dt>{t.transcript}</dt>
            <dd>{documents.verbatim_doc_token}</dd>
          </>
        )}
        {meeting.visible_to !== undefined && (
          <>
            <dt>{t.visibleTo}</dt>
            <dd>{meeting.visible_to.join(", ") || t.nobody}</dd>
          </>
        )}
      </dl>
      {participants.length > 0 && (
        <table class="people">
          <caption class="hidden">{t.participants}</caption>
          <thead>
            <tr>
              <th scope="col">{t.participant}</th>
              <th scope="col">{t.stays}</th>
              <th scope="col" class="number">
                {texts.value.meetings.minutes}
              </th>
            </tr>
          </thead>
          <tbody>
            {participants.slice(0, rows).map((participant, index) => (
              <ParticipantRow key={index} participant={participant} />
            ))}
          </tbody>
        </table>
      )}
      {participants.length > rows && <p class="hint">{t.more(participants.length - rows)}</p>}
    </>
  )
}

/** The buttons that change and remove the meeting. */
const Changes = ({ meeting }: { readonly meeting: Meeting }) => {
  const t = texts.value.meetings
  const isChanging = useSignal(false)
  const remove = async () => {
    await ask("DELETE", `/meetings/${meeting.id}`)
    change({ open: undefined })
    version.value++
  }
  return isChanging.value ? (
    <MeetingForm
      given={meeting}
      onDone={() => {
        isChanging.value = false
      }}
    />
  ) : (
    <div class="toolbar">
      <button
        type="button"
        onClick={() => {
          isChanging.value = true
        }}
      >
        {t.change}
      </button>
      <button
        type="button"
        class="danger"
        onClick={() => {
          if (confirm(t.removeAsk)) void reportFailure(remove())
        }}
      >
        {t.remove}
      </button>
    </div>
  )
}

const recordingInWords = (recording: MeetingNow["recording"]): string => {
  const t = texts.value.meeting.recordings
  switch (recording.state) {
    case "ready":
      return t.ready(recording.url, number(recording.duration / 60_000, 1))
    case "being made":
      return t.beingMade(full(recording.ready_time * 1000))
    case "running":
      return t.running
    case "none":
      return t.none
  }
}

const ParticipantRow = ({ participant }: { readonly participant: ParticipantNow }) => {
  const t = texts.value.meeting
  const { in_meeting_duration: seconds, open_id: id, stays, status, user_type: kind } = participant
  const marks = [
    ...(participant.is_host ? [t.host] : []),
    ...(participant.is_cohost ? [t.cohost] : []),
    ...(participant.is_external ? [t.external] : []),
    ...(kind === 1 ? [] : [t.kinds[kind as keyof typeof t.kinds]]),
  ]
  return (
    <tr>
      <th scope="row">
        <span class="log-id">{id}</span>{" "}
        {marks.map((mark) => (
          <span key={mark} class="tag">
            {mark}
          </span>
        ))}
      </th>
      <td class="stays">
        {stays.length === 0
          ? t.neverThere[status as keyof typeof t.neverThere]
          : stays.map(({ join_time: join, leave_time: leave }) => (
              <p key={join}>
                <time dateTime={machine(join * 1000)}>{timeOfDay(join * 1000)}</time>
                {" – "}
                {leave === undefined ? (
                  t.present
                ) : (
                  <time dateTime={machine(leave * 1000)}>{timeOfDay(leave * 1000)}</time>
                )}
              </p>
            ))}
      </td>
      <td class="number">{stays.length === 0 ? "" : number(seconds / 60, 1)}</td>
    </tr>
  )
}
