/** The program in the executable: the command of the mock, with everything that it reads in the same file. */
import { getAsset } from "node:sea"
import * as ControlVersion from "@effect-feishu/mock-server/ControlVersion"
import { main } from "@effect-feishu/mock-server/main"
import * as Hangup from "@effect-feishu/terminal/Hangup"
import * as ShellQuote from "@effect-feishu/terminal/ShellQuote"

// A mock that was started with nohup keeps running when its terminal closes.
Hangup.ignoreUnlessItStops()

// What was typed, and can be typed again: the file has any name, in a folder that may not be in PATH.
const { argv0 } = process

main(process.argv.slice(2), ControlVersion.read(), {
  ...(argv0 === "" ? {} : { called: ShellQuote.word(argv0) }),
  licences: () => getAsset("LICENSES", "utf8"),
})
