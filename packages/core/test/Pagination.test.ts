/** Pages from a table in memory: what is read, in which order, and where a read stops. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, Stream } from "effect"
import { FeishuError, Pagination } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

interface Answer {
  readonly rows?: ReadonlyArray<string>
  readonly token?: string
  readonly hasMore?: boolean
  readonly unreachable?: Pagination.Unreachable
  /** The error instead of a page. */
  readonly fails?: FeishuError.FeishuError
}

const errorOf = (fault: "the page tokens go in a circle") =>
  new FeishuError.FeishuError({ reason: new FeishuError.PaginationBroken({ fault }) })
const refusedToken = errorOf("the page tokens go in a circle")
const otherError = errorOf("the page tokens go in a circle")

/** Answers by place, such as `0` for the first page of the first window, and `1:b` for that of the token b in the second. */
type Table = Readonly<Record<string, Answer | ReadonlyArray<Answer>>>

const placeOf = ({ pageToken, window, windowStart }: Pagination.Position) =>
  `${window}${windowStart === undefined ? "" : `@${windowStart}`}${pageToken === undefined ? "" : `:${pageToken}`}`

/** Reads a table, and returns the pages, the places that were requested, and how the read failed. */
const read = Effect.fnUntraced(function* (
  table: Table,
  more: Partial<Pagination.Options<string, never>> & { readonly millis?: number } = {},
) {
  const asked: Array<string> = []
  const pages: Array<Pagination.Page<string>> = []
  const faults: Array<readonly [fault: string, logId: string | undefined, place: string]> = []
  const answer = Effect.fnUntraced(function* (position: Pagination.Position) {
    const place = placeOf(position)
    const answers = [table[place] ?? assert.fail(`${place} was requested`)].flat() as ReadonlyArray<Answer>
    const given = answers[Math.min(asked.filter((one) => one === place).length, answers.length - 1)]!
    asked.push(place)
    if (more.millis !== undefined) yield* Effect.sleep(more.millis)
    if (given.fails !== undefined) return yield* Effect.fail(given.fails)
    const { hasMore, rows = [], token, unreachable } = given
    return { rows, hasMore, pageToken: token, logId: `log ${place}`, unreachable }
  })
  const fiber = yield* Pagination.pages<string, never>({
    windows: 1,
    start: { window: 0 },
    read: answer,
    key: (row) => row,
    isPageTokenRefused: (error) => error === refusedToken,
    broken: (reason, position) => {
      faults.push([reason.fault, reason.logId, placeOf(position)])
      return new FeishuError.FeishuError({ reason })
    },
    ...more,
  }).pipe(
    Stream.runForEach((page) => Effect.sync(() => pages.push(page))),
    Effect.flip,
    Effect.orElseSucceed(() => undefined),
    Effect.forkChild,
  )
  if (more.millis !== undefined) yield* Fake.advance("1 minute")
  const error = yield* Fiber.join(fiber)
  return { asked, error, faults, pages, rows: pages.map(({ rows }) => rows) }
})

