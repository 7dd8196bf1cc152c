/** The meetings that the contenders read, and how a measurement starts a server with them. */
import { fork } from "node:child_process"
import { GetMeeting, ListByNo, MeetingNo, TenantAccessToken } from "@effect-feishu/contract"
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import { saidBy } from "./Child.ts"

/** The amount of meetings, and how the server answers. */
export interface Options {
  /** The number of windows of 90 days. */
  readonly windows: number
  /** The number of pages of 50 rows, in all windows together. */
  readonly pages: number
  /**
   * True when the numbers of pages in successive windows are in the ratio 2 : 4 : 1 : 5 : 3. Otherwise all windows have
   * the same number of pages, or differ by one.
   */
  readonly uneven?: boolean
  /** Milliseconds that the server waits before each answer. */
  readonly latency: number
  /** True when the server keeps its answers to send them again. Otherwise it makes each page when it is requested. */
  readonly keepAnswers: boolean
}

/** The meeting number of all meetings. */
export const meetingNo = MeetingNo.make("337736498")

/** The app that reads; the server accepts any. */
export const app = { appId: "cli_a1b2c3d4e5f60789", appSecret: "bench" }

/** Unix seconds at which the first window starts: 2020-01-01. */
export const start = 1_577_836_800

/** Returns the range that has this many windows. */
export const rangeOf = ({ windows }: Options) => ({ start, end: start + windows * ListByNo.maxRangeSeconds })

/** Returns the number of rows on all pages together. */
export const rowsOf = ({ pages }: Options): number => pages * ListByNo.maxPageSize

/** Starts a server in a process of its own, which ends when it is disposed, or with this process. */
export const serve = async (options: Options): Promise<{ readonly url: string } & Disposable> => {
  const server = fork(new URL("./FeishuServer.ts", import.meta.url), [JSON.stringify(options)])
  const url = await saidBy<string>("the server", server, (said) => server.once("message", said))
  return { url, [Symbol.dispose]: () => void server.kill() }
}

/** Returns a token of that server, for contenders without a client of their own. */
export const tokenOf = async (url: string): Promise<string> => {
  const answer = await fetch(`${url}${TenantAccessToken.internalPath}`, { method: "POST" })
  return ((await answer.json()) as { readonly tenant_access_token: string }).tenant_access_token
}

/** Returns our client of that server. It keeps its rate limit, which is too high to be reached. */
export const meetings = (url: string) =>
  Meetings.layer({
    baseUrl: url,
    credentials: AccessToken.selfBuiltApp({ ...app, appSecret: Secret.appSecret(app.appSecret) }),
    rateLimit: {
      requests: 1_000_000,
      operations: { [`GET ${GetMeeting.path}`]: [{ requests: 1_000_000, window: "1 minute" }] },
    },
  })
