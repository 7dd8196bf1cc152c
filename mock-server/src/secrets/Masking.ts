/**
 * Masks the secrets in requests and answers before they are shown. A secret is found by the name of its field, however that
 * is spelt, and by its value, if the mock knows it (`KnownSecrets.ts`). JSON, forms and multipart bodies are parsed and keep
 * their form. In a text that cannot be parsed, such as a body that breaks off, too much is masked rather than too little.
 */
import * as JsonText from "../protocol/JsonText.ts"
import { type KnownSecrets, redacted } from "./KnownSecrets.ts"

/** Returns a body with its secrets masked: JSON, a form, a multipart form, or any text. */
export const body = (text: string, known: KnownSecrets): string =>
  // UTF-16, as PowerShell writes it, has a zero byte in most characters.
  ofBody(text.replaceAll("\0", ""), known, 0)

/** Returns the fields of a query with their secrets masked. Secrets do not belong there, but some clients send them there. */
export const query = (
  fields: Readonly<Record<string, string>>,
  known: KnownSecrets,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [ofValue(name, known, 0), ofField(name, value, known, 0)]),
  )

/**
 * Returns path and query of a request with their secrets masked. A client that uses the mock as a proxy sends a whole URL,
 * which may have user and password.
 */
export const target = (
  url: string,
  known: KnownSecrets,
): { readonly path: string; readonly query: Record<string, string> } => {
  const [path = "", fields = ""] = url
    .replace(/^([a-z][\w+.-]*:)?\/\/[^/]*@/i, (_, scheme = "") => `${scheme}//${redacted}@`)
    .split(/\?(.*)/s)
  return {
    path: ofText(known.masked(path), "="),
    query: query(Object.fromEntries(new URLSearchParams(fields)), known),
  }
}

/** Returns the kind of credentials in a header: `Bearer t-<redacted>`. An unknown scheme may be a secret itself, so it is masked. */
export const authorization = (header: string | undefined): string | undefined =>
  header?.replace(
    /^(\s*(?:(?:Bearer|Basic|Digest|Negotiate|NTLM|Token|OAuth|HOBA|Mutual|DPoP|AWS4-HMAC-SHA256)\b[\s:=]*)?(?:[tua]-|eyJ)?).*$/is,
    (whole, kind: string) => (kind === whole ? whole : kind + redacted),
  )

/** Returns headers with their secrets masked: of credentials their kind, of cookies and of other secrets nothing. */
export const headers = (
  given: Readonly<Record<string, string | undefined>>,
  known: KnownSecrets,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [
            [
              ofValue(name, known, 0),
              /^(?:proxy-)?authorization$/i.test(name)
                ? (authorization(value) ?? "")
                : ofField(name, String(value), known, 0),
            ],
          ],
    ),
  )

// JSON in JSON in JSON: a value that is nested deeper than this is masked as a whole.
const deepest = 8

