/** Signing in with the real command, and reading as the account; `login.services.ts` has the rest. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Cli from "./Cli.ts"
import * as SignIn from "./SignInFeishu.ts"
import * as Terminal from "./Terminal.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.concurrent("a login", () => {
  it.skipIf(isWindows)(
    "by a device: says who, what was granted, and until when; from then on that user can read",
    async () => {
      await using test = await SignIn.begin()
      const { code, stderr, stdout } = await test.run(["login"])
      assert.deepStrictEqual([code, stdout], [0, ""], stderr)
      assert.match(
        stderr.replaceAll(test.feishu.url, "URL").replaceAll(/\d{4}-\d\d-\d\dT[\d:]{8}\+08:00/g, "TIME"),
        new RegExp(
          [
            String.raw`^Open this address on any device, and allow what the app asks for:`,
            String.raw`  URL/device\?user_code=ABCD-EFGH`,
            String.raw`The page shows the code ABCD-EFGH\. It is good until TIME\.`,
            String.raw`signed in: 张三 \(${SignIn.zhang.openId}\), app ${SignIn.appId} at URL`,
            String.raw`granted: vc:meeting:readonly, offline_access`,
            String.raw`until: TIME, and longer each time it is used; at the latest until TIME, then sign in again`,
            String.raw`kept in: .*\.json`,
            String.raw`read with it: feishu-meetings list MEETING-NO --as user; or set FEISHU_AS=user, or as: user in your file`,
            "$",
          ].join("\n"),
        ),
      )
      const [login = "", ...others] = test.logins()
      assert.deepStrictEqual(others, [])
      assert.strictEqual(statSync(login).mode & 0o777, 0o600)
      assert.notInclude(readFileSync(login, "utf8"), SignIn.appSecret)

      const [asUser, asApp, byAccount] = await Promise.all([
        test.run([...SignIn.list, "--as", "user"]),
        test.run(SignIn.list),
        test.run([...SignIn.list, "--account", "张三", "--quiet"]),
      ])
      assert.strictEqual(SignIn.whose(asUser.stdout), "张三")
      assert.match(asUser.stderr, /^account: 张三 \(ou_\w+\)\ncomplete: 4 meetings/m)
      assert.strictEqual(SignIn.whose(asApp.stdout), "the app's")
      assert.notInclude(asApp.stderr, "account:")
      assert.strictEqual(SignIn.whose(byAccount.stdout), "张三")
    },
  )

  it("by a browser: goes to a plain page, and is an event for programs", async () => {
    await using test = await SignIn.begin()
    const port = await SignIn.freePort()
    const events: Array<Record<string, unknown>> = []
    const child = Cli.start(
      ["login", "--redirect", "--redirect-port", String(port), "--json"],
      test.environment,
    )
    const ended = Cli.ended(child)
    let page = ""
    for await (const line of createInterface(child.stdout)) {
      events.push(JSON.parse(line) as Record<string, unknown>)
      test.clean(line)
      if (events.length > 1) continue
      const { redirectUri, url } = events[0] as { readonly url: string; readonly redirectUri: string }
      assert.strictEqual(redirectUri, `http://127.0.0.1:${port}/callback`)
      // Neither the address of another login nor a wrong state does anything.
      assert.strictEqual((await fetch(`${redirectUri}?code=another&state=wrong`)).status, 404)
      const answered = await fetch(test.feishu.authorize(url))
      assert.strictEqual(answered.url, `http://127.0.0.1:${port}/end`)
      page = await answered.text()
    }
    const { code, stderr } = await ended
    assert.deepStrictEqual([code, stderr], [0, ""])
    test.clean(page)
    assert.match(page, /<h1>Signed in<\/h1>\s*<p>张三 \(ou_/)
    const [open, signedIn, ...others] = events
    assert.deepStrictEqual(others, [])
    assert.deepInclude(open, { event: "open", way: "redirect" })
    assert.deepInclude(signedIn, {
      event: "signedIn",
      account: { openId: SignIn.zhang.openId, name: "张三", tenantKey: "tenant1" },
      granted: ["vc:meeting:readonly", "offline_access"],
      notGranted: [],
    })
    // The port is free again, and nothing of the login is in the file but its tokens.
    assert.isUndefined(await fetch(`http://127.0.0.1:${port}/end`).catch(() => undefined))
    assert.notMatch(readFileSync(test.logins()[0]!, "utf8"), /SECRET-code/)
  })

  it("in a terminal opens the browser of BROWSER, which gets the address and no secret, and counts down", async () => {
    await using test = await SignIn.begin()
    test.feishu.script.pending = 1_000_000
    const [browser, seen] = [join(folder, "browser"), join(folder, "browser.seen")]
    writeFileSync(browser, `#!/bin/sh\n{ echo "$@"; env; } >'${seen}.new'; mv '${seen}.new' '${seen}'\n`, {
      mode: 0o755,
    })
    const session = Terminal.start(["login"], {
      columns: 100,
      environment: { ...test.environment, BROWSER: `/nonexistent/browser:${browser} --new-window %s` },
    })
    await session.shows(/waiting for you to allow it; [34] min/)
    assert.match(session.screen(), /^Your browser opens this address; if it does not, open it yourself\./)
    test.feishu.script.pending = 0
    const { code, screen, sent } = await session.ended
    assert.strictEqual(code, 0)
    assert.notInclude(screen, "waiting")
    test.clean(sent)
    const given = readFileSync(seen, "utf8")
    assert.include(given, `--new-window ${test.feishu.url}/device?user_code=ABCD-EFGH\n`)
    test.clean(given)
    assert.notInclude(given, "FEISHU_")
  })
})
