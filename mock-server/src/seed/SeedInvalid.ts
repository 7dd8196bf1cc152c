/**
 * A seed that cannot be used, with all of its faults.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { MockFeishu } from "@effect-feishu/mock-server/effect"
 *
 * const meeting = { id: "1", meeting_no: "1464532", topic: "Review", start_time: 1767225600000 }
 * const mock = MockFeishu.layerTest({ seed: { meetings: [meeting] } })
 * const invalid = Effect.runSync(Effect.flip(Effect.scoped(Layer.build(mock))))
 * console.log(invalid.message)
 * // => the seed has 2 faults:
 * // =>   meetings[0].meeting_no: a meeting number has 9 digits, such as 337736498; …
 * // =>   meetings[0].start_time: a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, …
 * ```
 */
import * as Data from "effect/Data"
import { visible } from "@effect-feishu/terminal/VisibleText"
import * as Problems from "../protocol/Problems.ts"

/** One fault: its path, its line when the seed came from a file, and its message. */
export interface Fault {
  readonly path: ReadonlyArray<PropertyKey>
  readonly line?: number | undefined
  readonly message: string
}

/**
 * A seed that cannot be used, with all of its faults. The message lists the first twenty, one a line, and is safe to print
 * on a terminal: control characters from the seed are escaped. {@link faults} has keys and values as they are.
 */
export class SeedInvalid extends Data.TaggedError("SeedInvalid")<{
  /** The file, or "the seed" when a program gave it. */
  readonly source: string
  readonly faults: ReadonlyArray<Fault>
}> {
  override get message(): string {
    const [first] = this.faults
    const source = visible(this.source)
    if (this.faults.length === 1 && first !== undefined && first.path.length === 0) {
      return `${source}: ${Problems.told([renderFault(first)]).join("")}`
    }
    const { length } = this.faults
    const lines = Problems.told(this.faults.map(renderFault)).map((line) => `\n  ${line}`)
    return `${source} has ${length} ${length === 1 ? "fault" : "faults"}:${lines.join("")}`
  }
}

/** Returns a fault as one line that is safe to print on a terminal. */
export const renderFault = (fault: Fault): string => {
  const path = renderPath(fault.path)
  const line = fault.line === undefined ? "" : `line ${fault.line}`
  const where = path === "" ? line : line === "" ? path : `${path} (${line})`
  return visible(where === "" ? fault.message : `${where}: ${fault.message}`)
}

const renderPath = (path: ReadonlyArray<PropertyKey>): string =>
  path
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`,
    )
    .join("")
