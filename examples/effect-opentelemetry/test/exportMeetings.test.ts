import { assert, describe, it } from "@effect/vitest"
import { AccessToken, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import { MockFeishu } from "@effect-feishu/mock-server/effect"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { exportMeetings } from "../src/exportMeetings.ts"
import { MeetingSink } from "../src/MeetingSink.ts"

const [one, other] = [MeetingNo.make("337736498"), MeetingNo.make("146453285")]

/** A sink in memory, Meetings, and the mock from which they read: without a socket, and in the time of TestClock. */
const services = (written: Array<string>) =>
  Layer.mergeAll(
    Layer.succeed(MeetingSink, {
      write: (meetings) => Effect.sync(() => void written.push(...meetings.map(({ id }) => id))),
    }),
    Layer.unwrap(
      MockFeishu.MockFeishu.useSync(({ appId, appSecret, url }) =>
        Meetings.layer({
          baseUrl: url,
          credentials: AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) }),
        }),
      ),
    ),
  ).pipe(
    Layer.provideMerge(
      MockFeishu.layerTest({
        seed: {
          generate: [
            { meeting_no: one, count: 120, from: "-29d" },
            { meeting_no: other, count: 60, from: "-29d" },
          ],
        },
      }),
    ),
  )

describe("an export", () => {
  it.effect("writes every meeting of every number", () => {
    const written: Array<string> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* exportMeetings([one, other], "30d"), { written: 180, failed: [] })
      assert.strictEqual(new Set(written).size, 180)
    }).pipe(Effect.provide(services(written)))
  })

  it.effect("waits for the rate limit, in no time", () => {
    const written: Array<string> = []
    return Effect.gen(function* () {
      yield* MockFeishu.change({ rateLimit: 2 })
      const exporting = yield* Effect.forkChild(exportMeetings([one], "30d"))
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(written, 100)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(exporting), { written: 120, failed: [] })
    }).pipe(Effect.provide(services(written)))
  })

  it.effect("reports a number that fails, and writes the others", () => {
    const written: Array<string> = []
    return Effect.gen(function* () {
      yield* MockFeishu.addFault({
        operation: "meetings.listByNo",
        when: { matching: { meeting_no: one } },
        then: { paging: "missing token" },
      })
      const exporting = yield* Effect.forkChild(exportMeetings([one, other], "30d"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(exporting), { written: 60, failed: [one] })
    }).pipe(Effect.provide(services(written)))
  })
})
