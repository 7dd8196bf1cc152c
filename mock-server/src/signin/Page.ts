/** What is the same on every page at which people sign in. */
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Document from "../inspector/Document.ts"
import { type Html, html } from "./Html.ts"
import type { Texts } from "./Language.ts"

/** A request for a page. */
export interface Asked {
  readonly path: string
  /** The query of the address, without the language. */
  readonly query: URLSearchParams
  /** The fields of the form that was sent; absent for a page that is opened. */
  readonly form: URLSearchParams | undefined
  readonly t: Texts
}

/** A page, or the URL to which the browser is sent. */
export type Answer = View | { readonly redirect: string }

/** What is on a page, and where it may lead. */
export interface View {
  readonly title: string
  readonly main: Html
  readonly status?: number
  /** The scheme of the URL to which a form leads in the end, such as `http:`. Without it, forms lead to the mock alone. */
  readonly leadsTo?: string
}

/** Makes the page. Its address shows the same in the other language. */
export const make = (
  t: Texts,
  query: URLSearchParams,
  { leadsTo, main, status = 200, title }: View,
): Promise<HttpServerResponse.HttpServerResponse> =>
  Document.make({
    lang: t.lang,
    title: `${title} – ${t.product}`,
    status,
    // Chromium holds every redirect after a form to this, also those of the application.
    formAction: leadsTo === undefined ? "'self'" : `'self' ${leadsTo}`,
    body: html`<header>
        <p class="product">${t.product}</p>
        <a
          class="language"
          href="${addressOf(query, t.other.code)}"
          lang="${t.other.lang}"
          hreflang="${t.other.lang}"
          >${t.other.name}</a
        >
      </header>
      <main class="signin">
        ${main}
        <p class="hint stand-in">${t.standIn}</p>
      </main>`.text,
  })

/** Returns the address of a page, next to itself, with a query in a language. */
export const addressOf = (query: URLSearchParams, lang: string): string =>
  `?${new URLSearchParams([...query, ["lang", lang]]).toString()}`
