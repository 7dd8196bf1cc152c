/** What the contenders read, and how a measurement starts a server that has it. */
import { fork } from "node:child_process"
import { ListByNo, MeetingNo } from "@effect-feishu/contract"
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import { saidBy } from "./Child.ts"

/** How much there is to read, and how the server answers. */
export interface Options {
  /** Windows of 90 days. */
  readonly windows: number
  /** Pages of 50 rows, spread over the windows. */
  readonly pages: number
  /** Whether windows have 2, 4, 1, 5 and 3 times as many pages in turns; else all as many, as far as that goes. */
  readonly uneven?: boolean
  /** Milliseconds before each answer. */
  readonly latency: number
  /** Whether answers are kept to be sent again; else each page is made as it is asked for. */
  readonly keepAnswers: boolean
}

/** The meeting number that has them all. */
export const meetingNo = MeetingNo.make("337736498")

/** The app; the server takes any. */
export const app = { appId: "cli_a1b2c3d4e5f60789", appSecret: "bench" }

/** Unix seconds at which the first window starts: 2020-01-01. */
export const start = 1_577_836_800

/** The range that has so many windows. */
export const rangeOf = ({ windows }: Options) => ({ start, end: start + windows * ListByNo.maxRangeSeconds })

/** Rows of all pages together. */
export const rowsOf = ({ pages }: Options): number => pages * ListByNo.maxPageSize

/** Starts a server in a process of its own, which ends when it is disposed, or with this process. */
export const serve = async (options: Options): Promise<{ readonly url: string } & Disposable> => {
  const server = fork(new URL("./FeishuServer.ts", import.meta.url), [JSON.stringify(options)])
  const url = await saidBy<string>("the server", server, (said) => server.once("message", said))
  return { url, [Symbol.dispose]: () => void server.kill() }
}

/** Our client of that server, which stays below a limit of its own making. */
export const meetings = (url: string) =>
  Meetings.layer({
    baseUrl: url,
    credentials: AccessToken.selfBuiltApp({ ...app, appSecret: Secret.appSecret(app.appSecret) }),
    rateLimit: { requests: 1_000_000 },
  })
