import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import { createClient } from "@effect-feishu/promise"

await using client = createClient({
  kind: "store app",
  appId: process.env.FEISHU_APP_ID!,
  appSecret: process.env.FEISHU_APP_SECRET!,
  baseUrl: process.env.FEISHU_BASE_URL,
})

// Anyone may send something to the address of the events. Feishu alone knows the verification token of the app.
const verificationToken = process.env.FEISHU_VERIFICATION_TOKEN
if (!verificationToken) throw new Error("Set FEISHU_VERIFICATION_TOKEN.")

interface Pushed {
  readonly token: string
  readonly challenge?: string
  readonly event?: { readonly type: string; readonly app_ticket: string }
}

const events = createServer(async (request, response) => {
  const pushed = (await json(request).catch(() => undefined)) as Pushed | undefined
  if (pushed?.token !== verificationToken) return response.writeHead(403).end()
  if (pushed.event?.type === "app_ticket") await client.pushAppTicket(pushed.event.app_ticket)
  // The console checks the address with a challenge, which has to come back.
  response.setHeader("content-type", "application/json").end(JSON.stringify({ challenge: pushed.challenge }))
}).listen(Number(process.env.PORT ?? 8080), "127.0.0.1")

// Each read names its tenant, and gets a token of that tenant.
for (const tenantKey of process.env.TENANT_KEYS!.split(",")) {
  const request = { meetingNo: "337736498", range: { from: "30d" }, tenantKey }
  for await (const meeting of client.stream(request)) console.log(tenantKey, meeting.id, meeting.topic)
}
events.close()
