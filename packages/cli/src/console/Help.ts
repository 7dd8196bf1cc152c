/** The help of the command: the titles of its sections, the groups of its flags, and the sections that follow them. */
import * as HelpText from "@effect-feishu/terminal/HelpText"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Language from "../language/Language.ts"

/** The groups of flags, in this order. Flags of no group come first. */
const groups = {
  read: [
    "numbers-from",
    "ids-from",
    "column",
    "tenant",
    "from",
    "to",
    "month",
    "incremental",
    "overlap",
    "cursor",
    "max-items",
    "details",
    "participants",
    "recordings",
    "user-id-type",
    "demo",
  ],
  write: ["format", "fields", "output", "checkpoint", "show-passwords"],
  run: ["run", "watch", "page-size", "concurrency", "keep-going", "progress", "summary"],
  signIn: ["redirect", "redirect-port", "no-browser", "scope"],
  database: ["db", "db-password-file", "listen"],
  connection: [
    "base-url",
    "allow-http",
    "brand",
    "app-id",
    "app-secret-file",
    "app-ticket-file",
    "access-token-file",
    "as",
    "account",
    "rate-limit",
    "details-rate-limit",
  ],
} as const

const words = Language.words({
  en: {
    groups: {
      read: "what to read",
      write: "output",
      run: "how to run",
      signIn: "how to sign in",
      database: "database",
      connection: "connection",
    },
    environment: "environment",
    variables: [
      ["FEISHU_APP_ID", "The app that reads; needs FEISHU_APP_SECRET or FEISHU_APP_SECRET_FILE"],
      ["FEISHU_ACCESS_TOKEN", "An access token, to use instead of an app"],
      ["FEISHU_BRAND", "feishu (the default) or lark"],
      ["FEISHU_BASE_URL", "The address of a private deployment or a mock"],
      ["FEISHU_ALLOW_HTTP", "true: the address may be plain http on another machine"],
      ["TZ", "The time zone of dates and times without one, such as Asia/Shanghai"],
      ["HTTPS_PROXY", "A proxy; hosts in NO_PROXY are reached without it"],
      ["config show", "Shows what is set, and which files may set it"],
      ["NO_COLOR", "Set to any value: no colours"],
    ],
    whoReads: "who reads: the first line that fits",
    readers: [
      ["--as app", "The app"],
      ["--as user, --account", "The account that feishu-meetings login has signed in to the app"],
      ["an access token", "Whoever it belongs to"],
      ["app id and secret", "The app"],
      ["an app id alone", "The account of a login for it, as long as its access token lasts"],
      ["", "Of two that contradict each other, the stronger source counts: a flag, the environment, files"],
    ],
    summary: "the last line",
    statuses: [
      ["complete", "Every meeting was written"],
      [
        "complete but for TIME",
        "Every meeting was written, except those of a time that Feishu no longer shows",
      ],
      ["limited", "Ended as requested: by --max-items, or by the reader of a pipe"],
      ["incomplete", "Ended early; the line above says how to resume"],
      ["failed", "Ended before anything was read"],
    ],
    exitCodes: "exit codes",
    codes: [
      ["0", "complete or limited"],
      ["1", "refused by the API; or complete but for a time that Feishu no longer shows"],
      ["2", "bad input; nothing was sent"],
      ["3", "token, scope or app"],
      ["4", "network or server, after all retries"],
      ["5", "a bug in this tool"],
      ["6", "stopped by itself, for example because the data cannot be written"],
      ["7", "Feishu's answer does not match its documentation"],
      ["129, 130, 143", "stopped by SIGHUP, SIGINT or SIGTERM"],
      ["", "with --keep-going: the lowest code of the numbers that failed"],
    ],
    more: "more",
    places: [
      ["help COMMAND", "All about a command"],
      ["login", "Signs you in, so that no administrator has to grant anything to an app"],
      ["doctor", "Finds what prevents a read, and says what to do about it"],
      ["config show", "Shows what is set, and which files may set it"],
      ["errors CODE", "Explains an error code of Feishu"],
      ["open.feishu.cn/app", "The developer console: app id, app secret, scopes"],
    ],
  },
  zh: {
    groups: {
      read: "读取范围",
      write: "输出",
      run: "运行方式",
      signIn: "登录方式",
      database: "数据库",
      connection: "连接",
    },
    environment: "环境变量",
    variables: [
      ["FEISHU_APP_ID", "读取数据的应用，与 FEISHU_APP_SECRET 或 FEISHU_APP_SECRET_FILE 一起设置"],
      ["FEISHU_ACCESS_TOKEN", "访问凭证，用以代替应用"],
      ["FEISHU_BRAND", "feishu（默认）或 lark"],
      ["FEISHU_BASE_URL", "私有化部署或模拟飞书的地址"],
      ["FEISHU_ALLOW_HTTP", "设为 true：该地址可以是其他机器上的明文 http"],
      ["TZ", "未写时区的日期和时间所用的时区，例如 Asia/Shanghai"],
      ["HTTPS_PROXY", "代理；NO_PROXY 中的主机不经过代理"],
      ["config show", "查看各项配置，以及可写入配置的文件"],
      ["NO_COLOR", "设为任意值：不使用颜色"],
    ],
    whoReads: "以谁的身份读取：取最先符合的一行",
    readers: [
      ["--as app", "应用"],
      ["--as user、--account", "用 feishu-meetings login 登录该应用的账号"],
      ["访问凭证", "该凭证所属的应用或用户"],
      ["App ID 和 App Secret", "应用"],
      ["只有 App ID", "已登录该应用的账号，直至其访问凭证过期"],
      ["", "两项相互矛盾时，以优先级高的来源为准：选项、环境变量、文件"],
    ],
    summary: "最后一行",
    statuses: [
      ["已完成 (complete)", "所有会议均已写出"],
      ["除某段时间外已完成", "除飞书不再显示的一段时间外，所有会议均已写出"],
      ["已按要求停止 (limited)", "达到 --max-items，或管道的读取方已关闭"],
      ["未完成 (incomplete)", "提前结束；上面一行说明如何继续"],
      ["失败 (failed)", "尚未读到任何内容就结束"],
    ],
    exitCodes: "退出码",
    codes: [
      ["0", "已完成，或已按要求停止"],
      ["1", "被 API 拒绝；或除飞书不再显示的时间外已完成"],
      ["2", "输入有误；未发送任何请求"],
      ["3", "访问凭证、权限或应用问题"],
      ["4", "网络或服务器故障，重试后仍失败"],
      ["5", "本工具的 bug"],
      ["6", "主动停止，例如数据无法写入"],
      ["7", "响应与飞书文档不符"],
      ["129、130、143", "被 SIGHUP、SIGINT 或 SIGTERM 中止"],
      ["", "使用 --keep-going 时，取失败的会议号中最小的退出码"],
    ],
    more: "更多",
    places: [
      ["help 命令", "该命令的全部说明"],
      ["login", "以用户身份登录，无需管理员为应用授权"],
      ["doctor", "检查妨碍读取的问题，并给出解决办法"],
      ["config show", "查看各项配置，以及可写入配置的文件"],
      ["errors 错误码", "飞书错误码的含义"],
      ["open.feishu.cn/app", "开发者后台：App ID、App Secret、权限"],
    ],
  },
})

