import {
  createClient,
  detailsRecord,
  FeishuError,
  type DetailsPage,
  type MeetingDetails,
  type MeetingRead,
  participantRecord,
  recordingRecord,
} from "@effect-feishu/promise"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"

const id = "7011030664708603907"

/** A server that answers the calls about one meeting, and a client of it. */
const start = async (given: Readonly<Record<string, readonly [status: number, body: unknown]>>) => {
  const answers = { ...given }
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
    answers,
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

  it("is a plain record for a table, with nulls and without the password; so are participants and recordings", async () => {
    const meeting = {
      id,
      password: "204816",
      start_time: "1786507200",
      end_time: "1786510860",
      host_user: { id: "ou_1", user_type: 1 },
      participants: [{ id: "ou_1", in_meeting_duration: "3660", is_host: true, device: "SECRET-device" }],
      security: "SECRET-field",
    }
    const recording = { url: "https://x.feishu.cn/minutes/obcn4k7m", duration: "30500" }
    await using feishu = await start({
      [`${path}?with_participants=true`]: success({ meeting }),
      [`${path}/recording`]: success({ recording }),
    })
    const details = await feishu.client.details(id, { participants: true })
    const record = detailsRecord(details)
    assert.deepStrictEqual(record, {
      id,
      topic: null,
      meeting_no: null,
      url: null,
      meeting_connect: null,
      note_id: null,
      create_time: null,
      start_time: 1_786_507_200,
      end_time: 1_786_510_860,
      duration_seconds: 3_660,
      status: null,
      host_id: "ou_1",
      host_user_type: 1,
      participant_count: null,
      participant_count_accumulated: null,
    })
    const participants = details.participants!.map((one) => participantRecord(one))
    assert.deepStrictEqual(participants, [
      {
        id: "ou_1",
        user_type: null,
        first_join_time: null,
        final_leave_time: null,
        in_meeting_seconds: 3_660,
        is_host: true,
        is_cohost: null,
        is_external: null,
        status: null,
      },
    ])
    const recorded = await feishu.client.recording(id)
    assert.deepStrictEqual(recorded.type === "Recorded" && recordingRecord(recorded), {
      url: recording.url,
      minute_token: "obcn4k7m",
      duration_seconds: 30.5,
    })
    assert.notMatch(inspect([record, participants], { depth: 9, showHidden: true }), /204816|SECRET/)
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

/** A server with these pages of ids, each meeting of which has details and a recording unless `other` answers. */
const startList = (
  pages: ReadonlyArray<ReadonlyArray<string>>,
  other: Readonly<Record<string, readonly [status: number, body: unknown]>> = {},
) => {
  const list = pages.map((ids, index) => {
    const token = index === 0 ? "" : `&page_token=${index}`
    const more = index + 1 < pages.length
    const meeting_briefs = ids.map((id) => ({ id, topic: `topic ${id}`, password: "204816" }))
    const data = { has_more: more, page_token: more ? String(index + 1) : "", meeting_briefs }
    const query = `meeting_no=337736498&start_time=0&end_time=1000&page_size=50${token}`
    return [`/open-apis/vc/v1/meetings/list_by_no?${query}`, success(data)] as const
  })
  const meetings = pages
    .flat()
    .flatMap((id) => [
      [`/open-apis/vc/v1/meetings/${id}`, success({ meeting: { id, start_time: "1786507200" } })] as const,
      [
        `/open-apis/vc/v1/meetings/${id}/recording`,
        success({ recording: { url: `https://meetings.feishu.cn/minutes/m${id}`, duration: "1000" } }),
      ] as const,
    ])
  return start({ ...Object.fromEntries([...list, ...meetings]), ...other })
}

const request = { meetingNo: "337736498", range: { from: 0, to: 1_000 } }
const ids = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => String(first + index))
const refusal = (status: number, code: number) => [status, { code, msg: "as Feishu says it" }] as const

describe("what happened in all meetings of a number", () => {
  it("comes in the order of the list as plain objects, refused ones as such", async () => {
    const pages = [ids(1, 50), ids(51, 10)]
    await using feishu = await startList(pages, {
      "/open-apis/vc/v1/meetings/7": refusal(403, 121005),
      "/open-apis/vc/v1/meetings/8": refusal(404, 121004),
      "/open-apis/vc/v1/meetings/8/recording": refusal(404, 122002),
      "/open-apis/vc/v1/meetings/9/recording": refusal(404, 121004),
      "/open-apis/vc/v1/meetings/10/recording": refusal(400, 124002),
    })
    const came: Array<MeetingRead> = []
    for await (const one of feishu.client.streamDetails(request, { recordings: true })) came.push(one)
    assert.deepStrictEqual(
      came.map(({ brief }) => brief.id),
      pages.flat(),
    )
    assert.deepStrictEqual(
      came.slice(5, 10).map(({ details, recording }) => [details?.type, recording?.type]),
      [
        ["Found", "Recorded"],
        ["NoPermission", "Recorded"],
        ["NotFound", "NotFound"],
        ["Found", "NotRecorded"],
        ["Found", "NotReady"],
      ],
    )
    const [first, , , , , , seventh] = came
    assert.strictEqual(first?.details?.type === "Found" && first.details.meeting.start_time, 1_786_507_200)
    assert.strictEqual(first?.recording?.type === "Recorded" && first.recording.minuteToken, "m1")
    assert.instanceOf(seventh?.details?.type === "NoPermission" && seventh.details.error, FeishuError)
    assert.notMatch(JSON.stringify(came) + inspect(came, { depth: 9 }), /204816|_tag/)
    assert.lengthOf(feishu.requests, 2 + 2 * 60)
  })

  it("goes on at the cursor of a failure, which is that of the page whose meetings did not all come", async () => {
    const pages = [ids(1, 3), ids(4, 3), ids(7, 3)]
    await using feishu = await startList(pages, {
      "/open-apis/vc/v1/meetings/5": refusal(400, 99991672),
    })
    const cameFrom = async (rows: AsyncIterable<DetailsPage>) => {
      const came: Array<string> = []
      try {
        for await (const { meetings } of rows) came.push(...meetings.map(({ brief }) => brief.id))
      } catch (error) {
        assert.instanceOf(error, FeishuError)
        assert.strictEqual(error.reason, "PermissionDenied")
        return { came, cursor: error.cursor! }
      }
      return { came, cursor: "" }
    }
    const first = await cameFrom(feishu.client.detailsPages(request))
    assert.deepStrictEqual(first.came, pages[0])
    feishu.answers["/open-apis/vc/v1/meetings/5"] = success({ meeting: { id: "5" } })
    const second = await cameFrom(feishu.client.detailsPages({ cursor: first.cursor }))
    assert.deepStrictEqual(second, { came: [...pages[1]!, ...pages[2]!], cursor: "" })
  })

  it("stops when the loop is left, the signal aborts, or the client is closed", async () => {
    await using feishu = await startList([ids(1, 50), ids(51, 50)])
    const rows = feishu.client.streamDetails(request, { concurrency: 2 })[Symbol.asyncIterator]()
    for (let count = 0; count < 5; count++) await rows.next()
    await rows.return!()
    assert.isAtMost(feishu.requests.length, 1 + 5 + 2)

    const abort = new AbortController()
    const read = async () => {
      for await (const _ of feishu.client.streamDetails({ ...request, signal: abort.signal }))
        abort.abort("enough")
    }
    assert.strictEqual(await read().catch((reason: unknown) => reason), "enough")

    const closed = async () => {
      for await (const _ of feishu.client.streamDetails(request)) await feishu.client.close()
    }
    assert.strictEqual(await closed().catch((error: FeishuError) => error.reason), "ClientClosed")
  })

  it("of many numbers, and of ids that one has", async () => {
    await using feishu = await startList([["1", "2"]], { "/open-apis/vc/v1/meetings/2": success({}) })
    const outcomes: Array<string> = []
    for await (const outcome of feishu.client.detailsOutcomes(["337-736-498"], request.range)) {
      outcomes.push(outcome.type === "Failed" ? `${outcome.type} ${outcome.error.reason}` : outcome.type)
    }
    assert.deepStrictEqual(outcomes, ["Failed ContractViolation"])
    const answers: Array<unknown> = []
    const given = ["1", "not-an-id", "3"]
    for await (const { details, meetingId, recording } of feishu.client.detailsOf(given, {
      recordings: true,
    })) {
      answers.push([meetingId, details?.type, recording?.type])
    }
    assert.deepStrictEqual(answers, [
      ["1", "Found", "Recorded"],
      ["not-an-id", "Refused", "Refused"],
      ["3", "NotFound", "NotRecorded"],
    ])
  })

  it("with a wrong choice sends nothing", async () => {
    await using feishu = await startList([["1"]])
    const { client, requests } = feishu
    const why = async (rows: AsyncIterable<unknown>) => {
      try {
        for await (const _ of rows);
        return "no error"
      } catch (error) {
        return String(error)
      }
    }
    const wrong = "true" as never
    assert.match(
      await why(client.streamDetails(request, { recordings: wrong })),
      /recordings: it is neither true nor false/,
    )
    assert.match(await why(client.detailsPages(request, { userIdType: "email" as never })), /user_id_type/)
    assert.match(await why(client.detailsOf("1")), /meetingIds: it is not a list/)
    assert.match(await why(client.detailsOf(["1"], { concurrency: 0 })), /concurrency: 0 is out of range/)
    assert.match(
      String(await client.details("1", { participants: wrong }).catch(String)),
      /participants: it is neither/,
    )
    assert.isEmpty(requests)
  })
})
