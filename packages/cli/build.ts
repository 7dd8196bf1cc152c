import { bundle } from "@effect-feishu/bundle"
import { made } from "@effect-feishu/mock-server/PageAssets"

// The mock is loaded by those commands alone that need it.
await bundle(new URL("./", import.meta.url), [{ entries: ["bin"], chunks: true }], [await made()])
