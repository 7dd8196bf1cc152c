#!/usr/bin/env node
/** Starts the command. On an old Node, which could not read the other modules, prints a line that says so. */
import { readFileSync } from "node:fs"
import * as CompiledCode from "@effect-feishu/terminal/CompiledCode"
import * as Hangup from "@effect-feishu/terminal/Hangup"
import { whyNotThisNode } from "@effect-feishu/terminal/NodeVersion"

// A mock that was started with nohup keeps running when its terminal closes.
Hangup.ignoreUnlessItStops()

const why = whyNotThisNode("feishu-mock")
if (why === undefined) {
  CompiledCode.keep("feishu-mock")
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  void import("./command/main.ts").then(({ main }) => main(process.argv.slice(2), version))
} else {
  console.error(why)
  process.exitCode = 1
}
