/** The errors of runs and their database in words, and their exit codes. */
import * as Effect from "effect/Effect"
import type { BackfillError } from "@effect-feishu/backfill"
import type { SqlError } from "effect/sql/SqlError"
import { exitCodes } from "../../failure/Fault.ts"
import { Explained } from "../../failure/Explained.ts"
import type { Explanation } from "../../language/Chinese.ts"
import * as Language from "../../language/Language.ts"

type Reason = BackfillError.BackfillError["reason"]
type Fault<Tag extends Reason["_tag"]> = Extract<Reason, { readonly _tag: Tag }>

const words = Language.words({
  en: {
    noSuchRun: (run: string) => [
      `there is no run "${run}"`,
      "feishu-meetings backfill status lists the runs of a database; backfill plan makes one.",
    ],
    runExists: (run: string) => [
      `there is a run "${run}" with another plan`,
      "Give this one another name with --run, or end that one with backfill cancel.",
    ],
    runCancelled: (run: string) => [`the run "${run}" was cancelled`, "Plan it again to read it."],
    roundNotFinished: (run: string) => [
      `the numbers of "${run}" cannot change while a round is being read`,
      "Plan again when the round is done: backfill status says when.",
    ],
    inUse: (database: string) => [
      `another process is running a backfill in ${database}`,
      "Stop that one first; many processes need PostgreSQL. The other commands work meanwhile.",
    ],
    tooNew: (version: number, supported: number) => [
      `the tables of this database have version ${version}, and this program knows versions up to ${supported}`,
      "Use the newer version of feishu-meetings.",
    ],
    database: [
      "the database failed",
      "Check the database. What was read so far is kept: run the same command again.",
    ],
    colon: ": ",
    brackets: (text: string) => ` (${text})`,
  },
  zh: {
    noSuchRun: (run) => [
      `没有名为“${run}”的运行`,
      "feishu-meetings backfill status 列出数据库中的运行；backfill plan 可新建一个。",
    ],
    runExists: (run) => [
      `已有名为“${run}”的运行，且计划不同`,
      "请用 --run 另取名称，或先用 backfill cancel 结束该运行。",
    ],
    runCancelled: (run) => [`运行“${run}”已取消`, "如需读取，请重新计划。"],
    roundNotFinished: (run) => [
      `正在读取一轮时，不能更改“${run}”的会议号`,
      "请在这一轮完成后重新计划：backfill status 可查看进度。",
    ],
    inUse: (database) => [
      `另一个进程正在使用 ${database} 回填`,
      "请先停止该进程；多进程需使用 PostgreSQL。其他命令可照常使用。",
    ],
    tooNew: (version, supported) => [
      `此数据库的表版本为 ${version}，而本程序最高支持版本 ${supported}`,
      "请使用较新版本的 feishu-meetings。",
    ],
    database: ["数据库出错", "请检查数据库。已读取的内容均已保存：再次运行同一命令即可。"],
    colon: "：",
    brackets: (text) => `（${text}）`,
  },
})

/** The faults of a plan, by the flags of the command. */
const planFaults: Language.Words<
  Readonly<Record<Fault<"InvalidPlan">["fault"], readonly [problem: string, remedy: string]>>
