import { assert, describe, it } from "@effect/vitest"
import { GetMeeting, GetRecording, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Arbitrary from "effect/Arbitrary"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as TestClock from "effect/testing/TestClock"
import { Behaviour } from "../src/protocol/Behaviour.ts"
import * as FetchHandler from "../src/server/FetchHandler.ts"
import * as RateLimit from "../src/state/RateLimit.ts"
import type { Seed } from "../src/seed/Seed.ts"
import * as Workspace from "../src/state/Workspace.ts"
import * as Workspaces from "../src/state/Workspaces.ts"
import { now } from "./fixture.ts"
import * as Model from "./model.ts"

// What both begin with. Two Feishus with the same tenant, number and random seed: nothing but the app tells them apart.
type Home = "shared" | "own"
const day = 86_400
const numbers = { few: "337736498", many: "146453285", none: "999999998" }
const meeting = (id: number, no: string, start: number, tenant = "tenant_a"): Model.Meeting => ({
  id: String(id),
  no,
  topic: `meeting ${id}`,
  start,
  tenant,
})
const beginnings = {
  shared: {
    apps: [
      { id: "cli_reader", tenant: "tenant_a", mayRead: true },
      { id: "cli_no_scope", tenant: "tenant_a", mayRead: false },
      { id: "cli_elsewhere", tenant: "tenant_b", mayRead: true },
    ],
    meetings: [
      // Two that begin in the same second, the later id first, and one more than 90 days ago.
      ...[12, 11].map((id) => meeting(id, numbers.few, now - 3 * day)),
      ...[1, 2, 3, 4].map((id) => meeting(id, numbers.few, now - id * day)),
      meeting(5, numbers.few, now - 91 * day),
      meeting(20, numbers.few, now - day, "tenant_b"),
      ...Array.from({ length: 55 }, (_, index) => meeting(100 + index, numbers.many, now - 80 * day + index)),
    ],
  },
  own: {
    apps: [{ id: "cli_own", tenant: "tenant_a", mayRead: true }],
    meetings: [7, 8, 9].map((id) => meeting(id, numbers.few, now - id * day)),
  },
} satisfies Record<
  Home,
  { readonly apps: Arr.NonEmptyReadonlyArray<Model.App>; readonly meetings: ReadonlyArray<Model.Meeting> }
>

const seedOf = ({ apps, meetings }: (typeof beginnings)[Home]): Seed => ({
  apps: Arr.map(apps, ({ id, mayRead, tenant }) => ({
    app_id: id,
    app_secret: "secret",
    type: "self_built",
    scopes: mayRead ? ["vc:meeting:readonly", "vc:record:readonly"] : ["im:message"],
    tenants: [tenant],
  })),
  meetings: meetings.map(wireOf),
})
const wireOf = ({ id, no, start, tenant, topic }: Model.Meeting) => ({
  id,
  meeting_no: no,
  topic,
  start_time: start,
  end_time: start + Model.lasts,
  tenant_key: tenant,
  participants: [],
  ...(Model.isRecorded(id) ? { recording: {} } : {}),
})

// What may be done.
const home = Schema.Literals(["shared", "shared", "own"])
// The latest is 0.
const latest = Schema.Literals([0, 0, 0, 0, 1, 2, 3])
const theApp = Schema.Literals([
  "cli_reader",
  "cli_reader",
  "cli_own",
  "cli_own",
  "cli_no_scope",
  "cli_elsewhere",
  "cli_unknown",
])
const then = Schema.Union([
  Schema.Struct({ code: Schema.Literals([121001, 121005]) }),
  Schema.Struct({
    code: Schema.Literal(99991400),
    headers: Schema.optionalKey(
      Schema.Union([Schema.Struct({ "x-ogw-ratelimit-reset": Schema.Literal("7") }), Schema.Struct({})]),
    ),
  }),
  Schema.Struct({
    network: Schema.Literals([
      "refuse",
      "reset before headers",
      "reset in mid-body",
      "HTML",
      "truncated JSON",
    ]),
  }),
  Schema.Struct({
    paging: Schema.Literals([
      "repeated token",
      "cycle",
      "missing token",
      "empty page",
      "doubled rows",
      "null list",
      "foreign row",
    ]),
  }),
])
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(schema)
const list = Schema.Struct({
  do: Schema.Literal("list"),
  token: latest,
  number: Schema.Literals(["few", "few", "few", "many", "many", "none"]),
  daysBack: Schema.Literals([5, 5, 10, 89, 90]),
  size: Schema.Literals(["none", "1", "2", "3", "50"]),
})
// The details or the recording of a meeting.
const one = Schema.Struct({
  do: Schema.Literal("one"),
  token: latest,
  api: Schema.Literals(["getMeeting", "getRecording"]),
  // oxfmt-ignore
  id: Schema.Literals([
    "1", "2", "2", "4", "11", "12", "20", "30", "100", "5", "8", "999", "0", "abc", "9223372036854775808", "002",
  ]),
  times: Schema.Literals([1, 2, 4]),
})
const nextPage = Schema.Struct({ do: Schema.Literal("next page"), token: latest, page: latest })
// A page token with a query that it was not given for.
const nextPageOfAnother = Schema.Struct({
  do: Schema.Literal("next page of another"),
  token: latest,
  page: latest,
  changed: Schema.Literals(["meeting_no", "start_time", "end_time", "page_size"]),
})
const limits = Schema.Struct({
  rateLimit: Schema.Literals([1, 2, 3, "off", 100]),
  rateWindow: Schema.Literals(["fixed", "sliding", "bucket"]),
})
const windows = Schema.Struct({
  detailsRateLimit: Schema.Literals([2, 3, "off"]),
  recordingRateLimit: Schema.Literals([2, "off"]),
  rateLimitPerSecond: Schema.Literals([1, 2, "off"]),
  rateHeaders: Schema.Literals(["refuses", "longest"]),
  rateWindow: Schema.Literals(["fixed", "sliding", "bucket"]),
  monthlyQuota: Schema.Literals([2, "off", "off"]),
})
// Those that stand more than once are done more often.
const Command = Schema.Union([
  Schema.Struct({
    do: Schema.Literal("get token"),
    app: theApp,
    kind: Schema.Literals(["tenant", "tenant", "tenant", "client", "user"]),
    secret: Schema.Literals(["secret", "secret", "secret", "wrong"]),
  }),
  list,
  list,
  list,
  list,
  Schema.Struct({ ...list.fields, fault: then }),
  // What is wrong with it, one thing or more.
  Schema.Struct({
    do: Schema.Literal("list wrongly"),
    token: Schema.Literals(["", "t-unknown", "u-unknown", "eyJunknown", "unknown", 0, 0, 0, 0, 0, 0]),
    number: Schema.Literals(["337736498", "33773649", "3377364980", "abc", "none", "twice", "list"]),
    from: Schema.Literals([91 * day + 1, 90 * day + 1, 90 * day, day, 0, -1, "none", "1.5"]),
    to: Schema.Literals([0, 0, day, -day, "none", ""]),
    size: Schema.Literals(["none", "50", "51", "0", "-1", "5a", "", "twice"]),
    page: Schema.Literals(["none", "none", "none", "", "2", "forged", "twice"]),
  }),
  one,
  one,
  one,
  one,
  Schema.Struct({ do: Schema.Literal("change"), at: home, to: windows }),
  Schema.Struct({ do: Schema.Literal("change"), at: home, to: windows }),
  nextPage,
  nextPage,
  nextPage,
  nextPageOfAnother,
  nextPageOfAnother,
  Schema.Struct({ do: Schema.Literal("many at once"), token: latest, times: Schema.Literals([2, 3, 4, 5]) }),
  Schema.Struct({ do: Schema.Literal("many at once"), token: latest, times: Schema.Literals([2, 3, 4, 5]) }),
  Schema.Struct({
    do: Schema.Literal("move clock"),
    at: home,
    advance: Schema.Literals([
      0.5,
      1,
      20,
      59.5,
      60,
      5_400,
      5_401,
      7_200,
      28_800,
      day,
      30 * day,
      -0.5,
      -60,
      -day,
    ]),
  }),
  Schema.Struct({ do: Schema.Literal("wait"), seconds: Schema.Literals([0.25, 7, 30, 60]) }),
  Schema.Struct({ do: Schema.Literal("stop or run clock"), at: home, frozen: Schema.Boolean }),
  Schema.Struct({
    do: Schema.Literal("put meetings"),
    at: home,
    ids: Schema.NonEmptyArray(Schema.Literals([1, 2, 11, 30, 31])),
    number: Schema.Literals(["few", "many"]),
    daysAgo: Schema.Literals([0, 0, 1, 3, 4.5, -1]),
    tenant: Schema.Literals(["tenant_a", "tenant_a", "tenant_b"]),
  }),
  Schema.Struct({
    do: Schema.Literal("remove meeting"),
    at: home,
    id: Schema.Literals([1, 2, 3, 11, 30, 7, 100]),
  }),
  Schema.Struct({
    do: Schema.Literal("change"),
    at: home,
    to: Schema.Union([
      limits,
      limits,
      limits,
      Schema.Struct({ rateStatus: Schema.Literals([400, 429]) }),
      Schema.Struct({ ninetyDays: Schema.Literals(["both", "span", "lookback"]) }),
      Schema.Struct({ emptyList: Schema.Literals(["[]", "null", "absent"]) }),
      Schema.Struct({ lastPageToken: Schema.Literals(["absent", "empty"]) }),
      Schema.Struct({ pageTokens: Schema.Literals(["bound", "free"]) }),
      Schema.Struct({ monthlyQuota: Schema.Literals([0, 1, 3, "off"]) }),
      windows,
      windows,
      windows,
      Schema.Struct({ meetingIdRefusal: Schema.Literals([99992402, 121003]) }),
      Schema.Struct({ detailsAfter90Days: Schema.Literals([121004, 121003, "found"]) }),
      Schema.Struct({ unknownMeetingRecording: Schema.Literals([122002, 121004]) }),
      Schema.Struct({ unrecordedMeeting: Schema.Literals([121004, "empty"]) }),
      Schema.Struct({ recordingWhileRunning: Schema.Literals([122001, 121004, 124002]) }),
      Schema.Struct({ recordingInProgress: Schema.Literals([124002, 121004]) }),
      Schema.Struct({ recordingSeconds: Schema.Literals([0, 60, 5_400]) }),
    ]),
  }),
  Schema.Struct({ do: Schema.Literal("revoke"), token: Schema.Literals([0, 1, "all"]), at: home }),
  Schema.Struct({
    do: Schema.Literal("add fault"),
    at: home,
    operation: Schema.Literals([
      "meetings.listByNo",
      "meetings.listByNo",
      "meetings.get",
      "meetings.getRecording",
      "auth.tenantAccessTokenInternal",
      "*",
    ]),
    when: Schema.Struct({
      // A fault without an end would hide all that comes after it.
      first: Schema.Literals([1, 2]),
      nth: optional(Schema.Literals([1, 2, 3])),
      after: optional(Schema.Literals([0, 1])),
      matching: optional(
        Schema.Struct({
          page_size: optional(Schema.Literals(["1", "2"])),
          page_token: optional(Schema.Null),
          meeting_id: optional(Schema.Literals(["2", "12"])),
        }),
      ),
    }),
    then,
  }),
  Schema.Struct({ do: Schema.Literal("remove fault"), at: home, number: Schema.Literals([1, 2]) }),
  Schema.Struct({ do: Schema.Literal("clear faults"), at: home }),
  Schema.Struct({ do: Schema.Literal("clear journal"), at: home }),
  Schema.Struct({ do: Schema.Literal("reset"), at: home }),
  Schema.Struct({ do: Schema.Literal("keep"), at: home }),
  Schema.Struct({ do: Schema.Literal("bring back"), at: home }),
])
type Command = typeof Command.Type

/** The mock without a socket, its time that of the test's clock. */
const makeMock = Effect.gen(function* () {
  const workspaces = {
    shared: yield* Workspace.make({ seed: seedOf(beginnings.shared), now }),
    own: yield* Workspace.make({ seed: seedOf(beginnings.own), now }),
  }
  const all = Workspaces.make(workspaces.shared)
  assert.isUndefined(all.add(workspaces.own))
  const { fetch } = yield* Effect.acquireRelease(
    Effect.sync(() => FetchHandler.make(all)),
    (handler) => Effect.promise(() => handler[Symbol.asyncDispose]()),
  )
  const send = (path: string, init?: RequestInit) => fetch(new Request(`http://feishu.mock${path}`, init))
  const control = async (method: string, path: string, at: Home, body?: unknown) => {
    const response = await send(`/_mock${path}?app_id=${beginnings[at].apps[0]!.id}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }
  return { workspaces, send, control }
})
type Mock = Effect.Success<typeof makeMock>

/** What of an answer is looked at. */
interface Body {
  readonly code: number
  readonly data?: {
    readonly has_more?: boolean
    readonly meeting_briefs?: ReadonlyArray<object> | null
    readonly page_token?: string
    readonly meeting?: { readonly status: number }
    readonly recording?: object
  }
  readonly error?: {
    readonly field_violations?: ReadonlyArray<{ readonly field: string }>
    readonly permission_violations?: ReadonlyArray<{ readonly subject: string }>
  }
  readonly tenant_access_token?: string
  readonly expire?: number
  readonly access_token?: string
  readonly expires_in?: number
}

/** An answer as a client sees it, and the texts that it makes up. */
const seen = async (sent: Promise<Response>, api?: string) => {
  let response: Response
  let body: Body
  try {
    response = await sent
    body = JSON.parse(await response.text())
  } catch {
    return { answer: { status: "broken" } as Model.Answer, body: undefined }
  }
  const { code, data, error } = body
  const limit = response.headers.get("x-ogw-ratelimit-limit")
  const reset = response.headers.get("x-ogw-ratelimit-reset")
  const violations = error?.field_violations?.map(({ field }) => field)
  const scopes = error?.permission_violations?.map(({ subject }) => subject)
  const answer: Model.Answer = {
    status: response.status,
    code,
    ...(limit === null ? {} : { limit }),
    ...(reset === null ? {} : { reset }),
    ...(violations === undefined ? {} : { fields: violations }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(data?.meeting === undefined ? {} : { state: data.meeting.status }),
    ...(api === "getRecording" && data !== undefined ? { state: data.recording !== undefined } : {}),
    ...(data?.has_more === undefined
      ? {}
      : {
          rows: data.meeting_briefs === undefined ? "absent" : (data.meeting_briefs ?? "null"),
          hasMore: data.has_more,
          nextPage: data.page_token === undefined ? "absent" : data.page_token === "" ? "empty" : "token",
        }),
  }
  return { answer, body }
}

/** What is not looked at before these is not seen. */
const forgetful: ReadonlySet<Command["do"]> = new Set([
  "change",
  "clear journal",
  "clear faults",
  "reset",
  "bring back",
])

const hasToken: Command = { do: "get token", app: "cli_reader", kind: "tenant", secret: "secret" }

const nth = <A>(list: ReadonlyArray<A>, index: number): A | undefined => list[index % list.length]

/** Texts are compared first: `deepStrictEqual` alone would take most of the time (measured). */
const same = (actual: unknown, expected: unknown): void => {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) assert.deepStrictEqual(actual, expected)
}

/** One sequence against both, from a reset on. */
const run = async (
  mock: Mock,
  commands: ReadonlyArray<Command>,
  wait: (seconds: number) => Promise<void>,
) => {
  const { control, send, workspaces } = mock
  const fresh = (at: Home) => Model.start(beginnings[at].apps, beginnings[at].meetings, now * 1000)
  const model = { shared: fresh("shared"), own: fresh("own") }
  for (const at of ["shared", "own"] as const) await control("POST", "/reset", at)

  // What a client has in hand, the latest first.
  let tokens: Array<string> = []
  let pages: Array<{ readonly query: Model.Query; readonly text: string }> = []
  const kept: { [At in Home]?: { snapshot: unknown; feishu: Model.Feishu } } = {}

  const compareList = async (bearer: string | undefined, query: Model.Query, fault?: Model.Then) => {
    const params = new URLSearchParams(query.map(([name, value]) => [name, value]))
    const { answer, body } = await seen(
      send(`${ListByNo.path}?${params.toString()}`, {
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(fault === undefined ? {} : { "x-mock-fault": JSON.stringify(fault) }),
        },
      }),
    )
    const text = body?.data?.page_token || undefined
    same(answer, Model.list(model.shared, model.own, { bearer, query, fault }, text))
    if (text !== undefined) {
      pages = [{ query: query.filter(([name]) => name !== "page_token"), text }, ...pages].slice(0, 4)
    }
  }
  const compareOne = async (bearer: string | undefined, api: "getMeeting" | "getRecording", id: string) => {
    const { path } = api === "getMeeting" ? GetMeeting : GetRecording
    const { answer } = await seen(
      send(path.replace(":meeting_id", id), {
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      }),
      api,
    )
    same(answer, Model.one(model.shared, model.own, { bearer, api, id }))
  }
  const compareToken = async (kind: "tenant" | "client", app: string, secret: string) => {
    const credentials =
      kind === "tenant"
        ? JSON.stringify({ app_id: app, app_secret: secret })
        : new URLSearchParams({ grant_type: "client_credentials", client_id: app, client_secret: secret })
    const { answer, body } = await seen(
      send(kind === "tenant" ? TenantAccessToken.internalPath : OAuth.tokenPath, {
        method: "POST",
        body: credentials,
      }),
    )
    const text = body?.tenant_access_token ?? body?.access_token
    const isKnown = [model.shared, model.own].some(({ tokens }) =>
      tokens.some((token) => token.text === text),
    )
    const expire = body?.expire ?? body?.expires_in
    const given: Model.Answer =
      expire === undefined ? answer : { ...answer, token: isKnown ? "again" : "new", expire }
    same(given, Model.token(model.shared, model.own, { kind, app, secretIsRight: secret === "secret" }, text))
    if (text !== undefined) tokens = [text, ...tokens.filter((other) => other !== text)].slice(0, 4)
  }
  const userToken = async (app: string) => {
    const at = app === "cli_own" ? "own" : "shared"
    // What a user grants is not what the app has.
    const mayRead = app !== "cli_elsewhere"
    const authorized = await control("POST", "/authorizations", at, {
      client_id: app,
      scopes: mayRead ? ["vc:meeting.meetingid:read"] : [],
    })
    const response = await send(OAuth.userTokenPath, {
      method: "POST",
      body: JSON.stringify({
        grant_type: "authorization_code",
        client_id: app,
        client_secret: "secret",
        code: authorized.body.code,
      }),
    })
    const { access_token: text, code } = await response.json()
    const limit = response.headers.get("x-ogw-ratelimit-limit")
    const reset = response.headers.get("x-ogw-ratelimit-reset")
    const given = {
      status: response.status,
      code,
      ...(limit === null || reset === null ? {} : { limit, reset }),
    }
    same(given, Model.userToken(model[at], app, mayRead, text))
    if (text !== undefined) tokens = [text, ...tokens].slice(0, 4)
  }
  const seconds = (at: Home) => Math.floor(model[at].now / 1000)
  const move = (at: Home, millis: number) => {
    const feishu = model[at]
    feishu.now += millis
    // A day after its end nobody asks whether an expired token is still known as that.
    const over = feishu.tokens
      .filter(({ endsAt }) => endsAt + day * 1000 <= feishu.now)
      .map(({ text }) => text)
    tokens = tokens.filter((text) => !over.includes(text))
  }

  const step = async (command: Command): Promise<void> => {
    switch (command.do) {
      case "get token":
        // Faults would stand in the way of the two calls that it takes.
        if (command.kind !== "user") return await compareToken(command.kind, command.app, command.secret)
        return command.app !== "cli_unknown" &&
          [model.shared, model.own].every(({ rules }) => rules.length === 0)
          ? await userToken(command.app)
          : undefined
      case "list": {
        const { daysBack, number, size } = command
        const to = seconds("shared")
        const query: Model.Query = [
          ["meeting_no", numbers[number]],
          ["start_time", String(to - daysBack * day)],
          ["end_time", String(to)],
          ...(size === "none" ? [] : [["page_size", size] as const]),
        ]
        return await compareList(
          nth(tokens, command.token),
          query,
          "fault" in command ? command.fault : undefined,
        )
      }
      case "list wrongly": {
        const { from, number, page, size, to } = command
        const time = (ago: number | string) =>
          typeof ago === "number" ? String(seconds("shared") - ago) : ago
        const fields = {
          meeting_no: number,
          start_time: time(from),
          end_time: time(to),
          page_size: size,
          page_token: page,
        }
        const query = Object.entries(fields).flatMap(([name, value]): Model.Query => {
          if (value === "none") return []
          if (value === "list") return [[`${name}[]`, "3"]]
          const once = [name, value === "twice" ? "3" : value] as const
          return value === "twice" ? [once, once] : [once]
        })
        return await compareList(command.token === 0 ? tokens[0] : command.token || undefined, query)
      }
      case "next page":
      case "next page of another": {
        const page = nth(pages, command.page)
        if (page === undefined) return
        const query =
          command.do === "next page"
            ? page.query
            : page.query.map(([name, value]): Model.Query[number] => [
                name,
                name === command.changed ? (name === "page_size" ? "7" : String(Number(value) - 1)) : value,
              ])
        return await compareList(nth(tokens, command.token), [...query, ["page_token", page.text]])
      }
      case "many at once": {
        const to = seconds("shared")
        const query: Model.Query = [
          ["meeting_no", numbers.few],
          ["start_time", String(to - day)],
          ["end_time", String(to)],
        ]
        // One after the other: which of them is refused is what is compared.
        for (let times = 0; times < command.times; times++)
          await compareList(nth(tokens, command.token), query)
        return
      }
      case "one":
        for (let times = 0; times < command.times; times++) {
          await compareOne(nth(tokens, command.token), command.api, command.id)
        }
        return
      case "move clock": {
        const { advance, at } = command
        move(at, advance * 1000)
        const { body } = await control("POST", "/clock", at, { advance })
        return same(body, { now: model[at].now / 1000, frozen: model[at].frozen })
      }
      case "wait":
        await wait(command.seconds)
        for (const at of ["shared", "own"] as const) if (!model[at].frozen) move(at, command.seconds * 1000)
        return
      case "stop or run clock": {
        const { at, frozen } = command
        model[at].frozen = frozen
        return void (await control("POST", "/clock", at, { frozen }))
      }
      case "put meetings": {
        const { at, daysAgo, ids, number } = command
        const tenant = at === "own" ? "tenant_a" : command.tenant
        const put = ids.map((id) =>
          meeting(id, numbers[number], Math.floor(seconds(at) - daysAgo * day), tenant),
        )
        for (const one of put) Model.put(model[at], one)
        return void (await control("PUT", "/meetings", at, put.map(wireOf)))
      }
      case "remove meeting": {
        const { at, id } = command
        const { status } = await control("DELETE", `/meetings/${id}`, at)
        return assert.strictEqual(status, Model.remove(model[at], String(id)) ? 200 : 404)
      }
      case "change":
        Model.change(model[command.at], command.to)
        return void (await control("PATCH", "/behaviour", command.at, command.to))
      case "revoke": {
        const { at } = command
        const feishu = model[at]
        const text = command.token === "all" ? undefined : tokens[command.token]
        if (text === undefined && command.token !== "all") return
        const meant = feishu.tokens.filter(
          (token) => !token.revoked && (text === undefined ? feishu.now < token.endsAt : token.text === text),
        )
        const { body, status } = await control(
          "POST",
          "/tokens/revoke",
          at,
          text === undefined ? {} : { token: text },
        )
        if (text !== undefined && meant.length === 0) return assert.strictEqual(status, 404)
        for (const token of meant) token.revoked = true
        return same(body, { revoked: meant.length })
      }
      case "add fault": {
        const { at, then, when } = command
        const operation = "paging" in then ? "meetings.listByNo" : command.operation
        const feishu = model[at]
        const id = `rule-${++feishu.ruleNumber}`
        feishu.rules.push({ operation, when, then, id, seen: 0, fired: 0 } as Model.Feishu["rules"][number])
        const { body } = await control("POST", "/faults", at, { operation, when, then })
        return same(body, { id, operation, when, then, enabled: true, seen: 0, fired: 0 })
      }
      case "remove fault": {
        const { at } = command
        const id = `rule-${command.number}`
        const found = model[at].rules.some((rule) => rule.id === id)
        model[at].rules = model[at].rules.filter((rule) => rule.id !== id)
        return assert.strictEqual((await control("DELETE", `/faults/${id}`, at)).status, found ? 200 : 404)
      }
      case "clear faults":
        model[command.at].rules = []
        return void (await control("DELETE", "/faults", command.at))
      case "clear journal":
        model[command.at].journal = []
        return void (await control("DELETE", "/journal", command.at))
      case "reset":
        model[command.at] = fresh(command.at)
        return void (await control("POST", "/reset", command.at))
      case "keep": {
        const { body } = await control("GET", "/state", command.at)
        kept[command.at] = {
          snapshot: body,
          feishu: { ...model[command.at], meetings: [...model[command.at].meetings] },
        }
        return
      }
      case "bring back": {
        const { at } = command
        const found = kept[at]
        if (found === undefined) return
        const { frozen, meetings, now, switches } = found.feishu
        model[at] = {
          ...fresh(at),
          meetings: [...meetings],
          frozen,
          switches,
          now: Math.floor(now / 1000) * 1000,
        }
        return assert.strictEqual((await control("PUT", "/state", at, found.snapshot)).status, 200)
      }
    }
  }

  /** What can be seen of the mock's state is what the model has. */
  const look = () => {
    for (const at of ["shared", "own"] as const) {
      const feishu = model[at]
      const { clock, faults, journal, rateLimit, store } = workspaces[at].state
      assert.strictEqual(clock.now(), feishu.now)
      // The model does not know what is in the details.
      same(Struct.pick(workspaces[at].state.behaviour, Struct.keys(feishu.switches)), feishu.switches)
      same(
        store.meetings().map(({ id }) => id),
        feishu.meetings.map(({ id }) => id),
      )
      same(
        faults.list().map(({ fired, id, seen }) => [id, seen, fired]),
        feishu.rules.map(({ fired, id, seen }) => [id, seen, fired]),
      )
      same(
        journal
          .entries()
          .map(({ appId, code, fault, operation, status }) => [operation, status, code, appId, fault]),
        feishu.journal
          .slice(-1_000)
          .map(({ app, code, fault, operation, status }) => [operation, status, code, app, fault]),
      )
      const limits = feishu.apps.flatMap(({ id, tenant }) =>
        Model.apis.flatMap((api) =>
          Model.windowsOf(feishu.switches, api).flatMap((window) => {
            const { fullAt, left } = Model.allowance(feishu, `${api} ${id} ${tenant}`, window)
            return left === window.requests ? [] : [[api, id, window.requests, window.seconds, left, fullAt]]
          }),
        ),
      )
      assert.sameDeepMembers(
        rateLimit
          .counts(feishu.now)
          .map(({ api, app, fullAt, left, requests, windowSeconds }) => [
            api,
            app,
            requests,
            windowSeconds,
            left,
            fullAt,
          ]),
        limits,
      )
    }
  }

  // Without a token there is little to see.
  for (const [index, command] of [hasToken, ...commands].entries()) {
    await telling(`in command ${index}, ${command.do}`, async () => {
      if (forgetful.has(command.do)) look()
      await step(command)
    })
  }
  await telling("in the end", look)
  return true
}

/** Fails with where it was, and with what differs: assertions shorten what one wants to see. */
const telling = async (where: string, what: () => void | Promise<void>) => {
  try {
    await what()
  } catch (cause) {
    const { actual, expected, message } = cause as { message: string; actual?: unknown; expected?: unknown }
    const difference =
      actual === undefined && expected === undefined
        ? message
        : `the mock has ${JSON.stringify(actual)}, the model ${JSON.stringify(expected)}`
    throw new Error(`${where}: ${difference}`, { cause })
  }
}

// A failure prints the shortest sequence that was found to fail, and a text to have just that one run again.
const { MODEL_REPLAY: replay, MODEL_SEED: seed = "1" } = process.env

describe("the mock and a model of Feishu", () => {
  const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

  it.effect.prop(
    "count requests alike, in every way of counting, whatever passes between them and however the clock is set",
    {
      rateLimit: whole(1, 5),
      rateWindow: Behaviour.fields.rateWindow,
      gaps: Schema.Array(Schema.Union([whole(0, 1_000), whole(0, 61_000), whole(-61_000, 0)])),
    },
    ({ gaps, rateLimit, rateWindow }) =>
      Effect.sync(() => {
        const feishu = Model.start([], [], now * 1000)
        Model.change(feishu, { rateLimit, rateWindow })
        const limit = RateLimit.make(rateWindow, "refuses")
        const windows = [{ requests: rateLimit, windowSeconds: 60 }]
        for (const gap of gaps) {
          feishu.now += gap
          const refusal = limit.take({ api: "", app: "app", tenant: "" }, () => windows, feishu.now)
          assert.strictEqual(
            refusal?.resetSeconds.toString(),
            Model.admit(feishu, "app", [{ requests: rateLimit, seconds: 60 }])?.reset,
          )
        }
      }),
    { arbitrary: { runs: 1_000, size: 40 } },
  )

  it.effect(
    "agree on every answer to 1,000 random sequences of requests, faults, clock moves and resets",
    () =>
      Effect.gen(function* () {
        const mock = yield* makeMock
        const context = yield* Effect.context<never>()
        const wait = (seconds: number) => Effect.runPromiseWith(context)(TestClock.adjust(seconds * 1000))
        // Each begins with a reset: a thousand mocks would take longer, and a reset that leaves something is found.
        const result = yield* Arbitrary.checkEffect(
          Arbitrary.array(Arbitrary.schema(Command), { minLength: 1, maxLength: 30 }),
          (commands) =>
            Effect.tryPromise({
              try: () => run(mock, commands, wait),
              catch: (error) => error as Error,
            }),
          { runs: 1_000, size: 30, seed, replay },
        )
        const failure = Arbitrary.formatCheckFailure(result)
        if (failure !== undefined) assert.fail(`${failure} (give it as MODEL_REPLAY to run it again)`)
      }),
    120_000,
  )
})
