import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { GetMeeting, GetRecording } from "@effect-feishu/core"
import * as ClientLayer from "../src/settings/ClientLayer.ts"
import * as Setting from "../src/settings/Setting.ts"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

const secret = "S3cretThatNobodyMaySee"

let folder: string
let feishu: Started
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
  feishu = await startFeishuMock()
})
afterAll(async () => {
  await feishu.close()
  rmSync(folder, { recursive: true })
})

/** A home folder and, in it, a folder of a project; with what their configuration files hold. */
const place = (name: string, files: { readonly user?: string; readonly project?: string }) => {
  const home = join(folder, name)
  const user = join(home, ".config/feishu-meetings/config.yaml")
  const project = join(home, "project/.feishu-meetings.yaml")
  const below = join(home, "project/below")
  mkdirSync(below, { recursive: true })
  mkdirSync(dirname(user), { recursive: true })
  if (files.user !== undefined) writeFileSync(user, files.user, { mode: 0o600 })
  if (files.project !== undefined) writeFileSync(project, files.project)
  const run = (words: string, environment: Cli.Environment = {}) =>
    Cli.shell(`cd ${below}; ${words}`, { HOME: home, ...environment })
  return { user, project, run }
}

interface Shown {
  readonly settings: Record<string, { readonly value?: string; readonly origin: Record<string, unknown> }>
  readonly files: ReadonlyArray<{ readonly kind: string; readonly path: string; readonly there: boolean }>
}

