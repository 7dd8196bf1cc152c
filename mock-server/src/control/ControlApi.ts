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
import { described, named } from "../protocol/Described.ts"
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
import * as ControlDescription from "./ControlDescription.ts"

/** The request is wrong, or cannot be carried out. `problems` lists every mistake, each with its path. */
export class Refused extends Schema.TaggedError<Refused>()(
  "Refused",
  {
    error: described(Schema.String, "What is wrong", "invalid request"),
    problems: described(Schema.Array(Schema.String), "Every mistake, each with its path", [
      "when.nth: must be a whole number from 1 to 1000000000",
    ]),
  },
  { httpApiStatus: 400, description: "The request is wrong, or cannot be carried out" },
) {}

/** The workspace, app, rule, meeting or entry that the request names does not exist. */
export class Missing extends Schema.TaggedError<Missing>()(
  "Missing",
  { error: described(Schema.String, "What does not exist", "there is no rule rule-9") },
  {
    httpApiStatus: 404,
    description: "The workspace, app, rule, meeting or entry that the request names does not exist",
  },
) {}

/** The request or its answer is larger than the mock allows. */
export class TooLarge extends Schema.TaggedError<TooLarge>()(
  "TooLarge",
  {
    error: described(
      Schema.String,
      "What is too large, and what to do",
      "this snapshot is larger than 64 MiB as one JSON document: request lines (Accept: application/x-ndjson), which have no such limit",
    ),
  },
  { httpApiStatus: 413, description: "The request or its answer is larger than the mock allows" },
) {}

/** Answers an invalid request to the control plane with every mistake in it. */
export class Problems extends HttpApiMiddleware.Service<Problems>()("@effect-feishu/mock-server/Problems") {}

const workspace = {
  app_id: Schema.optionalKey(
    described(
      Schema.String,
      "An app of the workspace that the request is about (default: the shared workspace)",
      "cli_a1b2c3d4e5f6a7b8",
    ),
  ),
}

const seconds = (description: string) =>
  described(Schema.Finite, `${description}, in unix seconds`, 1769850000)

/** The time that the mock's clock shows. */
export const Clock = named(
  Schema.Struct({
    now: described(Schema.Finite, "The mock's time: unix seconds, with a fraction", 1769850000.123),
    frozen: described(Schema.Boolean, "True for a clock that stands still", false),
  }),
  "Clock",
  "The time that the mock's clock shows",
)

/**
 * A move of the clock: sets or advances it, and then freezes it or lets it run. `set` is a time: unix seconds,
 * `2026-01-31T09:00:00Z`, or `-3h` from where the clock is. `advance` is a duration: seconds, or `1d`; a negative one goes
 * back.
 */
export const ClockMove = named(
  Schema.Struct({
    set: Schema.optionalKey(
      described(
        VirtualClock.Time,
        "The time to set the clock to: unix seconds, 2026-01-31T09:00:00Z, or -3h from where the clock is",
        "2026-01-31T09:00:00Z",
      ),
    ),
    advance: Schema.optionalKey(
      TimeText.Length(-TimeText.lastSecond, TimeText.lastSecond, {
        description:
          "A duration to advance the clock by: seconds, or text such as 90s, 5m, 3h or 1d; a negative one goes back",
        examples: ["1h", 90],
      }),
    ),
    frozen: Schema.optionalKey(
      described(Schema.Boolean, "True to stop the clock, false to let it run (default: as it is)", true),
    ),
  }),
  "ClockMove",
  "A move of the clock: sets or advances it, and then freezes it or lets it run",
  { advance: "1h" },
)

const Done = named(
  Schema.Struct({ ok: described(Schema.Literal(true), "Always true", true) }),
  "Done",
  "The request was carried out",
)

const Token = named(
  Schema.Struct({
    kind: described(Schema.Literals(["tenant", "app", "user"]), "Whose token it is", "tenant"),
    text: described(Schema.String, "The first characters of the token", "t-g10…"),
    appId: described(Schema.String, "The app that it was given to", "cli_a1b2c3d4e5f6a7b8"),
    tenant: described(Schema.String, "Its tenant; empty for the token of an app", "2ed263bf32cf1651"),
    expiresAt: seconds("When it expires"),
  }),
  "Token",
  "A valid access token",
)

