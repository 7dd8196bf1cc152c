/** The help of the commands as pages, in both languages. */
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { tree } from "../../mock-server/src/command/feishuMock.ts"
import { feishuMeetings } from "../../packages/cli/src/command.ts"
import { cell, type Language, type Page, prose, table } from "./Page.ts"

/** Returns the help of a command, by its name and those of its subcommands. */
const helpOf = (root: Command.Command.Any, path: ReadonlyArray<string>): HelpDoc.HelpDoc => {
  let found: HelpDoc.HelpDoc | undefined
  const presenter: CliOutput.Presenter = {
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") found = event.helpDoc
      }),
  }
  // Help is shown before anything is run: what the commands need besides is not used.
  const command = root as Command.Command<string, unknown, unknown, unknown, never>
  Command.runWith(command, { version: "0" })([...path, "--help"]).pipe(
    Effect.provide(
      Layer.mergeAll(
        NodeServices.layer,
        CliOutput.layerPresenter(presenter),
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
      ),
    ),
    Effect.runSync,
  )
  if (found === undefined) throw new Error(`There is no help of ${path.join(" ")}`)
  return found
}

const words = {
  en: {
    flag: "flag",
    argument: "argument",
    command: "command",
    meaning: "meaning",
  },
  zh: {
    flag: "选项",
    argument: "参数",
    command: "命令",
    meaning: "含义",
  },
} as const

const flagRow = ({ aliases, description, name, type }: HelpDoc.FlagDoc): ReadonlyArray<string> => {
  // Effect writes the choices after the description; they say what the flag takes.
  const text = Option.getOrElse(description, () => "")
  const [, meaning = "", choices] = /^([^]*?)(?: \(choices: (.*)\))?$/.exec(text) ?? []
  const takes = choices?.replaceAll(", ", "|") ?? (type === "boolean" ? "" : type)
  const names = [`--${name}`, ...aliases].join(", ")
  return [
    `<code>${`${names} ${takes}`.trim().replaceAll("|", "&#124;").replaceAll("<", "&lt;")}</code>`,
    cell(meaning),
  ]
}

/** Returns the sections of the help of a command. */
const bodyOf = (doc: HelpDoc.HelpDoc, language: Language, linked: (name: string) => string): string => {
  const say = words[language]
  const titles = HelpText.titles[language]
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
  const commands = (doc.subcommands ?? []).flatMap((group) => group.commands)
  const section = (title: string, head: string, rows: ReadonlyArray<ReadonlyArray<string>>) =>
    rows.length === 0 ? "" : `## ${capital(title)}\n\n${table([head, say.meaning], rows)}\n`
  return [
    prose(doc.description),
    `\`\`\`text\n${doc.usage}\n\`\`\``,
    doc.examples === undefined || doc.examples.length === 0
      ? ""
      : `## ${capital(titles.examples)}\n\n${doc.examples
          .map(({ command, description }) => `${prose(description ?? "")}\n\n\`\`\`sh\n${command}\n\`\`\``)
          .join("\n\n")}`,
    section(
      titles.commands,
      say.command,
      commands.map((one) => [linked(one.name), cell(one.shortDescription ?? one.description)]),
    ),
    section(
      titles.arguments,
      say.argument,
      (doc.args ?? []).map(({ description, name }) => [
        `\`${name}\``,
        cell(Option.getOrElse(description, () => "")),
      ]),
    ),
    section(titles.flags, say.flag, doc.flags.map(flagRow)),
    section(titles.help, say.flag, (HelpText.withBuiltIns(doc, language).globalFlags ?? []).map(flagRow)),
    ...Context.get(doc.annotations, HelpText.Sections).map(({ rows, title }) =>
      section(
        title,
        title,
        rows.map(([name, meaning]) => [name === "" ? "" : `\`${name}\``, cell(meaning)]),
      ),
    ),
  ].join("\n\n")
}

const subcommandsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  (doc.subcommands ?? []).flatMap((group) => group.commands.map(({ name }) => name))

/** Returns a page for a command, and one for each of its commands. */
const pagesOf = (
  root: Command.Command.Any,
  language: Language,
  folder: string,
  path: ReadonlyArray<string> = [],
): ReadonlyArray<Page> => {
  const doc = helpOf(root, path)
  const subcommands = subcommandsOf(doc)
  const file = (names: ReadonlyArray<string>) => (names.length === 0 ? "index" : names.join("-"))
  const name = [root.name, ...path].join(" ")
  return [
    {
      language,
      file: `${folder}/${file(path)}.md`,
      title: name,
      description: doc.description,
      sidebar: { label: path.length === 0 ? root.name : path.join(" "), order: path.length === 0 ? 0 : 1 },
      deepest: 2,
      body: bodyOf(doc, language, (one) =>
        one === "mock" ? "[`mock`](../feishu-mock/index.md)" : `[\`${one}\`](${file([...path, one])}.md)`,
      ),
    },
    // The mock in the command is feishu-mock, which has pages of its own.
    ...subcommands
      .filter((one) => one !== "mock")
      .flatMap((one) => pagesOf(root, language, folder, [...path, one])),
  ]
}

/** The pages. */
export const commands: ReadonlyArray<Page> = (["en", "zh"] as const).flatMap((language) => [
  ...pagesOf(feishuMeetings(language), language, "reference/feishu-meetings"),
  ...pagesOf(tree({}, language), language, "reference/feishu-mock"),
])