describe.concurrent("settings", () => {
  it("a flag counts more than the environment, that more than the project's file, that more than the user's", async () => {
    const { project, run, user } = place("order", {
      user: "# mine\nbrand: lark\nrate_limit: 10\npage_size: 11\napp_id: cli_user\nconcurrency: 7\ndetails_rate_limit: 500\n",
      project: 'rate_limit: 20\npage_size: 21\n"app_id": cli_project\n',
    })
    const { stdout } = await run("feishu-meetings config show --json --app-id cli_flag", {
      FEISHU_APP_ID: "cli_environment",
      FEISHU_PAGE_SIZE: "31",
      FEISHU_BASE_URL: "",
    })
    const { files, settings } = JSON.parse(stdout) as Shown
    assert.deepInclude(settings, {
      app_id: { value: "cli_flag", origin: { from: "flag", flag: "--app-id" } },
      page_size: { value: "31", origin: { from: "environment", variable: "FEISHU_PAGE_SIZE" } },
      rate_limit: { value: "20", origin: { from: "project file", path: project, line: 1 } },
      details_rate_limit: { value: "500", origin: { from: "user file", path: user, line: 7 } },
      brand: { value: "lark", origin: { from: "user file", path: user, line: 2 } },
      concurrency: { value: "7", origin: { from: "user file", path: user, line: 6 } },
      base_url: { value: "https://open.larksuite.com", origin: { from: "default" } },
    })
    assert.deepStrictEqual(files, [
      { kind: "project", path: project, there: true },
      { kind: "user", path: user, there: true },
    ])
  })

  it("all that is wrong is told at once, by file and line; nothing is sent, and no secret is shown", async () => {
    const { project, run, user } = place("wrong", {
      user: `brand: dingtalk\npage-size: 5\napp_secret: ${secret}\n`,
      project: `app_secret: ${secret}\nbase_url: https://evil.example\nhttps_proxy: http://evil.example:3128\nca_file: ca.pem\napp_secret_file: ../../.ssh/id\nlang: [zh]\n`,
    })
    chmodSync(user, 0o644)
    const { code, stderr } = await run("feishu-meetings list 337736498", {
      FEISHU_RATE_LIMIT: "many",
      FEISHU_BASE_URL: "ftp:files",
    })
    assert.strictEqual(code, 2)
    for (const part of [
      `${project}:1: app_secret is not allowed in a project's file`,
      `${project}:2: base_url names a host that is not allowed in a project's file`,
      `${project}:3: https_proxy names a host`,
      `${project}:4: ca_file is not allowed`,
      `${project}:5: app_secret_file is not allowed`,
      `${project}:6: lang takes a text or a number`,
      `${user}:1: brand takes feishu, lark, not "dingtalk"`,
      `${user}:2: there is no setting "page-size"; write page_size`,
      `${user}:3: app_secret is a secret, and others may read this file (mode 644): chmod 600 ${user}`,
      `FEISHU_RATE_LIMIT: takes a whole number from 1 to 10000, not "many"`,
      "FEISHU_BASE_URL: is not an https address",
    ]) {
      assert.include(stderr, part)
    }
    assert.notInclude(stderr, secret)
  })

  it("a file that is no YAML is told by its line, without what it holds; in Chinese if a file says so", async () => {
    const [broken, chinese] = await Promise.all([
      place("broken", { user: `app_secret: "${secret}\n` }).run("feishu-meetings config show"),
      place("chinese", { user: "lang: zh\nbrand: 钉钉\n" }).run("feishu-meetings config show"),
    ])
    assert.strictEqual(broken.code, 2)
    assert.match(broken.stderr, /config\.yaml:\d: is not YAML \(MISSING_CHAR\)/)
    assert.notInclude(broken.stderr, secret)
    assert.include(chinese.stderr, `config.yaml:2: brand 只能是 feishu、lark，而不是“钉钉”`)
  })

  it("a file in UTF-16, as PowerShell writes it, is read as any other", async () => {
    const { run, user } = place("utf-16", {})
    writeFileSync(user, Buffer.from("\ufeffbrand: lark\r\nlang: zh\r\n", "utf16le"), { mode: 0o600 })
    const { stdout } = await run("feishu-meetings config show")
    assert.match(stdout, new RegExp(`^brand +lark +用户文件 ${user} 第 1 行$`, "m"))
  })

  it.skipIf(process.getuid?.() !== 0)(
    "a project's file that another user has put there is refused",
    async () => {
      const { project, run } = place("foreign", { project: "brand: lark\n" })
      chownSync(project, 12_345, 12_345)
      const { code, stderr } = await run("feishu-meetings config show")
      assert.strictEqual(code, 2)
      assert.include(stderr, `${project}: belongs to another user`)
    },
  )

  it("a project's file may name this machine and Feishu's hosts; the project ends at its repository", async () => {
    const inside = place("inside", {
      project: "base_url: http://127.0.0.1:8787\noauth_base_url: https://accounts.feishu.cn\n",
    })
    const outside = place("outside", { project: "brand: lark\n" })
    const [{ stdout: here }, { stdout: above }] = await Promise.all([
      inside.run("feishu-meetings config show --json"),
      outside.run("mkdir .git; feishu-meetings config show --json"),
    ])
    assert.strictEqual((JSON.parse(here) as Shown).settings["base_url"]?.value, "http://127.0.0.1:8787")
    assert.strictEqual((JSON.parse(above) as Shown).settings["brand"]?.value, "feishu")
  })
})

describe("the rate limit of details", () => {
  it("is of details and of recordings each, and the same share of the limits of a minute and of a second", () => {
    const settings = {
      apps: new Map(),
      found: new Map(),
      format: undefined,
      pageSize: undefined,
      concurrency: undefined,
    }
    for (const [detailsRateLimit, second] of [
      [1_000, 50],
      [500, 25],
      [1, 1],
      [30, 2],
    ] as const) {
      const windows = [
        { requests: detailsRateLimit, window: "60 seconds" },
        { requests: second, window: "1 seconds" },
      ] as const
      assert.deepStrictEqual(ClientLayer.rateLimit({ ...settings, rateLimit: 7, detailsRateLimit }), {
        requests: 7,
        operations: { [`GET ${GetMeeting.path}`]: windows, [`GET ${GetRecording.path}`]: windows },
      })
    }
  })
})

