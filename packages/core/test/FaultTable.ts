/**
 * The table of faults, as answers of servers that repeat the request's secrets wherever a server can put text. Each
 * is named by its row.
 */
import { Effect } from "effect"
import * as Fake from "./FakeFeishu.ts"
import { mark } from "./Sinks.ts"

/**
 * What a server answers, with `$words` for the secrets of the request as it writes them, `$word` for the last of
 * them alone where blanks have no place, `$password` for that of a meeting, and `$index` for how often it was asked.
 */
export type Answer = Fake.Answer | Effect.Effect<never, string>
/** One answer after the other, the last one for ever; by the row of the table and what is special. */
export type Faults = Readonly<Record<string, Answer | ReadonlyArray<Answer>>>

const json = (status: number, body: object, headers?: Record<string, string>): Fake.Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body,
})
const text = (status: number, type: string, body: string, headers?: Record<string, string>): Fake.Answer => ({
  status,
  headers: { "content-type": type, ...headers },
  body,
})

/** All that Feishu's failures have of texts. */
const words = "$words"
const said = {
  msg: words,
  log_id: words,
  error_description: words,
  error: {
    log_id: words,
    message: words,
    troubleshooter: words,
    details: [{ key: words, value: words }],
    field_violations: [{ field: words, value: words, description: words }],
    permission_violations: [{ type: words, subject: words, description: words, scope: words, url: words }],
    helps: [{ url: words, description: words }],
  },
}
const says = (status: number, code: unknown, headers?: Record<string, string>) =>
  json(status, { code, ...said }, headers)

const ok = (fields: object) => json(200, { code: 0, msg: "ok", ...fields })
// The password first: an excerpt of the answer would begin with it.
const row = (fields?: object) => ({ password: "$password", ...Fake.row(1), ...fields })
const page = (...meeting_briefs: ReadonlyArray<unknown>) => ok({ data: { meeting_briefs } })
const leadingTo = (page_token: unknown) =>
  ok({ data: { has_more: true, page_token, meeting_briefs: [row()] } })
const cut = (status: number, type: string, { body }: Fake.Answer) =>
  text(status, type, JSON.stringify(body).slice(0, -2))

