import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Generator from "../src/seed/Generator.ts"
import type { Meeting } from "../src/seed/Seed.ts"
import { now } from "./fixture.ts"

const meetings = (count: number, seed = "1") =>
  Effect.map(Generator.seeded(seed, "test"), (random) =>
    Array.from(
      Generator.meetings(
        random,
        { meeting_no: "337736498", count },
        Generator.daysBefore(now, Generator.defaultDays),
        () => false,
      ),
    ),
  )

describe("generated meetings", () => {
  it.effect("lie evenly in the 88 days before the UTC day of the clock", () =>
    Effect.gen(function* () {
      const today = Math.floor(now / 86_400) * 86_400
      const starts = (yield* meetings(880)).map((meeting) => meeting.start_time)
      assert.isTrue(starts.every((start) => start >= today - 88 * 86_400 && start < today))
      for (let day = 1; day <= 88; day++) {
        const from = today - day * 86_400
        const held = starts.filter((start) => start >= from && start < from + 86_400).length
        assert.strictEqual(held, 10)
      }
    }),
  )

  it.effect("are all in a range of the last 89 days, at any time of the day", () =>
    Effect.sync(() => {
      for (let hour = 0; hour < 24; hour++) {
        const time = now + hour * 3_600
        const { from, to } = Generator.daysBefore(time, Generator.defaultDays)
        assert.isAtLeast(from, time - 89 * 86_400)
        assert.isAtMost(to, time)
      }
    }),
  )

  it.effect("have ids of their own, whose upper 32 bits are their start", () =>
    Effect.gen(function* () {
      const all = yield* meetings(500)
      assert.strictEqual(new Set(all.map((meeting) => meeting.id)).size, 500)
      for (const { id, start_time } of all) assert.strictEqual(Number(BigInt(id) >> 32n), start_time)
    }),
  )

  it.effect("follow from the random seed alone", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* meetings(50), yield* meetings(50))
      assert.notDeepEqual(yield* meetings(50), yield* meetings(50, "2"))
    }),
  )

  it.effect(
    "have topics like real ones, many of them Chinese, some with the characters that break programs",
    () =>
      Effect.gen(function* () {
        const topics = (yield* meetings(1000)).map(({ topic }: Meeting) => topic)
        assert.isAbove(topics.filter((topic) => /\p{Script=Han}/u.test(topic)).length, 300)
        for (const character of [",", '"', "🎉", "<", "=", "\t"]) {
          assert.isTrue(
            topics.some((topic) => topic.includes(character)),
            character,
          )
        }
      }),
  )
})

describe("generated meeting numbers", () => {
  it.effect("have 9 digits, do not start with 0 and avoid those that are taken", () =>
    Effect.gen(function* () {
      const numbers = (taken: Set<string>) =>
        Effect.map(Generator.seeded(1, "numbers"), (random) => Generator.meetingNos(random, 100, taken))
      const first = yield* numbers(new Set())
      assert.isTrue(first.every((number) => /^[1-9]\d{8}$/.test(number)))
      const second = yield* numbers(new Set(first))
      assert.strictEqual(new Set([...first, ...second]).size, 200)
    }),
  )
})
