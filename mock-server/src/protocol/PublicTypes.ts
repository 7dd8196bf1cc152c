/**
 * What programs send to the mock and get from it, as plain types: they need nothing else to be installed. The compiler
 * compares them with the Schemas that the mock checks values with (`SameAsSchema.ts`).
 */

/** An app with its credentials. */
export interface App {
  readonly app_id: string
  readonly app_secret: string
  readonly type: "self_built" | "store"
  readonly scopes: ReadonlyArray<string>
  /** The tenants that have installed the app. A self-built app belongs to the first one. */
  readonly tenants: readonly [string, ...Array<string>]
  /** If set, requests from other addresses are refused. */
  readonly allowed_ips?: ReadonlyArray<string>
  /** If set, the events of a store app are encrypted and signed. */
  readonly encrypt_key?: string
  /** The token that the events of a store app carry. */
  readonly verification_token?: string
  /** The name that the pages for people show. Default: the app id. */
  readonly name?: string
  /**
   * The redirect URLs of the console (security settings), each as it will be sent, to the letter. Default: any URL of this machine, such as
   * `http://127.0.0.1:8080/callback`, which the console has to be told; `[]` permits none.
   */
  readonly redirect_urls?: ReadonlyArray<string>
  /** False for an app whose user access tokens may not be refreshed: 20074. Default: true. */
  readonly refresh_user_access_token?: boolean
  /** False for an app that is not enabled: no user gets tokens, 20069. Default: true. */
  readonly enabled?: boolean
  /** The `open_id`s of those who may use the app; others get 20010. Default: everybody of its tenants. */
  readonly availability?: ReadonlyArray<string>
}

/**
 * Somebody of a tenant, who can sign in. One id is enough: the mock makes up the others from it, as it does for participants; so the same id
 * names the same person there.
 */
export interface Person {
  readonly open_id?: string
  readonly union_id?: string
  readonly user_id?: string
  /** Default: a made-up name. */
  readonly name?: string
  /** Default: a made-up name. */
  readonly en_name?: string
  /** Default: the first tenant of the first app. */
  readonly tenant_key?: string
  /** The state of the account. All but `active`, the default, are refused: by 20008 (`deleted`), or by 20066. */
  readonly status?: "active" | "frozen" | "resigned" | "unregistered" | "deleted"
  /** A policy of the tenant: `challenge` refuses with 21000 and an address, `blocked` with 21001. Default: none. */
  readonly policy?: "challenge" | "blocked"
}

/** A person with every value. */
export interface PersonNow {
  readonly open_id: string
  readonly union_id: string
  readonly user_id: string
  readonly name: string
  readonly en_name: string
  readonly tenant_key: string
  readonly status: "active" | "frozen" | "resigned" | "unregistered" | "deleted"
  /** Absent without a policy. */
  readonly policy?: "challenge" | "blocked"
}

/**
 * One meeting. A time is unix seconds, ISO 8601 such as `2026-01-31T09:00:00Z`, or relative to the start of the mock's
 * clock: `-3d` is three days before it.
 */
export interface Meeting {
  /** A 64-bit integer as text. */
  readonly id: string
  readonly meeting_no: string
  readonly topic: string
  readonly url?: string
  readonly password?: string
  readonly start_time: string | number
  readonly end_time?: string | number
  /** Default: the first tenant of the first app. */
  readonly tenant_key?: string
  readonly meeting_connect?: boolean
  readonly note_id?: string
  /** 1 while the meeting calls people and nobody has answered. 2, running, and 3, ended, follow from `end_time` and the clock. */
  readonly status?: 1
  /** Default: `start_time`. */
  readonly create_time?: string | number
  /** Default: the participant with `is_host`. */
  readonly host_user?: User
  readonly participants?: ReadonlyArray<Participant>
  /** Default: audio and video, the telephone if somebody called in, and recording if there is one. */
  readonly ability?: Ability
  readonly recording?: Recording
  /** The document with the AI note, which is there once the meeting has ended. */
  readonly note_doc_token?: string
  /** The document with the transcript, which is there once the meeting has ended. */
  readonly verbatim_doc_token?: string
  /**
   * The access tokens that may see the meeting: `tenant`, `user`, ids of apps and `open_id`s of users. All others get 121005.
   * Default: every token with the scope.
   */
  readonly visible_to?: ReadonlyArray<string>
  /** Generates everything above that is not given, and the participants, from a random seed and the id. */
  readonly generate?: GenerateDetails
}

