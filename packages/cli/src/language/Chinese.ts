/** The Chinese of what the client and the catalogue of error codes say in English. Tests hold it complete. */
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as GetMeeting from "@effect-feishu/contract/GetMeeting"
import * as GetRecording from "@effect-feishu/contract/GetRecording"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import * as UserInfo from "@effect-feishu/contract/UserInfo"
import { type FeishuError, Sentence } from "@effect-feishu/core"
import { chineseSentences, ofSecretProblem } from "./chineseSentences.ts"
import { rateLimitFlag, settingName } from "./settingName.ts"

/** A message in two parts: what happened, and what to do. */
export interface Explanation {
  readonly meaning: string
  readonly remedy: string
  /** What was requested, if anything was: for whoever looks into it. */
  readonly where?: string
}

/** The meaning and remedy of a code. `remedyOfApp` is the remedy if the refused token was fetched for an app. */
export interface OfCode extends Explanation {
  readonly remedyOfApp?: string
}

const checkCredentials =
  "请在开发者后台的应用页面核对 App ID 与 App Secret，并确认它们属于当前品牌（飞书或 Lark）与 base URL。"
const newToken =
  "请将 FEISHU_ACCESS_TOKEN 换为新的访问凭证；或去掉它，改为设置 FEISHU_APP_ID 与 FEISHU_APP_SECRET，访问凭证将自动获取并刷新。"
const fetchedToken =
  "应用的访问凭证由程序自动获取并刷新，但仍被拒绝：请确认应用已在租户中启用，且品牌（飞书或 Lark）与 base URL 属于该应用；若无误，请将日志 ID 提供给飞书技术支持。"
const loginAgain = "请重新登录：运行 feishu-meetings login。"
const loginWithNewCode = "请重新登录，并在 5 分钟内使用新的授权码：每个只能使用一次。"
const loginUnlessNewer = "请确认是否有其他进程已保存同一登录的较新凭证；若没有，请重新登录。"
const askAdministrator = "请联系租户管理员；登录仍保留。"
const baseUrlOrBug = "请确认 base URL 属于飞书、Lark 或私有部署；若无误，则是发出请求的程序有缺陷。"
const grantByLogin = "若为登录账号：feishu-meetings login 会按其选项请求所需权限。"
const later = "请稍后重试；若持续出现，请将日志 ID 提供给飞书技术支持。"

const internalError: Explanation = { meaning: "飞书内部错误", remedy: later }