describe.concurrent("what list does with them", () => {
  it("writes and asks as the files say, unless a flag says otherwise; the resume command repeats the flags", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const { run } = place("list", {
      user: `base_url: ${scripted.environment["FEISHU_BASE_URL"]}\nformat: csv\npage_size: 7\n`,
    })
    const token = join(folder, "token of list")
    writeFileSync(token, Scripted.token)
    const list = `feishu-meetings list 337736498 --access-token-file '${token}' --rate-limit 90 --details-rate-limit 80`
    const [set, flag] = await Promise.all([
      run(`${list} --max-items 9`),
      run(`${list} --page-size 8 --format ndjson`),
    ])
    assert.match(set.stdout, /^id,meeting_no,topic,url\n/)
    assert.include(
      set.stderr,
      `--access-token-file '${token}' --rate-limit 90 --details-rate-limit 80 --format csv`,
    )
    assert.strictEqual(Cli.ids(flag.stdout).length, 60)
    assert.deepStrictEqual(
      new Set(scripted.queries.map((query) => query.get("page_size"))),
      new Set(["7", "8"]),
    )
  })
})

describe.concurrent("plain http to another machine", () => {
  /** A host that nothing but the proxy knows, which is the mock itself. */
  const elsewhere = ({ environment }: Scripted.Scripted): Cli.Environment => ({
    ...environment,
    FEISHU_BASE_URL: "http://feishu-mock:8787",
    HTTP_PROXY: environment["FEISHU_BASE_URL"]!,
  })
  const list = `feishu-meetings list ${Scripted.meetingNo} --max-items 9`

  it("is refused with what permits it, and neither a project's file nor half a word permits it", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const project = place("http-project", { project: "allow_http: true\n" })
    const mine = place("http-mine", { user: "base_url: http://192.168.1.2/feishu\n" })
    const [plain, byProject, word, byFile, chinese] = await Promise.all([
      mine.run(list, elsewhere(scripted)),
      project.run(list, elsewhere(scripted)),
      mine.run(list, { ...elsewhere(scripted), FEISHU_ALLOW_HTTP: "perhaps" }),
      mine.run(list),
      mine.run(`${list} --lang zh`, elsewhere(scripted)),
    ])
    for (const { code } of [plain, byProject, word, byFile]) assert.strictEqual(code, 2)
    const permits = "--allow-http or FEISHU_ALLOW_HTTP=true permits it"
    assert.include(plain.stderr, `FEISHU_BASE_URL: plain http to feishu-mock:8787, where anyone`)
    assert.include(plain.stderr, permits)
    assert.include(byProject.stderr, `${project.project}:1: allow_http is not allowed in a project's file`)
    assert.include(word.stderr, 'FEISHU_ALLOW_HTTP: takes true or false, not "perhaps"')
    assert.include(byFile.stderr, `${mine.user}:1: plain http to 192.168.1.2, where anyone`)
    assert.include(byFile.stderr, permits)
    assert.include(chinese.stderr, "FEISHU_BASE_URL: 以明文 http 访问 feishu-mock:8787，途中任何人都能读到")
    assert.lengthOf(scripted.queries, 0)
  })

  it("goes on with --allow-http, its variable or the user's file: with a warning, and on with the same flag", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const mine = place("http-permitted", { user: "allow_http: true\n" })
    const nobody = place("http-nobody", {})
    const [flag, variable, file, quiet] = await Promise.all([
      nobody.run(`${list} --allow-http`, elsewhere(scripted)),
      nobody.run(list, { ...elsewhere(scripted), FEISHU_ALLOW_HTTP: "YES" }),
      mine.run(list, elsewhere(scripted)),
      mine.run(`${list} --quiet --allow-http`, elsewhere(scripted)),
    ])
    const warning = "warning: Plain http to feishu-mock:8787: app secret and token travel unencrypted"
    for (const { code, stderr, stdout } of [flag, variable, file]) {
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(Cli.ids(stdout), 9)
      assert.lengthOf(stderr.split(warning), 2)
    }
    assert.match(flag.stderr, /^resume with: feishu-meetings list --cursor \S+ --allow-http /m)
    assert.notInclude(file.stderr, "--allow-http")
    assert.deepStrictEqual([quiet.code, quiet.stderr.includes("unencrypted")], [0, false])
  })

  it("is told by doctor and by config show", async () => {
    await using scripted = await Scripted.start((response) =>
      Scripted.json(response, { code: 99991661, msg: "Missing access token" }, 400),
    )
    const { run } = place("http-doctor", {})
    const permitted = { ...elsewhere(scripted), FEISHU_ALLOW_HTTP: "1" }
    const [doctor, shown] = await Promise.all([
      run("feishu-meetings doctor", permitted),
      run("feishu-meetings config show", permitted),
    ])
    assert.match(
      doctor.stdout,
      /^skipped {2}TLS {12}plain http to feishu-mock:8787: app secret and token travel/m,
    )
    assert.match(doctor.stdout, /^ok {7}Feishu /m)
    assert.match(shown.stdout, /^allow_http +true +environment FEISHU_ALLOW_HTTP$/m)
  })
})

