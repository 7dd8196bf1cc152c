/** The state of the mock, read again every second while the page is visible. */
import { signal } from "@preact/signals"
import type { Active, App, Behaviour, Chaos, PersonNow } from "../../protocol/PublicTypes.ts"
import { parameter, shown } from "./address.ts"
import { ask, connection } from "./control.ts"
import * as Journal from "./journal.ts"

/**
 * Returns a function that reads something and shows it. A reading is not shown once a later one has begun: the mock may have answered it
 * before something was changed, or another workspace was chosen.
 */
const latest = <A>(read: () => Promise<A>, show: (value: A) => void): (() => Promise<void>) => {
  let begun = 0
  return async () => {
    const reading = ++begun
    const value = await read()
    if (reading === begun) show(value)
  }
}

/** A workspace in the selector. */
interface Workspace {
  readonly appId: string
  readonly appSecret: string
  readonly meetingNos: ReadonlyArray<string>
}

/** The workspaces, the shared one first. */
export const workspaces = signal<ReadonlyArray<Workspace>>([])

/** Returns the workspace that the page shows. */
export const shownWorkspace = (): Workspace | undefined => {
  const appId = parameter("app")
  const all = workspaces.value
  return appId === undefined ? all[0] : all.find((one) => one.appId === appId)
}

/** Adds a workspace, and returns it. */
export const addWorkspace = async (options: object): Promise<Workspace> => {
  const added = await ask<Workspace>("POST", "/workspaces", { body: options })
  await readWorkspaces()
  return added
}

/** Removes a workspace with all that is in it. */
export const removeWorkspace = async (appId: string): Promise<void> => {
  await ask("DELETE", `/workspaces/${encodeURIComponent(appId)}`)
  await readWorkspaces()
}

/** The apps of the workspace that the page shows. */
export const apps = signal<ReadonlyArray<App> | undefined>(undefined)

/** Reads the apps. */
export const readApps = latest(
  () => ask<ReadonlyArray<App>>("GET", "/apps"),
  (read) => {
    apps.value = read
  },
)

/** Replaces an app. */
export const putApp = async (app: App): Promise<void> => {
  await ask("PUT", "/apps", { body: app })
  await readApps()
}

interface Clock {
  readonly now: number
  readonly frozen: boolean
}

/** The mock's clock, and when it was read, by the page's own clock. */
const clock = signal<(Clock & { readonly readAt: number }) | undefined>(undefined)

/** Counts seconds, so that elements that show the time are drawn again. */
const tick = signal(0)

/** Returns the mock's present time in unix milliseconds. */
export const now = (): number | undefined => {
  void tick.value
  if (clock.value === undefined) return undefined
  const { frozen, now, readAt } = clock.value
  return now * 1000 + (frozen ? 0 : performance.now() - readAt)
}

/** True when the mock's clock is frozen. */
export const isFrozen = (): boolean => clock.value?.frozen === true

const setClock = (read: Clock) => {
  clock.value = { ...read, readAt: performance.now() }
}

/** Moves the clock; times are in seconds. */
export const moveClock = async (move: {
  set?: number
  advance?: number
  frozen?: boolean
}): Promise<void> => {
  setClock(await ask<Clock>("POST", "/clock", { body: move }))
  if (shown() === "time") await readLimits()
}

/** A window of a rate limit, and what is left of it. */
interface Limit {
  readonly api: string
  readonly app: string
  readonly tenant: string
  readonly requests: number
  readonly windowSeconds: number
  readonly left: number
  readonly fullAt: number
}

/** Every limit that was used while the page is open. Those that are full again stay, so that the list does not jump. */
export const limits = signal<ReadonlyArray<Limit>>([])

/** The month's quota, and what is left of it. */
interface Quota {
  readonly limit: number | "off"
  readonly month: string
  readonly fullAt: number
  readonly tenants: ReadonlyArray<{ readonly tenant: string; readonly used: number; readonly left: number }>
}

/** The month's quota. */
export const quota = signal<Quota | undefined>(undefined)

/** The switches of the mock. */
export const behaviour = signal<Behaviour | undefined>(undefined)

