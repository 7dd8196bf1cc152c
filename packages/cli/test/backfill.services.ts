/** `backfill` as users run it: processes, a file, and a mock Feishu. What the engine promises under fire is tested in its package. */
import { once } from "node:events"
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { text } from "node:stream/consumers"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { readXlsx } from "hucre/xlsx"
import { type Options, startFeishuMock } from "@effect-feishu/mock-server"
import { bin } from "./bundle.ts"
import * as Cli from "./Cli.ts"

const secrets = {
  cli_store1234567: "FakeSecretOfTheStoreAppForTests1",
  cli_own123456789: "FakeSecretOfTheOwnAppForTests111",
}

/** 2026-10-01T08:00:00+08:00. */
const today = 1_790_812_800

/** A store app with two tenants, and a self-built one with a tenant of its own; all have meetings of the same number. */
const apps = {
  seed: {
    apps: [
      {
        app_id: "cli_own123456789",
        app_secret: secrets.cli_own123456789,
        type: "self_built",
        scopes: ["vc:meeting:readonly"],
        tenants: ["tenant_own"],
      },
      {
        app_id: "cli_store1234567",
        app_secret: secrets.cli_store1234567,
        type: "store",
        scopes: ["vc:meeting:readonly"],
        tenants: ["tenant_a", "tenant_b"],
      },
    ],
    generate: ["tenant_own", "tenant_a", "tenant_b"].map((tenant_key, index) => ({
      meeting_no: "337736498",
      count: 10 * (index + 1),
      from: "2026-07-10",
      to: "2026-09-30",
      tenant_key,
    })),
  },
  now: today,
} satisfies Options

/** A folder with a mock, and the command in it on that day. */
const place = async (options: Options = apps) => {
  const feishu = await startFeishuMock(options)
  const folder = await mkdtemp(join(tmpdir(), "feishu-meetings-"))
  const environment: Cli.Environment = {
    HOME: folder,
    FEISHU_BASE_URL: feishu.url,
    ...Cli.before(
      `const { now } = Date; const ahead = ${today * 1_000} - now(); Date.now = () => now() + ahead`,
    ),
  }
  const run = (words: string, more: Cli.Environment = {}) =>
    Cli.shell(`cd ${folder}; feishu-meetings backfill ${words}`, { ...environment, ...more })
  const dispose = async () => {
    await feishu.close()
    await rm(folder, { recursive: true })
  }
  return { feishu, folder, environment, run, [Symbol.asyncDispose]: dispose }
}

const ndjson = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The runner of the demo is the command under a limit of 3 seconds: one that takes a lane over waits for it. */
const scaled = `${process.execPath} ${fileURLToPath(new URL("../examples/backfillRunner.ts", import.meta.url))} backfill`

