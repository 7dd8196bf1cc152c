/**
 * The options of a client, and those of a read.
 *
 * @example
 * ```ts
 * import { type ClientOptions, createClient, type MeetingsRequest } from "@effect-feishu/promise"
 *
 * const options: ClientOptions = {
 *   appId: process.env.FEISHU_APP_ID!,
 *   appSecret: process.env.FEISHU_APP_SECRET!,
 *   baseUrl: process.env.FEISHU_BASE_URL,
 * }
 * const request: MeetingsRequest = { meetingNo: "337736498", range: { from: "30d" }, pageSize: 2 }
 *
 * await using client = createClient(options)
 * console.log((await client.page(request)).meetings.length) // => 2
 * ```
 */
import type { ClientEvent } from "./ClientEvent.ts"

/** A token of your own. It cannot be replaced when Feishu refuses it. */
export interface GivenToken {
  readonly accessToken: string
  readonly appId?: undefined
  readonly appSecret?: undefined
  readonly kind?: undefined
}

/** App id and app secret, from the app's page in the developer console; tokens are fetched and refreshed. */
export interface AppCredentials {
  readonly accessToken?: undefined
  readonly appId: string
  readonly appSecret: string
  /**
   * How the tokens are fetched; default `self-built app`. For a `store app` they are fetched with the ticket that
   * Feishu pushes (see `pushAppTicket` of the client), for the tenant that each read names; `client credentials` are
   * the unified OAuth 2.0 of Feishu and Lark.
   */
  readonly kind?: "self-built app" | "store app" | "client credentials" | undefined
}

/** A login: the tokens of a user who has signed in to the app (see `exchangeCode` and `pollDevice`), refreshed for up to 365 days. */
export interface UserCredentials {
  readonly accessToken?: undefined
  readonly appId: string
  readonly appSecret: string
  readonly kind: "user"
  /** Where the login is kept: `fileLogin`, `memoryLogin`, or a store of your own. */
  readonly login: LoginStore
  /**
   * How long, in milliseconds, a refresh token rests after a request with it that brought no answer, since the server may still be
   * working on it; default 5 seconds.
   */
  readonly unansweredRest?: number | undefined
}

/**
 * Where a login is kept, as one JSON text in which its tokens can be read. A refresh token is good once: whoever refreshes holds
 * the lock, reads what is stored, and stores what comes.
 */
export interface LoginStore {
  /** Returns what is stored; `undefined` or null if nobody has signed in. Takes no lock. */
  readonly read: () => string | null | undefined | PromiseLike<string | null | undefined>
  /**
   * Calls `use` with what is stored while nobody else holds the lock, and returns what it returns. When `replace` resolves, the
   * other text is stored for good; until then the former one is. `undefined` removes it.
   */
  readonly locked: <A>(
    use: (
      stored: string | null | undefined,
      replace: (login: string | undefined) => Promise<void>,
    ) => Promise<A>,
  ) => PromiseLike<A>
}

