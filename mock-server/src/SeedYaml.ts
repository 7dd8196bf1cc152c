/** Seed files in YAML, with every digit of large numbers, and the line of everything. */
import * as Yaml from "yaml"
import type { Fault } from "./SeedInvalid.ts"

/** What a file holds, what is wrong with it as YAML, and in which line things are. */
interface Parsed {
  readonly value: unknown
  readonly faults: ReadonlyArray<Fault>
  readonly lineOf: (path: Fault["path"]) => number | undefined
}

/** Parses YAML. JSON is YAML, too: this also tells what is wrong with a JSON file, and where. */
export const parse = (content: string): Parsed => {
  const lines = new Yaml.LineCounter()
  const document = Yaml.parseDocument(content, { lineCounter: lines, intAsBigInt: true, prettyErrors: false })
  const faults: Array<Fault> = document.errors.map((error) => ({
    path: [],
    line: lines.linePos(error.pos[0]).line,
    message: error.message,
  }))
  if (faults.length === 0 && document.contents === null) {
    faults.push({ path: [], message: "is empty: it takes apps, meetings and generate" })
  }
  const lineOf = (path: Fault["path"]): number | undefined => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (Yaml.isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return undefined
  }
  let value: unknown
  try {
    if (faults.length === 0) value = exactIntegers(document.toJS())
  } catch (error) {
    // Aliases are followed only now. Those that stand in themselves end as a stack that is too deep.
    const message =
      error instanceof RangeError
        ? "is nested too deeply"
        : error instanceof Error
          ? error.message
          : String(error)
    const offset = unresolvedAlias(document)?.range?.[0]
    faults.push({ path: [], line: offset === undefined ? undefined : lines.linePos(offset).line, message })
  }
  return { value, faults, lineOf }
}

const unresolvedAlias = (document: Yaml.Document.Parsed): Yaml.Alias | undefined => {
  let found: Yaml.Alias | undefined
  Yaml.visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined
      found = alias
      return Yaml.visit.BREAK
    },
  })
  return found
}

/** Integers that fit become numbers, larger ones text with every digit. */
const exactIntegers = (value: unknown): unknown => {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (Array.isArray(value)) return value.map(exactIntegers)
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, exactIntegers(inner)]))
  }
  return value
}
