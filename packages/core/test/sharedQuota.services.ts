import { assert, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Latch, Layer, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import type { Events } from "@effect-feishu/core"
import { MockFeishu } from "@effect-feishu/mock-server/effect"
import * as FastClock from "./FastClock.ts"

/** Half of Feishu's 100 in 60 seconds, in 2 seconds of the machine: it must be able to go over it, busy as it is. */
const [limit, speed] = [50, 30]

const from = 1_790_000_000
const to = from + 86_400

/** What each of the programs reads. */
const programs = [
  ["337736491", "337736492", "337736493"],
  ["337736494", "337736495", "337736496"],
  ["337736497", "337736498", "337736499"],
]
/** In pages of 2: all programs together send 306 requests, and those that are refused. */
const idsOf = (meetingNo: string) =>
  Array.from(
    { length: 68 },
    (_, index) => `7011030664${meetingNo.slice(-3)}${String(index).padStart(6, "0")}`,
  )

const feishu = MockFeishu.layer({
  now: to,
  rateLimit: limit,
  seed: {
    meetings: programs.flat().flatMap((meeting_no) =>
      idsOf(meeting_no).map((id, index) => ({
        id,
        meeting_no,
        topic: "每周例会",
        start_time: from + index,
      })),
    ),
  },
}).pipe(Layer.provide(FastClock.layer(speed)))

type Printed = Events.Event | { readonly _tag: "Ready" } | { readonly _tag: "Meeting"; readonly id: string }

const reader = fileURLToPath(new URL("quotaReader.ts", import.meta.url))

/** A process that reads as soon as the latch is open: what it prints, and its exit code. It ends with the scope. */
const start = Effect.fnUntraced(function* (
  meetingNos: ReadonlyArray<string>,
  latch: Latch.Latch,
  ready: Effect.Effect<void>,
) {
  const { appId, appSecret, url } = yield* MockFeishu.MockFeishu
  const child = yield* ChildProcess.make(
    process.execPath,
    [reader, ...[speed, limit, from, to].map(String), ...meetingNos],
    {
      env: { FEISHU_APP_ID: appId, FEISHU_APP_SECRET: appSecret, FEISHU_BASE_URL: url },
      extendEnv: true,
      stdin: Stream.fromEffectDrain(latch.await),
      stderr: "inherit",
    },
  )
  const printed = yield* child.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.map((line) => JSON.parse(line) as Printed),
    Stream.tap(({ _tag }) => (_tag === "Ready" ? ready : Effect.void)),
    Stream.runCollect,
  )
  return { printed, code: yield* child.exitCode }
})

it.live(
  "three processes that share a quota read every meeting once, are each told of it, and are refused less and less",
  () =>
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      let waiting = programs.length
      const ready = Effect.suspend(() => (--waiting === 0 ? latch.open : Effect.void))
      const ended = yield* Effect.forEach(programs, (meetingNos) => start(meetingNos, latch, ready), {
        concurrency: "unbounded",
      })

      let [early, late, lateRequests] = [0, 0, 0]
      for (const [index, { code, printed }] of ended.entries()) {
        assert.strictEqual(Number(code), 0)
        const ids = printed.flatMap((line) => (line._tag === "Meeting" ? [line.id] : []))
        assert.deepStrictEqual(ids.toSorted(), programs[index]!.flatMap(idsOf))

        // Alone it would never be refused: it keeps the limit by itself.
        const paces = printed.flatMap((line) => (line._tag === "RateLimitRefused" ? [line.paceMillis] : []))
        assert.isNotEmpty(paces)
        assert.isTrue(paces.every((pace) => pace > 0))

        // Every request ends as one of the two. Those that were under way together are refused together.
        const outcomes = printed.flatMap(({ _tag }) =>
          _tag === "PageRead" || _tag === "RateLimitRefused" ? [_tag] : [],
        )
        const refusedAt = outcomes.flatMap((outcome, at) =>
          outcome === "RateLimitRefused" && outcomes[at - 1] !== outcome ? [at] : [],
        )
        // Before the first refusal there is nothing to learn.
        const half = (outcomes.length - refusedAt[0]!) / 2
        early += refusedAt.filter((at) => at < outcomes.length - half).length
        late += refusedAt.filter((at) => at >= outcomes.length - half).length
        lateRequests += half
      }
      assert.isAtMost(late, early)
      // Three programs that learn nothing are each refused in every window, which makes 3 in 50.
      assert.isBelow(late / lateRequests, 2 / limit)
    }).pipe(Effect.scoped, Effect.provide([NodeServices.layer, feishu])),
  90_000,
)
