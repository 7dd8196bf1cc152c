/** The help of the commands: what a command does, its usage and examples, then its flags; in lines that fit the terminal. */
import { styleText } from "node:util"
import * as CliOutput from "effect/cli/CliOutput"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Language from "./Language.ts"

/** The titles of the sections, and the words in the usage. */
export interface Titles {
  readonly examples: string
  readonly usage: string
  readonly commands: string
  readonly arguments: string
  readonly flags: string
  /** The title of the flags that every command takes. */
  readonly help: string
  readonly usageFlags: string
  readonly usageCommand: string
}

/** The titles in both languages. */
export const titles: Language.Words<Titles> = {
  en: {
    examples: "examples",
    usage: "usage",
    commands: "commands",
    arguments: "arguments",
    flags: "flags",
    help: "global flags",
    usageFlags: "flags",
    usageCommand: "COMMAND",
  },
  zh: {
    examples: "示例",
    usage: "用法",
    commands: "命令",
    arguments: "参数",
    flags: "选项",
    help: "通用选项",
    usageFlags: "选项",
    usageCommand: "命令",
  },
}

const builtIns = Language.words({
  en: { help: "Show this help", version: "Show the version" },
  zh: { help: "显示帮助", version: "显示版本" },
})

/** Returns the help with the flags that every command has described in this language: Effect describes them in English. */
export const withBuiltIns = (doc: HelpDoc.HelpDoc, language: Language.Language): HelpDoc.HelpDoc => {
  const descriptions = new Map(Object.entries(builtIns[language]))
  const globalFlags = doc.globalFlags?.map((flag) => ({
    ...flag,
    description: Option.orElse(Option.fromUndefinedOr(descriptions.get(flag.name)), () => flag.description),
  }))
  return { ...doc, ...(globalFlags && { globalFlags }) }
}

/** The width, how headings are shown, and the headings before flags, by the name of the flag that follows. */
export interface Style {
  readonly columns: number
  readonly heading: (text: string) => string
  readonly flagGroups: Readonly<Record<string, string>>
  readonly titles: Titles
}

/** Further sections of a command's help, after its flags: rows of a name and its meaning. */
export const Sections = Context.Reference<
  ReadonlyArray<{ readonly title: string; readonly rows: ReadonlyArray<readonly [string, string]> }>
>("@effect-feishu/terminal/Sections", { defaultValue: () => [] })

/** Returns the style for standard output. Node knows whether it is a terminal, and what `NO_COLOR` and `TERM=dumb` mean. */
export const stdout = (): Omit<Style, "flagGroups" | "titles"> => ({
  // Some terminals report 0 columns when they do not know.
  columns: process.stdout.columns || 80,
  heading: (text) => styleText("bold", text),
})

/** Renders the help of a command. */
export const render = (doc: HelpDoc.HelpDoc, style: Style): string => {
  const { flagGroups, heading, titles } = style
  const width = Math.min(style.columns, 100)
  const groups: Array<{ readonly title: string; readonly rows: Array<Row> }> = []
  for (const flag of doc.flags) {
    const title = flagGroups[flag.name] ?? (groups.length === 0 ? titles.flags : undefined)
    if (title !== undefined) groups.push({ title, rows: [] })
    groups.at(-1)?.rows.push(ofFlag(flag))
  }
  const commands = (doc.subcommands ?? []).flatMap((group) => group.commands)
  const sections = [
    {
      title: titles.commands,
      rows: commands.map((one): Row => [one.name, one.shortDescription ?? one.description]),
    },
    {
      title: titles.arguments,
      rows: (doc.args ?? []).map(({ description, name }): Row => [name, text(description)]),
    },
    ...groups,
    { title: titles.help, rows: (doc.globalFlags ?? []).map(ofFlag) },
    ...Context.get(doc.annotations, Sections),
  ]
  const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
    lines.length === 0 ? [] : ["", heading(title.toUpperCase()), ...lines]
  const layout = { columns: width, indent: indentOf(sections, width), margin: 2 }
  const lines = [
    ...wrap(doc.description, width),
    ...section(titles.usage, usagesOf(doc, titles)),
    ...section(
      titles.examples,
      (doc.examples ?? []).flatMap(({ command, description = "" }) => [
        ...wrap(description, width - 4).map((line) => `  # ${line}`),
        ...commandLines(command, width),
      ]),
    ),
    ...sections.flatMap((one) => section(one.title, one.rows.length === 0 ? [] : [rows(one.rows, layout)])),
  ]
  return lines.join("\n").trimStart()
}

