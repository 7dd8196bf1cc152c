/** The benchmarks as pages: for each measurement its command, a chart, its table and what is said about it. */
import { readFileSync } from "node:fs"
import { unitOf } from "../../packages/bench/src/Chinese.ts"
import { repository } from "./codeOfFiles.ts"
import { cell, type Language, type Page, table } from "./Page.ts"

interface Row {
  readonly what: string
  readonly median: string
  readonly goal: string
}

/** What the README of a language says. */
const read = (name: string) => {
  const readme = readFileSync(`${repository}packages/bench/${name}`, "utf8")
  /** The recorded rows, by their measurement. */
  const rows = new Map<string, Array<Row>>()
  for (const [, measurement, what, median, goal] of readme.matchAll(
    /^\| (\w+) \| (.*?) \| (.*?) \| (.*?) ?\|$/gm,
  )) {
    if (measurement === "measurement") continue
    rows.set(measurement!, [...(rows.get(measurement!) ?? []), { what: what!, median: median!, goal: goal! }])
  }
  /** What is said about each measurement. */
  const notes = new Map(
    Array.from(
      readme.matchAll(/^- \*\*(\w+)\*\*(?:: |：)((?:.*\n)(?: {2}.*\n)*)/gm),
      ([, measurement, text]) => [measurement!, text!.replaceAll(/^ +/gm, "").trim()],
    ),
  )
  const [, intro] = /```\n\n([^]*?)\n\n\|/.exec(readme)!
  return { rows, notes, intro: intro! }
}

const readmes = { en: read("README.md"), zh: read("README.zh-CN.md") } as const

/** What a chart shows of a measurement: the rows with this unit, but for those that would make the others too short to see. */
const charts: Readonly<Record<string, { readonly unit: string; readonly without?: RegExp }>> = {
  read: { unit: "ms" },
  windows: { unit: "ms" },
  details: { unit: "ms" },
  mock: { unit: "requests/s" },
  mockState: { unit: "ms", without: /million|百万/ },
  command: { unit: "ms" },
  memory: { unit: "MB" },
  import: { unit: "ms" },
  bundle: { unit: "kB" },
  scale: { unit: "units/s" },
}

const titles: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  read: ["Reading pages", "读取分页"],
  windows: ["Reading windows in parallel", "同时读取多个时间段"],
  details: ["Details of meetings", "会议详情"],
  mock: ["Answers of the mock", "模拟飞书的响应"],
  mockState: ["State of the mock", "模拟飞书的状态"],
  command: ["Start of the command", "命令的启动"],
  memory: ["Memory of a million rows", "一百万行的内存"],
  import: ["Import", "导入"],
  bundle: ["Size in a bundle", "打包后的大小"],
  scale: ["Backfill", "回填"],
}

const html = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(/[*`]/g, "")

/** Returns a chart of bars with their values. The table after it says the same, so that it may be left out by those who listen. */
const chartOf = (measurement: string, language: Language): string => {
  const { unit: english, without } = charts[measurement]!
  const unit = language === "en" ? english : unitOf(english)
  const bars = readmes[language].rows.get(measurement)!.flatMap(({ median, what }) => {
    const [, value, ofUnit] = /^(-?[\d.]+) (.*)$/.exec(median) ?? []
    return ofUnit?.trim() === unit && Number(value) > 0 && without?.test(what) !== true
      ? [{ what, median, value: Number(value) }]
      : []
  })
  const longest = Math.max(...bars.map(({ value }) => value))
  const title = titles[measurement]![language === "en" ? 0 : 1]
  const lines = bars.map(({ median, value, what }, index) => {
    const y = index * 46
    const width = `${((value / longest) * 70).toFixed(1)}%`
    return `<text x="0" y="${y + 14}">${html(what)}</text><rect x="0" y="${y + 20}" width="${width}" height="14" rx="2"/><text x="${width}" dx="8" y="${y + 32}">${html(median)}</text>`
  })
  const label =
    language === "en" ? `${title}, in ${unit}; the table has the values` : `${title}（${unit}）；数值见下表`
  return `<svg class="chart" width="100%" height="${bars.length * 46}" role="img" aria-label="${label}">${lines.join("")}</svg>`
}

const words = {
  en: {
    title: "Benchmarks",
    description:
      "What a read, the mock, the command and a backfill cost, each with the command that measures it.",
    head: ["what", "median", "goal"],
    measure: "Measured by ",
  },
  zh: {
    title: "性能测试",
    description: "读取、模拟飞书、命令和回填的开销，以及测量每一项的命令。",
    head: ["项目", "中位数", "目标"],
    measure: "测量命令：",
  },
} as const

/** The pages. */
export const benchmarks: ReadonlyArray<Page> = (["en", "zh"] as const).map((language): Page => {
  const say = words[language]
  const { intro, notes, rows } = readmes[language]
  const sections = Array.from(rows, ([measurement, all]) => {
    return `## ${titles[measurement]![language === "en" ? 0 : 1]}

${say.measure}\`npx --yes pnpm@12 bench ${measurement}\`${language === "en" ? "." : ""}

${chartOf(measurement, language)}

${table(
  say.head,
  all.map(({ goal, median, what }) => [cell(what), cell(median), goal]),
)}

${notes.get(measurement) ?? ""}
`
  })
  return {
    language,
    file: "benchmarks.md",
    title: say.title,
    description: say.description,
    deepest: 2,
    body: `${intro}\n\n${sections.join("\n")}`,
  }
})
