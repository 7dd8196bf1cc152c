/** Lists of problems, short enough for people: of sixty thousand, the first ones say the most. */
import * as SchemaIssue from "effect/SchemaIssue"
import { firstOf, shortened } from "@effect-feishu/terminal/Shortened"

/** At most this many problems are listed, each in at most this many characters. */
const mostTold = 20
const longest = 300

/** Returns the first problems, and how many more there are. */
export const told = (problems: ReadonlyArray<string>): ReadonlyArray<string> =>
  firstOf(problems, mostTold, (left) => `and ${left} more`).map((problem) => shortened(problem, longest))

/** One thing that is wrong with a value, and its path in it. */
export interface Problem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/** The messages for keys, bodies and kinds of values, in place of Effect's own. A Schema with a message for its key keeps that: Feishu's texts are such. */
const messages: Readonly<Record<string, string>> = {
  "Missing key": "missing key",
  "Expected no excess property": "unknown key",
  "Expected a valid JSON body": "the body must be valid JSON",
  "Expected string": "must be text in quotes",
  "Expected string | null": "must be text in quotes, or null",
  "Expected boolean": "must be true or false",
}

/** Effect's message for a value that has no keys: it calls an object by the name of its Schema. */
const anObject = /^Expected (?:object|[A-Z]\w*)$/

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Returns every problem that a Schema has found. */
export const ofIssue = (issue: SchemaIssue.Issue): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ message, path = [] }) => ({
    path: path.map((segment) => (typeof segment === "object" ? segment.key : segment)),
    message: messages[message] ?? message.replace(anObject, "must be an object with keys"),
  }))

/** Returns a problem as one line: `when.nth: must be a whole number…`. */
export const inWords = ({ message, path }: Problem): string =>
  path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`
