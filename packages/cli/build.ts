import { bundle } from "@effect-feishu/bundle"
import * as ControlVersion from "@effect-feishu/mock-server/ControlVersion"
import * as InspectorAssets from "@effect-feishu/mock-server/InspectorAssets"
import * as Readme from "@effect-feishu/mock-server/Readme"
import * as SeedExample from "@effect-feishu/mock-server/SeedExample"

// In chunks, so that only the commands that need the mock load it.
await bundle(
  new URL("./", import.meta.url),
  [{ entries: ["bin"], chunks: true }],
  [await InspectorAssets.made(), SeedExample.made(), ControlVersion.made(), Readme.made()],
)