/** The choices of a user: who, which scopes, and whether at all. */
const choices = {
  open_id: Schema.optionalKey(
    described(
      Schema.String,
      "The user (default: the first of the users)",
      "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
    ),
  ),
  scopes: Schema.optionalKey(
    described(
      Schema.Array(Schema.String),
      "The scopes that the user grants (default: all that were asked for)",
      ["vc:meeting:readonly"],
    ),
  ),
  allow: Schema.optionalKey(described(Schema.Boolean, "False to refuse (default: true)", true)),
}

const Authorization = named(
  Schema.Struct({
    url: Schema.optionalKey(
      described(
        Schema.String,
        "The address of the authorization page, as the app opens it in a browser: it is checked as there",
        "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=cli_a1b2c3d4e5f6a7b8&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcallback",
      ),
    ),
    client_id: Schema.optionalKey(
      described(
        Schema.String,
        "Instead of url: the app. Then nothing is checked, and everything below is given here",
        "cli_a1b2c3d4e5f6a7b8",
      ),
    ),
    tenant_key: Schema.optionalKey(
      described(
        Schema.String,
        "Without url: the tenant of the user (default: that of the user, or the first tenant of the app)",
        "2ed263bf32cf1651",
      ),
    ),
    ...choices,
    open_id: Schema.optionalKey(
      described(
        Schema.String,
        "The user. Default with url: the first of the users. Default without it: nobody in particular, who took part in every meeting, and hosted none",
        "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
      ),
    ),
    scopes: Schema.optionalKey(
      described(
        Schema.Array(Schema.String),
        "The scopes that the user grants. Default with url: all that it asks for. Default without it: every scope that reading meetings, details and recordings may need, and offline_access",
        ["vc:meeting:readonly"],
      ),
    ),
    redirect_uri: Schema.optionalKey(
      described(
        Schema.String,
        "Without url: the redirect_uri of the authorization",
        "http://127.0.0.1:3000/callback",
      ),
    ),
    code_challenge: Schema.optionalKey(
      described(
        Schema.String,
        "Without url: the code_challenge of PKCE",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      ),
    ),
    code_challenge_method: Schema.optionalKey(
      described(Schema.Literals(["plain", "S256"]), "Without url: the method of PKCE", "S256"),
    ),
  }),
  "Authorization",
  "What a user does on Feishu's authorization page",
  { client_id: "cli_a1b2c3d4e5f6a7b8" },
)
/** What a user does on Feishu's authorization page. */
export type Authorization = typeof Authorization.Type

const DeviceDecision = named(
  Schema.Struct({
    user_code: Schema.optionalKey(
      described(
        Schema.String,
        "The code that the device shows (default: the newest that waits)",
        "BCDF-GHJK",
      ),
    ),
    ...choices,
  }),
  "DeviceDecision",
  "What a user does on the page of a device",
  { user_code: "BCDF-GHJK" },
)

const DeviceAuthorization = named(
  Schema.Struct({
    user_code: described(Schema.String, "The code that the device shows", "BCDF-GHJK"),
    client_id: described(Schema.String, "The app", "cli_a1b2c3d4e5f6a7b8"),
    scopes: described(Schema.Array(Schema.String), "The scopes that it asks for", ["vc:meeting:readonly"]),
    expires_at: seconds("When it expires"),
  }),
  "DeviceAuthorization",
  "A device that waits for a user",
)

const LoginName = {
  client_id: described(Schema.String, "The app", "cli_a1b2c3d4e5f6a7b8"),
  open_id: described(Schema.String, "The user", "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809"),
}

const Login = named(
  Schema.Struct({
    ...LoginName,
    name: described(Schema.String, "The name of the user", "张三"),
    scopes: described(Schema.Array(Schema.String), "All scopes that the user has granted to the app", [
      "vc:meeting:readonly",
    ]),
    authorized_at: seconds("When the user authorised the app last"),
    access_tokens: described(WholeNumber.count, "The valid access tokens that the app has for it", 1),
    renewable: described(Schema.Boolean, "True when the app has a refresh token that is good", true),
    ends_at: Schema.optionalKey(seconds("When the last of its tokens ends; absent when none is valid")),
  }),
  "Login",
  "What a user has granted to an app",
)

