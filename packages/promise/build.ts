import { bundle } from "@effect-feishu/bundle"

await bundle(new URL("./", import.meta.url), [{ entries: ["index"] }])
