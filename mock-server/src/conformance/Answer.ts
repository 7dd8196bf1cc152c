/** An answer of the Feishu under test, and its shape: the parts of it that may be shown. */
import { ResponseHeaders } from "@effect-feishu/contract"

/** One answer. */
export interface Answer {
  readonly status: number
  /** The headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The names of the headers as they were written. */
  readonly headerNames: ReadonlyArray<string>
  readonly text: string
  /** The parsed body, or `undefined` when it is not JSON. */
  readonly json: unknown
}

/** Returns a member of a JSON object, or `undefined`. */
export const member = (json: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? Reflect.get(value, name)
        : undefined,
    json,
  )

/** Returns the names of an object's members in alphabetical order. */
export const namesOf = (json: unknown): ReadonlyArray<string> =>
  typeof json === "object" && json !== null ? Object.keys(json).map(safeName).toSorted() : []

/** Returns Feishu's code, or `undefined`. */
export const codeOf = ({ json }: Answer): number | undefined => {
  const code = member(json, "code")
  return typeof code === "number" ? code : undefined
}

/** Returns the log id, if it looks like one. */
export const logIdOf = ({ headers }: Answer): string | undefined => {
  const id = headers[ResponseHeaders.logId]
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id : undefined
}

/** Returns the header names that the answer writes in another letter case than `names`, or `names` when it writes all of them so. */
export const writtenAs = ({ headerNames }: Answer, names: ReadonlyArray<string>): string => {
  const others = headerNames.filter(
    (name) => !names.includes(name) && names.some((one) => one.toLowerCase() === name.toLowerCase()),
  )
  return (others.length === 0 ? names : others.toSorted()).join(", ")
}

/** Returns the host that a redirect points to, of any length; it may repeat what was sent. `undefined` for other answers. */
export const redirectOf = ({ headers, status }: Answer): string | undefined => {
  const location = headers["location"]
  if (status < 300 || status >= 400 || location === undefined) return undefined
  // A relative location stays on the host that the command was given.
  const host = URL.canParse(location) ? new URL(location).host : ""
  return host === "" ? "another path" : host
}

/** Returns the rows of a page; empty when there is no list. */
export const rowsOf = ({ json }: Answer): ReadonlyArray<unknown> => {
  const list = member(json, "data", "meeting_briefs")
  return Array.isArray(list) ? list : []
}

/** Returns status and code as a text; without a code, the content type instead. */
export const statusAndCode = (answer: Answer): string => {
  const code = codeOf(answer)
  if (code !== undefined) return `${answer.status} code ${code}`
  const type = answer.headers["content-type"]?.split(";", 1)[0] ?? "no content type"
  const shown = /^[\w/+. -]{1,60}$/.test(type) ? type : "an odd content type"
  const body = answer.text.trim() === notFoundText ? ` "${notFoundText}"` : ""
  return `${answer.status} ${shown}${body}`
}

const notFoundText = "404 page not found"

/** Returns the shape of a body: names and types. The only values in it are codes, booleans and null. */
export const shapeOf = ({ json, text }: Answer): string =>
  json === undefined ? `a text of ${text.length} characters` : shape(json, 0)

const shape = (value: unknown, depth: number): string => {
  if (typeof value === "string") return value === "" ? '""' : "text"
  if (typeof value === "number") return "number"
  if (typeof value !== "object" || value === null) return String(value)
  if (depth > 5) return "…"
  if (!Array.isArray(value)) return shapeOfAll([value], depth)
  if (value.length === 0) return "[]"
  const each = value.slice(0, 50)
  const all = each.every((one) => typeof one === "object" && one !== null && !Array.isArray(one))
  return `[${value.length} × ${all ? shapeOfAll(each, depth + 1) : anyOf(each, depth + 1)}]`
}

/** Returns the shape of similar objects; a member that only some of them have is marked with `?`. */
const shapeOfAll = (objects: ReadonlyArray<object>, depth: number): string => {
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))].slice(0, 40)
  const members = names.map((name) => {
    const values = objects
      .filter((object) => Object.hasOwn(object, name))
      .map((object) => member(object, name))
    if (name === "code" && depth === 0 && Number.isSafeInteger(values[0])) return `code:${String(values[0])}`
    return `${safeName(name)}${values.length < objects.length ? "?" : ""}:${anyOf(values, depth + 1)}`
  })
  return `{${members.join(",")}}`
}

const anyOf = (values: ReadonlyArray<unknown>, depth: number): string =>
  [...new Set(values.map((value) => shape(value, depth)))].slice(0, 4).join("|")

/** Hides a name that is not an identifier: it may be private data. */
const safeName = (name: string): string => (/^[A-Za-z_][A-Za-z_0-9]{0,39}$/.test(name) ? name : "<name>")