const Limit = named(
  Schema.Struct({
    api: described(Schema.String, "The endpoint that is limited", "meetings.listByNo"),
    app: described(Schema.String, "The app", "cli_a1b2c3d4e5f6a7b8"),
    tenant: described(Schema.String, "The tenant", "2ed263bf32cf1651"),
    requests: described(WholeNumber.count, "Requests that pass in the window", 100),
    windowSeconds: described(
      WholeNumber.count,
      "Seconds of the window. An endpoint may have several windows",
      60,
    ),
    left: described(WholeNumber.count, "Requests that would pass in this window now", 87),
    fullAt: seconds("When the whole window is available again"),
  }),
  "Limit",
  "A window of a rate limit, and what is left of it",
)

const Quota = named(
  Schema.Struct({
    limit: described(
      Schema.Union([WholeNumber.count, Schema.Literal("off")]),
      "Successful calls that a tenant may make in a month, or off",
      10_000,
    ),
    month: described(Schema.String, "The month of the mock's clock, in UTC+8", "2026-01"),
    fullAt: seconds("When the next month begins"),
    tenants: Schema.Array(
      Schema.Struct({
        tenant: described(Schema.String, "The tenant", "2ed263bf32cf1651"),
        used: described(WholeNumber.count, "Its successful calls in the month", 13),
        left: described(WholeNumber.count, "The calls that are left to it", 9_987),
      }),
    ).annotate({
      description: "The tenants that have called in the month; nothing is counted while it is off",
    }),
  }),
  "Quota",
  "The quota of the month, and what is left of it",
)

const Faults = named(
  Schema.Struct({
    rules: Schema.Array(FaultRule.Active).annotate({
      description: "Every rule, in the order in which they apply",
    }),
    chaos: Schema.NullOr(FaultRule.Chaos).annotate({
      description: "Random failures, or null",
      examples: [null],
    }),
  }),
  "Faults",
  "The rules for failures, and chaos",
)

const Findings = named(
  Schema.Struct({
    unmatched: Schema.Array(Journal.Entry).annotate({
      description: "Requests for endpoints that Feishu, or this mock, does not have",
    }),
    unusedFaults: Schema.Array(FaultRule.Active).annotate({
      description: "Rules that have not changed any answer",
    }),
    early: Schema.Array(Journal.Entry).annotate({
      description: "Requests of clients that did not wait for the reset that a refusal had named",
    }),
  }),
  "Findings",
  "What is probably a mistake of the client or of the test",
)

const PersonNow = named(
  Schema.Struct({
    open_id: described(Schema.String, "The open_id", "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809"),
    union_id: described(Schema.String, "The union_id", "on_8f7e6d5c4b3a291807f6e5d4c3b2a190"),
    user_id: described(Schema.String, "The user_id", "9f8e7d6c"),
    name: described(Schema.String, "The name", "张三"),
    en_name: described(Schema.String, "The English name", "San Zhang"),
    tenant_key: described(Schema.String, "The tenant", "2ed263bf32cf1651"),
    status: described(Schema.Literals(Seed.personStates), "The state of the account", "active"),
    policy: Schema.optionalKey(
      described(
        Schema.Literals(["challenge", "blocked"]),
        "The policy of the tenant that blocks the user; absent without one",
        "challenge",
      ),
    ),
  }),
  "PersonNow",
  "Somebody who can sign in, with every value",
)

/** A meeting as the mock returns it: with its times in unix seconds, and no key without a value. */
const Meeting = Schema.toType(Seed.Meeting)

const idOf = (what: string, example: string) => ({
  id: described(Schema.String, `The id of ${what}`, example),
})

