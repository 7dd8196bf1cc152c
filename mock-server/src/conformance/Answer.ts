/** An answer of whatever is being looked at, and its shape: what may be told of it. */
import { ResponseHeaders } from "@effect-feishu/contract"

/** One answer. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The same names as they are written. */
  readonly headerNames: ReadonlyArray<string>
  readonly text: string
  /** The parsed body, or `undefined` when it is no JSON. */
  readonly json: unknown
}

/** A member of a JSON object, or `undefined`. */
export const member = (json: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? Reflect.get(value, name)
        : undefined,
    json,
  )

/** The names of an object's members in the order of the alphabet. */
export const namesOf = (json: unknown): ReadonlyArray<string> =>
  typeof json === "object" && json !== null ? Object.keys(json).map(safeName).toSorted() : []

/** Feishu's code, or `undefined`. */
export const codeOf = ({ json }: Answer): number | undefined => {
  const code = member(json, "code")
  return typeof code === "number" ? code : undefined
}

/** The log id, where it looks like one. */
export const logIdOf = ({ headers }: Answer): string | undefined => {
  const id = headers[ResponseHeaders.logId]
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id : undefined
}

/** Which of these headers are written in another case, as they are; the names themselves where none is. */
export const writtenAs = ({ headerNames }: Answer, names: ReadonlyArray<string>): string => {
  const others = headerNames.filter(
    (name) => !names.includes(name) && names.some((one) => one.toLowerCase() === name.toLowerCase()),
  )
  return (others.length === 0 ? names : others.toSorted()).join(", ")
}

/** Where a redirect points: a host of any length, which may repeat what was sent, or `undefined` where the answer is none. */
export const redirectOf = ({ headers, status }: Answer): string | undefined => {
  const location = headers["location"]
  if (status < 300 || status >= 400 || location === undefined) return undefined
  // Of the base URL if it is relative: its host is what the command was given.
  const host = URL.canParse(location) ? new URL(location).host : ""
  return host === "" ? "another path" : host
}

/** The rows of a page: none where there is no list. */
export const rowsOf = ({ json }: Answer): ReadonlyArray<unknown> => {
  const list = member(json, "data", "meeting_briefs")
  return Array.isArray(list) ? list : []
}

/** Status and code; where there is no code, what came instead. */
export const outcome = (answer: Answer): string => {
  const code = codeOf(answer)
  if (code !== undefined) return `${answer.status} code ${code}`
  const type = answer.headers["content-type"]?.split(";", 1)[0] ?? "no content type"
  const shown = /^[\w/+. -]{1,60}$/.test(type) ? type : "an odd content type"
  const body = answer.text.trim() === notFoundText ? ` "${notFoundText}"` : ""
  return `${answer.status} ${shown}${body}`
}

const notFoundText = "404 page not found"

/** The shape of a body: names and types, no values but numbers that are codes, booleans, and null. */
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

/** The shape of objects that are alike; a member that not all of them have is marked. */
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

/** A name that is none of a program's may be somebody's data. */
const safeName = (name: string): string => (/^[A-Za-z_][A-Za-z_0-9]{0,39}$/.test(name) ? name : "<name>")
