/** The flags that start the mock. */
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Language from "@effect-feishu/terminal/Language"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as Addresses from "../state/Addresses.ts"
import * as Behaviour from "../protocol/Behaviour.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as Generator from "../seed/Generator.ts"
import * as TimeText from "../protocol/TimeText.ts"
import * as RequestLog from "./RequestLog.ts"

/** The smallest and the largest value of each whole number. */
const bounds = { ...GivenOptions.bounds, "recording-seconds": [0, TimeText.lastSecond] } as const

const { defaults } = Behaviour

const words = Language.words({
  en: {
    wholeNumber: (minimum: number, maximum: number) => `a whole number from ${minimum} to ${maximum}`,
    takes: {
      host: Addresses.host.takes,
      seed: "a YAML or JSON file, or - for standard input",
      tenantKey: "a tenant of an app in the seed",
      randomSeed: "any text",
      now: "a time such as 2026-01-31T09:00:00Z, 2026-01-31, 1769850000 (unix seconds) or -3d (before the present)",
      limit: (most: number) => `a number of requests from 1 to ${most}, or off`,
      quota: (most: number) => `a number of calls from 0 to ${most}, or off`,
      seconds: (most: number) => `a number of seconds from 0 to ${most}, or off`,
      controlToken: Addresses.controlToken.takes,
      fault: "a rule as in a seed",
      chaos: "a fraction from 0 to 1, or chaos as in a seed",
      cors: Addresses.origin.takes,
      appTicketUrl: Addresses.eventUrl.takes,
    },
    groups: {
      port: "where it listens",
      seed: "what it holds",
      fault: "how it fails",
      "rate-limit": "how it behaves",
      "meeting-id-refusal": "how it answers about one meeting",
      "user-meetings": "how users sign in",
      log: "what it prints",
    },
    port: "Port to listen on (default: 8787); 0 takes any free port",
    host: "Address to listen on (default: 127.0.0.1, which other machines cannot reach)",
    controlToken:
      "Token that the control plane under /_mock requires (default: none on a loopback address, a generated one elsewhere)",
    cors: "Origin whose web pages may also use the control plane (default: none)",
    seed: "YAML or JSON file with apps, meetings and meetings to generate; - reads standard input. JSON may have comments, and YAML merge keys (<<). The command init writes a file to start from. Without --seed, --numbers, --meetings, --participants and --tenant-key, an embedded sample is served",
    numbers: "Generate this many meeting numbers (default: 3 when --meetings is given)",
    meetings: "Generate this many meetings for each generated number (default: 120 when --numbers is given)",
    participants:
      "Generate this many participants for each meeting of the generated numbers (default: a plausible number)",
    tenantKey:
      "Tenant that the meetings of the generated numbers belong to (default: the first tenant of the first app)",
    days: "Spread generated meetings over this many days before today, UTC (default: 88)",
    randomSeed: "Any text (default: 1); the same text and the same --now give the same bytes",
    now: "Start the mock's clock at this time (default: that of the seed, or the present): ISO 8601 with a time zone, unix seconds, or a time before the present, as in --now=-3d",
    frozen:
      "Stop the mock's clock at its start; POST /_mock/clock moves it (default: that of the seed, or running)",
    fault:
      "A rule for failures, written as in a seed, in YAML or JSON: '{ operation: meetings.listByNo, when: { nth: 3 }, then: { status: 503 } }'. May be repeated; these rules come before those of the seed, and are there again after a reset",
    chaos:
      "Random failures: the fraction of calls that fail, as 0.1, or all of it as in a seed: '{ rate: 0.1, seed: 7, faults: [{ status: 503 }] }' (default: none)",
    rateLimit: `Requests for meetings of a number per minute for an app and tenant (default: ${defaults.rateLimit}); off switches off the limits of all endpoints`,
    detailsRateLimit: `Requests for details per minute for an app and tenant (default: ${defaults.detailsRateLimit})`,
    recordingRateLimit: `Requests for recordings per minute for an app and tenant (default: ${defaults.recordingRateLimit})`,
    rateLimitPerSecond: `Requests for details, for recordings, and for users' tokens, per second for an app and tenant (default: ${defaults.rateLimitPerSecond})`,
    rateWindow:
      "How requests are counted: in windows that start with the first request (the default), in sliding windows, or from token buckets",
    rateStatus:
      "HTTP status of a request over the rate limit (default: 429); some older endpoints of Feishu answer 400",
    rateHeaders:
      "The window that the headers of a refusal describe: the one that refuses (the default), or the longest",
    monthlyQuota: "Successful calls per calendar month (UTC+8) for a tenant (default: off)",
    ninetyDays:
      "What the 90-day limit applies to, which Feishu's documents leave open: the span of a query, how far it looks back, or both (the default). Beyond the limit, the answer is 121003; span returns meetings of any age",
    emptyList: "The list of an empty page (default: [])",
    lastPageToken: "The page token of the last page (default: absent)",
    pageTokens:
      "Which queries accept a page token: only the query that it was given for (bound, the default), or any query of the same number, whatever its times and page size (free)",
    appTicketUrl: "Push the tickets of store apps to this URL: at the start, every hour, and on request",
    meetingIdRefusal: "The code for a meeting id that is not a 64-bit number (default: 99992402)",
    detailsAfter90Days:
      "The code for details of a meeting that ended more than 90 days ago (default: 121004), or found",
    endTimeWhileRunning:
      "The end_time of a meeting that is running: 0 (the default), absent, or its start time",
    participantsUnrequested: "The participants of details when they were not requested (default: absent)",
    participantRows: "What a row of participants is: a participant with all stays (the default), or a stay",
    abilityForUser:
      "The answer to a user token that requests the ability: without it (absent, the default), or the code 121002",
    userIdWithoutScope:
      "The answer to user_id_type=user_id without its scope: the code 99991672 (the default), or users without ids (absent)",
    hostWithoutUserId:
      "The host of a meeting when it has no user_id, such as a room: absent (the default), or with an empty id",
    unknownMeetingRecording: "The code for the recording of a meeting that does not exist (default: 122002)",
    unrecordedMeeting:
      "The answer about a meeting without a recording: the code 121004 (the default), or success with empty data",
    recordingWhileRunning: "The code for the recording of a meeting that is running (default: 122001)",
    recordingInProgress:
      "The code for a recording that is still being made after the meeting (default: 124002)",
    recordingForUser:
      "Users who may see a recording with their token: everybody who took part (participant, the default), or only the host (owner)",
    recordingIds:
      "The id and meeting_id of a recording, which the official SDK declares and no document has: absent (the default), or sent",
    recordingSeconds: `Seconds from the end of a meeting until its recording is ready (default: ${defaults.recordingSeconds})`,
    userMeetings:
      "The meetings of a number that a user's token lists: their own, which they hosted or took part in (own, the default), or all of the tenant",
    userTokenRateLimit: `Requests for users' tokens per minute for an app (default: ${defaults.userTokenRateLimit})`,
    refreshGrace:
      "Seconds for which a refresh token that was used is answered again, with the same tokens (default: off, as documented)",
    deviceFlow:
      "The device flow, which the official command line uses and no document has: on (the default), or off, so that its path is unknown",
    log: "Log every request to standard error: pretty is a line for people, json a line of JSON (default: pretty on a terminal without --json, none elsewhere)",
    json: "When ready, print one line of JSON instead of the banner: url, appId, appSecret, meetingNos",
  },
  zh: {
    wholeNumber: (minimum, maximum) => `${minimum} 到 ${maximum} 之间的整数`,
    takes: {
      host: "本机的地址或名称，如 127.0.0.1",
      seed: "YAML 或 JSON 文件，或 -（标准输入）",
      tenantKey: "种子中某个应用的租户",
      randomSeed: "任意文本",
      now: "时间，如 2026-01-31T09:00:00Z、2026-01-31、1769850000（unix 秒）或 -3d（早于当前）",
      limit: (most) => `1 到 ${most} 之间的请求数，或 off`,
      quota: (most) => `0 到 ${most} 之间的调用数，或 off`,
      seconds: (most) => `0 到 ${most} 之间的秒数，或 off`,
      controlToken: "1 到 1000 个可见的 ASCII 字符，空格只能在中间",
      fault: "一条规则，写法与种子中相同",
      chaos: "0 到 1 之间的比例，或种子中的写法",
      cors: "网页的来源（origin），如 http://localhost:5173",
      appTicketUrl: "事件接收程序的地址，如 http://127.0.0.1:3000/events，不含用户名和密码",
    },
    groups: {
      port: "监听",
      seed: "数据",
      fault: "故障",
      "rate-limit": "行为",
      "meeting-id-refusal": "单场会议的响应",
      "user-meetings": "用户登录",
      log: "输出",
    },
    port: "监听的端口（默认 8787）；0 表示任意空闲端口",
    host: "监听的地址（默认 127.0.0.1，其他机器无法访问）",
    controlToken: "/_mock 下控制接口要求的凭证（默认：回环地址上不要求，其他地址上自动生成）",
    cors: "还允许哪个来源（origin）的网页使用控制接口（默认：无）",
    seed: "YAML 或 JSON 文件，写明应用、会议，以及要生成的会议；- 读取标准输入。JSON 可以带注释，YAML 支持合并键（<<）。命令 init 会写出一个可供修改的文件。不带 --seed、--numbers、--meetings、--participants 和 --tenant-key 时，使用内置的示例数据",
    numbers: "生成多少个会议号（给出 --meetings 时默认 3）",
    meetings: "每个生成的会议号有多少场会议（给出 --numbers 时默认 120）",
    participants: "生成的会议号的每场会议有多少名参会者（默认：合理的人数）",
    tenantKey: "生成的会议号的会议属于哪个租户（默认：第一个应用的第一个租户）",
    days: "生成的会议分布在今天（UTC）之前的多少天内（默认 88）",
    randomSeed: "任意文本（默认 1）；文本与 --now 相同，则每个字节都相同",
    now: "模拟飞书的时钟从何时开始（默认：种子中的时间，或当前时间）：带时区的 ISO 8601、unix 秒，或早于当前的时间，如 --now=-3d",
    frozen: "时钟停在起点，由 POST /_mock/clock 移动（默认：取种子中的设置，或照常运行）",
    fault:
      "一条故障规则，写法与种子中相同，YAML 或 JSON：'{ operation: meetings.listByNo, when: { nth: 3 }, then: { status: 503 } }'。可以重复；这些规则先于种子中的规则，重置后仍在",
    chaos:
      "随机失败：失败调用的比例，如 0.1；或种子中的完整写法：'{ rate: 0.1, seed: 7, faults: [{ status: 503 }] }'（默认：无）",
    rateLimit: `每个应用和租户每分钟可按会议号查询会议的次数（默认 ${defaults.rateLimit}）；off 关闭全部接口的频率限制`,
    detailsRateLimit: `每个应用和租户每分钟可查询会议详情的次数（默认 ${defaults.detailsRateLimit}）`,
    recordingRateLimit: `每个应用和租户每分钟可查询录制的次数（默认 ${defaults.recordingRateLimit}）`,
    rateLimitPerSecond: `每个应用和租户每秒可查询会议详情、查询录制、获取用户访问凭证的次数，三者分别计数（默认 ${defaults.rateLimitPerSecond}）`,
    rateWindow:
      "计数方式：从第一个请求开始的固定窗口（fixed，默认）、滑动窗口（sliding），或令牌桶（bucket）",
    rateStatus: "超出频率限制时的 HTTP 状态码（默认 429）；飞书一些较早的接口返回 400",
    rateHeaders:
      "拒绝时的响应头描述哪个频率限制窗口：作出拒绝的那个（refuses，默认），或最长的那个（longest）",
    monthlyQuota: "每个租户每个自然月（UTC+8）可成功调用的次数（默认 off）",
    ninetyDays:
      "90 天限制的对象，飞书文档未明确：查询的跨度（span）、可追溯的时间（lookback），或两者（both，默认）。超出限制时返回 121003；span 可返回任何时间的会议",
    emptyList: "空页的列表（默认 []）",
    lastPageToken: "最后一页的 page_token（默认 absent，即没有）",
    pageTokens:
      "哪些查询接受 page_token：只有产生它的查询（bound，默认），或同一会议号的任何查询，不论时间和每页条数（free）",
    appTicketUrl: "把商店应用的 app_ticket 推送到该 URL：启动时、每小时，以及按请求推送",
    meetingIdRefusal: "会议 ID 不是 64 位整数时的错误码（默认 99992402）",
    detailsAfter90Days: "会议结束超过 90 天时，查询详情的错误码（默认 121004），或 found（仍可查到）",
    endTimeWhileRunning: "进行中会议的 end_time：0（默认）、没有（absent），或开始时间（start）",
    participantsUnrequested: "未请求参会者时，详情中的参会者列表（默认 absent，即没有）",
    participantRows:
      "参会者列表的一行是什么：一名参会者及其全部停留（participant，默认），或一次停留（stay）",
    abilityForUser: "用户访问凭证请求 ability 时的响应：不含 ability（absent，默认），或错误码 121002",
    userIdWithoutScope:
      "没有相应权限而使用 user_id_type=user_id 时的响应：错误码 99991672（默认），或没有 ID 的用户（absent）",
    hostWithoutUserId: "没有 user_id 的主持人（如会议室）：不返回（absent，默认），或 ID 为空（empty）",
    unknownMeetingRecording: "会议不存在时，查询录制的错误码（默认 122002）",
    unrecordedMeeting: "会议没有录制时的响应：错误码 121004（默认），或成功但数据为空（empty）",
    recordingWhileRunning: "会议进行中，查询录制的错误码（默认 122001）",
    recordingInProgress: "会议结束后录制仍在生成时的错误码（默认 124002）",
    recordingForUser: "谁能用自己的访问凭证查看录制：全部参会者（participant，默认），或仅主持人（owner）",
    recordingIds: "录制的 id 和 meeting_id，官方 SDK 声明而文档没有：不返回（absent，默认），或返回（sent）",
    recordingSeconds: `会议结束后多少秒，录制才可用（默认 ${defaults.recordingSeconds}）`,
    userMeetings:
      "用户访问凭证按会议号能列出哪些会议：自己主持或参加过的（own，默认），或租户的全部会议（all）",
    userTokenRateLimit: `每个应用每分钟可获取用户访问凭证的次数（默认 ${defaults.userTokenRateLimit}）`,
    refreshGrace:
      "refresh_token 使用后的多少秒内，再次使用仍返回同样的凭证（默认 off，与文档一致：只能使用一次）",
    deviceFlow: "设备授权流程，官方命令行使用而文档没有：有（on，默认），或没有（off，其路径为未知路径）",
    log: "把每个请求记录到标准错误：pretty 是给人看的一行，json 是一行 JSON（默认：在终端上且没有 --json 时为 pretty，否则为 none）",
    json: "就绪时打印一行 JSON，而不是说明文字：url、appId、appSecret、meetingNos",
  },
})

