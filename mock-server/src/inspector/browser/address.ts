/** The fragment of the address names what the page shows, `#faults?app=cli_1`, so that a reload shows the same. */
import { signal } from "@preact/signals"

/** The views of the page. */
export const views = ["requests", "meetings", "logins", "faults", "time", "workspaces"] as const

/** A view of the page. */
export type View = (typeof views)[number]

const read = () => {
  const [name = "", query = ""] = location.hash.slice(1).split("?")
  const view: View = views.find((one) => one === name) ?? "requests"
  return { view, params: new URLSearchParams(query) }
}

const address = signal(read())
window.addEventListener("hashchange", () => {
  address.value = read()
})

/** Returns the view that the page shows. */
export const shown = (): View => address.value.view

/** Returns a parameter of the view; `undefined` when it is empty. */
export const parameter = (name: string): string | undefined => address.value.params.get(name) || undefined

/** Returns the address of a view in the present workspace. */
export const addressOf = (view: View, params: Readonly<Record<string, string | undefined>> = {}): string => {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries({ app: parameter("app"), ...params })) {
    if (value !== undefined && value !== "") all.set(name, value)
  }
  const query = all.toString()
  return `#${view}${query === "" ? "" : `?${query}`}`
}

/** Changes parameters of the view, without a new entry in the history. */
export const change = (params: Readonly<Record<string, string | undefined>>): void => {
  const now = Object.fromEntries(address.value.params)
  history.replaceState(null, "", addressOf(shown(), { ...now, ...params }))
  address.value = read()
}