describe("pages of one window", () => {
  it.effect("come in order, each with the place after it, and the last one without", () =>
    Effect.gen(function* () {
      const { asked, error, pages } = yield* read({
        0: { rows: ["a", "b"], token: "2", hasMore: true },
        "0:2": { rows: ["c"], token: "3", hasMore: true },
        "0:3": { rows: ["d"], hasMore: false },
      })
      assert.isUndefined(error)
      assert.deepStrictEqual(asked, ["0", "0:2", "0:3"])
      const page = { window: 0, duplicates: 0, unreachable: undefined }
      assert.deepStrictEqual(pages, [
        {
          ...page,
          rows: ["a", "b"],
          next: { window: 0, pageToken: "2" },
          logId: "log 0",
          rowsInWindow: 2,
        },
        { ...page, rows: ["c"], next: { window: 0, pageToken: "3" }, logId: "log 0:2", rowsInWindow: 3 },
        { ...page, rows: ["d"], next: undefined, logId: "log 0:3", rowsInWindow: 4 },
      ])
    }),
  )

  it.effect("go on as long as there is a page token where the answer does not say whether more follow", () =>
    Effect.gen(function* () {
      const { asked, error } = yield* read({ 0: { token: "2" }, "0:2": {} })
      assert.isUndefined(error)
      assert.deepStrictEqual(asked, ["0", "0:2"])
    }),
  )

  it.effect("end where the answer says that no more follow, whatever token it brings", () =>
    Effect.gen(function* () {
      const { asked, error, pages } = yield* read({ 0: { token: "2", hasMore: false } })
      assert.isUndefined(error)
      assert.deepStrictEqual(asked, ["0"])
      assert.isUndefined(pages[0]!.next)
    }),
  )

  const broken: ReadonlyArray<
    readonly [what: string, table: Table, fault: string, place: string, pages: number]
  > = [
    [
      "more are announced without a page token",
      { 0: { token: "2", hasMore: true }, "0:2": { hasMore: true } },
      "more pages are announced, but there is no page token",
      "0:2",
      1,
    ],
    [
      "a page leads to itself",
      { 0: { token: "2" }, "0:2": { token: "2" } },
      "the page token is the same as before",
      "0:2",
      1,
    ],
    [
      "a page leads back",
      { 0: { token: "2" }, "0:2": { token: "3" }, "0:3": { token: "2" } },
      "the page tokens go in a circle",
      "0:3",
      2,
    ],
  ]
  for (const [what, table, fault, place, count] of broken) {
    it.effect(`${what}: that page is not emitted, and its place is that of the failure`, () =>
      Effect.gen(function* () {
        const { error, faults, pages } = yield* read(table)
        assert.strictEqual(error?.reason._tag, "PaginationBroken")
        assert.deepStrictEqual(faults, [[fault, `log ${place}`, place]])
        assert.lengthOf(pages, count)
      }),
    )
  }
})

describe("windows", () => {
  const table: Table = {
    0: { rows: ["a", "seam"], token: "2" },
    "0:2": { rows: ["b"] },
    1: { rows: ["seam", "c"], token: "2" },
    "1:2": { rows: ["c", "d"] },
    2: { rows: ["a", "e", "d"] },
  }

  it.effect(
    "are read one after the other; rows of the one before are left out, older ones are not known",
    () =>
      Effect.gen(function* () {
        const { asked, pages, rows } = yield* read(table, { windows: 3 })
        assert.deepStrictEqual(asked, ["0", "0:2", "1", "1:2", "2"])
        // The first window's is two windows back.
        assert.deepStrictEqual(rows, [["a", "seam"], ["b"], ["c"], ["d"], ["a", "e"]])
        assert.deepStrictEqual(
          pages.map(({ duplicates }) => duplicates),
          [0, 0, 1, 1, 1],
        )
        assert.deepStrictEqual(
          pages.map(({ next }) => next),
          [
            { window: 0, pageToken: "2" },
            { window: 1 },
            { window: 1, pageToken: "2" },
            { window: 2 },
            undefined,
          ],
        )
        // With the row that the window before has, too.
        assert.deepStrictEqual(
          pages.map(({ rowsInWindow }) => rowsInWindow),
          [2, 3, 2, 3, 3],
        )
      }),
  )

  it.effect(
    "a read that resumes knows the rows that came before, and counts those of its window without them",
    () =>
      Effect.gen(function* () {
        const { asked, pages, rows } = yield* read(table, {
          windows: 3,
          start: { window: 1, pageToken: "2" },
          seen: ["seam", "c"],
        })
        assert.deepStrictEqual(asked, ["1:2", "2"])
        assert.deepStrictEqual(rows, [["d"], ["a", "e"]])
        assert.deepStrictEqual(
          pages.map(({ rowsInWindow }) => rowsInWindow),
          [1, 3],
        )
      }),
  )

  it.effect("a place behind the last window is still read", () =>
    Effect.gen(function* () {
      const { asked, pages } = yield* read({ 3: { rows: ["a"] } }, { windows: 2, start: { window: 3 } })
      assert.deepStrictEqual(asked, ["3"])
      assert.isUndefined(pages[0]!.next)
    }),
  )

  it.effect("the start of a window that was moved is that of its pages, and of no other window", () =>
    Effect.gen(function* () {
      const { asked, pages } = yield* read(
        { "0@7:2": { token: "3" }, "0@7:3": {}, 1: {} },
        { windows: 2, start: { window: 0, windowStart: 7, pageToken: "2" } },
      )
      assert.deepStrictEqual(asked, ["0@7:2", "0@7:3", "1"])
      assert.deepStrictEqual(pages[0]!.next, { window: 0, windowStart: 7, pageToken: "3" })
      assert.deepStrictEqual(pages[1]!.next, { window: 1 })
    }),
  )
})

