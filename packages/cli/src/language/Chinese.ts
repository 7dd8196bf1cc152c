/** The Chinese of what the client and the catalogue of error codes say in English. Tests hold it complete. */
import { shortened } from "@effect-feishu/terminal/Shortened"
import type { FeishuError } from "@effect-feishu/core"

/** What happened, and what to do. */
export interface Explanation {
  readonly meaning: string
  readonly remedy: string
}

/** What a code means; and what to do where the refused token was fetched for an app, if that is something else. */
export interface OfCode extends Explanation {
  readonly remedyOfApp?: string
}

const checkCredentials =
  "请在开发者后台的应用页面核对 App ID 与 App Secret，并确认它们属于当前品牌（飞书或 Lark）与 base URL。"
const newToken =
  "请将 FEISHU_ACCESS_TOKEN 换为新的访问凭证；或去掉它，改为设置 FEISHU_APP_ID 与 FEISHU_APP_SECRET，凭证将自动获取并刷新。"
const fetchedToken =
  "应用的访问凭证由程序自动获取并刷新，但仍被拒绝：请确认应用已在租户中启用，且品牌（飞书或 Lark）与 base URL 属于该应用；若无误，请将日志 ID 提供给飞书技术支持。"
const authoriseAgain = "请让用户重新授权，并保存最近一次返回的凭证。"
const later = "请稍后重试；若持续出现，请将日志 ID 提供给飞书技术支持。"

const internalError: Explanation = { meaning: "飞书内部错误", remedy: later }

/** Every code of the catalogue. */
export const codes: Readonly<Record<number, OfCode>> = {
  1500: internalError,
  1663: internalError,
  2200: internalError,
  5000: internalError,
  10003: { meaning: "App ID 不存在，或凭证接口无法解析请求", remedy: checkCredentials },
  10012: {
    meaning: "商店应用的 app_ticket 无效或已过期",
    remedy: "请保存飞书推送的每一个 app_ticket：有效期 3 小时，每小时推送一次。",
  },
  10013: { meaning: "商店应用的 app_access_token 无效或已过期", remedy: later },
  10014: { meaning: "App Secret 与 App ID 不匹配", remedy: checkCredentials },
  10016: { meaning: "该应用是自建应用，只有商店应用才有 app_ticket", remedy: "请按自建应用配置凭证。" },
  20001: { meaning: "OAuth 请求缺少参数", remedy: checkCredentials },
  20002: { meaning: "App Secret 与 App ID 不匹配", remedy: checkCredentials },
  20003: { meaning: "授权码不存在或已被使用", remedy: authoriseAgain },
  20004: { meaning: "授权码已过期", remedy: authoriseAgain },
  20024: { meaning: "授权码或凭证属于其他应用、回调地址或校验码", remedy: authoriseAgain },
  20026: { meaning: "refresh_token 不存在", remedy: authoriseAgain },
  20037: { meaning: "refresh_token 已过期", remedy: authoriseAgain },
  20050: { meaning: "OAuth 服务繁忙", remedy: later },
  20064: { meaning: "refresh_token 已被撤销", remedy: authoriseAgain },
  20072: { meaning: "OAuth 服务不可用", remedy: later },
  20073: { meaning: "refresh_token 已被使用；每个只能使用一次", remedy: authoriseAgain },
  121001: { meaning: "会议服务内部错误", remedy: later },
  121002: { meaning: "会议服务不支持该操作", remedy: "请确认租户已启用飞书会议，且应用有权读取会议。" },
  121003: {
    meaning: "会议服务拒绝了请求中的参数值",
    remedy:
      "请确认会议号为 9 位数字；开始时间早于结束时间，跨度不超过 90 天，且开始时间不早于 90 天前；page_token 只能用于产生它的查询。",
  },
  121004: { meaning: "会议不存在", remedy: "请核对会议号。" },
  121005: {
    meaning: "应用或用户无权读取该会议",
    remedy: "请联系租户管理员为应用开通会议读取权限，或使用会议组织者的访问凭证。",
  },
  121006: { meaning: "请求与会议的当前状态冲突", remedy: later },
  99991400: {
    meaning: "请求超出频率限制：每个 API、应用、租户每分钟 100 次",
    remedy: "请等待限流窗口重置；若有其他程序使用同一应用，请降低它们的频率，或调低 --rate-limit。",
  },
  99991401: { meaning: "应用不允许来自该 IP 的请求", remedy: "请在开发者后台将该 IP 加入应用的 IP 白名单。" },
  99991403: {
    meaning: "租户本月的 API 调用额度已用完",
    remedy: "请等待下月 1 日（UTC+8）额度恢复，或升级租户套餐；短时间等待没有用。",
  },
  99991543: { meaning: "App ID 或 App Secret 错误", remedy: checkCredentials },
  99991661: {
    meaning: "请求到达飞书时未携带访问凭证",
    remedy: "请检查途中的代理或网关是否移除了 Authorization 请求头。",
  },
  99991663: { meaning: "访问凭证无效或已过期", remedy: newToken, remedyOfApp: fetchedToken },
  99991664: { meaning: "app_access_token 无效或已过期", remedy: newToken, remedyOfApp: fetchedToken },
  99991665: { meaning: "访问凭证不属于有效的租户", remedy: newToken, remedyOfApp: fetchedToken },
  99991668: { meaning: "user_access_token 无效", remedy: newToken, remedyOfApp: fetchedToken },
  99991671: { meaning: "访问凭证的格式不正确", remedy: newToken, remedyOfApp: fetchedToken },
  99991672: {
    meaning: "应用未开通所需权限",
    remedy:
      "请在开发者后台为应用开通 vc:meeting:readonly、vc:meeting.meetingid:read 中的任一权限，并发布新版本。",
  },
  99991677: { meaning: "user_access_token 已过期", remedy: newToken, remedyOfApp: fetchedToken },
  99991679: {
    meaning: "用户未向应用授予所需权限",
    remedy: "请让用户以 vc:meeting:readonly、vc:meeting.meetingid:read 中的任一权限重新授权。",
  },
  99992402: { meaning: "网关校验请求字段失败", remedy: "请按错误中列出的字段修改。" },
}

