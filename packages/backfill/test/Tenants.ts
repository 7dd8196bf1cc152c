/** A mock Feishu with a store app and its tenants, what they hold, and every request that was sent for them, as the server counted it. */
import { ListByNo } from "@effect-feishu/contract"
import {
  type Chaos,
  type Entry,
  type Options as MockOptions,
  type Started,
  startFeishuMock,
} from "@effect-feishu/mock-server"

const day = 86_400

/** The time at which the clock of the mock starts: 2026-01-01T00:00:00Z. */
const now = 1_767_225_600

/** The app that all tenants have installed. */
export const app = {
  appId: "cli_5a6b7c8d9e0f1a2b",
  appSecret: "SecretOfTheStoreAppThatNothingMayShow",
} as const

/** Failures of the network and of Feishu. None of them delays an answer: a request whose client is killed meanwhile is not in the log. */
export const faults: NonNullable<Chaos["faults"]> = [
  { network: "reset before headers" },
  { network: "reset in mid-body" },
  { network: "end in mid-body" },
  { network: "truncated JSON" },
  { network: "HTML" },
  { code: 121001 },
  { code: 121001, status: 503 },
]

/** The tenants, their numbers and windows, and the meetings of each number. */
export interface Options {
  readonly tenants: number
  readonly numbers: number
  readonly windows: number
  readonly meetings: number
  /** The share of requests that fail. */
  readonly chaos?: number
  readonly mock?: MockOptions
}

/** What a scenario uses of the mock. */
export interface Tenants extends AsyncDisposable {
  readonly feishu: Started
  readonly tenantKeys: ReadonlyArray<string>
  readonly meetingNos: ReadonlyArray<string>
  /** The range that has all meetings, in unix seconds. */
  readonly range: { readonly start: number; readonly end: number }
  /** A ticket of the app, which a runner needs for its tokens. */
  readonly ticket: string
  /** Every request so far, the oldest first. Times are milliseconds of the clock of the mock. */
  readonly entries: ReadonlyArray<Entry>
  /** Resolves at the next request for which this is true. */
  readonly until: (isIt: (entry: Entry) => boolean) => Promise<Entry>
}

/** True for a request for meetings, which is one of those that Feishu limits to 100 a minute. */
export const isList = ({ path }: Entry): boolean => path === ListByNo.path

/** Starts a mock whose tenants have meetings of the same numbers, in every window of 90 days before its present. */
export const start = async (options: Options): Promise<Tenants> => {
  const keys = Array.from({ length: options.tenants }, (_, index) => `tenant${index + 1}`)
  const [first = "", ...others] = keys
  const tenantKeys: readonly [string, ...Array<string>] = [first, ...others]
  const meetingNos = Array.from({ length: options.numbers }, (_, index) => String(500_000_000 + index))
  const range = { start: now - options.windows * 90 * day, end: now }
  const entries: Array<Entry> = []
  const waiting = new Set<(entry: Entry) => void>()
  const feishu = await startFeishuMock({
    now,
    ninetyDays: "span",
    // Requests are counted from the log, in windows that are shorter than the mock's.
    rateLimit: "off",
    ...options.mock,
    seed: {
      apps: [
        {
          app_id: app.appId,
          app_secret: app.appSecret,
          type: "store",
          scopes: ["vc:meeting:readonly", "vc:record:readonly"],
          tenants: tenantKeys,
        },
      ],
      generate: tenantKeys.flatMap((tenant_key) =>
        meetingNos.map((meeting_no) => ({
          meeting_no,
          count: options.meetings,
          from: range.start,
          to: range.end,
          tenant_key,
        })),
      ),
    },
    onRequest: (entry) => {
      entries.push(entry)
      for (const resolve of waiting) resolve(entry)
    },
  })
  const response = await fetch(`${feishu.url}/_mock/app-tickets`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ app_id: app.appId }),
  })
  const { app_ticket: ticket } = (await response.json()) as { readonly app_ticket: string }
  if (options.chaos !== undefined) await feishu.chaos({ seed: "fire", rate: options.chaos, faults })
  return {
    feishu,
    tenantKeys,
    meetingNos,
    range,
    ticket,
    entries,
    until: (isIt) =>
      new Promise((resolve) => {
        const look = (entry: Entry) => {
          if (!isIt(entry)) return
          waiting.delete(look)
          resolve(entry)
        }
        waiting.add(look)
      }),
    [Symbol.asyncDispose]: feishu.close,
  }
}

/** Returns the most requests of a path within any time of `millis`, for each tenant. */
export const mostWithin = (
  entries: ReadonlyArray<Entry>,
  millis: number,
  isCounted: (entry: Entry) => boolean = isList,
): Readonly<Record<string, number>> => {
  const most: Record<string, number> = {}
  const timesOf = new Map<string, Array<number>>()
  for (const entry of entries) {
    if (!isCounted(entry)) continue
    const times = timesOf.get(entry.tenant ?? "")
    if (times === undefined) timesOf.set(entry.tenant ?? "", [entry.time])
    else times.push(entry.time)
  }
  for (const [tenant, times] of timesOf) {
    // A request is in the log when it was answered; its time is that of its arrival.
    times.sort((one, other) => one - other)
    let first = 0
    let count = 0
    for (const [index, time] of times.entries()) {
      while (times[first]! <= time - millis) first++
      count = Math.max(count, index - first + 1)
    }
    most[tenant] = count
  }
  return most
}
