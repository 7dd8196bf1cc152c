import { bundle } from "@effect-feishu/bundle"
import { made } from "./src/PageAssets.ts"

await bundle(
  new URL("./", import.meta.url),
  [
    { entries: ["bin", "index", "vitest", "vitest-setup"], external: ["vitest"] },
    // Layers of the application's own effect.
    { entries: ["effect"], external: ["effect", "@effect/platform-node"] },
  ],
  [await made()],
)
