/**
 * What a client is made with, and what a read takes.
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

/** A token that you have; it cannot be replaced when Feishu refuses it. */
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
   * How its tokens are fetched. A `store app` takes them by the ticket that Feishu pushes (see
   * `pushAppTicket` of the client) for the tenant that each read names; `client credentials` are the unified OAuth 2.0
   * of Feishu and Lark. Default `self-built app`.
   */
  readonly kind?: "self-built app" | "store app" | "client credentials" | undefined
}

/** Whatever else differs from the defaults. Times are in milliseconds. */
export interface Settings {
  /** `feishu` (open.feishu.cn, the default) or `lark` (open.larksuite.com). */
  readonly brand?: "feishu" | "lark" | undefined
  /**
   * For a private deployment, a gateway or a mock; https, except on loopback. It may have a path of its own; what
   * begins with `/open-apis`, as in an address that was copied from a document, is left out.
   */
  readonly baseUrl?: string | undefined
  /**
   * Where `client credentials` fetch their tokens: accounts.feishu.cn or accounts.larksuite.com by the brand, unless
   * `baseUrl` is set; then that.
   */
  readonly oauthBaseUrl?: string | undefined
  /** Accept a base URL with plain http that is not on loopback: token and secret then travel unencrypted. */
  readonly allowHttp?: boolean | undefined
  /**
   * To open a connection, TLS included; default 10 seconds. A host with several addresses is tried at one after the
   * other: at each but the last for a quarter of this, and for at most 2.5 seconds.
   */
  readonly connectTimeout?: number | undefined
  /** From sending to the response headers; default 20 seconds. */
  readonly headersTimeout?: number | undefined
  /** Without a byte of the body; default 15 seconds. */
  readonly idleTimeout?: number | undefined
  /** For one attempt as a whole; default 30 seconds. */
  readonly attemptTimeout?: number | undefined
  /** A reset of the rate limit that is further away is an error, not a wait; default 300 seconds. */
  readonly longestWait?: number | undefined
  /** Of a body, after decompression; default 8 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** The rate limit of the app. */
  readonly rateLimit?: RateLimitOptions | undefined
  /** How many retries all reads share. */
  readonly retryBudget?: RetryBudgetOptions | undefined
  /**
   * The proxy for https; default `https_proxy` or `HTTPS_PROXY`, then the one for http. `http://host:port`, where
   * `http://` may be left out, or `https://host:port` for one that itself speaks TLS; SOCKS is not supported, and
   * `ALL_PROXY` is not read. May contain a user and a password. Text that is empty stands for no proxy.
   */
  readonly httpsProxy?: string | undefined
  /** The proxy for plain http; default `http_proxy` or `HTTP_PROXY`. */
  readonly httpProxy?: string | undefined
  /**
   * Hosts that are reached directly, separated by commas or blanks; default `no_proxy` or `NO_PROXY`. Loopback always
   * is. `feishu.example` and `.feishu.example` are the domain and all hosts in it, `*.feishu.example` the latter alone;
   * `10.0.0.0/8`, `fd00::/8` and `10.*` are networks, `*` is every host, and `host:8443` is one port of it.
   */
  readonly noProxy?: string | undefined
  /**
   * Certificates of authorities to trust beside Node's own, as a private deployment or a proxy that inspects TLS may
   * need it: the content of a file in PEM, or of one certificate in DER. An intermediate authority, or the server's own
   * certificate, is trusted without the authority above it. `NODE_EXTRA_CA_CERTS` does the same for the whole process.
   */
  readonly ca?: string | Uint8Array | undefined
  /** Called with all that happens. What it throws is an uncaught exception of the process, and disturbs no read. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined
}

/** The rate limit, kept before Feishu has to refuse. */
export interface RateLimitOptions {
  /** Requests in any window; default 100 (documented). */
  readonly requests?: number | undefined
  /** Default 60 seconds (documented). */
  readonly window?: number | undefined
  /** How much longer an unanswered request counts; default 5 seconds. */
  readonly unansweredRest?: number | undefined
  /**
   * What to assume of the window before the start: that it is `free` (the default), or `full`, for a program that
   * starts again and may have made requests just before. It then waits one window before its first request, and as
   * long as an unanswered one still counts. A program that knows which requests it made gives `restingMillis`: for each
   * of them how many milliseconds it still counts, from the first request of this client on. An answered one counts
   * for the window and 250 ms after its answer, and any other for `unansweredRest` more; 0 to no longer than that.
   */
  readonly initially?: "free" | "full" | { readonly restingMillis: ReadonlyArray<number> } | undefined
}

/** How many failures that pass are tried again, by all reads together. */
export interface RetryBudgetOptions {
  /** Retries per recent request; default 0.1. */
  readonly share?: number | undefined
  /** Retries that are there in any case; default 10. */
  readonly floor?: number | undefined
  /** What is recent; default 60 seconds. */
  readonly window?: number | undefined
}

/** What `createClient` takes. */
export type ClientOptions = (GivenToken | AppCredentials) & Settings

/**
 * A point in time: ISO text with or without zone (`2026-09-01T08:00:00+08:00`), a date (`2026-09-01`), unix seconds
 * as number or text, a `Date`, `now`, or how long ago: `30d`, `36h`, `2w`, `30m`, `10s`.
 *
 * Feishu may refuse a start that is 90 days old when the request arrives, and a read takes time: `89d` always works.
 */
export type Moment = string | number | Date

/** A range in people's terms. Ranges over 90 days are read in windows of 90 days. */
export interface TimeRange {
  readonly from: Moment
  /** Default now. A date without time includes the whole day: it ends at the next midnight of the zone. */
  readonly to?: Moment | undefined
  /** For text without zone: an IANA name such as `Asia/Shanghai`, or an offset; default UTC. */
  readonly timeZone?: string | undefined
}

/** How to read. */
export interface ReadOptions {
  /**
   * Ends the read when it aborts, also while it waits for an answer or for the rate limit: it rejects with the
   * signal's reason, at once, and its connection is closed.
   */
  readonly signal?: AbortSignal | undefined
  /** The tenant key of the tenant whose meetings are read: for a store app, which has many, and for no other. */
  readonly tenantKey?: string | undefined
  /**
   * Windows that are read beside each other; default 1. At most 8 pages of each wait for their turn, of at most twice
   * as many windows and one. Rows and failures come in the same order with any number. With 1 no page is read before
   * it is asked for.
   */
  readonly readAhead?: number | undefined
}

/** How to read a range. */
export interface RangeOptions extends ReadOptions {
  /** 1 to 50, Feishu's maximum and the default here: n meetings in a window cost ⌈n/50⌉ requests. */
  readonly pageSize?: number | undefined
  /**
   * Which window comes first, the `oldest` (the default) or the `newest`. Within a window the order of meetings is
   * Feishu's, which is not documented.
   */
  readonly order?: "oldest" | "newest" | undefined
}

/** The meetings of a number in a range. */
export interface MeetingsRequest extends RangeOptions {
  /** As people write it: blanks and dashes between the nine digits do not matter. */
  readonly meetingNo: string
  readonly range: TimeRange
  readonly cursor?: undefined
}

/** What an earlier read has left; the cursor says which number and range that is. */
export interface Resume extends ReadOptions {
  /** Of a page or an error. */
  readonly cursor: string
}

/** What a read takes: a request, or where to go on. */
export type From = MeetingsRequest | Resume