/** An order to generate the details of a meeting. */
export interface GenerateDetails {
  /** The same random seed and id give the same details. Default: the mock's random seed. */
  readonly random_seed?: string
  /** Default: a plausible number. */
  readonly participants?: number
}

/**
 * Somebody in a meeting. One id is enough: the mock makes up the others from it. Rooms, telephones and SIP devices have the
 * `open_id` alone, such as `omm_…`, in whatever way ids are requested.
 */
export interface User {
  readonly open_id?: string
  readonly union_id?: string
  readonly user_id?: string
  /** 1 Feishu (the default), 2 Rooms, 3 document, 4 and 5 single product and its guest, 6 telephone, 7 SIP (documented). */
  readonly user_type?: 1 | 2 | 3 | 4 | 5 | 6 | 7
}

/** A row of the participants. Several rows may have the same ids: one for each stay or device. */
export interface Participant extends User {
  /** Default: the start of the meeting. Without it, somebody with a `status` was never in the meeting. */
  readonly first_join_time?: string | number
  /** Default: the end of the meeting. */
  readonly final_leave_time?: string | number
  /** Seconds, all stays added. Default: from the first join to the final leave. */
  readonly in_meeting_duration?: number
  readonly is_host?: boolean
  readonly is_cohost?: boolean
  /** True for somebody of another tenant. */
  readonly is_external?: boolean
  /** For somebody who was never in the meeting: 1 calling, 3 ringing (both until it ends), 4 not in the meeting. */
  readonly status?: 1 | 3 | 4
}

/** What a meeting used. */
export interface Ability {
  readonly use_video?: boolean
  readonly use_audio?: boolean
  readonly use_share_screen?: boolean
  readonly use_follow_screen?: boolean
  readonly use_recording?: boolean
  readonly use_pstn?: boolean
}

/** The recording of a meeting, which is made after its end. */
export interface Recording {
  /** The page of its minute. Default: one with a made-up token. */
  readonly url?: string
  /** Milliseconds. Default: the duration of the meeting. */
  readonly duration?: number
  /** When it is ready. Default: some minutes after the end of the meeting. */
  readonly ready_time?: string | number
  /** The access tokens that may see it, of those that may see the meeting. */
  readonly visible_to?: ReadonlyArray<string>
}

/** Somebody in a meeting, with every id. */
export interface UserNow {
  readonly open_id: string
  readonly union_id: string
  /** Absent for rooms, telephones and SIP devices. */
  readonly user_id?: string
  readonly user_type: number
}

/** A participant at one moment. Times are unix seconds, and absent for somebody who was never in the meeting. */
export interface ParticipantNow extends UserNow {
  readonly first_join_time?: number
  /** Absent while the participant is in the meeting. */
  readonly final_leave_time?: number
  /** Seconds, all stays added. */
  readonly in_meeting_duration: number
  readonly is_host: boolean
  readonly is_cohost: boolean
  readonly is_external: boolean
  /** 1 calling, 2 in the meeting, 3 ringing, 4 not in the meeting, or left (without `first_join_time`: never in it). */
  readonly status: 1 | 2 | 3 | 4
  /** The stays, each of which some readings of the documents send as a row. */
  readonly stays: ReadonlyArray<{ readonly join_time: number; readonly leave_time?: number }>
}

/** The recording of a meeting at one moment. A recording that is not ready is answered as Feishu does: 122001, then 124002. */
export type RecordingNow =
  | { readonly state: "none" | "running" }
  | { readonly state: "being made"; readonly ready_time: number }
  /** `duration` is in milliseconds. */
  | { readonly state: "ready"; readonly url: string; readonly duration: number }

