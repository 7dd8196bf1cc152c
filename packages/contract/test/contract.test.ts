import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"
import { inspect } from "node:util"
import {
  Envelope,
  ErrorCodes,
  ListByNo,
  MeetingBrief,
  MeetingBriefRow,
  MeetingBriefs,
  MeetingNo,
  MeetingNosFromText,
  MeetingRecord,
  TenantAccessToken,
} from "@effect-feishu/contract"
import { fromText } from "@effect-feishu/contract/MeetingNo"

// As in Feishu's documentation of the endpoint.
const documented = `{"code":0,"data":{"has_more":true,"meeting_briefs":[{"id":"7011030664708603907","meeting_no":"146453285","password":"971024","topic":"测试标题"},{"id":"7011031045899354115","meeting_no":"146453285","password":"971024","topic":"测试标题"}],"page_token":"2"},"msg":""}`

describe("the documented answer", () => {
  const envelope = Schema.decodeUnknownSync(Envelope.Envelope)(JSON.parse(documented))
  const data = Schema.decodeUnknownSync(ListByNo.Data)(envelope.data)

  it("decodes to its values", () => {
    assert.strictEqual(envelope.code, 0)
    assert.strictEqual(envelope.msg, "")
    assert.strictEqual(data.has_more, true)
    assert.strictEqual(data.page_token, "2")
    assert.deepStrictEqual(
      data.meeting_briefs!.map(({ id, meeting_connect, meeting_no, note_id, topic, url }) => [
        id,
        meeting_no,
        topic,
        url,
        meeting_connect,
        note_id,
      ]),
      ["7011030664708603907", "7011031045899354115"].map((id) => [
        id,
        "146453285",
        "测试标题",
        undefined,
        undefined,
        undefined,
      ]),
    )
    assert.strictEqual(Redacted.value(data.meeting_briefs![0]!.password!), "971024")
  })

  it("does not show its passwords, however it is printed", () => {
    for (const text of [String(data), JSON.stringify(data), inspect(data, { depth: 9, showHidden: true })]) {
      assert.notInclude(text, "971024")
    }
  })

  it("encodes to what it was", () => {
    assert.deepStrictEqual(Schema.encodeSync(ListByNo.Data)(data), JSON.parse(documented).data)
  })
})

describe("a plain record", () => {
  const full = {
    id: "7011030664708603907",
    topic: "Review",
    meeting_no: "337736498",
    url: "https://vc.feishu.cn/j/337736498",
    meeting_connect: false,
    note_id: "7071568594712313876",
  }

  it("has every field of the list but the password, and nothing that is not known", () => {
    const decode = Schema.decodeUnknownSync(MeetingBriefs)
    const [meeting, bare] = decode([
      { ...full, password: "971024", room: "4.12" },
      { id: "1", topic: null },
    ])
    const record = MeetingBrief.toRecord(meeting!)
    assert.deepStrictEqual<unknown>(record, full)
    assert.notInclude(inspect(record, { showHidden: true }), "971024")
    assert.deepStrictEqual<unknown>(MeetingBrief.toRecord(bare!), {
      id: "1",
      topic: null,
      meeting_no: null,
      url: null,
      meeting_connect: null,
      note_id: null,
    })
  })

  it("is what its Schema reads back from a table", () => {
    const record = MeetingBrief.toRecord(new MeetingBrief(Schema.decodeUnknownSync(MeetingBriefRow)(full)))
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(MeetingRecord)(JSON.parse(JSON.stringify(record))),
      record,
    )
    // The type is one that `sql.insert` takes.
    const columns: Readonly<Record<string, unknown>> = record
    assert.hasAllKeys(columns, Object.keys(MeetingRecord.fields))
  })
})

describe("a list of meeting numbers", () => {
  const decode = Schema.decodeUnknownResult(MeetingNosFromText)
  const numbers = ["337736498", "146453285"]

  for (const typed of [
    "337736498,146453285",
    " 337 736 498, 146-453-285 ,",
    "337736498；146453285",
    "337736498，146453285",
    "337736498、146453285",
    "337736498\r\n146453285\n",
    "337736498 146453285",
    "３３７７３６４９８ 146453285",
    "https://vc.feishu.cn/j/337736498?from=calendar, 146453285",
  ]) {
    it(`is read from ${JSON.stringify(typed)}`, () => {
      assert.deepStrictEqual<unknown>(Result.getOrThrow(decode(typed)), numbers)
    })
  }

  it("is written as one text", () => {
    const decoded = Result.getOrThrow(decode("337 736 498; 146453285"))
    assert.strictEqual(Schema.encodeSync(MeetingNosFromText)(decoded), "337736498,146453285")
  })

  it("is refused as a whole, with all that is wrong", () => {
    const messageOf = (text: string) => Result.getOrThrow(Result.flip(decode(text))).message
    assert.strictEqual(
      messageOf("337736498,33773649,weekly"),
      '"33773649" has 8 digits, a meeting number has 9; ' +
        '"weekly" is not a meeting number: it takes 9 digits, the last nine of a meeting link',
    )
    assert.match(
      messageOf(Array.from({ length: 13 }, (_, index) => index).join()),
      /"9" has 1 digits.*; and 3 more$/,
    )
    assert.strictEqual(messageOf(" ,\n"), "there is no meeting number; write them with commas between them")
  })
})

