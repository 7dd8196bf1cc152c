/** A mock in a process of its own, what it is compared with, and how much each of them answers. */
import { fork } from "node:child_process"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import autocannon from "autocannon"
import { saidBy } from "./Child.ts"
import { NotMeasured, percentile } from "./Measurement.ts"

/** What to start. */
export type Options =
  /** The mock, with everything on; the limit is counted, but too high to be met. */
  | { readonly kind: "mock"; readonly meetings: number }
  /** A server that answers these bytes whatever it is asked. */
  | { readonly kind: "node:http" | "HttpApi"; readonly body: string }

/** What a server tells when it is there; the last three of a mock. */
export interface Ready {
  readonly url: string
  readonly appId: string
  readonly appSecret: string
  readonly meetingNo: string
}

/** After a collection, in bytes. */
export interface Memory {
  readonly heapUsed: number
  readonly rss: number
}

/** A running server. */
export interface Server extends Ready, Disposable {
  readonly memory: () => Promise<Memory>
}

/** Starts a server in a process of its own, which ends when it is disposed, or with this process. */
export const serve = async (options: Options): Promise<Server> => {
  const server = fork(new URL("./MockServer.ts", import.meta.url), [JSON.stringify(options)])
  const name = `the server of ${options.kind}`
  const ready = await saidBy<Ready>(name, server, (said) => server.once("message", said))
  return {
    ...ready,
    memory: () =>
      saidBy<Memory>(name, server, (said) => {
        server.once("message", said)
        server.send("memory")
      }),
    [Symbol.dispose]: () => void server.kill(),
  }
}

/** What a client of the endpoint sends for the pages of a mock, 20 rows each: up to fifty pages, and the token. */
export interface Pages {
  readonly paths: ReadonlyArray<string>
  readonly headers: Readonly<Record<string, string>>
  /** Of the first page. */
  readonly body: string
}

/** Reads the pages once. */
export const pagesOf = async ({ appId, appSecret, meetingNo, url }: Ready): Promise<Pages> => {
  const answer = await fetch(`${url}${TenantAccessToken.internalPath}`, {
    method: "POST",
    body: JSON.stringify({ app_id: appId, app_secret: appSecret }),
  })
  const { tenant_access_token: token } = (await answer.json()) as { readonly tenant_access_token: string }
  const headers = { authorization: `Bearer ${token}` }
  const now = Math.floor(performance.timeOrigin / 1000)
  const paths: Array<string> = []
  let body = ""
  let pageToken: string | undefined
  do {
    const query = new URLSearchParams({
      meeting_no: meetingNo,
      start_time: String(now - 89 * 86_400),
      end_time: String(now),
      page_size: "20",
      ...(pageToken === undefined ? {} : { page_token: pageToken }),
    })
    const path = `${ListByNo.path}?${query}`
    paths.push(path)
    const page = await (await fetch(`${url}${path}`, { headers })).text()
    body ||= page
    const { data } = JSON.parse(page) as {
      readonly data: { readonly page_token?: string; readonly meeting_briefs: ReadonlyArray<unknown> }
    }
    if (data.meeting_briefs.length !== 20) throw new Error(`a page has ${data.meeting_briefs.length} rows`)
    pageToken = data.page_token
  } while (pageToken !== undefined && paths.length < 50)
  return { paths, headers, body }
}

/** How a server did under load. */
export interface Load {
  readonly requestsPerSecond: number
  /** In microseconds: 99 of 100 answers came sooner. */
  readonly p99: number
}

/**
 * What the answers to a load say, of which `latencies` has the milliseconds of each, and `millis` is from the first request
 * to the last answer. Throws where nothing was answered.
 */
export const loadOf = (latencies: ReadonlyArray<number>, millis: number): Load => {
  if (latencies.length === 0) throw new NotMeasured("no request was answered")
  if (!(millis > 0)) throw new NotMeasured(`all answers came within ${millis} ms`)
  return { requestsPerSecond: (latencies.length / millis) * 1000, p99: percentile(latencies, 99) * 1000 }
}

/** Asks for the pages over ten connections, as fast as the answers come; until a time is over, or a number is reached. */
export const load = async (
  { url }: Ready,
  { headers, paths }: Pages,
  until: { readonly duration: number } | { readonly amount: number },
): Promise<Load> => {
  // Its own percentiles are whole milliseconds, and its duration is rounded up to the next second.
  const latencies: Array<number> = []
  let started = 0
  let last = 0
  const { errors, non2xx } = await new Promise<autocannon.Result>((resolve, reject) => {
    started = performance.now()
    autocannon(
      {
        url,
        connections: 10,
        headers: { ...headers },
        requests: paths.map((path) => ({ method: "GET" as const, path })),
        ...until,
      },
      (error, result) => (error ? reject(error as Error) : resolve(result)),
    ).on("response", (_client, _status, _bytes, millis) => {
      latencies.push(millis)
      last = performance.now()
    })
  })
  if (errors > 0 || non2xx > 0) throw new Error(`${errors} requests failed, ${non2xx} were refused`)
  return loadOf(latencies, last - started)
}