describe("backfill", () => {
  it("reads a store app and one of its own; what fails waits or is listed, another run goes on, and no secret is anywhere", async () => {
    await using here = await place()
    const { environment, feishu, folder, run } = here
    const said: Array<string> = []
    const heard = async (ended: Promise<Cli.Ended>) => {
      const one = await ended
      said.push(one.stdout, one.stderr)
      return one
    }
    const read = (more: Cli.Environment = {}) =>
      heard(Cli.shell(`cd ${folder}; exec ${scaled} run --db b.sqlite`, { ...environment, ...more }))
    await writeFile(
      join(folder, "numbers.csv"),
      "会议号,租户,应用\n337736498,,cli_own123456789\n337736498,tenant_a,cli_store1234567\n337736498,tenant_b,cli_store1234567\n146453285,tenant_b,cli_store1234567\n",
    )
    const own = { FEISHU_APP_SECRET_cli_own123456789: secrets.cli_own123456789 }
    const all = { ...own, FEISHU_APP_SECRET_cli_store1234567: secrets.cli_store1234567 }
    const plan = "plan --numbers-from numbers.csv --from 2026-07-10 --to 2026-09-30 --db b.sqlite"
    const planned = await heard(run(plan))
    assert.deepStrictEqual(
      [planned.code, planned.lastLine],
      [0, 'stored as "default"; read it with: feishu-meetings backfill run --db b.sqlite'],
    )
    assert.match(planned.stdout, /^numbers +4 in 3 lanes \(apps and tenants\), each one 90-day period$/m)

    // Two tenants, and no ticket says that it is a store app.
    const refused = await heard(run(`${plan} --run other`, all))
    assert.strictEqual(refused.code, 2)
    assert.include(
      refused.stderr,
      "has numbers of 2 tenants, but no app ticket: a self-built app has one tenant",
    )

    // One app's secret is not known here: its lanes wait, the other is read. A signal hands over.
    const child = spawn("sh", ["-c", `cd ${folder}; exec ${scaled} run --db b.sqlite`], {
      env: { PATH: process.env["PATH"], TZ: "Asia/Shanghai", ...environment, ...own },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let stderr = ""
    const waits = new Promise<void>((resolve) =>
      child.stderr.on("data", (data) => {
        stderr += String(data)
        if (/tenant_a: waits.*[^]*tenant_b: waits|tenant_b: waits.*[^]*tenant_a: waits/.test(stderr))
          resolve()
      }),
    )
    const closed = once(child, "close")
    await Promise.race([waits, closed])
    const second = await heard(run("run --db b.sqlite", all))
    assert.strictEqual(second.code, 2)
    assert.include(second.stderr, "another process is running a backfill in")
    child.kill("SIGTERM")
    const [code] = await closed
    said.push(stderr)
    assert.strictEqual(code, 143, stderr)
    assert.include(stderr, "there is no app secret for the app cli_store1234567")
    assert.match(
      stderr,
      /^stopped: 10 meetings, 1 of 4 periods of 90 days, it goes on with: feishu-meetings backfill run --db b\.sqlite$/m,
    )
    const status = await heard(run("status --db b.sqlite"))
    assert.match(status.stdout, /^ +cli_own123456789 +100% +10 +done$/m)
    assert.match(status.stdout, /^ +cli_store1234567\/tenant_a +0% +0 +waits until .*no app secret/m)

    // With secret and ticket it goes on; a number that Feishu refuses is listed.
    const ticketFile = join(folder, "ticket.txt")
    const { app_ticket: ticket } = (await (
      await fetch(`${feishu.url}/_mock/app-tickets`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ app_id: "cli_store1234567" }),
      })
    ).json()) as { readonly app_ticket: string }
    await writeFile(ticketFile, `${ticket}\n`)
    const store = { ...all, FEISHU_APP_TICKET_FILE_cli_store1234567: ticketFile }
    const fault = await feishu.addFault({
      operation: "meetings.listByNo",
      when: { matching: { meeting_no: "146453285" } },
      then: { code: 121003 },
    })
    await heard(run("resume --db b.sqlite"))
    const first = await read(store)
    assert.strictEqual(first.code, 1, first.stderr)
    assert.match(
      first.lastLine,
      /^incomplete: 60 meetings, 4 of 4 periods of 90 days, 1 number could not be read; list them with: feishu-meetings backfill failures --db b\.sqlite, the same command reads them again$/,
    )
    const failures = ndjson((await heard(run("failures --db b.sqlite"))).stdout)
    assert.deepStrictEqual(
      failures.map(({ meeting_no, reason, tenant_key }) => [meeting_no, tenant_key, reason]),
      [["146453285", "tenant_b", "RequestRefused"]],
    )
    await feishu.removeFault(fault.id)
    const again = await read(store)
    assert.deepStrictEqual(
      [again.code, again.lastLine],
      [0, "complete: 60 meetings, 4 of 4 periods of 90 days"],
    )

    // What was read, by tenant and month.
    const months = await Promise.all(
      ["", "--month 2026-07", "--month 2026-08", "--month 2026-09"].map(async (month) =>
        ndjson((await heard(run(`export --db b.sqlite ${month}`))).stdout),
      ),
    )
    assert.strictEqual(months[0]!.length, 60)
    assert.strictEqual(
      months.slice(1).reduce((sum, { length }) => sum + length, 0),
      60,
    )
    const ofTenant = await heard(run("export --db b.sqlite --tenant tenant_b --output b.csv"))
    assert.strictEqual(ofTenant.lastLine, "30 meetings, written to b.csv")
    assert.match(await readFile(join(folder, "b.csv"), "utf8"), /^tenant,id,meeting_no,topic,url,note_id,/)
    const contradicted = await heard(run("export --db b.sqlite --format csv --output b.xlsx"))
    assert.include(contradicted.stderr, "--format: csv does not fit the file name b.xlsx")
    const workbook = await heard(run("export --db b.sqlite --output b.xlsx"))
    assert.strictEqual(workbook.lastLine, "60 meetings, written to b.xlsx")
    const { sheets } = await readXlsx(await readFile(join(folder, "b.xlsx")))
    const [head = [], ...rows] = sheets[0]!.rows
    assert.deepStrictEqual(
      rows.map((row) => [row[head.indexOf("tenant")], row[head.indexOf("id")]]),
      months[0]!.map(({ id, tenant }) => [tenant, id]),
    )
    assert.strictEqual(
      new Set(months[0]!.map(({ id, tenant }) => `${String(tenant)} ${String(id)}`)).size,
      60,
    )

    const files = await Promise.all(
      ["b.sqlite", "b.sqlite-wal"].map((name) => readFile(join(folder, name), "latin1").catch(() => "")),
    )
    for (const secret of [...Object.values(secrets), ticket]) {
      for (const text of [...said, ...files]) assert.notInclude(text, secret)
    }
  }, 180_000)

  it("says what is wrong, in both languages: a run or a file that is not there, flags that contradict each other", async () => {
    await using here = await place()
    const { run } = here
    const [none, file, chinese, noApp, series, month, address] = await Promise.all([
      run("status"),
      run("status --db none.sqlite"),
      run("status --db none.sqlite --lang zh"),
      run("plan 337736498 --from 30d --db a.sqlite"),
      run("plan 337736498 --overlap 2d"),
      run("export --db a.sqlite --month 2026-13"),
      run("status --db postgres://me@127.0.0.1:1/db"),
    ])
    assert.deepStrictEqual(
      [none, file, chinese, noApp, series, month, address].map(({ code }) => code),
      [2, 2, 2, 2, 2, 2, 4],
    )
    assert.match(none.stderr, /^error: --db: no database is named.*\nto do: Give --db backfill\.sqlite/)
    assert.match(file.stderr, /none\.sqlite: there is no such file\nto do: Plan a run in it first/)
    assert.match(chinese.stderr, /^错误：.*none\.sqlite：没有这个文件\n建议：请先用 backfill plan/)
    assert.match(noApp.stderr, /--app-id: 1 have no app/)
    assert.match(series.stderr, /^error: --overlap: it is of a series/)
    assert.match(month.stderr, /^error: --month: it is not a month/)
    assert.match(address.stderr, /the server does not answer/)
  })
})

