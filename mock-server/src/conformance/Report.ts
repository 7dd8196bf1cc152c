/** The report of all checks: as text for people, and as a JSON document. */
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
  readonly paint: (style: "bold" | "green" | "red" | "yellow" | "dim", text: string) => string
}

const headings: Record<Source, string> = {
  inferred: "inferred: not confirmed anywhere",
  sdk: "sdk: from an official SDK",
  wire: "wire: from published answers",
  doc: "doc: from Feishu's documents",
}

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
export const text = (outcome: Outcome, { columns, command, paint }: Style): string => {
  const width = Math.max(40, Math.min(columns, 100))
  const indent = 4 + Math.max(...outcome.results.map(({ check }) => check.id.length)) + 2
  const hanging = (left: string, text: string, at: number): ReadonlyArray<string> =>
    // The text may come from a server.
    wrap(visible(text), width - at).map(
      (line, index) => (index === 0 ? left.padEnd(at) : " ".repeat(at)) + line,
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
        ...hanging("      mock", check.expected, 14),
        ...hanging("      got", result.came, 14),
        ...result.logIds.slice(0, 1).map((id) => `      log id  ${visible(id)}`),
      )
    }
    return lines
  }
  const groups = sources.flatMap((source) => {
    const results = outcome.results.filter(({ check }) => check.source === source)
    return results.length === 0
      ? []
      : ["", paint("bold", headings[source].toUpperCase()), ...results.flatMap(linesOf)]
  })
  const { asHere, differs, notDecided } = counts(outcome)
  const sum = `${asHere} as here, ${differs} ${differs === 1 ? "differs" : "differ"}, ${notDecided} not decided; ${outcome.requests} requests in ${outcome.seconds} s. ${Object.keys(notChecked).length} rows of FIDELITY.md cannot be checked from outside: --json says why.`
  const flags = flagsOf(outcome)
  const open = new Map<string, Array<string>>()
  for (const result of outcome.results) {
    if (result.verdict !== "not decided") continue
    const why = `because ${result.because}${result.give === undefined ? "" : `: ${result.give}`}`
    open.set(why, [...(open.get(why) ?? []), result.check.id])
  }
  const toReport = differences(outcome).filter(({ flag }) => flag === undefined)
  return [
    ...groups.slice(1),
    "",
    ...wrap(sum, width),
    ...(open.size === 0 ? [] : ["", paint("bold", "NOT DECIDED")]),
    ...[...open].flatMap(([why, ids]) => [...hanging("  ?", why, 4), ...hanging("", ids.join(", "), 6)]),
    ...(flags === ""
      ? []
      : [
          "",
          paint("bold", "START THE MOCK WITH"),
          ...wrap(`${command} ${flags}`, width - 2).map((line) => `  ${line}`),
        ]),
    ...(toReport.length === 0
      ? []
      : [
          "",
          paint("bold", "PLEASE REPORT"),
          ...wrap("No switch of the mock explains these. They contain names and types only:", width),
          ...toReport.flatMap(({ came, check, shapes }) => [
            "",
            ...hanging(`  ${check.id}`, `row ${check.row} of FIDELITY.md`, indent),
            ...hanging("    sent", check.request, 12),
            ...hanging("    mock", check.expected, 12),
            ...hanging("    got", came, 12),
            ...shapes.flatMap((shape) => hanging("    shape", shape.replaceAll(",", ", "), 12)),
          ]),
        ]),
  ].join("\n")
}

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
