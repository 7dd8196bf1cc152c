/** The authorization page: somebody allows an app to act for them, or refuses, and the browser goes back to the application. */
import * as Authorizations from "../state/Authorizations.ts"
import type { Workspaces } from "../state/Workspaces.ts"
import { accountsOf, decisionForm, decisionIn, heading, staleView, titleAndStatus } from "./DecisionForm.ts"
import { html } from "./Html.ts"
import type { Answer, Asked } from "./Page.ts"
import { problemView } from "./ProblemView.ts"

/** Answers the page, or what was decided on it. The address is checked each time: a form says nothing about the request. */
export const answer = (workspaces: Workspaces, asked: Asked): Answer => {
  const { query, t } = asked
  const appId = query.get("client_id") ?? ""
  const { state } = workspaces.ofApp(appId) ?? workspaces.shared
  const request = Authorizations.check(state, query)
  if (Authorizations.isProblem(request)) {
    return {
      title: t.problem.title,
      status: 400,
      main: problemView(t, request, { app: state.store.app(appId), apps: state.store.apps() }),
    }
  }
  const { app, redirectUri, scopes } = request
  const subject = {
    accounts: accountsOf(state, app),
    scopes,
    note: t.authorize.returnsTo(redirectUri),
  }
  const decision = decisionIn(asked, subject)
  if (decision === "stale") return { title: t.stale.heading, status: 403, main: staleView(asked) }
  if (decision !== undefined) return { redirect: Authorizations.decide(state, request, decision) }
  return {
    ...titleAndStatus(asked),
    leadsTo: new URL(redirectUri).protocol,
    main: html`${heading(t, app)} ${decisionForm(asked, subject)}`,
  }
}