describe.concurrent("a proxy", () => {
  it("that cannot be used stops nothing that is reached without it", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const { run } = place("direct", { user: `https_proxy: socks5://me:${secret}@127.0.0.1:7890\n` })
    for (const proxy of ["", " ", "127.0.0.1:7890", "socks5://127.0.0.1:7890", "no address"]) {
      const { code, stdout } = await run(`feishu-meetings list ${Scripted.meetingNo}`, {
        ...scripted.environment,
        HTTPS_PROXY: proxy,
      })
      assert.deepStrictEqual([code, Cli.ids(stdout).length], [0, 60], proxy)
    }
  })

  it("that cannot be used is named by what has set it where a request would take it, and never shown", async () => {
    const address = `socks5://me:${secret}@127.0.0.1:7890`
    const { run } = place("proxied", { user: `https_proxy: ${address}\n` })
    const { run: without } = place("proxied-by-variable", {})
    const feishu = { FEISHU_BASE_URL: "https://feishu.invalid", FEISHU_ACCESS_TOKEN: Scripted.token }
    const list = `feishu-meetings list ${Scripted.meetingNo}`
    const [file, upper, lower, chinese, shown, doctor] = await Promise.all([
      run(list, feishu),
      without(list, { ...feishu, HTTPS_PROXY: address, https_proxy: " " }),
      without(list, { ...feishu, http_proxy: address, HTTP_PROXY: "http://127.0.0.1:9" }),
      without(`${list} --lang zh`, { ...feishu, HTTPS_PROXY: address }),
      run("feishu-meetings config show"),
      run("feishu-meetings doctor", feishu),
    ])
    for (const { code } of [file, upper, lower, chinese, doctor]) assert.strictEqual(code, 2)
    const problem = "SOCKS proxies are not supported"
    assert.include(file.stderr, `error: https_proxy: ${problem}. Nothing was sent\nto do: Give the HTTP port`)
    assert.include(upper.stderr, `error: HTTPS_PROXY: ${problem}.`)
    assert.include(lower.stderr, `error: http_proxy: ${problem}.`)
    assert.match(chinese.stderr, /^错误：HTTPS_PROXY：不支持 SOCKS 代理。未发送任何请求\n/)
    assert.match(
      shown.stdout,
      /^https_proxy +socks5:\/\/\*\*\*@127\.0\.0\.1:7890 +user file .*; cannot be used: SOCKS/m,
    )
    assert.strictEqual(shown.code, 0)
    assert.match(doctor.stdout, /^failed +proxy +https_proxy: SOCKS proxies are not supported/m)
    for (const { stderr, stdout } of [file, upper, lower, chinese, shown, doctor]) {
      assert.notInclude(stdout + stderr, secret)
    }
  })

  it.each([
    ["127.0.0.1:7890", "http://127.0.0.1:7890"],
    ["http://me:SECRET@proxy.example:3128/", "http://me:***@proxy.example:3128"],
    ["me:SECRET@proxy.example:3128", "http://me:***@proxy.example:3128"],
    ["http://me:SEC@RET/#@proxy.example:3128", "http://me:***@proxy.example:3128"],
    ["http://me@proxy.example", "http://me@proxy.example"],
    ["socks5://me:SECRET@proxy.example:1080", "socks5://***@proxy.example:1080"],
    ["socks5://me:SEC@RET/@proxy.example:1080", "socks5://***@proxy.example:1080"],
    ["ftp://SECRET@proxy.example", "ftp://***@proxy.example"],
    ["socks5://proxy.example:1080", "socks5://proxy.example:1080"],
    [":7890", ":7890"],
    ["me:SECRET@", "***@"],
    ["proxy.example:3128:me:SECRET", "***"],
    ["http://proxy.example:SECRET", "***"],
    ["proxy.example 3128 me SECRET", "***"],
    ["DIRECT", "DIRECT"],
  ])("%s is shown as %s", (text, shown) => {
    assert.strictEqual(Setting.shown({ name: "https-proxy" }, text), shown)
  })
})

