/** What the mock says of itself, asked again every second while somebody looks. */
import { signal } from "@preact/signals"
import type { Behaviour, Active, Chaos } from "../../protocol/PublicTypes.ts"
import { shown } from "./address.ts"
import { ask, connection } from "./control.ts"
import * as Journal from "./journal.ts"

/** A workspace, as the selector shows it. */
interface Workspace {
  readonly appId: string
  readonly meetingNos: ReadonlyArray<string>
}

/** The shared one first. */
export const workspaces = signal<ReadonlyArray<Workspace>>([])

interface Clock {
  readonly now: number
  readonly frozen: boolean
}

/** The mock's clock, and when it was read by the page's own. */
const clock = signal<(Clock & { readonly readAt: number }) | undefined>(undefined)

/** Counts the seconds, so that what shows the time is drawn anew. */
const tick = signal(0)

/** The mock's time in unix milliseconds, as it is now. */
export const now = (): number | undefined => {
  void tick.value
  if (clock.value === undefined) return undefined
  const { frozen, now, readAt } = clock.value
  return now * 1000 + (frozen ? 0 : performance.now() - readAt)
}

/** Whether its clock stands. */
export const isFrozen = (): boolean => clock.value?.frozen === true

const setClock = (read: Clock) => {
  clock.value = { ...read, readAt: performance.now() }
}

/** Moves the clock, in seconds. */
export const moveClock = async (move: {
  set?: number
  advance?: number
  frozen?: boolean
}): Promise<void> => {
  setClock(await ask<Clock>("POST", "/clock", { body: move }))
  if (shown() === "time") await readLimits()
}

/** How much of a rate limit is used. */
interface Limit {
  readonly api: string
  readonly app: string
  readonly tenant: string
  readonly left: number
  readonly fullAt: number
}

/** The limits that were seen: those that are full again are there, too, and do not jump away. */
export const limits = signal<ReadonlyArray<Limit>>([])

/** Its switches. */
export const behaviour = signal<Behaviour | undefined>(undefined)

const readLimits = async () => {
  const [used, read] = await Promise.all([
    ask<ReadonlyArray<Limit>>("GET", "/limits"),
    ask<Behaviour>("GET", "/behaviour"),
  ])
  behaviour.value = read
  const { rateLimit } = read
  if (rateLimit === "off") {
    limits.value = []
    return
  }
  const keyOf = ({ api, app, tenant }: Limit) => `${api} ${app} ${tenant}`
  const known = new Map(limits.value.map((limit) => [keyOf(limit), { ...limit, left: rateLimit }]))
  for (const limit of used) known.set(keyOf(limit), limit)
  limits.value = [...known.values()]
}

/** Changes its switches. */
export const changeBehaviour = async (changes: Partial<Behaviour>): Promise<void> => {
  await ask("PATCH", "/behaviour", { body: changes })
  limits.value = []
  await readLimits()
}

/** Its rules and its chaos. */
export const faults = signal<
  { readonly rules: ReadonlyArray<Active>; readonly chaos: Chaos | null } | undefined
>(undefined)

/** Reads them. */
export const readFaults = async (): Promise<void> => {
  faults.value = await ask("GET", "/faults")
}

/** Forgets what is about another workspace. */
export const forget = (): void => {
  Journal.forget()
  limits.value = []
  faults.value = undefined
  behaviour.value = undefined
}

/** Brings back what the mock began with. */
export const reset = async (): Promise<void> => {
  await ask("POST", "/reset")
  limits.value = []
  await Promise.all([Journal.reload(), readFaults(), readClock()])
}

const readClock = async () => setClock(await ask<Clock>("GET", "/clock"))

const readWorkspaces = async () => {
  const read = await ask<ReadonlyArray<Workspace>>("GET", "/workspaces")
  if (JSON.stringify(read) !== JSON.stringify(workspaces.value)) workspaces.value = read
}

/** Reads what is shown. Whoever asks next to this may have another answer; a mock that is away is waited for. */
export const refresh = async (): Promise<void> => {
  const view = shown()
  await Promise.allSettled([
    readClock(),
    // They come and go seldom, and may name very many meeting numbers.
    ...(tick.peek() % 5 === 0 ? [readWorkspaces()] : []),
    Journal.check(),
    ...(view === "faults" ? [readFaults()] : []),
    ...(view === "time" ? [readLimits()] : []),
  ])
}

/** Keeps all of it as it is at the mock, while the page is seen. */
export const watch = (): (() => void) => {
  let asking = false
  const timer = setInterval(() => {
    tick.value++
    if (asking || document.hidden || connection.value !== "live") return
    asking = true
    void refresh().finally(() => {
      asking = false
    })
  }, 1_000)
  return () => clearInterval(timer)
}
