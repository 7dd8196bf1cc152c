/** The help of the command: examples first, and no line longer than the terminal, or than is easy to read. */
import { styleText } from "node:util"
import * as CliOutput from "effect/cli/CliOutput"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Option from "effect/Option"

/** How wide it may be, how headings are shown, and before which flags there is one: by the name of a flag. */
export interface Style {
  readonly columns: number
  readonly heading: (text: string) => string
  readonly flagGroups: Readonly<Record<string, string>>
}

/** Standard output. Node knows whether it is a terminal, and what `NO_COLOR` and `TERM=dumb` mean. */
export const stdout = (): Omit<Style, "flagGroups"> => ({
  columns: process.stdout.columns ?? 80,
  heading: (text) => styleText("bold", text),
})

/** Where descriptions begin. */
const indent = 27

/** Renders it. */
export const render = (doc: HelpDoc.HelpDoc, { columns, flagGroups, heading }: Style): string => {
  const width = Math.min(columns, 100)
  const row = (name: string, description: string): string => {
    const [first = "", ...others] = wrap(description, width - indent)
    const left = `  ${name}`.padEnd(indent)
    const begun = left.length > indent || left.endsWith(name) ? [left.trimEnd(), pad(first)] : [left + first]
    return [...begun, ...others.map(pad)].join("\n")
  }
  const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
    lines.length === 0 ? [] : ["", heading(title.toUpperCase()), ...lines]
  const flagRows = (flags: ReadonlyArray<HelpDoc.FlagDoc> = []) =>
    flags.map((flag) => {
      const type = flag.type === "boolean" ? "" : ` ${flag.type}`
      const names = [`--${flag.name}`, ...flag.aliases].join(", ")
      return row(
        names + type,
        Option.getOrElse(flag.description, () => ""),
      )
    })
  const groups: Array<{ readonly title: string; readonly flags: Array<HelpDoc.FlagDoc> }> = []
  for (const flag of doc.flags) {
    const title = flagGroups[flag.name] ?? (groups.length === 0 ? "flags" : undefined)
    if (title !== undefined) groups.push({ title, flags: [] })
    groups.at(-1)?.flags.push(flag)
  }
  const commands = (doc.subcommands ?? []).flatMap((group) => group.commands)
  return [
    ...wrap(doc.description, width),
    ...section(
      "examples",
      (doc.examples ?? []).flatMap(({ command, description = "" }) => [
        `  ${command}`,
        ...wrap(description, width - 6).map((line) => `      ${line}`),
      ]),
    ),
    ...section("usage", usagesOf(doc)),
    ...section(
      "commands",
      commands.map((command) => row(command.name, command.shortDescription ?? command.description)),
    ),
    ...section(
      "arguments",
      (doc.args ?? []).map((arg) =>
        row(
          arg.name,
          Option.getOrElse(arg.description, () => ""),
        ),
      ),
    ),
    ...groups.flatMap(({ flags, title }) => section(title, flagRows(flags))),
    ...section("help", flagRows(doc.globalFlags)),
  ].join("\n")
}

const usagesOf = ({ args = [], commandPath = [], subcommands = [] }: HelpDoc.HelpDoc): Array<string> => {
  const name = commandPath.join(" ")
  const operands = args.map(({ name, required, variadic }) => {
    const repeated = variadic ? `${name}...` : name
    return required ? ` ${repeated}` : ` [${repeated}]`
  })
  const commands = subcommands.length === 0 ? [] : [`  ${name} COMMAND [flags]`]
  return [`  ${name} [flags]${operands.join("")}`, ...commands]
}

const pad = (line: string): string => " ".repeat(indent) + line

/** The words of a text in lines of a width; a word that is longer has a line of its own. */
export const wrap = (text: string, width: number): Array<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && CliOutput.displayWidth(last) + 1 + CliOutput.displayWidth(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}
