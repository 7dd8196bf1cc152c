/** A run that reads details and recordings, too: what stands in the table after kills, within which limits, and which secrets do not. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AppAccessToken, TenantAccessToken } from "@effect-feishu/contract"
import type { Entry } from "@effect-feishu/mock-server"
import * as Postgres from "../../core/test/Postgres.ts"
import * as Runners from "./Runners.ts"
import * as Table from "./Table.ts"
import * as Tenants from "./Tenants.ts"

/** As Feishu's, but shorter: of details and recordings 50 a second and 1,000 a minute. */
const timing = {
  requests: 60,
  windowMillis: 3_000,
  unansweredRestMillis: 1_000,
  proofMillis: 500,
  commitMillis: 50,
  details: [
    { requests: 30, windowMillis: 3_000 },
    { requests: 10, windowMillis: 300 },
  ],
} satisfies Runners.Options["timing"]

const size = { tenants: 2, numbers: 3, windows: 2, meetings: 24, chaos: 0.04 }

const passwordOfMeeting = "PasswordOfAMeetingThatNothingMayShow"
const passwordOfDatabase = "PasswordOfTheDatabaseThatNothingMayShow"

const isDetails = ({ path }: Entry) => /\/meetings\/\d+$/.test(path)
const isRecording = ({ path }: Entry) => /\/meetings\/\d+\/recording$/.test(path)

const post = async (url: string, body: object) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  })
  return (await response.json()) as Readonly<Record<string, string>>
}

/** Returns all that is secret here. The mock gives a token again as long as it is valid. */
const secretsOf = async ({ feishu, tenantKeys, ticket }: Tenants.Tenants): Promise<ReadonlyArray<string>> => {
  const { appId, appSecret } = Tenants.app
  const { app_access_token: appToken = "" } = await post(feishu.url + AppAccessToken.storePath, {
    app_id: appId,
    app_secret: appSecret,
    app_ticket: ticket,
  })
  const tokens = await Promise.all(
    tenantKeys.map(async (tenant_key) => {
      const answer = await post(feishu.url + TenantAccessToken.storePath, {
        app_access_token: appToken,
        tenant_key,
      })
      return answer["tenant_access_token"] ?? ""
    }),
  )
  const secrets = [appSecret, ticket, appToken, ...tokens, passwordOfMeeting, passwordOfDatabase]
  assert.isTrue(secrets.every((secret) => secret.length > 20))
  return secrets
}

/** Reads everything, killed twice. `dump` returns all that is in the database. */
const read = async (db: string, dump: () => Promise<string> | string) => {
  await using tenants = await Tenants.start({ ...size, mock: { detailsAfter90Days: "found" } })
  const { feishu, meetingNos, range, tenantKeys, ticket } = tenants
  await feishu.calm()
  await feishu.putMeetings(
    tenantKeys.map((tenant_key, index) => ({
      id: `760000000000000000${index}`,
      meeting_no: meetingNos[0]!,
      tenant_key,
      topic: "with a password",
      password: passwordOfMeeting,
      start_time: range.end - 86_400,
      end_time: range.end - 86_400 + 3_600,
      recording: {},
      generate: {},
    })),
  )
  await feishu.chaos({ seed: "details", rate: size.chaos, faults: Tenants.faults })
  await using group = await Runners.make()
  const options = {
    db,
    run: "details",
    timing,
    baseUrl: feishu.url,
    apps: { [Tenants.app.appId]: { appSecret: Tenants.app.appSecret, ticket } },
    env: { PGPASSWORD: passwordOfDatabase },
    ...(db.startsWith("postgres:") && { listen: `127.0.0.1:${await Postgres.freePort()}` }),
  }
  await group.plan(options, {
    lanes: tenantKeys.map((tenantKey) => ({ appId: Tenants.app.appId, tenantKey })),
    meetingNos,
    range,
    details: true,
    participants: true,
    recordings: true,
  })
  let runner = group.start(options)
  for (let kills = 0; kills < 2; kills++) {
    let left = 20
    await Promise.race([
      tenants.until((entry) => isDetails(entry) && entry.code === 0 && --left <= 0),
      runner.ended,
    ])
    assert.isFalse(runner.hasEnded(), runner.output())
    runner.signal("SIGKILL")
    await runner.ended
    runner = group.start(options)
  }
  assert.strictEqual(await runner.ended, 0, runner.output())

  assert.deepStrictEqual(await Table.query(db, "select * from backfill_failures"), [])
  const { seed } = await feishu.snapshot()
  const expected = Table.expected(seed.meetings ?? [])
  assert.deepStrictEqual(await Table.meetings(db), expected)
  const rows = await Table.query(
    db,
    "select tenant, id, start_time, end_time, details_status, details, recording_status, recording from meetings",
  )
  for (const row of rows) {
    const { details } = await feishu.meeting(String(row["id"]))
    const isReady = details?.recording.state === "ready"
    const meeting = JSON.parse(String(row["details"])) as {
      readonly participants?: ReadonlyArray<{ readonly id?: string }>
      readonly participant_count?: string | number
    }
    const recording = row["recording"] === null ? null : JSON.parse(String(row["recording"]))
    assert.deepStrictEqual(
      {
        status: row["details_status"],
        start: row["start_time"],
        end: row["end_time"],
        count: Number(meeting.participant_count),
        people: meeting.participants?.map(({ id }) => id).toSorted(),
        recorded: row["recording_status"],
        url: recording?.url,
      },
      {
        status: "ok",
        start: details?.start_time,
        end: details?.end_time,
        count: details?.participant_count,
        people: details?.participants.map(({ open_id }) => open_id).toSorted(),
        recorded: isReady ? "ok" : "not recorded",
        url: details?.recording.state === "ready" ? details.recording.url : undefined,
      },
    )
  }
  const most = (millis: number, isCounted: (entry: Entry) => boolean) =>
    Math.max(...Object.values(Tenants.mostWithin(tenants.entries, millis, isCounted)))
  assert.isAtMost(most(timing.windowMillis, Tenants.isList), timing.requests)
  const counts = [isDetails, isRecording].map((isCounted) =>
    timing.details.map(({ requests, windowMillis }) => {
      const count = most(windowMillis, isCounted)
      assert.isAtMost(count, requests)
      return count
    }),
  )

  const shown = [await dump(), ...group.all.map((runner) => runner.output())]
  assert.include(shown[0]!, "with a password")
  for (const secret of await secretsOf(tenants)) {
    for (const text of shown) assert.notInclude(text, secret)
  }
  console.log(
    `${rows.length} rows, ${tenants.entries.filter(isDetails).length} requests for details, ` +
      `${tenants.entries.filter(isRecording).length} for recordings, most in windows ${JSON.stringify(counts)}`,
  )
}

describe.concurrent("a run with details and recordings that is killed twice", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "effect-feishu-details-"))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it("B1: has those of the mock in SQLite, within their limits, and no secret", { timeout: 300_000 }, () =>
    read(join(folder, "details.sqlite"), () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), "latin1"))
        .join("\n"),
    ),
  )

  it(
    "B1: has those of the mock in PostgreSQL, within their limits, and no secret",
    { timeout: 300_000 },
    async () => {
      await using postgres = await Postgres.start()
      await read(postgres.url, postgres.dump)
    },
  )
})
