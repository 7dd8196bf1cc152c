/** The official SDK as the tests drive it, and the bytes that it is given. */
import * as Lark from "@larksuiteoapi/node-sdk"
import type { OwnWorkspace, WorkspaceOptions } from "../src/library/ControlClient.ts"
import type { Started } from "../src/index.ts"
import type { App, Meeting } from "../src/seed/Seed.ts"

/** An answer as it came off the socket, before the SDK made anything of it. */
interface Received {
  readonly url: string
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

const all: Array<Received> = []

// The SDK's one instance of axios. Its own transformers follow, so that the SDK sees what it always sees.
const { defaults } = Lark.defaultHttpInstance
defaults.transformResponse = [
  function (data: unknown, headers, status) {
    all.push({
      url: this.url ?? "",
      status,
      headers: { ...headers },
      text: typeof data === "string" ? data : "",
    })
    return data
  },
  ...[defaults.transformResponse ?? []].flat(),
]

/** What the SDK has been given since this was last asked for, oldest first. */
export const received = (): ReadonlyArray<Received> => all.splice(0)

/** The start of the clock: the day after the documents' two meetings (2021-09-23). */
export const now = 1_632_441_600

/** The query of {@link meetings}. */
export const params = {
  meeting_no: "146453285",
  start_time: String(now - 86_400 * 10),
  end_time: String(now),
}

/** The two of the documents, and one more, so that there is a next page. */
export const meetings = [
  {
    id: "7011030664708603907",
    meeting_no: "146453285",
    password: "971024",
    topic: "测试标题",
    start_time: 1_632_382_782,
  },
  {
    id: "7011031045899354115",
    meeting_no: "146453285",
    password: "971024",
    topic: "测试标题",
    start_time: 1_632_382_871,
  },
  {
    id: "7011032000000000001",
    meeting_no: "146453285",
    topic: "every field",
    start_time: 1_632_383_093,
    url: "https://vc.feishu.cn/j/146453285",
    password: "012345",
    meeting_connect: true,
    note_id: "7011032000000000002",
  },
] as const satisfies ReadonlyArray<Meeting>

/** A meeting with everything that details and recording can have. Its number is another one, so that lists stay as they are. */
export const whole = {
  id: "7011030664708603001",
  meeting_no: "337736498",
  topic: "weekly sync",
  url: "https://vc.feishu.cn/j/337736498",
  password: "204816",
  meeting_connect: false,
  note_id: "7011030664708603002",
  create_time: now - 86_460,
  start_time: now - 86_400,
  end_time: now - 82_800,
  participants: [
    { open_id: "ou_host", union_id: "on_host", user_id: "host", is_host: true },
    { open_id: "omm_room", user_type: 2, first_join_time: now - 86_000 },
  ],
  recording: { url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x", duration: 3_541_000 },
  note_doc_token: "doxcnnote",
} as const satisfies Meeting

/** One that has ended, and was not recorded. */
export const unrecorded = {
  id: "7011030664708603003",
  meeting_no: "337736498",
  topic: "not recorded",
  start_time: now - 7_200,
  end_time: now - 3_600,
} as const satisfies Meeting

/** One that runs. */
export const running = {
  ...unrecorded,
  id: "7011030664708603004",
  end_time: now + 86_400,
} as const satisfies Meeting

/** One that has just ended, so that its recording is being made. */
export const justEnded = {
  ...unrecorded,
  id: "7011030664708603005",
  end_time: now,
  recording: {},
} as const satisfies Meeting

let apps = 0

/** The secret of every app here. */
const appSecret = "ThisSecretIsOfTheSdkTests"

/** A workspace with one app, whose id no other test has: the SDK keeps tokens by it. */
export const workspaceOf = (
  feishu: Started,
  app: Partial<App> = {},
  options: WorkspaceOptions = {},
): Promise<OwnWorkspace> =>
  feishu.workspace({
    now,
    ...options,
    seed: {
      apps: [
        {
          app_id: `cli_sdk${++apps}`,
          app_secret: appSecret,
          type: "self_built",
          scopes: ["vc:meeting:readonly"],
          tenants: [`tenant_sdk${apps}`],
          ...app,
        },
      ],
      meetings: [...meetings, whole, unrecorded, running, justEnded],
    },
  })

/** What the SDK logged: level and text or object. */
type Logged = ReadonlyArray<readonly [level: string, message: unknown]>

/** A logger for the SDK that keeps what it is told. */
export const logger = () => {
  const logged: Array<readonly [string, unknown]> = []
  const keep = (level: string) => (messages: ReadonlyArray<unknown>) => {
    for (const message of messages) logged.push([level, message])
  }
  return {
    logged: logged as Logged,
    logger: {
      error: keep("error"),
      warn: keep("warn"),
      info: keep("info"),
      debug: keep("debug"),
      trace: keep("trace"),
    },
  }
}

type ClientOptions = ConstructorParameters<typeof Lark.Client>[0]

/** The SDK's client for a workspace. */
export const clientOf = (
  { appId, appSecret, url }: Pick<OwnWorkspace, "appId" | "appSecret" | "url">,
  options: Partial<ClientOptions> = {},
): Lark.Client =>
  new Lark.Client({
    appId,
    appSecret,
    domain: url,
    oauthBaseUrl: url,
    logger: logger().logger,
    ...options,
  })

/** The code that a user's authorization gives the app of a workspace. */
export const authorize = async ({ appId, url }: OwnWorkspace, request: object = {}): Promise<string> => {
  const response = await fetch(`${url}/_mock/authorizations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: appId, ...request }),
  })
  return (await response.json()).code
}

/** What a call of the SDK rejects with. */
export const rejection = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => {
      throw new Error(`it resolved to ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
