/** What OpenTelemetry's instrumentation of undici sees: it listens to the channels of Node that undici publishes to. */
import { channel } from "node:diagnostics_channel"
import { createClient } from "@effect-feishu/promise"
import { assert, it } from "vitest"
import { meetingNo, optionsFor, range, startFeishu } from "./fixture.ts"

interface Published {
  readonly request: { readonly method: string; readonly origin: string; readonly path: string }
  readonly response?: { readonly statusCode: number }
}

it("each request and its answer are published for instrumentations of undici, without a secret", async () => {
  await using feishu = await startFeishu()
  const requests: Array<string> = []
  const onHeaders = (message: unknown) => {
    const { request, response } = message as Published
    const { pathname } = new URL(request.path, request.origin)
    requests.push(`${request.method} ${request.origin}${pathname} ${response!.statusCode}`)
    assert.notInclude(request.path, feishu.appSecret)
  }
  channel("undici:request:headers").subscribe(onHeaders)
  try {
    await using client = createClient(optionsFor(feishu).options)
    await client.page({ meetingNo, range })
  } finally {
    channel("undici:request:headers").unsubscribe(onHeaders)
  }
  assert.deepStrictEqual(
    requests.filter((request) => request.includes(feishu.url)),
    [
      `POST ${feishu.url}/open-apis/auth/v3/tenant_access_token/internal 200`,
      `GET ${feishu.url}/open-apis/vc/v1/meetings/list_by_no 200`,
    ],
  )
})