type Say = Language.Say<typeof words>

/**
 * Returns the values that each flag takes. Effect's own messages differ by where it found the mistake ("Expected an integer",
 * "Expected: FILE").
 */
export const takes = (language: Language.Language): Readonly<Record<string, string>> => {
  const say = words[language]
  const values = say.takes
  return {
    ...Object.fromEntries(
      Object.entries(bounds).map(([flag, [minimum, maximum]]) => [flag, say.wholeNumber(minimum, maximum)]),
    ),
    host: values.host,
    seed: values.seed,
    "tenant-key": values.tenantKey,
    "random-seed": values.randomSeed,
    now: values.now,
    ...Object.fromEntries(
      [
        "rate-limit",
        "details-rate-limit",
        "recording-rate-limit",
        "rate-limit-per-second",
        "user-token-rate-limit",
      ].map((flag) => [flag, values.limit(WholeNumber.mostTimes)]),
    ),
    "monthly-quota": values.quota(WholeNumber.mostTimes),
    "refresh-grace": values.seconds(WholeNumber.mostTimes),
    "control-token": values.controlToken,
    fault: values.fault,
    chaos: values.chaos,
    cors: values.cors,
    "app-ticket-url": values.appTicketUrl,
  }
}

/** What a mistake says that a flag takes. The message has it in the language of the user, from {@link takes}. */
const whatItTakes = (flag: string) => () => takes("en")[flag] ?? ""

