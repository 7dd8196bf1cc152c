/** Parses a configuration file as YAML, which includes JSON: keys, and texts or numbers. */
import * as Yaml from "yaml"
import type { Parsed } from "./ConfigFiles.ts"

/** Parses a file. The parser's own messages are not shown: they may repeat a part of the file, and that may be a secret. */
export const parse = (text: string): Parsed => {
  const lines = new Yaml.LineCounter()
  const lineOf = (offset = 0) => lines.linePos(offset).line
  const { contents, errors } = Yaml.parseDocument(text.replace(/^\ufeff/, ""), {
    lineCounter: lines,
    prettyErrors: false,
  })
  if (errors.length > 0) {
    return {
      pairs: [],
      // Later errors may only follow from the first.
      faults: errors.slice(0, 1).map(({ code, pos }) => ({
        line: lineOf(pos[0]),
        what: { en: `is not YAML (${code})`, zh: `不是 YAML（${code}）` },
      })),
    }
  }
  // The whole file may be comments.
  if (contents === null || (Yaml.isScalar(contents) && contents.value === null)) {
    return { pairs: [], faults: [] }
  }
  if (!Yaml.isMap(contents)) {
    const what = { en: "has no settings such as brand: lark", zh: "不含形如 brand: lark 的配置项" }
    return { pairs: [], faults: [{ line: lineOf(contents.range?.[0]), what }] }
  }
  const pairsIn = (map: Yaml.YAMLMap, before: string): Parsed["pairs"] =>
    map.items.flatMap(({ key, value }) => {
      const name = before + (Yaml.isScalar(key) ? String(key.value) : "?")
      // `apps` has a map for each app.
      if (Yaml.isMap(value) && (name === "apps" || /^apps\/[^/]*$/.test(name)))
        return pairsIn(value, `${name}/`)
      return {
        key: name,
        text: textOf(value),
        line: lineOf(Yaml.isNode(key) ? key.range?.[0] : undefined),
      }
    })
  return { pairs: pairsIn(contents, ""), faults: [] }
}

/** Returns the text as it is written: a number would lose its leading zeros, and digits beyond its precision. */
const textOf = (value: unknown): string | undefined => {
  if (value === null) return ""
  if (!Yaml.isScalar(value)) return undefined
  return value.value === null ? "" : (value.source ?? String(value.value)).trim()
}
