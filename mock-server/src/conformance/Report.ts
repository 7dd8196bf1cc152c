/** The report of all checks: as text for people, and as a JSON document. */
import * as Language from "@effect-feishu/terminal/Language"
import * as CliOutput from "effect/cli/CliOutput"
import { wrap } from "@effect-feishu/terminal/HelpText"
import { visible } from "@effect-feishu/terminal/VisibleText"
import { type Source, sources } from "./Check.ts"
import { notChecked } from "./notChecked.ts"
import type { Outcome, Verdict } from "./suite.ts"

/** The style of the report. */
export interface Style {
  /** The name of the mock's command. */
  readonly command: string
  readonly columns: number
  readonly language: Language.Language
  readonly paint: (style: "bold" | "green" | "red" | "yellow" | "dim", text: string) => string
}

/** The frame of the report. What each check is about is said in English, as in FIDELITY.md. */
const words = Language.words({
  en: {
    headings: {
      inferred: "inferred: not confirmed anywhere",
      sdk: "sdk: from an official SDK",
      wire: "wire: from published answers",
      doc: "doc: from Feishu's documents",
    } satisfies Record<Source, string>,
    mock: "mock",
    got: "got",
    sent: "sent",
    shape: "shape",
    logId: (id: string) => `log id  ${id}`,
    sum: (asHere: number, differs: number, notDecided: number) =>
      `${asHere} as here, ${differs} ${differs === 1 ? "differs" : "differ"}, ${notDecided} not decided`,
    requests: (requests: number, seconds: number) => `${requests} requests in ${seconds} s`,
    notChecked: (rows: number) =>
      `${rows} rows of FIDELITY.md cannot be checked from outside: --json says why`,
    sentences: (sum: string, requests: string, rest: string) => `${sum}; ${requests}. ${rest}.`,
    because: (why: string, give: string | undefined) =>
      `because ${why}${give === undefined ? "" : `: ${give}`}`,
    notDecided: "NOT DECIDED",
    startWith: "START THE MOCK WITH",
    report: "PLEASE REPORT",
    noSwitch: "No switch of the mock explains these. They contain names and types only:",
    row: (row: string) => `row ${row} of FIDELITY.md`,
  },
  zh: {
    headings: {
      inferred: "推断（inferred）：没有任何来源证实",
      sdk: "官方 SDK（sdk）",
      wire: "公开的响应（wire）",
      doc: "飞书文档（doc）",
    },
    mock: "模拟",
    got: "实际",
    sent: "请求",
    shape: "结构",
    logId: (id) => `日志 ID ${id}`,
    sum: (asHere, differs, notDecided) => `${asHere} 项一致，${differs} 项不同，${notDecided} 项未能判断`,
    requests: (requests, seconds) => `${requests} 个请求，用时 ${seconds} 秒`,
    notChecked: (rows) => `FIDELITY.zh-CN.md 中有 ${rows} 项无法从外部检查，原因见 --json`,
    sentences: (sum, requests, rest) => `${sum}；${requests}。${rest}。`,
    because: (why, give) => `原因：${why}${give === undefined ? "" : `：${give}`}`,
    notDecided: "未能判断",
    startWith: "这样启动模拟飞书，即与它一致",
    report: "请反馈",
    noSwitch: "模拟飞书的行为开关都不能解释以下差异。内容只有名称和类型：",
    row: (row) => `FIDELITY.zh-CN.md 的 ${row}`,
  },
})

/** Returns the number of checks for each verdict. */
export const counts = ({ results }: Outcome) => {
  const count = (verdict: Verdict["verdict"]) => results.filter((result) => result.verdict === verdict).length
  return { asHere: count("as here"), differs: count("differs"), notDecided: count("not decided") }
}

const differences = ({ results }: Outcome) => results.filter((result) => result.verdict === "differs")

/** Returns the flags with which the mock answers like the Feishu under test, on one line. */
const flagsOf = (outcome: Outcome): string =>
  differences(outcome)
    .flatMap(({ flag }) => (flag === undefined ? [] : [flag]))
    .join(" ")