/** The details of a meeting at one moment of the mock's clock. Times are unix seconds. */
export interface MeetingNow {
  /** 1 calling, 2 running, 3 ended. */
  readonly status: 1 | 2 | 3
  readonly create_time: number
  readonly start_time: number
  /** Absent while it runs. */
  readonly end_time?: number
  readonly host_user?: UserNow
  /** The highest number of participants at one time so far. */
  readonly participant_count: number
  /** All joins so far. */
  readonly participant_count_accumulated: number
  /** Those who have joined or were called so far, in the order of their first join. */
  readonly participants: ReadonlyArray<ParticipantNow>
  readonly ability: Required<Ability>
  readonly recording: RecordingNow
  /** Tokens of documents; empty texts where there is none yet. */
  readonly related_artifacts: { readonly note_doc_token: string; readonly verbatim_doc_token: string }
}

/** A meeting of the mock as it is given, with its times in unix seconds, and its details at the moment. */
export interface MeetingWithDetails {
  readonly meeting: Meeting
  /** Absent for a meeting that has not started: Feishu knows its id only from then on. */
  readonly details?: MeetingNow
}

/**
 * An order to generate `count` meetings of a number, spread from `from` (inclusive) to `to` (exclusive), which are written
 * like the times of a meeting. Default: the 88 days, or `days` of the options, before the UTC day on which the mock's clock
 * starts.
 */
export interface Generate {
  readonly meeting_no: string
  readonly count: number
  readonly from?: string | number
  readonly to?: string | number
  /** The number of participants of each meeting. Default: a plausible number. */
  readonly participants?: number
  /**
   * The tenant that the meetings belong to. Default: the first tenant of the first app. Each tenant may have its own order
   * for the same number.
   */
  readonly tenant_key?: string
}

/** An order to generate `numbers` meeting numbers with `meetings` meetings each. */
export interface GenerateNumbers {
  readonly numbers: number
  readonly meetings: number
  /** The number of participants of each meeting. Default: a plausible number. */
  readonly participants?: number
  /** The tenant that the meetings belong to. Default: the first tenant of the first app. */
  readonly tenant_key?: string
}

/** The contents of the mock at its start. Without apps there is one, with generated credentials. */
export interface Seed {
  /** In JSON: where editors find the JSON Schema of a seed. */
  readonly $schema?: string
  readonly apps?: readonly [App, ...Array<App>]
  /** Those who can sign in. Default: a few of those who take part in the meetings. */
  readonly users?: ReadonlyArray<Person>
  readonly meetings?: ReadonlyArray<Meeting>
  readonly generate?: ReadonlyArray<Generate>
  /** Rules for failures, which are there from the start and after a reset. */
  readonly faults?: ReadonlyArray<Rule>
  /** Random failures from the start. */
  readonly chaos?: Chaos
  readonly clock?: ClockStart
  /** Switches, such as limits. Default: those of a mock without options. */
  readonly behaviour?: Partial<Behaviour>
}

/** The mock's clock at its start. */
export interface ClockStart {
  /** A time, written like those of a meeting; a relative one counts from the present. Default: the present. */
  readonly now?: string | number
  /** True for a clock that stands still until it is moved. Default: false. */
  readonly frozen?: boolean
}

