/**
 * A mock Feishu for applications and tests with Effect. Its Layers use the application's own `effect`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { MockFeishu, type Seed } from "@effect-feishu/mock-server/effect"
 *
 * const seed: Seed = { generate: [{ meeting_no: "146453285", count: 10 }] }
 * const meetingNos = Effect.map(MockFeishu.MockFeishu, ({ meetingNos }) => meetingNos)
 * console.log(await Effect.runPromise(Effect.provide(meetingNos, MockFeishu.layerTest({ seed }))))
 * // => [ '146453285' ]
 * ```
 */
import "./thisNode.ts"

export * as MockFeishu from "./library/MockFeishu.ts"
/** The types of the options of a mock. */
export type { App, Behaviour, Generate, Meeting, Person, Seed } from "./protocol/PublicTypes.ts"
export { SeedInvalid } from "./seed/SeedInvalid.ts"
