/** What the READMEs type to see who was in a meeting is typed here. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { readXlsx } from "hucre/xlsx"
import { startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"

const times = { start_time: "-3d", end_time: "-71h" }
const seed = {
  meetings: [
    {
      id: "7672989999303099091",
      meeting_no: "337736498",
      topic: "周会",
      ...times,
      participants: [
        { open_id: "ou_host", is_host: true },
        { open_id: "ou_late", in_meeting_duration: 2_100 },
        { open_id: "ou_late", in_meeting_duration: 60 },
      ],
    },
    { id: "7672989999303099092", meeting_no: "337736498", topic: "empty", ...times, participants: [] },
    { id: "7672989999303099093", meeting_no: "337736498", topic: "secret", ...times, visible_to: [] },
  ],
}

describe.concurrent("who was in the weekly meeting last month, as typed in", () => {
  for (const readme of ["README.md", "README.zh-CN.md"]) {
    it(`${readme}: a row for each participant, and one for a meeting without any`, async () => {
      const shown = await readFile(new URL(`../../../${readme}`, import.meta.url), "utf8")
      const typed = /^feishu-meetings list .* --participants .*$/m.exec(shown)![0]
      await using feishu = await startFeishuMock({ seed })
      const folder = await mkdtemp(join(tmpdir(), "feishu-meetings-"))
      try {
        const { code, lastLine } = await Cli.shell(`cd ${folder} && ${typed}`, {
          FEISHU_APP_ID: feishu.appId,
          FEISHU_APP_SECRET: feishu.appSecret,
          FEISHU_BASE_URL: feishu.url,
        })
        assert.strictEqual(code, 0)
        assert.match(lastLine, /complete: 3 meetings .*, 5 rows, .*written to attendance\.xlsx/)
        const { sheets } = await readXlsx(await readFile(join(folder, "attendance.xlsx")))
        const [columns = [], ...rows] = sheets[0]!.rows
        const values = rows.map((row) =>
          ["topic", "details_status", "participant_id", "in_meeting_seconds"].map(
            (column) => row[columns.indexOf(column)] ?? null,
          ),
        )
        assert.deepStrictEqual(values, [
          ["周会", "ok", "ou_host", 3_600],
          ["周会", "ok", "ou_late", 2_100],
          ["周会", "ok", "ou_late", 60],
          ["empty", "ok", null, null],
          ["secret", "no permission", null, null],
        ])
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }
})
