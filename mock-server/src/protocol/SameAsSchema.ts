/**
 * Public types, which the compiler compares with the Schemas that check their values. Programs see plain types, without a
 * Schema in them. A key that only one of the two has is a compile error where the Schema's type is declared.
 */

/** The public type of a Schema's values. Does not compile where it differs from the Schema's own. */
export type SameAsSchema<Public, _Schema extends { readonly Type: Same<Public, _Schema["Type"]> }> = Public

/** The Schema's own type, where the public one is that of values as they are written. Does not compile if they differ. */
export type SameAsEncoded<
  Public,
  Schema extends { readonly Type: unknown; readonly Encoded: Same<Public, Schema["Encoded"]> },
> = Schema["Type"]

/** `unknown`, which every type satisfies, when the two accept the same and have the same keys at any depth; else `never`. */
type Same<Public, Own> = [Public, EveryKey<Public>] extends [Own, EveryKey<Own>]
  ? [Own, EveryKey<Own>] extends [Public, EveryKey<Public>]
    ? unknown
    : never
  : never

/** The type with every optional key required, so that a type without one of them does not count as the same. */
type EveryKey<T> = T extends object ? { readonly [Key in keyof T]-?: EveryKey<T[Key]> } : T
