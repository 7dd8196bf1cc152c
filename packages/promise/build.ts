import { bundle } from "@effect-feishu/bundle"

// Two whole bundles: what they have in common is not a chunk, since an old Node must run the module that reports it first.
await bundle(new URL("./", import.meta.url), [{ entries: ["index"] }, { entries: ["web"] }])
