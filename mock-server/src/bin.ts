#!/usr/bin/env node
/** Starts the command; on an old Node, which could not read the rest, it says so in a line. */
import { whyNotThisNode } from "@effect-feishu/terminal/NodeVersion"

const why = whyNotThisNode("feishu-mock")
if (why === undefined) {
  void import("./main.ts").then(({ main }) => main(new URL("../package.json", import.meta.url)))
} else {
  console.error(why)
  process.exitCode = 1
}