const orUndefined = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** Returns the number of a text. Decimal digits only: `Flag.Int` also reads 0x10, 1e3 and 1.0. */
export const numberIn = (text: string): number =>
  /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN

const wholeNumber = (flag: keyof typeof bounds) => {
  const [minimum, maximum] = bounds[flag]
  return Flag.String(flag).pipe(
    Flag.withMetavar("N"),
    Flag.filterMap((text) => {
      const n = numberIn(text)
      return n >= minimum && n <= maximum ? Option.some(n) : Option.none()
    }, whatItTakes(flag)),
  )
}

const { fields } = Behaviour.Behaviour

const limits = [
  "rateLimit",
  "detailsRateLimit",
  "recordingRateLimit",
  "rateLimitPerSecond",
  "monthlyQuota",
  "userTokenRateLimit",
  "refreshGrace",
] as const satisfies ReadonlyArray<keyof typeof fields>

/** A switch that takes a number or `off`. */
const limit = (flag: string, name: (typeof limits)[number], description: string) => {
  const isLimit = Schema.is(fields[name])
  return Flag.String(flag).pipe(
    Flag.withMetavar("N|off"),
    Flag.filterMap((text): Option.Option<number | "off"> => {
      const value = text === "off" ? text : numberIn(text)
      return isLimit(value) ? Option.some(value) : Option.none()
    }, whatItTakes(flag)),
    Flag.withDescription(description),
    orUndefined,
  )
}

