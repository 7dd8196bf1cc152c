/** The control plane in Effect: what a test can do with a workspace of a mock in this process. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

import type * as Brand from "effect/Brand"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type {
  Active,
  App,
  Behaviour,
  Chaos,
  Detail,
  Entry,
  Expectation,
  Filter,
  Meeting,
  MeetingWithDetails,
  Person,
  PersonNow,
  Rule,
  Snapshot,
  Verdict,
} from "../protocol/PublicTypes.ts"
import type {
  Authorization,
  AuthorizationResult,
  ClockMove,
  DeviceAuthorization,
  DeviceDecision,
  Findings,
  Login,
  Time,
  WorkspaceOptions,
} from "./ControlClient.ts"

/** The mock has refused a change, which has then changed nothing. */
export class Refused extends Data.TaggedError("MockFeishuRefused")<{
  /** What is wrong, with every mistake in a line of its own. */
  readonly message: string
  /** Every mistake, each with its path. */
  readonly problems: ReadonlyArray<string>
}> {}

/** Everything that a test can do with a workspace. What the mock refuses fails with its own message. */
export interface Control {
  /** Restores the seed with its faults, and the start of the clock; drops tokens, counts, other faults and the journal. */
  readonly reset: Effect.Effect<void, Refused>
  /** Returns apps, meetings, clock and switches as they are at this moment. */
  readonly snapshot: Effect.Effect<Snapshot, Refused>
  /** Restores a snapshot; drops tokens, counts, faults and the journal. */
  readonly restore: (snapshot: Snapshot) => Effect.Effect<void, Refused>
  /** Adds meetings; replaces those with the same ids. */
  readonly putMeetings: (meetings: ReadonlyArray<Meeting>) => Effect.Effect<void, Refused>
  /** Returns a meeting, and its details as they are now. */
  readonly meeting: (id: string) => Effect.Effect<MeetingWithDetails, Refused>
  readonly removeMeeting: (id: string) => Effect.Effect<void, Refused>
  /** Adds an app, or replaces the one with its id: its scopes, its redirect URLs, and the switches of the console. */
  readonly putApp: (app: App) => Effect.Effect<void, Refused>
  /** Returns the users who can sign in; made-up ones where the seed has none. */
  readonly users: Effect.Effect<ReadonlyArray<PersonNow>, Refused>
  /** Adds users; replaces those with the same `open_id`s. */
  readonly putUsers: (users: ReadonlyArray<Person>) => Effect.Effect<void, Refused>
  /** Does what a user does on the authorization page. */
  readonly authorize: (authorization: Authorization) => Effect.Effect<AuthorizationResult, Refused>
  /** Returns the devices that wait for a user, the newest last. */
  readonly deviceAuthorizations: Effect.Effect<ReadonlyArray<DeviceAuthorization>, Refused>
  /** Allows or refuses what a device asks for. */
  readonly decideDevice: (decision?: DeviceDecision) => Effect.Effect<void, Refused>
  /** Returns what users have granted to apps. */
  readonly logins: Effect.Effect<ReadonlyArray<Login>, Refused>
  /** Revokes what a user has granted to an app, and all tokens for it; returns the number of revoked tokens. */
  readonly revokeLogin: (login: Pick<Login, "client_id" | "open_id">) => Effect.Effect<number, Refused>
  /** Changes switches from now on. */
  readonly change: (behaviour: Partial<Behaviour>) => Effect.Effect<Behaviour, Refused>
  /** Adds a rule for failures. If several rules apply to a call, the first one changes it. */
  readonly addFault: (rule: Rule) => Effect.Effect<Active, Refused>
  /** Switches a rule on or off; its counts stay. */
  readonly enableFault: (id: string, enabled: boolean) => Effect.Effect<Active, Refused>
  readonly removeFault: (id: string) => Effect.Effect<void, Refused>
  readonly clearFaults: Effect.Effect<void, Refused>
  /** Starts random failures. */
  readonly chaos: (chaos: Chaos) => Effect.Effect<void, Refused>
  /** Ends random failures. */
  readonly calm: Effect.Effect<void, Refused>
  readonly clock: Effect.Effect<Time, Refused>
  /**
   * Sets or advances the clock, and then freezes it or lets it run. `set` is a time: unix seconds, `2026-01-31T09:00:00Z`,
   * or `-3h` from where the clock is. `advance` is a duration: seconds, or `1d`; a negative one goes back. If the clock is Effect's
   * `TestClock`, that one is moved, and whatever sleeps until then runs.
   */
  readonly moveClock: (move: ClockMove) => Effect.Effect<Time, Refused>
  /** Revokes one token, or all access tokens; returns the number of revoked tokens. */
  readonly revokeTokens: (token?: string) => Effect.Effect<number, Refused>
  /** The newest 1,000 entries, oldest first. */
  readonly journal: (filter?: Filter) => Effect.Effect<ReadonlyArray<Entry>, Refused>
  readonly journalEntry: (seq: number) => Effect.Effect<Detail, Refused>
  /** Compares the requests in the journal with the expected calls. */
  readonly verify: (
    calls: ReadonlyArray<Expectation>,
    options?: { readonly inOrder?: boolean },
  ) => Effect.Effect<Verdict, Refused>
  readonly findings: Effect.Effect<Findings, Refused>
}

/** What a client needs to use a workspace of a running mock. */
export interface Running extends PublicTypes.Running {
  /** The numbers that have meetings, with the brand `MeetingNo` that the client's functions take. */
  readonly meetingNos: ReadonlyArray<string & Brand.Brand<"MeetingNo">>
}

