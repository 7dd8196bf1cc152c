/**
 * Seed files in YAML, and in JSON with comments: with every digit of ids, and the line of everything.
 *
 * Aliases and merge keys are followed here and not by the library: it refuses the hundredth alias of a list, takes
 * exponential time for merge keys in merge keys, and does not know in which line a merged value was written.
 */
import * as Yaml from "yaml"
import { redacted } from "../secrets/KnownSecrets.ts"
import { isSecretName } from "../secrets/Masking.ts"
import type { Fault } from "./SeedInvalid.ts"

/** What a file holds, what is wrong with it as YAML, and in which line things are. */
export interface Parsed {
  readonly value: unknown
  readonly faults: ReadonlyArray<Fault>
  /** The line of what is at a path, or of the nearest thing around it: that of its key, where it has one. */
  readonly lineOf: (path: Fault["path"]) => number | undefined
}

/** The parser takes a hundred bytes of memory for each byte of a file (measured: 1.5 GB for 17 MB). */
export const mostMebibytes = 16

/** Parses YAML. JSON is YAML, too: this also tells what is wrong with a JSON file, and where. */
export const parse = (content: string): Parsed => {
  const lines = new Yaml.LineCounter()
  const lineAt = (offset = 0) => lines.linePos(offset).line
  // The stack ends with a text of a million escapes, beside which no comment is looked for.
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
      // Also where a file says that it is YAML 1.1, in which `no` is false and 12:30 is 750.
      schema: "core",
      resolveKnownTags: false,
      // The library compares every key with all others of its mapping, which takes minutes for 100,000 of them.
      uniqueKeys: false,
    }),
  )
  const tooDeep = refused({ path: [], message: "is nested too deeply" })
  if (parsed === undefined) return tooDeep
  const documents = "empty" in parsed ? [] : parsed.filter(holdsSomething)
  const errors = "empty" in parsed ? parsed.errors : parsed.flatMap(({ errors }) => errors)
  // Told as such in the first place that was too deep, and as something else in those around it.
  if (errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return tooDeep
  if (errors.length > 0) {
    const rows = text.split("\n")
    const faults = errors.map(({ message, pos }) => {
      const line = lineAt(pos[0])
      const wide = wideCharacter.exec(rows[line - 1] ?? "")
      const hint = wide === null ? "" : ` (YAML does not know ${wide[0]}: write ${wide[0].normalize("NFKC")})`
      return { path: [], line, message: message + hint }
    })
    return { value: undefined, faults, lineOf: () => undefined }
  }
  const [document, second] = documents
  if (document?.contents == null) {
    return refused({ path: [], message: "is empty: it takes apps, meetings and generate" })
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

/** What comes of it, or nothing when it needs more stack than there is. */
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

// YAML permits none of them unescaped, and takes all of them for text.
// oxlint-disable-next-line no-control-regex
const unprintableCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

const whatToWriteFor = (character: string): string => {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0")
  return character === "\0"
    ? "holds a byte that is 0, which no text has: is this a YAML or JSON file?"
    : `holds the control character U+${code.toUpperCase()}: remove it, or write it as "\\u${code}" in double quotes`
}

/** What input methods for Chinese write in the place of the characters that YAML has a meaning for. */
const wideCharacter = /[：，［］｛｝＂＇＃－]/

/**
 * A text of which the first character says that it is JSON, with blanks in the place of its comments: lines and columns
 * stay. In YAML a `//` may be part of a text, so it is a comment only where a value, or something between values, has
 * come before it.
 */
const withoutComments = (content: string): string =>
  /^\s*(?:[{[]|\/[/*])/.test(content)
    ? content.replace(textOrComment, (found) =>
        found.startsWith("/") ? found.replaceAll(/[^\r\n]/g, " ") : found,
      )
    : content

const textOrComment =
  /"[^"\\]*(?:\\[^][^"\\]*)*"|'[^'\\\r\n]*'|(?<=\s)#.*|\/(?<=(?:^|(?:["']|\*\/)[ \t]*:?|[,[\]{}]|:[ \t]+|[:,[][ \t]*(?:true|false|null|-?\d[\d.eE+-]*))[ \t]*\/)(?:\/.*|\*[^]*?(?:\*\/|(?![^])))/gm

/** So many values may come from aliases and merge keys; more are a bomb, or should be `generate`. */
const mostRepeated = 1_000_000

interface Anchored {
  readonly node: Yaml.Node
  /** What it stands for, and how many values that is; not known while one is still within it. */
  value?: unknown
  size?: number
}

/** Of these every digit counts, so they are taken as they are written, and not as numbers. */
const writtenInDigits: ReadonlySet<unknown> = new Set(["id", "meeting_no"])

/** The tags that say of a value what it is without them, or that it is text. */
const knownTags = /^(?:!|tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq|timestamp))$/

/** What a document holds. Made for one walk through it, in the order in which it is written. */
class Held {
  readonly faults: Array<Fault> = []
  readonly #lineAt: (offset?: number) => number
  /** The latest anchor of every name. */
  readonly #anchors = new Map<string, Anchored>()
  readonly #targets = new Map<Yaml.Alias, Yaml.Node>()
  readonly #pairs = new WeakMap<Yaml.YAMLMap, ReadonlyMap<string, Yaml.Pair>>()
  readonly #path: Array<string | number> = []
  #size = 0
  #repeated = 0

  constructor(lineAt: (offset?: number) => number) {
    this.#lineAt = lineAt
  }

  /** The value of a node, aliases followed and merge keys merged. What is wrong with it is among the faults. */
  valueOf(node: unknown): unknown {
    if (Yaml.isAlias(node)) return this.#ofAlias(node)
    if (!Yaml.isNode(node)) return null
    const before = this.#size++
    const anchored: Anchored = { node }
    const { anchor, tag } = node as { readonly anchor?: string; readonly tag?: string }
    if (anchor !== undefined) this.#anchors.set(anchor, anchored)
    if (tag !== undefined && !knownTags.test(tag)) {
      this.#refuse(node, `the tag ${tag} has no meaning here: remove it, and write the value itself`, tag)
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
      return this.#refuse(alias, `the alias *${alias.source} stands within what it stands for`, alias.source)
    }
    this.#targets.set(alias, anchored.node)
    return this.#repeat(anchored.size, alias) ? anchored.value : undefined
  }

  /** Counts what an alias adds; `false` when that is too much, which is told once. */
  #repeat(size: number, alias: Yaml.Alias): boolean {
    const before = this.#repeated
    this.#repeated += size
    this.#size += size
    if (this.#repeated <= mostRepeated) return true
    if (before <= mostRepeated) {
      this.#refuse(
        alias,
        `its aliases stand for more than ${mostRepeated} values: use generate for many meetings`,
      )
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
        this.#refuse(Yaml.isNode(key) ? key : map, "a key is text, and no list, mapping or alias")
        continue
      }
      const name = nameOf(key)
      this.#within(name, () => {
        this.valueOf(key)
        if (own.has(name)) this.#refuse(key, "is written twice")
        const at = Yaml.isAlias(value) ? this.#anchors.get(value.source)?.node : value
        const inDigits = writtenInDigits.has(name) && Yaml.isScalar(at) && isNumber(at)
        const inner = this.valueOf(value)
        own.set(name, inDigits ? at.source : inner)
      })
    }
    return Object.fromEntries([...merged, ...own])
  }

  /** Adds what a merge key brings: what is there already, from an earlier one, stays. */
  #merge(source: unknown, into: Map<string, unknown>): void {
    const value = this.valueOf(source)
    for (const one of Array.isArray(value) ? value : [value]) {
      // What is undefined has been refused.
      if (one === undefined) continue
      if (typeof one !== "object" || one === null || Array.isArray(one)) {
        const message = "<< takes a mapping such as *defaults, or a list of mappings"
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

  /** Where a message repeats what is `written`, that may be a secret which begins with `*` or `!` and is not in quotes. */
  #refuse(node: Yaml.Node | undefined, message: string, written = ""): undefined {
    const isSecret = written !== "" && this.#path.some((key) => isSecretName(String(key)))
    this.faults.push({
      path: [...this.#path],
      line: this.#lineAt(node?.range?.[0]),
      message: isSecret ? message.replaceAll(written, redacted) : message,
    })
  }

  /** See {@link Parsed.lineOf}. */
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

  /** What a node holds under a key. One in which the key is not, is not looked into again: merge keys may be a bomb. */
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

/** The library's sign for `<<`; in quotes that is a key like any other. */
const isMerge = (key: unknown): boolean => Yaml.isScalar(key) && typeof key.value === "symbol"

const nameOf = ({ source, value }: Yaml.Scalar): string => (value === null ? "" : (source ?? String(value)))

const isNumber = ({ value }: Yaml.Scalar): boolean => typeof value === "bigint" || typeof value === "number"

/** Integers that fit become numbers, larger ones text with every digit. */
const ofScalar = (node: Yaml.Node): unknown => {
  const { value } = node as Yaml.Scalar
  if (typeof value !== "bigint") return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}
