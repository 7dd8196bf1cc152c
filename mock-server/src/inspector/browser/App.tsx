/** The whole page: its header, its navigation, and one of its views. */
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { addressOf, change, parameter, shown, views } from "./address.ts"
import { connection, unlock } from "./control.ts"
import { Faults } from "./Faults.tsx"
import * as Journal from "./journal.ts"
import { Meetings } from "./Meetings.tsx"
import { Logins } from "./Logins.tsx"
import * as Mock from "./mock.ts"
import { Notices, reportFailure } from "./notices.tsx"
import { Requests } from "./Requests.tsx"
import { switchLanguage } from "./language.ts"
import { texts } from "./texts.ts"
import { ClockAndLimits } from "./ClockAndLimits.tsx"
import { full, machine } from "./times.ts"
import { Workspaces } from "./Workspaces.tsx"

const viewComponents = {
  requests: Requests,
  meetings: Meetings,
  logins: Logins,
  faults: Faults,
  time: ClockAndLimits,
  workspaces: Workspaces,
}

/** The page. */
export const App = () => {
  const t = texts.value
  const view = shown()
  const workspace = parameter("app")
  const locked = connection.value === "locked"

  useEffect(() => {
    document.title = `${texts.value.views[view]} – ${texts.value.title}`
  }, [view, t])
  // Another workspace is like another mock: everything is read again.
  useEffect(() => {
    if (locked) return undefined
    const stop = new AbortController()
    Mock.forget()
    connection.value = "connecting"
    void Journal.follow(stop.signal)
    void Mock.refresh()
    const unwatch = Mock.watch()
    return () => {
      stop.abort()
      unwatch()
    }
  }, [workspace, locked])
  // A view that is opened is read at once, not only with the next refresh.
  useEffect(() => {
    if (!locked) void Mock.refresh()
  }, [view, locked])

  const View = viewComponents[view]
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {t.skip}
      </a>
      <header>
        <h1>{t.title}</h1>
        <Connection />
        <ClockLine />
        <WorkspaceChoice />
        <button type="button" lang={t.otherLanguage === "English" ? "en" : "zh-CN"} onClick={switchLanguage}>
          {t.otherLanguage}
        </button>
        <button
          type="button"
          class="danger reset"
          title={t.resetTitle}
          onClick={askToReset}
          disabled={locked}
        >
          {t.reset}
        </button>
      </header>
      <nav aria-label={t.parts}>
        {views.map((name) => (
          <a key={name} href={addressOf(name)} aria-current={name === view ? "page" : undefined}>
            {t.views[name]}
          </a>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        {locked ? <Unlock /> : <View key={workspace} />}
      </main>
      <Notices />
    </>
  )
}

/** Focuses the content. A link to `#main` would be read as the address of a view. */
const skip = (event: Event) => {
  event.preventDefault()
  document.getElementById("main")?.focus()
}

const askToReset = () => {
  if (confirm(texts.value.resetAsk)) void reportFailure(Mock.reset())
}

const Connection = () => {
  const state = connection.value
  return (
    <p class="connection" data-state={state} role="status">
      {texts.value.connection[state]}
    </p>
  )
}

const ClockLine = () => {
  const t = texts.value
  const now = Mock.now()
  if (now === undefined) return null
  return (
    <p class="clock-line">
      <time dateTime={machine(now)}>{full(now)}</time>{" "}
      {Mock.isFrozen() && <span class="tag">{t.time.frozen}</span>}
    </p>
  )
}

const WorkspaceChoice = () => {
  const t = texts.value
  const workspace = parameter("app") ?? ""
  const all = Mock.workspaces.value
  return (
    <label class="workspace">
      <span>{t.workspace}</span>
      <select
        value={workspace}
        onChange={({ currentTarget }) => {
          change({ app: currentTarget.value, open: undefined, offset: undefined, no: undefined })
        }}
      >
        <option value="">
          {t.shared}
          {all[0] === undefined ? "" : ` (${all[0].appId})`}
        </option>
        {all.slice(1).map(({ appId }) => (
          <option key={appId} value={appId}>
            {appId}
          </option>
        ))}
        {workspace !== "" && !all.slice(1).some(({ appId }) => appId === workspace) && (
          <option value={workspace}>{workspace}</option>
        )}
      </select>
    </label>
  )
}

const Unlock = () => {
  const t = texts.value
  const token = useSignal("")
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault()
        unlock(token.value)
      }}
    >
      <p>{t.unlock.hint}</p>
      <label>
        {t.unlock.token}
        <input
          type="password"
          autocomplete="off"
          required
          onInput={({ currentTarget }) => {
            token.value = currentTarget.value
          }}
        />
      </label>
      <button type="submit" class="primary">
        {t.unlock.submit}
      </button>
    </form>
  )
}
