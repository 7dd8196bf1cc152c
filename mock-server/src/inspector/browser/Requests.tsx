/** The requests to the mock, as they arrive, each with everything that the journal has about it. */
import { useSignal } from "@preact/signals"
import { Fragment } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { Detail, Entry } from "../../protocol/PublicTypes.ts"
import { change, parameter } from "./address.ts"
import { columns } from "./columns.ts"
import { Connect } from "./Connect.tsx"
import { ask } from "./control.ts"
import { CopyButton } from "./CopyButton.tsx"
import { curl } from "./curl.ts"
import { dateOf } from "./dates.ts"
import { entries, reload } from "./journal.ts"
import { announce, reportFailure } from "./notices.tsx"
import { Json } from "./Json.tsx"
import { number } from "./language.ts"
import { texts } from "./texts.ts"
import { full, machine, timeOfDay } from "./times.ts"

/** The most rows of the table: a browser is slow with thousands. The filter finds the others. */
const rows = 200

const hasFailed = ({ code = 0, fault, status }: Entry) => status >= 400 || code !== 0 || fault !== undefined

const matches = (entry: Entry, words: ReadonlyArray<string>): boolean => {
  const { appId, code, fault, logId, method, operation, pageTokenRefused, path, query, status } = entry
  const named = [method, path, operation, status, code, logId, appId, pageTokenRefused, fault]
  const parts = [...named, ...Object.entries(query).flat()]
  const text = parts.join(" ").toLowerCase()
  return words.every((word) => text.includes(word))
}