/** The switches of the mock, one for each choice that Feishu's documents leave. Defaults follow the stricter reading. */
export interface Behaviour {
  /**
   * Requests for meetings of a number that pass in 60 seconds for an app and tenant; default 100 (documented). `off` switches off
   * the limits of all endpoints.
   */
  readonly rateLimit: number | "off"
  /**
   * Requests for details that pass in 60 seconds for an app and tenant, or `off`; default 1,000 (documented). Without effect while
   * `rateLimit` is `off`, which switches off all limits.
   */
  readonly detailsRateLimit: number | "off"
  /** Requests for recordings that pass in 60 seconds, like `detailsRateLimit`; default 1,000 (documented). */
  readonly recordingRateLimit: number | "off"
  /** Requests that pass in a second, each for details, recordings and users' tokens, or `off`; default 50 (documented). */
  readonly rateLimitPerSecond: number | "off"
  /** The way to count requests; default `fixed` (inferred). */
  readonly rateWindow: "fixed" | "sliding" | "bucket"
  /** The HTTP status of a request over the limit; some older endpoints answer 400 (documented). Default 429. */
  readonly rateStatus: 429 | 400
  /** What the 90-day limit applies to: the span of a query, how far it looks back, or both (the default). */
  readonly ninetyDays: "both" | "span" | "lookback"
  /** The list of an empty page, which is only known from other endpoints; default `[]`. */
  readonly emptyList: "[]" | "null" | "absent"
  /** The page token of the last page, which other endpoints send as an empty string; default `absent`. */
  readonly lastPageToken: "absent" | "empty"
  /**
   * Which queries accept a page token: only the query that it was given for (`bound`, the default, inferred), or any
   * query of that number and tenant, whatever its `start_time`, `end_time` and `page_size` (`free`).
   */
  readonly pageTokens: "bound" | "free"
  /** Successful calls of the endpoints that read, in a calendar month (UTC+8) for a tenant, or `off`; default `off`. */
  readonly monthlyQuota: number | "off"
  /**
   * The window that the headers of a refusal describe, where an endpoint has several: the one that `refuses` (the default, inferred), or the
   * `longest`, so that a refusal by the second names the limit and the reset of the minute.
   */
  readonly rateHeaders: "refuses" | "longest"
  /** The code for a meeting id that is not a 64-bit number; default 99992402 (inferred). */
  readonly meetingIdRefusal: 99992402 | 121003
  /** The answer about the details of a meeting that ended more than 90 days ago: a code, or the details (`found`); default 121004 (inferred). */
  readonly detailsAfter90Days: 121004 | 121003 | "found"
  /**
   * The end of a meeting that is running: `0` (the default), `absent`, or the time of its `start`. The official command line takes all
   * three for a running meeting (sdk).
   */
  readonly endTimeWhileRunning: "0" | "absent" | "start"
  /** The list of participants when it was not requested; default `absent` (inferred). */
  readonly participantsUnrequested: "absent" | "[]" | "null"
  /**
   * What a row of participants is: a `participant` with all stays (the default, documented), or a `stay`, so that somebody who came back
   * has several rows with the same id.
   */
  readonly participantRows: "participant" | "stay"
  /**
   * The answer to a user access token that requests `ability`, which only tenant access tokens get (documented): without it
   * (`absent`, the default, inferred), or the code 121002.
   */
  readonly abilityForUser: "absent" | 121002
  /**
   * The answer to `user_id_type=user_id` without its field scope: the code 99991672 (the default, inferred), or users without ids
   * (`absent`).
   */
  readonly userIdWithoutScope: 99991672 | "absent"
  /** The host in `user_id_type=user_id` when it has no such id, as a room: `absent` (the default, inferred), or with an `empty` id. */
  readonly hostWithoutUserId: "absent" | "empty"
  /** The code for the recording of a meeting that does not exist; default 122002 (inferred). */
  readonly unknownMeetingRecording: 122002 | 121004
  /** The answer about a meeting without a recording: the code 121004 (the default, observed), or success with `empty` data. */
  readonly unrecordedMeeting: 121004 | "empty"
  /** The code for the recording of a meeting that is running; default 122001 (inferred). */
  readonly recordingWhileRunning: 122001 | 121004 | 124002
  /** The code for a recording that is still being made; default 124002 (documented). */
  readonly recordingInProgress: 124002 | 121004
  /** Users who may see a recording: everybody who took part (`participant`, the default, sdk), or the host only (`owner`, documented). */
  readonly recordingForUser: "participant" | "owner"
  /** `id` and `meeting_id` of a recording, which the official SDK declares and no document has: `absent` (the default), or `sent`. */
  readonly recordingIds: "absent" | "sent"
  /** Seconds from the end of a meeting until its recording is ready, unless the seed says when; default 300 (inferred). */
  readonly recordingSeconds: number
  /**
   * The meetings of a number that the token of a user lists: their `own`, which they hosted or took part in (the default, inferred), or
   * `all` of the tenant, as for an app.
   */
  readonly userMeetings: "own" | "all"
  /** Requests for users' tokens that pass in 60 seconds for an app, or `off`; default 1,000 (documented). */
  readonly userTokenRateLimit: number | "off"
  /**
   * Seconds for which a refresh token that was used is answered again, with the same tokens, until the next refresh: a number, or `off`
   * (the default, documented: a refresh token ends when it is used).
   */
  readonly refreshGrace: number | "off"
  /** The device flow, which the official command line uses and no document has: `on` (the default, sdk), or `off`: 404, and 20036. */
  readonly deviceFlow: "on" | "off"
}

