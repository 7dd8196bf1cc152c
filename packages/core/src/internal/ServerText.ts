/**
 * Makes a server's text fit to be shown. A server, or something that answers in its place, may repeat the request and
 * the secrets in it, and errors are printed, logged and stored: all text of an answer that goes into an error passes
 * through here.
 */
import * as Context from "effect/Context"
import * as Redacted from "effect/Redacted"

/** The secrets of a request. */
export type Secrets = ReadonlyArray<Redacted.Redacted<string>>

/** Secrets that the HTTP client itself adds to requests, such as a proxy's password: a server may repeat these, too. */
export const HttpClientSecrets = Context.Reference<Secrets>(
  "@effect-feishu/core/ServerText/HttpClientSecrets",
  { defaultValue: () => [] },
)

/** A server's text on one line: without control characters and the request's secrets, at most `length` characters. */
export const showable = (text: string, secrets: Secrets, length: number): string =>
  masked(text, secrets)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, length)

/** A text without the request's secrets. Mask before you shorten: half a secret would not be found. */
export const masked = (text: string, secrets: Secrets): string =>
  secrets.reduce((shown, secret) => shown.replace(written(secret), "<redacted>"), text)

/** True when a text repeats a secret of the request. */
export const repeats = (text: string, secrets: Secrets): boolean => {
  // No way to write a secret is shorter than the secret itself: most page tokens and log ids cost nothing.
  const possible = secrets.filter((secret) => text.length >= Redacted.value(secret).length)
  if (possible.length === 0) return false
  // A pattern takes longer to compile than a page to be read, and without an escape there is only one way to write a secret.
  if (escapes.test(text)) return possible.some((secret) => text.search(written(secret)) >= 0)
  const folded = text.toLowerCase()
  return possible.some((secret) => folded.includes(Redacted.value(secret).toLowerCase()))
}

/** What every way to escape a character has, but for the character itself. */
const escapes = /[\\%&]|u[\da-f]{4}/i

/** Returns a log id, which is shown everywhere; `undefined` if it does not look like one, or repeats a secret. */
export const checkedLogId = (text: string | undefined, secrets: Secrets): string | undefined =>
  text !== undefined && /^[\w.:-]{1,80}$/.test(text) && !repeats(text, secrets) ? text : undefined

/**
 * Matches a secret in any way of writing it: each character as it is, or escaped as in a URL, a form, JSON or HTML.
 * Case does not matter, since host names are in lower case.
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

/** The patterns of secrets, each made once: the same token is sent with thousands of requests. */
const patterns = new WeakMap<Redacted.Redacted<string>, RegExp>()
