/**
 * The public API of a package as a page to compare: the declarations of every module that can be imported, without comments,
 * and of other modules only what these name.
 */
import { posix } from "node:path"

/** The declarations of a package. */
export interface Declarations {
  /** The title of the page. */
  readonly name: string
  /** What can be imported, each with its module in `dist`, such as `./Meetings` with `Meetings`. */
  readonly entries: Readonly<Record<string, string>>
  /** Returns what the compiler has emitted for a module. */
  readonly read: (module: string) => string
}

const declared =
  /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:const|let|var|function|class|interface|type|enum|namespace) ([\w$]+)/

/** Returns the statements of a module. The compiler begins each at the start of a line, and comments have lines of their own. */
const statementsOf = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/^[ \t]*\/\*\*?(?:(?!\*\/)[^])*\*\/[ \t]*\n/gm, "")
    .replaceAll(/^[ \t]*\/\/.*\n?/gm, "")
    .split(/^(?=[a-z])/m)
    .map((statement) => statement.trimEnd())
    .filter((statement) => statement !== "" && statement !== "export {};")

/** What statements of a module take from other modules of the package: names, or everything. */
const takenBy = (module: string, statements: ReadonlyArray<string>) => {
  const target = (path: string) => posix.join(posix.dirname(module), path).replace(/\.[jt]s$/, "")
  const text = statements.join("\n")
  return statements.flatMap((statement) => {
    const listed = /^(?:import|export) (?:type )?(?:\{([^}]*)\}|\*([^"]*)) from "(\.[^"]+)";$/.exec(statement)
    if (listed === null) {
      const inline = statement.matchAll(/import\("(\.[^"]+)"\)\.([\w$]+)/g)
      return Array.from(inline, ([, path, name]) => ({ module: target(path!), names: [name!] }))
    }
    const [, list, namespace, path] = listed
    if (list !== undefined) {
      const names = list.split(",").map((name) =>
        name
          .trim()
          .replace(/^type /, "")
          .replace(/ as .*$/, ""),
      )
      return [{ module: target(path!), names: names.filter((name) => name !== "") }]
    }
    const [, name] = / as (\S+)/.exec(namespace!) ?? []
    const used = name === undefined ? [] : text.matchAll(new RegExp(`\\b${name}\\.([\\w$]+)`, "g"))
    const isWhole = statement.startsWith("export")
    return [{ module: target(path!), names: isWhole ? undefined : Array.from(used, ([, one]) => one!) }]
  })
}

/** Returns the statements that declare the names or export them again, and those that these need, in their order. */
const pruned = (statements: ReadonlyArray<string>, names: ReadonlySet<string>): ReadonlyArray<string> => {
  const kept = new Set<string>()
  const needed = new Set(names)
  for (let before = -1; before < kept.size;) {
    before = kept.size
    for (const statement of statements) {
      const [, name] = declared.exec(statement) ?? []
      const listed = name === undefined ? (statement.match(/[\w$]+/g) ?? []) : [name]
      if (kept.has(statement) || !listed.some((one) => needed.has(one))) continue
      kept.add(statement)
      for (const word of statement.match(/[\w$]+/g) ?? []) needed.add(word)
    }
  }
  return statements.filter((statement) => kept.has(statement))
}

/** Returns the page, in Markdown. It is the same for the same declarations. */
export const apiOf = ({ entries, name, read }: Declarations): string => {
  const modules = new Map<string, ReadonlyArray<string>>()
  const statementsIn = (module: string) => {
    const found = modules.get(module) ?? statementsOf(read(module))
    modules.set(module, found)
    return found
  }
  const isEntry = (module: string) => Object.values(entries).includes(module)
  /** What is named of modules that cannot be imported. */
  const named = new Map<string, Set<string>>()
  const follow = (module: string, statements: ReadonlyArray<string>) => {
    for (const taken of takenBy(module, statements)) {
      if (isEntry(taken.module)) continue
      const names = named.get(taken.module) ?? new Set()
      const before = names.size
      const all = statementsIn(taken.module).flatMap(
        (one) => declared.exec(one)?.[1] ?? one.match(/[\w$]+/g) ?? [],
      )
      for (const one of taken.names ?? all) names.add(one)
      named.set(taken.module, names)
      if (names.size > before) follow(taken.module, pruned(statementsIn(taken.module), names))
    }
  }
  for (const module of Object.values(entries)) follow(module, statementsIn(module))

  const section = (title: string, statements: ReadonlyArray<string>) =>
    `## ${title}\n\n\`\`\`ts\n${statements.join("\n")}\n\`\`\`\n`
  return [
    `# ${name}\n\nThe public API, written by \`pnpm run api\`: a change of this page is a change for users.\n`,
    ...Object.entries(entries).map(([path, module]) =>
      section(`${name}${path.slice(1)}`, statementsIn(module)),
    ),
    ...Array.from(named)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([module, names]) => section(`What they name of ${module}`, pruned(statementsIn(module), names))),
  ].join("\n")
}
