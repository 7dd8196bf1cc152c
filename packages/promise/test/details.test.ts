import { createClient, FeishuError, type MeetingDetails } from "@effect-feishu/promise"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"

const id = "7011030664708603907"

/** A server that answers the calls about one meeting, and a client of it. */
const start = async (answers: Readonly<Record<string, readonly [status: number, body: unknown]>>) => {
  const requests: Array<string> = []
  const server = createServer(({ url = "" }, response) => {
    requests.push(url)
    const [status, body] = answers[url] ?? [404, { code: 121004, msg: "data not exist" }]
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const client = createClient({ accessToken: "t-example", baseUrl: `http://127.0.0.1:${port}` })
  return {
    client,
    requests,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const success = (data: unknown) => [200, { code: 0, msg: "success", data }] as const
const path = `/open-apis/vc/v1/meetings/${id}`

describe("what happened in a meeting", () => {
  it("comes as plain objects: times, host, participants; password and unknown fields are not shown", async () => {
    const meeting = {
      id,
      topic: "weekly sync",
      password: "204816",
      start_time: "1786507200",
      end_time: "1786510860",
      host_user: { id: "ou_1", user_type: 1 },
      participants: [{ id: "ou_1", in_meeting_duration: "3660", device: "SECRET-device" }],
      security: "SECRET-field",
    }
    await using feishu = await start({ [`${path}?with_participants=true`]: success({ meeting }) })
    const details: MeetingDetails = await feishu.client.details(id, { participants: true })
    assert.strictEqual(details.durationSeconds, 3660)
    assert.strictEqual(details.isRunning, false)
    assert.deepStrictEqual(details.host_user, { id: "ou_1", user_type: 1 })
    assert.strictEqual(details.participants?.[0]?.inMeetingSeconds, 3660)
    assert.strictEqual(details.password?.reveal(), "204816")
    assert.deepStrictEqual(details.unknownFields, { security: "SECRET-field" })
    assert.deepStrictEqual(details.participants?.[0]?.unknownFields, { device: "SECRET-device" })
    for (const text of [JSON.stringify(details), inspect(details, { depth: 9 })]) {
      assert.notMatch(text, /204816|SECRET/)
    }
  })

  it("is refused with an error that says which meeting", async () => {
    await using feishu = await start({})
    const error = await feishu.client.details(id).then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.instanceOf(error, FeishuError)
    assert.strictEqual(error.reason, "RequestRefused")
    assert.match(error.message, /meeting id 7011030664708603907: there is no meeting with this id/)
    assert.notProperty(error, "endpoint")
    assert.notProperty(error, "sentences")
  })

  it("of an id that cannot be one, or is a number, sends nothing; a call that was aborted rejects with the reason", async () => {
    await using feishu = await start({})
    const { client, requests } = feishu
    const why = (call: Promise<unknown>) => call.then(String, String)
    assert.match(
      await why(client.details("../meetings/9/recording")),
      /meeting_id: it has characters other than digits/,
    )
    assert.match(await why(client.recording(Number(id) as never)), /meetingId: it is not text/)
    assert.match(await why(client.artifacts(id, { tenantKey: "other" })), /tenant: a tenant is named/)
    assert.strictEqual(await why(client.details(id, { signal: AbortSignal.abort("enough") })), "enough")
    assert.deepStrictEqual(requests, [])
  })

  it("has artifacts, and a recording, none, or none yet", async () => {
    const url = "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x"
    const answers = [
      [success({ recording: { url, duration: "3541000" } }), "Recorded"],
      [success({}), "NotRecorded"],
      [[404, { code: 121004, msg: "data not exist" }], "NotRecorded"],
      [[400, { code: 122001, msg: "meeting status unexpected" }], "NotReady"],
      [[400, { code: 124002, msg: "record processing" }], "NotReady"],
    ] as const
    for (const [answer, type] of answers) {
      await using feishu = await start({
        [`${path}?query_mode=1`]: success({ related_artifacts: { note_doc_token: "" } }),
        [`${path}/recording`]: answer,
      })
      assert.deepStrictEqual(await feishu.client.artifacts(id), { note_doc_token: "" })
      const recording = await feishu.client.recording(id)
      assert.strictEqual(recording.type, type)
      if (recording.type === "Recorded") {
        assert.deepStrictEqual(
          [recording.minuteToken, recording.durationMillis],
          ["obcn4k7m2p9q1r5s8t3v6w0x", 3_541_000],
        )
      }
    }
  })
})
