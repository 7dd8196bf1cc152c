/** What is probably not meant in a seed that is right. */
import { ListByNo } from "@effect-feishu/contract"
import * as DidYouMean from "./DidYouMean.ts"
import { inSeconds, type Seed } from "./Seed.ts"
import type { Fault } from "./SeedInvalid.ts"

/** How many meetings began more than 90 days before `now`: those that Feishu's look-back hides, unless told otherwise. */
export const tooOld = ({ generate = [], meetings = [] }: Seed, now: number): number => {
  const oldest = now - ListByNo.maxRangeSeconds
  const single = meetings.filter((meeting) => inSeconds(meeting, now).start_time < oldest).length
  // Of an order that is in part older, nobody knows before it is carried out.
  return generate.reduce(
    (sum, order) => ((inSeconds(order, now).to ?? now) < oldest ? sum + order.count : sum),
    single,
  )
}

/**
 * What is not wrong, and yet probably not meant: scopes that nothing here asks for, since Feishu has many more, and
 * variables as shells and compose files have them, which nobody replaces here.
 */
export const doubts = (seed: Seed): ReadonlyArray<Fault> => {
  const found: Array<Fault> = []
  for (const [index, { scopes }] of (seed.apps ?? []).entries()) {
    const known: ReadonlyArray<string> = ListByNo.scopes
    const others: Array<string> = []
    for (const [at, scope] of scopes.entries()) {
      if (known.includes(scope)) continue
      const question = DidYouMean.question(scope, known)
      if (question === "") others.push(scope)
      else found.push({ path: ["apps", index, "scopes", at], message: `unknown scope ${scope}${question}` })
    }
    if (others.length > 0) {
      const [scope, it] = others.length === 1 ? ["scope", "it"] : ["scopes", "them"]
      const message = `unknown ${scope} ${others.join(", ")}: nothing here asks for ${it}; reading meetings takes ${known.join(" or ")}`
      found.push({ path: ["apps", index, "scopes"], message })
    }
  }
  for (const list of ["apps", "meetings"] as const) {
    for (const [index, entry] of (seed[list] ?? []).entries()) {
      for (const [key, value] of Object.entries(entry)) {
        const texts: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
        if (!texts.some((text) => typeof text === "string" && /\$\{\w|^\$[A-Z_]+$/.test(text))) continue
        const message =
          "no variable is replaced here, so this is taken as it is written: envsubst < FILE | feishu-mock --seed - replaces them"
        found.push({ path: [list, index, key], message })
      }
    }
  }
  return found
}
