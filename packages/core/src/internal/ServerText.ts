/**
 * What a server says, as far as it may be shown. A server, or something in its place, may repeat the request and
 * with it the secrets in there, while errors are printed, logged and stored: whatever text of an answer goes into
 * one comes through here.
 */
import * as Context from "effect/Context"
import * as Redacted from "effect/Redacted"

/** The secrets of a request. */
export type Secrets = ReadonlyArray<Redacted.Redacted<string>>

/** Secrets that the HTTP client adds to requests by itself, such as a proxy's password: these may come back, too. */
export const OfHttpClient = Context.Reference<Secrets>("@effect-feishu/core/ServerText/OfHttpClient", {
  defaultValue: () => [],
})

/** A server's words on one line: without control characters, without the request's secrets, and not too long. */
export const showable = (text: string, secrets: Secrets, length: number): string =>
  masked(text, secrets)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, length)

/** A text without the request's secrets. To be cut afterwards only: half a secret is not found any more. */
export const masked = (text: string, secrets: Secrets): string =>
  secrets.reduce((shown, secret) => shown.replace(written(secret), "<redacted>"), text)

/** Whether a text repeats a secret of the request. */
export const repeats = (text: string, secrets: Secrets): boolean =>
  // No way of writing is shorter than the secret: most page tokens and log ids cost nothing.
  secrets.some((secret) => text.length >= Redacted.value(secret).length && text.search(written(secret)) >= 0)

/** A log id is shown everywhere: what does not look like one, or repeats a secret, is none. */
export const checkedLogId = (text: string | undefined, secrets: Secrets): string | undefined =>
  text !== undefined && /^[\w.:-]{1,80}$/.test(text) && !repeats(text, secrets) ? text : undefined

/**
 * A secret in whatever way it is written: each character as it is, or escaped as in a URL, a form, JSON or HTML. In
 * small letters, too, as in the name of a host.
 */
const written = (secret: Redacted.Redacted<string>): RegExp => {
  let pattern = patterns.get(secret)
  if (pattern === undefined) {
    pattern = new RegExp(
      Redacted.value(secret)
        .split("")
        .map((character) => {
          const code = character.charCodeAt(0)
          const hex = code.toString(16)
          const unit = hex.padStart(4, "0")
          return `(?:\\\\{0,3}(?:\\u${unit}|u${unit})|%${hex}|&(?:#0*${code}|#x0*${hex}|[a-z]{2,6});)`
        })
        .join(""),
      "gi",
    )
    patterns.set(secret, pattern)
  }
  return pattern
}

/** Made once a secret: a token goes with thousands of requests. */
const patterns = new WeakMap<Redacted.Redacted<string>, RegExp>()
