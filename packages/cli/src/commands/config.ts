/** The command `config`: shows the settings and where they come from, and writes a configuration file. */
import { dirname } from "node:path"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { FeishuError } from "@effect-feishu/core"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as Help from "../console/Help.ts"
import { showable } from "../console/Stderr.ts"
import { meaningOf } from "../failure/explain.ts"
import * as ConfigFiles from "../settings/ConfigFiles.ts"
import * as ConnectionFlags from "../input/ConnectionFlags.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import * as Identity from "../settings/Identity.ts"
import * as LoadedSettings from "../settings/LoadedSettings.ts"
import * as ShownSettings from "../settings/ShownSettings.ts"
import * as SystemError from "../language/SystemError.ts"
import { aligned } from "../console/Columns.ts"
import { json, visible } from "@effect-feishu/terminal/VisibleText"

const words = Language.words({
  en: {
    description: "Show the settings and where they come from, or write a configuration file",
    show: "Show every setting, its value and where it comes from. A flag overrides the environment, which overrides the project's file, which overrides the user's file. Sends nothing, and shows no secret",
    showShort: "Show every setting, its value and where it comes from",
    order: "precedence, highest first",
    places: [
      ["a flag", "--base-url, --brand, …; no flag takes a secret"],
      ["the environment", "FEISHU_BASE_URL, FEISHU_BRAND, …; HTTPS_PROXY, HTTP_PROXY, NO_PROXY"],
      [
        ConfigFiles.projectName,
        "The project's file: in this folder or above, up to the root of the repository. It may name only hosts of Feishu and Lark and this machine, and must hold no secret",
      ],
      [
        "config.yaml",
        "The user's file, where config path says; if it holds a secret, others must not be able to read it",
      ],
    ],
    showJson: "Print one JSON document",
    init: "Write the user's configuration file, with every setting explained; an existing file is not overwritten",
    path: "Print where the user's configuration file is",
    exampleShow: "The settings in use, and where they come from",
    exampleFlag: "What a flag would change",
    exampleInit: "Write the user's file, and edit it",
    secret: (characters: number) => `set, ${characters} characters`,
    unset: "not set",
    unusable: (origin: string, problem: string) => `${origin}; cannot be used: ${problem}`,
    byTerminal: "table on a terminal, else ndjson",
    byLocale: "from the locale",
    reads: (who: string, why: string) => `Reads ${who} (${why}).`,
    nobody: (problem: string) => `Nobody can read: ${problem}.`,
    searched: "Files:",
    kind: { project: "project", user: "user" },
    there: "read",
    absent: "does not exist",
    isThere: (path: string) => `${path} already exists`,
    editIt: "Edit it, or move it away first.",
    notWritten: (path: string, reason: string) => `${path} cannot be written (${reason})`,
    elsewhere: "Set XDG_CONFIG_HOME to a folder that you may write to.",
    wrote: (path: string) => `Wrote ${path}: remove the # before each line that you need.`,
  },
  zh: {
    description: "查看各项配置及其来源，或生成配置文件",
    show: "列出每个配置项的值和来源：选项优先于环境变量，环境变量优先于项目文件，项目文件优先于用户文件。不发送任何请求，也不显示密钥",
    showShort: "列出每个配置项的值和来源",
    order: "优先级，由高到低",
    places: [
      ["选项", "--base-url、--brand 等；密钥没有对应的选项"],
      ["环境变量", "FEISHU_BASE_URL、FEISHU_BRAND 等；HTTPS_PROXY、HTTP_PROXY、NO_PROXY"],
      [
        ConfigFiles.projectName,
        "项目文件：当前文件夹或其上级，直到仓库根目录。只能指定飞书、Lark 的主机和本机，且不得含有密钥",
      ],
      ["config.yaml", "用户文件，位置见 config path；含有密钥时不得让他人可读"],
    ],
    showJson: "输出一个 JSON 文档",
    init: "生成用户配置文件，其中说明每个配置项；不会覆盖已有文件",
    path: "显示用户配置文件的位置",
    exampleShow: "当前的配置及其来源",
    exampleFlag: "某个选项会改变什么",
    exampleInit: "生成用户配置文件并编辑",
    secret: (characters) => `已设置，${characters} 个字符`,
    unset: "未设置",
    unusable: (origin, problem) => `${origin}；无法使用：${problem}`,
    byTerminal: "终端上为 table，否则为 ndjson",
    byLocale: "由系统区域设置决定",
    reads: (who, why) => `${who}读取（${why}）。`,
    nobody: (problem) => `目前无人可读取：${problem}。`,
    searched: "文件：",
    kind: { project: "项目", user: "用户" },
    there: "已读取",
    absent: "不存在",
    isThere: (path) => `${path} 已存在`,
    editIt: "请直接编辑，或先将其移走。",
    notWritten: (path, reason) => `无法写入 ${path}（${reason}）`,
    elsewhere: "请将 XDG_CONFIG_HOME 设为可写的文件夹。",
    wrote: (path) => `已生成 ${path}：去掉所需各行前的 # 即可。`,
  },
})