/** The Chinese of every code in the catalogue. */
export const codes: Readonly<Record<number, OfCode>> = {
  1500: internalError,
  1663: internalError,
  2200: internalError,
  5000: internalError,
  10003: { meaning: "App ID 不存在，或访问凭证接口无法解析请求", remedy: checkCredentials },
  10012: {
    meaning: "商店应用的 app_ticket 无效或已过期",
    remedy: "请将飞书推送的每一个 app_ticket 交给程序：有效期 3 小时，每小时推送一次。",
  },
  10013: { meaning: "商店应用的 app_access_token 无效或已过期", remedy: later },
  10014: { meaning: "App Secret 与 App ID 不匹配", remedy: checkCredentials },
  10016: { meaning: "该应用是自建应用，只有商店应用才有 app_ticket", remedy: "请按自建应用配置凭证。" },
  20001: { meaning: "OAuth 请求缺少参数", remedy: checkCredentials },
  20002: { meaning: "App Secret 与 App ID 不匹配", remedy: checkCredentials },
  20003: { meaning: "授权码不存在", remedy: loginWithNewCode },
  20004: { meaning: "授权码已过期：有效期 5 分钟", remedy: loginWithNewCode },
  20005: { meaning: "user_access_token 无效", remedy: loginAgain },
  20008: { meaning: "用户不存在", remedy: "请向租户管理员确认该账号是否仍存在；登录仍保留。" },
  20009: { meaning: "用户所在的租户未安装应用", remedy: "请联系租户管理员安装应用；登录仍保留。" },
  20010: {
    meaning: "用户没有应用的使用权限",
    remedy: "请联系应用所有者或租户管理员，将该用户加入应用的可用范围；登录仍保留。",
  },
  20021: { meaning: "用户已离职", remedy: "请联系租户管理员，或改用其他账号登录。" },
  20022: { meaning: "用户已被冻结", remedy: "请联系租户管理员解除冻结；登录仍保留。" },
  20023: { meaning: "用户没有完成注册", remedy: "请让用户在飞书中完成注册；登录仍保留。" },
  20024: {
    meaning: "授权码或 refresh_token 属于其他应用",
    remedy: "请使用登录时的 App ID 与 App Secret，或用当前应用重新登录。",
  },
  20026: { meaning: "refresh_token 不存在", remedy: loginAgain },
  20027: {
    meaning: "应用请求用户授予它尚未开通的权限（授权页会显示此错误）",
    remedy: "请在开发者后台的“权限管理”中为应用开通该权限并发布新版本，或在登录时不请求该权限。",
  },
  20036: { meaning: "OAuth 服务不支持该授权类型", remedy: baseUrlOrBug },
  20037: { meaning: "refresh_token 已过期，或用户授权已超过 365 天", remedy: loginAgain },
  20048: { meaning: "没有该 App ID 的应用", remedy: checkCredentials },
  20049: {
    meaning: "code_verifier 缺失，或与授权时的 code_challenge 不符",
    remedy: "请从头重新登录，并由发起授权的同一程序用授权码换取凭证。",
  },
  20050: { meaning: "OAuth 服务繁忙", remedy: later },
  20063: { meaning: "OAuth 服务无法解析请求，或请求缺少字段", remedy: baseUrlOrBug },
  20064: { meaning: "refresh_token 已被撤销", remedy: loginUnlessNewer },
  20065: { meaning: "授权码已被使用；每个只能使用一次", remedy: loginWithNewCode },
  20066: {
    meaning: "用户账号的状态不允许该操作，例如已被冻结",
    remedy: "请向租户管理员确认该账号的状态；登录仍保留。",
  },
  20067: { meaning: "同一权限被重复请求", remedy: "请让每个权限只出现一次。" },
  20068: {
    meaning: "请求了用户未授予的权限",
    remedy: "请只请求用户已授予的权限，或以所需的全部权限重新登录。",
  },
  20069: { meaning: "应用未启用", remedy: "请联系租户管理员启用应用；登录仍保留。" },
  20070: {
    meaning: "请求中的应用凭证出现两次：Basic 认证与请求体",
    remedy: "请检查途中的代理或网关是否添加了 Authorization 请求头；应用凭证只应出现在请求体中。",
  },
  20071: {
    meaning: "redirect_uri 与发起授权时的不一致",
    remedy: "请重新登录，并确保两个步骤中的重定向 URL 完全一致。",
  },
  20072: { meaning: "OAuth 服务不可用", remedy: later },
  20073: { meaning: "refresh_token 已被使用；每个只能使用一次", remedy: loginUnlessNewer },
  20074: {
    meaning: "应用不允许刷新 user_access_token",
    remedy:
      "请在开发者后台应用的“安全设置”中打开“刷新 user_access_token”开关，并发布应用新版本：发布后才生效。登录仍保留。",
  },
  21000: {
    meaning: "租户的安全策略阻止了访问：用户须先完成验证",
    remedy: "请打开响应中给出的地址并完成验证；登录仍保留。",
  },
  21001: { meaning: "租户的安全策略阻止了访问", remedy: "请联系租户管理员放行；登录仍保留。" },
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
  122001: { meaning: "会议的状态不允许该操作，很可能仍在进行中", remedy: "请在会议结束后再查询。" },
  122002: { meaning: "会议不存在", remedy: "请核对会议 ID。" },
  124002: { meaning: "录制文件仍在生成中", remedy: "请在几分钟后再查询。" },
  99991400: {
    meaning: "请求超出频率限制：每个 API、应用、租户每分钟 100 次",
    remedy: "请等待频率限制窗口重置；若有其他程序使用同一应用，请减少它们的请求，或调低 --rate-limit。",
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
    remedy: `请让用户以 vc:meeting:readonly、vc:meeting.meetingid:read 中的任一权限重新授权。${grantByLogin}`,
  },
  99992402: { meaning: "网关校验请求字段失败", remedy: "请按错误中列出的字段修改。" },
}

