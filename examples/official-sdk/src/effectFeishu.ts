import { createClient } from "@effect-feishu/promise"
import type { App } from "./officialSdk.ts"

/** Reads the last 30 days of a meeting number, or what is left of them after a cursor. */
export const effectFeishu = async function* (
  { appId, appSecret, url }: App,
  meetingNo: string,
  cursor?: string,
) {
  await using client = createClient({ appId, appSecret, baseUrl: url })
  const request = { meetingNo, range: { from: "30d" }, pageSize: 20 }
  yield* client.stream(cursor === undefined ? request : { cursor })
}