/** Returns the sections after the flags of a command that reads. */
export const ofReading = (language: Language.Language) => {
  const { codes, environment, exitCodes, readers, statuses, summary, variables, whoReads } = words[language]
  return [
    { title: environment, rows: variables },
    { title: whoReads, rows: readers },
    { title: summary, rows: statuses },
    { title: exitCodes, rows: codes },
  ]
}

/** Returns the section that says who reads. */
export const whoReads = (language: Language.Language) => {
  const { readers, whoReads } = words[language]
  return [{ title: whoReads, rows: readers }]
}

/** Returns the section after the flags of the command itself. */
export const ofRoot = (language: Language.Language) => [
  { title: words[language].more, rows: words[language].places },
]

/** Renders the help of a command. */
export const render = (doc: HelpDoc.HelpDoc, language: Language.Language): string => {
  const { groups: titlesOfGroups } = words[language]
  const order = Object.values(groups).flat()
  const placeOf = ({ name }: HelpDoc.FlagDoc) => order.findIndex((known) => known === name)
  const flags = doc.flags.toSorted((a, b) => placeOf(a) - placeOf(b))
  const flagGroups: Record<string, string> = {}
  for (const name of ["read", "write", "run", "signIn", "database", "connection"] as const) {
    const first = flags.find((flag) => groups[name].some((known) => known === flag.name))
    if (first !== undefined) flagGroups[first.name] = titlesOfGroups[name]
  }
  return HelpText.render(
    { ...HelpText.withBuiltIns(doc, language), flags },
    { ...HelpText.stdout(), flagGroups, titles: HelpText.titles[language] },
  )
}