/** Makes the commands, with their help in this language. */
export const config = (language: Language.Language) => {
  const say = words[language]
  const flags = {
    json: Flags.yes("json", say.showJson),
    ...ConnectionFlags.make(language),
  }
  return Command.make("config").pipe(
    Command.withDescription(say.description),
    Command.annotate(HelpText.Sections, [{ title: say.order, rows: say.places }, ...Help.whoReads(language)]),
    Command.withExamples([
      { command: "feishu-meetings config show", description: say.exampleShow },
      { command: "feishu-meetings config show --brand lark", description: say.exampleFlag },
      {
        command: 'feishu-meetings config init && "$EDITOR" "$(feishu-meetings config path)"',
        description: say.exampleInit,
      },
    ]),
    Command.withSubcommands([
      Command.make("show", flags, show).pipe(
        Command.withShortDescription(say.showShort),
        Command.withDescription(say.show),
        Command.withExamples([
          { command: "feishu-meetings config show", description: say.exampleShow },
          { command: "feishu-meetings config show --brand lark", description: say.exampleFlag },
        ]),
      ),
      Command.make("path", {}, () => Console.log(ConfigFiles.userPath())).pipe(
        Command.withDescription(say.path),
      ),
      Command.make("init", {}, init).pipe(Command.withDescription(say.init)),
    ]),
  )
}

const show = Effect.fnUntraced(function* (flags: ConnectionFlags.Given & { readonly json: boolean }) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* LoadedSettings.load(flags)
  const { searched } = yield* ConfigFiles.ConfigFiles
  const shown = yield* ShownSettings.all(settings)
  const identity = yield* Effect.result(Identity.find(settings))
  if (flags.json) {
    return yield* Console.log(
      json({
        settings: ShownSettings.forPrograms(shown),
        files: searched.map(({ kind, path, there }) => ({ kind, path, there })),
        reads: Result.isSuccess(identity)
          ? Identity.forPrograms(identity.success)
          : { as: null, problem: showable(meaningOf(identity.failure, language)) },
      }),
    )
  }
  const value = ({ characters, name, value }: ShownSettings.Shown): string =>
    characters !== undefined
      ? say.secret(characters)
      : (value ?? (name === "format" ? say.byTerminal : say.unset))
  const originOf = ({ characters, name, origin, value }: ShownSettings.Shown): string => {
    if (origin === undefined && name === "lang") return say.byLocale
    const isSet = characters !== undefined || value !== undefined
    return isSet ? LoadedSettings.inWords(origin, language) : ""
  }
  const rows = shown.map((one) => [
    ShownSettings.keyOf(one),
    visible(value(one)),
    visible(one.problem === undefined ? originOf(one) : say.unusable(originOf(one), one.problem)),
  ])
  yield* Console.log(aligned(rows))
  const reads = Result.isSuccess(identity)
    ? say.reads(...Identity.inWords(identity.success, language))
    : say.nobody(meaningOf(identity.failure, language))
  yield* Console.log(
    [
      "",
      showable(reads),
      "",
      say.searched,
      aligned(
        searched.map(({ kind, path, there }) => [
          `  ${say.kind[kind]}`,
          visible(path),
          there ? say.there : say.absent,
        ]),
      ),
    ].join("\n"),
  )
})

const init = Effect.fnUntraced(function* () {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const files = yield* FileSystem.FileSystem
  const path = ConfigFiles.userPath()
  yield* files.makeDirectory(dirname(path), { recursive: true, mode: 0o700 }).pipe(
    // Only its owner may read the file, since users may write a secret into it.
    Effect.andThen(files.writeFileString(path, example[language], { flag: "wx", mode: 0o600 })),
    Effect.mapError((error) =>
      error.reason._tag === "AlreadyExists"
        ? FeishuError.invalidRequest("config", say.isThere(path), say.editIt)
        : FeishuError.invalidRequest(
            "config",
            say.notWritten(path, SystemError.inWords(SystemError.codeOf(error), language)),
            say.elsewhere,
          ),
    ),
  )
  yield* Console.log(say.wrote(path))
})

