import { type Client, FeishuError, type From } from "@effect-feishu/promise"
import { type Context, Hono } from "hono"
import { stream } from "hono/streaming"

/** What a visitor requests: a number since `from`, or the rest after a cursor. The read ends when the visitor leaves. */
const fromOf = (c: Context): From => {
  const { signal } = c.req.raw
  const cursor = c.req.query("cursor")
  if (cursor !== undefined) return { cursor, signal }
  return { meetingNo: c.req.param("meetingNo") ?? "", range: { from: c.req.query("from") ?? "30d" }, signal }
}

/** The answer to an error: only what visitors can mend has a message for them. */
const answerTo = ({ cursor, logId, message, reason }: FeishuError) => {
  switch (reason) {
    case "InvalidRequest":
    case "CursorUnusable":
    case "RangeTooOld":
      return { status: 400, body: { reason, message } } as const
    case "RateLimited":
    case "QuotaExceeded":
      return { status: 503, body: { reason, cursor } } as const
    default:
      return { status: 502, body: { reason, cursor, logId } } as const
  }
}

/**
 * The routes. All of them share the client: its reads share one rate limit and one token.
 *
 * @param log Gets what only the operator can mend.
 */
export const makeApp = (client: Client, log: (message: string) => void): Hono => {
  /** The answer to an error, which the operator sees, too, unless it is the visitor's. */
  const answer = (error: FeishuError) => {
    const answer = answerTo(error)
    if (answer.status !== 400) log(error.message)
    return answer
  }
  const app = new Hono()

  // A page, and the cursor of the next one.
  app.get("/meetings/:meetingNo", async (c) => {
    const { cursor, meetings } = await client.page(fromOf(c))
    return c.json({ meetings, cursor })
  })

  // Every meeting as a line of JSON. The last line says how it ended: a stream without it was cut off.
  app.get("/meetings/:meetingNo/ndjson", async (c) => {
    const meetings = client.stream(fromOf(c))[Symbol.asyncIterator]()
    // A failure before the first meeting has a status of HTTP.
    const first = await meetings.next()
    c.header("Content-Type", "application/x-ndjson")
    return stream(c, async (lines) => {
      const write = (line: unknown) => lines.writeln(JSON.stringify(line))
      try {
        for (let next = first; next.done !== true; next = await meetings.next()) await write(next.value)
        await write({ complete: true })
      } catch (error) {
        // The visitor has left, and nobody reads a last line.
        if (c.req.raw.signal.aborted) return
        if (!(error instanceof FeishuError)) throw error
        await write({ complete: false, ...answer(error).body })
      }
    })
  })

  app.onError((error, c) => {
    // The visitor has left: nobody reads the answer.
    if (c.req.raw.signal.aborted) return c.body(null)
    if (!(error instanceof FeishuError)) throw error
    const { body, status } = answer(error)
    if (error.retryAfterMillis !== undefined)
      c.header("Retry-After", String(Math.ceil(error.retryAfterMillis / 1_000)))
    return c.json(body, status)
  })
  return app
}
