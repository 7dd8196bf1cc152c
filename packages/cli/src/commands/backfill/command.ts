/** The command `backfill`: its commands, their flags and their help. What runs them is loaded only then, with its database. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as Flags from "../../input/Flags.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import * as Format from "../../output/Format.ts"
import { defaultPort } from "./webPort.ts"

const words = Language.words({
  en: {
    backfill:
      "Read the meetings of many numbers and tenants, for years, into a table: on one machine with a file, or on many with PostgreSQL. A run survives crashes, kills and new versions: nothing is lost, and nothing comes twice. Each app and tenant is a lane with a rate limit of its own; lanes are read in parallel.",
    short: "Read many numbers and tenants for years, into a table",
    steps: "the steps",
    step: [
      ["plan", "Says what a run costs, and stores it with --db"],
      ["run", "Reads it; on as many machines as you like with PostgreSQL"],
      ["status", "Says how far it is, and what waits for what; works without a runner"],
      ["failures", "Lists what could not be read; run reads it again"],
      ["export", "Writes the meetings of the table to a workbook, CSV or ndjson"],
    ],
    exitCodes: "exit codes",
    codes: [
      ["0", "done, paused or cancelled"],
      [
        "1",
        "done, but something could not be read, or is no longer shown by Feishu: see failures and status",
      ],
      ["2", "bad input; nothing was stored or sent"],
      ["4", "the database does not answer"],
      ["5", "a bug in this tool"],
      ["6", "stopped by itself, for example because the disk is full"],
      ["129, 130, 143", "stopped by SIGHUP, SIGINT or SIGTERM; the same command goes on"],
    ],
    db: "The database: a file such as backfill.sqlite for one process, or postgres://USER@HOST/DATABASE for many. A password comes from PGPASSWORD, ~/.pgpass, --db-password-file or a setting",
    dbPasswordFile: "A file that holds the password of the database; - is standard input",
    run: "The name of the run: letters, digits, . _ and -; default: default",
    plan: "Say what a run costs before anything starts: requests, time, quota, and what would make it shorter; with --db also store it. Sends nothing, and needs no credentials",
    planShort: "Say what a run costs, and store it",
    numbersFrom:
      "Also read meeting numbers from this file; - is standard input. One per line, or a table (.csv, .tsv, .xlsx, JSON) whose first line names its columns: meeting_no, and tenant and app_id for what differs",
    tenant: "The tenant key of all numbers that have none of their own, for a store app",
    appId: "The app of all numbers that have none of their own, such as cli_a1b2c3",
    appOfRun:
      "The app whose secret is given by --app-secret-file or FEISHU_APP_SECRET; several apps have theirs in the settings",
    progress:
      "How progress is shown on standard error; default: auto, which is one line on a terminal and a line every 30 s elsewhere. json: the same as a JSON line every 30 s",
    incremental:
      "Make it a series: each run reads what is new since the last one, from --from on the first time",
    overlap:
      "With --incremental: each round goes back so far behind the end of the last one, for meetings that appear late, such as 2d or 36h; default: 2d",
    expectMeetings: "The meetings that you expect for each number; without it, only a minimum is known",
    monthlyQuota: "The monthly API calls of each tenant, to show the share of them",
    showPasswords: "Keep the passwords of the meetings in the table",
    json: "Print one JSON document",
    runs: "Read a run until it is done: the same command goes on after whatever ended it. A run that is done reads what failed again, and a series reads what is new. With PostgreSQL, start it on as many machines as you like",
    runShort: "Read a run until it is done",
    listen:
      "With PostgreSQL: the address at which runners on other machines reach this one, such as 10.0.0.5:34431; default: a free port of this machine alone. The port is not protected: whoever reaches it can start and stop reading, but gets no secret and no meeting",
    watch: "Stay when the run is done, and read whatever else is started in this database",
    web: "Also show this as a page, on this machine alone",
    webOfStatus: "Show this as a page, on this machine alone, until the command is stopped",
    webPort: `With --web: the port of the page; 0 is any that is free; default: ${defaultPort}, which is http://127.0.0.1:${defaultPort}/`,
    exampleWeb: "The same as a page, in a browser",
    appTicketFile:
      "A file that holds the newest app_ticket of a store app; it is read again whenever a ticket is needed",
    status: "Say how runs stand: how far, which lanes wait and why, and which have no runner",
    pause: "Pause a run: its lanes stop within moments",
    resume: "Let a paused run go on, and try lanes that wait because of a fault again at once",
    cancel: "End a run for good; the meetings that were read stay",
    failures: "List the numbers of a run that could not be read, and why; backfill run reads them again",
    failuresFormat: "Default: table on a terminal, ndjson elsewhere",
    export: "Write the meetings of the table, by tenant and id",
    exportFormat:
      "Default: what the extension of --output says, otherwise ndjson. The formats are those of list",
    ofTenant: "Only the meetings of this tenant: its tenant key or, for an app with one tenant, the app id",
    month: "Only the meetings that were held in this month, such as 2026-09, in local time",
    output: "Write the data to this file. Until it is complete it is in FILE.part",
    showPasswordsOfExport: "Include the passwords of the meetings that have one in the table",
    examplePlan: "What five years of these numbers cost",
    exampleStore: "The same, stored",
    exampleSeries: "A table that stays up to date: run this each night",
    exampleRun: "Read it, on this machine",
    exampleMany: "Read it on several machines: the same on each, with its own address",
    exampleStatus: "How far it is",
    exampleExport: "The meetings of September, for a spreadsheet",
  },
  zh: {
    backfill:
      "把许多会议号、许多租户多年的会议读入一张表：单机用文件，多机用 PostgreSQL。运行经得起崩溃、kill 和升级：不遗漏，也不重复。每个应用和租户是一个通道（lane），各有自己的频率限制；通道并行读取。",
    short: "把许多会议号、许多租户多年的会议读入一张表",
    steps: "步骤",
    step: [
      ["plan", "说明一次运行的开销；给出 --db 时保存计划"],
      ["run", "读取；使用 PostgreSQL 时可在任意多台机器上运行"],
      ["status", "说明进度，以及哪些通道在等待什么；没有进程运行时也可用"],
      ["failures", "列出未能读取的会议号；再次 run 会重读"],
      ["export", "把表中的会议写成工作簿、CSV 或 ndjson"],
    ],
    exitCodes: "退出码",
    codes: [
      ["0", "已完成、已暂停或已取消"],
      ["1", "已完成，但有未能读取或飞书不再显示的内容：见 failures 和 status"],
      ["2", "输入有误；未保存也未发送任何内容"],
      ["4", "数据库没有响应"],
      ["5", "本工具的 bug"],
      ["6", "主动停止，例如磁盘已满"],
      ["129、130、143", "被 SIGHUP、SIGINT 或 SIGTERM 中止；再次运行同一命令即可继续"],
    ],
    db: "数据库：单进程用文件，例如 backfill.sqlite；多进程用 postgres://用户@主机/数据库。密码取自 PGPASSWORD、~/.pgpass、--db-password-file 或配置",
    dbPasswordFile: "存放数据库密码的文件；- 表示标准输入",
    run: "运行的名称：字母、数字、. _ 和 -；默认 default",
    plan: "在开始之前说明一次运行的开销：请求数、时间、调用额度，以及怎样可以更短；给出 --db 时同时保存计划。不发送任何请求，也不需要访问凭证",
    planShort: "说明一次运行的开销，并保存计划",
    numbersFrom:
      "另从该文件读取会议号；- 表示标准输入。每行一个；或为表格（.csv、.tsv、.xlsx、JSON），首行写列名：会议号，以及各不相同时的租户、应用",
    tenant: "未注明租户的会议号所属的租户标识（tenant_key），用于商店应用",
    appId: "未注明应用的会议号所用的应用，形如 cli_a1b2c3",
    appOfRun: "--app-secret-file 或 FEISHU_APP_SECRET 所属的应用；多个应用的密钥写在配置中",
    progress:
      "标准错误上如何显示进度；默认 auto：终端上为一行，其他情况每 30 秒一行。json：每 30 秒一行 JSON",
    incremental: "作为系列：首次从 --from 读起，之后每次运行只读取上次以来的新内容",
    overlap:
      "与 --incremental 一起使用：每一轮从上一轮结束之前这么久开始，以免遗漏较晚出现的会议，例如 2d、36h；默认 2d",
    expectMeetings: "预计每个会议号的会议数；不给出时只能估算下限",
    monthlyQuota: "每个租户每月的 API 调用额度，用于计算占比",
    showPasswords: "在表中保存会议密码",
    json: "输出一个 JSON 文档",
    runs: "读取一次运行，直到完成；无论因何中止，再次运行同一命令即可继续。已完成的运行会重读失败的部分，系列则读取新内容。使用 PostgreSQL 时，可在任意多台机器上启动",
    runShort: "读取一次运行，直到完成",
    listen:
      "使用 PostgreSQL 时：其他机器上的进程连接本进程的地址，例如 10.0.0.5:34431；默认为仅本机可用的空闲端口。该端口没有保护：能连上的人可以开始和停止读取，但得不到密钥和会议",
    watch: "运行完成后不退出，继续读取此数据库中启动的其他运行",
    web: "同时以网页显示，仅限本机访问",
    webOfStatus: "以网页显示，仅限本机访问，直到命令中止",
    webPort: `与 --web 一起使用：网页的端口；0 表示任一空闲端口；默认 ${defaultPort}，即 http://127.0.0.1:${defaultPort}/`,
    exampleWeb: "同上，在浏览器中以网页查看",
    appTicketFile: "存放商店应用最新 app_ticket 的文件；每次需要时重新读取",
    status: "说明各次运行的情况：进度、哪些通道在等待及其原因、哪些没有进程负责",
    pause: "暂停运行：各通道随即停止",
    resume: "继续已暂停的运行，并立即重试因故等待的通道",
    cancel: "永久结束运行；已读取的会议保留",
    failures: "列出未能读取的会议号及原因；再次运行 backfill run 会重读",
    failuresFormat: "默认：终端上为 table，其他情况为 ndjson",
    export: "按租户和会议 ID 的顺序写出表中的会议",
    exportFormat: "默认由 --output 的扩展名决定，否则为 ndjson。格式与 list 相同",
    ofTenant: "仅该租户的会议：租户标识；只有一个租户的应用则为 App ID",
    month: "仅该月召开的会议，例如 2026-09，按本地时间",
    output: "把数据写到该文件；写完之前保存在 FILE.part",
    showPasswordsOfExport: "在数据中加入表中保存的会议密码",
    examplePlan: "这些会议号五年的开销",
    exampleStore: "同上，并保存计划",
    exampleSeries: "保持更新的表：每晚运行一次",
    exampleRun: "在本机读取",
    exampleMany: "在多台机器上读取：每台运行同样的命令，给出各自的地址",
    exampleStatus: "查看进度",
    exampleExport: "九月的会议，供电子表格使用",
  },
})

/** Loads what runs the commands. */
const loaded = Effect.promise(() => import("./backfill.ts"))

