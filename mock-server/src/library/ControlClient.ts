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
  App,
  Behaviour,
  Chaos,
  Detail,
  Entry,
  Expectation,
  Filter,
  GenerateNumbers,
  Meeting,
  MeetingWithDetails,
  Person,
  PersonNow,
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

/** What a user decides. */
export interface Decision {
  /** The user. Default: the first of {@link ControlClient.users}; without `url`, nobody in particular, who took part in every meeting. */
  readonly open_id?: string
  /** The scopes that the user grants. Default: all that were asked for; without `url`, all that reading needs, and `offline_access`. */
  readonly scopes?: ReadonlyArray<string>
  /** False to refuse. Default: true. */
  readonly allow?: boolean
}

/**
 * What a user does on the authorization page: either `url`, the address that the app opens in a browser, which is checked as there; or
 * `client_id`, the app alone, for which nothing is checked.
 */
export interface Authorization extends Decision {
  readonly url?: string
  readonly client_id?: string
  /** Without `url`: the tenant of the user. Default: that of the user, or the first tenant of the app. */
  readonly tenant_key?: string
  /** Without `url`: the redirect URL, which the app has to send again with the code. */
  readonly redirect_uri?: string
  /** Without `url`: the challenge of PKCE. */
  readonly code_challenge?: string
  /** Without `url`: default `plain`. */
  readonly code_challenge_method?: "plain" | "S256"
}

/** What the app gets from the authorization page. */
export interface AuthorizationResult {
  /** The authorization code; absent when the user refuses. */
  readonly code?: string
  /** With `url`: the address to which the browser is sent, with `code` and `state`, or with `error=access_denied`. */
  readonly redirect_url?: string
}

/** What a user decides about a device. */
export interface DeviceDecision extends Decision {
  /** The code that the device shows. Default: the newest device that waits. */
  readonly user_code?: string
}

/** A device that waits for a user. */
export interface DeviceAuthorization {
  readonly user_code: string
  readonly client_id: string
  readonly scopes: ReadonlyArray<string>
  /** Unix seconds. */
  readonly expires_at: number
}

/** What a user has granted to an app. */
export interface Login {
  readonly client_id: string
  readonly open_id: string
  readonly name: string
  readonly scopes: ReadonlyArray<string>
  /** When the user authorised the app last, in unix seconds. */
  readonly authorized_at: number
  /** The valid access tokens that the app has for it. */
  readonly access_tokens: number
  /** True when the app has a refresh token that is good. */
  readonly renewable: boolean
  /** When the last of its tokens ends, in unix seconds; absent when none is valid. */
  readonly ends_at?: number
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
  /** Adds an app, or replaces the one with its id: its scopes, its redirect URLs, and the switches of the console. */
  readonly putApp: (app: App) => Promise<void>
  /** Returns the users who can sign in; made-up ones where the seed has none. */
  readonly users: () => Promise<ReadonlyArray<PersonNow>>
  /** Adds users; replaces those with the same `open_id`s. */
  readonly putUsers: (users: ReadonlyArray<Person>) => Promise<void>
  /** Does what a user does on the authorization page. */
  readonly authorize: (authorization: Authorization) => Promise<AuthorizationResult>
  /** Returns the devices that wait for a user, the newest last. */
  readonly deviceAuthorizations: () => Promise<ReadonlyArray<DeviceAuthorization>>
  /** Allows or refuses what a device asks for. Rejects if no such device waits. */
  readonly decideDevice: (decision?: DeviceDecision) => Promise<void>
  /** Returns what users have granted to apps. */
  readonly logins: () => Promise<ReadonlyArray<Login>>
  /** Revokes what a user has granted to an app, and all tokens for it; returns the number of revoked tokens. */
  readonly revokeLogin: (login: Pick<Login, "client_id" | "open_id">) => Promise<number>
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
  /** Revokes one token, or all access tokens; returns the number of revoked tokens. */
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
    putApp: (app) => done("PUT", "/apps", app),
    users: () => ask("GET", "/users"),
    putUsers: (users) => done("PUT", "/users", users),
    authorize: (authorization) => ask("POST", "/authorizations", authorization),
    deviceAuthorizations: () => ask("GET", "/device-authorizations"),
    decideDevice: (decision = {}) => done("POST", "/device-authorizations", decision),
    logins: () => ask("GET", "/logins"),
    revokeLogin: async ({ client_id, open_id }) =>
      (await ask<{ revoked: number }>("POST", "/logins/revoke", { client_id, open_id })).revoked,
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
