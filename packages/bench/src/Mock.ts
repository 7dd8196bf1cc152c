/**
 * Starts a mock, or a server that it is compared with, in a process of its own, and measures how it does under load.
 */
import { fork } from "node:child_process"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import autocannon from "autocannon"
import { saidBy } from "./Child.ts"
import { NotMeasured, percentile } from "./Measurement.ts"

/** The server to start. */
export type Options =
  /** The mock, with everything on. Requests count for its rate limit, which is too high to be reached. */
  | { readonly kind: "mock"; readonly meetings: number }
  /** A server that answers every request with these bytes. */
  | { readonly kind: "node:http" | "HttpApi"; readonly body: string }

/** The message of a server that is listening. Only a mock has an app and a meeting number; elsewhere they are empty. */
export interface Ready {
  readonly url: string
  readonly appId: string
  readonly appSecret: string
  readonly meetingNo: string
}

/** The memory of a process after a garbage collection, in bytes. */
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

/** The requests for the pages of a mock: up to fifty pages of 20 rows each, and the headers with the token. */
export interface Pages {
  readonly paths: ReadonlyArray<string>
  readonly headers: Readonly<Record<string, string>>
  /** The body of the first page. */
  readonly body: string
}

/** Reads the pages once, and returns their requests. */
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

/** The performance of a server under load. */
export interface Load {
  readonly requestsPerSecond: number
  /** Microseconds within which 99 of 100 answers arrived. */
  readonly p99: number
}

/**
 * Returns the performance of a server. `latencies` has the milliseconds of each answer; `millis` is the time from the
 * first request to the last answer. Throws if nothing was answered.
 */
export const loadOf = (latencies: ReadonlyArray<number>, millis: number): Load => {
  if (latencies.length === 0) throw new NotMeasured("no request was answered")
  if (!(millis > 0)) throw new NotMeasured(`all answers arrived within ${millis} ms`)
  return { requestsPerSecond: (latencies.length / millis) * 1000, p99: percentile(latencies, 99) * 1000 }
}

/**
 * Requests the pages over ten connections, each as fast as its answers arrive, for a number of seconds or until a number
 * of requests is reached.
 */
export const load = async (
  { url }: Ready,
  { headers, paths }: Pages,
  until: { readonly duration: number } | { readonly amount: number },
): Promise<Load> => {
  // Measured here: autocannon's percentiles are whole milliseconds, and its duration is rounded up to the next second.
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