/** Makes the commands, with their help in this language. */
export const backfill = (language: Language.Language) => {
  const say = words[language]
  const wholeNumber = Flags.wholeNumber(language)
  const file = Flags.file(language)
  const database = {
    db: Flags.text("db", "FILE|URL", say.db),
    dbPasswordFile: file("db-password-file", say.dbPasswordFile),
  }
  const ofRun = { ...database, run: Flags.text("run", "NAME", say.run) }
  // A token lives two hours, and a backfill reads for days: it takes apps.
  const {
    accessTokenFile: _,
    account: ____,
    appId: __,
    as,
    appSecretFile,
    ...connection
  } = ConnectionFlags.make(language)
  const appId = Flags.text("app-id", "ID", say.appId)
  const webPort = wholeNumber("web-port", [0, 65_535], say.webPort)
  const { userIdType: ___, ...details } = DetailsFlags.flags(language)
  const sections = Command.annotate(HelpText.Sections, [{ title: say.exitCodes, rows: say.codes }])
  const change = (name: "pause" | "resume" | "cancel") =>
    Command.make(name, ofRun, (input) => Effect.flatMap(loaded, ({ change }) => change(name, input))).pipe(
      Command.withDescription(say[name]),
      sections,
    )
  return Command.make("backfill").pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.backfill),
    Command.annotate(HelpText.Sections, [
      { title: say.steps, rows: say.step },
      { title: say.exitCodes, rows: say.codes },
    ]),
    Command.withExamples([
      {
        command: "feishu-meetings backfill plan --numbers-from numbers.csv --from 1825d",
        description: say.examplePlan,
      },
      {
        command: "feishu-meetings backfill plan --numbers-from numbers.csv --from 1825d --db backfill.sqlite",
        description: say.exampleStore,
      },
      { command: "feishu-meetings backfill run --db backfill.sqlite", description: say.exampleRun },
      { command: "feishu-meetings backfill status --db backfill.sqlite", description: say.exampleStatus },
    ]),
    Command.withSubcommands([
      Command.make(
        "plan",
        {
          ...RangeFlags.flags(language),
          numbersFrom: file("numbers-from", say.numbersFrom),
          tenant: Flags.text("tenant", "KEY", say.tenant),
          incremental: Flags.yes("incremental", say.incremental),
          overlap: Flags.text("overlap", "TIME", say.overlap),
          ...details,
          showPasswords: Flags.yes("show-passwords", say.showPasswords),
          expectMeetings: wholeNumber("expect-meetings", [0, 100_000_000], say.expectMeetings),
          monthlyQuota: wholeNumber("monthly-quota", [1, Number.MAX_SAFE_INTEGER], say.monthlyQuota),
          json: Flags.yes("json", say.json),
          ...ofRun,
          appId,
          rateLimit: connection.rateLimit,
          detailsRateLimit: connection.detailsRateLimit,
        },
        (input) => Effect.flatMap(loaded, ({ plan }) => plan(input)),
      ).pipe(
        Command.withShortDescription(say.planShort),
        Command.withDescription(say.plan),
        sections,
        Command.withExamples([
          {
            command: "feishu-meetings backfill plan --numbers-from numbers.csv --from 1825d",
            description: say.examplePlan,
          },
          {
            command:
              "feishu-meetings backfill plan --numbers-from numbers.csv --from 1825d --db backfill.sqlite",
            description: say.exampleStore,
          },
          {
            command:
              "feishu-meetings backfill plan --numbers-from numbers.csv --incremental --run nightly --db backfill.sqlite",
            description: say.exampleSeries,
          },
        ]),
      ),
      Command.make(
        "run",
        {
          ...ofRun,
          watch: Flags.yes("watch", say.watch),
          listen: Flags.text("listen", "HOST:PORT", say.listen),
          progress: Flags.choice("progress", ["auto", "json", "none"], say.progress),
          web: Flags.yes("web", say.web),
          webPort,
          appId: Flags.text("app-id", "ID", say.appOfRun),
          appSecretFile,
          appTicketFile: file("app-ticket-file", say.appTicketFile),
          as,
          ...connection,
        },
        (input) => Effect.flatMap(loaded, ({ run }) => run(input)),
      ).pipe(
        Command.withShortDescription(say.runShort),
        Command.withDescription(say.runs),
        sections,
        Command.withExamples([
          { command: "feishu-meetings backfill run --db backfill.sqlite", description: say.exampleRun },
          {
            command:
              "feishu-meetings backfill run --db postgres://feishu@db.example.com/feishu --listen 10.0.0.5:34431",
            description: say.exampleMany,
          },
        ]),
      ),
      Command.make(
        "status",
        { ...ofRun, json: Flags.yes("json", say.json), web: Flags.yes("web", say.webOfStatus), webPort },
        (input) => Effect.flatMap(loaded, ({ status }) => status(input)),
      ).pipe(
        Command.withDescription(say.status),
        sections,
        Command.withExamples([
          { command: "feishu-meetings backfill status --db backfill.sqlite", description: say.exampleStatus },
          {
            command: "feishu-meetings backfill status --db backfill.sqlite --web",
            description: say.exampleWeb,
          },
        ]),
      ),
      change("pause"),
      change("resume"),
      change("cancel"),
      Command.make(
        "failures",
        {
          ...ofRun,
          format: Flags.choice("format", Format.names, say.failuresFormat),
        },
        (input) => Effect.flatMap(loaded, ({ failures }) => failures(input)),
      ).pipe(Command.withDescription(say.failures), sections),
      Command.make(
        "export",
        {
          ...database,
          format: Flags.choice("format", Format.withoutTable, say.exportFormat),
          tenant: Flags.text("tenant", "KEY", say.ofTenant),
          month: Flags.text("month", "YYYY-MM", say.month),
          output: file("output", say.output),
          showPasswords: Flags.yes("show-passwords", say.showPasswordsOfExport),
        },
        (input) => Effect.flatMap(loaded, ({ exportMeetings }) => exportMeetings(input)),
      ).pipe(
        Command.withDescription(say.export),
        sections,
        Command.withExamples([
          {
            command:
              "feishu-meetings backfill export --db backfill.sqlite --month 2026-09 --output september.xlsx",
            description: say.exampleExport,
          },
        ]),
      ),
    ]),
  )
}