> = {
  en: {
    runName: [
      "--run: the name of a run has letters, digits, ., _ and -, and at most 100 of them",
      "Give another name. Nothing was stored.",
    ],
    range: ["--from: the range is empty", "Start before its end. Nothing was stored."],
    pageSize: ["page_size: a page has 1 to 50 meetings", "Correct the setting. Nothing was stored."],
    overlap: ["--overlap: this is not a length of time", "Give one such as 2d or 36h. Nothing was stored."],
    lane: [
      "an app id or tenant key is empty, or has a blank or a slash",
      "Correct the table of numbers. Nothing was stored.",
    ],
    meetingNo: ["a meeting number is not nine digits", "Correct the table of numbers. Nothing was stored."],
    noNumber: ["there is no meeting number", "Give at least one with --numbers-from. Nothing was stored."],
  },
  zh: {
    runName: [
      "--run：运行的名称只能含字母、数字、.、_ 和 -，最多 100 个字符",
      "请另取名称。未保存任何内容。",
    ],
    range: ["--from：时间范围为空", "请让起始时间早于结束时间。未保存任何内容。"],
    pageSize: ["page_size：每页 1 到 50 场会议", "请更正该配置。未保存任何内容。"],
    overlap: ["--overlap：不是时长", "请写作 2d、36h 等。未保存任何内容。"],
    lane: ["有 App ID 或租户标识为空，或含有空格、斜杠", "请更正会议号表格。未保存任何内容。"],
    meetingNo: ["有会议号不是 9 位数字", "请更正会议号表格。未保存任何内容。"],
    noNumber: ["没有会议号", "请用 --numbers-from 至少给出一个。未保存任何内容。"],
  },
}

/** The faults of a database in Chinese; English is the library's. */
const databaseFaults: Readonly<
  Record<Fault<"DatabaseUnusable">["fault"], readonly [problem: string, remedy: string]>
> = {
  notAnAddress: [
    "既不是文件路径，也不是 PostgreSQL 的地址",
    "请给出路径，如 backfill.sqlite，或 postgres://用户@主机/数据库。",
  ],
  passwordInAddress: [
    "地址中含有密码，会出现在进程列表和 shell 历史中",
    "请从地址中去掉，改用 PGPASSWORD、密码文件或配置给出。",
  ],
  unknownParameter: [
    "地址中有未知参数",
    "可用的有 host、port、user、dbname、sslmode、sslrootcert、connect_timeout、application_name 和 options。",
  ],
  inMemory: ["仅在内存中的内容会随进程消失", "请给出文件名。"],
  noSuchFile: ["没有这个文件", "请先用 backfill plan 在其中建立计划，或指定另一个文件。"],
  severalNames: [
    "此文件另有一个名称（硬链接），其他进程可能在不知情时使用它",
    "请只保留一个名称，或复制一份。",
  ],
  notADatabase: ["不是 SQLite 数据库", "请指定另一个文件；此文件未作改动。"],
  damaged: ["文件已损坏", "请从备份恢复，或在新文件中重新计划。"],
  cannotOpen: ["无法打开该文件", "其文件夹必须存在，且当前用户可以写入。"],
  noSharedMemory: ["其文件系统不支持 SQLite 的 WAL", "请将文件放在本机磁盘上。"],
  unknownHost: ["没有这个主机", "请检查主机名。"],
  noAnswer: ["服务器没有响应", "请检查主机和端口，并确认 PostgreSQL 正在运行且可以连接。"],
  needsPassword: ["服务器要求密码", "请用 PGPASSWORD、密码文件或配置给出，不要写在地址中。"],
  wrongPassword: ["服务器拒绝了该用户或密码", "请检查两者。"],
  notAllowed: [
    "服务器不允许该用户从这里登录",
    "请检查其 pg_hba.conf。要求 TLS 的服务器，请在地址末尾加上 ?sslmode=require。",
  ],
  noSuchDatabase: ["服务器上没有这个数据库", "请先创建，或检查名称。"],
  tls: [
    "与服务器的 TLS 协商失败",
    "请用 ?sslrootcert=文件 给出其颁发机构的证书；不使用 TLS 时用 ?sslmode=disable。",
  ],
  tooOld: ["服务器版本过旧", "请使用 PostgreSQL 14 或更高版本。"],
  tooMany: ["服务器已无可用连接", "请提高其 max_connections，或减少进程数。"],
  refused: ["服务器拒绝了请求", "请查看其提示和日志。"],
}

const listenFaults: Readonly<
  Record<Fault<"CannotListen">["fault"], readonly [problem: string, remedy: string]>