/** A switch that takes one of several words or codes. */
const choice = <const Choice extends string | number>(
  flag: string,
  { literals }: { readonly literals: ReadonlyArray<Choice> },
  description: string,
) =>
  Flag.Literals(flag, literals.map(String)).pipe(
    Flag.map((text) => literals.find((literal) => String(literal) === text)),
    Flag.withMetavar("WAY"),
    Flag.withDescription(description),
    orUndefined,
  )

const isTime = Schema.is(VirtualClock.Time)

/** The flags for the address of the mock, and for access to its control plane. */
const listening = (say: Say) => ({
  port: wholeNumber("port").pipe(Flag.withDescription(say.port), Flag.withDefault(8787)),
  host: Flag.String("host").pipe(
    Flag.withMetavar("ADDRESS"),
    Flag.filter(Addresses.host.is, whatItTakes("host")),
    Flag.withDescription(say.host),
    Flag.withDefault("127.0.0.1"),
  ),
  controlToken: Flag.Redacted("control-token").pipe(
    Flag.withMetavar("TEXT"),
    Flag.filter((token) => Addresses.controlToken.is(Redacted.value(token)), whatItTakes("control-token")),
    Flag.withDescription(say.controlToken),
    orUndefined,
  ),
  cors: Flag.String("cors").pipe(
    Flag.withMetavar("ORIGIN"),
    Flag.filter(Addresses.origin.is, whatItTakes("cors")),
    Flag.withDescription(say.cors),
    orUndefined,
  ),
})

