/** A standalone mock Feishu for offline tests. */
export * as MockFeishu from "./MockFeishu.ts"
export * as Seed from "./Seed.ts"