const scopesOn = (scopes: ReadonlyArray<string>): Readonly<Record<number, OfCode>> => {
  const named = `${scopes.join("、")} ${scopes.length === 1 ? "权限" : "中的任一权限"}`
  return {
    99991672: {
      meaning: "应用未开通所需权限",
      remedy: `请在开发者后台为应用开通 ${named}，并发布新版本。`,
    },
    99991679: { meaning: "用户未向应用授予所需权限", remedy: `请让用户以 ${named}重新授权。${grantByLogin}` },
  }
}

const limitOn = (path: string, limit: string): OfCode => ({
  meaning: `请求超出频率限制：每个 API、应用、租户${limit}`,
  remedy: `请等待频率限制窗口重置；若有其他程序使用同一应用，请减少它们的请求，或调低 ${rateLimitFlag(path)}。`,
})

const idFromList = "请从会议列表中取得会议 ID：会议号不是会议 ID。"

/** What codes mean on one endpoint, by its path. */
export const codesOn: Readonly<Record<string, Readonly<Record<number, OfCode>>>> = {
  [ListByNo.path]: {
    ...scopesOn(ListByNo.scopes),
    99991400: limitOn(ListByNo.path, "每分钟 100 次"),
  },
  [GetMeeting.path]: {
    121003: {
      meaning: "会议服务拒绝了请求中的会议 ID 或参数",
      remedy: "请核对会议 ID，并确认会议不早于 90 天前。",
    },
    121004: { meaning: "没有这个 ID 的会议", remedy: idFromList },
    121005: {
      meaning: "应用或用户无权查看该会议",
      remedy: "请使用参会者的访问凭证，或联系租户管理员为应用开通会议读取权限。",
    },
    ...scopesOn(GetMeeting.scopes),
    99991400: limitOn(GetMeeting.path, "每分钟 1000 次、每秒 50 次"),
  },
  [GetRecording.path]: {
    121003: { meaning: "会议服务拒绝了请求中的会议 ID", remedy: "请核对会议 ID。" },
    121004: { meaning: "该会议没有录制文件", remedy: "无需处理：这是正常的结果。" },
    121005: {
      meaning: "应用或用户无权查看录制文件",
      remedy: "请让所有者分享妙记，或使用参会者的访问凭证。",
    },
    122001: { meaning: "会议当前的状态没有录制文件，很可能仍在进行中", remedy: "请在会议结束后再查询。" },
    122002: { meaning: "没有这个 ID 的会议", remedy: idFromList },
    124002: { meaning: "录制文件仍在生成中", remedy: "请在几分钟后再查询。" },
    ...scopesOn(GetRecording.scopes),
    99991400: limitOn(GetRecording.path, "每分钟 1000 次、每秒 50 次"),
  },
  [UserInfo.path]: {
    20005: { meaning: "user_access_token 无效", remedy: loginAgain },
    20008: { meaning: "用户不存在", remedy: askAdministrator },
    20021: { meaning: "用户已离职", remedy: askAdministrator },
    20022: { meaning: "用户已被冻结", remedy: askAdministrator },
    20023: { meaning: "用户没有完成注册", remedy: askAdministrator },
  },
}

const slow = "请稍后重试；飞书或途中的代理响应缓慢。"

type TransportFailed = FeishuError.TransportFailed