/** Faults that any call may meet. */
export const anyCall: Faults = {
  "N1 a refused connection": Effect.fail("ECONNREFUSED"),
  "N2 a host that is not found": Effect.fail("ENOTFOUND"),
  "N2 a DNS that is away": Effect.fail("EAI_AGAIN"),
  "N3 a reset": Effect.fail("ECONNRESET"),
  "N5 headers that never come": Effect.never,
  "N10 a certificate that has expired": Effect.fail("CERT_HAS_EXPIRED"),
  "N10 a port without TLS": Effect.fail("ERR_SSL_WRONG_VERSION_NUMBER"),
  "N10 a server that refuses TLS": Effect.fail("ERR_SSL_TLSV1_UNRECOGNIZED_NAME"),
  "N10 a server that demands a certificate": Effect.fail("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
  "N10 a server that demands a certificate behind TLS": text(
    400,
    "text/html",
    "<p>No required SSL certificate was sent: $words</p>",
  ),
  "H1 HTTP 500 three times": [says(500, 5000), says(502, 7), says(503, 5000), says(400, 7)],
  "H2 HTTP 500 for ever": says(500, 5000),
  "H2 HTTP 500 with a code that is not known": says(500, 7),
  "H3 429 with a reset": [says(429, 99991400, { "x-ogw-ratelimit-reset": "52" }), says(400, 7)],
  "H4 429 without a header": [says(429, 99991400), says(400, 7)],
  "H4 429 without JSON": [text(429, "text/plain", words), text(400, "text/plain", words)],
  "H5 a reset that is text": [says(429, 99991400, { "x-ogw-ratelimit-reset": words }), says(400, 7)],
  "H5 a reset that is no date": [says(429, 99991400, { "retry-after": `Mon, ${words}` }), says(400, 7)],
  "H5 a reset too far away": says(429, 99991400, { "retry-after": "1e30" }),
  "H6 HTTP 400 with 99991400": [says(400, 99991400, { "retry-after": "2" }), says(400, 7)],
  "H6 HTTP 200 with 99991400": [says(200, 99991400, { "retry-after": "2" }), says(400, 7)],
  "H7 429 again and again": says(429, 99991400, { "retry-after": "2" }),
  "H8 the monthly quota": says(429, 99991403),
  "H9 HTML with HTTP 200": text(200, "text/html", "<p>$words</p>"),
  "H9 HTML with HTTP 502": text(502, "text/html", "<p>Bad gateway: $words</p>"),
  "H9 HTML with HTTP 403": text(403, "text/html", "<p>$words</p>"),
  "H9 HTML with words in its tags": text(502, "text/html", "<td title='$words'>$words<br>$words"),
  "H9 HTML that is cut in a word": text(502, "text/html", `<p>${" ".repeat(1_980)}$words`),
  "H9 text with HTTP 503": text(503, "text/plain", "no route for $words"),
  "H9 text with HTTP 404": text(404, "text/plain", "no route for $words"),
  "H9 nothing with HTTP 502": text(502, "text/plain", "", { "x-tt-logid": "$word" }),
  "H10 a redirect": text(302, "text/html", words, { location: "https://evil.example/?$words" }),
  "H10 a redirect to a host": text(307, "text/html", words, { location: "https://$word.example/" }),
  "H10 a redirect to nowhere": text(301, "text/html", words, { location: words }),
  "H10 a redirect without a scheme": text(303, "text/html", words, { location: "//$word.example/$words" }),
  "H10 a redirect to a path": text(308, "text/html", words, { location: "/$words?$words" }),
  "H10 a redirect with a password": text(302, "text/html", words, {
    location: "https://$word:$word@a.example",
  }),
  "H10 a redirect without a header": text(302, "text/html", words),
  "H11 a content type of its own": text(502, "text/html; $words", "<p>"),
  "H11 a content type that is cut in a word": text(502, `text/${"x".repeat(65)}$words`, "<p>"),
  "H11 a content type of its own, and JSON": says(400, 7, { "content-type": words }),
  "H13 121003": says(400, 121003),
  "H13 99992402": says(400, 99992402),
  "H13 a msg that is cut in a word": json(400, { code: 7, msg: `${"x".repeat(290)}$words` }),
  "H13 a log id": json(400, { code: 7 }, { "x-tt-logid": "$word" }),
  "H13 a request id": json(400, { code: 7 }, { "x-request-id": "$word" }),
  "H13 a log id in the error": json(400, { code: 7, error: { log_id: "$word" } }),
  "H13 a log id in the body": json(400, { code: 7, log_id: "$word" }),
  "H14 an encoding of its own": text(200, "text/plain", "\u0001", { "content-encoding": words }),
  "H14 an encoding that is cut in a word": text(200, "text/plain", "\u0001", {
    "content-encoding": `${"x".repeat(30)}$words`,
  }),
  "H15 a thousand headers": says(
    400,
    7,
    Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-${index}`, words])),
  ),
  "H16 HTTP 204": text(204, "text/plain", "", { "x-tt-logid": "$word" }),
  "H16 HTTP 206": text(206, "text/plain", words),
  "H16 HTTP 408": text(408, "text/plain", words),
  "H16 HTTP 425": text(425, "text/plain", words),
  "P1 JSON that is cut, with HTTP 200": cut(200, "application/json", says(0, 0)),
  "P1 JSON that is cut, with HTTP 502": cut(502, "text/plain", says(0, 0)),
  "P2 a code that is missing": json(200, said),
  "P2 a code that is missing, with HTTP 500": json(500, said),
  "P2 a code that is missing, with HTTP 404": json(404, said),
  "P2 a code that is null": says(200, null),
  "P2 a code that is text": says(200, words),
  "P2 a code that is an object": says(500, { $words: words }),
  "P2 a code that is no integer": says(400, 0.5),
  "P2 a code that is not known": says(200, 7),
  "P2 texts of other types": json(400, { code: 7, msg: { $words: words }, error: [words], log_id: [words] }),
  "P21 JSON that is nested deeply": text(400, "text/plain", `${"[".repeat(100_000)}$words`),
  "P21 __proto__ as a key": text(400, "text/plain", '{"code":7,"__proto__":{"msg":"$words"},"msg":"$words"}'),
  "A5 10014": says(200, 10014),
  "A5 10003": says(200, 10003),
  "A5 99991661": says(400, 99991661),
  "A7 a missing scope": says(400, 99991672),
  "A7 a scope that is not granted": json(400, {
    code: 99991679,
    error: { permission_violations: [{ scope: words }] },
  }),
  "A9 an interruption": Effect.interrupt,
}

/** What may be wrong with a page of meetings, and with what leads to the next one. */
export const pages: Faults = {
  "N12 a network that goes away": [leadingTo("2"), Effect.fail("ENETUNREACH")],
  "H16 HTTP 206 with a page": { ...page(row()), status: 206 },
  "P1 a page that is cut, with HTTP 200": cut(200, "application/json", page(row())),
  "P1 a page that is cut, with HTTP 502": cut(502, "application/json", page(row())),
  "P1 a page that is cut, with HTTP 404": cut(404, "text/plain", page(row())),
  "P2 a page without a code": json(500, { data: { meeting_briefs: [row()] } }),
  "P2 a page in a list": json(400, [row()]),
  "P3 data that is missing": ok(said),
  "P3 data that is null": ok({ ...said, data: null }),
  "P3 data that is text": ok({ data: "$words $password" }),
  "P3 data that is a list": ok({ data: [row()] }),
  "P4 meeting_briefs that is an object": ok({ data: { meeting_briefs: { rows: [row()] } } }),
  "P4 meeting_briefs by password": ok({ data: { meeting_briefs: { $password: row(), $words: 1 } } }),
  "P4 meeting_briefs that is text": ok({ data: { meeting_briefs: "$words $password" } }),
  "P4 rows in rows": page([row()]),
  "P4 rows that are text": page("$password", words),
  "P5 a page token that stays the same": leadingTo("2"),
  "P5 page tokens that go in a circle": [leadingTo("1"), leadingTo("2"), leadingTo("1")],
  "P6 a page token that is missing": leadingTo(undefined),
  "P6 a page token that is empty": leadingTo(""),
  "P6 a page token that is an object": leadingTo({ $words: "$password" }),
  "P6 has_more that is text": ok({ data: { has_more: "$words $password" } }),
  "P6 a page token that repeats the access token": leadingTo(words),
  "P6 a page token with the access token in it": leadingTo("2/$words/3"),
  "P7 a page token that leads nowhere": ok({ data: { has_more: false, page_token: words } }),
  "P8 empty pages": [
    ...Array.from({ length: 11 }, () => ok({ data: { page_token: "$index" } })),
    page(row()),
  ],
  "P9 doubles": page(row(), row()),
  "P10 an id that is a number": page(row({ id: 7_011_030_664_708_603 })),
  "P11 fields that are not known": page(row({ meeting_connect: true, room: "A1" })),
  "P12 a topic with control characters": page(row({ topic: "\u001b[31m\r\n\0\u202e\u2028" })),
  "P16 a page token with all sorts of characters": [leadingTo("a&b=c+d%2F é中/?"), page(row())],
  "P18 a page token that is refused": [leadingTo("2"), says(400, 121003)],
  "P19 a row of another number": page(row({ meeting_no: "337736499" })),
  "P19 a row whose number is the password": page(row({ meeting_no: "$password" })),
  "P19 a row whose number and id are the token": page(row({ meeting_no: words, id: words })),
  "P20 a row without id": page(row({ id: undefined })),
  "P20 a row with an empty id": page(row({ id: "" })),
  "P20 a topic that is a number": page(row({ topic: 5 })),
  "P20 a url that is an object": page(row({ url: { $password: words } })),
  "P20 a password that is an object": page(row({ password: { $password: "$password" } })),
  "P20 a password that is a list": page(row({ password: ["$password", words] })),
  "P21 51 rows": page(...Array.from({ length: 51 }, (_, id) => row({ id: String(id) }))),
  "P21 a row that is nested deeply": text(
    200,
    "application/json",
    `{"code":0,"data":{"meeting_briefs":${"[".repeat(5_000)}"$password"${"]".repeat(5_000)}}}`,
  ),
  "P21 __proto__ in a row": text(
    200,
    "application/json",
    '{"code":0,"data":{"meeting_briefs":[{"id":1,"__proto__":{"password":"$password"}}]}}',
  ),
}

/** What becomes of a token that was fetched. */
export const accessToken: Faults = {
  "A1 a token that expires": [says(400, 99991663), page(row())],
  "A3 a fresh token that is refused, too": says(400, 99991663),
}

/** What may be wrong with the answer of a token endpoint; nobody but this answer has this token yet. */
const fresh = `${mark}FreshToken`
const token = (value: unknown) => ({
  tenant_access_token: value,
  app_access_token: value,
  access_token: value,
})
export const tokenEndpoint: Faults = {
  "A6 a token that is missing": ok({ ...said, [fresh]: words }),
  "A6 a token that is empty": ok({ ...token(""), ...said }),
  "A6 a token that is null": ok({ ...token(null), ...said }),
  "A6 a token that is an object": ok(token({ [fresh]: words })),
  "A6 a token that is a list": ok(token([fresh, words])),
  "A6 a token with a line break": ok(token(`${fresh}\r\n$words`)),
  "A6 a token with Chinese": ok({ ...token(`${fresh}访问凭证`), ...said }),
  "A6 a token that is too long": ok(token(fresh.padEnd(9_000, "x"))),
  "A6 a token beside a code that is not known": json(200, { ...token(fresh), code: 7, ...said }),
  "A6 a token beside a code that is text": json(200, { ...token(fresh), code: "0" }),
  "A6 a token without a code, with HTTP 500": json(500, token(fresh)),
  "A6 a token without a code, with HTTP 400": json(400, token(fresh)),
  "A6 a token that is cut, with HTTP 500": cut(500, "text/plain", json(0, token(fresh))),
  "A6 a token that is cut, with HTTP 400": cut(400, "text/plain", json(0, token(fresh))),
  "A6 a token that is cut, with HTTP 200": cut(200, "text/plain", json(0, token(fresh))),
  "A8 expire 0": ok({ ...token(fresh), expire: 0, expires_in: 0 }),
  "A8 a negative expire": ok({ ...token(fresh), expire: -1, expires_in: -1 }),
  "A8 a huge expire": ok({ ...token(fresh), expire: 1e300, expires_in: 1e300 }),
  "A8 an expire that is text": ok({ ...token(fresh), expire: words, expires_in: words }),
  "A8 an expire that is an object": ok({ ...token(fresh), expire: { $words: fresh }, expires_in: [words] }),
}

/** Bytes with `$words` in them, and how the connection ends behind them. */
export interface Bytes {
  readonly bytes: string
  readonly ending: "end" | "reset" | "stay open"
}
const bytes = (bytes: string, ending: Bytes["ending"] = "end"): Bytes => ({ bytes, ending })

/** What only a socket can do to a request: beside `RawFaults`, those that repeat it. */
export const socket: Readonly<Record<string, Bytes>> = {
  "N3 a reset in the status line": bytes("HTTP/1.1 500 $words", "reset"),
  "N4 a reset in a body": bytes('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"data":"$words', "reset"),
  "N6 a stall in a body": bytes('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"data":"$words', "stay open"),
  "N9 a body that is cut": bytes('HTTP/1.1 200 OK\r\n\r\n{"data":"$words'),
  "H9 bytes that are the request": bytes("GET / HTTP/1.1\r\nauthorization: $words\r\n\r\n"),
  "H9 a status line": bytes("HTTP/1.1 500 $words\r\ncontent-length: 0\r\n\r\n"),
  "H9 a text": bytes("HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\n$words"),
  "H10 a redirect": bytes("HTTP/1.1 302 Found\r\nlocation: /$words\r\ncontent-length: 0\r\n\r\n"),
  "H14 an encoding": bytes("HTTP/1.1 200 OK\r\ncontent-encoding: $words\r\n\r\n\u0001"),
  "H15 a header that is none": bytes("HTTP/1.1 200 OK\r\n$words\r\n\r\n"),
  "H15 a hundred kilobytes of a header": bytes(`HTTP/1.1 200 OK\r\nx: ${"$words ".repeat(5_000)}\r\n\r\n`),
  "P1 a chunk whose length is text": bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n$words\r\n"),
}

/** A template with its words, in keys of objects, too. */
export const filled = <A>(template: A, words: Readonly<Record<string, string>>): A => {
  const fill = (part: unknown): unknown =>
    typeof part === "string"
      ? part.replaceAll(/\$(\w+)/g, (_, name) => words[name]!)
      : Array.isArray(part)
        ? part.map(fill)
        : typeof part === "object" && part !== null
          ? Object.fromEntries(Object.entries(part).map((entry) => entry.map(fill) as [string, unknown]))
          : part
  return fill(template) as A
}
