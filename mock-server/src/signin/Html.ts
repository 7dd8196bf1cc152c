/** HTML from template literals. Whatever is put into it is text, and shown as such, unless it is HTML itself. */
import { escaped } from "../inspector/Document.ts"

/** A piece of HTML. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What a template may hold. `undefined` and `false` are left out. */
export type Part = Html | string | number | undefined | false | ReadonlyArray<Part>

const textOf = (part: Part): string => {
  if (part === undefined || part === false) return ""
  if (part instanceof Html) return part.text
  if (typeof part === "object") return part.map(textOf).join("")
  return escaped(String(part))
}

/** Makes HTML. An attribute with a value from outside needs quotes. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(String.raw({ raw: strings }, ...parts.map(textOf)))