const readLimits = latest(
  () =>
    Promise.all([
      ask<ReadonlyArray<Limit>>("GET", "/limits"),
      ask<Behaviour>("GET", "/behaviour"),
      ask<Quota>("GET", "/quota"),
    ]),
  ([used, read, month]) => {
    behaviour.value = read
    quota.value = month
    if (read.rateLimit === "off") {
      limits.value = []
      return
    }
    const keyOf = ({ api, app, tenant, windowSeconds }: Limit) => `${api} ${app} ${tenant} ${windowSeconds}`
    const known = new Map(limits.value.map((limit) => [keyOf(limit), { ...limit, left: limit.requests }]))
    for (const limit of used) known.set(keyOf(limit), limit)
    limits.value = [...known.values()]
  },
)

/** Changes switches. */
export const changeBehaviour = async (changes: Partial<Behaviour>): Promise<void> => {
  await ask("PATCH", "/behaviour", { body: changes })
  limits.value = []
  await readLimits()
}

/** The rules and the chaos. */
export const faults = signal<
  { readonly rules: ReadonlyArray<Active>; readonly chaos: Chaos | null } | undefined
>(undefined)

/** Reads rules and chaos. */
export const readFaults = latest(
  () => ask<{ readonly rules: ReadonlyArray<Active>; readonly chaos: Chaos | null }>("GET", "/faults"),
  (read) => {
    faults.value = read
  },
)

/** What somebody has granted to an app. Times are in unix seconds. */
export interface Login {
  readonly client_id: string
  readonly open_id: string
  readonly name: string
  readonly scopes: ReadonlyArray<string>
  readonly authorized_at: number
  /** True when the app has a refresh token that is good. */
  readonly renewable: boolean
  /** Absent when no token is valid any more. */
  readonly ends_at?: number
}

/** A device that waits for somebody to sign in. */
interface Device {
  readonly user_code: string
  readonly client_id: string
  readonly expires_at: number
}

/** The logins. */
export const logins = signal<ReadonlyArray<Login> | undefined>(undefined)

/** The devices that wait. */
export const devices = signal<ReadonlyArray<Device>>([])

/** Those who can sign in. */
export const users = signal<ReadonlyArray<PersonNow>>([])

/** Reads the logins, and what else is shown with them. */
export const readLogins = latest(
  () =>
    Promise.all([
      ask<ReadonlyArray<Login>>("GET", "/logins"),
      ask<ReadonlyArray<Device>>("GET", "/device-authorizations"),
      ask<ReadonlyArray<PersonNow>>("GET", "/users"),
    ]),
  ([read, waiting, people]) => {
    logins.value = read
    devices.value = waiting
    users.value = people
  },
)

/** Forgets everything, when another workspace is shown. */
export const forget = (): void => {
  Journal.forget()
  limits.value = []
  faults.value = undefined
  behaviour.value = undefined
  quota.value = undefined
  apps.value = undefined
  logins.value = undefined
}

/** Counts the changes of what the mock holds, so that what shows it is read again. */
export const version = signal(0)

/** Resets the mock. */
export const reset = async (): Promise<void> => {
  await ask("POST", "/reset")
  limits.value = []
  await Promise.all([Journal.reload(), readFaults(), readClock(), readApps()])
  version.value++
}

const readClock = async () => setClock(await ask<Clock>("GET", "/clock"))

/** Reads the workspaces. */
const readWorkspaces = async () => {
  const read = await ask<ReadonlyArray<Workspace>>("GET", "/workspaces")
  if (JSON.stringify(read) !== JSON.stringify(workspaces.value)) workspaces.value = read
}

/** Reads what the page shows. A failed request is ignored: the next refresh tries again. */
export const refresh = async (): Promise<void> => {
  const view = shown()
  await Promise.allSettled([
    readClock(),
    // Workspaces rarely change, and may have very many meeting numbers.
    ...(tick.peek() % 5 === 0 || view === "workspaces" ? [readWorkspaces()] : []),
    Journal.reloadIfCleared(),
    ...(view === "faults" ? [readFaults()] : []),
    ...(view === "logins" ? [readLogins()] : []),
    ...(view === "time" ? [readLimits()] : []),
    ...(view === "workspaces" ? [readApps()] : []),
  ])
}

/** Refreshes everything every second while the page is visible. Returns the function that stops it. */
export const watch = (): (() => void) => {
  let refreshing = false
  const timer = setInterval(() => {
    tick.value++
    if (refreshing || document.hidden || connection.value !== "live") return
    refreshing = true
    void refresh().finally(() => {
      refreshing = false
    })
  }, 1_000)
  return () => clearInterval(timer)
}