/** The flags for what the mock holds, and for the start of its clock. */
const contents = (say: Say) => ({
  seed: Flag.String("seed").pipe(
    Flag.withMetavar("FILE"),
    Flag.filter((path) => path !== "", whatItTakes("seed")),
    Flag.withDescription(say.seed),
    orUndefined,
  ),
  numbers: wholeNumber("numbers").pipe(Flag.withDescription(say.numbers), orUndefined),
  meetings: wholeNumber("meetings").pipe(Flag.withDescription(say.meetings), orUndefined),
  participants: wholeNumber("participants").pipe(Flag.withDescription(say.participants), orUndefined),
  tenantKey: Flag.String("tenant-key").pipe(
    Flag.withMetavar("KEY"),
    Flag.filter((key) => key !== "", whatItTakes("tenant-key")),
    Flag.withDescription(say.tenantKey),
    orUndefined,
  ),
  days: wholeNumber("days").pipe(Flag.withDescription(say.days), Flag.withDefault(Generator.defaultDays)),
  randomSeed: Flag.String("random-seed").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription(say.randomSeed),
    Flag.withDefault("1"),
  ),
  now: Flag.String("now").pipe(
    Flag.withMetavar("TIME"),
    Flag.filter(
      // Fewer than ten digits are meant as a date, such as 20260131, not as a second of 1970.
      (text) => !/^\d{1,9}$/.test(text) && isTime(text),
      whatItTakes("now"),
    ),
    Flag.withDescription(say.now),
    orUndefined,
  ),
  frozen: Flag.Boolean("frozen").pipe(Flag.withDescription(say.frozen), orUndefined),
})

/** The flags for failures on demand. */
const failures = (say: Say) => ({
  fault: Flag.String("fault").pipe(
    Flag.withMetavar("RULE"),
    Flag.withDescription(say.fault),
    Flag.atLeast(0),
  ),
  chaos: Flag.String("chaos").pipe(
    Flag.withMetavar("RATE|CHAOS"),
    Flag.withDescription(say.chaos),
    orUndefined,
  ),
})

