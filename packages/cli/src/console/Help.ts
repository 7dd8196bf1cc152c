/** The help of the command: the titles of its sections, the groups of its flags, and what is told besides flags. */
import * as HelpText from "@effect-feishu/terminal/HelpText"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Option from "effect/Option"
import * as Language from "../language/Language.ts"

/** Which flags are told together, in this order. Those of no group come first. */
const groups = {
  read: ["numbers-from", "from", "to", "cursor", "max-items", "demo"],
  write: ["format", "fields", "output", "checkpoint", "show-passwords"],
  run: ["page-size", "concurrency", "keep-going", "progress", "summary"],
  connection: [
    "base-url",
    "allow-http",
    "brand",
    "app-id",
    "app-secret-file",
    "access-token-file",
    "rate-limit",
  ],
} as const

const words = Language.words({
  en: {
    titles: {
      examples: "examples",
      usage: "usage",
      commands: "commands",
      arguments: "arguments",
      flags: "flags",
      help: "every command",
      usageFlags: "flags",
      usageCommand: "COMMAND",
    },
    groups: {
      read: "what to read",
      write: "how to write it",
      run: "how it runs",
      connection: "connection",
    },
    builtIns: { help: "Show this help", version: "Show the version" },
    environment: "environment",
    variables: [
      ["FEISHU_APP_ID", "The app that reads, with FEISHU_APP_SECRET or FEISHU_APP_SECRET_FILE"],
      ["FEISHU_ACCESS_TOKEN", "An access token, instead of an app"],
      ["FEISHU_BRAND", "feishu, the default, or lark"],
      ["FEISHU_BASE_URL", "The address of a private deployment or a mock"],
      ["FEISHU_ALLOW_HTTP", "true: that address may be plain http on another machine"],
      ["TZ", "The time zone of dates and times without one, such as Asia/Shanghai"],
      ["HTTPS_PROXY", "A proxy; hosts in NO_PROXY are reached without it"],
      ["config show", "Tells what is set, and which files may set it, too"],
      ["NO_COLOR", "Set to anything: no colours"],
    ],
    summary: "the last line",
    statuses: [
      ["complete", "Every meeting was written"],
      ["complete but for TIME", "As complete, but Feishu no longer shows that part of the range"],
      ["limited", "Ended as wanted: by --max-items, or by the reader of a pipe"],
      ["incomplete", "Ended early; the line above it says how to go on"],
      ["failed", "Ended before anything was read"],
    ],
    exitCodes: "exit codes",
    codes: [
      ["0", "complete or limited"],
      ["1", "refused by the API; or complete but for a time that it no longer shows"],
      ["2", "bad input; nothing was sent"],
      ["3", "token, scope or app"],
      ["4", "network or server, after all retries"],
      ["5", "a bug of this tool"],
      ["6", "stopped by its own decision, as when the data cannot be written"],
      ["7", "the answer breaks the contract"],
      ["129, 130, 143", "stopped by SIGHUP, SIGINT or SIGTERM"],
      ["", "with --keep-going, the lowest code of a number that failed"],
    ],
    more: "more",
    places: [
      ["COMMAND --help", "All about a command"],
      ["doctor", "What is in the way of a read, and what to do about it"],
      ["config show", "What is set, and which files may set it"],
      ["errors CODE", "What an error code of Feishu means"],
      ["open.feishu.cn/app", "The developer console: app id, app secret, scopes"],
    ],
  },
  zh: {
    titles: {
      examples: "示例",
      usage: "用法",
      commands: "命令",
      arguments: "参数",
      flags: "选项",
      help: "通用选项",
      usageFlags: "选项",
      usageCommand: "命令",
    },
    groups: { read: "读取什么", write: "如何写出", run: "如何运行", connection: "连接" },
    builtIns: { help: "显示帮助", version: "显示版本" },
    environment: "环境变量",
    variables: [
      ["FEISHU_APP_ID", "用于读取的应用，与 FEISHU_APP_SECRET 或 FEISHU_APP_SECRET_FILE 一起设置"],
      ["FEISHU_ACCESS_TOKEN", "访问凭证，用以代替应用"],
      ["FEISHU_BRAND", "feishu（默认）或 lark"],
      ["FEISHU_BASE_URL", "私有化部署或模拟飞书的地址"],
      ["FEISHU_ALLOW_HTTP", "设为 true：该地址可以是其他机器上的明文 http"],
      ["TZ", "未写时区的日期和时间所用的时区，例如 Asia/Shanghai"],
      ["HTTPS_PROXY", "代理；NO_PROXY 中的主机不经过代理"],
      ["config show", "查看各项配置，以及可写配置的文件"],
      ["NO_COLOR", "设为任意值：不用颜色"],
    ],
    summary: "最后一行",
    statuses: [
      ["完整 (complete)", "所有会议均已写出"],
      ["除某段时间外完整", "其余会议均已写出，但飞书不再显示该段时间"],
      ["截断 (limited)", "按要求结束：达到 --max-items，或管道的读者已关闭"],
      ["不完整 (incomplete)", "提前结束；上面一行说明如何继续"],
      ["失败 (failed)", "尚未读到任何内容就结束"],
    ],
    exitCodes: "退出码",
    codes: [
      ["0", "完整或截断"],
      ["1", "被 API 拒绝；或除飞书不再显示的时间外完整"],
      ["2", "输入有误；未发送任何请求"],
      ["3", "访问凭证、权限或应用问题"],
      ["4", "网络或服务器故障，重试后仍失败"],
      ["5", "本工具的缺陷"],
      ["6", "主动停止，例如数据无法写入"],
      ["7", "应答不符合接口约定"],
      ["129、130、143", "被 SIGHUP、SIGINT 或 SIGTERM 中止"],
      ["", "使用 --keep-going 时，取失败的会议号中最小的退出码"],
    ],
    more: "更多",
    places: [
      ["命令 --help", "该命令的全部说明"],
      ["doctor", "检查妨碍读取的问题，并给出处理办法"],
      ["config show", "查看各项配置及可写配置的文件"],
      ["errors 错误码", "飞书错误码的含义"],
      ["open.feishu.cn/app", "开发者后台：App ID、App Secret、权限"],
    ],
  },
})