/** A workspace of a running mock, and its control plane. */
export interface Controlled extends Running, Control {
  /** Adds a workspace, which has apps, meetings, faults and limits of its own, and is removed when the scope closes. */
  readonly workspace: (options?: WorkspaceOptions) => Effect.Effect<Controlled, Refused, Scope.Scope>
}

/** The media type of a snapshot in lines, which may have any number of meetings. */
const lines = "application/x-ndjson"

/**
 * Adds the control plane to a running mock: that of the workspace with an app, or of the shared one. `client` leads to the mock whatever the
 * URL is.
 */
export const add = (client: HttpClient.HttpClient, running: Running, appId?: string): Controlled => {
  const send = (
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    options: { readonly body?: HttpBody.HttpBody; readonly query?: object; readonly accept?: string } = {},
  ): Effect.Effect<string, Refused> => {
    const { accept, body = HttpBody.empty, query = {} } = options
    const params = Object.entries({ app_id: appId, ...query }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const],
    )
    const request = HttpClientRequest.make(method)(`https://feishu.mock/_mock${path}`).pipe(
      HttpClientRequest.setUrlParams(params),
      HttpClientRequest.setBody(body),
      HttpClientRequest.setHeaders(accept === undefined ? {} : { accept }),
    )
    return client.execute(request).pipe(
      Effect.flatMap((response) =>
        Effect.flatMap(response.text, (text) =>
          response.status < 400 ? Effect.succeed(text) : Effect.fail(refusalIn(text, response.status)),
        ),
      ),
      // The mock is in this process: nothing is lost on the way.
      Effect.catchTag("HttpClientError", Effect.die),
    )
  }
  const ask = <A>(method: Parameters<typeof send>[0], path: string, body?: unknown, query?: object) =>
    Effect.map(
      send(method, path, {
        ...(body === undefined ? {} : { body: HttpBody.text(JSON.stringify(body), "application/json") }),
        ...(query === undefined ? {} : { query }),
      }),
      (text): A => JSON.parse(text),
    )
  const done = (...asked: Parameters<typeof ask>) => Effect.asVoid(ask(...asked))
  const idIn = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`
  return {
    ...running,
    reset: done("POST", "/reset"),
    snapshot: Effect.map(send("GET", "/state", { accept: lines }), (text) => {
      const [first = "", ...meetings] = text.trimEnd().split("\n")
      const { meetings: _count, seed, ...rest } = JSON.parse(first)
      return { ...rest, seed: { ...seed, meetings: meetings.map((line) => JSON.parse(line)) } }
    }),
    restore: ({ seed: { meetings = [], ...seed }, ...rest }) => {
      const all = [{ ...rest, seed, meetings: meetings.length }, ...meetings]
      const text = all.map((line) => `${JSON.stringify(line)}\n`).join("")
      return Effect.asVoid(send("PUT", "/state", { body: HttpBody.text(text, lines) }))
    },
    putMeetings: (meetings) => done("PUT", "/meetings", meetings),
    meeting: (id) => ask("GET", idIn("/meetings", id)),
    removeMeeting: (id) => done("DELETE", idIn("/meetings", id)),
    putApp: (app) => done("PUT", "/apps", app),
    users: ask("GET", "/users"),
    putUsers: (users) => done("PUT", "/users", users),
    authorize: (authorization) => ask("POST", "/authorizations", authorization),
    deviceAuthorizations: ask("GET", "/device-authorizations"),
    decideDevice: (decision = {}) => done("POST", "/device-authorizations", decision),
    logins: ask("GET", "/logins"),
    revokeLogin: ({ client_id, open_id }) =>
      Effect.map(
        ask<{ readonly revoked: number }>("POST", "/logins/revoke", { client_id, open_id }),
        ({ revoked }) => revoked,
      ),
    change: (behaviour) => ask("PATCH", "/behaviour", behaviour),
    addFault: (rule) => ask("POST", "/faults", rule),
    enableFault: (id, enabled) => ask("PATCH", idIn("/faults", id), { enabled }),
    removeFault: (id) => done("DELETE", idIn("/faults", id)),
    clearFaults: done("DELETE", "/faults"),
    chaos: (chaos) => done("PUT", "/chaos", chaos),
    calm: done("DELETE", "/chaos"),
    clock: ask("GET", "/clock"),
    moveClock: (move) => ask("POST", "/clock", move),
    revokeTokens: (token) =>
      Effect.map(
        ask<{ readonly revoked: number }>("POST", "/tokens/revoke", token === undefined ? {} : { token }),
        ({ revoked }) => revoked,
      ),
    journal: (filter = {}) => ask("GET", "/journal", undefined, filter),
    journalEntry: (seq) => ask("GET", `/journal/${seq}`),
    verify: (calls, options) => ask("POST", "/verify", { calls, ...options }),
    findings: ask("GET", "/findings"),
    workspace: (options = {}) =>
      Effect.acquireRelease(ask<Omit<Running, "url">>("POST", "/workspaces", options), (info) =>
        Effect.ignore(done("DELETE", idIn("/workspaces", info.appId))),
      ).pipe(Effect.map((info) => add(client, { ...running, ...info }, info.appId))),
  }
}

const Refusal = Schema.fromJsonString(
  Schema.Struct({ error: Schema.String, problems: Schema.optionalKey(Schema.Array(Schema.String)) }),
)
const decodeRefusal = Schema.decodeUnknownOption(Refusal)

const refusalIn = (text: string, status: number): Refused => {
  const answer = decodeRefusal(text)
  const { error, problems = [] } = answer._tag === "Some" ? answer.value : { error: `HTTP ${status}` }
  return new Refused({ message: [error, ...problems].join("\n  "), problems })
}
