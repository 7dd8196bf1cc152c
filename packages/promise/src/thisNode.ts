/** Refuses a Node that is too old. To be imported first: the modules after it are not run there. */
import { requireNode } from "@effect-feishu/terminal/NodeVersion"

requireNode("@effect-feishu/promise")
