/** The catalogue of faults, the table of fidelity and the changelog as pages, from the files of the repository. */
import { readFileSync } from "node:fs"
import { repository } from "./codeOfFiles.ts"
import type { Page } from "./Page.ts"

/**
 * Returns a document without its title, and without its link to the other language, for which a page has a menu. Files of the
 * repository are named, since the site has no address for them.
 */
const bodyOf = (file: string): string =>
  readFileSync(`${repository}${file}`, "utf8")
    .replace(/^# .*\n(\n\[(?:简体中文|English)\]\(.*\)\n)?/, "")
    .replaceAll(/\[([^\]]*)\]\((?!https?:|#)([^)]*)\)/g, (_, text: string) =>
      text.startsWith("`") ? text : `\`${text}\``,
    )

/** Gives each row with an id an anchor of its own, so that it can be linked: `#n1`. */
const withAnchors = (body: string): string =>
  body.replaceAll(
    /^\| ([A-Z]\d+[a-z]?|[a-z][a-z0-9-]*) \|/gm,
    (_, id: string) => `| <span id="${id.toLowerCase()}">${id}</span> |`,
  )

/** The pages. */
export const documents: ReadonlyArray<Page> = [
  {
    language: "en",
    file: "faults.md",
    title: "Faults that are survived",
    description: "Every fault that a read, the command or the mock has to survive, and what happens then.",
    deepest: 2,
    body: withAnchors(bodyOf("FAULTS.md")),
  },
  {
    language: "zh",
    file: "faults.md",
    title: "故障一览",
    description: "读取、命令行工具和模拟飞书必须承受的每一种故障，以及发生时的处理。",
    deepest: 2,
    body: withAnchors(bodyOf("FAULTS.zh-CN.md")),
  },
  {
    language: "en",
    file: "fidelity.md",
    title: "How faithful the mock is",
    description: "Each behaviour of the mock Feishu with its source, how certain it is, and its test.",
    deepest: 2,
    body: withAnchors(bodyOf("mock-server/FIDELITY.md")),
  },
  {
    language: "zh",
    file: "fidelity.md",
    title: "模拟飞书的还原程度",
    description: "模拟飞书的每一项行为：来源、确定程度和对应的测试。",
    deepest: 2,
    body: withAnchors(bodyOf("mock-server/FIDELITY.zh-CN.md")),
  },
  ...(["en", "zh"] as const).map((language): Page => {
    const changes = bodyOf("CHANGELOG.md")
    return {
      language,
      file: "changelog.md",
      title: language === "en" ? "Changelog" : "更新日志",
      description: language === "en" ? "What each release changes for users." : "每个版本给用户带来的变化。",
      deepest: 2,
      body: language === "en" ? changes : `目前只有英文。\n\n<div lang="en">\n\n${changes}\n\n</div>`,
    }
  }),
]
