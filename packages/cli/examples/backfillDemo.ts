/**
 * `npx --yes pnpm@12 backfill:demo`: a backfill of five years of three tenants, from a mock Feishu in this process, into a file. Its
 * runner is killed in the midst, and the next one goes on. The limit is scaled to 30 requests in 3 seconds, so that it takes a minute.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { type Seed, startFeishuMock } from "@effect-feishu/mock-server"

const [requestsAtMost, windowMillis] = [30, 3_000]
const years = 5
const tenants = ["tenant_a", "tenant_b", "tenant_c"] as const
const appOf = (tenant: string) => `cli_demo_${tenant.at(-1)}`
const secretOf = (tenant: string) => `only-for-the-demo-${tenant}`
const numbers = Array.from({ length: 15 }, (_, index) => String(337_736_400 + index))
const meetingsOfNumber = 60

const seed = {
  apps: tenants.map((tenant) => ({
    app_id: appOf(tenant),
    app_secret: secretOf(tenant),
    type: "self_built" as const,
    scopes: ["vc:meeting:readonly"],
    tenants: [tenant] as const,
  })) as unknown as NonNullable<Seed["apps"]>,
  generate: tenants.flatMap((tenant_key) =>
    numbers.map((meeting_no) => ({
      meeting_no,
      count: meetingsOfNumber,
      from: `-${years * 365 - 1}d`,
      to: "-1d",
      participants: 1,
      tenant_key,
    })),
  ),
} satisfies Seed

/** When each tenant's requests for lists arrived. */
const arrived = new Map<string, Array<number>>(tenants.map((tenant) => [tenant, []]))

const feishu = await startFeishuMock({
  seed,
  // Without it nothing older than 90 days is shown.
  ninetyDays: "span",
  // The mock's own limit is that of a minute; here the requests are counted below.
  rateLimit: "off",
  onRequest: ({ operation, tenant }) => {
    if (operation === "meetings.listByNo") arrived.get(tenant ?? "")?.push(performance.now())
  },
})

const folder = mkdtempSync(join(tmpdir(), "feishu-meetings-demo-"))
const table = join(folder, "numbers.csv")
const db = join(folder, "backfill.sqlite")
writeFileSync(
  table,
  ["meeting_no,tenant_key,app_id"]
    .concat(tenants.flatMap((tenant) => numbers.map((number) => `${number},${tenant},${appOf(tenant)}`)))
    .join("\n"),
)

const say = (text: string) => console.log(`\n# ${text}`)
const runner = fileURLToPath(new URL("backfillRunner.ts", import.meta.url))
const command = (...args: ReadonlyArray<string>): ChildProcess => {
  console.log(`$ feishu-meetings backfill ${args.join(" ").replaceAll(`${folder}/`, "")}`)
  return spawn(process.execPath, [runner, "backfill", ...args], {
    cwd: folder,
    env: {
      ...process.env,
      ...Object.fromEntries(
        tenants.map((tenant) => [`FEISHU_APP_SECRET_${appOf(tenant)}`, secretOf(tenant)]),
      ),
      FEISHU_BASE_URL: feishu.url,
      FEISHU_RATE_LIMIT: "600",
    },
    stdio: "inherit",
  })
}
const ended = async (child: ChildProcess): Promise<number | null> => {
  const [code] = await once(child, "exit")
  return code as number | null
}
const rowsNow = () => {
  const file = new DatabaseSync(db, { readOnly: true })
  try {
    return file
      .prepare("select count(*) as written, count(distinct tenant || ' ' || id) as distinctIds from meetings")
      .get() as { readonly written: number; readonly distinctIds: number }
  } finally {
    file.close()
  }
}
/** The most requests of a tenant that arrived within any window of the limit. */
const mostInWindow = (): number =>
  Math.max(
    ...Array.from(arrived.values(), (times) => {
      let [most, from] = [0, 0]
      for (const [index, time] of times.entries()) {
        while (time - times[from]! >= windowMillis) from++
        most = Math.max(most, index - from + 1)
      }
      return most
    }),
  )

const expected = tenants.length * numbers.length * meetingsOfNumber
let isRight = false
try {
  say(`${tenants.length} tenants, ${numbers.length} numbers each, ${years} years: what it costs, and stored`)
  await ended(command("plan", "--numbers-from", table, "--from", `${years * 365}d`, "--db", db))

  say("A runner reads it, and is killed with -9 after 12 seconds")
  const first = command("run", "--db", db)
  const firstEnded = ended(first)
  await setTimeout(12_000)
  first.kill("SIGKILL")
  await firstEnded
  const before = rowsNow()
  say(
    `Killed. ${before.written} meetings are in the table; the mock had ${[...arrived.values()].flat().length} requests`,
  )
  await ended(command("status", "--db", db))

  say("The same command goes on where the rows end, once the requests of the first runner no longer count")
  const code = await ended(command("run", "--db", db))
  await ended(command("status", "--db", db))

  const after = rowsNow()
  const most = mostInWindow()
  isRight =
    code === 0 && after.written === expected && after.distinctIds === expected && most <= requestsAtMost
  say(isRight ? "As promised" : "NOT as promised")
  console.log(`meetings in Feishu         ${expected}`)
  console.log(`meetings before the kill   ${before.written}`)
  console.log(
    `meetings after it          ${after.written}, ${after.written - after.distinctIds} of them twice`,
  )
  console.log(
    `most requests of a tenant  ${most} in any ${windowMillis / 1_000} s; the limit is ${requestsAtMost}`,
  )
} finally {
  await feishu.close()
  rmSync(folder, { recursive: true })
}
process.exitCode = isRight ? 0 : 1
