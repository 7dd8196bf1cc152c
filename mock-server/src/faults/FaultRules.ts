/** Counts calls, and finds the failure of each: by the rules of a workspace, or by chaos. */
// A namespace: an old Node lacks some of its names, and would fail before it is reported as too old.
import * as Crypto from "node:crypto"
import * as Bounds from "../protocol/Bounds.ts"
import { type Active, type Chaos, chaosDefaults, isFor, type Rule, type Then } from "../protocol/FaultRule.ts"
import * as Operations from "../protocol/Operations.ts"
import type { KnownSecrets } from "../secrets/KnownSecrets.ts"
import * as Masking from "../secrets/Masking.ts"

/** Returns the rule with all secrets in its conditions and headers masked. */
export const shown = (rule: Active, secrets: KnownSecrets): Active => {
  const { then, when } = rule
  const given = Object.entries(when?.matching ?? {})
  const texts = given.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  const absent = given.filter(([, value]) => value === null)
  return {
    ...rule,
    ...(when?.matching === undefined
      ? {}
      : {
          when: {
            ...when,
            matching: {
              ...Masking.query(Object.fromEntries(texts), secrets),
              ...Object.fromEntries(absent),
            },
          },
        }),
    then: {
      ...then,
      ...(then.headers === undefined ? {} : { headers: Masking.query(then.headers, secrets) }),
    },
  }
}

/** A call, as rules see it. */
interface Call {
  readonly operation: Operations.Operation
  /** The fields of the query, and the parameters in the path. */
  readonly query: Readonly<Record<string, string>>
  /** The place of the page token, which stays the same after a reset, when the token is a different one. */
  readonly page: string | undefined
  readonly body: string
}

/** The failure of a call, and the rule that caused it. */
export interface Hit {
  readonly rule: string
  readonly then: Then
}

/** The rules and the chaos of a workspace. */
export interface Faults {
  readonly add: (rule: Rule) => Active
  readonly remove: (id: string) => boolean
  /** Switches a rule on or off, and returns it if it exists. A rule that is switched on again continues its counts. */
  readonly enable: (id: string, enabled: boolean) => Active | undefined
  readonly list: () => ReadonlyArray<Active>
  readonly clear: () => void
  readonly setChaos: (chaos: Chaos | undefined) => void
  readonly chaos: () => Required<Chaos> | undefined
  /** True when there are 1,000 rules, the most: every call is compared with each of them. */
  readonly isFull: () => boolean
  /** True when there are no rules and no chaos. */
  readonly isIdle: () => boolean
  /** Counts a call and returns its failure, if it has one. The rule that was added first wins. */
  readonly hit: (call: Call) => Hit | undefined
}

/** Makes the faults of a workspace: at first without rules and chaos. */
export const make = (): Faults => {
  const rules = new Map<string, { -readonly [Key in keyof Active]: Active[Key] }>()
  let added = 0
  let chaos: Required<Chaos> | undefined
  const occurrences = new Map<string, number>()

  return {
    add: (rule) => {
      const operation: Rule["operation"] = rule.operation === "*" ? "*" : Operations.named(rule.operation)
      const active = { id: `rule-${++added}`, enabled: true, ...rule, operation, seen: 0, fired: 0 }
      rules.set(active.id, active)
      return { ...active }
    },
    remove: (id) => rules.delete(id),
    enable: (id, enabled) => {
      const rule = rules.get(id)
      if (rule === undefined) return undefined
      rule.enabled = enabled
      return { ...rule }
    },
    list: () => Array.from(rules.values(), (rule) => ({ ...rule })),
    clear: () => {
      rules.clear()
      chaos = undefined
      occurrences.clear()
    },
    setChaos: (next) => {
      chaos = next === undefined ? undefined : { ...chaosDefaults, ...next }
      occurrences.clear()
    },
    chaos: () => chaos,
    isFull: () => rules.size >= Bounds.rules,
    isIdle: () => rules.size === 0 && chaos === undefined,
    hit: (call) => {
      let hit: Hit | undefined
      for (const rule of rules.values()) {
        if (!rule.enabled || !matches(rule, call)) continue
        rule.seen++
        if (hit !== undefined || !isItsTurn(rule)) continue
        rule.fired++
        hit = { rule: rule.id, then: rule.then }
      }
      return hit ?? (chaos === undefined ? undefined : chaosHit(chaos, call, occurrences))
    },
  }
}

const matches = ({ operation, when }: Rule, call: Call): boolean =>
  (operation === "*" || operation === call.operation) &&
  Object.entries(when?.matching ?? {}).every(([key, value]) => (call.query[key] ?? null) === value)

const isItsTurn = ({ seen, when = {} }: Active): boolean =>
  (when.nth === undefined || seen === when.nth) &&
  (when.first === undefined || seen <= (when.after ?? 0) + when.first) &&
  (when.after === undefined || seen > when.after)

/**
 * Returns the failure of chaos. It depends on the call itself and how often it was sent, so the order of other calls does not
 * matter. A call that is not repeated within a hundred thousand different ones counts as new.
 */
const chaosHit = (
  { faults, rate, seed }: Required<Chaos>,
  { body, operation, page, query }: Call,
  occurrences: Map<string, number>,
): Hit | undefined => {
  const others = Object.entries(query).filter(([name]) => name !== "page_token")
  const what = JSON.stringify([operation, others.toSorted(), page, body])
  // The hash of a call is kept, not its body.
  const call = Crypto.hash("sha256", what, "base64")
  const times = (occurrences.get(call) ?? 0) + 1
  // The call moves to the end of the map, so the first one is the one whose last occurrence is the oldest.
  occurrences.delete(call)
  occurrences.set(call, times)
  if (occurrences.size > Bounds.chaosCalls) {
    for (const oldest of occurrences.keys()) {
      occurrences.delete(oldest)
      break
    }
  }
  const bits = Crypto.hash("sha256", `${seed}/${times}/${what}`, "buffer")
  if (bits.readUInt32BE(0) / 2 ** 32 >= rate) return undefined
  const possible = faults.filter((then) => isFor(then, operation))
  const then = possible[bits.readUInt32BE(4) % possible.length]
  return then === undefined ? undefined : { rule: "chaos", then }
}
