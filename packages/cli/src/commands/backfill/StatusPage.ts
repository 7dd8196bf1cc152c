/**
 * The page of `--web`: how runs stand, for people. It only reads. The server makes it, and its script asks for it again every two
 * seconds, as data, and replaces what has changed.
 */
import type { Backfill } from "@effect-feishu/backfill"
import * as Document from "@effect-feishu/mock-server/Document"
import * as Language from "../../language/Language.ts"
import { timeOfDay } from "../../language/phrases.ts"
import * as Pace from "./Pace.ts"
import * as RunStatus from "./RunStatus.ts"

const words = Language.words({
  en: {
    lang: "en",
    title: "Backfill",
    other: ["zh", "中文"],
    otherLang: "zh-CN",
    asOf: (time: string) => `as of ${time}`,
    gone: "no answer: the command may have ended",
    databaseAway: "The database does not answer.",
    none: "No run is planned in this database.",
    read: "read",
  },
  zh: {
    lang: "zh-CN",
    title: "回填",
    other: ["en", "English"],
    otherLang: "en",
    asOf: (time) => `截至 ${time}`,
    gone: "没有响应：命令可能已结束",
    databaseAway: "数据库没有响应。",
    none: "此数据库中没有计划。",
    read: "已读取",
  },
})

/** An element of the page, as data. */
interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly inner: ReadonlyArray<Element | string>
}

const element = (
  name: string,
  attributes: Element["attributes"],
  ...inner: ReadonlyArray<Element | string>
): Element => ({ name, attributes, inner })

/** What the script of the page asks for. */
export interface View {
  readonly main: ReadonlyArray<Element>
  readonly state: "live" | "away"
  readonly asOf: string
}

/** How runs stand at a time, in unix milliseconds, each with its pace; no runs where the database does not answer. */
export interface Seen {
  readonly runs: ReadonlyArray<readonly [Backfill.RunStatus, Pace.Pace]> | undefined
  readonly now: number
}

/** At most this many lanes of a run are on the page. */
const mostLanes = 200

/** Returns what is on the page. */
export const view = ({ now, runs }: Seen, language: Language.Language): View => {
  const say = words[language]
  return {
    state: runs === undefined ? "away" : "live",
    asOf: runs === undefined ? say.databaseAway : say.asOf(timeOfDay(now)),
    main:
      runs === undefined
        ? [element("p", { class: "nothing" }, say.databaseAway)]
        : runs.length === 0
          ? [element("p", { class: "nothing" }, say.none)]
          : runs.map(([run, pace]) => ofRun(run, pace, now, language)),
  }
}

const ofRun = (
  run: Backfill.RunStatus,
  pace: Pace.Pace,
  now: number,
  language: Language.Language,
): Element => {
  const { columns, head, lanes, notes } = RunStatus.inWords(run, language, mostLanes)
  const [title = "", ...counts] = head
  const facts = [...counts, ...Pace.rest(run, pace, now, language).map(({ text }) => text)]
  const isNumber = (column: number) => (column > 0 && column < 4 ? { class: "number" } : {})
  const row = (lane: ReadonlyArray<string>): Element => {
    const [id = "", ...cells] = lane
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, id),
      ...cells.map((text, cell) =>
        element("td", { ...isNumber(cell + 1), "data-label": columns[cell + 1] ?? "" }, text),
      ),
    )
  }
  return element(
    "section",
    { class: "card" },
    element("h2", {}, title),
    element("progress", {
      "aria-label": `${run.run}: ${words[language].read}`,
      max: String(Math.max(1, run.units)),
      value: String(run.units === 0 ? 1 : run.position),
    }),
    element("ul", { class: "links" }, ...facts.map((text) => element("li", {}, text))),
    element(
      "table",
      { class: "lanes" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...columns.map((name, column) => element("th", { scope: "col", ...isNumber(column) }, name)),
        ),
      ),
      element("tbody", {}, ...lanes.map(row)),
    ),
    ...notes.map((text) => element("p", { class: "hint" }, text)),
  )
}

const htmlOf = (node: Element | string): string => {
  if (typeof node === "string") return Document.escaped(node)
  const given = Object.entries(node.attributes).map(
    ([name, value]) => ` ${name}="${Document.escaped(value)}"`,
  )
  return `<${node.name}${given.join("")}>${node.inner.map(htmlOf).join("")}</${node.name}>`
}

/** Makes the page. Its address shows the same in the other language. */
export const make = (seen: Seen, language: Language.Language) => {
  const say = words[language]
  const { asOf, main, state } = view(seen, language)
  return Document.make({
    lang: say.lang,
    title: `${say.title} – feishu-meetings`,
    script,
    body: `<header>
<p class="product">feishu-meetings</p>
<p class="connection" role="status" data-state="${state}" data-gone="${say.gone}">${asOf}</p>
<a class="language" href="?lang=${say.other[0]}" lang="${say.otherLang}" hreflang="${say.otherLang}">${say.other[1]}</a>
</header>
<main>
<h1>${say.title}</h1>
<div id="runs">${main.map(htmlOf).join("")}</div>
</main>`,
  })
}

/** Asks for the page every two seconds. What is there stays while nothing answers, and while nothing has changed. */
const script = `
const runs = document.getElementById("runs")
const connection = document.querySelector(".connection")
const elementOf = (node) => {
  if (typeof node === "string") return node
  const element = document.createElement(node.name)
  for (const [name, value] of Object.entries(node.attributes)) element.setAttribute(name, value)
  element.append(...node.inner.map(elementOf))
  return element
}
const say = (state, text) => {
  connection.dataset.state = state
  connection.textContent = text
}
let shown
const look = async () => {
  try {
    const answer = await fetch("view.json" + location.search)
    if (!answer.ok) throw new Error(String(answer.status))
    const { asOf, main, state } = await answer.json()
    say(state, asOf)
    const text = JSON.stringify(main)
    if (state === "live" && text !== shown) {
      runs.replaceChildren(...main.map(elementOf))
      shown = text
    }
  } catch {
    say("away", connection.dataset.gone)
  }
  setTimeout(look, 2_000)
}
setTimeout(look, 2_000)
`
