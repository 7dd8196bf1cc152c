import * as Lark from "@larksuiteoapi/node-sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Started, startFeishuMock } from "../src/index.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import * as Sdk from "./sdk.ts"

type Of<Call extends (...args: never) => Promise<{ readonly data?: unknown }>> = NonNullable<
  Awaited<ReturnType<Call>>["data"]
>
type Details = Of<Lark.Client["vc"]["v1"]["meeting"]["get"]>
type Recording = NonNullable<Of<Lark.Client["vc"]["v1"]["meetingRecording"]["get"]>["recording"]>
type Meeting = NonNullable<Details["meeting"]>
type Participant = NonNullable<Meeting["participants"]>[number]

type TypeName<A> = A extends string
  ? "string"
  : A extends number
    ? "number"
    : A extends boolean
      ? "boolean"
      : "object"
/** Every field that the SDK declares of an object, and its type: one more, or another type, does not compile. */
type Declared<A> = { readonly [Key in keyof A]-?: TypeName<NonNullable<A[Key]>> }

const declared = {
  meeting: {
    id: "string",
    topic: "string",
    url: "string",
    meeting_no: "string",
    password: "string",
    create_time: "string",
    start_time: "string",
    end_time: "string",
    host_user: "object",
    meeting_connect: "boolean",
    status: "number",
    participant_count: "string",
    participant_count_accumulated: "string",
    participants: "object",
    ability: "object",
    note_id: "string",
  } satisfies Declared<Meeting>,
  host: { id: "string", user_type: "number" } satisfies Declared<NonNullable<Meeting["host_user"]>>,
  participant: {
    id: "string",
    first_join_time: "string",
    final_leave_time: "string",
    in_meeting_duration: "string",
    user_type: "number",
    is_host: "boolean",
    is_cohost: "boolean",
    is_external: "boolean",
    status: "number",
  } satisfies Declared<Participant>,
  ability: {
    use_video: "boolean",
    use_audio: "boolean",
    use_share_screen: "boolean",
    use_follow_screen: "boolean",
    use_recording: "boolean",
    use_pstn: "boolean",
  } satisfies Declared<NonNullable<Meeting["ability"]>>,
  artifacts: {
    note_doc_token: "string",
    verbatim_doc_token: "string",
  } satisfies Declared<NonNullable<Details["related_artifacts"]>>,
  recording: {
    id: "string",
    meeting_id: "string",
    url: "string",
    duration: "string",
  } satisfies Declared<Recording>,
}

/** The fields of an object in their order, and the type of each. */
const typesOf = (value: object | undefined) =>
  JSON.stringify(Object.entries(value ?? {}).map(([key, one]) => [key, typeof one]))
const typesAs = (types: object) => JSON.stringify(Object.entries(types))