const slow = "请稍后重试；飞书或途中的代理响应缓慢。"

type TransportFailed = FeishuError.TransportFailed

/** What set the proxy; where that is not known, what does so most often. */
const settingOf = ({ proxySetting = "HTTPS_PROXY" }: TransportFailed): string => settingName(proxySetting)

const transportFaults: Record<
  TransportFailed["fault"],
  { readonly meaning: string; readonly remedy: string | ((reason: TransportFailed) => string) }
> = {
  "connection refused": { meaning: "连接被拒绝", remedy: "请检查 base URL，并确认服务器正在运行。" },
  "host not found": { meaning: "找不到主机", remedy: "请检查 base URL 与本机的 DNS。" },
  "connect timeout": { meaning: "连接超时", remedy: "请检查到飞书之间的网络、防火墙与代理。" },
  "connection failed": {
    meaning: "无法建立连接",
    remedy: ({ systemCode }) =>
      systemCode === "EMFILE" || systemCode === "ENFILE"
        ? "打开的文件与连接过多：请减少同时打开的数量，或提高上限（ulimit -n）。"
        : "请检查本机的网络、VPN 与防火墙。",
  },
  "no TLS at this port": {
    meaning: "该端口不支持 TLS",
    remedy: "请检查 base URL 中的端口；如果是本机上的模拟飞书，请将 https:// 改为 http://。",
  },
  "TLS required": {
    meaning: "该端口只接受 TLS",
    remedy: "请将 base URL 中的 http:// 改为 https://。",
  },
  "TLS handshake broken": {
    meaning: "TLS 握手中断",
    remedy: "请重试；若持续出现，可能是途中的防火墙或代理不允许到该主机的 TLS 连接。",
  },
  "TLS refused": {
    meaning: "TLS 握手失败",
    remedy: ({ systemCode = "" }) =>
      systemCode.includes("UNRECOGNIZED_NAME")
        ? "请检查 base URL：服务器不认识该主机名。"
        : "请检查 base URL，并确认服务器支持 TLS 1.2 或更高版本，且不要求客户端证书。",
  },
  "client certificate required": {
    meaning: "服务器要求客户端证书",
    remedy: "本工具没有客户端证书：请向服务器的运维者索取不需要证书的地址。",
  },
  "certificate refused": {
    meaning: "TLS 证书不被信任",
    remedy: ({ systemCode }) => {
      switch (systemCode) {
        case "CERT_HAS_EXPIRED":
        case "CERT_NOT_YET_VALID":
          return "请检查本机时钟；如果无误，需由该主机的运维者更新证书。"
        case "ERR_TLS_CERT_ALTNAME_INVALID":
        case "HOSTNAME_MISMATCH":
          return "请检查 base URL：证书属于另一台主机。"
        default:
          return "如果代理会解密 TLS，或是私有化部署，请将其证书颁发机构的证书存入文件，并用 FEISHU_CA_FILE 指定；否则可能有人在窃听。"
      }
    },
  },
  "proxy not reached": {
    meaning: "无法连接代理",
    remedy: (reason) => `请检查 ${settingOf(reason)} 中的地址，并确认代理正在运行。`,
  },
  "proxy refused": {
    meaning: "代理拒绝了请求",
    remedy: (reason) =>
      reason.systemCode === "HTTP 407"
        ? `请检查 ${settingOf(reason)} 中的用户名与密码，或将该主机列入 NO_PROXY。`
        : `请确认 ${settingOf(reason)} 指定的代理允许访问该主机，或将该主机列入 NO_PROXY。`,
  },
  "proxy failed": {
    meaning: "代理出错",
    remedy: (reason) =>
      `请确认 ${settingOf(reason)} 指定的代理正常工作且能访问该主机，或将该主机列入 NO_PROXY。`,
  },
  "proxy certificate refused": {
    meaning: "代理的 TLS 证书不被信任",
    remedy: (reason) =>
      `请检查 ${settingOf(reason)} 中的主机名；如果无误，请将代理的证书颁发机构的证书存入文件，并用 FEISHU_CA_FILE 指定。`,
  },
  "not an HTTP proxy": {
    meaning: "该地址不是 HTTP 代理",
    remedy: (reason) =>
      `请检查 ${settingOf(reason)}：应填写代理的 HTTP 端口而不是 SOCKS 端口，并以 http:// 开头；https:// 只用于自身使用 TLS 的代理。`,
  },
  "connection broken": { meaning: "连接中断", remedy: "请重试；若持续出现，请检查途中的代理与网关。" },
  "no headers in time": { meaning: "等待响应头超时", remedy: slow },
  "no data in time": { meaning: "等待响应数据超时", remedy: slow },
  "attempt took too long": { meaning: "单次请求耗时过长", remedy: "请稍后重试，或减小 --page-size。" },
  "request failed": { meaning: "请求失败", remedy: "请检查 base URL 与网络。" },
}

