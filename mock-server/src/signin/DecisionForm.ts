/** The form with which people decide: as whom they sign in, which scopes they grant, and whether they allow it at all. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { PersonNow } from "../protocol/PublicTypes.ts"
import * as Authorizations from "../state/Authorizations.ts"
import type { App } from "../state/Store.ts"
import type { State } from "../state/Workspace.ts"
import { type Html, html } from "./Html.ts"
import type { Texts } from "./Language.ts"
import type { Asked } from "./Page.ts"

/** Somebody to choose. */
export interface Account {
  readonly person: PersonNow
  /** The code with which the app is refused tokens of this person. */
  readonly refusal: number | undefined
}

/** What people decide about. */
export interface Subject {
  readonly accounts: ReadonlyArray<Account>
  /** The scopes that are asked for. */
  readonly scopes: ReadonlyArray<string>
  /** What follows from either answer. */
  readonly note?: string
}

const key = randomBytes(32)

/**
 * Returns the seal of a page, which its form carries: no other site can make a browser send one, since it cannot read the page. It is good
 * as long as the process runs.
 */
const sealOf = ({ path, query }: Asked): string =>
  createHmac("sha256", key).update(`${path}?${query.toString()}`).digest("base64url")

/** Returns what was decided; `undefined` if the form does not say so, and `stale` if it is not of this page. */
export const decisionIn = (
  asked: Asked,
  { accounts }: Subject,
): Authorizations.Decision | "stale" | undefined => {
  const { form } = asked
  if (form === undefined) return undefined
  const [given, wanted] = [Buffer.from(form.get("seal") ?? ""), Buffer.from(sealOf(asked))]
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "stale"
  const user = form.get("person")
  switch (form.get("decision")) {
    case "refuse":
      return { allow: false }
    case "allow":
      return accounts.some(({ person }) => person.open_id === user)
        ? { allow: true, user: user ?? "", scopes: form.getAll("scope") }
        : undefined
    default:
      return undefined
  }
}

/** More people than this are offered in a list that opens. */
const mostRadios = 8

/** The form, which is sent to the address of its page. One that was sent without a decision is shown as it was. */
export const decisionForm = (asked: Asked, subject: Subject): Html => {
  const { form, t } = asked
  const { accounts, note, scopes } = subject
  const isTicked = (scope: string) => form === undefined || form.getAll("scope").includes(scope)
  return html`<form method="post" class="decision">
    <input type="hidden" name="seal" value="${sealOf(asked)}" />
    ${choice(asked, accounts)}
    <fieldset class="card">
      <legend>${t.scopes.legend}</legend>
      <p class="hint">${scopes.length === 0 ? t.scopes.none : t.scopes.hint}</p>
      ${scopes.map(
        (scope) =>
          html`<label class="option">
            <input type="checkbox" name="scope" value="${scope}" ${isTicked(scope) && "checked"} />
            <span>${t.explained[scope] ?? t.scopes.unexplained} <small>${scope}</small></span>
          </label> `,
      )}
    </fieldset>
    <div class="buttons">
      <button
        type="submit"
        name="decision"
        value="allow"
        class="primary"
        ${accounts.length === 0 && "disabled"}
      >
        ${t.allow}
      </button>
      <button type="submit" name="decision" value="refuse">${t.refuse}</button>
    </div>
    ${note !== undefined && html`<p class="hint">${note}</p>`}
  </form>`
}

const choice = ({ form, t }: Asked, accounts: ReadonlyArray<Account>): Html => {
  const wanted = form?.get("person") ?? accounts[0]?.person.open_id
  const wrong = form === undefined ? undefined : form.has("person") ? t.people.unknown : t.people.missing
  const tenants = new Set(accounts.map(({ person }) => person.tenant_key))
  const idOf = ({ open_id: openId, tenant_key: tenant }: PersonNow) =>
    tenants.size > 1 ? `${openId} · ${tenant}` : openId
  const option = ({ person, refusal }: Account) =>
    html`<option value="${person.open_id}" ${person.open_id === wanted && "selected"}>
      ${nameOf(person)} · ${idOf(person)}${refusal !== undefined && ` · ${t.people.refused(refusal, person)}`}
    </option> `
  const radio = ({ person, refusal }: Account) =>
    html`<label class="option">
      <input type="radio" name="person" value="${person.open_id}" ${person.open_id === wanted && "checked"} />
      <span>
        <b>${nameOf(person)}</b>
        ${refusal !== undefined && html`<span class="tag">${t.people.refused(refusal, person)}</span>`}
        <small>${idOf(person)}</small>
      </span>
    </label> `
  return html`<fieldset class="card" ${wrong !== undefined && html`aria-describedby="account-wrong"`}>
    <legend>${t.people.legend}</legend>
    <p class="hint">${accounts.length === 0 ? t.people.nobody : t.people.hint}</p>
    ${accounts.some(({ refusal }) => refusal !== undefined) && html`<p class="hint">${t.people.refusedHint}</p>`}
    ${wrong !== undefined && html`<p class="wrong" id="account-wrong" role="alert">${wrong}</p>`}
    ${
      accounts.length > mostRadios
        ? html`<select name="person" aria-label="${t.people.legend}">
            ${accounts.map(option)}
          </select>`
        : accounts.map(radio)
    }
  </fieldset>`
}

/** Returns the name of a person, and the English one if that is another. */
export const nameOf = ({ en_name: enName, name }: PersonNow): string =>
  enName === name || enName === "" ? name : `${name} (${enName})`

/** Returns what says that a form came without a decision. */
export const titleAndStatus = ({ form, t }: Asked) =>
  form === undefined
    ? { title: t.authorize.title, status: 200 }
    : { title: t.wrong(t.authorize.title), status: 400 }

/** What is said above the form: which app asks. */
export const heading = (t: Texts, app: App): Html =>
  html`<h1>${t.authorize.heading(appName(app))}</h1>
    <p>${t.authorize.asks}</p>
    ${app.name !== null && html`<p class="hint">${t.authorize.appId(app.app_id)}</p>`}`

/** Returns what an app is called. */
export const appName = ({ app_id: appId, name }: App): string => name ?? appId

/** Returns those who can sign in to an app. */
export const accountsOf = (state: State, app: App): ReadonlyArray<Account> =>
  Authorizations.people(state, app).map((person) => ({ person, refusal: refusalOf(state, app, person) }))

/** Returns the code with which an app is refused tokens of a person, if it is. */
export const refusalOf = (
  state: State,
  { app_id: appId }: App,
  { open_id: user, tenant_key: tenant }: PersonNow,
): number | undefined => Authorizations.refusalOf(state)({ appId, tenant, user, scopes: [] })

/** Says that the form was not of this page, and how to get on. */
export const staleView = ({ query, t }: Asked): Html =>
  html`<h1>${t.stale.heading}</h1>
    <div class="card">
      <p>${t.stale.text}</p>
      <p><a href="?${query.toString()}">${t.stale.again}</a></p>
    </div>`