describe("a row", () => {
  const decode = Schema.decodeUnknownResult(MeetingBriefs)

  it("reads null like a field that is absent", () => {
    const [row] = Result.getOrThrow(
      decode([
        {
          id: "1",
          topic: null,
          url: null,
          meeting_no: null,
          password: null,
          meeting_connect: null,
          note_id: null,
        },
      ]),
    )
    const { id, meeting_connect, meeting_no, note_id, password, topic, url } = row!
    assert.deepStrictEqual(
      [id, topic, url, meeting_no, password, meeting_connect, note_id],
      ["1", ...Array.from({ length: 6 }, () => undefined)],
    )
  })

  it("keeps fields that are not known", () => {
    const [row] = Result.getOrThrow(decode([{ id: "1", note_id: "n", newField: { a: [1] }, other: null }]))
    assert.deepStrictEqual(row!.unknownFields, { newField: { a: [1] }, other: null })
  })

  it("takes __proto__ as a key like any other", () => {
    const [row] = Result.getOrThrow(decode(JSON.parse('[{"id":"1","__proto__":{"topic":"x"}}]')))
    assert.strictEqual(row!.topic, undefined)
    assert.strictEqual(({} as { topic?: string }).topic, undefined)
  })

  it("is taken when its Schema takes it, and else refused in the Schema's words", () => {
    const bySchema = Schema.decodeUnknownResult(Schema.Array(MeetingBriefRow))
    const values = [null, "", "x", 0, 5, true, {}, []]
    const fields = ["id", "topic", "url", "meeting_no", "password", "meeting_connect", "note_id", "newField"]
    const rows = fields.flatMap((field) => values.map((value) => ({ id: "1", [field]: value })))
    for (const row of [...rows, ...values]) {
      const page = [{ id: "1" }, row]
      assert.deepStrictEqual(
        Result.mapBoth(decode(page), {
          onSuccess: (meetings) => meetings.map(MeetingBrief.toRow),
          onFailure: String,
        }),
        Result.mapError(bySchema(page), String),
        JSON.stringify(row),
      )
    }
  })

  for (const row of [
    {},
    { id: "" },
    { id: null },
    { id: 7011030664708603907n.toString().length },
    { id: "1", topic: 5 },
  ]) {
    it(`${JSON.stringify(row)} is refused`, () => {
      assert.isTrue(Result.isFailure(decode([row])))
    })
  }
})

describe("the query", () => {
  const decode = (query: unknown) => Schema.decodeUnknownResult(ListByNo.Query, { errors: "all" })(query)
  const valid = { meeting_no: "337736498", start_time: "1", end_time: "2" }

  it("names every field that is wrong, at once", () => {
    const result = decode({ meeting_no: "x", end_time: ["1", "2"], page_size: "51" })
    assert.isTrue(Result.isFailure(result))
    const message = Result.isFailure(result) ? String(result.failure) : ""
    for (const field of ["meeting_no", "start_time", "end_time", "page_size"]) assert.include(message, field)
  })

  for (const pageSize of ["0", "-1", "51", "1000000000", "5a", "0x10", "", " 5", "1.5"]) {
    it(`page_size "${pageSize}" is refused`, () => {
      assert.isTrue(Result.isFailure(decode({ ...valid, page_size: pageSize })))
    })
  }

  it("leaves to the business rules what is well formed", () => {
    const query = Result.getOrThrow(decode({ ...valid, meeting_no: "12", start_time: "9" }))
    const options = { ninetyDays: "both", nowSeconds: 10 } as const
    assert.match(ListByNo.violatedRule(query, options)!, /9 digits/)
    assert.match(ListByNo.violatedRule({ ...query, meeting_no: "337736498" }, options)!, /less than/)
    assert.strictEqual(
      ListByNo.violatedRule({ ...query, meeting_no: "337736498", end_time: 10 }, options),
      undefined,
    )
  })

  it("is held to 90 days by its span, by how far it looks back, or by both", () => {
    const query = { meeting_no: "337736498", start_time: 0, end_time: ListByNo.maxRangeSeconds }
    const violated = (ninetyDays: ListByNo.NinetyDays, nowSeconds: number, more = 0) =>
      ListByNo.violatedRule({ ...query, end_time: query.end_time + more }, { ninetyDays, nowSeconds }) !==
      undefined
    const atEnd = ListByNo.maxRangeSeconds
    assert.deepStrictEqual(
      [violated("span", atEnd), violated("span", atEnd, 1), violated("span", atEnd + 1)],
      [false, true, false],
    )
    assert.deepStrictEqual(
      [violated("lookback", atEnd), violated("lookback", atEnd, 1), violated("lookback", atEnd + 1)],
      [false, false, true],
    )
    assert.deepStrictEqual(
      [violated("both", atEnd), violated("both", atEnd, 1), violated("both", atEnd + 1)],
      [false, true, true],
    )
  })
})