const paginationFaults: Record<FeishuError.PaginationBroken["fault"], string> = {
  "more pages are announced, but there is no page token": "应答表示还有下一页，却没有 page_token",
  "the page token is the same as before": "page_token 与上一页相同",
  "the page tokens go in a circle": "page_token 出现循环",
  "too many pages in a row without a new row": "连续过多的页没有新数据",
}

const answered = (reason: {
  readonly code?: number | undefined
  readonly status: number
  readonly msg?: string | undefined
}): string =>
  [
    ...(reason.code === undefined ? [] : [`错误码 ${reason.code}`]),
    `HTTP ${reason.status}`,
    ...(reason.msg ? [`“${reason.msg}”`] : []),
  ].join("，")

const andMore = (more: number | undefined): string => (more === undefined ? "" : `，另有 ${more} 个`)

const known = (code: number | undefined): OfCode | undefined => (code === undefined ? undefined : codes[code])

/** An option of the client as this command has it: in a configuration file. */
export const settingName = (option: string): string => option.replace(/\b(http|https|no)Proxy\b/, "$1_proxy")

type Reasons = {
  readonly [R in FeishuError.Reason as R["_tag"]]: (reason: R) => Explanation
}

const reasons: Reasons = {
  InvalidRequest: ({ field, problem, remedy }) => ({
    meaning: `${settingName(field)}：${ofCore(problem)}。未发送任何请求`,
    remedy: ofCore(remedy),
  }),
  CursorUnusable: ({ ofCursor, ofRead, problem }) => {
    const tenant = (key: string | undefined) => (key === undefined ? "未指定租户" : `租户 ${key}`)
    const [what, remedy] = {
      damaged: ["已损坏", "请完整地给出输出的游标（一行），或不用游标重新开始。"],
      "other version": ["由其他版本的 effect-feishu 生成", "请用生成它的版本继续，或不用游标重新开始。"],
      "other base URL": [`来自 ${ofCursor}，而当前读取的是 ${ofRead}`, "请使用产生该游标时的 base URL。"],
      "other tenant": [
        `属于${tenant(ofCursor)}，而当前读取的是${tenant(ofRead)}`,
        "请使用生成该游标时的租户。",
      ],
    }[problem] as [string, string]
    return { meaning: `游标${what}。未发送任何请求`, remedy }
  },
  TransportFailed: (reason) => {
    const { fault, host, proxy, systemCode } = reason
    const { meaning, remedy } = transportFaults[fault]
    const way = proxy === undefined ? "" : `（经代理 ${proxy}）`
    return {
      meaning: `${host}${way}：${meaning}${systemCode ? `（${systemCode}）` : ""}`,
      remedy: typeof remedy === "string" ? remedy : remedy(reason),
    }
  },
  ServerFailed: (reason) => {
    const body =
      reason.excerpt === undefined ? "" : `，${reason.contentType ?? "无内容类型"}：“${reason.excerpt}”`
    return {
      meaning: `${known(reason.code)?.meaning ?? "服务器出错"}（${answered(reason)}${body}）`,
      remedy: known(reason.code)?.remedy ?? "请稍后重试；并确认 base URL 指向飞书，途中没有代理代为应答。",
    }
  },
  RateLimited: (reason) => {
    const tooLong =
      reason.longestWaitSeconds === undefined ? "" : `，超过最长等待时间 ${reason.longestWaitSeconds} 秒`
    return {
      meaning: `请求被限流（${answered(reason)}）；${reason.retryAfterSeconds} 秒后重置${tooLong}`,
      remedy: "请到时重试；若有其他程序使用同一应用，请降低它们的频率，或调低 --rate-limit。",
    }
  },
  QuotaExceeded: (reason) => ({
    meaning: `${known(reason.code)?.meaning ?? "本月额度已用完"}（${answered(reason)}）`,
    remedy: known(reason.code)?.remedy ?? "请等待下月 1 日额度恢复。",
  }),
  AuthenticationFailed: (reason) => ({
    meaning: `${reason.appId === undefined ? "" : `应用 ${shortened(reason.appId, 80)}：`}${known(reason.code)?.meaning ?? "凭证接口拒绝了应用凭证"}（${answered(reason)}）`,
    remedy:
      (reason.appId === undefined ? undefined : known(reason.code)?.remedyOfApp) ??
      known(reason.code)?.remedy ??
      "请核对 App ID 与 App Secret。",
  }),
  AppTicketMissing: ({ appId, waitedSeconds }) => ({
    meaning: `应用 ${shortened(appId, 80)}：已请求飞书推送 app_ticket，${waitedSeconds} 秒内未收到新的`,
    remedy: "请确认飞书能访问应用的事件订阅地址，且程序将每个 app_ticket 事件交给 AppTicket.push。",
  }),
  PermissionDenied: (reason) => ({
    meaning: `${known(reason.code)?.meaning ?? "没有权限"}（${answered(reason)}）${reason.scopes.length === 0 ? "" : `；任一权限即可：${reason.scopes.join("、")}${andMore(reason.moreScopes)}`}`,
    remedy: known(reason.code)?.remedy ?? "请联系租户管理员为应用开通会议读取权限。",
  }),
  RequestRefused: (reason) => {
    const fields = reason.violations.map(({ description, field }) => `${field}：${description}`).join("；")
    const what =
      reason.detail === undefined ? (known(reason.code)?.meaning ?? "飞书拒绝了请求") : ofCore(reason.detail)
    return {
      meaning: `${what}（${answered(reason)}${fields === "" ? "" : `；${fields}${andMore(reason.moreViolations)}`}）`,
      remedy: known(reason.code)?.remedy ?? "请检查 base URL 与请求，并将日志 ID 提供给飞书技术支持。",
    }
  },
  Redirected: (reason) => {
    const { from, isToHttps, status, to } = reason
    const where =
      to === undefined
        ? "要求重定向，但未说明去向"
        : to === from
          ? "重定向到它的另一路径"
          : `重定向到 ${isToHttps ? to : to.replace(/^https?:\/\//, "")}`
    return {
      meaning: `服务器${where}${to === undefined ? "" : "，未跟随：访问凭证只用于 base URL"}（HTTP ${status}）`,
      remedy: isToHttps
        ? `请在 base URL 中使用 https：${to}。`
        : "请确认 base URL 指向飞书开放平台，例如 https://open.feishu.cn；需要先登录的网络也会这样应答。",
    }
  },
  RangeTooOld: (reason) => ({
    meaning: `飞书拒绝了起点早于 90 天前的时间范围（${answered(reason)}）：很可能只能读取最近 90 天`,
    remedy: `请用 --from 给出 ${reason.earliestStart} 或更晚的开始时间。`,
  }),
  ContractViolation: ({ problem, status }) => ({
    meaning: `应答不符合接口约定：${ofCore(problem)}（HTTP ${status}）`,
    remedy: "请确认 base URL 指向飞书；若是，请附日志 ID 反馈。",
  }),
  PaginationBroken: ({ fault }) => ({
    meaning: paginationFaults[fault],
    remedy: "已读取的数据正确，其余未读取。请稍后用游标继续；若持续出现，请附日志 ID 反馈。",
  }),
}

