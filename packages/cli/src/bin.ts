#!/usr/bin/env node
/** Starts the command. An old Node, which could not load the rest, prints a line that says so. */
import { readFileSync } from "node:fs"
import * as CompiledCode from "@effect-feishu/terminal/CompiledCode"
import * as Hangup from "@effect-feishu/terminal/Hangup"
import { whyNotThisNode } from "@effect-feishu/terminal/NodeVersion"

// Called before the rest is loaded: loading takes long enough for a terminal to be closed meanwhile.
Hangup.ignoreUnlessItStops()

const why = whyNotThisNode("feishu-meetings")
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const args = process.argv.slice(2)

if (why !== undefined) {
  console.error(why)
  process.exitCode = 1
} else if (args.length === 1 && args[0] === "--version") {
  // Answered here: loading the rest would take about ten times as long.
  console.log(`feishu-meetings v${version}`)
} else if (args[0] === "mock") {
  CompiledCode.keep("feishu-meetings")
  // The mock has its own flags, help, signals and exit codes.
  void import("@effect-feishu/mock-server/main").then(({ main }) =>
    main(args.slice(1), version, { called: "feishu-meetings mock" }),
  )
} else {
  CompiledCode.keep("feishu-meetings")
  void import("./main.ts").then(({ main }) => main(args, version))
}
