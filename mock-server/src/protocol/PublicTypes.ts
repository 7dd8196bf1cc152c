/**
 * What programs send to the mock and get from it, as plain types: they need nothing else to be installed. The Schemas
 * that the mock checks with are held to them (`HeldType.ts`).
 */

/** An app with its credentials. */
export interface App {
  readonly app_id: string
  readonly app_secret: string
  readonly type: "self_built" | "store"
  readonly scopes: ReadonlyArray<string>
  /** A self-built app lives in the first of its tenants. */
  readonly tenants: readonly [string, ...Array<string>]
  /** Where there are any, requests from other addresses are refused. */
  readonly allowed_ips?: ReadonlyArray<string>
  /** With it, a store app's events are encrypted and signed. */
  readonly encrypt_key?: string
  /** A store app's events carry it. */
  readonly verification_token?: string
}

/**
 * One meeting. A time is unix seconds, ISO 8601 such as `2026-01-31T09:00:00Z`, or counts from the start of the mock's
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
  /** The first tenant of the first app unless given. */
  readonly tenant_key?: string
  readonly meeting_connect?: boolean
  readonly note_id?: string
}

/**
 * An order to generate `count` meetings of a number, spread over `from` (inclusive) to `to` (exclusive), written as the
 * times of a meeting. Without them: the days before the UTC day in which the mock's clock starts, 89 unless told.
 */
export interface Generate {
  readonly meeting_no: string
  readonly count: number
  readonly from?: string | number
  readonly to?: string | number
}

/** What the mock is filled with. Without apps there is one, with made-up credentials. */
export interface Seed {
  /** In JSON: where editors find what a seed takes. */
  readonly $schema?: string
  readonly apps?: readonly [App, ...Array<App>]
  readonly meetings?: ReadonlyArray<Meeting>
  readonly generate?: ReadonlyArray<Generate>
}

/** Where the documents of Feishu leave a choice: one switch for each, set to the stricter reading unless told. */
export interface Behaviour {
  /** Requests that pass in 60 seconds for an API, app and tenant, or `off`; default 100 (documented). */
  readonly rateLimit: number | "off"
  /** How they are counted; default `fixed` (inferred). */
  readonly rateWindow: "fixed" | "sliding" | "bucket"
  /** The HTTP status of a refusal; some older endpoints answer 400 (documented). Default 429. */
  readonly rateStatus: 429 | 400
  /** What "90 days" bounds: the span of a query, how far it looks back, or both (the default). */
  readonly ninetyDays: "both" | "span" | "lookback"
  /** How a page without rows is written, which is known of other endpoints only; default `[]`. */
  readonly emptyList: "[]" | "null" | "absent"
  /** The page token of the last page, which other endpoints send as an empty text; default `absent`. */
  readonly lastPageToken: "absent" | "empty"
  /**
   * What a page token is good for: the whole query that it was given for (`bound`, the default, inferred), or that
   * number and tenant, whatever `start_time`, `end_time` and `page_size` are (`free`).
   */
  readonly pageTokens: "bound" | "free"
  /** Calls of the meeting endpoint in a calendar month (UTC+8) for a tenant, or `off`; default `off`. */
  readonly monthlyQuota: number | "off"
}

/** What a mock holds and how it behaves: its switches, too. Everything has a default. */
export interface Options<Time = number | string> extends Partial<{
  readonly [Key in keyof Behaviour]: Behaviour[Key] | undefined
}> {
  /** Apps and meetings. Without it and without `generate`: an embedded sample. */
  readonly seed?: Seed | undefined
  /** More meetings: `numbers` meeting numbers with `meetings` meetings each. */
  readonly generate?: { readonly numbers: number; readonly meetings: number } | undefined
  /** Generated meetings lie in this many days before the UTC day in which the clock starts; 89 unless given. */
  readonly days?: number | undefined
  /** Decides all that is random: meetings, tokens and ids. 1 unless given. */
  readonly randomSeed?: string | number | undefined
  /**
   * When the mock's clock starts: unix seconds, or text such as `2026-01-31T09:00:00Z` or `-3d`, three days before the
   * present. From then on it runs. Without it the mock's time is the present.
   */
  readonly now?: Time | undefined
  /** Where app tickets are pushed to: the URL of your program's event handler, without a user name and password. */
  readonly appTicketUrl?: string | undefined
  /**
   * Called with every request when it has been answered, as the journal has it, secrets masked: for logs. Also with
   * those of the other workspaces of a server. It must not throw.
   */
  readonly onRequest?: ((entry: Entry) => void) | undefined
}