describe("a page token that is refused", () => {
  const refused: Answer = { fails: refusedToken }

  it.effect("on resuming: its window is read again from its start, once, with a warning", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => warnings.push([logLevel, String(message)]))
      const { asked, error, rows } = yield* read(
        { "1@7:2": refused, "1@7": { rows: ["a", "b"], token: "9" }, "1@7:9": { rows: ["c"] } },
        { windows: 2, start: { window: 1, windowStart: 7, pageToken: "2" }, seen: ["a"] },
      ).pipe(Effect.provide(Logger.layer([logger])))
      assert.isUndefined(error)
      assert.deepStrictEqual(asked, ["1@7:2", "1@7", "1@7:9"])
      assert.deepStrictEqual(rows, [["b"], ["c"]])
      assert.match(JSON.stringify(warnings), /^\[\["Warn","[^"]*page token/)
    }),
  )

  it.effect("the place of a fault on the page that is read again is the start of the window", () =>
    Effect.gen(function* () {
      const { faults } = yield* read(
        { "0:2": refused, 0: { hasMore: true } },
        { start: { window: 0, pageToken: "2" } },
      )
      assert.strictEqual(faults[0]![2], "0")
    }),
  )

  it.effect("twice, later in the read, or for another reason: the read fails", () =>
    Effect.gen(function* () {
      const start = { window: 0, pageToken: "2" }
      const twice = yield* read({ "0:2": refused, 0: refused }, { start })
      assert.strictEqual(twice.error, refusedToken)
      assert.deepStrictEqual(twice.asked, ["0:2", "0"])
      const later = yield* read({ "0:2": { token: "3" }, "0:3": refused }, { start })
      assert.strictEqual(later.error, refusedToken)
      assert.deepStrictEqual(later.asked, ["0:2", "0:3"])
      const first = yield* read({ 0: refused })
      assert.deepStrictEqual([first.error, first.asked], [refusedToken, ["0"]])
      const other = yield* read({ "0:2": { fails: otherError } }, { start })
      assert.deepStrictEqual([other.error, other.asked], [otherError, ["0:2"]])
    }),
  )
})

describe("a part of a window that can no longer be read", () => {
  const unreachable = { from: 0, to: 7 }

  it.effect("is reported with its page; the pages after it are those of the shorter window", () =>
    Effect.gen(function* () {
      const { asked, error, pages } = yield* read(
        { "0:2": { rows: ["b"], token: "3" }, "0:3": { rows: ["c"], token: "2", unreachable }, "0@7:2": {} },
        { start: { window: 0, pageToken: "2" } },
      )
      // Its page tokens may look like those of the longer one.
      assert.isUndefined(error)
      assert.deepStrictEqual(asked, ["0:2", "0:3", "0@7:2"])
      assert.deepStrictEqual(
        pages.map((page) => page.unreachable),
        [undefined, unreachable, undefined],
      )
      assert.deepStrictEqual(pages[1]!.next, { window: 0, windowStart: 7, pageToken: "2" })
    }),
  )

  it.effect("is reported again after a fault on its page: the place is the one before", () =>
    Effect.gen(function* () {
      const { faults, pages } = yield* read(
        { "0:2": { hasMore: true, unreachable } },
        { start: { window: 0, pageToken: "2" } },
      )
      assert.deepStrictEqual(pages, [])
      assert.strictEqual(faults[0]![2], "0:2")
    }),
  )
})

