/** Throws on a Node that is too old. Import it first, so that no other module runs on it. */
import { requireNode } from "@effect-feishu/terminal/NodeVersion"

requireNode("@effect-feishu/mock-server")
