/**
 * Where Feishu is, and the client's limits on time and size.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FeishuConfig } from "@effect-feishu/core"
 *
 * const program = Effect.gen(function* () {
 *   const lark = yield* FeishuConfig.make({ brand: "lark", attemptTimeout: "1 minute" })
 *   console.log(lark.baseUrl, lark.oauthBaseUrl, lark.attemptTimeout)
 *   // => https://open.larksuite.com https://accounts.larksuite.com 60000
 *   const plain = yield* Effect.flip(FeishuConfig.make({ baseUrl: "http://feishu.example" }))
 *   console.log(plain.message) // => baseUrl: "http://feishu.example" is not https. Nothing was sent. …
 * })
 * await Effect.runPromise(program)
 * ```
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as BaseUrl from "@effect-feishu/contract/BaseUrl"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"
import * as Sentence from "./Sentence.ts"

/** The brand: Feishu in China, or Lark elsewhere. */
export type Brand = "feishu" | "lark"

/** The settings of a client, complete. */
export class FeishuConfig extends Context.Service<
  FeishuConfig,
  {
    /** The base URL of the API, without a slash at the end. */
    readonly baseUrl: string
    /** The base URL of OAuth tokens, without a slash at the end. */
    readonly oauthBaseUrl: string
    /** The most milliseconds from sending to the response headers. */
    readonly headersTimeout: number
    /** The most milliseconds without a byte of the body. */
    readonly idleTimeout: number
    /** The most milliseconds for one attempt as a whole. */
    readonly attemptTimeout: number
    /** The most bytes of a body, after decompression. */
    readonly maxBodyBytes: number
    /** The longest wait for a reset of the rate limit, in seconds; a longer one is an error. */
    readonly longestWaitSeconds: number
  }
>()("@effect-feishu/core/FeishuConfig") {}

/** The settings of a client; each has a default. */
export interface Options {
  /** `feishu` (open.feishu.cn, the default) or `lark` (open.larksuite.com). */
  readonly brand?: Brand | undefined
  /**
   * The base URL of a private deployment, a gateway or a mock; https, except on loopback. It may have a path of its
   * own. `/open-apis` and what follows it, as in an address that was copied from the documentation, is removed.
   */
  readonly baseUrl?: string | undefined
  /**
   * The base URL of OAuth tokens. By default accounts.feishu.cn or accounts.larksuite.com, by the brand; if `baseUrl`
   * is set, that one, so that a secret is never sent to a host that was not named.
   */
  readonly oauthBaseUrl?: string | undefined
  /** Accept a base URL with plain http that is not on loopback. Token and secret are then sent unencrypted. */
  readonly allowHttp?: boolean | undefined
  /** The most time from sending to the response headers; default 20 seconds. */
  readonly headersTimeout?: Duration.Input | undefined
  /** The most time without a byte of the body; default 15 seconds. */
  readonly idleTimeout?: Duration.Input | undefined
  /** The most time for one attempt as a whole; default 30 seconds. */
  readonly attemptTimeout?: Duration.Input | undefined
  /** The most bytes of a body, after decompression; default 8 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** The longest wait for a reset of the rate limit, where a longer one is an error; default 300 seconds. */
  readonly longestWait?: Duration.Input | undefined
}

const baseUrls: Record<Brand, { readonly api: string; readonly oauth: string }> = {
  feishu: { api: "https://open.feishu.cn", oauth: "https://accounts.feishu.cn" },
  lark: { api: "https://open.larksuite.com", oauth: "https://accounts.larksuite.com" },
}

const millis = (input: Duration.Input | undefined, fallback: number): number =>
  input === undefined ? fallback : Duration.toMillis(Duration.fromInputUnsafe(input))

/**
 * True when a host, as `URL` has it, is this machine, so that a request to it stays here: `localhost` and the names
 * below it (RFC 6761), 127.0.0.0/8, `[::1]`, and the addresses of all interfaces, which lead here as well.
 *
 * @example
 * ```ts
 * import { FeishuConfig } from "@effect-feishu/core"
 *
 * console.log(FeishuConfig.isLoopback(new URL("http://localhost:8787").hostname)) // => true
 * console.log(FeishuConfig.isLoopback(new URL("http://feishu-mock:8787").hostname)) // => false
 * ```
 */
export const isLoopback: (hostname: string) => boolean = BaseUrl.isLoopback

const checkedUrl = (
  option: "baseUrl" | "oauthBaseUrl",
  typed: string,
  allowHttp: boolean,
): Effect.Effect<string, FeishuError> => {
  const refuse = (problem: Sentence.Sentence, remedy: Sentence.Sentence) =>
    Effect.fail(invalidRequest(option, problem, remedy))
  return Result.match(BaseUrl.parse(typed), {
    onFailure: (problem) => refuse(...refusals[problem]),
    onSuccess: ({ isUnencrypted, origin, text }) =>
      isUnencrypted && !allowHttp
        ? refuse(Sentence.make("notHttps", { origin }), Sentence.make("useHttps"))
        : Effect.succeed(text),
  })
}

/** The problem and the remedy that an error gives for each problem of a base URL. */
const refusals: Readonly<
  Record<BaseUrl.Problem, readonly [problem: Sentence.Sentence, remedy: Sentence.Sentence]>
> = {
  "not a URL": [Sentence.make("notAUrl"), Sentence.make("giveUrl")],
  "has a user or password": [Sentence.make("urlHasUser"), Sentence.make("giveUrlWithoutUser")],
  "has a query or fragment": [Sentence.make("urlHasQuery"), Sentence.make("giveUrlWithoutQuery")],
  "not http or https": [Sentence.make("notHttpsUrl"), Sentence.make("giveUrl")],
}

/** Checks the options and fills in the defaults. Fails with an `InvalidRequest` if a base URL cannot be used. */
export const make = Effect.fnUntraced(function* (
  options: Options = {},
): Effect.fn.Return<FeishuConfig["Service"], FeishuError> {
  const { allowHttp = false, brand = "feishu", baseUrl = baseUrls[brand].api } = options
  const oauthBaseUrl = options.oauthBaseUrl ?? options.baseUrl ?? baseUrls[brand].oauth
  return FeishuConfig.of({
    baseUrl: yield* checkedUrl("baseUrl", baseUrl, allowHttp),
    oauthBaseUrl: yield* checkedUrl("oauthBaseUrl", oauthBaseUrl, allowHttp),
    headersTimeout: millis(options.headersTimeout, 20_000),
    idleTimeout: millis(options.idleTimeout, 15_000),
    attemptTimeout: millis(options.attemptTimeout, 30_000),
    maxBodyBytes: options.maxBodyBytes ?? 8 * 1024 * 1024,
    longestWaitSeconds: millis(options.longestWait, 300_000) / 1000,
  })
})

/** The settings as a layer. */
export const layer = (options?: Options): Layer.Layer<FeishuConfig, FeishuError> =>
  Layer.effect(FeishuConfig, make(options))
