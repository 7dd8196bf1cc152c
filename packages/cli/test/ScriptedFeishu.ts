/** A server that answers each request as a test says, for answers that a proper Feishu does not give. */
import { createServer, type ServerResponse } from "node:http"
import type { Environment } from "./Cli.ts"

export const meetingNo = "337736498"
export const token = "t-SECRET-OF-THE-TEST"

/** Answers the request; `index` counts them from 0. */
export type Answer = (response: ServerResponse, query: URLSearchParams, index: number) => void

export interface Scripted extends AsyncDisposable {
  readonly environment: Environment
  /** The queries that came. */
  readonly queries: ReadonlyArray<URLSearchParams>
  /** Their paths. */
  readonly paths: ReadonlyArray<string>
  /** Resolves when that many requests have come. */
  readonly received: (requests: number) => Promise<void>
  /** Answers otherwise from now on. */
  readonly answerWith: (answer: Answer) => void
}

export const start = async (first: Answer): Promise<Scripted> => {
  let answer = first
  const queries: Array<URLSearchParams> = []
  const paths: Array<string> = []
  let waiting: Array<{ readonly requests: number; readonly resolve: () => void }> = []
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? "", "http://localhost")
    queries.push(query)
    paths.push(pathname)
    answer(response, query, queries.length - 1)
    waiting = waiting.filter(({ requests, resolve }) => queries.length < requests || resolve())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    environment: { FEISHU_BASE_URL: `http://127.0.0.1:${port}`, FEISHU_ACCESS_TOKEN: token },
    queries,
    paths,
    received: (requests) =>
      new Promise((resolve) => {
        if (queries.length >= requests) resolve()
        else waiting.push({ requests, resolve })
      }),
    answerWith: (other) => {
      answer = other
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json", "x-tt-logid": "20260901LOG" })
  response.end(JSON.stringify(body))
}

/** Rows with the ids from `first` to `last`. */
export const rows = (first: number, last: number, more: Record<string, unknown> = {}) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    id: String(first + index),
    meeting_no: meetingNo,
    topic: "周会",
    ...more,
  }))

export const page = (
  response: ServerResponse,
  meeting_briefs: ReadonlyArray<unknown>,
  page_token?: string,
): void =>
  json(response, {
    code: 0,
    msg: "success",
    data: { has_more: page_token !== undefined, page_token: page_token ?? "", meeting_briefs },
  })

/** Two pages: ids 1 to 50, and 51 to 60. */
export const twoPages: Answer = (response, query) =>
  query.get("page_token") === null ? page(response, rows(1, 50), "second") : page(response, rows(51, 60))