/** The contents and the behaviour of a mock. Everything has a default. What is given here comes before what the seed says. */
export interface Options<Time = number | string> extends Partial<{
  readonly [Key in keyof Behaviour]: Behaviour[Key] | undefined
}> {
  /** Apps and meetings. Default: an embedded sample, unless `generate` is given. */
  readonly seed?: Seed | undefined
  /** More meetings, of numbers that are generated, too. */
  readonly generate?: GenerateNumbers | undefined
  /** Generated meetings lie in this many days before the UTC day on which the clock starts; default 88. */
  readonly days?: number | undefined
  /** Determines everything random: meetings, tokens and ids. Default 1. */
  readonly randomSeed?: string | number | undefined
  /**
   * The start of the mock's clock: unix seconds, or text such as `2026-01-31T09:00:00Z` or `-3d`, three days before the
   * present. The clock runs from there. Default: the present.
   */
  readonly now?: Time | undefined
  /** True for a clock that stands still at its start until it is moved. */
  readonly frozen?: boolean | undefined
  /** Rules for failures, which are there from the start and after a reset. They come before those of the seed. */
  readonly faults?: ReadonlyArray<Rule> | undefined
  /** Random failures from the start, in place of those of the seed. */
  readonly chaos?: Chaos | undefined
  /** The URL that app tickets are pushed to: your program's event handler, without a user name and password. */
  readonly appTicketUrl?: string | undefined
  /**
   * Called with the journal's entry of every request after its answer, for logs; secrets are masked. Also called for the
   * requests of the server's other workspaces. It must not throw.
   */
  readonly onRequest?: ((entry: Entry) => void) | undefined
}

/** The address to listen on, and the limits for clients. */
export interface Address {
  /** Default: 0, which takes any free port. */
  readonly port?: number | undefined
  /** Default: `127.0.0.1`, which other machines cannot reach. */
  readonly host?: string | undefined
  /**
   * The token that the control plane under `/_mock` requires: 1 to 1000 visible ASCII characters, with spaces only
   * between them. Default: none on a loopback address, a generated one on any other.
   */
  readonly controlToken?: string | undefined
  /** An origin whose web pages may read the answers, such as `http://localhost:5173`. Default: only the mock's own page. */
  readonly cors?: string | undefined
  /**
   * Real seconds that a client may take to send a request, from 0.1 to 86,400, or a duration such as `1m`; default 30. Its
   * headers may take half of that.
   */
  readonly requestSeconds?: number | string | undefined
  /** The most connections that may be open at once; default 2,000. Further ones are closed without an answer. */
  readonly maxConnections?: number | undefined
}

/** The facts that a client needs to use a running mock. */
export interface Running {
  /** The base URL, without a trailing slash. */
  readonly url: string
  /** The id of the first self-built app, or of the first app if all are store apps. */
  readonly appId: string
  /** The secret of that app, in clear text: it is not a real one. */
  readonly appSecret: string
  /** The numbers that have meetings. */
  readonly meetingNos: ReadonlyArray<string>
  /** The token that the control plane requires; absent if it requires none. */
  readonly controlToken?: string | undefined
}

/** A `fetch` that one mock answers. */
export interface FetchHandler extends AsyncDisposable {
  readonly fetch: (request: Request) => Promise<Response>
}

/** The contents of a workspace, as JSON that can be stored and restored. Without apps, the workspace keeps its own. */
export interface Snapshot {
  readonly version: 1
  /** The mock's time in unix seconds. */
  readonly now: number
  readonly frozen: boolean
  readonly behaviour: Behaviour
  readonly seed: Pick<Seed, "apps" | "users" | "meetings">
}

