/** Which program opens an address, by the machine. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Browser from "../src/commands/login/Browser.ts"

const url = "https://accounts.feishu.cn/device?user_code=AB&x=1"

describe("the browser", () => {
  const machines: ReadonlyArray<
    readonly [what: string, place: Partial<Browser.Place>, programs: ReadonlyArray<ReadonlyArray<string>>]
  > = [
    ["of a desktop", { environment: { DISPLAY: ":0" } }, [["xdg-open", url]]],
    ["of a desktop with Wayland", { environment: { WAYLAND_DISPLAY: "wayland-0" } }, [["xdg-open", url]]],
    ["is not opened without a display, as on a server", {}, []],
    ["is not opened without a terminal, as in CI", { environment: { DISPLAY: ":0" }, isTerminal: false }, []],
    [
      "of Windows, from its Linux",
      { environment: { WSL_DISTRO_NAME: "Ubuntu", DISPLAY: ":0" } },
      [
        ["wslview", url],
        ["rundll32.exe", "url.dll,FileProtocolHandler", url],
        ["xdg-open", url],
      ],
    ],
    ["of macOS", { platform: "darwin" }, [["open", url]]],
    [
      "is not opened on a Mac that one is connected to",
      { platform: "darwin", environment: { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" } },
      [],
    ],
    [
      "of Windows, by a program that is no shell",
      { platform: "win32", environment: { SystemRoot: String.raw`D:\WINDOWS` } },
      [[String.raw`D:\WINDOWS\System32\rundll32.exe`, "url.dll,FileProtocolHandler", url]],
    ],
    [
      "is what BROWSER names, with the address at its end or in the place of %s",
      { environment: { BROWSER: "firefox --new-window:chromium --app=%s --incognito", DISPLAY: ":0" } },
      [
        ["firefox", "--new-window", url],
        ["chromium", `--app=${url}`, "--incognito"],
      ],
    ],
    ["is not opened with BROWSER=none", { environment: { BROWSER: "none", DISPLAY: ":0" } }, []],
  ]
  for (const [what, place, programs] of machines) {
    it(`${what}: what is started`, () => {
      const whole: Browser.Place = { environment: {}, platform: "linux", isTerminal: true, ...place }
      assert.deepStrictEqual(Browser.programsFor(url, whole), programs)
    })
  }

  it.live("that cannot be started is reported with the system's code", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Browser.start([["/nonexistent/browser", url]]), "ENOENT")
      assert.isUndefined(
        yield* Browser.start([
          ["/nonexistent/browser", url],
          ["true", url],
        ]),
      )
    }),
  )
})
