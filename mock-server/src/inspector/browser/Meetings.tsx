/** The meetings in the mock, a page at a time. */
import { useSignal } from "@preact/signals"
import { useEffect, useId } from "preact/hooks"
import type { Meeting } from "../../protocol/PublicTypes.ts"
import { addressOf, change, parameter } from "./address.ts"
import { ask } from "./control.ts"
import { columns } from "./columns.ts"
import { MeetingDetails } from "./MeetingDetails.tsx"
import { MeetingForm } from "./MeetingForm.tsx"
import { meetingNoIn } from "./meetingNo.ts"
import { now, shownWorkspace, version } from "./mock.ts"
import { announce, reportFailure } from "./notices.tsx"
import { number } from "./language.ts"
import { texts } from "./texts.ts"
import { machine, toTheMinute } from "./times.ts"

const pageSize = 50

interface Found {
  readonly total: number
  readonly meetings: ReadonlyArray<Meeting>
}

/** The view of the meetings. */
export const Meetings = () => {
  const t = texts.value
  const found = useSignal<Found | undefined>(undefined)
  const numbers = useId()
  const no = parameter("no")
  const search = parameter("q")
  const offset = Math.max(0, Math.floor(Number(parameter("offset") ?? 0)) || 0)
  const isAdding = useSignal(false)
  const changes = version.value

  useEffect(() => {
    const stop = new AbortController()
    const read = async () => {
      const query = { meeting_no: no, search, offset, limit: pageSize }
      try {
        found.value = await ask<Found>("GET", "/meetings", { query, signal: stop.signal })
        announce(rangeOf(found.value, offset))
      } catch (error) {
        if (!stop.signal.aborted) throw error
      }
    }
    // Waits until the user stops typing.
    const timer = setTimeout(() => void reportFailure(read()), found.value === undefined ? 0 : 150)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [no, search, offset, changes])

  const known = shownWorkspace()
  return (
    <>
      <div class="toolbar">
        <label>
          <span>{t.meetings.no}</span>
          <input
            type="search"
            inputMode="numeric"
            list={numbers}
            placeholder={t.meetings.all}
            value={no ?? ""}
            onInput={({ currentTarget }) =>
              change({ no: meetingNoIn(currentTarget.value), offset: undefined, open: undefined })
            }
          />
          <datalist id={numbers}>
            {known?.meetingNos.slice(0, 200).map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
        <label class="grow">
          <span>{t.meetings.search}</span>
          <input
            type="search"
            placeholder={t.meetings.searchHint}
            value={search ?? ""}
            onInput={({ currentTarget }) =>
              change({ q: currentTarget.value, offset: undefined, open: undefined })
            }
          />
        </label>
        <button
          type="button"
          aria-expanded={isAdding.value}
          onClick={() => {
            isAdding.value = !isAdding.value
          }}
        >
          {t.meetings.add}
        </button>
      </div>
      {isAdding.value && (
        <MeetingForm
          onDone={(id) => {
            isAdding.value = false
            if (id !== undefined) change({ no: undefined, q: undefined, offset: undefined, open: id })
          }}
        />
      )}
      {found.value === undefined ? (
        <p class="nothing">{t.loading}</p>
      ) : found.value.total === 0 ? (
        <>
          <p class="nothing">{t.meetings.none}</p>
          {no !== undefined && !/^\d{9}$/.test(no) && <p class="wrong">{t.meetings.wrongNo(no)}</p>}
        </>
      ) : (
        <>
          <table class="meetings">
            <caption class="hidden">{t.meetings.caption}</caption>
            <thead>
              <tr>
                <th scope="col">{t.meetings.start}</th>
                <th scope="col">{t.meetings.no}</th>
                <th scope="col">{t.meetings.topic}</th>
                <th scope="col" class="wide number">
                  {t.meetings.minutes}
                </th>
                <th scope="col" class="wide">
                  {t.meetings.id}
                </th>
              </tr>
            </thead>
            <tbody>
              {found.value.meetings.map((meeting) => (
                <MeetingRow key={meeting.id} meeting={meeting} />
              ))}
            </tbody>
          </table>
          <Pager found={found.value} offset={offset} />
        </>
      )}
    </>
  )
}

const rangeOf = ({ meetings, total }: Found, offset: number): string => {
  const t = texts.value.meetings
  return total === 0 ? t.none : t.range(offset + 1, offset + meetings.length, total)
}

const MeetingRow = ({ meeting }: { readonly meeting: Meeting }) => {
  const { end_time: end, id, meeting_no: no, start_time: start, topic } = meeting
  // The mock keeps times in unix seconds, in whatever way the seed writes them.
  const begins = Number(start) * 1000
  const ends = end === undefined ? Infinity : Number(end) * 1000
  const minutes = end === undefined ? undefined : number((Number(end) - Number(start)) / 60)
  const present = now() ?? 0
  const isOpen = parameter("open") === id
  const toggle = () => change({ open: isOpen ? undefined : id })
  const name = `meeting-${id}`
  return (
    <>
      <tr
        class={isOpen ? "open" : ""}
        onClick={(event) => {
          // Links and buttons do what they do, and a click that ends a text selection must not toggle.
          if (event.target instanceof Element && event.target.closest("a, button") !== null) return
          if (getSelection()?.isCollapsed !== false) toggle()
        }}
      >
        <td class="time">
          <time dateTime={machine(begins)}>{toTheMinute(begins)}</time>{" "}
          {begins <= present && present < ends && <span class="tag">{texts.value.meeting.states[2]}</span>}
        </td>
        <td class="meeting-no">
          <a href={addressOf("meetings", { no })}>{no}</a>
        </td>
        <th scope="row">
          <button
            type="button"
            class="bare"
            aria-expanded={isOpen}
            aria-controls={isOpen ? name : undefined}
            onClick={toggle}
          >
            {topic === "" ? <i>{texts.value.meetings.noTopic}</i> : topic}
          </button>
          <span class="narrow">
            {minutes === undefined ? "" : `${texts.value.meetings.inMinutes(minutes)} · `}
            <span class="log-id">{id}</span>
          </span>
        </th>
        <td class="wide number">{minutes}</td>
        <td class="wide log-id">{id}</td>
      </tr>
      {isOpen && (
        <tr class="detail">
          <td colSpan={columns.value} id={name}>
            <MeetingDetails key={version.value} id={id} />
          </td>
        </tr>
      )}
    </>
  )
}

const Pager = ({ found, offset }: { readonly found: Found; readonly offset: number }) => {
  const t = texts.value
  const last = Math.floor((found.total - 1) / pageSize) * pageSize
  const to = (label: string, target: number, isEnabled: boolean) => (
    <button
      type="button"
      disabled={!isEnabled}
      onClick={() => {
        location.hash = addressOf("meetings", {
          no: parameter("no"),
          q: parameter("q"),
          offset: target === 0 ? undefined : String(target),
        })
      }}
    >
      {label}
    </button>
  )
  return (
    <nav class="pager" aria-label={t.meetings.pages}>
      {to(t.meetings.first, 0, offset > 0)}
      {to(t.meetings.previous, Math.max(0, offset - pageSize), offset > 0)}
      <p>{rangeOf(found, offset)}</p>
      {to(t.meetings.next, offset + pageSize, offset < last)}
      {to(t.meetings.last, last, offset < last)}
    </nav>
  )
}
