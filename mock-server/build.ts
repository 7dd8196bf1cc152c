import { bundle } from "@effect-feishu/bundle"
import { make } from "./src/PageAssets.ts"

const { modules, ...page } = await make()

await bundle(
  new URL("./", import.meta.url),
  [
    { entries: ["bin", "index", "vitest", "vitest-setup"], external: ["vitest"] },
    // Layers of the application's own effect.
    { entries: ["effect"], external: ["effect", "@effect/platform-node"] },
  ],
  [
    {
      name: "PageAssets",
      code: `export const make = () => Promise.resolve(${JSON.stringify(page)})`,
      of: modules,
    },
  ],
)
