import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Layer, Redacted, Stream } from "effect"
import { AccessToken, AppTicket, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

interface Pushed {
  readonly token: string
  readonly challenge?: string
  readonly event?: { readonly type: string; readonly app_ticket: string }
}

const events = Effect.gen(function* () {
  const tickets = yield* AppTicket.AppTicket
  const verificationToken = Redacted.value(yield* Config.Redacted("FEISHU_VERIFICATION_TOKEN"))
  const port = yield* Config.Port("PORT").pipe(Config.withDefault(8080))
  const server = createServer(async (request, response) => {
    const pushed = (await json(request).catch(() => undefined)) as Pushed | undefined
    if (pushed?.token !== verificationToken) return response.writeHead(403).end()
    if (pushed.event?.type === "app_ticket")
      await Effect.runPromise(tickets.push(Secret.appTicket(pushed.event.app_ticket)))
    response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify({ challenge: pushed.challenge }))
  })
  yield* Effect.acquireRelease(
    Effect.sync(() => server.listen(port, "127.0.0.1")),
    () => Effect.sync(() => server.close()),
  )
})

const program = Effect.gen(function* () {
  yield* events
  const meetings = yield* Meetings.Meetings
  for (const tenantKey of (yield* Config.String("TENANT_KEYS")).split(",")) {
    yield* meetings.stream({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } }).pipe(
      Stream.runForEach((meeting) => Console.log(tenantKey, meeting.id, meeting.topic)),
      Effect.provideService(AccessToken.CurrentTenant, tenantKey),
    )
  }
}).pipe(Effect.scoped)

const layer = Layer.unwrap(
  Effect.gen(function* () {
    const credentials = AccessToken.storeApp({
      appId: yield* Config.String("FEISHU_APP_ID"),
      appSecret: Secret.appSecret(yield* Config.Redacted("FEISHU_APP_SECRET")),
    })
    return Meetings.layer({ credentials, baseUrl: process.env.FEISHU_BASE_URL })
  }),
).pipe(Layer.provide(NodeHttp.layer()), Layer.provideMerge(AppTicket.layer))

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