/** The view of the requests. */
export const Requests = () => {
  const t = texts.value
  const held = useSignal<ReadonlyArray<Entry> | undefined>(undefined)
  const all = held.value ?? entries.value ?? []
  const filter = parameter("q") ?? ""
  const failures = parameter("failures") !== undefined
  const open = Number(parameter("open") ?? Number.NaN)

  const words = filter.toLowerCase().split(/\s+/)
  const matching = all.filter((entry) => (!failures || hasFailed(entry)) && matches(entry, words))
  const shown = matching.slice(-rows).toReversed()
  useAnnouncements(entries.value)

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
            void reportFailure(ask("DELETE", "/journal").then(() => reload()))
          }}
        >
          {t.requests.clear}
        </button>
        <p class="count">{t.requests.shown(shown.length, all.length)}</p>
      </div>
      {all.length > 0 && (
        <details class="more">
          <summary>{t.connect.title}</summary>
          <Connect />
        </details>
      )}
      {shown.length === 0 ? (
        <Nothing reason={entries.value === undefined ? "loading" : all.length === 0 ? "none" : "noMatch"} />
      ) : (
        <table class="requests">
          <caption class="hidden">{t.requests.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.requests.time}</th>
              <th scope="col">{t.requests.result}</th>
              <th scope="col">{t.requests.request}</th>
              <th scope="col" class="wide number">
                {t.requests.duration}
              </th>
              <th scope="col" class="wide">
                {t.requests.logId}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((entry) => (
              <RequestRow key={`${entry.seq} ${entry.time}`} entry={entry} open={entry.seq === open} />
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

/** Shows why there are no rows and, before the first request, how to send one. */
const Nothing = ({ reason }: { readonly reason: "loading" | "none" | "noMatch" }) => {
  const t = texts.value
  if (reason === "loading") return <p class="nothing">{t.loading}</p>
  return (
    <>
      <p class="nothing">{t.requests[reason]}</p>
      {reason === "none" && <Connect />}
    </>
  )
}

/** Announces new requests to screen readers, several at once, and not more often than they can be read out. */
const useAnnouncements = (all: ReadonlyArray<Entry> | undefined) => {
  const announced = useRef({ seq: Number.POSITIVE_INFINITY, timer: 0 })
  const newest = useRef<Entry | undefined>(undefined)
  newest.current = all?.at(-1)
  useEffect(() => {
    if (all === undefined) return
    const { seq, timer } = announced.current
    const last = newest.current
    // Requests from before the page was opened are not announced, nor is a journal that was cleared.
    if (last === undefined || last.seq < seq) {
      announced.current.seq = last?.seq ?? 0
      return
    }
    if (last.seq === seq || timer !== 0) return
    announced.current.timer = window.setTimeout(() => {
      const { current } = newest
      if (current !== undefined && current.seq > announced.current.seq) {
        const { code, operation, path, status } = current
        const what = [
          operation ?? path,
          status,
          ...(code === undefined ? [] : [texts.value.requests.code(code)]),
        ]
        announce(texts.value.requests.news(current.seq - announced.current.seq, what.join(", ")))
        announced.current.seq = current.seq
      }
      announced.current.timer = 0
    }, 3_000)
  }, [all])
  useEffect(() => () => clearTimeout(announced.current.timer), [])
}

interface RowProps {
  readonly entry: Entry
  readonly open: boolean
}

const RequestRow = ({ entry, open }: RowProps) => {
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
          // The button toggles by itself, and a click that ends a text selection must not.
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
            <span class="narrow">
              {number(millis, millis < 10 ? 1 : 0)} ms · <span class="log-id">{logId}</span>
            </span>
          </div>
        </td>
        <td class="wide number">{number(millis, millis < 10 ? 1 : 0)} ms</td>
        <td class="wide log-id">{logId}</td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={columns.value} id={name}>
            <RequestDetail entry={entry} />
          </td>
        </tr>
      )}
    </>
  )
}

const RequestDetail = ({ entry }: { readonly entry: Entry }) => {
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
    requestHeaders,
    resetAt,
    responseBody,
    responseHeaders,
    tenant,
    time,
  } = detail.value
  const command = curl(detail.value, location.origin)
  return (
    <>
      <div class="toolbar">
        <CopyButton text={command} label={t.detail.curl} />
        <CopyButton text={logId} label={t.detail.copyLogId} />
        <p class="hint">{t.detail.masked}</p>
      </div>
      <dl>
        <dt>{t.detail.request}</dt>
        <dd>
          {method} {path}
        </dd>
        {Object.entries(query).map(([key, value]) => (
          <Fragment key={key}>
            <dt class="field">{key}</dt>
            <dd>
              {value} <Dated name={key} value={value} />
            </dd>
          </Fragment>
        ))}
        <dt>{t.requests.time}</dt>
        <dd>
          {full(time)}, {number(millis, 1)} ms
        </dd>
        <dt>{t.detail.app}</dt>
        <dd>{appId ?? t.detail.none}</dd>
        {tenant !== undefined && (
          <>
            <dt>{t.detail.tenant}</dt>
            <dd>{tenant}</dd>
          </>
        )}
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
        <HeaderList title={t.detail.requestHeaders} headers={requestHeaders} />
        <HeaderList title={t.detail.responseHeaders} headers={responseHeaders} />
        {requestBody !== "" && <TextBlock title={t.detail.requestBody} text={requestBody} />}
        <TextBlock title={t.detail.responseBody} text={responseBody} />
        <TextBlock title="curl" text={command} />
      </div>
    </>
  )
}

/** The date of a unix time. Dates are not part of what a reader selects and copies. */
const Dated = ({ name, value }: { readonly name: string; readonly value: string }) => {
  const date = dateOf(name, value)
  return date === undefined ? null : <span class="date">{date}</span>
}

const HeaderList = ({
  headers,
  title,
}: {
  readonly headers: Detail["requestHeaders"]
  readonly title: string
}) => (
  <section>
    <h2>{title}</h2>
    {Object.keys(headers).length === 0 ? (
      <p class="hint">{texts.value.detail.empty}</p>
    ) : (
      <dl class="headers" aria-label={title}>
        {Object.entries(headers).map(([name, value]) => (
          <Fragment key={name}>
            <dt class="field">{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    )}
  </section>
)

const TextBlock = ({ text, title }: { readonly text: string; readonly title: string }) => (
  <section>
    <h2>{title}</h2>
    <pre tabIndex={0} aria-label={title}>
      {text === "" ? texts.value.detail.empty : <Json text={text} />}
    </pre>
  </section>
)
