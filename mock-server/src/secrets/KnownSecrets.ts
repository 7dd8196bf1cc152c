/**
 * The secrets that the mock knows. Masks them in a text wherever they are, under whatever name, and however they are
 * encoded. A secret that the mock cannot know, such as a mistyped one, is found by the name of its field: `Masking.ts`.
 */

/** The text that takes the place of a secret. */
export const redacted = "<redacted>"

/** The secrets of one server: of all of its workspaces, since a client may send the secret of one workspace to another. */
export interface KnownSecrets {
  /** Remembers the secrets of an app. They stay known when the app is removed, since the journal may still have them. */
  readonly rememberApp: (app: {
    readonly app_secret: string
    readonly encrypt_key?: string | undefined
    readonly verification_token?: string | undefined
  }) => void
  /** Remembers a secret of the server's own, such as its control token. */
  readonly remember: (secret: string) => void
  /** Remembers a token, ticket or code that the mock has minted. JSON Web Tokens are recognised by their form instead. */
  readonly rememberMinted: (secret: string) => void
  /** Returns the text with `<redacted>` instead of each secret, and of each text that looks like a token of Feishu. */
  readonly masked: (text: string) => string
  /** Like {@link masked}, but keeps texts that only look like a token, such as page tokens. */
  readonly maskedByValue: (text: string) => string
}

/** At most this many secrets of each kind are remembered, with at most this many characters; the oldest are forgotten first. */
const capacity = 10_000
const mostCharacters = 2 ** 20
/** Longer secrets are only found by the names of their fields. */
const longest = 4_096

/** Shorter secrets are only found as a whole value: `secret` is part of many words, and `1` of most numbers. */
const shortestWithin = 8
/** Shorter secrets than this are not found at all. */
const shortest = 4

/** Makes the list of a server's secrets, empty at first. */
export const make = (): KnownSecrets => {
  /** The secrets of apps and of the server, and those that were minted: by their folded text, each as it was given. */
  const kept = new Map<string, string>()
  const minted = new Map<string, string>()
  /** The texts to search for, by their first characters, so that a text is read once, however many secrets there are. */
  const byStart = new Map<number, Array<string>>()

  const index = (secret: string): void => {
    const same = byStart.get(startOf(secret, 0))
    if (same === undefined) byStart.set(startOf(secret, 0), [secret])
    else same.push(secret)
  }
  const unindex = (secret: string): void => {
    const same = byStart.get(startOf(secret, 0)) ?? []
    // Only one of them is removed: the other kind may have the same secret.
    if (same.includes(secret)) same.splice(same.indexOf(secret), 1)
    if (same.length === 0) byStart.delete(startOf(secret, 0))
  }
  const characters = new Map<object, number>()
  const add = (kind: Map<string, string>, given: string): void => {
    const secret = folded(given)
    if (secret.length < shortest || secret.length > longest || kind.has(secret)) return
    kind.set(secret, given)
    for (const written of writingsOf(given, kind === kept)) index(written)
    let length = (characters.get(kind) ?? 0) + secret.length
    for (const [oldest, asGiven] of kind) {
      if (kind.size <= capacity && length <= mostCharacters) break
      kind.delete(oldest)
      length -= oldest.length
      for (const written of writingsOf(asGiven, kind === kept)) unindex(written)
    }
    characters.set(kind, length)
  }

  /** Returns where a folded text has known secrets. A secret that is cut off counts if at least 8 characters are there. */
  const knownIn = (text: string): Array<Span> => {
    const spans: Array<Span> = []
    let cuts: ReadonlyArray<number> | undefined
    let next = 0
    for (let at = 0; at + shortestWithin <= text.length; at++) {
      const candidates = byStart.get(startOf(text, at))
      if (candidates === undefined) continue
      cuts ??= cutsOf(text)
      while (cuts[next]! < at + shortestWithin && next < cuts.length - 1) next++
      const cut = cuts[next]!
      let end = 0
      for (const secret of candidates) {
        if (text.startsWith(secret, at)) end = Math.max(end, at + secret.length)
        else if (cut - at >= shortestWithin && secret.startsWith(text.slice(at, cut)))
          end = Math.max(end, cut)
      }
      if (end === 0) continue
      spans.push([at, end])
      at = end - 1
    }
    return spans
  }

  const mask = (given: string, withLooks: boolean): string => {
    if (given.length < shortest) return given
    const whole = folded(given)
    if (kept.has(whole) || minted.has(whole)) return redacted
    const spans: Array<Span> = []
    let layer: Layer | undefined = { text: given, origin: undefined }
    // Encoded twice, or JSON in JSON in a form: clients do not write more layers than these.
    for (let depth = 0; layer !== undefined && depth < 5; depth++) {
      const { origin, text } = layer
      const found = knownIn(depth === 0 ? whole : folded(text))
      if (withLooks && mayLook.test(text)) {
        for (const look of looks) {
          for (const { indices } of text.matchAll(look))
            if (indices?.[1] !== undefined) found.push(indices[1])
        }
      }
      for (const [from, to] of found) {
        spans.push(origin === undefined ? [from, to] : [origin.from[from]!, origin.to[to - 1]!])
      }
      layer = decoded(layer)
    }
    return spans.length === 0 ? given : without(given, spans)
  }

  return {
    rememberApp: ({ app_secret, encrypt_key = "", verification_token = "" }) => {
      for (const secret of [app_secret, encrypt_key, verification_token]) add(kept, secret)
    },
    remember: (secret) => add(kept, secret),
    rememberMinted: (secret) => add(minted, secret),
    masked: (text) => mask(text, true),
    maskedByValue: (text) => mask(text, false),
  }
}

/** A part of a text, from (inclusive) and to (exclusive). */
type Span = readonly [from: number, to: number]

