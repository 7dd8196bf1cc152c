/** Every text of the pages at which people sign in, in Chinese, in the words of Feishu's developer console. */
import type { PersonNow } from "../protocol/PublicTypes.ts"
import type { english } from "./english.ts"

const states: Partial<Record<PersonNow["status"], string>> = {
  frozen: "已冻结",
  resigned: "已离职",
  unregistered: "未注册",
}

/** Says why an account gets no tokens. */
const refused = (code: number, { status }: PersonNow): string => {
  const reasons: Readonly<Record<number, string | undefined>> = {
    20008: "已删除",
    20009: "未安装应用",
    20010: "不在应用的可用范围内",
    20066: states[status],
    20069: "应用未启用",
    21000: "需通过安全验证",
    21001: "被安全策略禁止",
  }
  return `${reasons[code] ?? "被拒绝"}：${code}`
}

/** The texts in Chinese. The compiler reports a missing one. */
export const chinese: typeof english = {
  lang: "zh-CN",
  code: "zh",
  other: { name: "English", lang: "en", code: "en" },
  product: "模拟飞书",
  wrong: (title) => `错误：${title}`,
  standIn: "本页由模拟飞书提供，仅在测试中代替飞书的授权页：不会连接飞书，也不需要密码。",
  allow: "授权",
  refuse: "拒绝",
  authorize: {
    title: "应用授权",
    heading: (app) => `授权应用“${app}”`,
    asks: "该应用请求以你的身份访问飞书。",
    appId: (appId) => `App ID：${appId}`,
    returnsTo: (url) => `无论授权还是拒绝，浏览器都会跳转到 ${url}`,
  },
  people: {
    legend: "账号",
    hint: "选择要登录的账号：种子中的用户，没有用户时为会议的参会者。",
    missing: "请选择账号。",
    unknown: "模拟飞书中已没有该账号，请选择其他账号。",
    nobody: "没有可登录的账号：该应用所在的租户没有用户。建议在种子数据的 users 中添加。",
    refused,
    refusedHint: "带错误码的账号也可以选择，但应用得到的是该错误码，而不是访问凭证。",
  },
  scopes: {
    legend: "权限",
    hint: "取消勾选即不授予该权限。此前授予该应用的权限仍然有效。",
    none: "该应用没有申请权限，只会得知你是谁。",
    unexplained: "飞书的权限，模拟飞书没有它的说明。",
  },
  explained: {
    offline_access:
      "保持登录：应用可自行续期访问凭证，最长 365 天，无需再次询问。不授予时，每 2 小时需重新登录。",
    "vc:meeting:readonly": "查看你的会议：主题、时间、主持人和参会者。",
    "vc:meeting.meetingid:read": "按会议号查找你的会议。",
    "vc:meeting.meetingevent:read": "查看你的会议详情：时间、主持人和参会者。",
    "vc:record:readonly": "查看你的会议录制。",
    "vc:meeting.artifact.note:read": "查看会议的智能纪要在哪个文档中。",
    "vc:meeting.artifact.verbatim:read": "查看会议的逐字稿在哪个文档中。",
    "contact:user.employee_id:readonly": "查看企业成员的用户 ID。",
  },
  device: {
    title: "使用代码登录",
    hint: "请输入命令行或设备上显示的代码。",
    label: "代码",
    next: "继续",
    missing: "请输入代码。",
    unknown: (code) => `没有代码 ${code}，请与命令行中显示的代码核对。`,
    same: "只有当命令行或设备上显示的正是这个代码时，才可以继续。",
    left: (minutes) => (minutes <= 1 ? "有效期不足 1 分钟。" : `有效期还剩 ${minutes} 分钟。`),
    allowed: "登录成功",
    allowedAs: (person, app) => `应用“${app}”现在能以“${person}”的身份访问飞书。`,
    goesOn: "可以关闭本页，命令会自动继续。",
    granted: "已授予",
    notGranted: "未授予",
    noScopes: "无",
    refused: "已授权，但应用得不到访问凭证",
    refusedAs: (code, person) =>
      `飞书不签发该账号的访问凭证（${refused(code, person)}），应用得到的是该错误码。`,
    denied: "你已拒绝授权",
    deniedHint: (app) => `应用“${app}”没有获得访问权限。`,
    ends: "可以关闭本页，命令会自动结束。",
    expired: "代码已过期",
    expiredHint: "没有授予任何权限。建议重新运行命令，获取新的代码。",
    another: "输入其他代码",
  },
  problem: {
    title: "登录失败",
    heading: "无法继续登录",
    code: (code) => `错误码 ${code}`,
    inMock: "在模拟飞书中",
    inFeishu: "在飞书中",
    seed: "种子文件的内容",
    kinds: {
      "parameter missing": (name) => ({
        what: `本页地址缺少参数 ${name}。`,
        inMock: "应用打开本页时，应带上 client_id、response_type=code、redirect_uri、scope 和 state。",
      }),
      "unknown app": (appId, apps) => ({
        what: `没有应用 ${appId}。`,
        inMock: `现有应用：${apps.join("、")}。建议使用其中之一，或在种子的 apps 中、模拟飞书页面的“工作区”中添加应用。`,
        inFeishu: "建议与开发者后台“凭证与基础信息”中的 App ID 核对。",
      }),
      "response type": (type) => ({
        what: `response_type 为 ${type}，应为 code。`,
        inMock: "无需修改模拟飞书，建议检查打开本页的应用。",
      }),
      "redirect URL": (url) => ({
        what: `该应用不能重定向到 ${url}。`,
        inMock:
          "建议在种子的应用中添加该地址，或在模拟飞书页面的“工作区”中添加。没有 redirect_urls 的应用只能重定向到本机地址。",
        inFeishu: "建议在开发者后台“安全设置”的“重定向 URL”中添加，必须完全一致。",
      }),
      "too many scopes": (count) => ({
        what: `应用一次申请了 ${count} 项权限，最多 50 项。`,
        inMock: "无需修改模拟飞书，建议检查打开本页的应用。",
      }),
      "scopes not enabled": (scopes) => ({
        what: `应用申请了尚未开通的权限：${scopes.replaceAll(", ", "、")}。`,
        inMock: "建议在种子的应用中添加这些权限，或在模拟飞书页面的“工作区”中添加。",
        inFeishu: "建议在开发者后台“权限管理”中开通这些权限，并发布新版本。",
      }),
      "challenge method": (method) => ({
        what: `code_challenge_method 为 ${method}，应为 S256 或 plain。`,
        inMock: "无需修改模拟飞书，建议检查打开本页的应用。",
      }),
    },
  },
  stale: {
    heading: "请重新打开本页",
    text: "表单来自其他页面，或模拟飞书在此期间重新启动过。没有授予任何权限。",
    again: "重新打开本页",
  },
}
