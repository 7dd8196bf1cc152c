/** The Chinese of every sentence of the client. The compiler holds the table complete. */
import { Sentence } from "@effect-feishu/core"

const units: Readonly<Record<string, string>> = { d: "天", h: "小时", m: "分钟", s: "秒", ms: "毫秒" }

const millisOf = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** A duration such as `1 分钟 30 秒`. */
const duration = (millis: number): string => {
  let rest = Math.round(millis)
  const parts: Array<string> = []
  for (const [unit, size] of Object.entries(millisOf)) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count} ${units[unit]}`)
    rest -= count * size
  }
  return parts.length === 0 ? "0 秒" : parts.join(" ")
}

const secretProblems: Readonly<Record<Sentence.SecretProblem, string>> = {
  empty: "为空",
  "too long": `超过 ${Sentence.longestSecret} 个字符`,
  blanks: "其中含有空格或换行",
  "quotation mark": "首尾有引号",
  "not ASCII": "其中含有可见 ASCII 以外的字符",
  "not text": "不是文本",
  bearer: "以“Bearer”开头，而它不是访问凭证的一部分",
  "access token as app id": "这是访问凭证，不是 App ID",
  "app secret as app id": "这像是 App Secret，不是 App ID",
  "app id as app secret": "这是 App ID，不是 App Secret",
  "app id as access token": "这是 App ID，不是访问凭证",
  "access token as app secret": "这是访问凭证，不是 App Secret",
  "not marked as app secret": "未标记为 App Secret",
  "not marked as access token": "未标记为访问凭证",
  "not marked as app ticket": "未标记为 app_ticket",
}

const smallUnits: Readonly<Record<Sentence.SmallUnit, string>> = {
  milliseconds: "毫秒",
  microseconds: "微秒",
  nanoseconds: "纳秒",
}

const copySecret = "请按开发者后台显示的原样复制。"

/** Returns the problem of a secret, as a clause about it. */
export const ofSecretProblem = (problem: Sentence.SecretProblem): string => secretProblems[problem]

/** The Chinese of each sentence, by its kind. */
export const chineseSentences: Sentence.Table = {
  // Times and ranges
  notATime: ({ text }) => `“${text}”不是时间`,
  tenDigits: ({ text }) => `“${text}”不是时间：Unix 秒数有十位数字`,
  noSuchDay: ({ text }) => `“${text}”这一天不存在`,
  looksLikeDate: ({ text }) => `${text} 看起来是日期`,
  looksLikeUnit: ({ text, unit }) => `${text} 看起来是${smallUnits[unit]}`,
  before1970: () => "早于 1970 年",
  rangeEmpty: ({ time }) => `范围为空：起止都是 ${time}`,
  rangeReversed: ({ end, start }) => `开始时间 ${start} 晚于结束时间 ${end}`,
  notATimeZone: ({ text }) => `“${text}”不是时区`,
  writeTime: () =>
    "请使用 ISO 时间（2026-09-01 或 2026-09-01T08:00:00+08:00）、月份（2026-09）、词语（今天、上个月）、Unix 秒数、now 或距今时长（30d、36h）。",
  write: ({ text }) => `请写 ${text}。`,
  writeDaysAgo: ({ days }) => `如指 ${days} 天前，请写 ${days}d。`,
  writeWithoutMinus: ({ text }) => `距今时长不带负号，请写 ${text}。`,
  writeSeconds: ({ seconds }) => `飞书使用秒：请写 ${seconds}。`,
  writeUnixSeconds: () => "飞书只接受不小于 0 的 Unix 秒数。",
  startEarlier: () => "请让开始时间早于结束时间。",
  writeTimeZone: () => "请写成 Asia/Shanghai 或 +08:00 这样的时区。",

  // Base URLs and the environment
  notAUrl: () => "不是 URL",
  urlHasUser: () => "其中含有用户名或密码",
  urlHasQuery: () => "其中含有查询参数或片段",
  notHttpsUrl: () => "不是 https 网址",
  notHttps: ({ origin }) => `“${origin}”不是 https`,
  unknownBrand: ({ text }) => `没有“${text}”这个品牌`,
  notABoolean: () => "既不是 true，也不是 false",
  giveUrl: () => "请写成 https://open.feishu.cn 这样的 URL。",
  giveUrlWithoutUser: () => "请去掉它们。",
  giveUrlWithoutQuery: () => "请去掉它。",
  useHttps: () =>
    "明文 http 会在途中泄露访问凭证，请使用 https；--allow-http 或 FEISHU_ALLOW_HTTP=true 可允许明文 http。",
  setBrand: () => "请设为 feishu 或 lark，或不设置。",
  setBoolean: () => "请设为 true 或 false，或不设置。",

  // Credentials
  noCredentials: () => "既没有访问凭证，也没有应用凭证",
  noCredentialsOption: () => "未给出凭证",
  onlyOneSet: ({ missing, set }) => `已设置 ${set}，但未设置 ${missing}`,
  tokenUnfit: ({ problem }) => `凭证来源给出的访问凭证无法放入请求头：${secretProblems[problem]}`,
  secretUnfit: ({ problem }) => secretProblems[problem],
  noTenant: () => "商店应用有多个租户，但未指定租户",
  otherTenant: () => "指定了租户，但这些凭证只用于其自身的租户",
  setCredentials: () => "请设置 FEISHU_APP_ID 与 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN。",
  giveCredentials: () => "请设置 FEISHU_APP_ID 与 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN。",
  copyAppId: () => "请从开发者后台的应用页面复制。",
  copySecret: () => copySecret,
  giveAppSecret: () => "请在 FEISHU_APP_SECRET 中原样填写飞书给出的值。",
  giveAccessToken: () => "请在 FEISHU_ACCESS_TOKEN 中原样填写飞书给出的值。",
  giveToken: () => "凭证来源应原样返回飞书给出的访问凭证。",
  giveTenant: () => "请指定要读取的租户的 tenant_key。",
  leaveTenantOut: () => "请不要指定租户，或使用商店应用的凭证。",

  // What to read
  notAWindowCount: ({ text }) => `${text} 不是时间段的个数`,
  notAMeetingNo: () => "不是会议号",
  outOfRange: ({ text }) => `${text} 超出允许的范围`,
  notAMeetingId: ({ problem }) =>
    problem === "not digits" ? "其中含有数字以外的字符" : "不在 1 到 9223372036854775807 之间",
  unknownOrder: () => "只能是 oldest 或 newest",
  queryInvalid: ({ text }) => text,
  giveWholeNumber: ({ minimum }) => `请给出不小于 ${minimum} 的整数。`,
  giveWholeNumberTo: ({ maximum, minimum }) => `请给出 ${minimum} 到 ${maximum} 的整数。`,
  giveNineDigits: () => "会议号为 9 位数字。",
  giveMeetingId: () => "请以文本形式给出会议列表中的会议 ID。",
  giveOrder: () => "请写 oldest 或 newest，或不设置。",
  correctQuery: () => "请修改查询参数。",

  // Proxies and certificates
  socksProxy: () => "不支持 SOCKS 代理",
  unknownProxyScheme: () => "只支持 http:// 与 https:// 代理",
  notAProxy: () => "不是代理地址",
  nameHttpPort: ({ example }) => `请填写同一代理程序的 HTTP 端口，例如 ${example}：多数程序都有。`,
  writeProxy: () => "请写成 http://host:port 或 http://user:password@host:port。",
  undiciReplaced: () => "Bun 用自带的模块替换了 undici，而它无法发送这些请求",
  provideFetch: () => "请用 Node 运行本命令。",
  certificatesEmpty: () => "为空",
  noCertificate: () => "其中没有证书",
  otherPem: ({ label }) => `其中是“${label}”，不是证书`,
  pkcs7: () => "它是 PKCS#7（.p7b），不是 PEM 格式的证书",
  pkcs12: () => "它是 PKCS#12（.pfx 或 .p12），不是 PEM 格式的证书",
  javaKeyStore: () => "它是 Java 密钥库，不是 PEM 格式的证书",
  moreThanDer: () => "其中不只一个 DER 格式的证书",
  privateKey: () => "其中有私钥，而受信任的证书文件不需要私钥",
  certificateDamaged: ({ all, number }) =>
    all === 1 ? "证书已损坏或不完整" : `共 ${all} 个证书，第 ${number} 个已损坏或不完整`,
  givePem: () => "请给出 PEM 格式的证书，以 -----BEGIN CERTIFICATE----- 开头。",
  giveContent: () => "请给出文件的内容，而不是文件名。",
  giveCertificateAlone: () => "请只给出证书颁发机构的证书；可能已被他人读到的私钥须更换。",
  getItAgain: () => "请重新获取，或去掉它。",
  convert: ({ command }) => `请转换为 PEM：${command}`,
  takeOut: ({ command }) => `请取出证书：${command}`,

  // Answers
  incompleteStatus: ({ status }) => `HTTP ${status} 不是完整的响应`,
  noCode: () => "字段 code 中没有整数",
  notJson: () => "响应体不是 JSON，或被截断",
  jsonCutShort: () => "响应是被截断的 JSON",
  answerIs: ({ text }) => `响应为“${text}”`,
  bodyTooLarge: ({ bytes }) => `响应体超过 ${bytes} 字节`,
  gzipDamaged: () => "响应体的 gzip 编码已损坏，或被截断",
  gzipTwice: () => "响应体被 gzip 编码了不止一次",
  unknownEncoding: ({ text }) => `响应体的编码为“${text}”，而请求只接受 gzip`,
  dataInvalid: ({ text }) => `数据与接口文档不符（${text}）`,
  accessTokenInBody: () => "响应中含有访问凭证，因此不是会议列表的一页",
  hasMoreMissing: () => "对 page_token 的响应中没有布尔值 has_more，无法判断后面是否还有数据",
  stateOfOtherNumber: () => "保存的状态属于另一个会议号",
  giveStateOfNumber: () => "请按传给 store 的键分别保存每个会议号的状态。",
  giveOverlap: () => "请给出 0 到 90 天之间的时长。",
  noDataInAnswer: () => "响应中没有数据",
  noMeetingInData: () => "响应中没有会议",
  giveRedirectUri: () => "请给出应用的重定向 URL，例如 http://127.0.0.1:17817/callback。",
  tooManyScopes: ({ count }) => `共有 ${count} 个`,
  notAScope: ({ text }) => `“${text}”不是权限`,
  giveScopes: () => "最多 50 个权限，每个写作开发者后台中的名称，例如 vc:meeting:readonly。",
  noAccount: () => "响应未说明访问凭证属于谁",
  loginNotStored: ({ account, text }) =>
    `${account} 的新凭证未能写入，而已存的凭证已用掉：若在本程序结束前仍无法写入，登录将失效。${text}`,
  noTokenInBody: () => "访问凭证接口的响应中没有访问凭证",
  fetchedTokenUnfit: () => "访问凭证接口返回的访问凭证无法放入请求头",
  pageTokenRepeatsSecret: () => "page_token 中重复了请求中的密钥",
  pageTokenUnfit: () => "page_token 过长，或含有无法放入 URL 的字符",
  foreignRow: ({ meetingNo, row }) =>
    `${row === undefined ? "一条数据" : `数据 ${row}`} 属于${meetingNo === undefined ? "另一个会议号" : `会议号 ${meetingNo}`}`,

  // The file of a login
  notAFile: () => "它不是普通文件",
  fileOfOther: () => "它属于其他用户",
  othersCanRead: ({ mode }) => `其中保存着访问凭证，而其他用户可以读取它（权限 ${mode}）`,
  notALogin: () => "文件已损坏，或不是 effect-feishu 保存的登录信息",
  laterLogin: () => "它由更高版本的 effect-feishu 写入",
  fileFailed: ({ code, does }) =>
    `无法${{ reached: "到达", read: "读取", written: "写入", removed: "删除" }[does]}该文件（${code}）`,
  lockHeld: ({ path, seconds }) => `它的锁 ${path} 被另一个进程（或本进程的另一处）占用已达 ${seconds} 秒`,
  lockFailed: ({ detail, path }) => `无法使用它的锁 ${path}（${detail}）`,
  sqliteMissing: () => "当前运行时没有 node:sqlite 模块，而该文件的锁需要它",
  otherFile: () => "请使用您自己的文件夹中属于您自己的文件。",
  keepOthersOut: ({ path }) => `请禁止他人读取（chmod 600 ${path}），或改用支持此权限的文件系统上的文件夹。`,
  restoreLogin: () => "请恢复该文件，或将它移走后重新登录。",
  useLaterVersion: () => "请使用该版本，或将文件移走后重新登录。",
  allowFile: () => "请允许当前用户读写该文件及其所在文件夹，或换一个文件。",
  closeFile: () =>
    "请关闭正在使用该文件的程序，例如编辑器或杀毒软件；如果没有这样的程序，请允许当前用户读写该文件及其所在文件夹。",
  makeRoom: () => "请在该磁盘上腾出空间。",
  mountFolder: () => "如果它是单独挂载的文件，请改为挂载它所在的文件夹：挂载点上的文件无法替换。",
  otherFolder: () => "请使用当前用户可以写入、且文件系统支持锁的文件夹。",
  endHolder: () =>
    "如果该进程已暂停或卡住，请结束它：用 fuser 或 lsof 加上述路径可以查到是哪一个，在 Windows 上用资源监视器。如果没有这样的进程，则可能是文件系统不支持锁。请勿删除该锁文件。",
  provideSqlite: () => "请使用 Node 22.19、Deno 2.2、Bun 1.4 或更高版本，或自行实现登录信息的存储。",

  // Where it happened
  window: ({ end, meetingNo, start }) => `会议号 ${meetingNo}，${start} 至 ${end}`,

  meeting: ({ meetingId }) => `会议 ID ${meetingId}`,

  // Warnings
  othersCouldRead: ({ mode, path }) =>
    `其他用户曾可读取 ${path}（权限 ${mode}），其中保存着访问凭证。现在只有其所有者可以读取。如果您不信任他们，请退出登录后重新登录。`,
  timeUnreachable: ({ end, meetingNo, start }) =>
    `会议号 ${meetingNo} 在 ${start} 至 ${end} 的会议未读取：该时间段现已早于 90 天前，飞书不再返回。`,
  oldWindowEmpty: ({ end, meetingNo, start }) =>
    `会议号 ${meetingNo} 在 ${start} 至 ${end} 没有会议：该时间段早于 90 天前，飞书可能只是不再返回。`,
  windowReadAgain: () => "游标中的 page_token 已失效：该时间段将从头重新读取。",
  certificateOutOfDate: ({ day, more, subject, which }) =>
    `要信任的证书 ${subject} ${which === "expired" ? `已于 ${day} 过期` : `从 ${day} 起才有效`}${more === 0 ? "" : `，另有 ${more} 个不在有效期内`}：由它签发的证书会被拒绝。`,
  rateLimitRefused: ({ logId, paceMillis, resetMillis }) =>
    `请求超出频率限制${logId === undefined ? "" : `（日志 ID：${logId}）`}，说明有其他程序使用同一应用。将暂停请求 ${duration(resetMillis)}，之后每次请求至少间隔 ${duration(paceMillis)}。`,
}
