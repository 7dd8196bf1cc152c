/**
 * Secrets by their kind: an access token in the place of an app secret does not compile. All are `Redacted`, so that
 * none is shown when a value that contains it is printed, logged or inspected.
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
import { longestSecret, ofSecretProblem, type SecretProblem } from "./Sentence.ts"

/** The app secret from the app's page in the developer console. */
export type AppSecret = Redacted.Redacted<Brand.Branded<string, "AppSecret">>

/** A tenant or user access token. */
export type AccessToken = Redacted.Redacted<Brand.Branded<string, "AccessToken">>

/** The ticket that Feishu pushes to a store app. */
export type AppTicket = Redacted.Redacted<Brand.Branded<string, "AppTicket">>

/** A refresh token of a user, which is good once. */
export type RefreshToken = Redacted.Redacted<Brand.Branded<string, "RefreshToken">>

const labels = { AppSecret: "app secret", AccessToken: "access token", AppTicket: "app ticket" } as const

const make =
  <Kind extends keyof typeof labels>(kind: Kind) =>
  (text: string | Redacted.Redacted<string>): Redacted.Redacted<Brand.Branded<string, Kind>> =>
    Redacted.make((Redacted.isRedacted(text) ? Redacted.value(text) : text) as Brand.Branded<string, Kind>, {
      label: labels[kind],
    })

/** Marks a text as an app secret. */
export const appSecret: (text: string | Redacted.Redacted<string>) => AppSecret = make("AppSecret")

/** Marks a text as an access token. */
export const accessToken: (text: string | Redacted.Redacted<string>) => AccessToken = make("AccessToken")

/** Marks a text as an app ticket. */
export const appTicket: (text: string | Redacted.Redacted<string>) => AppTicket = make("AppTicket")

/** Marks a text as a refresh token. */
export const refreshToken = (text: string | Redacted.Redacted<string>): RefreshToken =>
  Redacted.make(
    (Redacted.isRedacted(text) ? Redacted.value(text) : text) as Brand.Branded<string, "RefreshToken">,
    { label: "refresh token" },
  )

/**
 * Removes what is around a text by accident: blanks, line breaks, invisible characters, and quotes, which
 * `docker --env-file` does not remove.
 */
export const unquoted: (text: string) => string = Pasted.unquoted

/**
 * Removes what people paste around a secret or an app id and what cannot be part of it: blanks, line breaks and
 * invisible characters; quotes; the name of a variable, as in a line of a `.env` file; `Bearer` before a token. Values
 * from the environment are read this way. A value from a program is only checked: see `problem`.
 *
 * @example
 * ```ts
 * import { Secret } from "@effect-feishu/core"
 *
 * console.log(Secret.unwrapped('export FEISHU_ACCESS_TOKEN="Bearer t-example"\r\n')) // => t-example
 * ```
 */
export const unwrapped: (text: string) => string = Pasted.unwrapped

/**
 * Returns why a text cannot be a secret or app id of Feishu, and in particular cannot go into a header; `undefined` if
 * it can. A header takes visible ASCII only; other text would be reported as a fault of the network.
 */
export const unfitText = (text: string): SecretProblem | undefined => {
  if (text === "") return "empty"
  if (text.length > longestSecret) return "too long"
  if (/\s/.test(text)) return "blanks"
  if (/^["'`]|["'`]$/.test(text)) return "quotation mark"
  return /^[\x21-\x7e]+$/.test(text) ? undefined : "not ASCII"
}

// These match only what cannot be anything else: in tests an app may have any id and any secret.
const isAppId = /^cli_\w{8,}$/
const isToken = /^[atu]-[\w.-]{20,}$/

/** Returns why a value cannot be an app id; `undefined` if it can. */
export const unfitAppId = (appId: unknown): SecretProblem | undefined => {
  if (typeof appId !== "string") return "not text"
  if (isToken.test(appId)) return "access token as app id"
  // App ids begin with cli_, and app secrets have 32 letters and digits.
  return /^[a-z\d]{32}$/i.test(appId) ? "app secret as app id" : unfitText(appId)
}

/**
 * Returns why a value cannot be a secret of this kind; `undefined` if it can. For programs that were not type-checked:
 * the label shows the kind.
 */
export const unfitSecret = (secret: unknown, kind: keyof typeof labels): SecretProblem | undefined => {
  if (!Redacted.isRedacted(secret) || secret.label !== labels[kind]) return `not marked as ${labels[kind]}`
  const text = String(Redacted.value(secret))
  if (kind === "AccessToken" && isAppId.test(text)) return "app id as access token"
  if (kind === "AppSecret" && isAppId.test(text)) return "app id as app secret"
  if (kind === "AccessToken" && /^bearer\s/i.test(text)) return "bearer"
  if (kind === "AppSecret" && isToken.test(text)) return "access token as app secret"
  return unfitText(text)
}

const inWords = (problem: SecretProblem | undefined): string | undefined =>
  problem === undefined ? undefined : ofSecretProblem(problem)

/** `unfitText` in English, in words that do not repeat the text. */
export const textProblem = (text: string): string | undefined => inWords(unfitText(text))

/** `unfitAppId` in English, in words that do not repeat the id, since it may be a secret by mistake. */
export const appIdProblem = (appId: unknown): string | undefined => inWords(unfitAppId(appId))

/** `unfitSecret` in English, in words that do not repeat the secret. */
export const problem = (secret: unknown, kind: keyof typeof labels): string | undefined =>
  inWords(unfitSecret(secret, kind))