const example: Language.Words<string> = {
  en: `# The settings of feishu-meetings. Flags, the environment, and ${ConfigFiles.projectName} in the folder of a project
# override this file; "feishu-meetings config show" shows the values in use.

# feishu (open.feishu.cn) or lark (open.larksuite.com).
#brand: feishu
# The address of a private deployment.
#base_url: https://feishu.example.com
# Permit plain http on another machine, such as a mock in a container: secrets then travel unencrypted.
#allow_http: true

# The app that reads, from its page in the developer console.
#app_id: cli_a1b2c3
# Its secret, if nobody but you can read this file; or the name of a file that holds it.
#app_secret: "..."
#app_secret_file: /run/secrets/feishu
# The ticket of a store app, in a file that the program which receives the event app_ticket keeps up to date.
#app_ticket_file: /run/feishu/app-ticket
# Several apps, for a backfill: each with its secret, and its ticket if it is a store app.
#apps:
#  cli_a1b2c3: { app_secret_file: /run/secrets/a1b2c3 }
#  cli_d4e5f6: { app_secret_file: /run/secrets/d4e5f6, app_ticket_file: /run/feishu/d4e5f6 }
# An access token instead of an app.
#access_token_file: /run/secrets/feishu-token
# user: read as the account that "feishu-meetings login" has signed in; app: as the app.
#as: user
# Which account, by open_id or name, where several are signed in.
#account: ou_1a2b3c
# The port of the redirect URL of "feishu-meetings login --redirect".
#redirect_port: 17817
# If set, the tokens of the app come from the unified OAuth 2.0.
#oauth_base_url: https://accounts.feishu.cn

# Requests per minute: lower it to leave some to other programs that use the same app.
#rate_limit: 100
# The same for the details of meetings, and as many for recordings.
#details_rate_limit: 1000
# How many numbers are read in parallel.
#concurrency: 1
# Meetings per request, 1 to 50.
#page_size: 50
# table, ndjson, json, csv, tsv, excel or xlsx, where the extension of --output does not say it.
#format: ndjson
# en or zh.
#lang: en

# The database of a backfill: a file, or PostgreSQL; and the password of the latter, if it is not in PGPASSWORD or ~/.pgpass.
#db: postgres://feishu@db.example.com/feishu
#db_password_file: /run/secrets/db
# Where other runners of a backfill reach this one.
#listen: 127.0.0.1:34431

# The network; HTTPS_PROXY, HTTP_PROXY and NO_PROXY override these.
#https_proxy: http://proxy.example.com:3128
#http_proxy: http://proxy.example.com:3128
#no_proxy: feishu.example.com
# Certificates to trust in addition to Node's own, in PEM or DER.
#ca_file: /etc/ssl/company.pem
`,
  zh: `# feishu-meetings 的配置。选项和环境变量优先于此文件，项目文件夹中的 ${ConfigFiles.projectName} 也优先于此文件；
# 运行 feishu-meetings config show 可查看生效的值及其来源。

# feishu（open.feishu.cn）或 lark（open.larksuite.com）。
#brand: feishu
# 私有化部署的地址。
#base_url: https://feishu.example.com
# 允许访问其他机器上的明文 http，例如容器中的模拟飞书：密钥将以明文传输。
#allow_http: true

# 读取数据的应用，见开发者后台的应用页面。
#app_id: cli_a1b2c3
# App Secret：仅当此文件只有您本人可读；或给出存放密钥的文件。
#app_secret: "..."
#app_secret_file: /run/secrets/feishu
# 商店应用的 app_ticket：由接收 app_ticket 事件的程序不断更新的文件。
#app_ticket_file: /run/feishu/app-ticket
# 回填使用的多个应用：各自的密钥；商店应用另有 app_ticket。
#apps:
#  cli_a1b2c3: { app_secret_file: /run/secrets/a1b2c3 }
#  cli_d4e5f6: { app_secret_file: /run/secrets/d4e5f6, app_ticket_file: /run/feishu/d4e5f6 }
# 用访问凭证代替应用。
#access_token_file: /run/secrets/feishu-token
# user：以 feishu-meetings login 登录的账号读取；app：以应用身份读取。
#as: user
# 有多个已登录账号时，指定 open_id 或姓名。
#account: ou_1a2b3c
# feishu-meetings login --redirect 的重定向 URL 的端口。
#redirect_port: 17817
# 设置后，应用的访问凭证取自统一 OAuth 2.0。
#oauth_base_url: https://accounts.feishu.cn

# 每分钟请求数：调低可为使用同一应用的其他程序留出余量。
#rate_limit: 100
# 会议详情每分钟的请求数，录制文件另计同样的数。
#details_rate_limit: 1000
# 并行读取的会议号数。
#concurrency: 1
# 每次请求的会议数，1 到 50。
#page_size: 50
# table、ndjson、json、csv、tsv、excel 或 xlsx，在 --output 的扩展名未说明时使用。
#format: ndjson
# en 或 zh。
#lang: zh

# 回填的数据库：文件或 PostgreSQL；后者的密码也可放在 PGPASSWORD 或 ~/.pgpass 中。
#db: postgres://feishu@db.example.com/feishu
#db_password_file: /run/secrets/db
# 供回填的其他进程连接本进程的地址。
#listen: 127.0.0.1:34431

# 网络；HTTPS_PROXY、HTTP_PROXY 和 NO_PROXY 优先。
#https_proxy: http://proxy.example.com:3128
#http_proxy: http://proxy.example.com:3128
#no_proxy: feishu.example.com
# 除 Node 自带的证书外还信任的证书，PEM 或 DER 格式。
#ca_file: /etc/ssl/company.pem
`,
}
