/** The programs that the READMEs show, as their readers run them. */
import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { Effect } from "effect"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"
import * as OtlpReceiver from "./OtlpReceiver.ts"

const root = new URL("../../../", import.meta.url)
const programs = ["packages/core/examples/stream.ts", "packages/promise/examples/stream.ts"]
const attendance = ["packages/core/examples/attendance.ts", "packages/promise/examples/attendance.ts"]

describe("the READMEs", () => {
  /** Runs a program against a mock, and returns its lines. */
  const linesOf = async (
    program: string,
    options: Parameters<typeof startFeishuMock>[0],
    env: Readonly<Record<string, string>> = {},
  ) => {
    await using feishu = await startFeishuMock(options)
    const { stderr, stdout } = await promisify(execFile)(
      process.execPath,
      [new URL(program, root).pathname],
      {
        env: {
          ...process.env,
          FEISHU_APP_ID: feishu.appId,
          FEISHU_APP_SECRET: feishu.appSecret,
          FEISHU_BASE_URL: feishu.url,
          ...env,
        },
      },
    )
    assert.strictEqual(stderr, "")
    return stdout.trim().split("\n")
  }

  for (const program of attendance) {
    it(`their program ${program} prints everybody who took part in the meetings of the mock`, async () => {
      const [start, end] = [{ start_time: "-3d" }, { end_time: "-71h" }]
      const seed = {
        meetings: [
          {
            id: "7672989999303099091",
            meeting_no: "337736498",
            topic: "weekly",
            ...start,
            ...end,
            participants: [
              { open_id: "ou_host", is_host: true },
              { open_id: "ou_late", in_meeting_duration: 2_100 },
            ],
          },
          {
            id: "7672989999303099092",
            meeting_no: "337736498",
            topic: "secret",
            ...start,
            ...end,
            visible_to: [],
          },
        ],
      }
      const lines = await linesOf(program, { seed })
      assert.deepStrictEqual(
        lines.map((line) => line.replace(/^\d{10} /, "")),
        ["weekly ou_host 3600", "weekly ou_late 2100", "7672989999303099092 secret NoPermission"],
      )
    })
  }

  for (const program of programs) {
    it(`their program ${program} prints every meeting of the mock`, async () => {
      const lines = await linesOf(program, { days: 29 })
      assert.isAbove(lines.length, 50)
      assert.isTrue(lines.every((line) => /^\d{19} /.test(line)))
    })
  }

  for (const program of ["packages/core/examples/signIn.ts", "packages/promise/examples/signIn.ts"]) {
    it(`their program ${program} signs in once, and reads as that user from then on`, async () => {
      const me = { open_id: "ou_me", name: "Li" }
      const meeting = (id: string, participants: ReadonlyArray<{ open_id: string }>) => ({
        id,
        meeting_no: "337736498",
        topic: "weekly",
        start_time: "-3d",
        end_time: "-71h",
        participants,
      })
      const seed = {
        users: [me],
        meetings: [
          meeting("7672989999303099091", [{ open_id: "ou_me" }]),
          meeting("7672989999303099092", [{ open_id: "ou_other" }]),
        ],
      }
      await using feishu = await startFeishuMock({ seed })
      const folder = await mkdtemp(join(tmpdir(), "effect-feishu-readme-"))
      const run = () => {
        const child = spawn(process.execPath, [new URL(program, root).pathname], {
          cwd: folder,
          env: {
            ...process.env,
            FEISHU_APP_ID: feishu.appId,
            FEISHU_APP_SECRET: feishu.appSecret,
            FEISHU_BASE_URL: feishu.url,
          },
          stdio: ["ignore", "pipe", "pipe"],
        })
        return { child, printed: Promise.all([text(child.stdout), text(child.stderr)]) }
      }
      const first = run()
      const [asked] = (await once(first.child.stderr, "data")) as [Buffer]
      const [, userCode] = /^Open \S+ and enter (\S+)\n$/.exec(String(asked)) ?? []
      assert.isDefined(userCode)
      await feishu.decideDevice({ user_code: userCode!, open_id: me.open_id })
      assert.deepStrictEqual((await first.printed)[0], "7672989999303099091 weekly\n")
      assert.deepStrictEqual(await run().printed, ["7672989999303099091 weekly\n", ""])
      await rm(folder, { recursive: true })
    })
  }

  it("the program telemetry.ts prints the meetings of its numbers, and exports spans and metrics", async () => {
    const meeting = (id: string, meeting_no: string) => ({
      id,
      meeting_no,
      topic: "weekly",
      start_time: "-3d",
    })
    const seed = {
      meetings: [meeting("7672989999303099091", "337736498"), meeting("7672989999303099092", "146453285")],
    }
    const exported = Effect.gen(function* () {
      const receiver = yield* OtlpReceiver.start
      const lines = yield* Effect.promise(() =>
        linesOf(
          "packages/core/examples/telemetry.ts",
          { seed },
          { FEISHU_MEETING_NOS: "337736498, 146-453-285", OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
        ),
      )
      return { lines, metrics: receiver.metrics(), spans: receiver.spans() }
    })
    const { lines, metrics, spans } = await Effect.runPromise(Effect.scoped(exported))
    assert.deepStrictEqual(lines, [
      "337736498 7672989999303099091 weekly",
      "146453285 7672989999303099092 weekly",
    ])
    assert.includeMembers(
      spans.map(({ name }) => name),
      ["nightly", "FeishuClient.call", "GET /open-apis/vc/v1/meetings/list_by_no"],
    )
    assert.includeMembers(
      metrics.map(({ name }) => name),
      ["http.client.request.duration", "feishu.client.rate_limit.remaining"],
    )
  })
})
