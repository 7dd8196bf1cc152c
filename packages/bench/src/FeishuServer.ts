/**
 * The server of the measurements, in a process of its own. It answers as Feishu does with as little work as possible, so
 * that the client is what is measured. It takes its options as JSON in its argument, and sends its URL to its parent.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { GetMeeting, ListByNo, ResponseHeaders, TenantAccessToken } from "@effect-feishu/contract"
import { meetingNo, type Options, start } from "./Feishu.ts"

const { keepAnswers, latency, pages, uneven = false, windows } = JSON.parse(process.argv[2]!) as Options

const topics = [
  "产品周会",
  "需求评审",
  "客户需求沟通（上海）",
  "故障复盘：订单延迟",
  "Q3 OKR 对齐",
  "面试：前端工程师",
]

const row = (index: number) =>
  `{"id":"7628568${String(index).padStart(12, "0")}","meeting_no":"${meetingNo}","password":"971024",` +
  `"topic":"${topics[index % topics.length]}","url":"https://vc.feishu.cn/j/${meetingNo}"}`

/** Returns the sum of the ratios of the windows before this one. */
const weightBefore = (window: number) =>
  uneven ? 15 * Math.floor(window / 5) + [0, 2, 6, 7, 12][window % 5]! : window
const pagesBefore = (window: number) => Math.floor((pages * weightBefore(window)) / weightBefore(windows))

/** The details of a meeting, as large as those of one with three participants. */
const details = (id: string): Buffer => {
  const participant = (of: number) =>
    `{"id":"ou_${String(of).padStart(32, "0")}","first_join_time":"1786507200","final_leave_time":"1786510860","in_meeting_duration":"3660","user_type":1,"is_host":${of === 0},"is_cohost":false,"is_external":false,"status":4}`
  return Buffer.from(
    `{"code":0,"msg":"success","data":{"meeting":{"id":"${id}","topic":"${topics[0]}","url":"https://vc.feishu.cn/j/${meetingNo}",` +
      `"meeting_no":"${meetingNo}","password":"971024","create_time":"1786507140","start_time":"1786507200","end_time":"1786510860",` +
      `"host_user":{"id":"ou_${"0".repeat(32)}","user_type":1},"meeting_connect":false,"status":3,"participant_count":"3",` +
      `"participant_count_accumulated":"4","participants":[${[0, 1, 2].map(participant).join(",")}]}}}`,
  )
}

const page = (url: string): Buffer => {
  const query = new URLSearchParams(url.slice(url.indexOf("?")))
  const window = Math.floor((Number(query.get("start_time")) - start) / ListByNo.maxRangeSeconds)
  // The page token is an offset in the window, which is what Feishu's tokens look like.
  const offset = Number(query.get("page_token") ?? 0)
  const first = pagesBefore(window) * ListByNo.maxPageSize + offset
  const next = offset + ListByNo.maxPageSize
  const hasMore = next < (pagesBefore(window + 1) - pagesBefore(window)) * ListByNo.maxPageSize
  const rows = Array.from({ length: ListByNo.maxPageSize }, (_, index) => row(first + index))
  return Buffer.from(
    `{"code":0,"data":{"has_more":${hasMore},"meeting_briefs":[${rows.join(",")}]${hasMore ? `,"page_token":"${next}"` : ""}},"msg":""}`,
  )
}

const kept = new Map<string, Buffer>()

/** The path of the details, before the id. */
const meetings = GetMeeting.path.replace(":meeting_id", "")

const answer = (url: string): Buffer => {
  if (url === TenantAccessToken.internalPath) {
    return Buffer.from(
      `{"code":0,"expire":7200,"msg":"ok","tenant_access_token":"t-g1044qeGEDXTB6NDJOGV4JQCYDGHRBARFTGT1234"}`,
    )
  }
  const id = url.startsWith(meetings) ? /^\d+/.exec(url.slice(meetings.length))?.[0] : undefined
  if (id !== undefined) return details(id)
  if (!keepAnswers) return page(url)
  let body = kept.get(url)
  if (body === undefined) kept.set(url, (body = page(url)))
  return body
}

const server = createServer((request, response) => {
  const body = answer(request.url!)
  const send = () =>
    response
      .writeHead(200, {
        "content-type": "application/json; charset=utf-8",
        "content-length": body.length,
        [ResponseHeaders.logId]: "202612031508327D3E9A1BC4F05A62C78E",
        [ResponseHeaders.requestId]: "0b4f8a52-4a3c-4f8e-9a55-1d2f3e4a5b6c",
      })
      .end(body)
  // The request has to be read to its end: otherwise the connection could not be used again.
  request.resume()
  if (latency === 0) send()
  else setTimeout(send, latency)
})
// Long enough to keep connections open in the pauses between two rounds.
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () =>
  process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
process.on("disconnect", () => process.exit())