describe.concurrent("a file of certificates", () => {
  it("that holds something else is refused by its name and by what has set it, before anything is sent", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const path = join(folder, "key.pem")
    writeFileSync(path, `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`)
    const { run, user } = place("authority", { user: `ca_file: ${path}\n` })
    const list = `feishu-meetings list ${Scripted.meetingNo}`
    const [file, variable, absent, chinese] = await Promise.all([
      run(list, scripted.environment),
      run(list, { ...scripted.environment, FEISHU_CA_FILE: user }),
      run(list, { ...scripted.environment, FEISHU_CA_FILE: folder }),
      run(`${list} --lang zh`, scripted.environment),
    ])
    assert.include(file.stderr, `error: ${user}:1: ${path}: it holds a private key, and a list of`)
    assert.include(
      variable.stderr,
      `error: FEISHU_CA_FILE: ${user}: it holds no certificate. Nothing was sent`,
    )
    assert.include(absent.stderr, `error: FEISHU_CA_FILE: ${folder} cannot be read (it is a folder, EISDIR)`)
    assert.include(chinese.stderr, `错误：${user}:1: ${path}：其中有私钥`)
    for (const { code, stderr } of [file, variable, absent, chinese]) {
      assert.strictEqual(code, 2)
      assert.notInclude(stderr, secret)
    }
    assert.deepStrictEqual(scripted.queries, [])
  })
})

