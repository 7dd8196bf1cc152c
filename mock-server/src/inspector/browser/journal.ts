/** The requests that are shown: those of the mock's journal, as they happen. */
import { signal } from "@preact/signals"
import type { Entry } from "../../protocol/PublicTypes.ts"
import { ask, connection, live } from "./control.ts"

/** Oldest first, as many as the mock keeps; undefined until they were read. */
export const entries = signal<ReadonlyArray<Entry> | undefined>(undefined)

const capacity = 1_000

let arrived: Array<Entry> = []
let timer = 0

const isSame = (a: Entry | undefined, b: Entry | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/** Forgets those of another workspace. */
export const forget = (): void => {
  arrived = []
  entries.value = undefined
}

/** Reads the journal anew. */
export const reload = async (signal?: AbortSignal): Promise<void> => {
  arrived = []
  entries.value = await ask<ReadonlyArray<Entry>>("GET", "/journal", { signal })
}

/** Thousands may come in a second: they are shown together, three times a second. */
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
    // It counts from 1 again: somebody has reset the mock.
    void reload().catch(() => {})
    return
  }
  // The others came before the journal was read, and are in it.
  entries.value = [...known, ...news.filter(({ seq }) => seq > newest)].slice(-capacity)
}

/** Follows the journal of the workspace that is shown until the signal; a mock that is away is waited for. */
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

/** Notices that the journal was emptied elsewhere, of which nothing comes by the stream. */
export const check = async (): Promise<void> => {
  const newest = entries.value?.at(-1)
  if (newest === undefined) return
  const [same] = await ask<ReadonlyArray<Entry>>("GET", "/journal", { query: { after: newest.seq - 1 } })
  if (entries.value?.at(-1) === newest && !isSame(same, newest)) await reload()
}
