/** What a program is told besides rows: events, warnings, and an error of a class of its own for each reason. */
import { assert, describe, it } from "vitest"
import { Cursor, FeishuError as Core, MeetingNo } from "@effect-feishu/core"
import * as Plain from "@effect-feishu/promise"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { promisify } from "node:util"
import { toFeishuError } from "../src/internal/plain.ts"
import * as RawServer from "../../core/test/RawServer.ts"
import { meetingNo, optionsFor, range, startFeishu } from "./fixture.ts"

interface Sample {
  readonly reason: Core.Reason
  readonly type: new (fields: Plain.ErrorFields) => Plain.FeishuError
  readonly fields: object
}
const sample = <Fields extends object>(
  core: new (fields: Fields) => Core.Reason,
  type: Sample["type"],
  fields: Fields,
): Sample => ({ reason: new core(fields), type, fields })

const answer = { code: 1, status: 400, msg: "as Feishu says it", logId: "log-1" }
const samples = [
  sample(Core.CursorUnusable, Plain.CursorUnusable, {
    problem: "other base URL",
    ofCursor: "https://a.example",
    ofRead: "https://b.example",
  }),
  sample(Core.InvalidRequest, Plain.InvalidRequest, {
    field: "a",
    problem: "it is empty",
    remedy: "Fill it.",
  }),
  sample(Core.TransportFailed, Plain.TransportFailed, {
    fault: "connection refused",
    host: "a:1",
    systemCode: "ECONNREFUSED",
  }),
  sample(Core.ServerFailed, Plain.ServerFailed, { ...answer, contentType: "text/html", excerpt: "log in" }),
  sample(Core.RateLimited, Plain.RateLimited, { ...answer, retryAfterSeconds: 7, longestWaitSeconds: 5 }),
  sample(Core.QuotaExceeded, Plain.QuotaExceeded, answer),
  sample(Core.AuthenticationFailed, Plain.AuthenticationFailed, { ...answer, appId: "cli_a" }),
  sample(Core.AppTicketMissing, Plain.AppTicketMissing, { appId: "cli_a", waitedSeconds: 130 }),
  sample(Core.PermissionDenied, Plain.PermissionDenied, { ...answer, scopes: ["vc:meeting:readonly"] }),
  sample(Core.RequestRefused, Plain.RequestRefused, {
    ...answer,
    violations: [{ field: "page_size", description: "too large" }],
    detail: "the answer is a page",
  }),
  sample(Core.Redirected, Plain.Redirected, {
    status: 302,
    logId: "log-1",
    from: "https://open.feishu.cn",
    to: "https://login.example",
  }),
  sample(Core.RangeTooOld, Plain.RangeTooOld, {
    ...answer,
    startSeconds: 1,
    earliestStartSeconds: 2,
    earliestStart: "1970-01-01T00:00:02.000Z",
  }),
  sample(Core.SignInRequired, Plain.SignInRequired, {
    why: "expired",
    appId: "cli_a",
    account: "张三 (ou_1a2b)",
    status: 400,
  }),
  sample(Core.LoginStoreFailed, Plain.LoginStoreFailed, {
    place: "login.json",
    problem: "odd",
    remedy: "Mend it.",
  }),
  sample(Core.SignInFailed, Plain.SignInFailed, { failure: "access denied", appId: "cli_a" }),
  sample(Core.ContractViolation, Plain.ContractViolation, {
    problem: "odd",
    status: 200,
    logId: "log-1",
    cutShort: true,
  }),
  sample(Core.PaginationBroken, Plain.PaginationBroken, {
    fault: "the page tokens go in a circle",
    logId: "log-1",
  }),
]