describe("the official SDK, about one meeting", () => {
  let feishu: Started
  beforeAll(async () => {
    feishu = await startFeishuMock()
  })
  afterAll(() => feishu.close())

  const app = { scopes: Scopes.all }
  const path = { meeting_id: Sdk.whole.id }
  const newest = () => Sdk.received().at(-1)!

  it("is given every field that its types declare, and no other, in the documented order", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app, { recordingIds: "sent" })
    const { meeting, meetingRecording } = Sdk.clientOf(workspace).vc
    const params = { with_participants: true, with_meeting_ability: true, user_id_type: "union_id" } as const
    const { code, data, msg } = await meeting.get({ path, params })
    assert.deepStrictEqual([code, msg, Object.keys(data ?? {})], [0, "success", ["meeting"]])
    assert.strictEqual(typesOf(data?.meeting), typesAs(declared.meeting))
    assert.strictEqual(typesOf(data?.meeting?.host_user), typesAs(declared.host))
    assert.strictEqual(typesOf(data?.meeting?.ability), typesAs(declared.ability))
    assert.lengthOf(data?.meeting?.participants ?? [], 2)
    for (const participant of data?.meeting?.participants ?? []) {
      assert.strictEqual(typesOf(participant), typesAs(declared.participant))
    }
    const artifacts = (await meeting.get({ path, params: { query_mode: 1 } })).data
    assert.deepStrictEqual(Object.keys(artifacts ?? {}), ["related_artifacts"])
    assert.strictEqual(typesOf(artifacts?.related_artifacts), typesAs(declared.artifacts))
    const recorded = (await meetingRecording.get({ path })).data
    assert.strictEqual(typesOf(recorded?.recording), typesAs(declared.recording))
  })

  it("is given what the mock has sent, and sends flags in lower case", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app)
    const { meeting, meetingRecording } = Sdk.clientOf(workspace).vc.v1
    Sdk.received()
    const details = await meeting.get({
      path,
      params: {
        with_participants: true,
        with_meeting_ability: false,
        user_id_type: "open_id",
        query_mode: 0,
      },
    })
    assert.deepStrictEqual(JSON.parse(newest().text), details)
    const [entry] = await workspace.journal({ operation: "meetings.get" })
    assert.strictEqual(
      JSON.stringify(entry?.query),
      '{"with_participants":"true","with_meeting_ability":"false","user_id_type":"open_id","query_mode":"0"}',
    )
    const recording = await meetingRecording.get({ path })
    assert.strictEqual(
      newest().text,
      '{"code":0,"msg":"success","data":{"recording":{"url":"https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x","duration":"3541000"}}}',
    )
    assert.strictEqual(recording.data?.recording?.duration, "3541000")
  })

  it("reads the whole chain: meetings of a number, then the details and the recording of each", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app)
    const { meeting, meetingRecording } = Sdk.clientOf(workspace).vc.v1
    const { data } = await meeting.listByNo({ params: { ...Sdk.params, meeting_no: Sdk.whole.meeting_no } })
    const ids = (data?.meeting_briefs ?? []).map(({ id = "" }) => id)
    assert.deepStrictEqual(ids, [Sdk.whole.id, Sdk.unrecorded.id, Sdk.running.id, Sdk.justEnded.id])
    const chain: Array<readonly [number | undefined, unknown]> = []
    for (const meeting_id of ids) {
      const details = await meeting.get({ path: { meeting_id } })
      const recording = await meetingRecording.get({ path: { meeting_id } }).then(
        ({ code }) => code,
        (error: unknown) => Object(error).response.data.code,
      )
      chain.push([details.data?.meeting?.status, recording])
    }
    assert.deepStrictEqual(chain, [
      [3, 0],
      [3, 121004],
      [2, 122001],
      [3, 124002],
    ])
  })

  it("puts ids into the path as they are, and is answered as Feishu would", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app)
    const { meeting, meetingRecording } = Sdk.clientOf(workspace).vc.v1
    const { end_time, meeting_no, start_time } = Sdk.params
    const list = `list_by_no?meeting_no=${meeting_no}&start_time=${start_time}&end_time=${end_time}`
    const asked: ReadonlyArray<readonly [string, Promise<unknown>, unknown]> = [
      ["list_by_no?x=1", meeting.get({ path: { meeting_id: "list_by_no?x=1" } }), [400, 99992402]],
      [list, meeting.get({ path: { meeting_id: list } }), [200, 0]],
      [
        "../meetings/9/recording",
        meeting.get({ path: { meeting_id: "../meetings/9/recording" } }),
        [404, 122002],
      ],
      ["../meetings/9", meetingRecording.get({ path: { meeting_id: "../meetings/9" } }), [404, 122002]],
      ["", meeting.get({ path: { meeting_id: "" } }), [404, undefined]],
      ["", meetingRecording.get({ path: { meeting_id: "" } }), [404, undefined]],
      ["9?x", meetingRecording.get({ path: { meeting_id: "9?x" } }), [404, 121004]],
      ["9#x", meeting.get({ path: { meeting_id: "9#x" } }), [404, 121004]],
      [".", meeting.get({ path: { meeting_id: "." } }), [404, undefined]],
      ["weekly sync", meeting.get({ path: { meeting_id: "weekly sync" } }), [400, 99992402]],
      // A number that JavaScript has rounded.
      [
        "7011030664708603907",
        // oxlint-disable-next-line no-loss-of-precision
        meeting.get({ path: { meeting_id: String(7011030664708603907) } }),
        [404, 121004],
      ],
    ]
    for (const [id, call, expected] of asked) {
      const answer = await call.then(
        (body) => [200, Object(body).code],
        (error: unknown) => [Object(error).response.status, Object(error).response.data.code],
      )
      assert.deepStrictEqual(answer, expected, id)
    }
    const entries = await workspace.journal()
    assert.deepStrictEqual(
      entries
        .flatMap(({ operation = "none" }) => (operation.startsWith("auth.") ? [] : [operation]))
        .toSorted(),
      [
        ...Array.from({ length: 4 }, () => "meetings.get"),
        "meetings.getRecording",
        "meetings.getRecording",
        "meetings.listByNo",
        "meetings.listByNo",
      ],
    )
  })

  it("sends nothing without an id", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app)
    const { meeting, meetingRecording } = Sdk.clientOf(workspace).vc.v1
    for (const call of [meeting.get({}), meetingRecording.get({})]) {
      assert.match(String(await Sdk.rejection(call)), /request miss meeting_id path argument/)
    }
    assert.deepStrictEqual(await workspace.journal({ operation: "meetings.get" }), [])
  })

  it("resolves with no recording when a success has none", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app, { unrecordedMeeting: "empty" })
    const answer = await Sdk.clientOf(workspace).vc.v1.meetingRecording.get({
      path: { meeting_id: Sdk.unrecorded.id },
    })
    assert.deepStrictEqual(answer, { code: 0, msg: "success", data: {} })
  })

  it("reads a user's own meetings with a user token, and finds the headers of both limits", async () => {
    await using workspace = await Sdk.workspaceOf(feishu, app, { rateLimitPerSecond: 3, detailsRateLimit: 5 })
    await workspace.moveClock({ frozen: true })
    const client = Sdk.clientOf(workspace)
    const { accessToken } = await client.accessToken.retrieveByAuthorizationCode({
      code: await Sdk.authorize(workspace, { open_id: "ou_host" }),
    })
    const get = () => client.vc.v1.meeting.get({ path }, Lark.withUserAccessToken(accessToken))
    const refusal = async () => {
      const { headers } = Object(await Sdk.rejection(get())).response
      return [headers["x-ogw-ratelimit-limit"], headers["x-ogw-ratelimit-reset"]]
    }
    for (let sent = 0; sent < 3; sent++) assert.strictEqual((await get()).code, 0)
    assert.deepStrictEqual(await refusal(), ["3", "1"])
    await workspace.moveClock({ advance: 1 })
    for (let sent = 0; sent < 2; sent++) assert.strictEqual((await get()).code, 0)
    assert.deepStrictEqual(await refusal(), ["5", "59"])
  })
})
