/** Why a sign-in cannot continue, as a page for people: what happened, and what to do in the mock and in Feishu. */
import type { Problem } from "../state/Authorizations.ts"
import type { App } from "../state/Store.ts"
import { type Html, html } from "./Html.ts"
import type { Texts } from "./Language.ts"

/** At most this many apps are named. */
const mostApps = 5

/** The content of the page. `app` is the one that the request names, `apps` are those that there are. */
export const problemView = (
  t: Texts,
  problem: Problem,
  { app, apps }: { readonly app: App | undefined; readonly apps: ReadonlyArray<App> },
): Html => {
  const { inFeishu, inMock, what } = t.problem.kinds[problem.kind](
    problem.value,
    apps.slice(0, mostApps).map(({ app_id }) => app_id),
  )
  const seed = seedOf(problem, app)
  return html`<h1>${t.problem.heading}</h1>
    <div class="card">
      <p>${what}</p>
      ${problem.code !== undefined && html`<p class="hint">${t.problem.code(problem.code)}</p>`}
    </div>
    <div class="card">
      <h2>${t.problem.inMock}</h2>
      <p>${inMock}</p>
      ${seed !== undefined && html`<pre tabindex="0" aria-label="${t.problem.seed}">${seed}</pre>`}
      ${
        inFeishu !== undefined &&
        html`<h2>${t.problem.inFeishu}</h2>
          <p>${inFeishu}</p>`
      }
    </div>`
}

/** Returns the lines of a seed with which the request would be right. A list in JSON is one in YAML, too. */
const seedOf = ({ kind, value }: Problem, app: App | undefined): string | undefined => {
  if (app === undefined) return undefined
  const added: Partial<Record<Problem["kind"], readonly [key: string, values: ReadonlyArray<string>]>> = {
    "redirect URL": ["redirect_urls", [...(app.redirect_urls ?? []), value]],
    "scopes not enabled": ["scopes", [...app.scopes, ...value.split(", ")]],
  }
  const [key, values] = added[kind] ?? []
  if (values === undefined) return undefined
  return [
    "apps:",
    `  - app_id: ${app.app_id}`,
    `    ${key}:`,
    ...values.map((one) => `      - ${JSON.stringify(one)}`),
  ].join("\n")
}
