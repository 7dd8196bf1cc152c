/**
 * The control plane: the HTTP API under `/_mock` by which tests control the mock. Every request is about one workspace:
 * that of the app which `app_id` names in the query, or the shared one.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import * as Behaviour from "../protocol/Behaviour.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as Journal from "../state/Journal.ts"
import * as MeetingNow from "../state/MeetingNow.ts"
import * as Verification from "../state/Verification.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import * as Seed from "../seed/Seed.ts"
import * as TimeText from "../protocol/TimeText.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as Snapshot from "../state/Snapshot.ts"

/** The request is wrong, or cannot be carried out. `problems` lists every mistake, each with its path. */
export class Refused extends Schema.TaggedError<Refused>()(
  "Refused",
  {
    error: Schema.String,
    problems: Schema.Array(Schema.String),
  },
  { httpApiStatus: 400 },
) {}

/** The workspace, app, rule, meeting or entry that the request names does not exist. */
export class Missing extends Schema.TaggedError<Missing>()(
  "Missing",
  { error: Schema.String },
  { httpApiStatus: 404 },
) {}

/** The request or its answer is larger than the mock allows. */
export class TooLarge extends Schema.TaggedError<TooLarge>()(
  "TooLarge",
  { error: Schema.String },
  { httpApiStatus: 413 },
) {}

/** Answers an invalid request to the control plane with every mistake in it. */
export class Problems extends HttpApiMiddleware.Service<Problems>()("@effect-feishu/mock-server/Problems") {}

const workspace = { app_id: Schema.optionalKey(Schema.String) }

const seconds = Schema.Finite
/** The time that the mock's clock shows. */
export const Clock = Schema.Struct({
  /** Unix seconds, with a fraction. */
  now: seconds,
  frozen: Schema.Boolean,
})

/**
 * A move of the clock: sets or advances it, and then freezes it or lets it run. `set` is a time: unix seconds,
 * `2026-01-31T09:00:00Z`, or `-3h` from where the clock is. `advance` is a duration: seconds, or `1d`; a negative one goes
 * back.
 */
export const ClockMove = Schema.Struct({
  set: Schema.optionalKey(VirtualClock.Time),
  advance: Schema.optionalKey(
    TimeText.Length(-TimeText.lastSecond, TimeText.lastSecond, {
      description:
        "A duration to advance the clock by: seconds, or text such as 90s, 5m, 3h or 1d; a negative one goes back",
      examples: ["1h", 90],
    }),
  ),
  frozen: Schema.optionalKey(Schema.Boolean),
})

const Done = Schema.Struct({ ok: Schema.Literal(true) })

