/** A runner of the demo: the command itself, under a limit of 30 requests in 3 seconds instead of 100 in a minute. */
import * as Context from "effect/Context"
import { LaneEntity } from "@effect-feishu/backfill"
import { Scaled } from "../src/commands/backfill/run.ts"
import { main } from "../src/main.ts"

const timing = Context.get(Context.empty(), LaneEntity.Timing)

main(
  process.argv.slice(2),
  "demo",
  Context.make(Scaled, {
    rateLimit: { requests: 30, window: "3 seconds", unansweredRest: "1 second", operations: {} },
  }).pipe(Context.add(LaneEntity.Timing, { ...timing, proofMillis: 500 })),
)
