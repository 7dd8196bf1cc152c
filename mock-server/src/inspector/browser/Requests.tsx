/** What happened: the requests to the mock while they happen, each with all that the journal has of it. */
import { signal, useSignal } from "@preact/signals"
import { Fragment } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { Detail, Entry } from "../../protocol/PublicTypes.ts"
import { change, parameter } from "./address.ts"
import { ask } from "./control.ts"
import { curl } from "./curl.ts"
import { entries, reload } from "./journal.ts"
import { announce, failing } from "./notices.tsx"
import { prettyJson } from "./prettyJson.ts"
import { number } from "./language.ts"
import { texts } from "./texts.ts"
import { full, machine, timeOfDay } from "./times.ts"

/** Rows of the table, at most: a browser is slow with thousands. The filter finds the others. */
const rows = 200

const hasFailed = ({ code = 0, fault, status }: Entry) => status >= 400 || code !== 0 || fault !== undefined

const narrow = matchMedia("(max-width: 720px)")
/** How many columns there are: on a phone, the style hides two. */
const columns = signal(narrow.matches ? 3 : 5)
narrow.addEventListener("change", () => {
  columns.value = narrow.matches ? 3 : 5
})

const fits = (entry: Entry, words: ReadonlyArray<string>): boolean => {
  const { appId, code, fault, logId, method, operation, pageTokenRefused, path, query, status } = entry
  const named = [method, path, operation, status, code, logId, appId, pageTokenRefused, fault]
  const parts = [...named, ...Object.entries(query).flat()]
  const text = parts.join(" ").toLowerCase()
  return words.every((word) => text.includes(word))
}

