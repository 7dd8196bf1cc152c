import { assert, describe, it } from "vitest"
import { type Client, type ClientOptions, createClient, FeishuError } from "@effect-feishu/promise"
import { DateTime } from "effect"
import { inspect } from "node:util"
import * as RawServer from "../../core/test/RawServer.ts"
import { rejected } from "./fixture.ts"

const request = { meetingNo: "337736498", range: { from: "30d" } }
const read = (client: Client) => client.page(request)
const notADate = DateTime.toDateUtc(DateTime.nowUnsafe())
notADate.setTime(Number.NaN)
const app = { appId: "cli_a", appSecret: "SECRET" }

/** What a program in JavaScript may give: the client's options, the read, and what the error says. */
type Wrong = readonly [options: unknown, read: (client: Client) => Promise<unknown>, message: RegExp]

const token = { accessToken: "t-SECRET" }
const wrong: Readonly<Record<string, Wrong>> = {
  "no options": [undefined, read, /^options: they are missing\. Nothing was sent\./],
  "no credentials": [{}, read, /^appId: it is missing\./],
  "an app without its secret": [{ appId: "cli_a" }, read, /^appSecret: it is missing\. .* environment/],
  "an empty secret": [
    { ...app, appSecret: "" },
    read,
    /^appSecret: it is empty\. .*Pass it exactly as Feishu gave it\.$/,
  ],
  "a token with a line break": [
    { accessToken: "t-SECRET\n" },
    read,
    /^accessToken: it has blanks or line breaks\./,
  ],
  "an empty token beside an app": [
    { ...app, accessToken: "" },
    read,
    /^accessToken: it is empty, and there are an app id and an app secret\. .* Leave it out: /,
  ],
  "null as a token beside an app": [{ ...app, accessToken: null }, read, /^accessToken: .* Leave it out: /],
  "an empty token": [
    { accessToken: "" },
    read,
    /^accessToken: it is empty\. .* Pass it exactly as Feishu gave it\.$/,
  ],
  "a token of a megabyte": [
    { accessToken: "t-SECRET".padEnd(1_000_000, "x") },
    read,
    /^accessToken: it is longer than 8192 characters\./,
  ],
  "a token that is no text": [{ accessToken: 1 }, read, /^accessToken: it is not text\./],
  "a kind of app that there is not": [
    { ...app, kind: "shop" },
    read,
    /^kind: unknown kind of credentials "shop"\./,
  ],
  "a brand that does not exist": [
    { ...token, brand: "dingtalk" },
    read,
    /^brand: unknown brand "dingtalk"\./,
  ],
  "a base URL that is none": [{ ...token, baseUrl: "feishu" }, read, /^baseUrl: it is not a URL\./],
  "plain http": [{ ...token, baseUrl: "http://feishu.example" }, read, /^baseUrl: .* is not https\./],
  "a proxy that is none": [
    { ...token, baseUrl: "https://feishu.invalid", httpsProxy: "SECRET@" },
    read,
    /^httpsProxy: it is not the address of a proxy\. Nothing was sent\./,
  ],
  "a proxy that is no text": [{ ...token, httpsProxy: 7890 }, read, /^httpsProxy: it is not text\./],
  "an authority that is the name of its file": [
    { ...token, ca: "/etc/ssl/company.pem" },
    read,
    /^ca: it holds no certificate\. Nothing was sent\. Give the content of the file, not its name\./,
  ],
  "an authority that is no text": [{ ...token, ca: ["SECRET"] }, read, /^ca: it is not text\./],
  "a fetch that is no function": [{ ...token, fetch: "undici" }, read, /^fetch: it is not a function\./],
  ...Object.fromEntries(
    Object.entries({ connectTimeout: 1_000, httpsProxy: "", httpProxy: "", noProxy: "*", ca: "" }).map(
      ([option, value]): [string, Wrong] => [
        `${option} beside a fetch`,
        [
          { ...token, fetch, [option]: value },
          read,
          new RegExp(`^${option}: fetch opens the connections, and does not take it\\. .* Leave it out`),
        ],
      ],
    ),
  ),
  "a listener that is no function": [{ ...token, onEvent: "log" }, read, /^onEvent: it is not a function\./],
  "a deadline in words": [
    { ...token, attemptTimeout: "30 s" },
    read,
    /^attemptTimeout: 30 s is out of range\./,
  ],
  "a negative deadline": [{ ...token, connectTimeout: -1 }, read, /^connectTimeout: -1 is out of range\./],
  "a limit of no requests": [
    { ...token, rateLimit: { requests: 0 } },
    read,
    /^rateLimit\.requests: 0 is out/,
  ],
  "a limit that begins as nobody knows": [
    { ...token, rateLimit: { initially: "empty" as never } },
    read,
    /^rateLimit\.initially: .*Give free, full, or/,
  ],
  "a resting time that is over": [
    { ...token, rateLimit: { initially: { restingMillis: [10, -1] } } },
    read,
    /^rateLimit\.initially: .*milliseconds from 0 on/,
  ],
  "no request": [token, (client) => client.page(undefined!), /^request: it is missing\./],
  "a number instead of a request": [token, (client) => client.page("337736498" as never), /^request: /],
  "no meeting number": [token, (client) => client.page({ range: request.range } as never), /^meetingNo: /],
  "a meeting number with 8 digits": [
    token,
    (client) => client.page({ ...request, meetingNo: "33773649" }),
    /^meetingNo: "33773649" has 8 digits, a meeting number has 9\. Nothing was sent\./,
  ],
  "two wrong numbers": [
    token,
    (client) => Array.fromAsync(client.streamMany(["1", "337736498", "x"], request.range)),
    /^meetingNo: "1" has 1 digits.*; "x" is not a meeting number/,
  ],
  "a hundred thousand wrong numbers": [
    token,
    (client) => Array.fromAsync(client.streamMany(Array<string>(100_000).fill("12"), request.range)),
    /^meetingNo: ("12" has 2 digits, a meeting number has 9; ){10}and 99990 more\./,
  ],
  "a number of a megabyte": [
    token,
    (client) => client.page({ ...request, meetingNo: "1".repeat(1_000_000) }),
    /^meetingNo: "1{60}…" has 1000000 digits/,
  ],
  "a start of ten megabytes": [
    token,
    (client) => client.page({ ...request, range: { from: "x".repeat(10_000_000) } }),
    /^from: ".{0,2000}" is not a time\./,
  ],
  "a base URL of a megabyte": [
    { ...token, baseUrl: `http://${"x".repeat(1_000_000)}` },
    read,
    /^baseUrl: ".{0,2000}" is not https\./,
  ],
  "one text as the list of numbers": [
    token,
    (client) => Array.fromAsync(client.outcomes("337736498", request.range)),
    /^meetingNos: it is not a list\./,
  ],
  "no range": [
    token,
    (client) => client.page({ meetingNo: "337736498" } as never),
    /^range: it is missing\./,
  ],
  "a range without a start": [
    token,
    (client) => client.page({ ...request, range: { to: "now" } as never }),
    /^from: .* is not a time\./,
  ],
  "a date that is none": [
    token,
    (client) => client.page({ ...request, range: { from: notADate } }),
    /^from: "Invalid Date" is not a time\./,
  ],
  milliseconds: [
    token,
    (client) => client.page({ ...request, range: { from: 1_790_000_000_000 } }),
    /^from: 1790000000000 looks like milliseconds\./,
  ],
  "a range that ends before it starts": [
    token,
    (client) => client.page({ ...request, range: { from: "1d", to: "2d" } }),
    /^range: it starts at .* after its end/,
  ],
  "a damaged cursor": [
    token,
    (client) => client.page({ cursor: "feishu-meetings.1.e30" }),
    /^the cursor is damaged/,
  ],
  "a cursor that is no text": [
    token,
    (client) => client.page({ cursor: null as never }),
    /^cursor: it is not text/,
  ],
  "51 rows a page": [
    token,
    (client) => client.page({ ...request, pageSize: 51 }),
    /^pageSize: 51 is out of range\./,
  ],
  "an order that there is not": [
    token,
    (client) => client.page({ ...request, order: "random" as never }),
    /^order: it must be oldest or newest\./,
  ],
  "half a window ahead": [
    token,
    (client) => client.page({ ...request, readAhead: 0.5 }),
    /^readAhead: 0\.5 is not/,
  ],
  "a signal that is none": [
    token,
    (client) => client.page({ ...request, signal: new AbortController() as never }),
    /^signal: it is not an AbortSignal\./,
  ],
  "a tenant for a token of one tenant": [
    token,
    (client) => client.page({ ...request, tenantKey: "2ed263bf32cf1651" }),
    /^tenant: a tenant is named.* Leave tenantKey out/,
  ],
  "a tenant that is no text": [
    token,
    (client) => client.page({ ...request, tenantKey: 1 as never }),
    /^tenantKey: it is not text\./,
  ],
  "a store app's read without a tenant": [
    { ...app, kind: "store app" },
    read,
    /^tenant: .* Give tenantKey, the tenant key/,
  ],
  "a ticket that is none": [
    { ...app, kind: "store app" },
    (client) => client.pushAppTicket(undefined!),
    /^ticket: it is missing\./,
  ],
}