/** Returns the text with `<redacted>` instead of each span. */
const without = (text: string, spans: ReadonlyArray<Span>): string => {
  let out = ""
  let done = 0
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (to <= done) continue
    // A span that begins inside the one before extends it.
    if (from > done || out === "") out += text.slice(done, from) + redacted
    done = to
  }
  return out + text.slice(done)
}

/**
 * Returns the texts to search for in folded texts: the secret itself and, if it may be in Basic credentials, its base64 at
 * each of the three alignments. The first and last byte share a character with their neighbours, so they are left out.
 */
const writingsOf = (secret: string, asBase64: boolean): ReadonlyArray<string> => {
  if (secret.length < shortestWithin) return []
  if (!asBase64) return [folded(secret)]
  const encoded = [0, 1, 2].flatMap((before) =>
    (["base64", "base64url"] as const).map((alphabet) => {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
      const text = bytes.toString(alphabet).replaceAll("=", "")
      return folded(text.slice(Math.ceil((before * 4) / 3), Math.floor((bytes.length * 4) / 3)))
    }),
  )
  return [...new Set([folded(secret), ...encoded])]
}

/**
 * Folds a text: upper and lower case become one, as in the name of a host, and so do a space and `+`, as in a form. Keeps the
 * length of the text, which `toLowerCase` alone does not promise.
 */
const folded = (text: string): string => {
  const lower = text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()).replaceAll("+", " ")
  return isAscii.test(lower)
    ? lower
    : lower.replaceAll(/\p{Lu}/gu, (letter) =>
        letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter,
      )
}
// oxlint-disable-next-line no-control-regex
const isAscii = /^[\0-\x7f]*$/

/** Returns a hash of four characters; different ones may share it. */
const startOf = (text: string, at: number): number =>
  ((text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) * 31 + text.charCodeAt(at + 2)) * 31 +
  text.charCodeAt(at + 3)

/** Returns where a secret may be cut off: at the end of the text, and before each ellipsis. */
const cutsOf = (text: string): Array<number> => [
  ...Array.from(text.matchAll(/\.\.\.|…/g), ({ index }) => index),
  text.length,
]

/**
 * The forms of an access token, a JSON Web Token, an app ticket, and user and password before a host. The mock did not mint
 * every token that it is sent, and forgets those that it has minted when it is reset.
 */
const looks = [
  /(?<![\w-])[tua]-([\w.-]{20,})/dg,
  /(?<![\w-])eyJ([\w-]{8,}(?:\.[\w-]*){0,4})/dg,
  /\bBearer[\s+]+(?=[\w.~+/-]*\d)([\w.~+/-]{16,}=*)/dgi,
  /(?<![\dA-Z])(g1[\dA-Z]{38})(?![\dA-Z])/dg,
  /:\/\/([^/?#\s"'<>]{1,500})@/dg,
]

/** A quick check: most texts do not match it. */
const mayLook = /[tua]-|eyJ|g1|:\/\/|Bearer/i

/** A decoded text, and where each of its characters comes from in the original text. */
interface Layer {
  readonly text: string
  readonly origin: { readonly from: Int32Array; readonly to: Int32Array } | undefined
}

const escape =
  /%[\da-f]{2}(?:%[\da-f]{2})*|\\(?:u[\da-f]{4}|x[\da-f]{2}|[^ux])|&(?:#\d{1,7}|#x[\da-f]{1,6}|amp|lt|gt|quot|apos);/gi

/** Decodes one layer of escapes: of URLs and forms, of JSON, of HTML. Returns `undefined` when it has no escapes. */
const decoded = (layer: Layer): Layer | undefined => {
  const { origin, text } = layer
  if (!/[%\\&]/.test(text)) return undefined
  const from = new Int32Array(text.length)
  const to = new Int32Array(text.length)
  let out = ""
  const put = (characters: string, start: number, end: number) => {
    for (let index = 0; index < characters.length; index++) {
      from[out.length + index] = origin?.from[start] ?? start
      to[out.length + index] = origin?.to[end - 1] ?? end
    }
    out += characters
  }
  let done = 0
  const plain = (end: number) => {
    for (let at = done; at < end; at++) {
      from[out.length + at - done] = origin?.from[at] ?? at
      to[out.length + at - done] = origin?.to[at] ?? at + 1
    }
    out += text.slice(done, end)
  }
  for (const { 0: match, index } of text.matchAll(escape)) {
    plain(index)
    done = index + match.length
    if (!match.startsWith("%")) put(characterOf(match), index, done)
    else
      for (const [character, first, count] of utf8(Buffer.from(match.replaceAll("%", ""), "hex"))) {
        put(character, index + 3 * first, index + 3 * (first + count))
      }
  }
  if (done === 0) return undefined
  plain(text.length)
  return { text: out, origin: { from, to } }
}

/** Yields the characters of bytes, each with its first byte and its number of bytes. Invalid UTF-8 is read as Latin-1. */
function* utf8(bytes: Buffer): Generator<readonly [character: string, first: number, count: number]> {
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!
    const count = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const character = bytes.toString("utf8", at, at + count)
    const isGood = !character.includes("\ufffd")
    yield [isGood ? character : String.fromCharCode(lead), at, isGood ? count : 1]
    at += isGood ? count : 1
  }
}

const named: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
}

const characterOf = (escape: string): string => {
  const [, decimal] = /^&#(\d+);$/.exec(escape) ?? []
  const [, hex] = /^(?:&#x|\\u|\\x)([\da-f]+);?$/i.exec(escape) ?? []
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal)
  if (!Number.isNaN(code)) return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd"
  const text = escape.startsWith("\\") ? escape.slice(1) : escape.toLowerCase()
  return named[text] ?? text
}
