/**
 * A client of the control plane for tests, with promises. It needs no Effect, and talks to the mock over HTTP, so that the
 * mock may also run in another process.
 *
 * @example
 * ```ts
 * import { startFeishuMock } from "@effect-feishu/mock-server"
 *
 * await using feishu = await startFeishuMock()
 * await feishu.addFault({ operation: "meetings.listByNo", when: { nth: 3 }, then: { code: 121001 } })
 * await feishu.moveClock({ advance: "1h" })
 * const { differences, ok } = await feishu.verify([{ operation: "meetings.listByNo", times: 1 }])
 * console.log(ok, differences)
 * // => false [ 'meetings.listByNo: expected 1 call, got 0' ]
 * ```
 */
import type {
  Active,
  Behaviour,
  Chaos,
  Detail,
  Entry,
  Expectation,
  Filter,
  GenerateNumbers,
  Meeting,
  MeetingWithDetails,
  Rule,
  Seed,
  Snapshot,
  Verdict,
} from "../protocol/PublicTypes.ts"

/** The address of a mock, and the workspace to use. */
export interface Target {
  readonly url: string
  /** An app of the workspace; default: the shared workspace. */
  readonly appId?: string | undefined
  readonly controlToken?: string | undefined
  /** The function that sends requests; default: the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
}

/** The mock's time. */
export interface Time {
  /** Unix seconds, with a fraction. */
  readonly now: number
  readonly frozen: boolean
}

/** A move of the mock's clock. */
export interface ClockMove {
  /** A time: unix seconds, `2026-01-31T09:00:00Z`, or `-3h` from where the clock is. */
  readonly set?: number | string
  /** A duration: seconds, or `1d`; a negative one goes back. */
  readonly advance?: number | string
  /** True to stop the clock, false to let it run. */
  readonly frozen?: boolean
}

/** What is probably a mistake of the client or of the test. */
export interface Findings {
  /** Requests for endpoints that Feishu, or this mock, does not have. */
  readonly unmatched: ReadonlyArray<Entry>
  /** Rules that have not changed any answer. */
  readonly unusedFaults: ReadonlyArray<Active>
  /** Requests of clients that did not wait for the reset that a refusal had named. */
  readonly early: ReadonlyArray<Entry>
}

/** The contents and the switches of a test's workspace. Everything has a default. */
export interface WorkspaceOptions extends Partial<Behaviour> {
  readonly seed?: Seed
  readonly generate?: GenerateNumbers
  readonly days?: number
  readonly randomSeed?: string
  /** The start of its clock: unix seconds, or text such as `2026-01-31T09:00:00Z` or `-3d`, before the present. */
  readonly now?: number | string
  /** True for a clock that stands still until it is moved. */
  readonly frozen?: boolean
  /** Rules for failures, which are there from the start and after a reset. */
  readonly faults?: ReadonlyArray<Rule>
  /** Random failures from the start. */
  readonly chaos?: Chaos
  readonly appTicketUrl?: string
}

/** The facts that a client needs to use a workspace. */
export interface WorkspaceInfo {
  readonly appId: string
  readonly appSecret: string
  readonly meetingNos: ReadonlyArray<string>
}

/** Everything that a test can do with a workspace. Each method rejects with the mock's own message. */
export interface ControlClient {
  /** Restores the seed with its faults, and the start of the clock; drops tokens, counts, other faults and the journal. */
  readonly reset: () => Promise<void>
  readonly snapshot: () => Promise<Snapshot>
  readonly restore: (snapshot: Snapshot) => Promise<void>
  /** Adds meetings; replaces those with the same ids. */
  readonly putMeetings: (meetings: ReadonlyArray<Meeting>) => Promise<void>
  /** Returns a meeting, and its details as they are now. Rejects if there is no such meeting. */
  readonly meeting: (id: string) => Promise<MeetingWithDetails>
  readonly removeMeeting: (id: string) => Promise<void>
  /** Changes switches from now on. */
  readonly change: (behaviour: Partial<Behaviour>) => Promise<Behaviour>
  /** Adds a rule for failures. If several rules apply to a call, the first one changes it. */
  readonly addFault: (rule: Rule) => Promise<Active>
  /** Switches a rule on or off; its counts stay. */
  readonly enableFault: (id: string, enabled: boolean) => Promise<Active>
  readonly removeFault: (id: string) => Promise<void>
  readonly clearFaults: () => Promise<void>
  /** Starts random failures. */
  readonly chaos: (chaos: Chaos) => Promise<void>
  /** Ends random failures. */
  readonly calm: () => Promise<void>
  readonly clock: () => Promise<Time>
  /**
   * Sets or advances the clock, and then freezes it or lets it run. `set` is a time: unix seconds, `2026-01-31T09:00:00Z`,
   * or `-3h` from where the clock is. `advance` is a duration: seconds, or `1d`; a negative one goes back.
   */
  readonly moveClock: (move: ClockMove) => Promise<Time>
  /** Revokes one token, or all of them; returns the number of revoked tokens. */
  readonly revokeTokens: (token?: string) => Promise<number>
  /** The newest 1,000 entries, oldest first. */
  readonly journal: (filter?: Filter) => Promise<ReadonlyArray<Entry>>
  readonly journalEntry: (seq: number) => Promise<Detail>
  readonly verify: (
    calls: ReadonlyArray<Expectation>,
    options?: { readonly inOrder?: boolean },
  ) => Promise<Verdict>
  readonly findings: () => Promise<Findings>
  /** Adds a workspace for one test, which is removed when it is disposed of. */
  readonly workspace: (options?: WorkspaceOptions) => Promise<OwnWorkspace>
}

/** The workspace of one test, and its control plane. */
export interface OwnWorkspace extends WorkspaceInfo, ControlClient, AsyncDisposable {
  readonly url: string
}

/** Returns the control plane of a running mock, in this process or another. */
export const connect = ({ appId, controlToken, url, ...target }: Target): ControlClient => {
  const send = async (
    method: string,
    path: string,
    body?: string | Blob,
    query: object = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> => {
    const params = new URLSearchParams(
      Object.entries({ ...(appId === undefined ? {} : { app_id: appId }), ...query }).flatMap(
        ([key, value]) => (value === undefined ? [] : [[key, String(value)]]),
      ),
    )
    const request = new Request(`${url}/_mock${path}?${params.toString()}`, {
      method,
      headers: {
        "content-type": "application/json",
        ...(controlToken === undefined ? {} : { authorization: `Bearer ${controlToken}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const response = await (target.fetch ?? fetch)(request)
    if (response.ok) return response
    const { error, problems = [] } = refusalIn(await response.text())
    // The answer may be from something other than a mock, and of any length.
    throw new Error(
      [`mock Feishu: ${error ?? `HTTP ${response.status}`}`, ...problems].join("\n  ").slice(0, 8_000),
    )
  }
  const ask = async <A>(method: string, path: string, body?: unknown, query?: object): Promise<A> => {
    const response = await send(method, path, body === undefined ? undefined : JSON.stringify(body), query)
    const text = await response.text()
    try {
      return JSON.parse(text)
    } catch {
      throw new Error(
        `${url} answered ${path} without JSON (${response.headers.get("content-type")}): is it a mock Feishu?`,
      )
    }
  }
  const done = async (...asked: Parameters<typeof ask>): Promise<void> => {
    await ask(...asked)
  }
  return {
    reset: () => done("POST", "/reset"),
    snapshot: async () => {
      const response = await send("GET", "/state", undefined, {}, { accept: lines })
      const meetings: Array<Meeting> = []
      let first: (Snapshot & { readonly meetings: number }) | undefined
      for await (const line of linesOf(response)) {
        if (first === undefined) first = JSON.parse(line)
        else meetings.push(JSON.parse(line))
      }
      if (first?.meetings !== meetings.length) throw new Error("mock Feishu: the snapshot is incomplete")
      const { meetings: _count, seed, ...rest } = first
      return { ...rest, seed: { ...seed, meetings } }
    },
    restore: async ({ seed: { meetings = [], ...seed }, ...rest }) => {
      const parts = [`${JSON.stringify({ ...rest, seed, meetings: meetings.length })}\n`]
      for (const meeting of meetings) parts.push(`${JSON.stringify(meeting)}\n`)
      await send("PUT", "/state", new Blob(parts), {}, { "content-type": lines })
    },
    putMeetings: (meetings) => done("PUT", "/meetings", meetings),
    meeting: (id) => ask("GET", `/meetings/${encodeURIComponent(id)}`),
    removeMeeting: (id) => done("DELETE", `/meetings/${encodeURIComponent(id)}`),
    change: (behaviour) => ask("PATCH", "/behaviour", behaviour),
    addFault: (rule) => ask("POST", "/faults", rule),
    enableFault: (id, enabled) => ask("PATCH", `/faults/${encodeURIComponent(id)}`, { enabled }),
    removeFault: (id) => done("DELETE", `/faults/${encodeURIComponent(id)}`),
    clearFaults: () => done("DELETE", "/faults"),
    chaos: (chaos) => done("PUT", "/chaos", chaos),
    calm: () => done("DELETE", "/chaos"),
    clock: () => ask("GET", "/clock"),
    moveClock: (move) => ask("POST", "/clock", move),
    revokeTokens: async (token) =>
      (await ask<{ revoked: number }>("POST", "/tokens/revoke", token === undefined ? {} : { token }))
        .revoked,
    journal: (filter) => ask("GET", "/journal", undefined, filter),
    journalEntry: (seq) => ask("GET", `/journal/${seq}`),
    verify: (calls, options) => ask("POST", "/verify", { calls, ...options }),
    findings: () => ask("GET", "/findings"),
    workspace: async (options = {}) => {
      const info = await ask<WorkspaceInfo>("POST", "/workspaces", options)
      return {
        ...info,
        ...connect({ ...target, url, controlToken, appId: info.appId }),
        url,
        [Symbol.asyncDispose]: () => done("DELETE", `/workspaces/${info.appId}`),
      }
    },
  }
}

/** The media type of a snapshot in lines, which may have any number of meetings. */
const lines = "application/x-ndjson"

const linesOf = async function* (response: Response): AsyncGenerator<string, void, undefined> {
  let begun = ""
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const [first = "", ...others] = text.split("\n")
    begun += first
    for (const other of others) {
      if (begun !== "") yield begun
      begun = other
    }
  }
  if (begun !== "") yield begun
}

/** Returns the mock's own message about a refusal; nothing if the answer is not from a mock. */
const refusalIn = (text: string): { readonly error?: string; readonly problems?: ReadonlyArray<string> } => {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === "object" && answer !== null ? answer : {}
  } catch {
    return {}
  }
}
