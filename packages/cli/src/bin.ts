#!/usr/bin/env node
/** Starts the command. An old Node, which could not read the rest, says so in a line. */
import { readFileSync } from "node:fs"
import module from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"
import { whyNotThisNode } from "@effect-feishu/terminal/NodeVersion"

const why = whyNotThisNode("feishu-meetings")
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const args = process.argv.slice(2)

/**
 * Keeps compiled code, which saves a fourth of each later start (measured). Not where Node would keep it: in the folder
 * for temporary files others may write. Where it cannot be written, Node goes on without a word.
 */
const keepCompiled = () =>
  module.enableCompileCache(
    join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "feishu-meetings"),
  )

if (why !== undefined) {
  console.error(why)
  process.exitCode = 1
} else if (args.length === 1 && args[0] === "--version") {
  // To load the rest would take some ten times as long as to answer.
  console.log(`feishu-meetings v${version}`)
} else if (args[0] === "mock") {
  keepCompiled()
  // It has flags, help, signals and exit codes of its own.
  void import("@effect-feishu/mock-server/main").then(({ main }) =>
    main(args.slice(1), version, "feishu-meetings mock"),
  )
} else {
  keepCompiled()
  void import("./main.ts").then(({ main }) => main(args, version))
}
