/** Refuses a Node that is too old. Import it first: an old Node then does not run the modules after it. */
import { requireNode } from "@effect-feishu/terminal/NodeVersion"

requireNode("@effect-feishu/promise")
