/**
 * A raw HTTP server with 5 pages of 20 meetings that fails on page 3, once or for ever. Written without the
 * mock and without Effect, so that neither side can hide the other's mistakes.
 */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** The ways in which page 3 fails. */
export const faults = {
  "HTTP 500": (response: ServerResponse) => {
    response.writeHead(500, { "content-type": "text/plain" }).end("internal server error")
  },
  "429 with reset": (response: ServerResponse) => {
    response
      .writeHead(429, {
        "content-type": "application/json",
        "x-ogw-ratelimit-limit": "100",
        "x-ogw-ratelimit-reset": "1",
      })
      .end(JSON.stringify({ code: 99991400, msg: "request trigger frequency limit" }))
  },
  "200 with code 121001": (response: ServerResponse) => {
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ code: 121001, msg: "internal error" }))
  },
  "reset in mid-body": (response: ServerResponse, body: string) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    response.write(body.slice(0, body.length / 2), () => response.socket!.resetAndDestroy())
  },
  "truncated JSON": (response: ServerResponse, body: string) => {
    response.writeHead(200, { "content-type": "application/json" }).end(body.slice(0, body.length / 2))
  },
  HTML: (response: ServerResponse) => {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<html><head><style>p { color: red }</style></head><body><p>Please log in</p></body></html>")
  },
} as const

/** One of them. */
export type Fault = keyof typeof faults

/** The ids of all meetings, in order. */
export const ids = Array.from({ length: 100 }, (_, index) =>
  String(7_011_030_664_708_600_000n + BigInt(index)),
)

/** The number that they all have. */
export const meetingNo = "337736498"

const pageSize = 20

const page = (number: number) =>
  JSON.stringify({
    code: 0,
    msg: "success",
    data: {
      has_more: number < 5,
      page_token: number < 5 ? String(number * pageSize) : "",
      meeting_briefs: ids
        .slice((number - 1) * pageSize, number * pageSize)
        .map((id) => ({ id, meeting_no: meetingNo, topic: "每周例会", password: "971024" })),
    },
  })

/** A server that can be broken and healed. */
export interface FaultyFeishu extends AsyncDisposable {
  readonly url: string
  /** Page 3 fails in this way so many times more. */
  readonly fail: (fault: Fault, times: number) => void
  readonly heal: () => void
}

/** Listens on loopback, on any free port unless one is given. */
export const start = async (port = 0): Promise<FaultyFeishu> => {
  let failing: { readonly fault: Fault; times: number } | undefined
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://localhost")
    if (url.pathname.startsWith("/open-apis/auth/")) {
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ code: 0, msg: "ok", tenant_access_token: "t-faulty", expire: 7200 }))
      return
    }
    const number = Number(url.searchParams.get("page_token") ?? 0) / pageSize + 1
    const body = page(number)
    if (number === 3 && failing !== undefined && failing.times-- > 0) faults[failing.fault](response, body)
    else response.writeHead(200, { "content-type": "application/json" }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (fault, times) => (failing = { fault, times }),
    heal: () => (failing = undefined),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
