/** The page at which people enter the code that a device shows, and decide about what it asks for. */
import * as Authorizations from "../state/Authorizations.ts"
import type { Workspaces } from "../state/Workspaces.ts"
import {
  accountsOf,
  appName,
  decisionForm,
  decisionIn,
  heading,
  nameOf,
  refusalOf,
  staleView,
  titleAndStatus,
} from "./DecisionForm.ts"
import { type Html, html } from "./Html.ts"
import { addressOf, type Answer, type Asked } from "./Page.ts"

/** Answers the page, or what was decided on it. */
export const answer = (workspaces: Workspaces, asked: Asked): Answer => {
  const { query, t } = asked
  const code = query.get("user_code")?.trim()
  if (code === undefined) return codeForm(asked, "")
  if (code === "") return codeForm(asked, "", t.device.missing)
  const found = Authorizations.knownDevice(workspaces, code)
  if (found === undefined) return codeForm(asked, code, t.device.unknown(code))
  const { device, workspace } = found
  const { app, granted, scopes, state, userCode } = device
  switch (state) {
    case "pending":
      break
    case "expired":
      return outcome(asked, t.device.expired, [t.device.expiredHint])
    case "denied":
      return outcome(asked, t.device.denied, [t.device.deniedHint(appName(app)), t.device.ends])
    default: {
      const refusal = granted && refusalOf(workspace.state, app, granted.person)
      if (state === "allowed" && refusal !== undefined) {
        return outcome(asked, t.device.refused, [t.device.refusedAs(refusal, granted!.person), t.device.ends])
      }
      const isGranted = (scope: string) => granted?.scopes.includes(scope) === true
      return outcome(
        asked,
        t.device.allowed,
        [
          t.device.allowedAs(granted === undefined ? "" : nameOf(granted.person), appName(app)),
          t.device.goesOn,
        ],
        [
          [t.device.granted, scopes.filter(isGranted)],
          [t.device.notGranted, scopes.filter((scope) => !isGranted(scope))],
        ],
      )
    }
  }
  const subject = { accounts: accountsOf(workspace.state, app), scopes }
  const decision = decisionIn(asked, subject)
  if (decision === "stale") return { title: t.stale.heading, status: 403, main: staleView(asked) }
  if (decision !== undefined) {
    Authorizations.decideDevice(workspace.state, device, decision)
    // Whether it was in time, the page itself says.
    return { redirect: addressOf(query, t.code) }
  }
  const minutes = Math.ceil((device.expiresAt - workspace.state.clock.now()) / 60_000)
  return {
    ...titleAndStatus(asked),
    main: html`${heading(t, app)}
      <div class="card">
        <p class="code">${userCode}</p>
        <p>${t.device.same}</p>
        <p class="hint">${t.device.left(minutes)}</p>
      </div>
      ${decisionForm(asked, subject)}`,
  }
}

const codeForm = ({ t }: Asked, code: string, wrong?: string): Answer => ({
  title: wrong === undefined ? t.device.title : t.wrong(t.device.title),
  status: wrong === undefined ? 200 : 400,
  main: html`<h1>${t.device.title}</h1>
    <form method="get" class="card fields">
      <input type="hidden" name="lang" value="${t.code}" />
      <label>
        <span id="code-label">${t.device.label}</span>
        <input
          class="code"
          name="user_code"
          value="${code}"
          aria-labelledby="code-label"
          aria-describedby="code-hint${wrong !== undefined && " code-wrong"}"
          ${wrong !== undefined && html`aria-invalid="true"`}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          maxlength="40"
          autofocus
        />
      </label>
      <p class="hint" id="code-hint">${t.device.hint}</p>
      ${wrong !== undefined && html`<p class="wrong" id="code-wrong">${wrong}</p>`}
      <button type="submit" class="primary">${t.device.next}</button>
    </form>`,
})

const outcome = (
  { t }: Asked,
  heading: string,
  lines: ReadonlyArray<string>,
  scopes: ReadonlyArray<readonly [name: string, scopes: ReadonlyArray<string>]> = [],
): Answer => ({
  title: heading,
  main: html`<h1>${heading}</h1>
    <div class="card">
      ${lines.map((line) => html`<p>${line}</p>`)}
      ${
        scopes.length > 0 &&
        html`<dl>
          ${scopes.map(
            ([name, list]) =>
              html`<div>
                <dt>${name}</dt>
                <dd>${scopesIn(list, t.device.noScopes)}</dd>
              </div>`,
          )}
        </dl>`
      }
    </div>
    <p><a href="${addressOf(new URLSearchParams(), t.code)}">${t.device.another}</a></p>`,
})

const scopesIn = (scopes: ReadonlyArray<string>, none: string): Html =>
  scopes.length === 0 ? html`${none}` : html`${scopes.map((scope) => html`<span>${scope}</span> `)}`
