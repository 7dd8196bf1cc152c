/**
 * Taking secrets out of what is shown of requests and answers. A secret is found by the name of its field, however that
 * is spelt, and by its value, where the mock knows it (`KnownSecrets.ts`). What can be parsed is: JSON stays JSON. In what
 * cannot, such as a body that breaks off, too much is hidden rather than too little.
 */
import * as JsonText from "../protocol/JsonText.ts"
import { type KnownSecrets, redacted } from "./KnownSecrets.ts"

/** A body without its secrets: JSON, a form, parts of a form, or any text. */
export const body = (text: string, known: KnownSecrets): string =>
  // Text of two bytes a character, as PowerShell writes it, has a zero in each.
  ofBody(text.replaceAll("\0", ""), known, 0)

/** The fields of a query without their secrets: that is no place for them, but some put them there. */
export const query = (
  fields: Readonly<Record<string, string>>,
  known: KnownSecrets,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [ofValue(name, known, 0), ofField(name, value, known, 0)]),
  )

/**
 * Path and query that were asked for, without their secrets; whoever takes the mock for a proxy sends a whole URL, which
 * may have user and password.
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

/** What kind of credentials a header holds: `Bearer t-<redacted>`. A scheme that nobody knows may be a secret itself. */
export const authorization = (header: string | undefined): string | undefined =>
  header?.replace(
    /^(\s*(?:(?:Bearer|Basic|Digest|Negotiate|NTLM|Token|OAuth|HOBA|Mutual|DPoP|AWS4-HMAC-SHA256)\b[\s:=]*)?(?:[tua]-|eyJ)?).*$/is,
    (whole, kind: string) => (kind === whole ? whole : kind + redacted),
  )

// JSON in JSON in JSON: deeper than this nobody looks, so nothing of it is shown.
const deepest = 8

