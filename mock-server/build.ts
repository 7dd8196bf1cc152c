import { bundle } from "@effect-feishu/bundle"
import * as PageAssets from "./src/PageAssets.ts"
import * as SeedExample from "./src/SeedExample.ts"

await bundle(
  new URL("./", import.meta.url),
  [
    { entries: ["bin", "index", "vitest", "vitest-setup"], external: ["vitest"] },
    // Layers of the application's own effect.
    { entries: ["effect"], external: ["effect", "@effect/platform-node"] },
  ],
  [await PageAssets.made(), SeedExample.made()],
)