type Row = readonly [name: string, meaning: string]

const ofFlag = (flag: HelpDoc.FlagDoc): Row => {
  const names = [`--${flag.name}`, ...flag.aliases].join(", ")
  // Effect writes the choices after the description; they say what the flag takes.
  const [, description = "", choices] = /^(.*?)(?: \(choices: (.*)\))?$/s.exec(text(flag.description)) ?? []
  const type = choices?.replaceAll(", ", "|") ?? (flag.type === "boolean" ? "" : flag.type)
  return [`${names} ${type}`.trimEnd(), description]
}

/** Returns the column where descriptions begin: next to the names, or below them if there is no room. */
const indentOf = (sections: ReadonlyArray<{ readonly rows: ReadonlyArray<Row> }>, width: number): number => {
  if (width < 60) return 6
  const widths = sections.flatMap(({ rows }) => rows.map(([name]) => CliOutput.displayWidth(name)))
  // The few longer names do not justify a wider column.
  return Math.max(...widths.filter((one) => one <= 23), 8) + 4
}

/** Lays out names and meanings in two columns. The second begins at `indent`, and is broken into lines that fit. */
export const rows = (
  entries: ReadonlyArray<Row>,
  layout: { readonly columns: number; readonly indent: number; readonly margin: number },
): string => {
  const { columns, indent, margin } = layout
  const pad = (line: string): string => " ".repeat(indent) + line
  const lines = entries.flatMap(([name, meaning]) => {
    const [first = "", ...others] = wrap(meaning, columns - indent)
    const left = " ".repeat(margin) + name
    const room = indent - CliOutput.displayWidth(left)
    return [...(room < 2 ? [left, pad(first)] : [left + " ".repeat(room) + first]), ...others.map(pad)]
  })
  return lines.map((line) => line.trimEnd()).join("\n")
}

const text = (description: Option.Option<string>): string => Option.getOrElse(description, () => "")

const shellWord = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g

// Before a flag, which stays with its value, and between commands.
const goodBreak = / (?=--)|(?<=[;|]) /

/** Breaks a command that is longer than a line into several, as a shell reads it. */
const commandLines = (command: string, width: number): Array<string> => {
  if (CliOutput.displayWidth(command) + 2 <= width) return [`  ${command}`]
  const parts = command
    .split(goodBreak)
    .flatMap((part) => (CliOutput.displayWidth(part) <= width - 8 ? [part] : (part.match(shellWord) ?? [])))
  const [first = "", ...others] = lines(parts, width - 8, " ")
  return [`  ${first}`, ...others.map((line) => `      ${line}`)].map((line, index) =>
    index < others.length ? `${line} \\` : line,
  )
}

const usagesOf = (
  { args = [], commandPath = [], subcommands = [] }: HelpDoc.HelpDoc,
  { usageCommand, usageFlags }: Titles,
): Array<string> => {
  const name = commandPath.join(" ")
  const operands = args.map(({ name, required, variadic }) => {
    const repeated = variadic ? `${name}...` : name
    return required ? ` ${repeated}` : ` [${repeated}]`
  })
  const commands = subcommands.length === 0 ? [] : [`  ${name} ${usageCommand} [${usageFlags}]`]
  return [`  ${name} [${usageFlags}]${operands.join("")}`, ...commands]
}

// A unit that is not broken: a word, or a Chinese character, with the punctuation that must not begin or end a line.
const unit =
  / ?[（《「“]*(?:\p{Script=Han}|[^\s\p{Script=Han}（《「“，。；：、）》」”！？]+)?[，。；：、）》」”！？]*/gu

/** Breaks a text between words or Chinese characters into lines of a width. A longer word gets a line of its own. */
export const wrap = (text: string, width: number): Array<string> =>
  lines(
    (text.match(unit) ?? []).filter((one) => one !== ""),
    width,
    "",
  )

const lines = (units: ReadonlyArray<string>, width: number, separator: string): Array<string> => {
  const result: Array<string> = []
  for (const one of units) {
    const last = result.at(-1)
    const longer = `${last}${separator}${one}`
    if (last !== undefined && CliOutput.displayWidth(longer) <= width) result[result.length - 1] = longer
    else result.push(one.trimStart())
  }
  return result
}