const state = HttpApiGroup.make("state").add(
  HttpApiEndpoint.get("health", "/health", {
    success: Schema.Struct({ status: Schema.Literal("ok") }),
  }).annotate(OpenApi.Summary, "Answer once the mock serves. Needs no token, and works under any host name"),
  HttpApiEndpoint.post("reset", "/reset", {
    query: workspace,
    success: Done,
    error: [Refused, Missing],
  }).annotate(
    OpenApi.Summary,
    "Restore the seed with its faults, and the start of the clock; forget tokens, counts, other faults and the journal",
  ),
  // `Accept` decides: one JSON document, or lines of JSON.
  HttpApiEndpoint.get("snapshot", "/state", {
    query: workspace,
    success: [Snapshot.Snapshot, Snapshot.Lines],
    error: [Missing, TooLarge],
  }).annotate(OpenApi.Summary, "Return apps, meetings, clock and switches as they are at this moment"),
  HttpApiEndpoint.put("restore", "/state", {
    query: workspace,
    payload: [Snapshot.Snapshot, Snapshot.Lines],
    success: Done,
    error: [Refused, Missing, TooLarge],
  }).annotate(OpenApi.Summary, "Restore a snapshot; forget tokens, counts, faults and the journal"),
  HttpApiEndpoint.get("behaviour", "/behaviour", {
    query: workspace,
    success: Behaviour.Behaviour,
    error: Missing,
  }).annotate(OpenApi.Summary, "Return the switches"),
  HttpApiEndpoint.patch("changeBehaviour", "/behaviour", {
    query: workspace,
    payload: Behaviour.Some,
    success: Behaviour.Behaviour,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Change switches from now on; counts of limits start again"),
)

const apps = HttpApiGroup.make("apps").add(
  HttpApiEndpoint.get("apps", "/apps", {
    query: workspace,
    success: Schema.Array(Seed.App),
    error: Missing,
  }).annotate(OpenApi.Summary, "Return the apps"),
  HttpApiEndpoint.put("putApp", "/apps", {
    query: workspace,
    payload: Seed.App,
    success: Done,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Add an app, or replace the one with its id"),
  HttpApiEndpoint.delete("removeApp", "/apps/:id", {
    query: workspace,
    params: { id: Schema.String },
    success: Done,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Remove an app, except the last one of its workspace"),
  HttpApiEndpoint.get("tokens", "/tokens", {
    query: workspace,
    success: Schema.Array(
      Schema.Struct({
        kind: Schema.Literals(["tenant", "app", "user"]),
        /** The first characters of the token. */
        text: Schema.String,
        appId: Schema.String,
        tenant: Schema.String,
        expiresAt: seconds,
      }),
    ),
    error: Missing,
  }).annotate(OpenApi.Summary, "Return the valid access tokens"),
  HttpApiEndpoint.post("revokeToken", "/tokens/revoke", {
    query: workspace,
    /** The token to revoke; without it, every token of the workspace. */
    payload: Schema.Struct({ token: Schema.optionalKey(Schema.String) }),
    success: Schema.Struct({ revoked: Schema.Int }),
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Revoke one token, or all tokens of the workspace"),
  HttpApiEndpoint.post("authorize", "/authorizations", {
    query: workspace,
    /** The grant that a user would give on Feishu's authorization page. */
    payload: Schema.Struct({
      client_id: Schema.String,
      tenant_key: Schema.optionalKey(Schema.String),
      /** The user. Without it, the tokens are those of a user who took part in every meeting, and hosted none. */
      open_id: Schema.optionalKey(Schema.String),
      /** Default: every scope that reading meetings, details and recordings may need. */
      scopes: Schema.optionalKey(Schema.Array(Schema.String)),
      redirect_uri: Schema.optionalKey(Schema.String),
      code_challenge: Schema.optionalKey(Schema.String),
      code_challenge_method: Schema.optionalKey(Schema.Literals(["plain", "S256"])),
    }),
    success: Schema.Struct({ code: Schema.String }),
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Return the code that an app gets when a user grants scopes"),
  HttpApiEndpoint.post("pushAppTicket", "/app-tickets", {
    payload: Schema.Struct({ app_id: Schema.String }),
    success: Schema.Struct({ app_ticket: Schema.String }),
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Push a new ticket to a store app"),
)

const meetings = HttpApiGroup.make("meetings").add(
  HttpApiEndpoint.get("meetings", "/meetings", {
    query: {
      ...workspace,
      meeting_no: Schema.optionalKey(Schema.String),
      /** A part of the topic, the id or the number. */
      search: Schema.optionalKey(Schema.String),
      offset: Schema.optionalKey(WholeNumber.text(0, WholeNumber.mostTimes)),
      /** The most meetings to return: default 50, at most 1,000. */
      limit: Schema.optionalKey(WholeNumber.text(0, 1_000)),
    },
    success: Schema.Struct({ total: Schema.Int, meetings: Schema.Array(Seed.Meeting) }),
    error: Missing,
  }).annotate(OpenApi.Summary, "Search meetings"),
  HttpApiEndpoint.get("meeting", "/meetings/:id", {
    query: workspace,
    params: { id: Schema.String },
    success: Schema.Struct({ meeting: Seed.Meeting, details: Schema.optionalKey(MeetingNow.MeetingNow) }),
    error: Missing,
  }).annotate(OpenApi.Summary, "Return a meeting, and its details as they are now"),
  HttpApiEndpoint.put("putMeetings", "/meetings", {
    query: workspace,
    payload: Schema.Array(Seed.Meeting),
    success: Schema.Struct({ put: Schema.Int }),
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Add meetings, or replace those with the same ids"),
  HttpApiEndpoint.delete("removeMeeting", "/meetings/:id", {
    query: workspace,
    params: { id: Schema.String },
    success: Done,
    error: Missing,
  }).annotate(OpenApi.Summary, "Remove a meeting"),
)

const faults = HttpApiGroup.make("faults").add(
  HttpApiEndpoint.get("faults", "/faults", {
    query: workspace,
    success: Schema.Struct({
      rules: Schema.Array(FaultRule.Active),
      chaos: Schema.NullOr(FaultRule.Chaos),
    }),
    error: Missing,
  }).annotate(OpenApi.Summary, "Return the rules for failures, and chaos"),
  HttpApiEndpoint.post("addFault", "/faults", {
    query: workspace,
    payload: FaultRule.Rule,
    success: FaultRule.Active,
    error: [Refused, Missing],
  }).annotate(
    OpenApi.Summary,
    "Add a rule for failures. If several rules apply to a call, the one that was added first changes it",
  ),
  HttpApiEndpoint.patch("enableFault", "/faults/:id", {
    query: workspace,
    params: { id: Schema.String },
    payload: Schema.Struct({ enabled: Schema.Boolean }),
    success: FaultRule.Active,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Switch a rule on or off; its counts stay"),
  HttpApiEndpoint.delete("removeFault", "/faults/:id", {
    query: workspace,
    params: { id: Schema.String },
    success: Done,
    error: Missing,
  }).annotate(OpenApi.Summary, "Remove a rule"),
  HttpApiEndpoint.delete("clearFaults", "/faults", {
    query: workspace,
    success: Done,
    error: Missing,
  }).annotate(OpenApi.Summary, "Remove all rules, and stop chaos"),
  HttpApiEndpoint.put("chaos", "/chaos", {
    query: workspace,
    payload: FaultRule.Chaos,
    success: Done,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Start random failures"),
  HttpApiEndpoint.delete("calm", "/chaos", { query: workspace, success: Done, error: Missing }).annotate(
    OpenApi.Summary,
    "Stop random failures",
  ),
)

const journal = HttpApiGroup.make("journal").add(
  HttpApiEndpoint.get("journal", "/journal", {
    query: { ...workspace, ...Journal.Filter.fields },
    success: Schema.Array(Journal.Entry),
    error: [Refused, Missing],
  }).annotate(
    OpenApi.Summary,
    "Return the last requests with their answers, oldest first; secrets are masked",
  ),
  // Declared before the next endpoint, whose path would match requests for this one, too.
  HttpApiEndpoint.get("watch", "/journal/live", {
    query: workspace,
    success: HttpApiSchema.StreamSse({ data: Journal.Entry }),
    error: Missing,
  }).annotate(OpenApi.Summary, "Stream every request from now on, as server-sent events"),
  HttpApiEndpoint.get("journalEntry", "/journal/:seq", {
    query: workspace,
    params: { seq: WholeNumber.text(0, Number.MAX_SAFE_INTEGER) },
    success: Journal.Detail,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Return one request with the bodies of request and answer"),
  HttpApiEndpoint.delete("clearJournal", "/journal", {
    query: workspace,
    success: Done,
    error: Missing,
  }).annotate(OpenApi.Summary, "Remove all requests from the journal"),
  HttpApiEndpoint.post("verify", "/verify", {
    query: workspace,
    payload: Schema.Struct({
      calls: Schema.Array(Verification.Expectation),
      inOrder: Schema.optionalKey(Schema.Boolean),
    }),
    success: Verification.Verdict,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Compare the requests in the journal with the expected calls"),
  HttpApiEndpoint.get("findings", "/findings", {
    query: workspace,
    success: Schema.Struct({
      /** Requests for endpoints that Feishu, or this mock, does not have. */
      unmatched: Schema.Array(Journal.Entry),
      /** Rules that have not changed any answer. */
      unusedFaults: Schema.Array(FaultRule.Active),
      /** Requests of clients that did not wait for the reset that a refusal had named. */
      early: Schema.Array(Journal.Entry),
    }),
    error: Missing,
  }).annotate(
    OpenApi.Summary,
    "Return what is probably a mistake: unmatched requests, unused rules, and retries that were too early",
  ),
)

const time = HttpApiGroup.make("time").add(
  HttpApiEndpoint.get("clock", "/clock", { query: workspace, success: Clock, error: Missing }).annotate(
    OpenApi.Summary,
    "Return the mock's time",
  ),
  HttpApiEndpoint.post("moveClock", "/clock", {
    query: workspace,
    payload: ClockMove,
    success: Clock,
    error: [Refused, Missing],
  }).annotate(OpenApi.Summary, "Set or advance the clock, and freeze it or start it again"),
  HttpApiEndpoint.get("limits", "/limits", {
    query: workspace,
    success: Schema.Array(
      Schema.Struct({
        api: Schema.String,
        app: Schema.String,
        tenant: Schema.String,
        /** The window: requests that pass in this many seconds. An API may have several windows. */
        requests: Schema.Int,
        windowSeconds: Schema.Int,
        /** The number of requests that would pass in this window now. */
        left: Schema.Int,
        /** The time at which the whole window is available again, in unix seconds. */
        fullAt: seconds,
      }),
    ),
    error: Missing,
  }).annotate(OpenApi.Summary, "Return what is left of each window of each rate limit"),
)

/** The bounds are those of the command's flags: anything larger would only run out of memory. */
const WorkspaceOptions = Schema.Struct({
  seed: Schema.optionalKey(Seed.Seed),
  randomSeed: Schema.optionalKey(Schema.String),
  ...GivenOptions.fields,
})

const WorkspaceInfo = Schema.Struct({
  appId: Schema.String,
  appSecret: Schema.String,
  meetingNos: Schema.Array(Schema.String),
})

const workspaces = HttpApiGroup.make("workspaces").add(
  HttpApiEndpoint.get("workspaces", "/workspaces", { success: Schema.Array(WorkspaceInfo) }).annotate(
    OpenApi.Summary,
    "Return all workspaces, the shared one first",
  ),
  HttpApiEndpoint.post("addWorkspace", "/workspaces", {
    payload: WorkspaceOptions,
    success: WorkspaceInfo,
    error: Refused,
  }).annotate(OpenApi.Summary, "Add a workspace with its own apps, meetings, clock and limits"),
  HttpApiEndpoint.delete("removeWorkspace", "/workspaces/:id", {
    params: { id: Schema.String },
    success: Done,
    error: Missing,
  }).annotate(OpenApi.Summary, "Remove a workspace that was added"),
)

/** The whole API, which also describes itself in `/_mock/openapi.json`. */
export const Api = HttpApi.make("mock")
  .add(state, apps, meetings, faults, journal, time, workspaces)
  .middleware(Problems)
  .prefix("/_mock")
  .annotate(OpenApi.Title, "The control plane of a mock Feishu")
  .annotate(
    OpenApi.Description,
    "Every request is about one workspace: that of the app which app_id names in the query, or the shared one.",
  )
  // Otherwise a mistyped key would be ignored silently.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all", onExcessProperty: "error" })