/** A reason. */
export const ofReason = <R extends FeishuError.Reason>(reason: R): Explanation =>
  // A reason and the function under its own tag: TypeScript cannot see that they belong together.
  (reasons[reason._tag] as (reason: FeishuError.Reason) => Explanation)(reason)

const accepted =
  "请使用 ISO 时间（2026-09-01 或 2026-09-01T08:00:00+08:00）、Unix 秒数、now 或距今时长（30d、36h）。"

const units: Readonly<Record<string, string>> = { ms: "毫秒", s: "秒", m: "分钟", h: "小时" }

/** A duration as Effect writes it, such as `1m 30s`. */
const duration = (text: string): string =>
  text.replaceAll(/(\d+)(ms|[smh])\b/g, (_, number: string, unit: string) => `${number} ${units[unit]}`)

/** What has no code to know it by; `$1` is what the first group has matched. */
const sentences: ReadonlyArray<readonly [RegExp, string | ((...groups: Array<string>) => string)]> = [
  // TimeRange
  [/^"(.*)" is not a time$/, "“$1”不是时间"],
  [/^"(.*)" is not a time: unix seconds have ten digits$/, "“$1”不是时间：Unix 秒数有十位数字"],
  [/^"(.*)" is a day that does not exist$/, "“$1”这一天不存在"],
  [/^(\d+) looks like a date$/, "$1 看起来是日期"],
  [/^Write ISO text \(.*$/, accepted],
  [/^Write (\d+)d for \d+ days ago\.$/, "如指 $1 天前，请写 $1d。"],
  [/^Write (now|[\d:dhmswTZ+-]+)\.$/, "请写 $1。"],
  [/^How long ago is written without a minus: (\S+)\.$/, "距今时长不带负号，请写 $1。"],
  [/^(\S+) looks like milliseconds$/, "$1 看起来是毫秒"],
  [/^(\S+) looks like microseconds$/, "$1 看起来是微秒"],
  [/^(\S+) looks like nanoseconds$/, "$1 看起来是纳秒"],
  [/^Feishu takes seconds: write (\S+)\.$/, "飞书使用秒：请写 $1。"],
  [/^it is before 1970$/, "早于 1970 年"],
  [/^Feishu takes unix seconds from 0 on\.$/, "飞书只接受不小于 0 的 Unix 秒数。"],
  [/^it is empty: both ends are (\S+)$/, "范围为空：起止都是 $1"],
  [/^it starts at (\S+), after its end at (\S+)$/, "起点 $1 晚于终点 $2"],
  [/^Let it start before it ends\.$/, "请让开始时间早于结束时间。"],
  [/^"(.*)" is not a time zone$/, "“$1”不是时区"],
  [/^Write one such as Asia\/Shanghai or \+08:00\.$/, "请写成 Asia/Shanghai 或 +08:00 这样的时区。"],
  // MeetingNo
  [/^"(.*)" has (\d+) digits, a meeting number has 9$/, "“$1” 有 $2 位数字，会议号应为 9 位"],
  [
    /^"(.*)" is not a meeting number: it takes 9 digits, the last nine of a meeting link$/,
    "“$1” 不是会议号：会议号为 9 位数字，即会议链接的末 9 位",
  ],
  // FeishuConfig
  [/^it is not a URL$/, "不是 URL"],
  [/^Give one such as https:\/\/open\.feishu\.cn\.$/, "请写成 https://open.feishu.cn 这样的 URL。"],
  [/^it contains a user name or password$/, "其中含有用户名或密码"],
  [/^Give the URL without them\.$/, "请去掉它们。"],
  [/^it has a query or fragment$/, "其中含有查询参数或片段"],
  [/^Give the URL without it\.$/, "请去掉它。"],
  [/^"(.*)" is not https$/, "“$1”不是 https"],
  [/^it is not an https URL$/, "不是 https 网址"],
  [
    /^Over plain http anyone on the way can read the token\. Use https; .*$/,
    "明文 http 会在途中泄露访问凭证，请使用 https；--allow-http 或 FEISHU_ALLOW_HTTP=true 可允许明文 http。",
  ],
  [/^it is neither true nor false$/, "既不是 true，也不是 false"],
  [/^Set it to true or false, or not at all\.$/, "请设为 true 或 false，或不设置。"],
  // FeishuClient and AccessToken
  [/^"(.*)" is no brand$/, "没有“$1”这个品牌"],
  [/^Set it to feishu or lark, or not at all\.$/, "请设为 feishu 或 lark，或不设置。"],
  [/^there is neither an access token nor an app$/, "既没有访问凭证，也没有应用"],
  [/^(\S+) is set, but (\S+) is not$/, "已设置 $1，但未设置 $2"],
  [
    /^Set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN; in code, the option credentials\.$/,
    "请设置 FEISHU_APP_ID 与 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN。",
  ],
  [/^it is empty$/, "为空"],
  [/^Copy it from the app's page in the developer console\.$/, "请从开发者后台的应用页面复制。"],
  [/^it has blanks or line breaks$/, "其中含有空格或换行"],
  [/^it has a quotation mark at an end$/, "首尾有引号"],
  [/^it has characters that are not visible ASCII$/, "其中含有可见 ASCII 以外的字符"],
  [/^it is longer than (\d+) characters$/, "超过 $1 个字符"],
  [/^it begins with Bearer, which is no part of it$/, "以 Bearer 开头，而它不是访问凭证的一部分"],
  [/^it is an app id, and no app secret$/, "这是 App ID，不是 App Secret"],
  [/^it is an app id, and no access token$/, "这是 App ID，不是访问凭证"],
  [/^it is an access token, and no app secret$/, "这是访问凭证，不是 App Secret"],
  [/^it is an access token, and no app id$/, "这是访问凭证，不是 App ID"],
  [/^it looks like an app secret, and is no app id$/, "这像是 App Secret，不是 App ID"],
  [/^Copy it as Feishu shows it in the developer console\.$/, "请按开发者后台显示的原样填写。"],
  [/^Give it as Feishu gave it, in Secret\.appSecret\.$/, "请在 FEISHU_APP_SECRET 中原样填写飞书给出的值。"],
  [/^Give it as Feishu gave it, in .*$/, "请在 FEISHU_ACCESS_TOKEN 中原样填写飞书给出的值。"],
  // Node
  [/^SOCKS proxies are not supported$/, "不支持 SOCKS 代理"],
  [
    /^Name the HTTP port of the same proxy program, such as (\S+): most have one\.$/,
    "请填写同一代理程序的 HTTP 端口，例如 $1：多数程序都有。",
  ],
  [/^only http:\/\/ and https:\/\/ proxies are supported$/, "只支持 http:// 与 https:// 代理"],
  [/^it is not the address of a proxy$/, "不是代理地址"],
  [
    /^Write it as http:\/\/host:port, or http:\/\/user:password@host:port\.$/,
    "请写成 http://host:port 或 http://user:password@host:port。",
  ],
  [
    /^Give certificates in PEM, which begin with (-----BEGIN CERTIFICATE-----)\.$/,
    "请给出 PEM 格式的证书，以 $1 开头。",
  ],
  [/^it holds no certificate$/, "其中没有证书"],
  [/^it holds (".*"), not a certificate$/, "其中是 $1，不是证书"],
  [/^it is PKCS#7 \(\.p7b\), not certificates in PEM$/, "它是 PKCS#7（.p7b），不是 PEM 格式的证书"],
  [
    /^it is a PKCS#12 store \(\.pfx or \.p12\), not certificates in PEM$/,
    "它是 PKCS#12（.pfx 或 .p12），不是 PEM 格式的证书",
  ],
  [/^it is a Java key store, not certificates in PEM$/, "它是 Java 密钥库，不是 PEM 格式的证书"],
  [/^it holds more than a certificate in DER$/, "其中不只一个 DER 格式的证书"],
  [/^(?:Convert it|Convert each to PEM): (.*)$/, "请转换为 PEM：$1"],
  [/^Take the certificates? out: (.*)$/, "请取出证书：$1"],
  [
    /^it holds a private key, and a list of trusted certificates needs none$/,
    "其中有私钥，而受信任的证书文件不需要私钥",
  ],
  [
    /^Give the certificate of the authority alone; a key that others may have read has to be replaced\.$/,
    "请只给出证书颁发机构的证书；可能已被他人读到的私钥须更换。",
  ],
  [/^its certificate is damaged or cut short$/, "证书已损坏或不完整"],
  [/^certificate (\d+) of (\d+) is damaged or cut short$/, "共 $2 个证书，第 $1 个已损坏或不完整"],
  [/^Get it again, or leave it out\.$/, "请重新获取，或去掉它。"],
  [/^Give the content of the file, not its name\.$/, "请给出文件的内容，而不是文件名。"],
  // Positions and answers
  [/^meeting (\d{9}) from (\S+) to (\S+)$/, "会议号 $1，$2 至 $3"],
  [/^the answer is JSON that was cut short$/, "应答是被截断的 JSON"],
  [/^the answer is (".*")$/, "应答为 $1"],
  [/^HTTP (\d+) is no complete answer$/, "HTTP $1 不是完整的应答"],
  [/^there is no integer in the field code$/, "字段 code 中没有整数"],
  [/^the body is not JSON, or was cut short$/, "应答体不是 JSON，或被截断"],
  [/^the body is larger than (\d+) bytes$/, "应答体超过 $1 字节"],
  [
    /^the body holds an access token, and so it is not a page of meetings$/,
    "响应中含有访问凭证，因此不是会议列表的一页",
  ],
  [
    /^the answer to a page token has no data with a boolean has_more, so it does not say whether more pages follow$/,
    "对 page_token 的响应中没有布尔值 has_more，无法判断后面是否还有数据",
  ],
  [/^the answer of the token endpoint has no token$/, "凭证接口的应答中没有凭证"],
  [
    /^the token of the token endpoint is none that a header can hold$/,
    "凭证接口返回的凭证含有无法放入请求头的内容（为空、过长，或含空格、换行等字符）",
  ],
  [/^the page token repeats a secret of the request$/, "page_token 中重复了请求中的机密"],
  [/^the page token is none that a URL can hold$/, "page_token 过长，或含有无法放入 URL 的字符"],
  [/^row (\d+) is of the meeting number (\d+)$/, "数据 $1 属于会议号 $2"],
  // Warnings
  [
    /^Meetings of (\d{9}) from (\S+) to (\S+) were left out: that is more than 90 days ago by now, and Feishu no longer shows it\.$/,
    "会议号 $1 在 $2 至 $3 的会议未读取：该时间段现已早于 90 天前，飞书不再显示。",
  ],
  [
    /^The certificate of (.*) among those to trust (ended|begins) on ([\d-]+)(?:, and (\d+) more are out of date)?: what it vouches for is refused\.$/,
    (_, subject: string, what: string, day: string, more: string | undefined) =>
      `要信任的证书 ${subject} ${what === "ended" ? `已于 ${day} 过期` : `从 ${day} 起才有效`}${more === undefined ? "" : `，另有 ${more} 个不在有效期内`}：由它签发的证书会被拒绝。`,
  ],
  [
    /^No meetings of (\d{9}) from (\S+) to (\S+): that is more than 90 days ago, and Feishu may just not show them any more\.$/,
    "会议号 $1 在 $2 至 $3 没有会议：该时间段早于 90 天前，飞书可能只是不再显示。",
  ],
  [
    /^The page token of the cursor is no longer accepted: its window is read again from its start\.$/,
    "游标中的 page_token 已失效：该时间段将从头重新读取。",
  ],
  [
    /^The rate limit refused a request(?: \(log id: (\S+)\))?, so another program uses the same quota\. Requests wait (.*), and then come at least (.*) apart\.$/,
    (_, logId: string | undefined, wait: string, pace: string) =>
      `请求被限流${logId === undefined ? "" : `（日志 ID：${logId}）`}，说明有其他程序共用同一额度。将等待 ${duration(wait)}，之后每次请求至少间隔 ${duration(pace)}。`,
  ],
]

/** Something that the client says. In English where its Chinese is not known: that is better than nothing. */
export const ofCore = (text: string): string => {
  for (const [pattern, chinese] of sentences) {
    // Overloads of replace: a text and a function are not the same to TypeScript.
    if (pattern.test(text)) return text.replace(pattern, chinese as string)
  }
  return text
}
