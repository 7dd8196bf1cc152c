/** Warnings about a seed that is valid, but probably not what its author meant. */
import { ListByNo } from "@effect-feishu/contract"
import * as DidYouMean from "./DidYouMean.ts"
import { inSeconds, type Seed } from "./Seed.ts"
import type { Fault } from "./SeedInvalid.ts"

/** Returns how many meetings started more than 90 days before `now`: by default Feishu hides those. */
export const tooOld = ({ generate = [], meetings = [] }: Seed, now: number): number => {
  const oldest = now - ListByNo.maxRangeSeconds
  const single = meetings.filter((meeting) => inSeconds(meeting, now).start_time < oldest).length
  // An order that is older in part does not count: how many of its meetings are older shows only when it is carried out.
  return generate.reduce(
    (sum, order) => ((inSeconds(order, now).to ?? now) < oldest ? sum + order.count : sum),
    single,
  )
}

/**
 * Returns a warning for every value that was probably not meant: scopes that no endpoint of the mock needs (they are accepted, since Feishu has many
 * more), and variables of shells and compose files, which the mock does not replace.
 */
export const warnings = (seed: Seed): ReadonlyArray<Fault> => {
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
      const message = `unknown ${scope} ${others.join(", ")}: no endpoint here needs ${it}; to read meetings an app needs ${known.join(" or ")}`
      found.push({ path: ["apps", index, "scopes"], message })
    }
  }
  for (const list of ["apps", "meetings"] as const) {
    for (const [index, entry] of (seed[list] ?? []).entries()) {
      for (const [key, value] of Object.entries(entry)) {
        const texts: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
        if (!texts.some((text) => typeof text === "string" && /\$\{\w|^\$[A-Z_]+$/.test(text))) continue
        const message =
          "variables are not replaced, so this is taken literally: use envsubst < FILE | feishu-mock --seed - to replace them"
        found.push({ path: [list, index, key], message })
      }
    }
  }
  return found
}
