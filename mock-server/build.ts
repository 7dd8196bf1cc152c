import { bundle } from "@effect-feishu/bundle"
import * as ControlVersion from "./src/control/ControlVersion.ts"
import * as InspectorAssets from "./src/inspector/InspectorAssets.ts"
import * as Readme from "./src/control/Readme.ts"
import * as SeedExample from "./src/seed/SeedExample.ts"

await bundle(
  new URL("./", import.meta.url),
  [
    { entries: ["bin", "index", "vitest", "vitest-setup"], external: ["vitest"] },
    // Layers for the application's own copy of effect.
    { entries: ["effect"], external: ["effect", "@effect/platform-node"] },
  ],
  [await InspectorAssets.made(), SeedExample.made(), ControlVersion.made(), Readme.made()],
)
