/** Follows the mock's journal. */
import { signal } from "@preact/signals"
import type { Entry } from "../../protocol/PublicTypes.ts"
import { ask, connection, live } from "./control.ts"

/** The entries that the mock keeps, the oldest first; undefined until they were read. */
export const entries = signal<ReadonlyArray<Entry> | undefined>(undefined)

const capacity = 1_000

let arrived: Array<Entry> = []
let timer = 0

const isSame = (a: Entry | undefined, b: Entry | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/** Forgets the entries, when another workspace is shown. */
export const forget = (): void => {
  arrived = []
  entries.value = undefined
}

/** Reads the whole journal again. */
export const reload = async (signal?: AbortSignal): Promise<void> => {
  arrived = []
  entries.value = await ask<ReadonlyArray<Entry>>("GET", "/journal", { signal })
}

/** Adds an entry. Thousands may come in a second: they are shown together, three times a second. */
const add = (entry: Entry): void => {
  arrived.push(entry)
  if (arrived.length > 2 * capacity) arrived.splice(0, capacity)
  if (timer === 0) timer = window.setTimeout(show, 300)
}

const show = (): void => {
  timer = 0
  const news = arrived
  arrived = []
  const known = entries.value ?? []
  const [first] = news
  if (first === undefined) return
  const newest = known.at(-1)?.seq ?? 0
  if (first.seq <= newest && !known.some((entry) => isSame(entry, first))) {
    // The mock counts from 1 again: it was reset.
    void reload().catch(() => {})
    return
  }
  // Older ones arrived before the journal was read, so they are in it.
  entries.value = [...known, ...news.filter(({ seq }) => seq > newest)].slice(-capacity)
}

/** Follows the journal of the present workspace until the signal aborts. Waits for a mock that does not respond. */
export const follow = async (signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      const begun = async () => {
        await reload(signal)
        connection.value = "live"
      }
      for await (const entry of live(signal, begun)) add(entry)
    } catch {
      if (signal.aborted) return
    }
    if (connection.value === "live" || connection.value === "connecting") connection.value = "away"
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

/** Reads the journal again if it was cleared elsewhere, which the stream does not report. */
export const reloadIfCleared = async (): Promise<void> => {
  const newest = entries.value?.at(-1)
  if (newest === undefined) return
  const [same] = await ask<ReadonlyArray<Entry>>("GET", "/journal", { query: { after: newest.seq - 1 } })
  if (entries.value?.at(-1) === newest && !isSame(same, newest)) await reload()
}
