/**
 * Secrets by their kind: an access token where an app secret goes does not compile. All are `Redacted`, so that
 * none is shown when something that holds it is printed, logged or inspected.
 *
 * @example
 * ```ts
 * import { Secret } from "@effect-feishu/core"
 *
 * const appSecret = Secret.appSecret(process.env["FEISHU_APP_SECRET"] ?? "")
 * console.log(String(appSecret)) // => <redacted:app secret>
 * ```
 */
import type * as Brand from "effect/Brand"
import * as Redacted from "effect/Redacted"
import * as Pasted from "@effect-feishu/contract/Pasted"

/** The app secret from the app's page in the developer console. */
export type AppSecret = Redacted.Redacted<Brand.Branded<string, "AppSecret">>

/** A tenant or user access token. */
export type AccessToken = Redacted.Redacted<Brand.Branded<string, "AccessToken">>

/** The ticket that Feishu pushes to a store app. */
export type AppTicket = Redacted.Redacted<Brand.Branded<string, "AppTicket">>

const labels = { AppSecret: "app secret", AccessToken: "access token", AppTicket: "app ticket" } as const

const make =
  <Kind extends keyof typeof labels>(kind: Kind) =>
  (text: string | Redacted.Redacted<string>): Redacted.Redacted<Brand.Branded<string, Kind>> =>
    Redacted.make((Redacted.isRedacted(text) ? Redacted.value(text) : text) as Brand.Branded<string, Kind>, {
      label: labels[kind],
    })

/** A text as an app secret. */
export const appSecret: (text: string | Redacted.Redacted<string>) => AppSecret = make("AppSecret")

/** A text as an access token. */
export const accessToken: (text: string | Redacted.Redacted<string>) => AccessToken = make("AccessToken")

/** A text as an app ticket. */
export const appTicket: (text: string | Redacted.Redacted<string>) => AppTicket = make("AppTicket")

/**
 * A text without what is around it by accident: blanks, line breaks, invisible characters, and quotes, which
 * `docker --env-file` leaves where they are.
 */
export const unquoted: (text: string) => string = Pasted.unquoted

/**
 * A secret or an app id as people paste it, without what is around it and can be no part of it: blanks, line breaks and
 * invisible characters; quotes; the name of a variable, as in a line of a `.env` file; `Bearer` before a token. What
 * comes from the environment is read so. What a program gives is checked only: see `problem`.
 *
 * @example
 * ```ts
 * import { Secret } from "@effect-feishu/core"
 *
 * console.log(Secret.unwrapped('export FEISHU_ACCESS_TOKEN="Bearer t-example"\r\n')) // => t-example
 * ```
 */
export const unwrapped: (text: string) => string = Pasted.unwrapped

/** Longer than any token of Feishu, and than most servers take of a header. */
const longest = 8_192

/**
 * Why a text can be no secret or app id of Feishu, and in particular not go into a header, in words that do not repeat
 * it; `undefined` if it can. A header takes visible ASCII only; anything else would come back as a fault of the network.
 */
export const textProblem = (text: string): string | undefined => {
  if (text === "") return "it is empty"
  if (text.length > longest) return `it is longer than ${longest} characters`
  if (/\s/.test(text)) return "it has blanks or line breaks"
  if (/^["'`]|["'`]$/.test(text)) return "it has a quotation mark at an end"
  return /^[\x21-\x7e]+$/.test(text) ? undefined : "it has characters that are not visible ASCII"
}

// Only what can be nothing else: in tests an app may have any id and any secret.
const isAppId = /^cli_\w{8,}$/
const isToken = /^[atu]-[\w.-]{20,}$/

/**
 * What is wrong with an app id, in words that do not repeat it, since it may be a secret by mistake; `undefined` if
 * nothing is.
 */
export const appIdProblem = (appId: unknown): string | undefined => {
  if (typeof appId !== "string") return "it is not text"
  if (isToken.test(appId)) return "it is an access token, and no app id"
  // App ids begin with cli_, and app secrets have 32 letters and digits.
  return /^[a-z\d]{32}$/i.test(appId) ? "it looks like an app secret, and is no app id" : textProblem(appId)
}

/**
 * What is wrong with a secret, in words that do not repeat it; `undefined` if nothing is. For programs that no
 * compiler has checked: the kind is known by the label.
 */
export const problem = (secret: unknown, kind: keyof typeof labels): string | undefined => {
  if (!Redacted.isRedacted(secret) || secret.label !== labels[kind]) {
    return `it is not marked as ${/^[aeiou]/.test(labels[kind]) ? "an" : "a"} ${labels[kind]}`
  }
  const text = String(Redacted.value(secret))
  if (kind !== "AppTicket" && isAppId.test(text)) return `it is an app id, and no ${labels[kind]}`
  if (kind === "AccessToken" && /^bearer\s/i.test(text))
    return "it begins with Bearer, which is no part of it"
  if (kind === "AppSecret" && isToken.test(text)) return "it is an access token, and no app secret"
  return textProblem(text)
}
