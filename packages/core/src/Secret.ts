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
 * What is wrong with a secret, in words that do not repeat it; `undefined` if nothing is. For programs that no
 * compiler has checked: the kind is known by the label.
 */
export const problem = (secret: unknown, kind: keyof typeof labels): string | undefined => {
  if (!Redacted.isRedacted(secret) || secret.label !== labels[kind]) {
    return `it is not marked as ${/^[aeiou]/.test(labels[kind]) ? "an" : "a"} ${labels[kind]}`
  }
  // A header takes visible ASCII only; anything else would come back as a fault of the network.
  return /^[\x21-\x7e]+$/.test(String(Redacted.value(secret)))
    ? undefined
    : "it is empty, or has blanks, line breaks or other characters that no such secret has"
}
