/** What is shown, as the fragment of the address says: `#faults?app=cli_1`. So a reload shows the same. */
import { signal } from "@preact/signals"

/** The parts of the page. */
export const views = ["requests", "meetings", "faults", "time"] as const

/** One of them. */
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

/** The part that is shown. */
export const shown = (): View => address.value.view

/** A parameter of what is shown; absent when it is empty. */
export const parameter = (name: string): string | undefined => address.value.params.get(name) || undefined

/** The address of a part, in the workspace that is shown. */
export const addressOf = (view: View, params: Readonly<Record<string, string | undefined>> = {}): string => {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries({ app: parameter("app"), ...params })) {
    if (value !== undefined && value !== "") all.set(name, value)
  }
  const query = all.toString()
  return `#${view}${query === "" ? "" : `?${query}`}`
}

/** Changes parameters of what is shown, without a step in the history. */
export const change = (params: Readonly<Record<string, string | undefined>>): void => {
  const now = Object.fromEntries(address.value.params)
  history.replaceState(null, "", addressOf(shown(), { ...now, ...params }))
  address.value = read()
}