/** The name of an endpoint of Feishu, as the mock gives it. */
export type Operation =
  | "meetings.listByNo"
  | "meetings.get"
  | "meetings.getRecording"
  | "auth.tenantAccessTokenInternal"
  | "auth.appAccessTokenInternal"
  | "auth.appAccessToken"
  | "auth.tenantAccessToken"
  | "auth.appTicketResend"
  | "authen.userInfo"
  | "oauth.deviceAuthorization"
  | "oauth.userToken"
  | "oauth.clientCredentials"

/**
 * The name of an endpoint as programs may write it. `oauth.token` is the plainer name of `oauth.clientCredentials`, since
 * that endpoint also takes authorization codes and refresh tokens. The journal and the rules have the older name, which
 * tests compare with.
 */
export type OperationName = Operation | "oauth.token"

/**
 * The ways in which the connection or the body breaks. If no answer has begun, some HTTP clients send the request again by themselves
 * (Go's `net/http` on a kept-alive connection, browsers): `when: { first: 2 }` breaks that second request, too.
 */
export type NetworkFault =
  /**
   * The connection is reset, and the request does nothing: a refresh token in it is still good. A listening server cannot get
   * closer to refusing a connection.
   */
  | "refuse"
  /** The request does what it does, such as to use up a refresh token, and the connection is reset before the answer. */
  | "reset before headers"
  | "reset in mid-body"
  | "end in mid-body"
  /** No headers are sent. */
  | "stall"
  /** Headers and half of the body are sent, and nothing more. */
  | "stall in mid-body"
  /** The body is sent at one byte a second. */
  | "drip"
  /** The body is cut short, and its length is that of the part. */
  | "truncated JSON"
  /** The length is larger than the body. */
  | "wrong length"
  | "garbage"
  | "HTML"
  /** A redirect to another host. */
  | "redirect"
  /** A body of 64 KB that inflates to 64 MB. */
  | "gzip bomb"

/** The ways in which a page of meetings is wrong. */
export type PagingFault =
  /** The page token of the next page is that of this one. */
  | "repeated token"
  /** The page after this one is the first again. */
  | "cycle"
  /** `has_more` without a page token. */
  | "missing token"
  /** The page is empty, but more pages follow. */
  | "empty page"
  /** Every row appears twice. */
  | "doubled rows"
  /** A meeting is inserted before this page, so that its rows move by one. */
  | "row inserted"
  | "null list"
  /** Ids are JSON numbers. */
  | "numeric ids"
  /** One row belongs to another meeting number. */
  | "foreign row"

/**
 * The effect on a call: one of `code`, `status` (alone, or with a code), `network` and `paging`, with or without a delay; or only a
 * delay.
 */
export interface Then {
  /** An error code of Feishu, answered as Feishu does, with the usual status and text of that code. */
  readonly code?: number
  /**
   * The HTTP status: that of the code, or, without a code, of an answer that is not Feishu's, as from a gateway in front of it: it has
   * only the given headers and body. In HTTP, 204, 205 and 304 have no body, and so no code.
   */
  readonly status?: number
  /**
   * Headers of a code or a status, sent exactly as they are written here: at most 2,000, with 1,048,576 characters. Without
   * `headers`, 99991400 has the headers of the rate limit (`x-ogw-ratelimit-limit`, and a whole window as
   * `x-ogw-ratelimit-reset`). With `headers` it has only the given ones: `{}` sends none.
   */
  readonly headers?: { readonly [name: string]: string }
  /** The body of a status without a code, as text: at most 1,048,576 characters. Default: none. */
  readonly body?: string
  readonly network?: NetworkFault
  readonly paging?: PagingFault
  /** Real seconds, at most a day; or a duration such as `2s` or `5m`. The mock returns it in seconds. */
  readonly delaySeconds?: number | string
}

