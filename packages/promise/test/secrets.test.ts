import { assert, describe, it } from "vitest"
import {
  AuthenticationFailed,
  createClient,
  type Meeting,
  meetingRecord,
  PermissionDenied,
  Secret,
} from "@effect-feishu/promise"
import { inspect } from "node:util"
import * as RawServer from "../../core/test/RawServer.ts"
import { meetingNo, optionsFor, password, range, rejected, startFeishu } from "./fixture.ts"

/** Everything that a value shows of itself. */
const shown = (value: unknown): string =>
  [
    inspect(value, { depth: 10, showHidden: true }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? `${value.stack} ${String(value.cause)}` : "",
    JSON.stringify({ ...(value as object) }),
  ].join("\n")

describe("a secret", () => {
  it("is shown by nothing but reveal", async () => {
    const secret = new Secret(password)
    assert.strictEqual(secret.reveal(), password)
    assert.notInclude(shown(secret), password)
    assert.strictEqual(`${secret}${inspect({ secret })}`, "<redacted>{ secret: <redacted> }")
  })

  it("of a meeting is not seen wherever the meeting goes", async () => {
    await using feishu = await startFeishu()
    await using client = createClient(optionsFor(feishu).options)
    const { meetings } = await client.page({ meetingNo, range })
    assert.strictEqual(meetings[0]!.password?.reveal(), password)
    assert.notInclude(shown(meetings[0]), password)
    assert.notInclude(shown(meetings), password)
    assert.include(JSON.stringify(meetings[0]), '"password":"<redacted>"')
    const record = meetingRecord(meetings[0]!)
    assert.notInclude(shown(record), password)
    // A record has a value that SQL takes for each column.
    assert.deepStrictEqual(
      [record.id, record.meeting_no, record.note_id, Object.keys(record).includes("password")],
      [meetings[0]!.id, meetingNo, null, false],
    )
  })

  it("of a field that Feishu adds one day is not seen either, and is there", async () => {
    const row = { id: "7011030664708603907", meeting_no: meetingNo, host_key: "SECRET" }
    await using server = await RawServer.start(({ socket }) =>
      socket.write(RawServer.http(JSON.stringify({ code: 0, data: { meeting_briefs: [row] } }))),
    )
    await using client = createClient({ accessToken: "t-given", baseUrl: server.url })
    const [meeting] = (await client.page({ meetingNo, range: { from: "1d" } })).meetings as [Meeting]
    assert.deepStrictEqual(meeting.unknownFields, { host_key: "SECRET" })
    assert.notInclude(inspect(meeting) + JSON.stringify({ ...meeting }), "SECRET")
  })

  it("of an app is not in the client, nor in the error that says it is wrong", async () => {
    await using feishu = await startFeishu()
    await using client = createClient({
      ...optionsFor(feishu).options,
      appSecret: "SECRET-wrong",
      accessToken: undefined,
    })
    assert.notInclude(shown(client), "SECRET")
    const error = await rejected(client.page({ meetingNo, range }))
    assert.instanceOf(error, AuthenticationFailed)
    assert.strictEqual(error.appId, feishu.appId)
    assert.strictEqual(error.code, 10014)
    assert.isFalse(error.isRetryable)
    assert.isString(error.logId)
    assert.notInclude(shown(error), "SECRET")
    assert.notProperty(error, "cause")
    assert.strictEqual(JSON.parse(JSON.stringify(error)).message, error.message)
    assert.match(error.stack!, /^AuthenticationFailed: POST .*secrets\.test\.ts/s)
  })

  it("that Feishu repeats in its answer is not in the error", async () => {
    await using server = await RawServer.start(({ socket }) =>
      socket.write(
        RawServer.http(JSON.stringify({ code: 99991672, msg: "denied for t-SECRET" }), {}, "400 Bad Request"),
      ),
    )
    await using client = createClient({ accessToken: "t-SECRET", baseUrl: server.url })
    const error = await rejected(client.page({ meetingNo, range: { from: "1d" } }))
    assert.instanceOf(error, PermissionDenied)
    assert.deepStrictEqual(error.scopes, [])
    assert.notInclude(shown(error), "SECRET")
  })
})