/** Returns the name of the setting of the proxy; if it is not known, the one that sets it most often. */
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
    remedy: "本工具没有客户端证书：请向该服务器的运维人员索取不需要证书的地址。",
  },
  "certificate refused": {
    meaning: "TLS 证书不被信任",
    remedy: ({ systemCode }) => {
      switch (systemCode) {
        case "CERT_HAS_EXPIRED":
        case "CERT_NOT_YET_VALID":
          return "请检查本机时钟；如果无误，需由该主机的运维人员更新证书。"
        case "ERR_TLS_CERT_ALTNAME_INVALID":
        case "HOSTNAME_MISMATCH":
          return "请检查 base URL：证书属于另一台主机。"
        default:
          return "如果代理会解密 TLS，或是私有化部署，请将其证书颁发机构的证书存入文件，并用 FEISHU_CA_FILE 指定；否则可能有人在窃听连接。"
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
  "too many subrequests": {
    meaning: "子请求过多",
    remedy: "Cloudflare 限制单次调用的请求数：请在下一次调用中从游标继续。",
  },
  "request failed": { meaning: "请求失败", remedy: "请检查 base URL 与网络。" },
}

const paginationFaults: Record<FeishuError.PaginationBroken["fault"], string> = {
  "more pages are announced, but there is no page token": "响应表示后面还有数据，却没有 page_token",
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

const known = ({ code, endpoint }: WithCode): OfCode | undefined =>
  code === undefined
    ? undefined
    : ((endpoint === undefined ? undefined : codesOn[endpoint]?.[code]) ?? codes[code])

interface WithCode {
  readonly code?: number | undefined
  readonly endpoint?: string | undefined
}

/** A sentence of the client; and where there is none, the text that a program has given instead. */
const said = (sentence: Sentence.Sentence | undefined, text: string): string =>
  sentence === undefined ? text : Sentence.say(sentence, chineseSentences, text)

const signInWhys: Readonly<
  Record<FeishuError.SignInRequired["why"], readonly [meaning: string, remedy?: string]>
> = {
  "not signed in": ["尚未登录", "请登录：feishu-meetings login。"],
  "other account": ["开始读取之后，已由另一个账号登录", "请以现在登录的账号重新开始，或以原账号重新登录。"],
  "other app": ["登录属于另一个应用", "请使用该登录的应用，或登录当前应用：feishu-meetings login。"],
  "other base URL": [
    "登录属于另一个 base URL",
    "请使用该登录的 base URL，或在当前 base URL 登录：feishu-meetings login。",
  ],
  "no refresh token": [
    "访问凭证已失效，且没有 refresh_token",
    "请重新登录，并授予 offline_access：这样一次登录最长可用 365 天。",
  ],
  expired: ["refresh_token 已过期"],
  "a year": ["登录已满 365 天"],
  "used or revoked": ["refresh_token 已被撤销，或已被其他程序使用"],
  "answer lost": ["refresh_token 已被使用，而带有新凭证的响应在途中丢失，或在写入磁盘之前进程已终止"],
  "not known": ["飞书不认识这个 refresh_token"],
}

const completeChallenge = (url: string): string => `请用户打开 ${url} 并按要求完成验证，然后重试。`

const signInFailures: Readonly<
  Record<FeishuError.SignInFailed["failure"], readonly [meaning: string, remedy: string]>
> = {
  "access denied": ["用户拒绝了授权", "请重新登录，并允许应用所请求的权限。"],
  "too late": ["未在有效期内完成授权", "请重新开始，并在代码有效期内打开页面。"],
  "device flow unknown": [
    "服务器不支持设备授权",
    "请通过浏览器授权页登录：feishu-meetings login --redirect。",
  ],
  "code refused": ["授权码被拒绝", "请重新开始：授权码只能使用一次，有效期 5 分钟。"],
  refused: ["飞书拒绝了请求", "请核对 App ID 与 App Secret，以及开发者后台中应用的权限与重定向 URL。"],
}

type Reasons = {
  readonly [R in FeishuError.Reason as R["_tag"]]: (reason: R) => Explanation
}

const reasons: Reasons = {
  InvalidRequest: ({ field, problem, remedy, sentences }) => ({
    meaning: `${settingName(field)}：${said(sentences?.problem, problem)}。未发送任何请求`,
    remedy: said(sentences?.remedy, remedy),
  }),
  CursorUnusable: ({ ofCursor, ofRead, problem }) => {
    const tenant = (key: string | undefined) => (key === undefined ? "未指定租户" : `租户 ${key}`)
    const account = (openId: string | undefined) =>
      openId === undefined ? "未注明账号的访问凭证" : `账号 ${openId}`
    const [what, remedy] = {
      damaged: ["已损坏", "请完整地给出输出的游标（一行），或不用游标重新开始。"],
      "other version": ["由其他版本的 effect-feishu 生成", "请用生成它的版本继续，或不用游标重新开始。"],
      "other base URL": [`来自 ${ofCursor}，而当前读取的是 ${ofRead}`, "请使用产生该游标时的 base URL。"],
      "other tenant": [
        `属于${tenant(ofCursor)}，而当前读取的是${tenant(ofRead)}`,
        "请使用生成该游标时的租户。",
      ],
      "other account": [
        `由${account(ofCursor)}读取时生成，而当前使用的是${account(ofRead)}`,
        "请用生成该游标的账号继续：其他账号能看到的会议可能不同。",
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
      meaning: `${known(reason)?.meaning ?? "服务器出错"}（${answered(reason)}${body}）`,
      remedy: known(reason)?.remedy ?? "请稍后重试；并确认 base URL 指向飞书，途中没有代理代为响应。",
    }
  },
  RateLimited: (reason) => {
    const tooLong =
      reason.longestWaitSeconds === undefined ? "" : `，超过最长等待时间 ${reason.longestWaitSeconds} 秒`
    return {
      meaning: `请求超出频率限制（${answered(reason)}）；${reason.retryAfterSeconds} 秒后重置${tooLong}`,
      remedy: `请到时重试；若有其他程序使用同一应用，请减少它们的请求，或调低 ${rateLimitFlag(reason.endpoint)}。`,
    }
  },
  QuotaExceeded: (reason) => ({
    meaning: `${known(reason)?.meaning ?? "本月额度已用完"}（${answered(reason)}）`,
    remedy: known(reason)?.remedy ?? "请等待下月 1 日额度恢复。",
  }),
  AuthenticationFailed: (reason) => ({
    meaning: `${reason.appId === undefined ? "" : `${reason.account === undefined ? "" : `${shortened(reason.account, 200)}，`}应用 ${shortened(reason.appId, 80)}：`}${known(reason)?.meaning ?? "访问凭证接口拒绝了应用凭证"}（${answered(reason)}）`,
    remedy:
      reason.challengeUrl !== undefined
        ? completeChallenge(reason.challengeUrl)
        : ((reason.appId === undefined ? undefined : known(reason)?.remedyOfApp) ??
          known(reason)?.remedy ??
          "请核对 App ID 与 App Secret。"),
  }),
  AppTicketMissing: ({ appId, waitedSeconds }) => ({
    meaning: `应用 ${shortened(appId, 80)}：已请求飞书推送 app_ticket，${waitedSeconds} 秒内未收到新的`,
    remedy: "请确认飞书能访问应用的事件订阅地址，且程序将每个 app_ticket 事件交给 AppTicket.push。",
  }),
  SignInRequired: (reason) => {
    const { account, appId, ofLogin, status, why } = reason
    const who = account === undefined ? "" : `${shortened(account, 200)}，`
    const other = ofLogin === undefined ? "" : `：${shortened(ofLogin, 300)}`
    const [what, remedy] = signInWhys[why]
    return {
      meaning: `${who}应用 ${shortened(appId, 80)}：${what}${other}${status === undefined ? "" : `（${answered({ ...reason, status })}）`}`,
      remedy:
        remedy ??
        `请${account === undefined ? "" : `由 ${shortened(account, 200)} `}重新登录：feishu-meetings login。`,
    }
  },
  SignInFailed: (reason) => {
    const { appId, challengeUrl, failure, status } = reason
    const [what, remedy] = signInFailures[failure]
    return {
      meaning: `登录应用 ${shortened(appId, 80)} 未成功：${known(reason)?.meaning ?? what}${status === undefined ? "" : `（${answered({ ...reason, status })}）`}`,
      remedy:
        challengeUrl === undefined
          ? (known(reason)?.remedy ?? remedy).replace(/[；。]登录仍保留。/, "。")
          : completeChallenge(challengeUrl),
    }
  },
  LoginStoreFailed: ({ place, problem, remedy, sentences }) => ({
    meaning: `${place}：${said(sentences?.problem, problem)}`,
    remedy: said(sentences?.remedy, remedy),
  }),
  PermissionDenied: (reason) => ({
    meaning: `${known(reason)?.meaning ?? "没有权限"}（${answered(reason)}）${reason.scopes.length === 0 ? "" : `；任一权限即可：${reason.scopes.join("、")}${andMore(reason.moreScopes)}`}`,
    remedy:
      // A field may require a scope of its own, which is not among those of its endpoint.
      (reason.scopes.length === 0 || reason.scopes.length > 3 || reason.code === undefined
        ? undefined
        : scopesOn(reason.scopes)[reason.code]?.remedy) ??
      known(reason)?.remedy ??
      "请联系租户管理员为应用开通会议读取权限。",
  }),
  RequestRefused: (reason) => {
    const fields = reason.violations.map(({ description, field }) => `${field}：${description}`).join("；")
    const what =
      reason.detail === undefined
        ? (known(reason)?.meaning ?? "飞书拒绝了请求")
        : said(reason.sentences?.detail, reason.detail)
    return {
      meaning: `${what}（${answered(reason)}${fields === "" ? "" : `；${fields}${andMore(reason.moreViolations)}`}）`,
      remedy: known(reason)?.remedy ?? "请检查 base URL 与请求，并将日志 ID 提供给飞书技术支持。",
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
        : "请确认 base URL 指向飞书开放平台，例如 https://open.feishu.cn；需要先登录的网络也会返回这样的响应。",
    }
  },
  RangeTooOld: (reason) => ({
    meaning: `飞书拒绝了开始时间早于 90 天前的时间范围（${answered(reason)}）：很可能只能读取最近 90 天`,
    remedy: `请用 --from 给出 ${reason.earliestStart} 或更晚的开始时间。`,
  }),
  ContractViolation: ({ problem, sentences, status }) => ({
    meaning: `响应与飞书的接口文档不符：${said(sentences?.problem, problem)}（HTTP ${status}）`,
    remedy: "请确认 base URL 指向飞书；若是，请附日志 ID 反馈。",
  }),
  PaginationBroken: ({ fault }) => ({
    meaning: paginationFaults[fault],
    remedy: "已读取的数据正确，其余未读取。请稍后用游标继续；若持续出现，请附日志 ID 反馈。",
  }),
}

export { ofSecretProblem }

/** Returns the position of an error. */
export const ofPosition = (error: FeishuError.FeishuError): string | undefined =>
  error.position === undefined ? undefined : said(error.sentences?.position, error.position)

/** Returns the text of a sentence of the client. */
export const ofSentence = (sentence: Sentence.Sentence): string => Sentence.say(sentence, chineseSentences)

/** Returns meaning and remedy of a reason. */
export const ofReason = <R extends FeishuError.Reason>(reason: R): Explanation =>
  // TypeScript cannot see that a reason fits the function under its own tag.
  (reasons[reason._tag] as (reason: FeishuError.Reason) => Explanation)(reason)