/** A function like the `fetch` of the platform. It must not follow redirects if `init` says so, and end when its signal aborts. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The settings of a client; each has a default. Times are in milliseconds. */
export interface Settings {
  /** `feishu` (open.feishu.cn, the default) or `lark` (open.larksuite.com). */
  readonly brand?: "feishu" | "lark" | undefined
  /**
   * The base URL of a private deployment, a gateway or a mock; https, except on loopback. It may have a path of its
   * own. `/open-apis` and what follows it, as in an address that was copied from the documentation, is removed.
   */
  readonly baseUrl?: string | undefined
  /**
   * The base URL from which `client credentials` fetch tokens. By default accounts.feishu.cn or accounts.larksuite.com,
   * by the brand; if `baseUrl` is set, that one.
   */
  readonly oauthBaseUrl?: string | undefined
  /** Accept a base URL with plain http that is not on loopback. Token and secret are then sent unencrypted. */
  readonly allowHttp?: boolean | undefined
  /**
   * The most time to open a connection, TLS included; default 10 seconds. If a host has several addresses, they are
   * tried one after the other: each but the last for a quarter of this, and for at most 2.5 seconds.
   */
  readonly connectTimeout?: number | undefined
  /**
   * Sends all requests. By default undici on Node, Bun and Deno, where proxies and certificates can be set; elsewhere the `fetch` of
   * the platform. A `fetch` opens its connections itself: with it `connectTimeout`, the options of proxies and `ca` are refused, and
   * the variables of proxies are not read.
   */
  readonly fetch?: Fetch | undefined
  /** The most time from sending to the response headers; default 20 seconds. */
  readonly headersTimeout?: number | undefined
  /** The most time without a byte of the body; default 15 seconds. */
  readonly idleTimeout?: number | undefined
  /** The most time for one attempt as a whole; default 30 seconds. */
  readonly attemptTimeout?: number | undefined
  /** The longest wait for a reset of the rate limit, where a longer one is an error; default 300 seconds. */
  readonly longestWait?: number | undefined
  /** The most bytes of a body, after decompression; default 8 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** The rate limit of the app. */
  readonly rateLimit?: RateLimitOptions | undefined
  /** The retries that all reads share. */
  readonly retryBudget?: RetryBudgetOptions | undefined
  /**
   * The proxy for https; default `https_proxy` or `HTTPS_PROXY`, then the one for http. `http://host:port`, where
   * `http://` may be left out, or `https://host:port` for a proxy that itself speaks TLS; SOCKS is not supported, and
   * `ALL_PROXY` is not read. May contain a user and a password. An empty text means no proxy.
   */
  readonly httpsProxy?: string | undefined
  /** The proxy for plain http; default `http_proxy` or `HTTP_PROXY`. */
  readonly httpProxy?: string | undefined
  /**
   * Hosts that are reached directly, separated by commas or blanks; default `no_proxy` or `NO_PROXY`. Loopback always
   * is. `feishu.example` and `.feishu.example` are the domain and all hosts in it, `*.feishu.example` only the hosts in
   * it; `10.0.0.0/8`, `fd00::/8` and `10.*` are networks, `*` is every host, and `host:8443` is one port of a host.
   */
  readonly noProxy?: string | undefined
  /**
   * Certificates of authorities to trust in addition to Node's own, as a private deployment or a proxy that inspects
   * TLS may need: the content of a file in PEM, or of one certificate in DER. An intermediate authority, or the
   * server's own certificate, is trusted without the authority above it. `NODE_EXTRA_CA_CERTS` does the same for the
   * whole process.
   */
  readonly ca?: string | Uint8Array | undefined
  /** Called with every event. An error that it throws is an uncaught exception of the process, and disturbs no read. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined
}

/** So many requests in any time of a window. */
export interface RateLimitWindow {
  readonly requests: number
  readonly window: number
}

/** The rate limit, which the client keeps so that Feishu need not refuse. */
export interface RateLimitOptions {
  /** The most requests in any window; default 100 (documented). */
  readonly requests?: number | undefined
  /** The window; default 60 seconds (documented). */
  readonly window?: number | undefined
  /**
   * The limits of single operations, such as `GET /open-apis/vc/v1/meetings/:meeting_id`, all of which hold at once. Default for
   * details and recordings, each: 1,000 in 60 seconds and 50 in a second (documented).
   */
  readonly operations?:
    | Readonly<Record<string, readonly [RateLimitWindow, ...ReadonlyArray<RateLimitWindow>]>>
    | undefined
  /** How much longer an unanswered request counts; default 5 seconds. */
  readonly unansweredRest?: number | undefined
  /**
   * What to assume about the window before the start: that it is `free` (the default), or `full`, for a program that
   * starts again and may have sent requests just before. It then waits one window and `unansweredRest` before its first
   * request. A program that knows which requests it sent gives `restingMillis`: for each of them, for how many
   * milliseconds it still counts, from the first request of this client on. An answered request counts for the window
   * and 250 ms after its answer, and any other for `unansweredRest` more; a value is from 0 to no longer than that. Requests of
   * operations with limits of their own, such as details, are in `operations`, by operation.
   */
  readonly initially?:
    | "free"
    | "full"
    | {
        readonly restingMillis: ReadonlyArray<number>
        readonly operations?: Readonly<Record<string, ReadonlyArray<number>>> | undefined
      }
    | undefined
}

/** The number of retries of transient failures that all reads share. */
export interface RetryBudgetOptions {
  /** Retries per recent request; default 0.1. */
  readonly share?: number | undefined
  /** Retries that are always there; default 10. */
  readonly floor?: number | undefined
  /** How long a request counts as recent; default 60 seconds. */
  readonly window?: number | undefined
}

/** The options of `createClient`: credentials and settings. */
export type ClientOptions = (GivenToken | AppCredentials | UserCredentials) & Settings

/**
 * A point in time: ISO text with or without zone (`2026-09-01T08:00:00+08:00`), a date (`2026-09-01`), a month (`2026-09`), unix
 * seconds as number or text, a `Date`, `now`, how long ago: `30d`, `36h`, `2w`, `30m`, `10s`; or as people write it: `2026/9/1`, `30 days
 * ago`, `today`, `yesterday`, `this` or `last week`, `month` or `year`, `上个月`.
 *
 * Feishu may refuse a start that is 90 days old when the request arrives, and a read takes time: `89d` always works.
 */
export type Moment = string | number | Date

/** A range as people write it. Ranges over 90 days are read in windows of 90 days. */
export interface TimeRange {
  readonly from: Moment
  /**
   * The end; default now. A date without time includes the whole day: the range ends at the next midnight of the zone.
   */
  readonly to?: Moment | undefined
  /** The zone of text without one: an IANA name such as `Asia/Shanghai`, or an offset; default UTC. */
  readonly timeZone?: string | undefined
}

/** The options of every call. */
export interface CallOptions {
  /**
   * Ends the read at once when the signal aborts, also while the read waits for an answer or for the rate limit: the
   * read rejects with the signal's reason, and its connection is closed.
   */
  readonly signal?: AbortSignal | undefined
  /** The tenant key of the tenant whose meetings are read: only for a store app, which has many tenants. */
  readonly tenantKey?: string | undefined
}

/** What to request with the details of a meeting. */
export interface DetailsChoice {
  /** Request the participants; default false. */
  readonly participants?: boolean | undefined
  /** Request what was used in the meeting, which only tenant access tokens get; default false. */
  readonly abilities?: boolean | undefined
  /** How users are named; default `open_id`. With `user_id`, participants who are not Feishu users are left out (documented). */
  readonly userIdType?: "open_id" | "union_id" | "user_id" | undefined
}

/** The options of a request for the details of a meeting. */
export interface DetailsOptions extends CallOptions, DetailsChoice {}

/** What to request for each of many meetings. */
export interface DetailsRequest extends DetailsChoice {
  /** Request the details; default true. */
  readonly details?: boolean | undefined
  /** Request the recording; default false. */
  readonly recordings?: boolean | undefined
  /** The most meetings that are read in parallel, or wait for their turn to be given; 1 to 1,000, default 50. */
  readonly concurrency?: number | undefined
}

/** Where the state of each number is kept. It is one line of text, and holds no secret. */
export interface StateStore {
  /** Returns the state under a key; `undefined` or null if there is none. */
  readonly get: (key: string) => string | null | undefined | PromiseLike<string | null | undefined>
  /** Puts the state under a key, in the place of an earlier one. */
  readonly set: (key: string, state: string) => unknown
}

/** The options of every read. */
export interface ReadOptions extends CallOptions {
  /**
   * How many windows are read in parallel; default 1. Rows and failures come in the same order with any number. With 1
   * no page is read before it is requested. With more, pages wait in memory for their turn: at most 5 of a window
   * before the turn of that window, at most 8 during it, of at most 2 × `readAhead` + 1 windows at a time.
   */
  readonly readAhead?: number | undefined
}

/** The options of a read of a range. */
export interface RangeOptions extends ReadOptions {
  /** 1 to 50, Feishu's maximum and the default here: n meetings in a window cost ⌈n/50⌉ requests. */
  readonly pageSize?: number | undefined
  /**
   * Which window comes first, the `oldest` (the default) or the `newest`. Within a window the order of meetings is
   * Feishu's, which is not documented.
   */
  readonly order?: "oldest" | "newest" | undefined
}

/** The options of a read that goes on where the last one ended. */
export interface IncrementalOptions extends ReadOptions {
  readonly store: StateStore
  /** Where the first read starts, while there is no state; default `89d`. */
  readonly from?: Moment | undefined
  /**
   * How far a read goes back behind the end of the last one, in milliseconds, since a meeting may appear in the list later than it
   * started; default 2 days. Meetings in it come again.
   */
  readonly overlap?: number | undefined
  /** 1 to 50, Feishu's maximum and the default here. */
  readonly pageSize?: number | undefined
}

/** A request for the meetings of a number in a range. */
export interface MeetingsRequest extends RangeOptions {
  /** The meeting number, nine digits. Blanks and dashes between them are ignored. */
  readonly meetingNo: string
  readonly range: TimeRange
  readonly cursor?: undefined
}

/** A request for the rest of an earlier read. The cursor contains the number and the range. */
export interface Resume extends ReadOptions {
  /** The cursor of a page or an error. */
  readonly cursor: string
}

/** What a read takes: a request, or the cursor of an earlier read. */
export type From = MeetingsRequest | Resume
