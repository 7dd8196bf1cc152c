/** Signing in and out, and reading as the account of a login: all that can go wrong, with the real command. */
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Cli from "./Cli.ts"
import { english } from "./english.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as SignIn from "./SignInFeishu.ts"
import * as Terminal from "./Terminal.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.concurrent("a login", () => {
  it("asks for the scopes of the reads, and says which were not granted", async () => {
    await using test = await SignIn.begin()
    test.feishu.script.grants = (scope) => !["offline_access", "vc:record:readonly"].includes(scope)
    const { code, stderr } = await test.run(["login", "--participants", "--recordings", "--lang", "zh"])
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(
      test.feishu.requests.find(({ line }) => line.includes("device_authorization"))?.fields["scope"],
      "vc:meeting:readonly vc:record:readonly offline_access",
    )
    assert.include(
      stderr,
      "\n已授予：vc:meeting:readonly\n未授予：vc:record:readonly、offline_access\n建议：",
    )
    assert.match(stderr, /\n有效期：至 .*，之后需重新登录：没有 offline_access，登录无法刷新\n/)
    assert.match(stderr, /feishu-meetings list MEETING-NO --as user --participants --recordings；或设置/)
    assert.deepStrictEqual(english(stderr.replaceAll(/(?<=：)(?:\/|feishu-meetings|vc:|http).*/g, "")), [])
  })

  it("that is refused, that comes too late, or that the server does not know: says so, and stores nothing", async () => {
    await using test = await SignIn.begin()
    const tried: Array<string> = []
    for (const [answer, lang] of [
      ["deny", "en"],
      ["expire", "en"],
      ["deny", "zh"],
    ] as const) {
      test.feishu.script.answer = answer
      const { code, stderr } = await test.run(["login", "--lang", lang])
      assert.strictEqual(code, 3)
      tried.push(stderr.split("\n").slice(3, 5).join("\n").replace(test.feishu.url, "URL"))
    }
    test.feishu.script.knowsDevices = false
    const unknown = await test.run(["login"])
    assert.strictEqual(unknown.code, 3)
    tried.push(unknown.stderr)
    assert.match(
      tried[0] ?? "",
      /^error: signing in to app cli_\w+: the user refused .*\nto do: Sign in again/,
    )
    assert.match(tried[1] ?? "", /^error: signing in to app cli_\w+: nobody allowed it in time/)
    assert.match(tried[2] ?? "", /^错误：登录应用 cli_\w+ 未成功：用户拒绝了授权/)
    assert.match(
      tried[3] ?? "",
      /^error: .*: the server knows no device authorization .*\nto do: .*: feishu-meetings login --redirect\.\n/,
    )
    const { code, stdout } = await test.run(["whoami", "--as", "user"])
    assert.strictEqual(code, 3)
    assert.match(stdout, /^Nobody can read: .*nobody has signed in.*\nNobody has signed in on this machine/)
  })

  it("that was refused in the browser says so there, too, whatever word Feishu sends it back with", async () => {
    await using test = await SignIn.begin()
    test.feishu.script.answer = "deny"
    const signIn = async (back: (url: string) => string) => {
      const port = String(await SignIn.freePort())
      const child = Cli.start(
        ["login", "--redirect", "--redirect-port", port, "--lang", "zh"],
        test.environment,
      )
      const ended = Cli.ended(child)
      let url = ""
      for await (const line of createInterface(child.stderr)) {
        if (line.startsWith("重定向 URL："))
          assert.strictEqual(line, `重定向 URL：http://127.0.0.1:${port}/callback`)
        url = /^ {2}(http.*\/authorize\?.*)$/.exec(line)?.[1] ?? ""
        if (url !== "") break
      }
      const page = await (await fetch(back(test.feishu.authorize(url)))).text()
      const { code, stderr } = await ended
      assert.strictEqual(code, 3)
      return { page, stderr }
    }
    const denied = await signIn((url) => url)
    assert.match(denied.page, /<h1>未能登录<\/h1>\s*<p>登录应用 cli_\w+ 未成功：用户拒绝了授权。请重新登录/)
    const other = await signIn((url) => url.replace("access_denied", "server_error%1B"))
    assert.match(other.page, /<p>登录应用 cli_\w+ 未成功：飞书拒绝了请求/)
    assert.match(other.stderr, /\n飞书页面返回：server_error\S+\n错误：/)
    assert.notInclude(other.stderr, "\u001b")
  })

  it("of another account than --account names stores nothing", async () => {
    await using test = await SignIn.begin()
    const { code, stderr } = await test.run(["login", "--account", "李四"])
    assert.strictEqual(code, 2)
    assert.match(stderr, /error: --account: 张三 \(ou_\w+\) has signed in, and not 李四; nothing was stored/)
    assert.strictEqual((await test.run(["whoami", "--as", "user"])).code, 3)
  })

  it("of a second account: both are kept, and a read has to say which; a second one of the first replaces it", async () => {
    await using test = await SignIn.begin()
    await test.run(["login"])
    test.feishu.script.person = SignIn.li
    const second = await test.run(["login", "--quiet"])
    assert.match(second.stderr, /ABCD-EFGH.*\nsigned in: 李四 \(ou_\w+\), app cli_\w+ at \S+\n$/)
    assert.strictEqual((await test.run(["login"])).stderr.match(/--account (ou_\w+)/)?.[1], SignIn.li.openId)
    assert.strictEqual(test.logins().length, 2)
    const [several, chosen] = await Promise.all([
      test.run([...SignIn.list, "--as", "user"]),
      test.run([...SignIn.list, "--account", SignIn.li.openId]),
    ])
    assert.strictEqual(several.code, 2)
    assert.match(several.stderr, /several accounts are signed in .*: 张三 \(ou_\w+\), 李四 \(ou_\w+\)/)
    assert.strictEqual(SignIn.whose(chosen.stdout), "李四")
  })

  it("is refreshed when it is used; one that has ended names the account, and stays", async () => {
    await using test = await SignIn.begin()
    test.feishu.script.life = 30
    await test.run(["login"])
    test.feishu.script.life = 7_200
    const before = readFileSync(test.logins()[0]!, "utf8")
    const { code, stdout } = await test.run([...SignIn.list, "--as", "user"])
    assert.strictEqual(code, 0)
    assert.strictEqual(SignIn.whose(stdout), "张三")
    assert.notStrictEqual(readFileSync(test.logins()[0]!, "utf8"), before)

    test.feishu.script.life = 30
    await test.run(["login"])
    test.feishu.script.refuseRefresh = 20037
    for (const [lang, message] of [
      [
        "en",
        /^error: 张三 \(ou_\w+\), app cli_\w+: the refresh token has expired .*\nto do: .*feishu-meetings login/m,
      ],
      ["zh", /^错误：张三 \(ou_\w+\)，应用 cli_\w+：refresh_token 已过期.*\n建议：.*feishu-meetings login/m],
    ] as const) {
      const ended = await test.run([...SignIn.list, "--as", "user", "--lang", lang])
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stderr, message)
    }
    assert.strictEqual(test.logins().length, 1)
  })

  it("without the app secret reads as long as its token lasts", async () => {
    await using test = await SignIn.begin()
    await test.run(["login"])
    const read = await test.run(SignIn.list, { FEISHU_APP_SECRET: "" })
    assert.strictEqual(SignIn.whose(read.stdout), "张三")
    test.feishu.script.life = 1
    await test.run(["login"])
    const [login = ""] = test.logins()
    const stored = readFileSync(login, "utf8")
    writeFileSync(login, stored.replace(/("accessTokenEndsAt":)\d+/, "$11"))
    const ended = await test.run(SignIn.list, { FEISHU_APP_SECRET: "" })
    assert.strictEqual(ended.code, 2)
    assert.match(ended.stderr, /the access token of 张三 \(ou_\w+\) has ended .* no app secret to refresh it/)
  })

  it("that lacks a scope: the read says how to sign in again", async () => {
    await using test = await SignIn.begin()
    test.feishu.script.grants = (scope) => scope === "offline_access"
    await test.run(["login"])
    const { code, stderr } = await test.run([...SignIn.list, "--as", "user"])
    assert.strictEqual(code, 3)
    assert.match(stderr, /feishu-meetings login asks for what its flags need/)
  })

  it("is in the plan of a checkpoint and in a cursor: those of another account, or of the app, are refused", async () => {
    await using test = await SignIn.begin()
    await test.run(["login"])
    test.feishu.script.person = SignIn.li
    await test.run(["login"])
    const output = join(folder, "accounts.ndjson")
    const checkpoint = join(folder, "accounts.checkpoint")
    const to = [...SignIn.list, "--output", output, "--checkpoint", checkpoint, "--max-items", "1"]
    await test.run([...to, "--account", "张三"])
    assert.include(readFileSync(checkpoint, "utf8"), SignIn.zhang.openId)
    test.clean(readFileSync(checkpoint, "utf8"))
    const other = await test.run([...to, "--account", "李四"])
    const app = await test.run(to)
    assert.strictEqual(other.code, 2)
    assert.include(other.stderr, `account was ${SignIn.zhang.openId} and is ${SignIn.li.openId}`)
    assert.include(app.stderr, `account was ${SignIn.zhang.openId} and is not given`)

    const part = await Cli.list(
      [Scripted.meetingNo, "--from", "1d", "--max-items", "2", "--account", "张三"],
      test.environment,
    )
    assert.match(part.stderr, /feishu-meetings list --cursor \S+ --account '?张三/)
    const cursor = part.summary.cursor ?? ""
    const [same, another, none] = await Promise.all([
      test.run(["list", "--cursor", cursor, "--account", "张三"]),
      test.run(["list", "--cursor", cursor, "--account", "李四"]),
      test.run(["list", "--cursor", cursor]),
    ])
    assert.strictEqual(same.code, 0, same.stderr)
    assert.strictEqual(another.code, 2)
    assert.include(
      another.stderr,
      `${SignIn.zhang.openId}, but this read is with the token of ${SignIn.li.openId}`,
    )
    assert.strictEqual(none.code, 2)
  })

  it("does not read a backfill, which says so", async () => {
    await using test = await SignIn.begin()
    const { code, stderr } = await test.run([
      "backfill",
      "run",
      "--db",
      join(folder, "none.sqlite"),
      "--as",
      "user",
    ])
    assert.strictEqual(code, 2)
    assert.match(stderr, /error: --as: a backfill reads as apps.*\nto do: Add --as app; or/)
  })

  it("without a folder for it is refused before anybody signs in", async () => {
    await using test = await SignIn.begin()
    const inTheWay = join(folder, "in-the-way")
    writeFileSync(inTheWay, "")
    for (const [lang, message] of [
      ["en", /where logins are kept, cannot be written to \(.*\nto do: Set XDG_STATE_HOME/],
      ["zh", /存放登录的 .* 无法写入（.*\n建议：请将 XDG_STATE_HOME/],
    ] as const) {
      const { code, stderr } = await test.run(["login", "--lang", lang], { XDG_STATE_HOME: inTheWay })
      assert.strictEqual(code, 2)
      assert.match(stderr, message)
    }
    assert.deepStrictEqual(test.feishu.requests, [])
  })

  it("for which no browser comes back ends after five minutes, and says what Feishu's page may have said", async () => {
    await using test = await SignIn.begin()
    const port = await SignIn.freePort()
    // The five minutes end at once.
    const sooner = Cli.before(
      `const later = setTimeout; globalThis.setTimeout = (call, millis, ...rest) => later(call, millis === 300000 ? 0 : millis, ...rest)`,
    )
    const { code, stderr } = await test.run(["login", "--redirect", "--redirect-port", String(port)], sooner)
    assert.strictEqual(code, 3)
    assert.match(
      stderr,
      /\nNo browser came back to http:\/\/127\.0\.0\.1:\d+\/callback\. .*20027.*\nerror: .*: nobody allowed it in time\n/,
    )
  })

  it("is not begun where the port of its redirect URL is taken", async () => {
    await using test = await SignIn.begin()
    const port = new URL(test.feishu.url).port
    const { code, stderr } = await test.run(["login", "--redirect", "--redirect-port", port, "--lang", "zh"])
    assert.strictEqual(code, 2)
    assert.match(
      stderr,
      /^错误：--redirect-port：本机端口 \d+ 正被其他程序占用。未发送任何请求\n建议：请用 --redirect-port/,
    )
  })

  it("stopped by Ctrl-C says that nobody has signed in", async () => {
    await using test = await SignIn.begin()
    test.feishu.script.pending = 1_000_000
    const child = Cli.start(["login"], test.environment)
    const ended = Cli.ended(child)
    await once(child.stderr, "data")
    child.kill("SIGINT")
    const { code, stderr } = await ended
    assert.strictEqual(code, 130)
    assert.match(stderr, /Stopped: nobody has signed in\.\n$/)
  })
})