> = {
  notAnAddress: ["不是可以监听的地址", "请写作 主机:端口，例如 127.0.0.1:34431。"],
  everyInterface: ["该地址代表本机所有地址，其他进程无法据此连接", "请给出其他进程可以连接的地址。"],
  inUse: ["端口已被其他程序占用", "请换一个端口。"],
  notHere: ["本机没有该地址", "请给出本机的地址。"],
  notAllowed: ["当前用户不能监听该端口", "请换一个大于 1023 的端口。"],
  other: ["无法监听该地址", "请换一个地址。"],
}

const explanationOf = (error: BackfillError.BackfillError, language: Language.Language): Explanation => {
  const say = words[language]
  const { reason } = error
  const of = ([meaning, remedy]: readonly [string, string]): Explanation => ({ meaning, remedy })
  switch (reason._tag) {
    case "NoSuchRun":
      return of(say.noSuchRun(reason.run))
    case "RunExists":
      return of(say.runExists(reason.run))
    case "RunCancelled":
      return of(say.runCancelled(reason.run))
    case "RoundNotFinished":
      return of(say.roundNotFinished(reason.run))
    case "DatabaseInUse":
      return of(say.inUse(reason.database))
    case "SchemaTooNew":
      return of(say.tooNew(reason.version, reason.supported))
    case "InvalidPlan":
      return of(planFaults[language][reason.fault])
    case "DatabaseUnusable":
    case "CannotListen": {
      if (language === "en") return inTwo(error.message)
      const [problem, remedy] =
        reason._tag === "DatabaseUnusable" ? databaseFaults[reason.fault] : listenFaults[reason.fault]
      const place = reason._tag === "DatabaseUnusable" ? reason.database : reason.address
      const detail = reason.detail === undefined ? "" : say.brackets(reason.detail)
      return { meaning: `${place}${say.colon}${problem}${detail}`, remedy }
    }
  }
}

/** Splits a message of the library into what happened and what to do. */
const inTwo = (message: string): Explanation => {
  const end = message.search(/\. (?=[A-Z])/)
  return end < 0
    ? { meaning: message.replace(/\.$/, ""), remedy: "" }
    : { meaning: message.slice(0, end), remedy: message.slice(end + 2) }
}

/** Puts what failed into words. A mistake of the user is bad input; a database that is away is like a network that is. */
const explained = Effect.fnUntraced(function* (error: BackfillError.BackfillError | SqlError) {
  const language = yield* Language.CurrentLanguage
  if (error._tag === "BackfillError") {
    const { fault } = { fault: undefined, ...error.reason } as { readonly fault?: string | undefined }
    const isAway = fault === "noAnswer" || fault === "unknownHost" || fault === "tooMany"
    return yield* new Explained({
      reason: error.reason._tag,
      explanation: explanationOf(error, language),
      exitCode: isAway ? exitCodes.networkOrServer : exitCodes.badInput,
    })
  }
  const { brackets, database } = words[language]
  const [meaning, remedy] = database
  const { cause } = error.reason
  const detail = cause instanceof Error ? cause.message : error.message
  const isFull = /\b(?:disk|No space left|database or disk is full)\b/i.test(detail)
  return yield* new Explained({
    reason: "DatabaseFailed",
    explanation: { meaning: meaning + brackets(detail), remedy },
    exitCode: isFull ? exitCodes.outputFailed : exitCodes.networkOrServer,
  })
})

/** Puts the errors of a backfill into words. */
export const inWords = <A, E, R>(
  effect: Effect.Effect<A, E | BackfillError.BackfillError | SqlError, R>,
): Effect.Effect<A, Exclude<E, BackfillError.BackfillError | SqlError> | Explained, R> =>
  Effect.catchIf(
    effect,
    (error): error is (E & never) | BackfillError.BackfillError | SqlError =>
      (error as { readonly _tag?: unknown })._tag === "BackfillError" ||
      (error as { readonly _tag?: unknown })._tag === "SqlError",
    explained,
  ) as Effect.Effect<A, Exclude<E, BackfillError.BackfillError | SqlError> | Explained, R>