/** Where to listen. */
export interface Address {
  /** 0 takes any free port, and is what it takes unless given. */
  readonly port?: number | undefined
  /** `127.0.0.1` unless given: nobody else on the network can reach it. */
  readonly host?: string | undefined
  /**
   * The token that the control plane under `/_mock` asks for: 1 to 1000 visible ASCII characters, with spaces only
   * between them. Without one it needs none on a loopback address; on any other one is made up.
   */
  readonly controlToken?: string | undefined
  /** The origin whose pages may read the answers, such as `http://localhost:5173`; without it no page of another may. */
  readonly cors?: string | undefined
  /**
   * Real seconds that a client may take to send a request, from 0.1 to 86,400, or a length of time such as `1m`; 30
   * unless given. Half of them for its headers.
   */
  readonly requestSeconds?: number | string | undefined
  /** How many connections may be open at once, 2,000 unless given; one more is closed without an answer. */
  readonly maxConnections?: number | undefined
}

/** What a client needs to know of a running mock. */
export interface Running {
  /** The base URL, without a slash at the end. */
  readonly url: string
  /** The id of the first self-built app. If all are store apps, that of the first. */
  readonly appId: string
  /** Its secret, in clear text: it is made up. */
  readonly appSecret: string
  /** The numbers that have meetings. */
  readonly meetingNos: ReadonlyArray<string>
  /** What the control plane asks for; absent where it asks for nothing. */
  readonly controlToken?: string | undefined
}

/** What `fetch` does, for one mock. */
export interface FetchHandler extends AsyncDisposable {
  readonly fetch: (request: Request) => Promise<Response>
}

/** What a workspace holds, as JSON that can be kept and brought back. Without apps, those of the workspace stay. */
export interface Snapshot {
  readonly version: 1
  /** The mock's time in unix seconds. */
  readonly now: number
  readonly frozen: boolean
  readonly behaviour: Behaviour
  readonly seed: Pick<Seed, "apps" | "meetings">
}

/** The name of an endpoint of Feishu, as the mock gives it. */
export type Operation =
  | "meetings.listByNo"
  | "auth.tenantAccessTokenInternal"
  | "auth.appAccessTokenInternal"
  | "auth.appAccessToken"
  | "auth.tenantAccessToken"
  | "auth.appTicketResend"
  | "oauth.userToken"
  | "oauth.clientCredentials"

/**
 * The name of an endpoint as programs may write it. `oauth.token` is the plainer name of `oauth.clientCredentials`, since
 * that endpoint also takes authorization codes and refresh tokens. The journal and the rules have the older name, which
 * tests compare with.
 */
export type OperationName = Operation | "oauth.token"

/**
 * How the connection or the body breaks. Where no answer has begun, some HTTP clients send the request once more by
 * themselves (Go's `net/http` on a kept connection, browsers): `when: { first: 2 }` breaks that one, too.
 */
export type NetworkFault =
  /** The connection is reset before anything is read: the closest to a refused one that a listening server can do. */
  | "refuse"
  | "reset before headers"
  | "reset in mid-body"
  | "end in mid-body"
  /** No headers come. */
  | "stall"
  /** Headers and half of the body come, and nothing more. */
  | "stall in mid-body"
  /** One byte a second. */
  | "drip"
  /** A body that is cut short, with a length that says so. */
  | "truncated JSON"
  /** A length that is larger than the body. */
  | "wrong length"
  | "garbage"
  | "HTML"
  /** To another host. */
  | "redirect"
  /** 64 KB that inflate to 64 MB. */
  | "gzip bomb"

/** What is wrong with a page. */
export type PagingFault =
  /** The page token of the next page is that of this one. */
  | "repeated token"
  /** The page after this one is the first again. */
  | "cycle"
  /** `has_more` without a page token. */
  | "missing token"
  /** A page without rows, with more behind it. */
  | "empty page"
  /** Every row twice. */
  | "doubled rows"
  /** A meeting begins before this page, so that the rows move on by one. */
  | "row inserted"
  | "null list"
  /** Ids as JSON numbers. */
  | "numeric ids"
  /** A row of another meeting number. */
  | "foreign row"