/** See the file. */
export const Requests = () => {
  const t = texts.value
  const held = useSignal<ReadonlyArray<Entry> | undefined>(undefined)
  const all = held.value ?? entries.value ?? []
  const filter = parameter("q") ?? ""
  const failures = parameter("failures") !== undefined
  const open = Number(parameter("open") ?? Number.NaN)

  const words = filter.toLowerCase().split(/\s+/)
  const fitting = all.filter((entry) => (!failures || hasFailed(entry)) && fits(entry, words))
  const shown = fitting.slice(-rows).toReversed()
  useNews(entries.value)

  return (
    <>
      <div class="toolbar">
        <label class="grow">
          <span>{t.requests.filter}</span>
          <input
            type="search"
            placeholder={t.requests.filterHint}
            value={filter}
            onInput={({ currentTarget }) => change({ q: currentTarget.value })}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={failures}
            onChange={({ currentTarget }) => change({ failures: currentTarget.checked ? "1" : undefined })}
          />
          {t.requests.failures}
        </label>
        <button
          type="button"
          onClick={() => {
            held.value = held.value === undefined ? entries.value : undefined
          }}
        >
          {held.value === undefined ? t.requests.pause : t.requests.resume}
        </button>
        <button
          type="button"
          onClick={() => {
            held.value = undefined
            void failing(ask("DELETE", "/journal").then(() => reload()))
          }}
        >
          {t.requests.clear}
        </button>
        <p class="count">{t.requests.shown(shown.length, all.length)}</p>
      </div>
      {shown.length === 0 ? (
        <p class="nothing">
          {entries.value === undefined ? t.loading : all.length === 0 ? t.requests.none : t.requests.noneFits}
        </p>
      ) : (
        <table class="requests">
          <caption class="hidden">{t.requests.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.requests.time}</th>
              <th scope="col">{t.requests.result}</th>
              <th scope="col">{t.requests.request}</th>
              <th scope="col" class="wide number">
                {t.requests.took}
              </th>
              <th scope="col" class="wide">
                {t.requests.logId}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((entry) => (
              <Row key={`${entry.seq} ${entry.time}`} entry={entry} open={entry.seq === open} />
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

/** Tells a screen reader of new requests, together, and not more often than it could say it. */
const useNews = (all: ReadonlyArray<Entry> | undefined) => {
  const told = useRef({ seq: Number.POSITIVE_INFINITY, timer: 0 })
  const newest = useRef<Entry | undefined>(undefined)
  newest.current = all?.at(-1)
  useEffect(() => {
    if (all === undefined) return
    const { seq, timer } = told.current
    const last = newest.current
    // What was there when somebody came is no news, and neither is a journal that was emptied.
    if (last === undefined || last.seq < seq) {
      told.current.seq = last?.seq ?? 0
      return
    }
    if (last.seq === seq || timer !== 0) return
    told.current.timer = window.setTimeout(() => {
      const { current } = newest
      if (current !== undefined && current.seq > told.current.seq) {
        const { code, operation, path, status } = current
        const what = [
          operation ?? path,
          status,
          ...(code === undefined ? [] : [texts.value.requests.code(code)]),
        ]
        announce(texts.value.requests.news(current.seq - told.current.seq, what.join(", ")))
        told.current.seq = current.seq
      }
      told.current.timer = 0
    }, 3_000)
  }, [all])
  useEffect(() => () => clearTimeout(told.current.timer), [])
}

interface RowProps {
  readonly entry: Entry
  readonly open: boolean
}

const Row = ({ entry, open }: RowProps) => {
  const t = texts.value
  const { code, earlyMillis, fault, logId, method, millis, operation, pageTokenRefused } = entry
  const { path, query, seq, status, time } = entry
  const toggle = () => change({ open: open ? undefined : String(seq) })
  const name = `request-${seq}`
  return (
    <>
      <tr
        class={open ? "open" : ""}
        data-result={status >= 500 ? "bad" : hasFailed(entry) ? "refused" : "good"}
        onClick={(event) => {
          // The button does it by itself, and whoever marks text does not want it.
          if (event.target instanceof Element && event.target.closest("button") !== null) return
          if (getSelection()?.isCollapsed !== false) toggle()
        }}
      >
        <td class="time">
          <time dateTime={machine(time)}>{timeOfDay(time)}</time>
        </td>
        <td class="result">
          <b>{status}</b> <span>{code}</span>
        </td>
        <td>
          <div class="request">
            <button
              type="button"
              class="bare"
              aria-expanded={open}
              aria-controls={open ? name : undefined}
              onClick={toggle}
            >
              {operation ?? `${method} ${path}`}
            </button>{" "}
            {fault !== undefined && <span class="tag fault">{t.requests.fault(fault)}</span>}
            {operation === undefined && <span class="tag">{t.requests.unknown}</span>}
            {pageTokenRefused !== undefined && (
              <span class="tag">{t.requests.pageTokenRefused(pageTokenRefused)}</span>
            )}
            {earlyMillis !== undefined && (
              <span class="tag">{t.requests.early(number(earlyMillis / 1000, 1))}</span>
            )}
            <span class="query">
              {Object.entries(query)
                .map(([key, value]) => `${key}=${value}`)
                .join("  ")}
            </span>
          </div>
        </td>
        <td class="wide number">{number(millis, millis < 10 ? 1 : 0)} ms</td>
        <td class="wide log-id">{logId}</td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={columns.value} id={name}>
            <DetailOf entry={entry} />
          </td>
        </tr>
      )}
    </>
  )
}

const DetailOf = ({ entry }: { readonly entry: Entry }) => {
  const t = texts.value
  const detail = useSignal<Detail | "gone" | undefined>(undefined)
  useEffect(() => {
    const stop = new AbortController()
    const read = async () => {
      try {
        detail.value = await ask<Detail>("GET", `/journal/${entry.seq}`, { signal: stop.signal })
      } catch {
        if (!stop.signal.aborted) detail.value = "gone"
      }
    }
    void read()
    return () => stop.abort()
  }, [entry])
  if (detail.value === undefined) return <p>{t.loading}</p>
  if (detail.value === "gone") return <p>{t.detail.gone}</p>
  const {
    appId,
    authorization,
    fault,
    logId,
    method,
    millis,
    pageTokenRefused,
    path,
    query,
    requestBody,
    resetAt,
    responseBody,
    time,
  } = detail.value
  const command = curl(detail.value, location.origin)
  return (
    <>
      <div class="toolbar">
        <Copy text={command} label={t.detail.curl} />
        <Copy text={logId} label={t.detail.copyLogId} />
        <p class="hint">{t.detail.masked}</p>
      </div>
      <dl>
        <dt>{t.detail.asked}</dt>
        <dd>
          {method} {path}
        </dd>
        {Object.entries(query).map(([key, value]) => (
          <Fragment key={key}>
            <dt class="field">{key}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
        <dt>{t.requests.time}</dt>
        <dd>
          {full(time)}, {number(millis, 1)} ms
        </dd>
        <dt>{t.detail.app}</dt>
        <dd>{appId ?? t.detail.none}</dd>
        <dt>{t.detail.authorization}</dt>
        <dd>{authorization ?? t.detail.none}</dd>
        <dt>{t.requests.logId}</dt>
        <dd>{logId}</dd>
        {fault !== undefined && (
          <>
            <dt>{t.detail.fault}</dt>
            <dd>{fault}</dd>
          </>
        )}
        {pageTokenRefused !== undefined && (
          <>
            <dt>{t.detail.refused}</dt>
            <dd>{t.requests.pageTokenRefused(pageTokenRefused)}</dd>
          </>
        )}
        {resetAt !== undefined && (
          <>
            <dt>{t.detail.resetAt}</dt>
            <dd>{full(resetAt)}</dd>
          </>
        )}
      </dl>
      <div class="bodies">
        {requestBody !== "" && <Body title={t.detail.requestBody} text={requestBody} />}
        <Body title={t.detail.responseBody} text={responseBody} />
        <Body title="curl" text={command} />
      </div>
    </>
  )
}

const Body = ({ text, title }: { readonly text: string; readonly title: string }) => (
  <section>
    <h2>{title}</h2>
    <pre tabIndex={0} aria-label={title}>
      {text === "" ? texts.value.detail.empty : prettyJson(text)}
    </pre>
  </section>
)

const Copy = ({ label, text }: { readonly label: string; readonly text: string }) => {
  const t = texts.value
  const came = useSignal<boolean | undefined>(undefined)
  const copy = async () => {
    came.value = await copied(text)
    const told = came.value ? t.detail.copied : t.detail.notCopied
    announce(told)
    setTimeout(() => {
      came.value = undefined
    }, 2_000)
  }
  return (
    <button type="button" onClick={() => void copy()}>
      {came.value === undefined ? label : came.value ? t.detail.copied : t.detail.notCopied}
    </button>
  )
}

/** Browsers keep their clipboard from pages that came by plain HTTP from another machine; the old way works there. */
const copied = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const { activeElement } = document
    const field = document.createElement("textarea")
    field.value = text
    field.className = "hidden"
    document.body.append(field)
    field.select()
    const done = document.execCommand("copy")
    field.remove()
    if (activeElement instanceof HTMLElement) activeElement.focus()
    return done
  }
}