describe.concurrent("in a terminal, a login", () => {
  it("opens no browser without a display, nor with --no-browser", async () => {
    await using test = await SignIn.begin()
    const [plain, without] = await Promise.all([
      Terminal.start(["login"], { environment: test.environment }).ended,
      Terminal.start(["login", "--no-browser"], {
        environment: { ...test.environment, BROWSER: "/nonexistent/browser", DISPLAY: ":99" },
      }).ended,
    ])
    for (const { screen } of [plain, without]) assert.match(screen, /^Open this address on any device/)
  })
})

describe.concurrent("logout and whoami", () => {
  it("remove one login, say what that does not do, and who is left", async () => {
    await using test = await SignIn.begin()
    await test.run(["login"])
    test.feishu.script.person = SignIn.li
    await test.run(["login"])
    const several = await test.run(["logout"])
    assert.strictEqual(several.code, 2)
    assert.match(several.stderr, /several accounts are signed in/)
    const one = await test.run(["logout", "--account", "张三"])
    assert.strictEqual(one.code, 0)
    assert.match(
      one.stderr,
      /^Signed out 张三 .*\.json was removed\.\nNothing was revoked at Feishu.*until 2/,
    )
    const { stdout } = await test.run(["whoami", "--json", "--as", "user"])
    const { accounts, reads } = JSON.parse(stdout) as {
      readonly accounts: ReadonlyArray<{ readonly account: object; readonly reads: boolean }>
      readonly reads: object
    }
    assert.deepStrictEqual(reads, {
      as: "user",
      appId: SignIn.appId,
      openId: SignIn.li.openId,
      because: "as",
      origin: "--as",
    })
    assert.deepStrictEqual(
      accounts.map(({ account, reads }) => [account, reads]),
      [[{ openId: SignIn.li.openId, name: "李四", tenantKey: "tenant1" }, true]],
    )
    const zh = await test.run(["whoami", "--lang", "zh"])
    assert.match(
      zh.stdout,
      /^以应用 cli_\w+ 的身份读取（已设置该应用的 App Secret）\n\n李四 \(ou_\w+\)\n {2}应用/,
    )
    const last = await test.run(["logout", "--all", "--json"], { FEISHU_APP_ID: "", FEISHU_BASE_URL: "" })
    assert.deepInclude(JSON.parse(last.stdout).signedOut[0], { revoked: false, appId: SignIn.appId })
    assert.deepStrictEqual(test.logins(), [])
    const nobody = await test.run(["logout"])
    assert.strictEqual(nobody.code, 0)
    assert.include(nobody.stderr, `Nobody is signed in to the app ${SignIn.appId} at ${test.feishu.url}: `)
  })

  it("leave a file that cannot be read, and say so", async () => {
    await using test = await SignIn.begin()
    await test.run(["login"])
    test.feishu.script.person = SignIn.li
    await test.run(["login"])
    const damaged = test.logins().find((path) => path.includes(SignIn.zhang.openId)) ?? ""
    writeFileSync(damaged, "{}")
    const all = await test.run(["logout", "--all"])
    assert.strictEqual(all.code, 3)
    assert.match(all.stderr, /^Signed out 李四 .*^error: .*\.json: it is damaged, .*^to do: Restore it/ms)
    assert.deepStrictEqual(test.logins(), [damaged])
    const { stderr } = await test.run(["whoami"])
    assert.strictEqual(stderr.split(damaged).length, 2)
  })

  it("doctor says who reads, who does not, and what the login lacks", async () => {
    await using test = await SignIn.begin()
    await test.run(["login"])
    const [app, user] = await Promise.all([
      test.run(["doctor"]),
      test.run(["doctor", "--as", "user", "--recordings", "--lang", "zh"]),
    ])
    assert.match(
      app.stdout,
      /^ok +account +reads as the app cli_\w+ \(the secret of the app is set\)\n +signed in, but not used: 张三/m,
    )
    assert.match(
      user.stdout,
      /^正常 +账号 +以 张三 .*读取（选项 --as）\n +已授予：.*\n +本次读取需要但未授予：vc:record:readonly/m,
    )
    const { stdout } = await test.run(["config", "show", "--as", "user"])
    assert.match(stdout, /^as +user +flag --as$/m)
    assert.match(stdout, /^Reads as 张三 \(ou_\w+\), signed in to the app cli_\w+ \(flag --as\)\.$/m)
  })
})