describe("what is wrong rejects when it is read, with what to do, and nothing is sent", () => {
  for (const [name, [options, read, message]] of Object.entries(wrong)) {
    it(`${name}`, async () => {
      await using server = await RawServer.start(() => {})
      // The base URL comes first, so that those that are wrong stay so.
      const given = options === undefined ? undefined : { baseUrl: server.url, ...(options as object) }
      await using client = createClient(given as ClientOptions)
      const error = await rejected(read(client))
      assert.instanceOf(error, FeishuError)
      assert.strictEqual(error.reason, name === "a damaged cursor" ? "CursorUnusable" : "InvalidRequest")
      assert.match(error.message, message)
      assert.notInclude(inspect(error) + JSON.stringify(error), "SECRET")
      assert.strictEqual(server.requests(), 0)
    })
  }

  it("does not compile", () => {
    assert.isFunction(() => {
      // @ts-expect-error an app has a secret
      createClient({ appId: "cli_a" })
      // @ts-expect-error either a token or an app
      createClient({ accessToken: "t", appId: "cli_a", appSecret: "secret" })
      const client = createClient(app)
      // @ts-expect-error a range has a start
      void client.page({ meetingNo: "337736498", range: { to: "now" } })
      // @ts-expect-error a cursor is given by its name
      client.stream("feishu-meetings.1.e30")
      // @ts-expect-error rows are not changed
      void client.page(request).then((page) => (page.meetings[0]!.topic = "mine"))
    })
  })
})
