/** Texts that must not be shown by accident. */

/**
 * A text that shows as `<redacted>` wherever it is printed, logged, inspected or made JSON. Only `reveal` gives it.
 *
 * @example
 * ```ts
 * import { Secret } from "@effect-feishu/promise"
 *
 * const password = new Secret("971024")
 * console.log(`${password}`, JSON.stringify({ password }), { password })
 * // => <redacted> {"password":"<redacted>"} { password: <redacted> }
 * console.log(password.reveal()) // => 971024
 * ```
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return "<redacted>"
  }

  toJSON(): string {
    return "<redacted>"
  }
}

// Not a member: its name would make the types need those of Node.
Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value: () => "<redacted>",
})
