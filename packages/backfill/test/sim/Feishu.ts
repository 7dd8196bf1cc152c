/** Feishu for many apps: a world of core's simulation for each, with numbers that it refuses and times in which it refuses all. */
import { HttpClient } from "effect/http"
import type { Dice } from "../../../core/test/sim/Dice.ts"
import * as Network from "../../../core/test/sim/Network.ts"
import type { Machine, VirtualTime } from "../../../core/test/sim/VirtualTime.ts"
import * as World from "../../../core/test/sim/World.ts"
import type { Invariants } from "./Invariants.ts"
import type { Scenario } from "./Scenario.ts"

/** See the members. */
export interface Feishu {
  readonly clientOf: (machine: Machine) => HttpClient.HttpClient
  readonly worlds: ReadonlyArray<World.World>
}

/** Makes it. */
export const make = (
  scenario: Scenario,
  dice: (of: string) => Dice,
  time: VirtualTime,
  isCalm: () => boolean,
  invariants: Invariants,
): Feishu => {
  const lanes = scenario.lanes.map(({ faults, feishu, refused }, index) => {
    const world = World.make(feishu, dice(`world ${index}`), time.now, isCalm, `${index}-`)
    const refusal = (code: number) =>
      World.jsonAnswer(
        { 99991403: 429, 121004: 404, 121005: 403 }[code] ?? 400,
        { code, msg: "as Feishu says it" },
        code === 99991663 ? "token refused" : "final",
      )
    const answer: World.World["answer"] = (asked) => {
      const usual = world.answer(asked)
      if (World.targetOf(asked.path)?.about !== "list" || usual.verdict !== "success") return usual
      const fault = faults.find(({ from, to }) => time.now() >= from && time.now() < to)
      if (fault !== undefined) return refusal(fault.code)
      const number = refused.find(({ meetingNo }) => meetingNo === asked.query["meeting_no"])
      return number !== undefined && time.now() < number.until ? refusal(number.code) : usual
    }
    const listener = invariants.listenerOf(index)
    return {
      world,
      clientOf: Network.make(feishu, dice(`network ${index}`), time, { ...world, answer }, isCalm, listener),
    }
  })
  return {
    worlds: lanes.map(({ world }) => world),
    clientOf: (machine) => {
      const clients = lanes.map(({ clientOf }) => clientOf(machine))
      // An access token says whose it is, and a request for one has the app in its body.
      return HttpClient.make((request) => {
        const token = request.headers["authorization"]?.match(/t-SECRET-(\d+)-/)?.[1]
        const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const lane =
          token === undefined
            ? scenario.lanes.findIndex(({ lane }) => body.includes(`"${lane.appId}"`))
            : Number(token)
        return clients[lane]!.execute(request)
      })
    },
  }
}