const ofBody = (text: string, known: KnownSecrets, depth: number): string => {
  // Some write a byte order mark before JSON, which JSON has not.
  const bare = text.replace(/^\ufeff/, "")
  if (isJson(bare)) return text.slice(0, text.length - bare.length) + ofJson(bare, known, depth)
  const shown = known.masked(text)
  if (/^\s*--/.test(text) && /content-disposition/i.test(text)) return ofParts(shown, known, depth)
  return /^(?![{["])[^=:\s]*[=&]/.test(text) ? ofForm(shown, known, depth) : ofBroken(shown)
}

/**
 * A text that is no JSON, but may have been some. First as it is, since what is escaped does not end a value; then without
 * its escapes, of which it keeps those only if there is no secret behind them.
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
 * JSON with `"<redacted>"` in the place of values that are secrets. The text itself is set anew, not what `JSON.parse`
 * makes of it: that has other digits for a meeting's id that is a number, and one of two fields of the same name.
 */
const ofJson = (text: string, known: KnownSecrets, depth: number): string => {
  let out = ""
  let done = 0
  const replace = (from: number, to: number, by: string) => {
    out += text.slice(done, from) + by
    done = to
  }
  /** Of each object and array that is open, whether it is an object. */
  const open: Array<boolean> = []
  let name = ""
  let isName = false
  /** Where a secret begins that is an object or array, and how many are open around it. */
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
      // Of an array that is a value, each value has its name.
      if (isName) name = ""
    } else if (character === ":") {
      isName = false
    } else if (character === '"') {
      at = endOfString(text, at)
      const string = text.slice(from, at)
      // What is hidden is so with all that is in it.
      if (hidden !== undefined) continue
      const value: string = JSON.parse(string)
      const shown = isName ? ofValue(value, known, depth) : ofField(name, value, known, depth)
      if (isName) name = value
      if (shown !== value) replace(from, at, JSON.stringify(shown))
    } else if (!/\s/.test(character)) {
      while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++
      const value = text.slice(from, at)
      if (hidden !== undefined || !/^[-\d]/.test(value)) continue
      // Feishu's code is a number, the code of an authorization is a text.
      const shown = isCode(name) ? value : ofField(name, value, known, depth)
      if (shown !== value) replace(from, at, JSON.stringify(shown))
    }
  }
  return out + text.slice(done)
}

/** After a string that begins before `at`: behind its quote, or the end of the text. */
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
      // Some write each field in a line of its own.
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

/** As it was before it was encoded; half a character at the end of a text that breaks off is read as U+FFFD. */
const formDecoded = (text: string): string =>
  text
    .replaceAll("+", " ")
    .replaceAll(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString())

/** The parts of `multipart/form-data`. One whose name cannot be read is hidden: it may be a secret's. */
const ofParts = (text: string, known: KnownSecrets, depth: number): string => {
  // Its first line; whatever else looks like one may be in a value.
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

/** What a field of this name has, as far as it may be shown. */
const ofField = (name: string, value: string, known: KnownSecrets, depth: number): string => {
  if (isSecretName(name)) return value === "" ? value : redacted
  if (/pagetokens?$/.test(plain(name))) return known.maskedByValue(value)
  return ofValue(value, known, depth)
}

/** A value of which the name does not say that it is a secret; it may hold JSON, a form or a URL with fields of its own. */
const ofValue = (value: string, known: KnownSecrets, depth: number): string => {
  if (value.length < 4) return value
  if (depth === deepest) return redacted
  if (/^\s*[{["]/.test(value) && isJson(value)) return ofJson(value, known, depth + 1)
  const masked = known.masked(value)
  if (/^\s*\[*\s*\{/.test(value)) return ofBroken(masked)
  // A title may read "Password: how to reset it".
  const shown = ofText(masked, /\s/.test(value) ? "" : "=")
  // As it is at first: what is escaped does not end a value.
  return /%[\da-f]{2}/i.test(shown) ? reencoded(shown, (inner) => ofValue(inner, known, depth + 1)) : shown
}

/**
 * A text that is no JSON, without the values of secret names, each up to where it ends for sure. A `separator` is what
 * stands behind the name of any secret; behind names that can be nothing else, `:` and `=` do in any text.
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

/** No name is longer; each is looked for from its end, and a text may have a million ends. */
const longestName = 120

/** The name before a separator: in quotes, the name of an XML element, or a word. Empty where there is none. */
const nameBefore = (text: string, separator: number): string => {
  const before = text.slice(Math.max(0, separator - longestName), separator).trimEnd()
  if (text[separator] === ">") {
    const element = before.slice(before.lastIndexOf("<") + 1)
    return before.includes("<") ? (/^[^\s>/]+/.exec(element)?.[0] ?? "") : ""
  }
  const quote = before.at(-1) ?? ""
  if (quote === '"' || quote === "'") {
    // Of JSON in JSON, the quote itself is escaped.
    const inner = before.slice(0, -1).replace(/\\+$/, "")
    return inner.slice(inner.lastIndexOf(quote) + 1)
  }
  let start = before.length
  while (start > 0 && !/[\s,;:=&{}()<>"'?#/|：＝]/.test(before[start - 1]!)) start--
  return before.slice(start)
}

/** Where the value after a separator stands: between its quotes or brackets, or up to where another field begins. */
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

/** After the bracket that closes the one at `from`. */
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

/** Whether what follows a quote says that it was the closing one. */
const endsValue = (text: string, at: number): boolean => {
  const follows = /[ \t]*(?:[,;&}\])<>\r\n\\]|$)/y
  follows.lastIndex = at
  return follows.test(text)
}

/** Without quotes: up to the end of the line and of lines that go on with it, to the next field of a form or an element. */
const endOfBare = (text: string, from: number): number => {
  const end = /&|<\/|\r?\n(?![ \t])|[,;]\s*\\*["']?[^\s,;&"':=]{1,60}\\*["']?\s*[:=]|$/g
  end.lastIndex = from
  return end.exec(text)?.index ?? text.length
}

/** Part of a name: what has it is a secret. */
const inSecretNames =
  /secret|passw|passphrase|passcode|passwd|pwd|token|ticket|assertion|verifier|credential|cookie|jwt|bearer|authorization|authcode|(?:encrypt|api|access|private|signing|session)key|sessionid|密码|密钥|口令|令牌|凭证/
/** These have such a part, and are none. */
const noSecretNames =
  /pagetokens?$|tokentype$|(?:expire|expires|expiry|expiration|expiresin|expirein|expiresat|expireat|ttl|endpoint|url|uri|count|length)$/
/** As a whole. */
const secretNames = /^(?:code|pass|pw)$/
/** What no sentence has by chance. */
const unmistakable =
  /(?:app|client|access|refresh|tenant|user|verification|control|bearer)(?:access)?(?:secret|token|ticket|assertion)|codeverifier|(?:encrypt|api|private)key/

/** Whether what has this name is a secret, however the name is spelt: `APP_SECRET`, `client%5Fsecret`, `a[token]`. */
export const isSecretName = (name: string): boolean => {
  const spelt = plain(name)
  return (inSecretNames.test(spelt) && !noSecretNames.test(spelt)) || secretNames.test(lastOf(name))
}

const isUnmistakable = (name: string): boolean => {
  const spelt = plain(name)
  return unmistakable.test(spelt) && !noSecretNames.test(spelt)
}

/** Of an answer it is a number. */
const isCode = (name: string): boolean => lastOf(name) === "code" && !inSecretNames.test(plain(name))

/** Of `user[code]` and `user.code` the last name; of a list's `code[]` and `code[0]` its own. */
const lastOf = (name: string): string =>
  plain(
    unescaped(name.slice(-longestName))
      .replace(/(?:[[.(]\d*[\])]?)+$/, "")
      .split(/[[.(/]/)
      .at(-1) ?? "",
  )

/** A name by its letters and digits alone, which is how people take it for the same. */
const plain = (name: string): string =>
  /^[\w-]*$/.test(name)
    ? name.toLowerCase().replaceAll(/[_-]/g, "")
    : unescaped(name)
        .normalize("NFKC")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]/gu, "")

/** Escapes of URLs and JSON, also of one in the other. */
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