describe("the recording of a backfill in", () => {
  for (const [readme, locale] of [
    ["README.md", "en_GB.UTF-8"],
    ["README.zh-CN.md", "zh_CN.UTF-8"],
  ] as const) {
    // `vitest run --config vitest.services.config.ts packages/cli/test/backfill.services.ts -u` writes what is printed now.
    it(`${readme} is what one sees`, async ({ expect }) => {
      await using here = await place()
      const { environment, folder } = here
      await writeFile(
        join(folder, "numbers.csv"),
        "meeting_no,tenant_key,app_id\n337736498,,cli_own123456789\n146453285,,cli_own123456789\n",
      )
      const type = async (script: string) => {
        const shell = spawn(
          "sh",
          ["-c", script.replaceAll("feishu-meetings ", '"$0" "$1" '), process.execPath, bin],
          {
            cwd: folder,
            env: {
              ...environment,
              PATH: process.env["PATH"],
              TZ: "Asia/Shanghai",
              LANG: locale,
              FEISHU_APP_ID: "cli_own123456789",
              FEISHU_APP_SECRET: secrets.cli_own123456789,
            },
            stdio: ["ignore", "pipe", "pipe"],
          },
        )
        const [data, said] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, "close")])
        return data + said
      }
      const path = fileURLToPath(new URL(`../${readme}`, import.meta.url))
      const whole = await readFile(path, "utf8")
      const [before, , ...after] = whole.split(/(?<=^```console\n\$ cat numbers\.csv\n)(.*?)(?=^```$)/ms)
      const [, recorded = ""] = whole.split(/(?<=^```console\n)(?=\$ cat numbers\.csv\n)/m)
      const commands = recorded
        .slice(0, recorded.indexOf("\n```"))
        .split("\n")
        .filter((line) => line.startsWith("$ "))
      assert.isAbove(commands.length, 4)
      let shown = ""
      for (const [index, line] of commands.entries()) {
        shown += `${index === 0 ? "" : `${line}\n`}${await type(line.slice(2))}`
      }
      assert.match(shown, /10 meetings, 4 of 4 periods of 90 days|10 场会议，时间段 4\/4/)
      await expect(`${before}${shown}${after.join("")}`).toMatchFileSnapshot(path)
      assert.isAbove((await stat(join(folder, "backfill.sqlite"))).size, 0)
    })
  }
})
