/** A standalone mock Feishu for offline tests. */
export * as ControlClient from "./ControlClient.ts"
export * as MockFeishu from "./MockFeishu.ts"
export * as Seed from "./Seed.ts"
export { start as startFeishuMock } from "./MockFeishu.ts"
