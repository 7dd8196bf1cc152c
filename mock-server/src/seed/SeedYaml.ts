/**
 * Parses seed files in YAML, and in JSON with comments. Keeps every digit of ids, and knows the line of everything.
 *
 * This module follows aliases and merge keys itself: the library refuses the hundredth alias of a list, takes exponential
 * time for merge keys in merge keys, and does not know in which line a merged value was written.
 */
import * as Yaml from "yaml"
import { redacted } from "../secrets/KnownSecrets.ts"
import { isSecretName } from "../secrets/Masking.ts"
import type { Fault } from "./SeedInvalid.ts"

/** The value of a file, its faults as YAML, and the lines of everything in it. */
export interface Parsed {
  readonly value: unknown
  readonly faults: ReadonlyArray<Fault>
  /** Returns the line of the key at a path, or of the nearest thing around it. */
  readonly lineOf: (path: Fault["path"]) => number | undefined
}

/** The largest file, in MiB: the parser takes a hundred bytes of memory for each byte (measured: 1.5 GB for 17 MB). */
export const mostMebibytes = 16

/** Parses YAML. JSON is YAML, too, so this also finds the mistakes in a JSON file, with their lines. */
export const parse = (content: string): Parsed => {
  const lines = new Yaml.LineCounter()
  const lineAt = (offset = 0) => lines.linePos(offset).line
  // A text of a million escapes overflows the stack of the pattern; then comments stay.
  const text = attempted(() => withoutComments(content)) ?? content
  const unprintable = unprintableCharacter.exec(text)
  if (unprintable !== null) {
    const line = text.slice(0, unprintable.index).split("\n").length
    return refused({ path: [], line, message: whatToWriteFor(unprintable[0]) })
  }
  const parsed = attempted(() =>
    Yaml.parseAllDocuments(text, {
      lineCounter: lines,
      intAsBigInt: true,
      prettyErrors: false,
      merge: true,
      // Also for a file that declares YAML 1.1, in which the word `no` is false and 12:30 is 750.
      schema: "core",
      resolveKnownTags: false,
      // The library would compare every key with all others of its mapping, which takes minutes for 100,000 keys.
      uniqueKeys: false,
    }),
  )
  const tooDeep = refused({ path: [], message: "is nested too deeply" })
  if (parsed === undefined) return tooDeep
  const documents = "empty" in parsed ? [] : parsed.filter(holdsSomething)
  const errors = "empty" in parsed ? parsed.errors : parsed.flatMap(({ errors }) => errors)
  // The library reports the first place that is too deep as such, and those around it as other errors.
  if (errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return tooDeep
  if (errors.length > 0) {
    const rows = text.split("\n")
    const faults = errors.map(({ message, pos }) => {
      const line = lineAt(pos[0])
      const wide = wideCharacter.exec(rows[line - 1] ?? "")
      const hint =
        wide === null ? "" : ` (YAML does not understand ${wide[0]}: write ${wide[0].normalize("NFKC")})`
      return { path: [], line, message: message + hint }
    })
    return { value: undefined, faults, lineOf: () => undefined }
  }
  const [document, second] = documents
  if (document?.contents == null) {
    return refused({ path: [], message: "is empty: a seed has keys such as apps, meetings and generate" })
  }
  if (second !== undefined) {
    const message =
      "a second document begins here: a seed is one document, so remove the --- before it, or make two files"
    return refused({ path: [], line: lineAt(second.contents?.range?.[0]), message })
  }
  const { contents } = document
  const held = new Held(lineAt)
  const value = attempted(() => ({ contents: held.valueOf(contents) }))
  if (value === undefined) return tooDeep
  return { value: value.contents, faults: held.faults, lineOf: (path) => held.lineOf(contents, path) }
}

/** Runs a function. Returns `undefined` when it overflows the stack. */
const attempted = <A>(run: () => A): A | undefined => {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const refused = (fault: Fault): Parsed => ({ value: undefined, faults: [fault], lineOf: () => undefined })

const holdsSomething = ({ contents }: Yaml.Document): boolean =>
  contents !== null && !(Yaml.isScalar(contents) && contents.value === null)

// YAML permits none of these characters unescaped, but the library accepts them as text.
// oxlint-disable-next-line no-control-regex
const unprintableCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

const whatToWriteFor = (character: string): string => {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0")
  return character === "\0"
    ? "has a zero byte, which no text has: is this a YAML or JSON file?"
    : `has the control character U+${code.toUpperCase()}: remove it, or write it as "\\u${code}" in double quotes`
}

/** Full-width characters, which Chinese input methods write instead of those that have a meaning in YAML. */
const wideCharacter = /[：，［］｛｝＂＇＃－]/

/**
 * Replaces the comments of a text that begins like JSON with spaces, so that lines and columns stay. In YAML a `//` may be
 * part of a text, so it counts as a comment only after a value, or after something that separates values.
 */
const withoutComments = (content: string): string =>
  /^\s*(?:[{[]|\/[/*])/.test(content)
    ? content.replace(textOrComment, (found) =>
        found.startsWith("/") ? found.replaceAll(/[^\r\n]/g, " ") : found,
      )
    : content

const textOrComment =
  /"[^"\\]*(?:\\[^][^"\\]*)*"|'[^'\\\r\n]*'|(?<=\s)#.*|\/(?<=(?:^|(?:["']|\*\/)[ \t]*:?|[,[\]{}]|:[ \t]+|[:,[][ \t]*(?:true|false|null|-?\d[\d.eE+-]*))[ \t]*\/)(?:\/.*|\*[^]*?(?:\*\/|(?![^])))/gm

/** At most this many values may come from aliases and merge keys. More are an attack, or should be `generate`. */
const mostRepeated = 1_000_000

interface Anchored {
  readonly node: Yaml.Node
  /** The value, and the number of values in it; unknown while the walk is still inside the node. */
  value?: unknown
  size?: number
}

/** The keys whose values keep every digit: they are read as text, as written. */
const writtenInDigits: ReadonlySet<unknown> = new Set(["id", "meeting_no"])

/** The tags that are accepted: they name the type that a value has anyway, or text. */
const knownTags = /^(?:!|tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq|timestamp))$/

/** The values of a document. They can be read once, in the order of the text. */
class Held {
  readonly faults: Array<Fault> = []
  readonly #lineAt: (offset?: number) => number
  /** The latest anchor with each name. */
  readonly #anchors = new Map<string, Anchored>()
  readonly #targets = new Map<Yaml.Alias, Yaml.Node>()
  readonly #pairs = new WeakMap<Yaml.YAMLMap, ReadonlyMap<string, Yaml.Pair>>()
  readonly #path: Array<string | number> = []
  #size = 0
  #repeated = 0

  constructor(lineAt: (offset?: number) => number) {
    this.#lineAt = lineAt
  }

  /** Returns the value of a node, with aliases followed and merge keys merged. Adds mistakes to the faults. */
  valueOf(node: unknown): unknown {
    if (Yaml.isAlias(node)) return this.#ofAlias(node)
    if (!Yaml.isNode(node)) return null
    const before = this.#size++
    const anchored: Anchored = { node }
    const { anchor, tag } = node as { readonly anchor?: string; readonly tag?: string }
    if (anchor !== undefined) this.#anchors.set(anchor, anchored)
    if (tag !== undefined && !knownTags.test(tag)) {
      this.#refuse(node, `the tag ${tag} is not supported: remove it, and write the value itself`, tag)
    }
    const value = Yaml.isMap(node)
      ? this.#ofMap(node)
      : Yaml.isSeq(node)
        ? this.#ofList(node)
        : ofScalar(node)
    anchored.value = value
    anchored.size = this.#size - before
    return value
  }

  #ofAlias(alias: Yaml.Alias): unknown {
    const anchored = this.#anchors.get(alias.source)
    if (anchored === undefined) {
      return this.#refuse(
        alias,
        `there is no anchor &${alias.source} before the alias *${alias.source}`,
        alias.source,
      )
    }
    if (anchored.size === undefined) {
      return this.#refuse(
        alias,
        `the alias *${alias.source} is inside the value that it refers to`,
        alias.source,
      )
    }
    this.#targets.set(alias, anchored.node)
    return this.#repeat(anchored.size, alias) ? anchored.value : undefined
  }

  /** Counts the values that an alias adds. Returns `false` when there are too many, which is reported once. */
  #repeat(size: number, alias: Yaml.Alias): boolean {
    const before = this.#repeated
    this.#repeated += size
    this.#size += size
    if (this.#repeated <= mostRepeated) return true
    if (before <= mostRepeated) {
      this.#refuse(alias, `aliases make more than ${mostRepeated} values: use generate for many meetings`)
    }
    return false
  }

  #ofList(list: Yaml.YAMLSeq): Array<unknown> {
    return list.items.map((item, index) => this.#within(index, () => this.valueOf(item)))
  }

  #ofMap(map: Yaml.YAMLMap): object {
    const own = new Map<string, unknown>()
    const merged = new Map<string, unknown>()
    for (const { key, value } of map.items) {
      if (isMerge(key)) {
        this.#merge(value, merged)
        continue
      }
      if (!Yaml.isScalar(key)) {
        this.#refuse(Yaml.isNode(key) ? key : map, "a key must be text, not a list, a mapping or an alias")
        continue
      }
      const name = nameOf(key)
      this.#within(name, () => {
        this.valueOf(key)
        if (own.has(name)) this.#refuse(key, "duplicate key")
        const at = Yaml.isAlias(value) ? this.#anchors.get(value.source)?.node : value
        const inDigits = writtenInDigits.has(name) && Yaml.isScalar(at) && isNumber(at)
        const inner = this.valueOf(value)
        own.set(name, inDigits ? at.source : inner)
      })
    }
    return Object.fromEntries([...merged, ...own])
  }

  /** Adds the keys of a merge key, except those that an earlier merge key has added. */
  #merge(source: unknown, into: Map<string, unknown>): void {
    const value = this.valueOf(source)
    for (const one of Array.isArray(value) ? value : [value]) {
      // An undefined value has been reported.
      if (one === undefined) continue
      if (typeof one !== "object" || one === null || Array.isArray(one)) {
        const message = "<< must have a mapping such as *defaults, or a list of mappings"
        this.#refuse(Yaml.isNode(source) ? source : undefined, message)
        continue
      }
      for (const [name, inner] of Object.entries(one)) if (!into.has(name)) into.set(name, inner)
    }
  }

  #within<A>(key: string | number, run: () => A): A {
    this.#path.push(key)
    const result = run()
    this.#path.pop()
    return result
  }

  /** Adds a fault. `written` is what the message repeats: it may be a secret without quotes that begins with `*` or `!`. */
  #refuse(node: Yaml.Node | undefined, message: string, written = ""): undefined {
    const isSecret = written !== "" && this.#path.some((key) => isSecretName(String(key)))
    this.faults.push({
      path: [...this.#path],
      line: this.#lineAt(node?.range?.[0]),
      message: isSecret ? message.replaceAll(written, redacted) : message,
    })
  }

  /** Returns the line of a path, as {@link Parsed.lineOf} says. */
  lineOf(contents: Yaml.Node, path: Fault["path"]): number | undefined {
    let node: unknown = contents
    let offset = contents.range?.[0]
    for (const key of path) {
      const found = this.#inside(node, key)
      if (found === undefined) break
      node = found.value
      offset = found.offset ?? offset
    }
    return this.#lineAt(offset)
  }

  /** Returns the value of a node at a key. A node without the key is searched once: merge keys may form a bomb. */
  #inside(node: unknown, key: PropertyKey, without = new Set<unknown>()): Located | undefined {
    const at = Yaml.isAlias(node) ? this.#targets.get(node) : node
    if (Yaml.isSeq(at)) {
      const value = at.items[Number(key)]
      return Yaml.isNode(value) ? located(value, value) : undefined
    }
    if (!Yaml.isMap(at) || without.has(at)) return undefined
    without.add(at)
    const pair = this.#pairsOf(at).get(String(key))
    if (pair !== undefined) return located(pair.value, pair.key)
    for (const merge of at.items) {
      if (!isMerge(merge.key)) continue
      const source = Yaml.isAlias(merge.value) ? this.#targets.get(merge.value) : merge.value
      for (const one of Yaml.isSeq(source) ? source.items : [source]) {
        const found = this.#inside(one, key, without)
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  #pairsOf(map: Yaml.YAMLMap): ReadonlyMap<string, Yaml.Pair> {
    const known = this.#pairs.get(map)
    if (known !== undefined) return known
    const pairs = new Map<string, Yaml.Pair>()
    for (const pair of map.items) {
      if (Yaml.isScalar(pair.key) && !isMerge(pair.key)) pairs.set(nameOf(pair.key), pair)
    }
    this.#pairs.set(map, pairs)
    return pairs
  }
}

interface Located {
  readonly value: unknown
  readonly offset: number | undefined
}

const located = (value: unknown, at: unknown): Located => ({
  value,
  offset: Yaml.isNode(at) ? at.range?.[0] : undefined,
})

/** True for the library's symbol for `<<`. In quotes, `<<` is a key like any other. */
const isMerge = (key: unknown): boolean => Yaml.isScalar(key) && typeof key.value === "symbol"

const nameOf = ({ source, value }: Yaml.Scalar): string => (value === null ? "" : (source ?? String(value)))

const isNumber = ({ value }: Yaml.Scalar): boolean => typeof value === "bigint" || typeof value === "number"

/** Returns the value of a scalar. Safe integers become numbers, larger ones text with every digit. */
const ofScalar = (node: Yaml.Node): unknown => {
  const { value } = node as Yaml.Scalar
  if (typeof value !== "bigint") return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}
