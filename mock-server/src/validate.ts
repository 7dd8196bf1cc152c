/** `feishu-mock validate`: what is wrong with seed files, or what they hold. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Seed from "./Seed.ts"
import { Failed, name } from "./Failed.ts"

/** Looks at every file, and tells of each; fails when one is wrong. */
export const validate = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>,
  options: { readonly json: boolean },
) {
  const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  let wrong = false
  for (const path of paths) {
    const read = yield* Effect.result(Seed.fromFile(path, now))
    wrong ||= Result.isFailure(read)
    if (Result.isFailure(read)) {
      const { faults, message } = read.failure
      yield* options.json
        ? Console.log(JSON.stringify({ file: path, ok: false, faults }))
        : Console.error(`${name}: ${message}`)
      continue
    }
    const held = heldBy(read.success)
    const old = Seed.tooOld(read.success, now)
    if (options.json) {
      yield* Console.log(JSON.stringify({ file: path, ok: true, ...held, tooOld: old }))
      continue
    }
    const { apps, meetingNos, meetings } = held
    const parts = [
      many(apps, "app") + (read.success.apps === undefined ? " (made up)" : ""),
      many(meetingNos.length, "meeting number"),
      many(meetings, "meeting"),
    ]
    yield* Console.log(`${path} is good: ${parts.join(", ")}`)
    if (old > 0) yield* Console.error(`${name}: warning: ${path}: ${oldInWords(old)}`)
  }
  if (wrong) return yield* new Failed({ exitCode: 2 })
})

/** What a warning says of meetings that cannot be read. */
export const oldInWords = (old: number): string =>
  `${many(old, "meeting")} began more than 90 days ago, and Feishu shows none of those: write times such as -3d, or start with --now`

const heldBy = ({ apps = [Seed.defaultApp], generate = [], meetings = [] }: Seed.Seed) => ({
  apps: apps.length,
  meetingNos: [...new Set([...meetings, ...generate].map((entry) => entry.meeting_no))],
  meetings: generate.reduce((sum, order) => sum + order.count, meetings.length),
})

const many = (number: number, one: string): string => `${number} ${number === 1 ? one : `${one}s`}`
