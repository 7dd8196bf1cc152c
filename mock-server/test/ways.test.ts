import { assert, describe, it } from "@effect/vitest"
import { fetchHandler, startFeishuMock } from "../src/index.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const tokenPath = "/open-apis/auth/v3/tenant_access_token/internal"
const listPath = `/open-apis/vc/v1/meetings/list_by_no?${new URLSearchParams(goodQuery).toString()}`

/** Reads a page with the credentials of a mock, by any `fetch`. */
const pageOf = async (
  { appId, appSecret, url }: { readonly appId: string; readonly appSecret: string; readonly url: string },
  send: (request: Request) => Promise<Response> = fetch,
  signal?: AbortSignal,
) => {
  const answer = await send(
    new Request(url + tokenPath, {
      method: "POST",
      body: JSON.stringify({ app_id: appId, app_secret: appSecret }),
    }),
  )
  const { tenant_access_token: token } = await answer.json()
  const response = await send(
    new Request(url + listPath, {
      headers: { authorization: `Bearer ${token}` },
      ...(signal === undefined ? {} : { signal }),
    }),
  )
  return await response.json()
}

describe("the Promise API", () => {
  it("refuses what it cannot use, all of it, whoever gives it without types", async () => {
    const wrong = { now: "2026-10-01T08:00:00", rateLimit: -1, generate: { numbers: 1 }, sead: {} }
    for (const start of [startFeishuMock, fetchHandler]) {
      const { message } = await start(wrong as never).then(
        () => assert.fail("it started"),
        (error: Error) => error,
      )
      assert.include(message, "the mock's configuration has 4 faults:")
      for (const name of ["now", "rateLimit", "generate.meetings", "sead"])
        assert.include(message, `\n  ${name}: `)
    }
    await using _mock = await startFeishuMock({ seed, rateLimit: undefined })
  })

  it("controls the mock that it has started", async () => {
    await using feishu = await startFeishuMock({ seed, now })
    const snapshot = await feishu.snapshot()
    const rule = await feishu.addFault({
      operation: "meetings.listByNo",
      when: { nth: 1 },
      then: { code: 121001 },
    })
    assert.strictEqual((await pageOf(feishu)).code, 121001)
    assert.strictEqual((await pageOf(feishu)).code, 0)
    await feishu.removeFault(rule.id)
    assert.isTrue((await feishu.verify([{ operation: "meetings.listByNo", times: 2 }])).ok)
    assert.strictEqual((await feishu.journal({ code: 121001 })).length, 1)
    assert.deepStrictEqual(await feishu.moveClock({ set: now + 5, frozen: true }), {
      now: now + 5,
      frozen: true,
    })
    assert.strictEqual(await feishu.revokeTokens(), 1)
    assert.strictEqual((await feishu.change({ rateLimit: 1 })).rateLimit, 1)
    await feishu.putMeetings([{ id: "5", meeting_no: "337736498", topic: "x", start_time: now }])
    await feishu.removeMeeting("5")
    await feishu.chaos({ seed: 1, rate: 1, faults: [{ code: 2200 }] })
    assert.strictEqual((await pageOf(feishu)).code, 2200)
    await feishu.calm()
    await feishu.clearFaults()
    assert.deepStrictEqual(await feishu.findings(), { unmatched: [], unusedFaults: [], early: [] })
    await feishu.restore(snapshot)
    assert.deepStrictEqual((await feishu.snapshot()).seed, snapshot.seed)
    await feishu.reset()
    assert.deepStrictEqual(await feishu.journal(), [])
  })

  it("gives a workspace of its own, gone with its scope", async () => {
    await using feishu = await startFeishuMock({ seed, now })
    {
      await using own = await feishu.workspace({ rateLimit: 1, now })
      assert.strictEqual((await pageOf(own)).code, 0)
      assert.strictEqual((await pageOf(own)).code, 99991400)
      assert.strictEqual((await own.journal()).length, 4)
      assert.deepStrictEqual(await feishu.journal(), [])
    }
    assert.strictEqual((await feishu.journal()).length, 0)
  })

  it("rejects with the mock's own words", async () => {
    await using feishu = await startFeishuMock({ seed, now })
    const wrong = await feishu.removeFault("rule-9").catch(String)
    assert.strictEqual(wrong, "Error: mock Feishu: there is no rule rule-9")
  })
})

describe("the fetch handler", () => {
  it("answers without a socket", async () => {
    await using feishu = await fetchHandler({ seed, now })
    assert.strictEqual((await pageOf(feishu, feishu.fetch)).code, 0)
    assert.strictEqual((await feishu.journal()).length, 2)
  })

  for (const [network, expected] of [
    ["refuse", /ECONNREFUSED/],
    ["reset before headers", /ECONNRESET/],
    ["reset in mid-body", /fetch failed/],
    ["end in mid-body", /fetch failed/],
    ["wrong length", /fetch failed/],
    ["stall", /aborted/],
    ["stall in mid-body", /aborted/],
    ["drip", /aborted/],
    ["truncated JSON", /SyntaxError/],
    ["garbage", /SyntaxError/],
    ["HTML", /SyntaxError/],
  ] as const) {
    it(`${network} comes as the client's own failure`, async () => {
      await using feishu = await fetchHandler({ seed, now })
      await feishu.addFault({ operation: "meetings.listByNo", then: { network } })
      // Whatever stalls is given up by the caller, once it has been asked for.
      const stop = new AbortController()
      const asked = pageOf(
        feishu,
        async (request) => {
          const sent = feishu.fetch(request)
          if (request.url.includes("list_by_no") && network === "stall") {
            await new Promise(setImmediate)
            stop.abort(new Error("aborted"))
          }
          const response = await sent
          if (/stall in|drip/.test(network) && request.url.includes("list_by_no")) {
            const reader = response.body!.getReader()
            assert.isAbove((await reader.read()).value!.length, 0)
            await reader.cancel()
            throw new Error("aborted")
          }
          return response
        },
        stop.signal,
      )
      const failure = await asked.then(
        () => "no failure",
        (error: Error) => `${error.name} ${error.message} ${String(error.cause)}`,
      )
      assert.match(failure, expected)
    })
  }
})
