/** What these tests read: a number with meetings at known times, far from the bounds of anything. */
import type { ClientEvent, ClientOptions } from "@effect-feishu/promise"
import { type Running, startFeishuMock } from "@effect-feishu/mock-server"

/** The number that all meetings have. */
export const meetingNo = "337736498"

/** The password that all meetings have. */
export const password = "SECRET-971024"

const start = 1_790_000_000
const day = 86_400

/** 170 days, so two windows; and the meetings in it, one each day. */
export const range = { from: start, to: start + 170 * day }
const meetings = Array.from({ length: 165 }, (_, index) => ({
  id: String(7_011_030_664_708_600_000n + BigInt(index)),
  meeting_no: meetingNo,
  topic: `topic ${index}`,
  password,
  start_time: start + index * day + 3_600,
}))
export const ids = meetings.map(({ id }) => id)

/** A mock with these meetings, which lets one look at all of them. */
export const startFeishu = () =>
  startFeishuMock({
    seed: { meetings },
    now: range.to,
    ninetyDays: "span",
    rateLimit: "off",
  })

/** The options for a mock, and the events that its client tells. */
export const optionsFor = ({ appId, appSecret, url }: Running) => {
  const events: Array<ClientEvent> = []
  const options: ClientOptions = { appId, appSecret, baseUrl: url, onEvent: (event) => events.push(event) }
  return {
    events,
    options,
    /** Pages that were asked for. */
    pagesAsked: () =>
      events.filter((event) => event.type === "RequestSent" && event.operation.startsWith("GET")).length,
  }
}

/** What a promise rejects with. */
export const rejected = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it did not reject, but gave ${String(value)}`)
    },
    (error) => error,
  )

/** Some round trips to a server: by then, whatever would send a request by itself has done so. */
export const aWhile = async (url: string): Promise<void> => {
  for (let trips = 0; trips < 20; trips++) await (await fetch(url)).arrayBuffer()
}