/** Returns the report for people: a line for each check, the least certain facts first, and at the end what to do. */
export const text = (outcome: Outcome, { columns, command, language, paint }: Style): string => {
  const say = words[language]
  const width = Math.max(40, Math.min(columns, 100))
  const indent = 4 + Math.max(...outcome.results.map(({ check }) => check.id.length)) + 2
  const hanging = (left: string, text: string, at: number): ReadonlyArray<string> =>
    // The text may come from a server.
    wrap(visible(text), width - at).map(
      (line, index) => (index === 0 ? padded(left, at) : " ".repeat(at)) + line,
    )
  const marks = {
    "as here": ["✓", "green"],
    differs: ["≠", "red"],
    "not decided": ["?", "yellow"],
  } as const
  const linesOf = (result: Verdict): ReadonlyArray<string> => {
    const { check } = result
    const [mark, style] = marks[result.verdict]
    const [head = "", ...more] = hanging(`  ${mark} ${check.id}`, check.what, indent)
    const lines = [head.replace(mark, paint(style, mark)), ...more]
    if (result.verdict === "differs") {
      lines.push(
        ...hanging(`      ${say.mock}`, check.expected, 14),
        ...hanging(`      ${say.got}`, result.came, 14),
        ...result.logIds.slice(0, 1).map((id) => `      ${say.logId(visible(id))}`),
      )
    }
    return lines
  }
  const groups = sources.flatMap((source) => {
    const results = outcome.results.filter(({ check }) => check.source === source)
    return results.length === 0
      ? []
      : [
          "",
          paint("bold", language === "en" ? say.headings[source].toUpperCase() : say.headings[source]),
          ...results.flatMap(linesOf),
        ]
  })
  const { asHere, differs, notDecided } = counts(outcome)
  const sum = say.sentences(
    say.sum(asHere, differs, notDecided),
    say.requests(outcome.requests, outcome.seconds),
    say.notChecked(Object.keys(notChecked).length),
  )
  const flags = flagsOf(outcome)
  const open = new Map<string, Array<string>>()
  for (const result of outcome.results) {
    if (result.verdict !== "not decided") continue
    const why = say.because(result.because, result.give)
    open.set(why, [...(open.get(why) ?? []), result.check.id])
  }
  const toReport = differences(outcome).filter(({ flag }) => flag === undefined)
  return [
    ...groups.slice(1),
    "",
    ...wrap(sum, width),
    ...(open.size === 0 ? [] : ["", paint("bold", say.notDecided)]),
    ...[...open].flatMap(([why, ids]) => [...hanging("  ?", why, 4), ...hanging("", ids.join(", "), 6)]),
    ...(flags === ""
      ? []
      : [
          "",
          paint("bold", say.startWith),
          ...wrap(`${command} ${flags}`, width - 2).map((line) => `  ${line}`),
        ]),
    ...(toReport.length === 0
      ? []
      : [
          "",
          paint("bold", say.report),
          ...wrap(say.noSwitch, width),
          ...toReport.flatMap(({ came, check, shapes }) => [
            "",
            ...hanging(`  ${check.id}`, say.row(check.row), indent),
            ...hanging(`    ${say.sent}`, check.request, 12),
            ...hanging(`    ${say.mock}`, check.expected, 12),
            ...hanging(`    ${say.got}`, came, 12),
            ...shapes.flatMap((shape) => hanging(`    ${say.shape}`, shape.replaceAll(",", ", "), 12)),
          ]),
        ]),
  ].join("\n")
}

/** Fills a text up to a width in the columns of a terminal, where a Chinese character takes two. */
const padded = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - CliOutput.displayWidth(text)))

/** Returns the report for programs. */
export const document = (baseUrl: string, outcome: Outcome) => ({
  baseUrl,
  requests: outcome.requests,
  seconds: outcome.seconds,
  ...counts(outcome),
  flags: flagsOf(outcome),
  checks: outcome.results.map(({ check, ...result }) => ({
    id: check.id,
    row: check.row,
    source: check.source,
    what: check.what,
    request: check.request,
    expected: check.expected,
    switch: check.switch,
    ...result,
  })),
  notChecked: Object.entries(notChecked).map(([row, because]) => ({ row, because })),
})