describe.concurrent("config", () => {
  it("are none, without a word, where the folder is gone and the system knows no home", async () => {
    const homeless = Cli.before(`
      import os from "node:os"; import { syncBuiltinESMExports } from "node:module"
      os.homedir = () => { throw new Error("uv_os_homedir returned ENOENT") }; syncBuiltinESMExports()`)
    const gone = join(folder, "gone")
    const { code, stderr, stdout } = await Cli.shell(
      `mkdir ${gone}; cd ${gone}; rmdir ${gone}; feishu-meetings config path`,
      homeless,
    )
    assert.deepStrictEqual(
      { code, stderr, stdout },
      {
        code: 0,
        stderr: "",
        stdout: "/.config/feishu-meetings/config.yaml\n",
      },
    )
  })

  it("init writes a file for its owner alone, all of it explained and nothing set, and never overwrites it", async () => {
    const { run, user } = place("init", {})
    const first = await run(
      "feishu-meetings config init && feishu-meetings config path && feishu-meetings config show",
    )
    assert.strictEqual(first.code, 0)
    assert.include(first.stdout, `Wrote ${user}`)
    assert.include(first.stdout, `\n${user}\n`)
    assert.strictEqual(statSync(user).mode & 0o777, 0o600)
    // Every line of it is right once its # is gone.
    writeFileSync(
      user,
      readFileSync(user, "utf8")
        .replaceAll(/^#(?=[a-z_]+:)/gm, "")
        .replace(/^app_secret_file.*$/m, ""),
    )
    const second = await run("feishu-meetings config show; feishu-meetings config init")
    assert.match(second.stdout, /^lang +en +user file /m)
    assert.strictEqual(second.code, 2)
    assert.include(second.stderr, `${user} already exists`)
  })

  it("init writes the file in Chinese, too, and every line of that is right", async () => {
    const { run, user } = place("init-in-chinese", {})
    const { code, stdout, stderr } = await run(
      `feishu-meetings config init --lang zh && sed -i '/^#app_secret_file/d; s/^#\\([a-z_]*:\\)/\\1/' ${user} && feishu-meetings config show`,
    )
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.include(stdout, `已生成 ${user}：`)
    assert.match(stdout, /^lang +zh +用户文件 /m)
  })

  it("show says how long a secret is and where it comes from, in a table", async () => {
    const { run, user } = place("show", {
      user: `app_secret: "${secret}"\nhttps_proxy: http://me:${secret}@proxy.example:3128\n`,
    })
    const { stdout, stderr } = await run("feishu-meetings config show --lang zh")
    assert.match(stdout, /^lang +zh +选项 --lang$/m)
    assert.match(stdout, new RegExp(`^app_secret +已设置，22 个字符 +用户文件 ${user} 第 1 行$`, "m"))
    assert.match(stdout, /^https_proxy +http:\/\/me:\*\*\*@proxy\.example:3128 /m)
    assert.notInclude(stdout + stderr, secret)
  })
})

describe.concurrent("secrets", () => {
  it("come from a file, from standard input, or from the user's file; the stronger of a token and an app counts", async () => {
    const file = join(folder, "secret")
    writeFileSync(file, `${feishu.appSecret}\n`)
    const number = feishu.meetingNos[0]!
    const { run } = place("stronger", { user: `access_token: t-not-this-one\nbase_url: ${feishu.url}\n` })
    const list = `feishu-meetings list ${number} --app-id ${feishu.appId} --summary json`
    const all = await Promise.all([
      run(`${list} --app-secret-file ${file}`),
      run(`${list} --app-secret-file - <${file}`),
      run(list, { FEISHU_APP_SECRET_FILE: file }),
    ])
    for (const end of all) assert.strictEqual(Cli.summaryOf(end).status, "complete", end.stderr)
  })

  it("come as people paste them, by a file, by the environment and by the user's file; what is none names its place", async () => {
    const number = feishu.meetingNos[0]!
    const [powershell, quoted, wrong] = ["16", "quoted", "wrong"].map((name) => join(folder, `key-${name}`))
    writeFileSync(powershell!, Buffer.from(`\ufeff${feishu.appSecret}\r\n`, "utf16le"))
    writeFileSync(quoted!, `export FEISHU_APP_SECRET="${feishu.appSecret}"\n`)
    writeFileSync(wrong!, "not a secret\n")
    const { run, user } = place("pasted", {
      user: `base_url: ${feishu.url}\napp_id: '"${feishu.appId}"'\napp_secret: '"${feishu.appSecret}"'\n`,
    })
    const list = `feishu-meetings list ${number} --max-items 1`
    const url = `${feishu.url}/open-apis`
    const fine = await Promise.all([
      run(list),
      run(`${list} --app-secret-file ${powershell}`),
      run(`${list} --app-secret-file - <${powershell}`),
      run(list, { FEISHU_APP_SECRET_FILE: quoted! }),
      run(list, {
        FEISHU_BASE_URL: `"${url}"`,
        FEISHU_APP_ID: `'${feishu.appId}'`,
        FEISHU_APP_SECRET: `"${feishu.appSecret}"`,
      }),
    ])
    for (const { code, stderr, stdout } of fine) {
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(Cli.ids(stdout), 1)
    }
    const refused = await Promise.all([
      run(`${list} --app-secret-file ${wrong}`),
      run(list, { FEISHU_APP_SECRET: "not a secret" }),
      run(list, { FEISHU_ACCESS_TOKEN: "Bearer t-a b" }),
      run(`${list} --app-id 'cli a'`),
      run(list, { FEISHU_APP_ID: "B".repeat(32) }),
      run(`${list} --lang zh`, { FEISHU_ACCESS_TOKEN: feishu.appId }),
      run("feishu-meetings config show --json"),
    ])
    const told = refused.map(({ stderr }) => stderr.split("\n")[0])
    assert.deepStrictEqual(told.slice(0, 6), [
      `error: --app-secret-file ${wrong}: it has blanks or line breaks. Nothing was sent`,
      "error: FEISHU_APP_SECRET: it has blanks or line breaks. Nothing was sent",
      "error: FEISHU_ACCESS_TOKEN: it has blanks or line breaks. Nothing was sent",
      "error: config: --app-id: has blanks or line breaks. Nothing was sent",
      "error: config: FEISHU_APP_ID: looks like an app secret, not an app id. Nothing was sent",
      "错误：FEISHU_ACCESS_TOKEN：这是 App ID，不是访问凭证。未发送任何请求",
    ])
    const { settings } = JSON.parse(refused[6]!.stdout) as Shown
    assert.deepInclude(settings, {
      app_id: { value: feishu.appId, origin: { from: "user file", path: user, line: 2 } },
    })
    assert.deepInclude(settings["app_secret"] as object, { characters: feishu.appSecret.length })
  })

  it("of a file is shown by no message, not even by that of a bug", async () => {
    const file = join(folder, "token")
    writeFileSync(file, secret)
    await using scripted = await Scripted.start(Scripted.twoPages)
    const broken = `const { stringify } = JSON; JSON.stringify = (value, ...more) => {
      if (value?.meeting_no) throw new Error("no row " + process.env.HINT)
      return stringify(value, ...more)
    }`
    const { code, stderr, stdout } = await Cli.run(
      ["list", Scripted.meetingNo, "--access-token-file", file],
      {
        FEISHU_BASE_URL: scripted.environment["FEISHU_BASE_URL"]!,
        HINT: secret,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
      },
    )
    assert.strictEqual(code, 5)
    assert.include(stderr, "no row <redacted>")
    assert.notInclude(stdout + stderr, secret)
  })

  it("are refused on the command line without being repeated, and where a file has none", async () => {
    const empty = join(folder, "empty")
    writeFileSync(empty, "\n")
    const app = ["list", "337736498", "--app-id", "cli_a"]
    const [typed, spaced, chinese, none, absent, twice, shared, mistaken] = await Promise.all([
      Cli.run([...app, `--app-secret=${secret}`]),
      Cli.run([...app, "--access-token", secret]),
      Cli.run([...app, "--access-token", secret, "--lang", "zh"]),
      Cli.run([...app, "--app-secret-file", empty]),
      Cli.run([...app, "--app-secret-file", join(folder, "absent")]),
      Cli.run(app, { FEISHU_APP_SECRET: secret, FEISHU_APP_SECRET_FILE: empty }),
      Cli.run(["list", "--numbers-from", "-", "--access-token-file", "-"]),
      Cli.run([...app, "--app-secret-file", secret]),
    ])
    for (const { code, stderr, stdout } of [typed, spaced, chinese, none, absent, twice, shared, mistaken]) {
      assert.strictEqual(code, 2)
      assert.notInclude(stdout + stderr, secret)
    }
    assert.include(typed.stderr, "Put it into FEISHU_APP_SECRET, or into a file for --app-secret-file")
    assert.include(spaced.stderr, "Put it into FEISHU_ACCESS_TOKEN")
    assert.include(chinese.stderr, "命令行上的密钥会被他人看到")
    assert.include(none.stderr, `${empty} is empty`)
    assert.include(absent.stderr, "absent cannot be read (there is no such file, ENOENT)")
    assert.include(twice.stderr, "both FEISHU_APP_SECRET and FEISHU_APP_SECRET_FILE are set")
    assert.include(mistaken.stderr, "looks like the secret itself")
    assert.include(shared.stderr, "both the numbers and a secret")
  })
})

describe.concurrent("mock", () => {
  it("is feishu-mock under this name: its help, its seed, its exit codes, and it serves until it is stopped", async () => {
    const seeds = join(folder, "seeds")
    mkdirSync(seeds)
    const [help, wrong, seed] = await Promise.all([
      Cli.run(["mock", "--help"]),
      Cli.run(["mock", "--port", "x"]),
      Cli.shell(`cd ${seeds}; feishu-meetings mock init && feishu-meetings mock validate feishu.yaml`),
    ])
    assert.include(help.stdout, "feishu-meetings mock init && feishu-meetings mock --seed feishu.yaml")
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, "See feishu-meetings mock --help")
    assert.strictEqual(seed.code, 0)
    assert.include(seed.stdout, "feishu-meetings mock --seed feishu.yaml")

    const child = Cli.start(["mock", "--port", "0", "--json", "--seed", join(seeds, "feishu.yaml")])
    const end = Cli.ended(child)
    const ready = await new Promise<string>((resolve) =>
      child.stdout.once("data", (data) => resolve(String(data))),
    )
    const { url } = JSON.parse(ready) as { readonly url: string }
    assert.strictEqual((await fetch(url)).status, 200)
    child.kill("SIGTERM")
    assert.strictEqual((await end).code, 0)
  })
})
