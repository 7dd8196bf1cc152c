/**
 * The reference of the packages, from the declarations that the compiler emits: each export with its sentence, its example and its
 * signature. What a signature names that is not exported follows it.
 */
import { readFileSync } from "node:fs"
import { posix } from "node:path"
import { entriesOf, type PublicPackage, publicPackages } from "../../packages/release/src/PublicPackages.ts"
import { repository } from "./codeOfFiles.ts"
import { cell, kebab, type Page, prose, table } from "./Page.ts"

/** A statement of a module, with the comment before it. */
interface Statement {
  readonly comment: string
  readonly text: string
  /** The name that it declares, if it declares one. */
  readonly name: string | undefined
}

/** Something that can be imported. */
interface Export {
  readonly name: string
  readonly module: string
  readonly statements: ReadonlyArray<Statement>
}

const declared =
  /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:const|let|var|function|class|interface|type|enum|namespace) ([\w$]+)/

/** Returns a comment as its text. */
const textOf = (comment: string): string =>
  comment
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/\s*$/, "")
    .replaceAll(/^ \* ?/gm, "")
    .trim()

/** Returns the statements of a module. The compiler begins each at the start of a line. */
const statementsOf = (text: string): ReadonlyArray<Statement> => {
  const statements: Array<Statement> = []
  let comment = ""
  for (const [piece] of text.matchAll(
    /^\/\*\*(?:(?!\*\/)[^])*\*\/\n|^[a-z}](?:(?!\n\/\*\*|\n[a-z])[^])*\n/gm,
  )) {
    if (piece.startsWith("/**")) comment = textOf(piece)
    else {
      statements.push({ comment, text: piece.trim(), name: declared.exec(piece)?.[1] })
      comment = ""
    }
  }
  return statements
}

/** The modules of a package. */
const packageOf = ({ folder }: PublicPackage) => {
  const modules = new Map<string, ReadonlyArray<Statement>>()
  const statementsIn = (module: string) => {
    const found =
      modules.get(module) ?? statementsOf(readFileSync(`${repository}${folder}/dist/${module}.d.ts`, "utf8"))
    modules.set(module, found)
    return found
  }
  /** Returns what a module says of itself. It is in its source: the compiler drops it with the imports after it. */
  const commentOf = (module: string): string => {
    const text = readFileSync(`${repository}${folder}/src/${module}.ts`, "utf8")
    return textOf(/^\/\*\*(?:(?!\*\/)[^])*\*\/\n(?=\n|import|export (?:type )?[*{])/.exec(text)?.[0] ?? "")
  }
  const target = (module: string, path: string) =>
    posix.join(posix.dirname(module), path).replace(/\.[jt]s$/, "")

  /** Returns the statements that declare a name in a module, wherever they are. */
  const find = (module: string, name: string): Export | undefined => {
    const statements = statementsIn(module).filter((statement) => statement.name === name)
    if (statements.length > 0) return { name, module, statements }
    for (const { text } of statementsIn(module)) {
      const [, list, path] = /^(?:export|import) (?:type )?\{([^}]*)\} from "(\.[^"]+)";/.exec(text) ?? []
      for (const one of list?.split(",") ?? []) {
        const [from, to = from] = one
          .trim()
          .replace(/^type /, "")
          .split(" as ")
        if (to === name) return find(target(module, path!), from!)
      }
      const [, all] = /^export (?:type )?\* from "(\.[^"]+)";/.exec(text) ?? []
      const found = all === undefined ? undefined : find(target(module, all), name)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Returns what a module exports, in its order, and the namespaces among it. */
  const exportsOf = (
    module: string,
  ): {
    readonly own: ReadonlyArray<Export>
    readonly namespaces: ReadonlyArray<readonly [string, string]>
  } => {
    const own = new Map<string, Export>()
    const namespaces: Array<readonly [string, string]> = []
    const add = (found: Export | undefined, name: string) => {
      if (found !== undefined && !own.has(name)) own.set(name, { ...found, name })
    }
    for (const { name, text } of statementsIn(module)) {
      if (!text.startsWith("export")) continue
      if (name !== undefined) {
        add(find(module, name), name)
        continue
      }
      const [, namespace, from] = /^export (?:type )?\* as (\w+) from "(\.[^"]+)";/.exec(text) ?? []
      if (namespace !== undefined) namespaces.push([namespace, target(module, from!)])
      const [, all] = /^export (?:type )?\* from "(\.[^"]+)";/.exec(text) ?? []
      if (all !== undefined) {
        const there = exportsOf(target(module, all))
        for (const one of there.own) add(one, one.name)
        namespaces.push(...there.namespaces)
      }
      const [, list, path] = /^export (?:type )?\{([^}]*)\}(?: from "([^"]+)")?;/.exec(text) ?? []
      for (const one of list?.split(",") ?? []) {
        const [local, as = local] = one
          .trim()
          .replace(/^type /, "")
          .split(" as ")
        if (local === "" || (path !== undefined && !path.startsWith("."))) continue
        add(find(path === undefined ? module : target(module, path), local!), as!)
      }
    }
    return { own: Array.from(own.values()), namespaces }
  }
  return { commentOf, exportsOf, statementsIn }
}

/** Returns the first sentence of a comment. */
const firstSentence = (comment: string): string =>
  /^(?:`[^`]*`|[^`])*?[.:](?=\s|$)/
    .exec(comment.split(/\n\n|@example/)[0]!.replaceAll(/\s*\n\s*/g, " "))?.[0]
    .replace(/:$/, ".") ?? ""