/** The flags for the switches of `Behaviour`, and for the address of events. */
const behaviour = (say: Say) => ({
  rateLimit: limit("rate-limit", "rateLimit", say.rateLimit),
  detailsRateLimit: limit("details-rate-limit", "detailsRateLimit", say.detailsRateLimit),
  recordingRateLimit: limit("recording-rate-limit", "recordingRateLimit", say.recordingRateLimit),
  rateLimitPerSecond: limit("rate-limit-per-second", "rateLimitPerSecond", say.rateLimitPerSecond),
  rateWindow: choice("rate-window", fields.rateWindow, say.rateWindow),
  rateStatus: choice("rate-status", fields.rateStatus, say.rateStatus),
  rateHeaders: choice("rate-headers", fields.rateHeaders, say.rateHeaders),
  monthlyQuota: limit("monthly-quota", "monthlyQuota", say.monthlyQuota),
  ninetyDays: choice("ninety-days", fields.ninetyDays, say.ninetyDays),
  emptyList: choice("empty-list", fields.emptyList, say.emptyList),
  lastPageToken: choice("last-page-token", fields.lastPageToken, say.lastPageToken),
  pageTokens: choice("page-tokens", fields.pageTokens, say.pageTokens),
  appTicketUrl: Flag.String("app-ticket-url").pipe(
    Flag.withMetavar("URL"),
    Flag.filter(Addresses.eventUrl.is, whatItTakes("app-ticket-url")),
    Flag.withDescription(say.appTicketUrl),
    orUndefined,
  ),
  meetingIdRefusal: choice("meeting-id-refusal", fields.meetingIdRefusal, say.meetingIdRefusal),
  detailsAfter90Days: choice("details-after-90-days", fields.detailsAfter90Days, say.detailsAfter90Days),
  endTimeWhileRunning: choice("end-time-while-running", fields.endTimeWhileRunning, say.endTimeWhileRunning),
  participantsUnrequested: choice(
    "participants-unrequested",
    fields.participantsUnrequested,
    say.participantsUnrequested,
  ),
  participantRows: choice("participant-rows", fields.participantRows, say.participantRows),
  abilityForUser: choice("ability-for-user", fields.abilityForUser, say.abilityForUser),
  userIdWithoutScope: choice("user-id-without-scope", fields.userIdWithoutScope, say.userIdWithoutScope),
  hostWithoutUserId: choice("host-without-user-id", fields.hostWithoutUserId, say.hostWithoutUserId),
  unknownMeetingRecording: choice(
    "unknown-meeting-recording",
    fields.unknownMeetingRecording,
    say.unknownMeetingRecording,
  ),
  unrecordedMeeting: choice("unrecorded-meeting", fields.unrecordedMeeting, say.unrecordedMeeting),
  recordingWhileRunning: choice(
    "recording-while-running",
    fields.recordingWhileRunning,
    say.recordingWhileRunning,
  ),
  recordingInProgress: choice("recording-in-progress", fields.recordingInProgress, say.recordingInProgress),
  recordingForUser: choice("recording-for-user", fields.recordingForUser, say.recordingForUser),
  recordingIds: choice("recording-ids", fields.recordingIds, say.recordingIds),
  recordingSeconds: wholeNumber("recording-seconds").pipe(
    Flag.withDescription(say.recordingSeconds),
    orUndefined,
  ),
  userMeetings: choice("user-meetings", fields.userMeetings, say.userMeetings),
  userTokenRateLimit: limit("user-token-rate-limit", "userTokenRateLimit", say.userTokenRateLimit),
  refreshGrace: limit("refresh-grace", "refreshGrace", say.refreshGrace),
  deviceFlow: choice("device-flow", fields.deviceFlow, say.deviceFlow),
})

/** The flags for what the command prints. */
const output = (say: Say) => ({
  log: Flag.Literals("log", RequestLog.formats).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(say.log),
    orUndefined,
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription(say.json), Flag.withDefault(false)),
})

/** Returns every flag, in the order of the help. */
export const all = (language: Language.Language) => {
  const say = words[language]
  return { ...listening(say), ...contents(say), ...failures(say), ...behaviour(say), ...output(say) }
}

/** Returns the headings in the help, by the flag that follows each. */
export const groups = (language: Language.Language): Readonly<Record<string, string>> =>
  words[language].groups
