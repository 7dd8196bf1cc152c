/** What is on a page of a public API, and so is seen in review when it changes. */
import { assert, describe, it } from "vitest"
import { apiOf } from "../src/Api.ts"

/** Returns the page of a package whose modules have these declarations, and of which some can be imported. */
const pageOf = (
  modules: Readonly<Record<string, string>>,
  entries: Readonly<Record<string, string>> = { ".": "index" },
) => apiOf({ name: "one", entries, read: (module) => modules[module]! })

describe("the page of a public API", () => {
  it("has the declarations of each module that can be imported, without comments", () => {
    const modules = {
      index: `/** A. */\nexport * as A from "./A.ts";\n//# sourceMappingURL=index.d.ts.map`,
      A: `/**\n * Of {@link b}.\n */\nexport interface A {\n    /** The "/*" of it. */\n    readonly a: "/*";\n}\n`,
    }
    assert.strictEqual(
      pageOf(modules, { ".": "index", "./A": "A" }),
      `# one

The public API, written by \`pnpm run api\`: a change of this page is a change for users.

## one

\`\`\`ts
export * as A from "./A.ts";
\`\`\`

## one/A

\`\`\`ts
export interface A {
    readonly a: "/*";
}
\`\`\`
`,
    )
  })

  it("has what these name of internal modules, and what that needs, but nothing else of them", () => {
    const page = pageOf({
      index: `import type { Options } from "./internal/Options.ts";
import * as Place from "./internal/Place.ts";
export type { Row } from "./internal/Row.ts";
export declare const read: (options: Options, place: Place.Place) => import("./internal/Answer.ts").Answer;`,
      "internal/Options": `import type { Order } from "./Order.ts";
export interface Options {
    readonly order: Order;
}
export declare const optionsOnly: string;`,
      "internal/Order": `export type Order = Direction;\ntype Direction = "oldest";\nexport type orderOnly = string;`,
      "internal/Place": `export type Place = string;\nexport type placeOnly = string;`,
      "internal/Row": `export interface Row {\n    readonly id: string;\n}`,
      "internal/Answer": `export type Answer = number;`,
    })
    for (const named of [
      "interface Options",
      "type Order",
      "type Direction",
      "type Place",
      "interface Row",
      "type Answer",
    ]) {
      assert.include(page, named)
    }
    assert.notMatch(page, /optionsOnly|orderOnly|placeOnly/)
  })

  it("has everything of a module that is exported as a whole", () => {
    const page = pageOf({
      index: `export * from "./exports.ts";`,
      exports: `export { a } from "./A.ts";\nexport declare const b: number;`,
      A: `export declare const a: number;\nexport declare const c: number;`,
    })
    assert.include(page, "const a: number")
    assert.include(page, "const b: number")
    assert.notInclude(page, "const c: number")
  })
})