/** What happens instead: one of `code`, `network` and `paging`; or a delay before the right answer. */
export interface Then {
  /** A code of Feishu's, in Feishu's shape; the catalogue knows its usual status and text. */
  readonly code?: number
  /** The HTTP status that comes with it. With 204, 205 and 304 there is no body, and so no code (HTTP). */
  readonly status?: number
  /**
   * Headers that come with it, written as they are here: at most 2,000, and 1,048,576 characters. Without this,
   * 99991400 has those of the limit (`x-ogw-ratelimit-limit`, and a whole window as `x-ogw-ratelimit-reset`); with it,
   * no others: `{}` for none.
   */
  readonly headers?: { readonly [name: string]: string }
  readonly network?: NetworkFault
  readonly paging?: PagingFault
  /** In real seconds, at most a day; or a length of time such as `2s` or `5m`. What the mock tells is in seconds. */
  readonly delaySeconds?: number | string
}

/** Which calls; all conditions together, all calls of the operation without any. */
export interface When {
  /**
   * Only this call, from 1. Some HTTP clients send a request once more by themselves when its connection breaks (Go's
   * `net/http` on a kept connection, browsers): for them one broken call shows nothing, and `first: 2` does.
   */
  readonly nth?: number
  /** So many calls. */
  readonly first?: number
  /** Calls after so many. */
  readonly after?: number
  /** Calls whose query has these values; `null` stands for absent. Others are not counted. */
  readonly matching?: { readonly [name: string]: string | null }
}

/** Which calls fail, and how. */
export interface Rule {
  readonly operation: OperationName | "*"
  readonly when?: When
  readonly then: Then
  /** False for one that does nothing yet, nor counts; true unless given. */
  readonly enabled?: boolean
}

/** A rule that was added. */
export interface Active extends Rule {
  readonly id: string
  readonly enabled: boolean
  /** Calls that it was about. */
  readonly seen: number
  /** Calls that it changed. */
  readonly fired: number
}

/** Random failures: the same seed gives the same failures, whatever the order in which requests arrive. */
export interface Chaos {
  readonly seed: string | number
  /** The share of calls that fail, from 0 to 1. */
  readonly rate: number
  /** Which failures, at most 1,000; each is as likely. Those of paging strike only where there are pages. */
  readonly faults: readonly [Then, ...Array<Then>]
}

/** One request and its answer. Times are unix milliseconds of the mock's clock. */
export interface Entry {
  /** Counts from 1; a reset starts anew. */
  readonly seq: number
  readonly time: number
  /** Absent where no endpoint of Feishu was asked. */
  readonly operation?: Operation
  readonly method: string
  readonly path: string
  readonly query: { readonly [name: string]: string }
  /** Kind of credentials, as `Bearer t-<redacted>`. */
  readonly authorization?: string
  /** The app that asked, as far as it was known. */
  readonly appId?: string
  readonly status: number
  /** Feishu's code, where the answer has one. */
  readonly code?: number
  readonly logId: string
  /** How long it took, in real milliseconds. */
  readonly millis: number
  /**
   * Why the page token was refused: `given for another end_time` (and whatever else differs, such as
   * `start_time, end_time`), `given before a reset`, or `not one that was given`.
   */
  readonly pageTokenRefused?: string
  /** The rule that changed the answer. */
  readonly fault?: string
  /** Set where a client was refused for the rate limit: when it may come back. */
  readonly resetAt?: number
  /** How many milliseconds too early it came, where it had been told a reset and did not wait for it. */
  readonly earlyMillis?: number
}

/** An entry with the bodies of request and answer. */
export interface Detail extends Entry {
  readonly requestBody: string
  readonly responseBody: string
}

/** Which entries: all conditions together. */
export interface Filter {
  readonly operation?: OperationName
  readonly appId?: string
  readonly status?: number
  readonly code?: number
  /** Entries after this one. */
  readonly after?: number
}

/** A call that is expected: how often, and with what in its query. */
export interface Expectation {
  readonly operation: OperationName
  /** Exactly so often; at least once unless given. */
  readonly times?: number
  readonly query?: { readonly [name: string]: string }
  readonly status?: number
  readonly code?: number
}

/** What came of a check: whether all was as expected, and if not, what differs, in words. */
export interface Verdict {
  readonly ok: boolean
  readonly differences: ReadonlyArray<string>
}
