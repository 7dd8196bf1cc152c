/** Node, and what has its modules: Bun and Deno. */
import * as NodeHttp from "@effect-feishu/core/node"
import type { Platform } from "./Platform.ts"

export const node: Platform = {
  http: NodeHttp.layer,
  warn: (message) => process.emitWarning(message, "FeishuWarning"),
}
