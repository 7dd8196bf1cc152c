/** What is made of Markdown in addition to what it says. */

/** Joins the lines of a Chinese paragraph: a line break between two characters would be shown as a space. */
export const linesOfChinese = {
  name: "lines-of-chinese",
  text: (node: { readonly value: string }) => {
    const value = node.value.replaceAll(
      /(?<=^|[\p{Script=Han}，。；：、！？）】》」”])\n(?=[\p{Script=Han}（【《「“])|(?<=[\p{Script=Han}，。；：、！？）】》」”])\n$/gu,
      "",
    )
    return value === node.value ? undefined : { type: "text" as const, value }
  },
}

interface Element {
  readonly type: string
  readonly tagName?: string
  readonly children?: ReadonlyArray<Element>
}

interface Context {
  readonly wrapNode: (node: never, parent: { readonly raw: string }) => void
  readonly setProperty: (node: never, key: string, value: string) => void
  readonly textContent: (node: never) => string
}

const inside = (element: Element, ...names: ReadonlyArray<string>): ReadonlyArray<Element> =>
  names.reduce<ReadonlyArray<Element>>(
    (found, name) => found.flatMap(({ children = [] }) => children.filter((one) => one.tagName === name)),
    [element],
  )

/**
 * Puts each table into a box that scrolls, and that the keyboard reaches. Where rows are long, a narrow window shows the cells of a
 * row below each other, each after the name of its column.
 */
export const tablesThatScroll = {
  name: "tables-that-scroll",
  element: {
    filter: ["table"],
    visit: (table: object, context: Context) => {
      const text = (one: Element) => context.textContent(one as never)
      const heads = inside(table as Element, "thead", "tr", "th").map(text)
      const rows = inside(table as Element, "tbody", "tr").map((row) => inside(row, "td"))
      const isLong = rows.some(
        (cells) =>
          (cells.length > 2 && cells.map(text).join("").length > 90) ||
          (cells[0] !== undefined && text(cells[0]).length > 24),
      )
      if (isLong && heads.length > 2) {
        for (const cells of rows) {
          for (const [index, cell] of cells.entries())
            context.setProperty(cell as never, "dataColumn", heads[index] ?? "")
        }
      }
      context.wrapNode(table as never, {
        raw: `<div class="table${isLong ? " rows" : ""}" tabindex="0"></div>`,
      })
    },
  },
}

/** Makes the head of a column without a name an empty cell: it is the head of nothing. */
export const namelessColumns = {
  name: "nameless-columns",
  element: {
    filter: ["th"],
    visit: (head: object, context: { readonly replaceNode: (node: never, cell: never) => void }) => {
      if (((head as Element).children ?? []).length > 0) return
      context.replaceNode(
        head as never,
        { type: "element", tagName: "td", properties: {}, children: [] } as never,
      )
    },
  },
}