const ofBody = (text: string, known: KnownSecrets, depth: number): string => {
  // Some clients write a byte order mark before JSON.
  const bare = text.replace(/^\ufeff/, "")
  if (isJson(bare)) return text.slice(0, text.length - bare.length) + ofJson(bare, known, depth)
  const shown = known.masked(text)
  if (/^\s*--/.test(text) && /content-disposition/i.test(text)) return ofParts(shown, known, depth)
  return /^(?![{["])[^=:\s]*[=&]/.test(text) ? ofForm(shown, known, depth) : ofBroken(shown)
}

/**
 * Masks a text that is not JSON, but may be a part of some. First with its escapes, since an escaped quote does not end a
 * value; then without them: if that finds a secret, the text is shown without its escapes.
 */
const ofBroken = (text: string): string => {
  const shown = ofText(text, ":=")
  const plain = unescaped(shown)
  const plainShown = ofText(plain, ":=")
  return plainShown === plain ? shown : plainShown
}

const isJson = (text: string): boolean =>
  /^\s*(?:[{["\d-]|true|false|null)/.test(text) && JsonText.parsed(text) !== undefined

/**
 * Returns JSON with `"<redacted>"` instead of values that are secrets. Edits the text itself, since `JSON.parse` would change
 * the digits of a meeting id that is a number, and drop one of two fields with the same name.
 */
const ofJson = (text: string, known: KnownSecrets, depth: number): string => {
  let out = ""
  let done = 0
  const replace = (from: number, to: number, by: string) => {
    out += text.slice(done, from) + by
    done = to
  }
  /** For each object and array that is open: true when it is an object. */
  const open: Array<boolean> = []
  let name = ""
  let isName = false
  /** The start of an object or array that is a secret, and the number of those that are open around it. */
  let hidden: { readonly from: number; readonly open: number } | undefined
  for (let at = 0; at < text.length;) {
    const from = at
    const character = text[at++]!
    if (character === "{" || character === "[") {
      if (hidden === undefined && name !== "" && isSecretName(name)) hidden = { from, open: open.length }
      open.push(character === "{")
      isName = character === "{"
      name = ""
    } else if (character === "}" || character === "]") {
      open.pop()
      isName = false
      if (hidden?.open === open.length) {
        replace(hidden.from, at, `"${redacted}"`)
        hidden = undefined
      }
      name = ""
    } else if (character === ",") {
      isName = open.at(-1) === true
      // The values of an array belong to the name of the array.
      if (isName) name = ""
    } else if (character === ":") {
      isName = false
    } else if (character === '"') {
      at = endOfString(text, at)
      const string = text.slice(from, at)
      // Everything inside a secret object or array is masked with it.
      if (hidden !== undefined) continue
      const value: string = JSON.parse(string)
      const shown = isName ? ofValue(value, known, depth) : ofField(name, value, known, depth)
      if (isName) name = value
      if (shown !== value) replace(from, at, JSON.stringify(shown))
    } else if (!/\s/.test(character)) {
      while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++
      const value = text.slice(from, at)
      if (hidden !== undefined || !/^[-\d]/.test(value)) continue
      // Feishu's code is a number and is shown; an authorization code is a text and a secret.
      const shown = isCode(name) ? value : ofField(name, value, known, depth)
      if (shown !== value) replace(from, at, JSON.stringify(shown))
    }
  }
  return out + text.slice(done)
}

/** Returns the index after the closing quote of a string that begins before `at`, or the end of the text. */
const endOfString = (text: string, at: number): number => {
  for (let index = at; index < text.length; index++) {
    if (text[index] === "\\") index++
    else if (text[index] === '"') return index + 1
  }
  return text.length
}

const ofForm = (text: string, known: KnownSecrets, depth: number): string =>
  text
    .split("&")
    .map((field) => {
      const [, name = "", equals = "", value = ""] = /^([^=]*)(=?)(.*)$/s.exec(field) ?? []
      const nameShown = reencoded(name, (name) => ofValue(name, known, depth))
      // Some clients write each field on a line of its own.
      const valueShown =
        /[\r\n]/.test(value) && !isSecretName(name)
          ? ofText(value, ":=")
          : reencoded(value, (value) => ofField(name, value, known, depth))
      return nameShown + equals + valueShown
    })
    .join("&")

const reencoded = (text: string, mask: (text: string) => string): string => {
  const value = formDecoded(text)
  const shown = mask(value)
  return shown === value
    ? text
    : encodeURIComponent(shown.replaceAll(/\p{Cs}/gu, "\ufffd")).replaceAll(
        encodeURIComponent(redacted),
        redacted,
      )
}

/** Decodes a form. Half a character, at the end of a text that breaks off, becomes U+FFFD. */
const formDecoded = (text: string): string =>
  text
    .replaceAll("+", " ")
    .replaceAll(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString())

/** Masks the parts of `multipart/form-data`. A part whose name cannot be read is masked: it may be a secret. */
const ofParts = (text: string, known: KnownSecrets, depth: number): string => {
  // The first line is the boundary; other lines that look like one may be part of a value.
  const boundary = /--[^\r\n]*/.exec(text)?.[0] ?? ""
  return text
    .split(boundary)
    .map((part, index) => {
      if (index === 0 || /^(?:--)?\s*$/.test(part)) return part
      const [, head, value] = /^(\r?\n(?:[^\r\n]+\r?\n)+\r?\n)(.*)$/s.exec(part) ?? []
      const [, quoted, bare] =
        /^content-disposition:[^\n]*?[;\s]name\*?=(?:"([^"\n]*)"|([^;\s]*))/im.exec(head ?? "") ?? []
      const name = quoted ?? bare
      if (head === undefined || value === undefined || name === undefined) return redacted
      const [, shown = "", end = ""] = /^(.*?)(\r?\n)?$/s.exec(value) ?? []
      return head + ofField(name, shown, known, depth) + end
    })
    .join(boundary)
}

/** Masks the value of a field with this name. */
const ofField = (name: string, value: string, known: KnownSecrets, depth: number): string => {
  if (isSecretName(name)) return value === "" ? value : redacted
  if (/pagetokens?$/.test(plain(name))) return known.maskedByValue(value)
  return ofValue(value, known, depth)
}

/** Masks the secrets in the value of a field that is not a secret itself. The value may be JSON, a form or a URL with its own fields. */
const ofValue = (value: string, known: KnownSecrets, depth: number): string => {
  if (value.length < 4) return value
  if (depth === deepest) return redacted
  if (/^\s*[{["]/.test(value) && isJson(value)) return ofJson(value, known, depth + 1)
  const masked = known.masked(value)
  if (/^\s*\[*\s*\{/.test(value)) return ofBroken(masked)
  // A title may read "Password: how to reset it".
  const shown = ofText(masked, /\s/.test(value) ? "" : "=")
  // The escaped text was masked first, since an escaped quote does not end a value.
  return /%[\da-f]{2}/i.test(shown) ? reencoded(shown, (inner) => ofValue(inner, known, depth + 1)) : shown
}

/**
 * Masks the values of secret names in a text that is not JSON, each up to where it is certain to end. `separators` are the
 * characters that may follow any secret name; after names that can only be secrets, `:` and `=` count in any text.
 */
const ofText = (text: string, separators: "" | "=" | ":="): string => {
  let out = ""
  let done = 0
  for (const { 0: match, index } of text.matchAll(/[:=>：＝]/g)) {
    if (index < done) continue
    const name = nameBefore(text, index)
    if (name === "") continue
    const counts = separators === "" ? false : match === "=" || match === "＝" || separators === ":="
    if (!(counts ? isSecretName(name) : isUnmistakable(name))) continue
    const [from, to] = valueAfter(text, index)
    const value = text.slice(from, to)
    if (value === "" || value === redacted || /^(?:null|true|false)$/.test(value)) continue
    if (isCode(name) && match !== "=" && /^-?\d+\s*[\]}]*\s*$/.test(value)) continue
    out += text.slice(done, from) + redacted
    done = to
  }
  return out + text.slice(done)
}

/** The longest name. Names are searched backwards from their end, and a text may have a million ends. */
const longestName = 120

/** Returns the name before a separator: in quotes, the name of an XML element, or a word. Empty when there is no name. */
const nameBefore = (text: string, separator: number): string => {
  const before = text.slice(Math.max(0, separator - longestName), separator).trimEnd()
  if (text[separator] === ">") {
    const element = before.slice(before.lastIndexOf("<") + 1)
    return before.includes("<") ? (/^[^\s>/]+/.exec(element)?.[0] ?? "") : ""
  }
  const quote = before.at(-1) ?? ""
  if (quote === '"' || quote === "'") {
    // In JSON in JSON, the quote itself is escaped.
    const inner = before.slice(0, -1).replace(/\\+$/, "")
    return inner.slice(inner.lastIndexOf(quote) + 1)
  }
  let start = before.length
  while (start > 0 && !/[\s,;:=&{}()<>"'?#/|：＝]/.test(before[start - 1]!)) start--
  return before.slice(start)
}

/** Returns where the value after a separator is: between its quotes or brackets, or up to the next field. */
const valueAfter = (text: string, separator: number): readonly [from: number, to: number] => {
  const begin = /[\s>]*(\\*)(["'])|[\s>]*/y
  begin.lastIndex = separator + 1
  const [opening = "", backslashes = "", quote] = begin.exec(text) ?? []
  const from = separator + 1 + opening.length
  if (quote === undefined) {
    if (text[separator] === ">") return [from, indexOrEnd(text, "</", from)]
    return [from, /[{[]/.test(text[from] ?? "") ? endOfBrackets(text, from) : endOfBare(text, from)]
  }
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    let before = 0
    while (text[at - 1 - before] === "\\" && at - before > from) before++
    const isClosing = backslashes === "" ? before % 2 === 0 : before <= backslashes.length
    if (isClosing && endsValue(text, at + 1)) return [from, at - (backslashes === "" ? 0 : before)]
  }
  return [from, text.length]
}

const indexOrEnd = (text: string, wanted: string, from: number): number => {
  const at = text.indexOf(wanted, from)
  return at === -1 ? text.length : at
}

/** Returns the index after the bracket that closes the one at `from`. */
const endOfBrackets = (text: string, from: number): number => {
  let open = 0
  for (let at = from; at < text.length;) {
    const character = text[at++]!
    if (character === '"') at = endOfString(text, at)
    else if (/[{[]/.test(character)) open++
    else if (/[}\]]/.test(character) && --open === 0) return at
  }
  return text.length
}

/** True when what follows a quote shows that it was the closing one. */
const endsValue = (text: string, at: number): boolean => {
  const follows = /[ \t]*(?:[,;&}\])<>\r\n\\]|$)/y
  follows.lastIndex = at
  return follows.test(text)
}

/** Returns the end of a value without quotes: of its line and of the lines that continue it, or the next field or element. */
const endOfBare = (text: string, from: number): number => {
  const end = /&|<\/|\r?\n(?![ \t])|[,;]\s*\\*["']?[^\s,;&"':=]{1,60}\\*["']?\s*[:=]|$/g
  end.lastIndex = from
  return end.exec(text)?.index ?? text.length
}

/** The parts of names that make a field a secret. */
const inSecretNames =
  /secret|passw|passphrase|passcode|passwd|pwd|token|ticket|assertion|verifier|credential|cookie|jwt|bearer|authorization|authcode|devicecode|usercode|(?:encrypt|api|access|private|signing|session)key|sessionid|密码|密钥|口令|令牌|凭证/
/** The names of fields that have such a part, but are not secrets. */
const noSecretNames =
  /pagetokens?$|tokentype$|(?:expire|expires|expiry|expiration|expiresin|expirein|expiresat|expireat|ttl|endpoint|url|uri|count|length)$/
/** The names that make a field a secret only as a whole. */
const secretNames = /^(?:code|pass|pw)$/
/** The parts of names that do not occur in sentences by chance. */
const unmistakable =
  /(?:app|client|access|refresh|tenant|user|verification|control|bearer)(?:access)?(?:secret|token|ticket|assertion)|codeverifier|(?:encrypt|api|private)key/

/** True for the name of a secret in any spelling: `APP_SECRET`, `client%5Fsecret`, `a[token]`. */
export const isSecretName = (name: string): boolean => {
  const spelt = plain(name)
  return (inSecretNames.test(spelt) && !noSecretNames.test(spelt)) || secretNames.test(lastOf(name))
}

const isUnmistakable = (name: string): boolean => {
  const spelt = plain(name)
  return unmistakable.test(spelt) && !noSecretNames.test(spelt)
}

/** True for the name `code`: in an answer it is a number, in an authorization a secret. */
const isCode = (name: string): boolean => lastOf(name) === "code" && !inSecretNames.test(plain(name))

/** Returns the last name of `user[code]` and `user.code`, and the name of the list for `code[]` and `code[0]`. */
const lastOf = (name: string): string =>
  plain(
    unescaped(name.slice(-longestName))
      .replace(/(?:[[.(]\d*[\])]?)+$/, "")
      .split(/[[.(/]/)
      .at(-1) ?? "",
  )

/** Returns the letters and digits of a name in lower case: people read names that differ only in the rest as the same. */
const plain = (name: string): string =>
  /^[\w-]*$/.test(name)
    ? name.toLowerCase().replaceAll(/[_-]/g, "")
    : unescaped(name)
        .normalize("NFKC")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]/gu, "")

/** Decodes the escapes of URLs and JSON, also of one in the other. */
const unescaped = (name: string): string => {
  let text = name
  for (let depth = 0; depth < 4 && /[%\\]/.test(text); depth++) {
    const next = formDecoded(text).replaceAll(/\\+u([\da-f]{4})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (next === text) break
    text = next
  }
  return text
}