describe("an error", () => {
  it("has a class for every reason that core has", () => {
    assert.strictEqual(new Set(samples.map(({ reason }) => reason._tag)).size, Core.Reason.members.length)
  })

  for (const { fields, reason, type } of samples) {
    it(`for ${reason._tag} is of that class, with everything that core's has`, () => {
      const known = { operation: "GET /x", position: "meeting 337736498", requests: 3 }
      const cursor = Cursor.fromPosition({
        meetingNo: MeetingNo.make("337736498"),
        start: 0,
        end: 1,
        pageSize: 1,
        baseUrl: "https://open.feishu.cn",
        window: 0,
      })
      const core = new Core.FeishuError({ reason, ...known, cursor })
      const error = toFeishuError(core)
      assert.instanceOf(error, type)
      assert.instanceOf(error, Plain.FeishuError)
      assert.instanceOf(error, Error)
      const { isRetryable } = core
      assert.deepInclude(error, {
        ...known,
        ...fields,
        cursor,
        isRetryable,
        reason: reason._tag,
        name: reason._tag,
      })
      if (!(error instanceof Plain.AppTicketMissing)) assert.strictEqual(error.message, core.message)
    })
  }

  it("says when to try again", () => {
    const reason = new Core.RateLimited({ ...answer, retryAfterSeconds: 7 })
    assert.strictEqual(toFeishuError(new Core.FeishuError({ reason })).retryAfterMillis, 7_000)
  })

  it("calls things by their names in this package", () => {
    const reason = new Core.AppTicketMissing({ appId: "cli_a", waitedSeconds: 130 })
    const { message } = toFeishuError(new Core.FeishuError({ reason }))
    assert.include(message, "hands every app_ticket event to client.pushAppTicket.")
  })
})

describe("events", () => {
  it("tell what happens, in plain objects", async () => {
    await using feishu = await startFeishu()
    const { events, options } = optionsFor(feishu)
    await using client = Plain.createClient(options)
    await client.page({ meetingNo, range })
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["RequestSent", "RequestEnded", "TokenFetched", "RequestSent", "RequestEnded", "PageRead"],
    )
    const { hostname, port } = new URL(feishu.url)
    assert.deepInclude(events.at(-2), { address: hostname, port: Number(port), resends: 0, status: 200 })
    assert.deepStrictEqual(events.at(-1), {
      type: "PageRead",
      meetingNo,
      rows: 50,
      duplicates: 0,
      window: 0,
      windows: 2,
    })
  })

  it("tell of a retry with the error that made it necessary", async () => {
    await using server = await RawServer.start(({ index, socket }) =>
      index === 0 ? socket.resetAndDestroy() : socket.write(RawServer.http(RawServer.page)),
    )
    const errors: Array<Plain.FeishuError> = []
    await using client = Plain.createClient({
      accessToken: "t-given",
      baseUrl: server.url,
      onEvent: (event) => {
        if (event.type === "Retrying") errors.push(event.error)
      },
    })
    await client.page({ meetingNo, range })
    assert.lengthOf(errors, 1)
    assert.instanceOf(errors[0], Plain.TransportFailed)
  })

  it("whose listener throws end the process like any error that nobody catches, and not the read", async () => {
    await using server = await RawServer.start(({ socket }) => socket.write(RawServer.http(RawServer.page)))
    const program = `
      import { createClient } from "@effect-feishu/promise"
      process.on("uncaughtException", (error) => console.log("uncaught:", error.message))
      const onEvent = () => { throw new Error("of the listener") }
      const client = createClient({ accessToken: "t-given", baseUrl: "${server.url}", onEvent })
      const page = await client.page({ meetingNo: "${meetingNo}", range: { from: "1d" } })
      console.log(page.meetings.length)
      await client.close()
    `
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      {
        cwd: import.meta.dirname,
      },
    )
    assert.deepStrictEqual(new Set(stdout.trim().split("\n")), new Set(["uncaught: of the listener", "1"]))
  })
})

describe("a warning", () => {
  it("of an old window without meetings comes as one of the process", async () => {
    await using server = await RawServer.start(({ socket }) =>
      socket.write(RawServer.http(JSON.stringify({ code: 0, data: { has_more: false } }))),
    )
    await using client = Plain.createClient({ accessToken: "t-given", baseUrl: server.url })
    const warned = once(process, "warning")
    await client.page({ meetingNo, range: { from: "200d", to: "150d" } })
    const [warning] = (await warned) as [Error]
    assert.strictEqual(warning.name, "FeishuWarning")
    assert.match(warning.message, /^No meetings of 337736498 from .* so Feishu may no longer return them\.$/)
  })
})