const state = HttpApiGroup.make("state")
  .annotate(OpenApi.Description, "Health, reset, snapshots and switches")
  .add(
    HttpApiEndpoint.get("health", "/health", {
      success: named(
        Schema.Struct({ status: described(Schema.Literal("ok"), "Always ok", "ok") }),
        "Health",
        "The mock serves",
      ),
    }).annotate(
      OpenApi.Summary,
      "Answer once the mock serves. Needs no token, and works under any host name",
    ),
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
      error: [Refused, Missing, TooLarge],
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
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return the switches"),
    HttpApiEndpoint.patch("changeBehaviour", "/behaviour", {
      query: workspace,
      payload: Behaviour.Some,
      success: Behaviour.Behaviour,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Change switches from now on; counts of limits start again"),
  )

const Revoked = named(
  Schema.Struct({ revoked: described(WholeNumber.count, "The number of revoked tokens", 1) }),
  "Revoked",
  "The result of a revocation",
)

const apps = HttpApiGroup.make("apps")
  .annotate(OpenApi.Description, "Apps, their tokens, and what Feishu itself would do: app tickets")
  .add(
    HttpApiEndpoint.get("apps", "/apps", {
      query: workspace,
      success: Schema.Array(Schema.toType(Seed.App)),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return the apps"),
    HttpApiEndpoint.put("putApp", "/apps", {
      query: workspace,
      payload: Seed.App,
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Add an app, or replace the one with its id"),
    HttpApiEndpoint.delete("removeApp", "/apps/:id", {
      query: workspace,
      params: idOf("the app", "cli_b1b2c3d4e5f6a7b8"),
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Remove an app, except the last one of its workspace"),
    HttpApiEndpoint.get("tokens", "/tokens", {
      query: workspace,
      success: Schema.Array(Token),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return the valid access tokens"),
    HttpApiEndpoint.post("revokeToken", "/tokens/revoke", {
      query: workspace,
      payload: named(
        Schema.Struct({
          token: Schema.optionalKey(
            described(
              Schema.String,
              "The token to revoke; without it, every access token of the workspace",
              "t-g1044ghJRUIJJ5ELPKFZL2L6LPHDQPABCDEFGHIJ",
            ),
          ),
        }),
        "Revocation",
        "The tokens to revoke",
        {},
      ),
      success: Revoked,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Revoke one token, or all access tokens of the workspace"),
    HttpApiEndpoint.post("pushAppTicket", "/app-tickets", {
      payload: named(
        Schema.Struct({ app_id: described(Schema.String, "The store app", "cli_b1b2c3d4e5f6a7b8") }),
        "TicketOrder",
        "The app that gets a new ticket",
      ),
      success: named(
        Schema.Struct({
          app_ticket: described(Schema.String, "The ticket that was pushed", "g1047b8f3a2c1d9e"),
        }),
        "AppTicket",
        "A ticket of a store app",
      ),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Push a new ticket to a store app"),
  )

const users = HttpApiGroup.make("users")
  .annotate(OpenApi.Description, "The people who can sign in, what they permit apps, and their logins")
  .add(
    HttpApiEndpoint.get("users", "/users", {
      query: workspace,
      success: Schema.Array(PersonNow),
      error: [Refused, Missing],
    }).annotate(
      OpenApi.Summary,
      "Return the users who can sign in to the app, or to the first one; made-up ones where the seed has none",
    ),
    HttpApiEndpoint.put("putUsers", "/users", {
      query: workspace,
      payload: Schema.Array(Seed.Person),
      success: named(
        Schema.Struct({ put: described(WholeNumber.count, "The number of users that were put", 1) }),
        "UsersPut",
        "The result of putting users",
      ),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Add users, or replace those with the same open_ids"),
    HttpApiEndpoint.post("authorize", "/authorizations", {
      query: workspace,
      payload: Authorization,
      success: named(
        Schema.Struct({
          code: Schema.optionalKey(
            described(
              Schema.String,
              "The authorization code; absent when the user refuses",
              "2Wd5g337vo5BZXUz-3W5KECsWUmIzJ_FJ1eFD59fD1AJIibIZljTu3OLK-HP_UI1",
            ),
          ),
          redirect_url: Schema.optionalKey(
            described(
              Schema.String,
              "With url: the address to which the browser is sent, with code and state, or with error=access_denied",
              "http://127.0.0.1:8080/callback?code=2Wd5g337vo5BZXUz&state=RANDOMSTRING",
            ),
          ),
        }),
        "AuthorizationCode",
        "The code that the app exchanges for tokens",
      ),
      error: [Refused, Missing],
    }).annotate(
      OpenApi.Summary,
      "Return the code that an app gets when a user grants scopes, or the redirect after a decision on the authorization page",
    ),
    HttpApiEndpoint.get("deviceAuthorizations", "/device-authorizations", {
      query: workspace,
      success: Schema.Array(DeviceAuthorization),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return the devices that wait for a user, the newest last"),
    HttpApiEndpoint.post("decideDevice", "/device-authorizations", {
      query: workspace,
      payload: DeviceDecision,
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Allow or refuse what a device asks for"),
    HttpApiEndpoint.get("logins", "/logins", {
      query: workspace,
      success: Schema.Array(Login),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return what users have granted to apps"),
    HttpApiEndpoint.post("revokeLogin", "/logins/revoke", {
      query: workspace,
      payload: named(Schema.Struct(LoginName), "LoginRevocation", "The login to revoke"),
      success: Revoked,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Revoke what a user has granted to an app, and all tokens for it"),
  )

const meetings = HttpApiGroup.make("meetings")
  .annotate(OpenApi.Description, "Meetings: search, read, put and remove them")
  .add(
    HttpApiEndpoint.get("meetings", "/meetings", {
      query: {
        ...workspace,
        meeting_no: Schema.optionalKey(described(Schema.String, "Only meetings of this number", "337736498")),
        search: Schema.optionalKey(
          described(Schema.String, "A part of the topic, the id or the number", "Weekly"),
        ),
        offset: Schema.optionalKey(
          WholeNumber.text(0, WholeNumber.mostTimes, "How many meetings to skip (default: 0)", "50"),
        ),
        limit: Schema.optionalKey(
          WholeNumber.text(0, 1_000, "The most meetings to return, at most 1,000 (default: 50)", "20"),
        ),
      },
      success: named(
        Schema.Struct({
          total: described(WholeNumber.count, "The number of all meetings that were found", 120),
          meetings: Schema.Array(Meeting).annotate({ description: "Those from offset, at most limit" }),
        }),
        "MeetingsFound",
        "The result of a search",
      ),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Search meetings"),
    HttpApiEndpoint.get("meeting", "/meetings/:id", {
      query: workspace,
      params: idOf("the meeting", "7011030664708603907"),
      success: named(
        Schema.Struct({ meeting: Meeting, details: Schema.optionalKey(MeetingNow.MeetingNow) }),
        "MeetingWithDetails",
        "A meeting as it was given, and its details; those are absent for a meeting that has not started",
      ),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return a meeting, and its details as they are now"),
    HttpApiEndpoint.put("putMeetings", "/meetings", {
      query: workspace,
      payload: Schema.Array(Seed.Meeting),
      success: named(
        Schema.Struct({ put: described(WholeNumber.count, "The number of meetings that were put", 1) }),
        "MeetingsPut",
        "The result of putting meetings",
      ),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Add meetings, or replace those with the same ids"),
    HttpApiEndpoint.delete("removeMeeting", "/meetings/:id", {
      query: workspace,
      params: idOf("the meeting", "7011030664708603907"),
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Remove a meeting"),
  )

const faults = HttpApiGroup.make("faults")
  .annotate(OpenApi.Description, "Rules for failures, and chaos")
  .add(
    HttpApiEndpoint.get("faults", "/faults", {
      query: workspace,
      success: Faults,
      error: [Refused, Missing],
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
      params: idOf("the rule", "rule-1"),
      payload: named(
        Schema.Struct({ enabled: described(Schema.Boolean, "False to switch the rule off", false) }),
        "RuleSwitch",
        "Whether a rule changes calls",
      ),
      success: FaultRule.Active,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Switch a rule on or off; its counts stay"),
    HttpApiEndpoint.delete("removeFault", "/faults/:id", {
      query: workspace,
      params: idOf("the rule", "rule-1"),
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Remove a rule"),
    HttpApiEndpoint.delete("clearFaults", "/faults", {
      query: workspace,
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Remove all rules, and stop chaos"),
    HttpApiEndpoint.put("chaos", "/chaos", {
      query: workspace,
      payload: FaultRule.Chaos,
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Start random failures"),
    HttpApiEndpoint.delete("calm", "/chaos", {
      query: workspace,
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Stop random failures"),
  )

const journal = HttpApiGroup.make("journal")
  .annotate(
    OpenApi.Description,
    "The requests that the mock has answered, and their comparison with what a test expects",
  )
  .add(
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
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Stream every request from now on, as server-sent events"),
    HttpApiEndpoint.get("journalEntry", "/journal/:seq", {
      query: workspace,
      params: { seq: WholeNumber.text(0, Number.MAX_SAFE_INTEGER, "The number of the request", "3") },
      success: Journal.Detail,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return one request with the headers and bodies of request and answer"),
    HttpApiEndpoint.delete("clearJournal", "/journal", {
      query: workspace,
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Remove all requests from the journal"),
    HttpApiEndpoint.post("verify", "/verify", {
      query: workspace,
      payload: Verification.Expected,
      success: Verification.Verdict,
      error: [Refused, Missing],
    }).annotate(
      OpenApi.Summary,
      "Compare the requests in the journal with the expected calls: a list of them, or an object that also says whether their order counts",
    ),
    HttpApiEndpoint.get("findings", "/findings", {
      query: workspace,
      success: Findings,
      error: [Refused, Missing],
    }).annotate(
      OpenApi.Summary,
      "Return what is probably a mistake: unmatched requests, unused rules, and retries that were too early",
    ),
  )

const time = HttpApiGroup.make("time")
  .annotate(OpenApi.Description, "The clock, and the rate limits, which follow it")
  .add(
    HttpApiEndpoint.get("clock", "/clock", {
      query: workspace,
      success: Clock,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return the mock's time"),
    HttpApiEndpoint.post("moveClock", "/clock", {
      query: workspace,
      payload: ClockMove,
      success: Clock,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Set or advance the clock, and freeze it or start it again"),
    HttpApiEndpoint.get("limits", "/limits", {
      query: workspace,
      success: Schema.Array(Limit),
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return what is left of each window of each rate limit"),
    HttpApiEndpoint.get("quota", "/quota", {
      query: workspace,
      success: Quota,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Return what is left of the month's quota of each tenant"),
  )

/** The bounds are those of the command's flags: anything larger would only run out of memory. */
const WorkspaceOptions = named(
  Schema.Struct({
    seed: Schema.optionalKey(Seed.Seed),
    randomSeed: Schema.optionalKey(
      described(
        Schema.String,
        "Determines everything random: meetings, tokens and ids (default: another one for each workspace)",
        "7",
      ),
    ),
    ...GivenOptions.fields,
  }),
  "WorkspaceOptions",
  "What a workspace holds, and how it behaves. Everything has a default; what is given here comes before what the seed says",
  { seed: { generate: [{ meeting_no: "337736498", count: 3 }] }, rateLimit: 10 },
)

const WorkspaceInfo = named(
  Schema.Struct({
    appId: described(
      Schema.String,
      "The id of its first self-built app, or of its first app if all are store apps",
      "cli_w000000000000001",
    ),
    appSecret: described(
      Schema.String,
      "The secret of that app, in clear text: it is not a real one",
      "ThisSecretIsFakeAndOnlyForTests0",
    ),
    meetingNos: described(Schema.Array(Schema.String), "The numbers that have meetings", ["337736498"]),
  }),
  "Workspace",
  "A workspace, and what a client needs to use it",
)

const workspaces = HttpApiGroup.make("workspaces")
  .annotate(OpenApi.Description, "Workspaces, each of which is a Feishu that does not see the others")
  .add(
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
      params: idOf("an app of the workspace", "cli_w000000000000001"),
      success: Done,
      error: [Refused, Missing],
    }).annotate(OpenApi.Summary, "Remove a workspace that was added"),
  )

/** The whole API, which also describes itself in `/_mock/openapi.json`. */
export const Api = HttpApi.make("mock")
  .add(state, apps, users, meetings, faults, journal, time, workspaces)
  .middleware(Problems)
  .prefix("/_mock")
  .annotate(OpenApi.Title, "The control plane of a mock Feishu")
  .annotate(
    OpenApi.Description,
    [
      "Tests control a mock Feishu with it: what it holds, how it fails, its clock and its journal.",
      "Every request is about one workspace: that of the app which app_id names in the query, or the shared one.",
      "Bodies are JSON, whatever their Content-Type; unknown keys are refused. A mock with a control token requires it as Authorization: Bearer.",
    ].join(" "),
  )
  .annotate(OpenApi.Transform, ControlDescription.of)
  // Otherwise a mistyped key would be ignored silently.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all", onExcessProperty: "error" })