/** The calls that a rule applies to: those that meet every condition. Without conditions, all calls of the operation. */
export interface When {
  /**
   * Only this call, counted from 1. Some HTTP clients send a request again by themselves when its connection breaks (Go's
   * `net/http` on a kept-alive connection, browsers). They hide one broken call: use `first: 2` for them.
   */
  readonly nth?: number
  /** Only this many first calls. */
  readonly first?: number
  /** Only the calls after this many. */
  readonly after?: number
  /**
   * Only calls whose query, or parameters in the path, have these values; `null` means absent. Other calls are not counted. Of the bodies
   * of OAuth there is `grant_type`: `{ grant_type: "refresh_token" }`.
   */
  readonly matching?: { readonly [name: string]: string | null }
}

/** A rule: the calls that fail, and their failure. */
export interface Rule {
  readonly operation: OperationName | "*"
  readonly when?: When
  readonly then: Then
  /** False for a rule that neither changes nor counts calls until it is switched on. Default true. */
  readonly enabled?: boolean
}

/** A rule that has been added. */
export interface Active extends Rule {
  readonly id: string
  readonly enabled: boolean
  /** The number of calls that it has counted: those of its operation and its `matching`. */
  readonly seen: number
  /** The number of calls that it has changed. */
  readonly fired: number
}

/** Random failures: the same seed gives the same failures, whatever the order in which requests arrive. */
export interface Chaos {
  /** Default 1. */
  readonly seed?: string | number
  /** The share of calls that fail, from 0 to 1. */
  readonly rate: number
  /**
   * The failures to choose from, at most 1,000, all equally likely. Paging faults only affect endpoints with pages. Default: 121001,
   * 99991400 with a reset after a second, the plain status 503, and a connection that is reset in mid-body.
   */
  readonly faults?: ReadonlyArray<Then>
}

/** One request and its answer. Times are unix milliseconds of the mock's clock. */
export interface Entry {
  /** The number of the request. It counts from 1, and from 1 again after a reset. */
  readonly seq: number
  readonly time: number
  /** Absent if the request was not for an endpoint of Feishu. */
  readonly operation?: Operation
  readonly method: string
  readonly path: string
  readonly query: { readonly [name: string]: string }
  /** The kind of credentials, such as `Bearer t-<redacted>`. */
  readonly authorization?: string
  /** The app that sent the request, if known. */
  readonly appId?: string
  /** The tenant of the access token with which it was sent. Absent without a token of a tenant that this mock has given. */
  readonly tenant?: string
  readonly status: number
  /** Feishu's code, if the answer has one. */
  readonly code?: number
  readonly logId: string
  /** The duration, in real milliseconds. */
  readonly millis: number
  /**
   * The reason why the page token was refused: `given for another end_time` (and all other fields that differ, such as
   * `start_time, end_time`), `given before a reset`, or `not one that was given`.
   */
  readonly pageTokenRefused?: string
  /** The id of the rule that changed the answer. */
  readonly fault?: string
  /** The time from which the client may send again. Set if it was refused for the rate limit. */
  readonly resetAt?: number
  /** Milliseconds by which the request was too early. Set if the client did not wait for the reset that a refusal named. */
  readonly earlyMillis?: number
}

/** An entry with the headers and the bodies of the request and the answer. */
export interface Detail extends Entry {
  /** The headers of the request, by their names in lower case; secrets are masked. */
  readonly requestHeaders: { readonly [name: string]: string }
  /** The headers of the answer, by their names as they were sent; those that Node adds, such as `Connection`, are not there. */
  readonly responseHeaders: { readonly [name: string]: string }
  readonly requestBody: string
  readonly responseBody: string
}

/** A choice of entries: those that meet every condition. */
export interface Filter {
  readonly operation?: OperationName
  readonly appId?: string
  readonly status?: number
  readonly code?: number
  /** Only entries after the one with this `seq`. */
  readonly after?: number
}

/** A call that is expected, and how often. */
export interface Expectation {
  readonly operation: OperationName
  /** Exactly this many times; default: at least once. */
  readonly times?: number
  /** Fields of the query, and parameters in the path, such as `meeting_id`. */
  readonly query?: { readonly [name: string]: string }
  readonly status?: number
  readonly code?: number
}

/** The result of a verification: `ok` is true if everything was as expected; `differences` has a text for each difference. */
export interface Verdict {
  readonly ok: boolean
  readonly differences: ReadonlyArray<string>
}
