/**
 * Prints what a reader is left with when page 3 of 5 fails: this package beside the official SDK's iterator,
 * against the same raw server. Run by `pnpm faults`.
 */
import * as Lark from "@larksuiteoapi/node-sdk"
import { Console, Effect, Layer, References, Stream } from "effect"
import { AccessToken, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as FastClock from "./FastClock.ts"
import * as FaultyFeishu from "./FaultyFeishu.ts"

// Lines of the SDK's logger, and our warnings about the rate limit, would be printed between the rows of the table.
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, trace: () => {} }

const bySdk = async (url: string): Promise<string> => {
  const client = new Lark.Client({ appId: "cli_faulty", appSecret: "secret", domain: url, logger: silent })
  let rows = 0
  try {
    const pages = await client.vc.v1.meeting.listByNoWithIterator({
      params: {
        meeting_no: FaultyFeishu.meetingNo,
        start_time: "1790000000",
        end_time: "1792000000",
        page_size: 20,
      },
    })
    for await (const page of pages) rows += page?.meeting_briefs?.length ?? 0
    return outcome(rows, rows === FaultyFeishu.ids.length ? "complete" : "**ends as if complete**")
  } catch (error) {
    return outcome(rows, `error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const byUs = (url: string): Promise<string> => {
  let rows = 0
  return Effect.gen(function* () {
    const meetings = yield* Meetings.Meetings
    yield* meetings
      .stream({ meetingNo: MeetingNo.make(FaultyFeishu.meetingNo), range: { from: "30d" }, pageSize: 20 })
      .pipe(Stream.runForEach(() => Effect.sync(() => rows++)))
    return outcome(rows, "complete")
  }).pipe(
    Effect.catchTag("FeishuError", ({ cursor, reason }) =>
      Effect.succeed(outcome(rows, `\`${reason._tag}\`${cursor === undefined ? "" : ", with a cursor"}`)),
    ),
    Effect.provide(
      Meetings.layer({
        baseUrl: url,
        credentials: AccessToken.selfBuiltApp({ appId: "cli_faulty", appSecret: Secret.appSecret("secret") }),
      }).pipe(Layer.provide(NodeHttp.layer()), Layer.provideMerge(FastClock.layer(20))),
    ),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.runPromise,
  )
}

const outcome = (rows: number, end: string) => `${rows} rows, ${end}`

const program = Effect.gen(function* () {
  yield* Console.log("| page 3 of 5 answers | official SDK 1.74.0 | effect-feishu |\n|---|---|---|")
  for (const fault of Object.keys(FaultyFeishu.faults) as Array<FaultyFeishu.Fault>) {
    for (const [often, times] of [
      ["once", 1],
      ["every time", Number.POSITIVE_INFINITY],
    ] as const) {
      const measured: Array<string> = []
      for (const read of [bySdk, byUs]) {
        measured.push(
          yield* Effect.promise(async () => {
            await using server = await FaultyFeishu.start()
            server.fail(fault, times)
            return await read(server.url)
          }),
        )
      }
      yield* Console.log(`| ${fault}, ${often} | ${measured.join(" | ")} |`)
    }
  }
})

await Effect.runPromise(program)
