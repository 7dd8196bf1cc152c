import * as Lark from "@larksuiteoapi/node-sdk"

/** Where Feishu is, and which app reads. */
export interface App {
  readonly appId: string
  readonly appSecret: string
  readonly url: string
}

// It would print the failure of a page. The loop below does not see that failure.
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, trace: () => {} }

/** Reads the last 30 days of a meeting number with the official SDK. */
export const officialSdk = async function* ({ appId, appSecret, url }: App, meetingNo: string) {
  const client = new Lark.Client({ appId, appSecret, domain: url, logger: silent })
  const now = Math.floor(Date.now() / 1_000)
  const pages = await client.vc.v1.meeting.listByNoWithIterator({
    params: {
      meeting_no: meetingNo,
      start_time: String(now - 30 * 86_400),
      end_time: String(now),
      page_size: 20,
    },
  })
  for await (const page of pages) yield* page?.meeting_briefs ?? []
}