describe("pages without a new row", () => {
  const { maxEmptyPages } = Pagination
  /** Pages from one number to another, with these rows, the last of which leads on to `to + 1`. */
  const pagesTo = (from: number, to: number, rows: ReadonlyArray<string> = []): Table =>
    Object.fromEntries(
      Array.from({ length: to - from + 1 }, (_, index) => [
        from + index === 1 ? "0" : `0:${from + index}`,
        { rows, token: String(from + index + 1) },
      ]),
    )
  const fault = "too many pages in a row without a new row"

  it.effect("a window that announces more is given up after a thousand of them", () =>
    Effect.gen(function* () {
      const { asked, error, faults, pages } = yield* read(pagesTo(1, maxEmptyPages))
      assert.strictEqual(error?.reason._tag, "PaginationBroken")
      assert.deepStrictEqual(faults, [[fault, `log 0:${maxEmptyPages}`, `0:${maxEmptyPages}`]])
      assert.lengthOf(pages, maxEmptyPages - 1)
      assert.lengthOf(asked, maxEmptyPages)
    }),
  )

  it.effect("a row between them starts the count again, and the last page may be one more of them", () =>
    Effect.gen(function* () {
      const { error } = yield* read({
        ...pagesTo(1, maxEmptyPages - 1),
        ...pagesTo(maxEmptyPages, maxEmptyPages, ["a"]),
        ...pagesTo(maxEmptyPages + 1, 2 * maxEmptyPages - 1),
        [`0:${2 * maxEmptyPages}`]: {},
      })
      assert.isUndefined(error)
    }),
  )

  it.effect("the next window counts its own", () =>
    Effect.gen(function* () {
      const { error } = yield* read(
        {
          ...pagesTo(1, maxEmptyPages - 1),
          [`0:${maxEmptyPages}`]: {},
          1: { token: "2" },
          "1:2": {},
        },
        { windows: 2 },
      )
      assert.isUndefined(error)
    }),
  )

  it.effect("rows of a window that is read again count as new once", () =>
    Effect.gen(function* () {
      const seen = Array.from({ length: maxEmptyPages + 10 }, (_, index) => `row ${index}`)
      const start = { window: 0, pageToken: "x" }
      // One of them on each page: none is new to the caller, but the read makes progress.
      const again: Table = Object.fromEntries(
        seen.map((row, index) => [
          index === 0 ? "0" : `0:${index + 1}`,
          { rows: [row], ...(index + 1 < seen.length ? { token: String(index + 2) } : {}) },
        ]),
      )
      const whole = yield* read({ "0:x": { fails: refusedToken }, ...again }, { start, seen })
      assert.isUndefined(whole.error)
      assert.deepStrictEqual(whole.rows.flat(), [])
      // The same row on each page: it does not.
      const stuck = yield* read(
        { "0:x": { fails: refusedToken }, ...pagesTo(1, maxEmptyPages + 1, ["row 0"]) },
        { start, seen },
      )
      assert.deepStrictEqual(stuck.faults, [[fault, `log 0:${maxEmptyPages + 1}`, `0:${maxEmptyPages + 1}`]])
      // And without reading again, none of the rows is progress.
      const { 0: _, ...rest } = again
      const resumed = yield* read({ "0:x": { token: "2" }, ...rest }, { start, seen })
      assert.strictEqual(resumed.faults[0]?.[0], fault)
      assert.lengthOf(resumed.asked, maxEmptyPages)
    }),
  )

  it.effect("the place of the failure is before the part that was left out with its page", () =>
    Effect.gen(function* () {
      const { faults } = yield* read({
        ...pagesTo(1, maxEmptyPages - 1),
        [`0:${maxEmptyPages}`]: { token: "2", unreachable: { from: 0, to: 7 } },
      })
      assert.deepStrictEqual(faults, [[fault, `log 0:${maxEmptyPages}`, "0"]])
    }),
  )
})