/** Returns a comment as Markdown: its text, and its examples, which are fences already. */
const documented = (comment: string): string =>
  comment
    .replaceAll(/\{@link ([^}]*)\}/g, "`$1`")
    .split(/^@example *\n?/m)
    .map((part) =>
      part
        .split(/(^```[^]*?^```$)/m)
        .map((text, index) => (index % 2 === 1 ? text : prose(text)))
        .join("")
        .trim(),
    )
    .join("\n\n")

/** Returns a signature: two spaces for each level instead of four, and types without the module that they are from. */
const signature = (text: string): string =>
  text
    .replaceAll(/^(?: {4})+/gm, (spaces) => " ".repeat(spaces.length / 2))
    .replaceAll(/import\("[^"]+"\)\./g, "")
    .replace(/;$/, "")

/** Returns the statements that the export names and that nobody can import, each before those that it names itself. */
const named = (all: ReadonlyArray<Statement>, { statements }: Export): ReadonlyArray<Statement> => {
  const hidden = new Map(
    all
      .filter(({ name, text }) => name !== undefined && !text.startsWith("export"))
      .map((one) => [one.name!, one]),
  )
  const found = new Set<Statement>()
  const follow = (text: string) => {
    for (const [word] of text.matchAll(/[\w$]+/g)) {
      const statement = hidden.get(word)
      if (statement === undefined || found.has(statement) || statements.includes(statement)) continue
      found.add(statement)
      follow(statement.text)
    }
  }
  for (const { text } of statements) follow(text)
  return Array.from(found)
}

const sectionOf = (all: (module: string) => ReadonlyArray<Statement>, one: Export): string => {
  const { module, name, statements } = one
  const comments = Array.from(new Set(statements.map(({ comment }) => comment).filter((text) => text !== "")))
  // What several of them say begins with the same words, where a type is named like its value.
  const shown = comments.filter(
    (text, index) => !comments.some((other, at) => at !== index && other.startsWith(text)),
  )
  const code = [...named(all(module), one), ...statements].map(({ text }) => signature(text))
  return `## ${name}

${shown.map(documented).join("\n\n")}

\`\`\`ts
${code.join("\n\n")}
\`\`\``
}

const pages: Array<Page> = []
const lists: Array<
  readonly [one: PublicPackage, rows: ReadonlyArray<readonly [link: string, sentence: string]>]
> = []
for (const one of publicPackages) {
  const entries = Object.entries(entriesOf(one))
  if (entries.length === 0) continue
  const { commentOf, exportsOf, statementsIn } = packageOf(one)
  const fileOf = (path: string) => (path === "." ? "index.md" : `${kebab(path.slice(2))}.md`)
  const rows = entries.map(([path, module], order) => {
    const comment = commentOf(module)
    const { namespaces, own } = exportsOf(module)
    const specifier = `${one.manifest.name}${path.slice(1)}`
    const linked = namespaces.map(([name, of]) => {
      const [page] = entries.find(([, other]) => other === of) ?? []
      const sentence = cell(firstSentence(commentOf(of)))
      return [page === undefined ? `\`${name}\`` : `[\`${name}\`](${fileOf(page)})`, sentence]
    })
    // A namespace without a page of its own is shown here.
    const inside = namespaces
      .filter(([, of]) => !entries.some(([, other]) => other === of))
      .flatMap(([name, of]) =>
        exportsOf(of).own.map((found) => ({ ...found, name: `${name}.${found.name}` })),
      )
    pages.push({
      language: "en",
      file: `reference/${one.name}/${fileOf(path)}`,
      title: specifier,
      description: firstSentence(comment) || String(one.manifest["description"]),
      sidebar: { label: path === "." ? one.manifest.name : path.slice(2), order },
      deepest: 2,
      body: `
${documented(comment)}

${linked.length === 0 ? "" : table(["module", "what it is"], linked)}

${[...own, ...inside].map((found) => sectionOf(statementsIn, found)).join("\n\n")}`,
    })
    return [`[\`${specifier}\`](${one.name}/${fileOf(path)})`, cell(firstSentence(comment))] as const
  })
  lists.push([one, rows])
}

const words = {
  en: {
    title: "Reference",
    description: "Every export of every package: its sentence, its example and its signature.",
    intro:
      "Made from the declarations that the packages ship. Each export has its sentence, with units and errors, an example where it helps, and its signature; examples are programs that the tests run.",
    head: ["import", "what it is"],
  },
  zh: {
    title: "参考",
    description: "每个包的每一项导出：说明、示例和签名。",
    intro:
      "由各个包附带的类型声明生成。每一项导出都有说明（含单位和错误）、必要时的示例，以及签名；示例都是测试会运行的程序。说明取自代码，目前只有英文。",
    head: ["导入路径", "说明"],
  },
} as const

/** The pages of the reference. Those of the modules are in English, which Starlight shows to readers of Chinese, too. */
export const reference: ReadonlyArray<Page> = [
  ...(["en", "zh"] as const).map((language): Page => {
    const say = words[language]
    const sections = lists.map(([{ manifest }, rows]) => `## ${manifest.name}\n\n${table(say.head, rows)}`)
    return {
      language,
      file: "reference/index.md",
      title: say.title,
      description: say.description,
      deepest: 2,
      sidebar: { order: -1 },
      body: `${say.intro}\n\n${sections.join("\n\n")}`,
    }
  }),
  ...pages,
]
