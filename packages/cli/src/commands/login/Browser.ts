/**
 * Opens an address in the user's browser.
 *
 * The program and the address are in the process list, which all users of a machine can read. The addresses of a login hold an
 * app id, scopes, a state and a challenge, or a user code: nobody gets a token by them, since that takes the app secret, and the
 * verifier or the device code, which this process keeps. Somebody could sign in as themselves in place of the user; so a login always
 * reports who signed in, and `--account` refuses anybody else.
 */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"

/** A program with its arguments. */
type Program = readonly [name: string, ...args: ReadonlyArray<string>]

/** Where the command runs. */
export interface Place {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly isTerminal: boolean
}

/** This process. */
export const here = (): Place => ({
  environment: process.env,
  platform: process.platform,
  isTerminal: process.stderr.isTTY === true,
})

/**
 * Returns the programs that may open an address, the best first; none where nobody would see a browser: without a terminal or a display,
 * or where the user is on another machine. `BROWSER` names others, separated by colons, in which `%s` is the address; `none` is none.
 */
export const programsFor = (
  url: string,
  { environment, isTerminal, platform }: Place,
): ReadonlyArray<Program> => {
  if (!isTerminal) return []
  const named = environment["BROWSER"]?.trim()
  if (named) return named === "none" ? [] : namedIn(named, url, platform)
  const isRemote = Boolean(environment["SSH_CONNECTION"] || environment["SSH_TTY"])
  switch (platform) {
    case "darwin":
      return isRemote ? [] : [["open", url]]
    case "win32": {
      // Not `start`, which is a word of a shell: the & of an address would begin another command. By its whole name: Windows
      // searches the current folder before those of PATH.
      const system = environment["SystemRoot"] ?? environment["windir"] ?? String.raw`C:\Windows`
      const handler = String.raw`${system}\System32\rundll32.exe`
      return isRemote ? [] : [[handler, "url.dll,FileProtocolHandler", url]]
    }
    default: {
      // In the Linux of Windows, the browser is that of Windows. Not every distribution has wslview, and xdg-open may find none.
      const ofWindows: ReadonlyArray<Program> = environment["WSL_DISTRO_NAME"]
        ? [
            ["wslview", url],
            ["rundll32.exe", "url.dll,FileProtocolHandler", url],
          ]
        : []
      const hasDisplay = Boolean(environment["DISPLAY"] || environment["WAYLAND_DISPLAY"])
      return [...ofWindows, ...(hasDisplay ? [["xdg-open", url] as const] : [])]
    }
  }
}

const namedIn = (text: string, url: string, platform: NodeJS.Platform): ReadonlyArray<Program> =>
  // A path of Windows has a colon.
  (platform === "win32" ? [text] : text.split(":")).flatMap((command) => {
    const [program, ...args] = command.trim().split(/\s+/)
    if (program === undefined || program === "") return []
    const given = args.map((arg) => arg.replaceAll("%s", url))
    return [[program, ...given, ...(args.some((arg) => arg.includes("%s")) ? [] : [url])] as const]
  })

/** Starts the first of these programs that there is. Succeeds with the system's code if none could be started. */
export const start = (
  programs: ReadonlyArray<Program>,
  place: Place = here(),
): Effect.Effect<string | undefined> =>
  Effect.gen(function* () {
    let failed: string | undefined
    for (const program of programs) {
      failed = yield* startOne(program, place)
      if (failed === undefined) return undefined
    }
    return failed
  })

const startOne = ([program, ...args]: Program, { environment }: Place): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const child = spawn(program, args, {
      detached: true,
      stdio: "ignore",
      windowsHide: true,
      // A browser has no use for our secrets, and hands its environment on.
      env: Object.fromEntries(Object.entries(environment).filter(([name]) => !/^FEISHU_/i.test(name))),
    })
    child.once("error", (error) => resume(Effect.succeed(SystemCode.orMessage(error))))
    child.once("spawn", () => {
      child.unref()
      resume(Effect.undefined)
    })
  })