describe("windows in parallel", () => {
  /** Windows of four pages, which announce the next one by their token. */
  const table: Table = Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((window) =>
      [1, 2, 3, 4].map((page) => [
        page === 1 ? String(window) : `${window}:${page}`,
        { rows: [`${window}.${page}`], ...(page < 4 ? { token: String(page + 1) } : {}) },
      ]),
    ),
  )
  const rowsOf = (...windows: ReadonlyArray<number>) =>
    windows.flatMap((window) => [1, 2, 3, 4].map((page) => [`${window}.${page}`]))

  it.effect("their pages come in order, and as many windows are read at a time as is said", () =>
    Effect.gen(function* () {
      for (const readAhead of [1, 2, 3]) {
        const { asked, error, rows } = yield* read(table, { windows: 8, readAhead, millis: 1_000 })
        assert.isUndefined(error)
        assert.deepStrictEqual(rows, rowsOf(0, 1, 2, 3, 4, 5, 6, 7))
        const begun = asked.slice(0, readAhead)
        assert.deepStrictEqual(begun, ["0", "1", "2"].slice(0, readAhead))
        // Four rounds for each window that is read alone.
        assert.strictEqual(asked.indexOf(String(readAhead)), 4 * readAhead)
      }
    }),
  )

  it.effect("a window that fails comes after every page before it, and no window begins after it", () =>
    Effect.gen(function* () {
      const { asked, error, rows } = yield* read(
        { ...table, 1: { fails: otherError } },
        { windows: 8, readAhead: 2, millis: 1_000 },
      )
      assert.strictEqual(error, otherError)
      assert.deepStrictEqual(rows, rowsOf(0))
      assert.notInclude(asked, "3")
    }),
  )

  /** Reads windows of this many pages while the first page of the first one does not come, and returns what is requested. */
  const askedAhead = Effect.fnUntraced(function* (readAhead: number, pagesOfWindow: number) {
    const asked: Array<string> = []
    const fiber = yield* Pagination.pages<string, never>({
      windows: 20,
      start: { window: 0 },
      readAhead,
      read: (position) => {
        asked.push(placeOf(position))
        const page = Number(position.pageToken ?? 1)
        const pageToken = page < pagesOfWindow ? String(page + 1) : undefined
        const answer = { rows: [placeOf(position)], hasMore: undefined, pageToken, logId: undefined }
        return position.window === 0 ? Effect.never : Effect.succeed(answer)
      },
      key: (row) => row,
      isPageTokenRefused: () => false,
      broken: (reason) => new FeishuError.FeishuError({ reason }),
    }).pipe(Stream.runDrain, Effect.forkChild)
    yield* Fake.advance("10 seconds")
    yield* Fiber.interrupt(fiber)
    return asked
  })

  it.effect("at most five pages of a window are read before its turn", () =>
    Effect.gen(function* () {
      assert.sameMembers(yield* askedAhead(2, 30), ["0", "1", "1:2", "1:3", "1:4", "1:5"])
    }),
  )

  it.effect("at most as many windows again wait for their turn, however short they are", () =>
    Effect.gen(function* () {
      assert.sameMembers(yield* askedAhead(2, 1), ["0", "1", "2", "3", "4"])
      assert.sameMembers(yield* askedAhead(3, 1), ["0", "1", "2", "3", "4", "5", "6"])
    }),
  )

  it.effect("a read that resumes goes on in its window, and begins the others at their start", () =>
    Effect.gen(function* () {
      const { asked, rows } = yield* read(table, {
        windows: 3,
        readAhead: 2,
        start: { window: 1, pageToken: "3" },
      })
      assert.sameMembers(asked, ["1:3", "1:4", "2", "2:2", "2:3", "2:4"])
      assert.deepStrictEqual(rows, [["1.3"], ["1.4"], ...rowsOf(2)])
    }),
  )
})
