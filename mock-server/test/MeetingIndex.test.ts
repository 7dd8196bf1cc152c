import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as MeetingIndex from "../src/state/MeetingIndex.ts"
import type { Meeting } from "../src/protocol/MeetingPage.ts"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const meeting = (id: number, start: number): Meeting => ({
  id: String(id),
  tenant_key: "t",
  meeting_no: "337736498",
  topic: `starts at ${start}`,
  url: null,
  password: null,
  start_time: start,
  end_time: null,
  meeting_connect: null,
  note_id: null,
})

const idsIn = (rows: ReadonlyArray<Uint8Array>): ReadonlyArray<string> => {
  const list: ReadonlyArray<{ readonly id: string }> = JSON.parse(
    `[${Buffer.concat(rows).toString().slice(0, -1)}]`,
  )
  return list.map(({ id }) => id)
}

/** Adds and removes at random, and gives what must be there. */
const changed = (index: MeetingIndex.MeetingIndex, changes: ReadonlyArray<readonly [number, number]>) => {
  const there = new Map<number, Meeting>()
  for (const [id, start] of changes) {
    const before = there.get(id)
    if (before !== undefined) index.remove(before)
    there.delete(id)
    // Some are removed for good.
    if (before !== undefined && start % 3 === 0) continue
    const added = meeting(id, start)
    index.add(added)
    there.set(id, added)
  }
  return [...there.values()].toSorted((a, b) => a.start_time - b.start_time || Number(a.id) - Number(b.id))
}

describe("the index of meetings", () => {
  it.effect.prop(
    "gives every meeting of a range exactly once, in order, at every page size, whatever was added and removed before",
    {
      changes: Schema.Array(Schema.Tuple([whole(0, 600), whole(0, 60)])),
      more: whole(0, 900),
      from: whole(0, 60),
      length: whole(0, 60),
      limit: whole(1, 50),
    },
    ({ changes, from, length, limit, more }) =>
      Effect.sync(() => {
        // So few bytes are kept that rows are forgotten while they are read.
        const index = MeetingIndex.make(MeetingIndex.keptRows(20_000))
        const scattered = Array.from({ length: more }, (_, at) => [at % 700, (at * 37) % 61] as const)
        const all = changed(index, [...scattered, ...changes])
        assert.strictEqual(index.isEmpty(), all.length === 0)
        const to = from + length
        const found: Array<string> = []
        for (let offset = 0; ; offset += limit) {
          const page = index.page({ from, to, offset, limit })
          assert.deepStrictEqual(
            page.rows.length === 0 ? [] : idsIn(page.rows),
            page.meetings.map(({ id }) => id),
          )
          found.push(...page.meetings.map(({ id }) => id))
          if (!page.hasMore) break
          assert.strictEqual(page.meetings.length, limit)
        }
        assert.deepStrictEqual(
          found,
          all.filter(({ start_time: start }) => start >= from && start <= to).map(({ id }) => id),
        )
      }),
    { arbitrary: { runs: 200 } },
  )

  it.effect("reads some 50 meetings to find a page or a place, among 1,000 and among 100,000", () =>
    Effect.sync(() => {
      const readsOf = (size: number) => {
        let reads = 0
        const index = MeetingIndex.make(MeetingIndex.keptRows(0))
        const counted = (id: number) => {
          const { start_time: start, ...rest } = meeting(id, id)
          return Object.defineProperty({ ...rest, start_time: start }, "start_time", {
            get: () => (reads++, start),
          })
        }
        for (let id = 0; id < size; id++) index.add(counted(id))
        reads = 0
        const page = index.page({ from: size / 4, to: size - 10, offset: size / 2, limit: 20 })
        assert.strictEqual(page.meetings[0]?.id, String((size * 3) / 4))
        index.remove(page.meetings[0]!)
        index.add(counted((size * 3) / 4))
        return reads
      }
      // Each comparison reads two; there are four searches of blocks, each with one in a block.
      assert.isAtMost(readsOf(1_000), 4 * 2 * (2 + 8))
      assert.isAtMost(readsOf(100_000), 4 * 2 * (9 + 8))
    }),
  )
})
