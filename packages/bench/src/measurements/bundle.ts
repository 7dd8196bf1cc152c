/** The size that the packages add to an application, bundled, minified and gzipped. */
import { gzipSync } from "node:zlib"
import { build, type BuildOptions } from "esbuild"
import { attempt, report } from "../Measurement.ts"
import * as Published from "../Published.ts"

using installed = Published.install()

const stream = (importHttp: string, provideHttp: string) => `
  import * as AccessToken from "@effect-feishu/core/AccessToken"
  import * as Meetings from "@effect-feishu/core/Meetings"
  import * as Secret from "@effect-feishu/core/Secret"
  import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
  import * as Console from "effect/Console"
  import * as Effect from "effect/Effect"
  import * as Layer from "effect/Layer"
  import * as Stream from "effect/Stream"
  ${importHttp}

  const layer = Meetings.layer({ credentials: AccessToken.given(Secret.accessToken("t-1")) })${provideHttp}
  export const main = Meetings.Meetings.use(({ stream }) =>
    stream({ meetingNo: MeetingNo.make("337736498"), range: { from: "7d" } }).pipe(
      Stream.runForEach((meeting) => Console.log(meeting.topic)),
    ),
  ).pipe(Effect.provide(layer))
`
// One call with everything that `FeishuClient.call` promises; the application brings the HTTP client.
const call = `
  import * as AccessToken from "@effect-feishu/core/AccessToken"
  import * as FeishuClient from "@effect-feishu/core/FeishuClient"
  import { listByNo } from "@effect-feishu/core/Meetings"
  import * as Secret from "@effect-feishu/core/Secret"
  import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
  import * as Effect from "effect/Effect"

  export const main = FeishuClient.FeishuClient.use((client) =>
    client.call(listByNo, { meeting_no: MeetingNo.make("337736498"), start_time: 1, end_time: 2 }),
  ).pipe(
    Effect.provide(FeishuClient.layer({ credentials: AccessToken.given(Secret.accessToken("t-1")) })),
  )
`

const kilobytes = (bytes: number) => bytes / 1000

const bundle = async (contents: string, options: BuildOptions) => {
  const { metafile, outputFiles } = await build({
    ...options,
    stdin: { contents, resolveDir: installed.folder },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
  })
  const { contents: bytes } = outputFiles[0]!
  return {
    minified: kilobytes(bytes.length),
    gzipped: kilobytes(gzipSync(bytes, { level: 9 }).length),
    modules: Object.entries(Object.values(metafile.outputs)[0]!.inputs)
      .map(([path, { bytesInOutput }]) => ({
        name: path.replace(/^.*node_modules\//, ""),
        size: kilobytes(bytesInOutput),
      }))
      .toSorted((a, b) => b.size - a.size),
  }
}

const smallest = await attempt(() => bundle(call, { platform: "neutral" }))
const browser = await attempt(() =>
  bundle(
    stream(
      `import * as FetchHttpClient from "effect/http/FetchHttpClient"`,
      `.pipe(Layer.provide(FetchHttpClient.layer))`,
    ),
    { platform: "browser" },
  ),
)
// The same with Effect alone: a stream of pages, fetched and decoded, without anything that this package promises.
const effect = await attempt(() =>
  bundle(
    `
  import * as Console from "effect/Console"
  import * as Effect from "effect/Effect"
  import * as FetchHttpClient from "effect/http/FetchHttpClient"
  import * as HttpClient from "effect/http/HttpClient"
  import * as HttpClientRequest from "effect/http/HttpClientRequest"
  import * as HttpClientResponse from "effect/http/HttpClientResponse"
  import * as Option from "effect/Option"
  import * as Schema from "effect/Schema"
  import * as Stream from "effect/Stream"

  const Answer = Schema.Struct({
    code: Schema.Literal(0),
    data: Schema.Struct({
      meeting_briefs: Schema.Array(Schema.Struct({ topic: Schema.optionalKey(Schema.String) })),
      page_token: Schema.optionalKey(Schema.String),
    }),
  })
  export const main = Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const pages = Stream.paginate("", (page_token) =>
      client.execute(HttpClientRequest.get("https://open.feishu.cn", { urlParams: { page_token } })).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Answer)),
        Effect.map(({ data }) => [data.meeting_briefs, Option.fromUndefinedOr(data.page_token)]),
      ),
    )
    yield* Stream.runForEach(pages, (meeting) => Console.log(meeting.topic))
  }).pipe(Effect.provide(FetchHttpClient.layer))
`,
    { platform: "browser" },
  ),
)
const node = await attempt(() =>
  bundle(
    stream(`import * as NodeHttp from "@effect-feishu/core/node"`, `.pipe(Layer.provide(NodeHttp.layer()))`),
    { platform: "node", external: ["@effect/platform-node"] },
  ),
)

report([
  {
    what: "one call, its HTTP client left to the application, gzipped",
    value: () => smallest().gzipped,
    unit: "kB",
    goal: 60,
  },
  { what: "every meeting, with fetch, for browsers, gzipped", value: () => browser().gzipped, unit: "kB" },
  {
    what: "every meeting, for Node, without @effect/platform-node, gzipped",
    value: () => node().gzipped,
    unit: "kB",
  },
  {
    what: "Effect's own part of the second, as far as it can be: fetch, Stream, Schema, gzipped",
    value: () => effect().gzipped,
    unit: "kB",
  },
  { what: "the second, minified", value: () => browser().minified, unit: "kB" },
])
// The names of these cells are known only after the build.
report(
  browser()
    .modules.slice(0, 10)
    .map(({ name, size }) => ({ what: `of that, ${name}`, value: () => size, unit: "kB" })),
)