/** What is told of a command that reads, besides its flags. */
export const ofReading = (language: Language.Language) => {
  const { codes, environment, exitCodes, statuses, summary, variables } = words[language]
  return [
    { title: environment, rows: variables },
    { title: summary, rows: statuses },
    { title: exitCodes, rows: codes },
  ]
}

/** What is told of the command itself. */
export const ofRoot = (language: Language.Language) => [
  { title: words[language].more, rows: words[language].places },
]

/** Renders the help of a command. */
export const render = (doc: HelpDoc.HelpDoc, language: Language.Language): string => {
  const { builtIns, groups: titlesOfGroups, titles } = words[language]
  // Effect describes these flags in English.
  const ofBuiltIn = new Map(Object.entries(builtIns))
  const order = Object.values(groups).flat()
  const placeOf = ({ name }: HelpDoc.FlagDoc) => order.findIndex((known) => known === name)
  const flags = doc.flags.toSorted((a, b) => placeOf(a) - placeOf(b))
  const flagGroups: Record<string, string> = {}
  for (const name of ["read", "write", "run", "connection"] as const) {
    const first = flags.find((flag) => groups[name].some((known) => known === flag.name))
    if (first !== undefined) flagGroups[first.name] = titlesOfGroups[name]
  }
  const globalFlags = doc.globalFlags?.map((flag) => ({
    ...flag,
    description: Option.orElse(Option.fromUndefinedOr(ofBuiltIn.get(flag.name)), () => flag.description),
  }))
  return HelpText.render(
    { ...doc, flags, ...(globalFlags && { globalFlags }) },
    { ...HelpText.stdout(), flagGroups, titles },
  )
}
