/** Texts that must not be shown by accident. */

/**
 * A text that is shown as `<redacted>` when it is printed, logged, inspected or made JSON. Only `reveal` returns it.
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

  /** Returns the text itself. */
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

// Not a member of the class: with its name the types would require those of Node.
Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value: () => "<redacted>",
})