describe("an envelope", () => {
  const decode = Schema.decodeUnknownResult(Envelope.Envelope)

  for (const code of [undefined, null, "0", 0.5, true]) {
    it(`without an integer code (${JSON.stringify(code)}) is refused`, () => {
      assert.isTrue(Result.isFailure(decode({ code, msg: "" })))
    })
  }

  it("keeps its code whatever else is odd about it", () => {
    const { code, error } = Result.getOrThrow(
      decode({
        code: 7,
        msg: 5,
        error: { log_id: 3, field_violations: [{ field: "a", value: 1 }], helps: "no" },
      }),
    )
    assert.deepStrictEqual([code, error?.log_id, error?.field_violations], [7, undefined, [{ field: "a" }]])
  })
})

describe("the catalogue of codes", () => {
  it("has each code and each name once", () => {
    assert.strictEqual(
      new Set(ErrorCodes.catalogue.map(({ code }) => code)).size,
      ErrorCodes.catalogue.length,
    )
    assert.strictEqual(
      new Set(ErrorCodes.catalogue.map(({ name }) => name)).size,
      ErrorCodes.catalogue.length,
    )
  })

  it("decides before the HTTP status does", () => {
    assert.deepStrictEqual(
      [
        ErrorCodes.retryClass({ code: 99991403, status: 429 }),
        ErrorCodes.retryClass({ code: 99991400, status: 200 }),
        ErrorCodes.retryClass({ code: 99991663, status: 500 }),
        ErrorCodes.retryClass({ code: 7, status: 502 }),
        ErrorCodes.retryClass({ code: 7, status: 400 }),
        ErrorCodes.retryClass({ status: 429 }),
        ErrorCodes.retryClass({ status: 425 }),
      ],
      ["final", "rateLimited", "token", "transient", "final", "rateLimited", "transient"],
    )
  })
})

describe("secrets of the token call", () => {
  it("are redacted on both ways", () => {
    const request = { app_id: "cli_a", app_secret: Redacted.make("hidden") }
    assert.notInclude(JSON.stringify(request), "hidden")
    assert.deepStrictEqual(Schema.encodeSync(TenantAccessToken.InternalRequest)(request), {
      app_id: "cli_a",
      app_secret: "hidden",
    })
    const token = Schema.decodeUnknownSync(TenantAccessToken.Answer)({
      tenant_access_token: "t-hidden",
      expire: 7_200,
    })
    assert.notInclude(JSON.stringify(token) + inspect(token), "hidden")
  })
})

describe("a meeting number", () => {
  for (const text of ["12345678", "1234567890", "12345678a", "１２３４５６７８９", "123 456 789"]) {
    it(`is not "${text}"`, () => {
      assert.throws(() => MeetingNo.make(text))
      assert.include(String(Schema.decodeUnknownResult(MeetingNo)(text)), "9 digits")
    })
  }

  it("is read from what people have in hand", () => {
    for (const text of [
      " 337 736-498 ",
      "３３７　７３６　４９８",
      "337\u00a0736\u00a0498",
      "337\u2011736\u2013498",
      "\u200b337736498\u200b",
      "\u202a337736498\u202c",
      "https://vc.feishu.cn/j/337736498",
      "https://vc.feishu.cn/j/337736498?from=calendar&pwd=1#a",
      "HTTPS://VC.LARKSUITE.COM/j/337736498/",
      "vc.feishu.cn/j/337736498",
      "会议号：337 736 498",
      "Meeting ID: 337 736 498",
      "https://meetings.example.com:8443/j/337736498",
      "337736498.0",
      "3.37736498E+08",
      "3.3773649800E+08",
      "3,37736498e8",
    ]) {
      assert.deepStrictEqual(fromText(text), Result.succeed(MeetingNo.make("337736498")), text)
    }
  })

  it("is not read where something is lost, or was never there", () => {
    const whyNot = (text: string) =>
      Result.match(fromText(text), { onSuccess: (no) => no, onFailure: (problem) => problem })
    for (const text of ["3.37736E+08", "3.4E+8", "3E8"]) {
      assert.deepStrictEqual(whyNot(text), { _tag: "Shortened" }, text)
    }
    assert.deepStrictEqual(whyNot("33773649"), { _tag: "Digits", digits: "33773649" })
    assert.deepStrictEqual(whyNot("vc.feishu.cn/j/33773649"), { _tag: "Digits", digits: "33773649" })
    assert.deepStrictEqual(whyNot("3.377364980E+09"), { _tag: "Digits", digits: "3377364980" })
    for (const text of [
      "",
      "337736498.5",
      "3.377364985E+08",
      "weekly",
      "shortened",
      "https://vc.feishu.cn/j/",
      "https://vc.feishu.cn/x/337736498",
      "337736498,146453285",
    ]) {
      assert.deepStrictEqual(whyNot(text), { _tag: "NotANumber" }, text)
    }
  })
})
