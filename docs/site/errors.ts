/** A page for each error code of Feishu, each reason of an error of the client, and all sentences, in both languages. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { ErrorCodes, FeishuError, Sentence } from "@effect-feishu/core"
import { judge } from "../../packages/core/src/internal/Verdict.ts"
import { exitCodeOf } from "../../packages/cli/src/failure/Fault.ts"
import * as Chinese from "../../packages/cli/src/language/Chinese.ts"
import { chineseSentences } from "../../packages/cli/src/language/chineseSentences.ts"
import * as English from "../../packages/cli/src/language/English.ts"
import { englishSentences } from "../../packages/cli/src/language/englishSentences.ts"
import { repository } from "./codeOfFiles.ts"
import { cell, kebab, type Language, type Page, prose, sentence, table } from "./Page.ts"

type Reason = FeishuError.Reason
type Tag = Reason["_tag"]

const answer = { status: 400, logId: "202609010812345678901234567890AB" }

/** A sample of each thing that a reason can say, with values as Feishu gives them. */
const samples: { readonly [R in Reason as R["_tag"]]: ReadonlyArray<R> } = {
  InvalidRequest: [
    new FeishuError.InvalidRequest({
      field: "range",
      problem: '"09/01/2026" is not a time',
      remedy: Sentence.inEnglish(Sentence.make("writeTime")),
      sentences: {
        problem: Sentence.make("notATime", { text: "09/01/2026" }),
        remedy: Sentence.make("writeTime"),
      },
    }),
  ],
  CursorUnusable: FeishuError.CursorProblem.literals.map((problem) =>
    problem === "other base URL"
      ? new FeishuError.CursorUnusable({
          problem,
          ofCursor: "https://open.feishu.cn",
          ofRead: "https://open.larksuite.com",
        })
      : new FeishuError.CursorUnusable({
          problem,
          ofCursor: problem === "other tenant" ? "736588c9260f175d" : "ou_1a2b",
          ofRead: problem === "other tenant" ? "736588c9260f175e" : "ou_3c4d",
        }),
  ),
  TransportFailed: FeishuError.TransportFault.literals.map(
    (fault) =>
      new FeishuError.TransportFailed({
        fault,
        host: "open.feishu.cn:443",
        ...(fault.includes("roxy") ? { proxy: "proxy.example:8080", proxySetting: "HTTPS_PROXY" } : {}),
      }),
  ),
  ServerFailed: [
    new FeishuError.ServerFailed({
      ...answer,
      status: 502,
      contentType: "text/html",
      excerpt: "Bad gateway",
    }),
  ],
  RateLimited: [
    new FeishuError.RateLimited({ ...answer, status: 429, code: 99991400, retryAfterSeconds: 42 }),
    new FeishuError.RateLimited({ ...answer, status: 429, retryAfterSeconds: 900, longestWaitSeconds: 300 }),
  ],
  QuotaExceeded: [new FeishuError.QuotaExceeded({ ...answer, status: 429, code: 99991403 })],
  AuthenticationFailed: [
    new FeishuError.AuthenticationFailed({ ...answer, status: 200, code: 10014, appId: "cli_a1b2c3" }),
    new FeishuError.AuthenticationFailed({ ...answer, code: 99991663 }),
    new FeishuError.AuthenticationFailed({ ...answer, code: 99991663, appId: "cli_a1b2c3" }),
  ],
  AppTicketMissing: [new FeishuError.AppTicketMissing({ appId: "cli_a1b2c3", waitedSeconds: 120 })],
  SignInRequired: FeishuError.SignInWhy.literals.map(
    (why) => new FeishuError.SignInRequired({ why, appId: "cli_a1b2c3" }),
  ),
  SignInFailed: FeishuError.SignInFailure.literals.map(
    (failure) => new FeishuError.SignInFailed({ failure, appId: "cli_a1b2c3" }),
  ),
  LoginStoreFailed: [
    new FeishuError.LoginStoreFailed({
      place: "login.json",
      problem: Sentence.inEnglish(Sentence.make("fileFailed", { does: "written", code: "ENOSPC" })),
      remedy: Sentence.inEnglish(Sentence.make("makeRoom")),
      sentences: {
        problem: Sentence.make("fileFailed", { does: "written", code: "ENOSPC" }),
        remedy: Sentence.make("makeRoom"),
      },
    }),
  ],
  PermissionDenied: [
    new FeishuError.PermissionDenied({ ...answer, status: 403, code: 121005, scopes: [] }),
    new FeishuError.PermissionDenied({
      ...answer,
      code: 99991672,
      scopes: ["vc:meeting:readonly", "vc:meeting.meetingid:read"],
    }),
  ],
  RequestRefused: [
    new FeishuError.RequestRefused({
      ...answer,
      code: 99992402,
      violations: [{ field: "page_size", description: "page_size is invalid" }],
    }),
  ],
  Redirected: ["https://open.feishu.cn", "https://portal.example", undefined].map(
    (to) => new FeishuError.Redirected({ status: 302, from: "http://open.feishu.cn", to }),
  ),
  RangeTooOld: [
    new FeishuError.RangeTooOld({
      ...answer,
      code: 121003,
      startSeconds: 1_780_000_000,
      earliestStartSeconds: 1_788_000_000,
      earliestStart: "2026-08-29T10:40:00.000Z",
    }),
  ],
  ContractViolation: [
    FeishuError.contractViolation(
      Sentence.make("foreignRow", { row: "7011030664708603901", meetingNo: "999999999" }),
      { status: 200, cutShort: false },
    ),
  ],
  PaginationBroken: FeishuError.PaginationFault.literals.map(
    (fault) => new FeishuError.PaginationBroken({ fault }),
  ),
}

/** What a reason is, in Chinese; its English is in its doc comment. */
const inChinese: Record<Tag, string> = {
  InvalidRequest: "输入有误；未发送任何请求。",
  CursorUnusable: "游标不能用在这里；未发送任何请求。",
  TransportFailed: "没有收到响应：连接失败、中断或超时。",
  ServerFailed: "飞书或途中的网关出错：5xx、服务繁忙的错误码，或 HTML 页面。",
  RateLimited: "请求超出频率限制，被拒绝。",
  QuotaExceeded: "租户本月的 API 调用额度已用完（错误码 99991403）：等待几分钟没有用。",
  AuthenticationFailed: "没有有效的访问凭证：应用凭证有误，或访问凭证被拒绝且无法更换。",
  AppTicketMissing: "已请求飞书推送商店应用的 app_ticket，但没有收到有效的。",
  SignInRequired: "用户没有登录，或登录已失效且无法恢复：用户须重新登录。已保存的内容保持不变。",
  SignInFailed: "用户没有完成登录：拒绝了授权、超过了时限，或飞书没有接受。已保存的内容保持不变。",
  LoginStoreFailed: "无法读取、锁定或写入保存登录的文件。其中的内容保持不变。",
  PermissionDenied: "缺少权限，或应用不能读取该内容。",
  RequestRefused: "飞书拒绝了请求，再次发送也会被拒绝。",
  Redirected: "服务器要求重定向：它不是飞书，或不是飞书的接口。不会跟随重定向：访问凭证只用于 base URL。",
  RangeTooOld: "飞书拒绝了开始时间早于 90 天前的时间范围（错误码 121003；原因是推断的）。",
  ContractViolation: "响应与飞书的接口文档不符；继续读取可能会丢失数据。",
  PaginationBroken: "page_token 不能指向下一页：继续读取会陷入循环或丢失数据。",
}

const words = {
  en: {
    all: "Errors and what to do",
    allDescription:
      "Every error code of Feishu and every reason of an error, with what happened and what to do.",
    intro:
      "Search for what you see: the code, the tag of the reason, or words of the sentence. Every error says what happened and what to do, and ends with the log id that Feishu's support asks for.",
    codes: "Codes of Feishu",
    codesIntro:
      "A known code decides how a failure is handled. Where the code is not known, the HTTP status decides: 429 counts as the rate limit, 408, 425 and 5xx are sent again, everything else is final. Offline, `feishu-meetings errors 121005` says the same.",
    reasons: "Reasons",
    reasonsIntro:
      "In a program, an error is a `FeishuError` with a reason: `error.reason._tag` of `@effect-feishu/core`, `error.reason` and a class of its own in `@effect-feishu/promise`.",
    exits: "Exit codes of the command",
    answer: ({ code, msg, status }: ErrorCodes.ErrorCode) =>
      `Feishu answers with code ${code}, usually with HTTP ${status}: "${prose(msg)}".`,
    code: "code",
    what: "what happened",
    toDo: "what to do",
    remedy: "What to do",
    command: "On the command line: ",
    withApp: "When the token was fetched with app id and secret: ",
    between: " ",
    endpoints: "On one endpoint",
    endpoint: "endpoint",
    never: "The text changes, and other statuses occur with the same code, too: show them, never match them.",
    facts: "Facts",
    name: "name in `ErrorCodes`",
    again: "sent again",
    retry: {
      transient: "yes: after growing pauses, up to 5 requests in all",
      rateLimited: "yes: once the limit's window resets, which does not count as an attempt",
      token: "yes: once, with a new access token",
      notReady: "no: what was requested does not exist yet, and will later",
      final: "no: it would fail again",
    },
    reason: "reason in a program",
    signIn: "as a user signs in, or a login is refreshed",
    exit: "exit code of the command",
    source: "source",
    sources: {
      documented: "Feishu's documents",
      observed: "an answer that was observed",
      sdk: "an official SDK",
      inferred: "inferred: nothing confirms it",
    },
    mock: (code: number) =>
      `In a test, the mock answers with it on demand: a fault with \`then: { code: ${code} }\`.`,
    mockFidelity: "What the mock does by itself",
    other: "In Chinese",
    says: "What it says",
    saysHead: ["what happened", "what to do"],
    ofCodes: "Codes that have this reason",
    tagDescription: (tag: string) => `The reason ${tag} of an error: what happened, and what to do.`,
    handle: (tag: string) =>
      `In code: \`Effect.catchReason("FeishuError", "${tag}", …)\` with core, \`error instanceof ${tag}\` with promise. \`error.isRetryable\` says whether the same call may succeed later.`,
    exitCode: (exitCode: number) => `The command ends with exit code ${exitCode}.`,
    sentences: "Every sentence",
    sentencesDescription: "The problems, remedies and warnings that have values, in English and Chinese.",
    sentencesIntro:
      "What the client says about input, logins, proxies and answers. `…` stands for a value. A program in another language writes the same kinds: `Sentence.Table`.",
    kind: "kind",
    english: "English",
    chinese: "Chinese",
  },
  zh: {
    all: "错误与解决办法",
    allDescription: "飞书的每一个错误码，以及每一种错误原因：发生了什么，该怎么办。",
    intro:
      "请直接搜索您看到的内容：错误码、原因的标签，或错误信息中的词语。每个错误都会说明发生了什么、该怎么办，并在末尾给出飞书技术支持需要的日志 ID。",
    codes: "飞书错误码",
    codesIntro:
      "已收录的错误码决定如何处理失败。未收录时由 HTTP 状态码决定：429 按频率限制处理，408、425 和 5xx 会重试，其余不再重试。离线时可运行 `feishu-meetings errors 121005` 查看相同的说明。",
    reasons: "错误原因",
    reasonsIntro:
      "在程序中，错误是带有原因的 `FeishuError`：在 `@effect-feishu/core` 中为 `error.reason._tag`，在 `@effect-feishu/promise` 中为 `error.reason`，并且各有一个类。",
    exits: "命令的退出码",
    answer: ({ code, msg, status }: ErrorCodes.ErrorCode) =>
      `飞书返回错误码 ${code}，通常为 HTTP ${status}：“${prose(msg)}”。`,
    code: "错误码",
    what: "含义",
    toDo: "建议",
    remedy: "建议",
    command: "使用命令行时：",
    withApp: "访问凭证由应用凭证获取时：",
    between: "",
    endpoints: "在特定接口上",
    endpoint: "接口",
    never: "文字会变化，同一错误码也会以其他状态码返回：可以显示，不要用来判断。",
    facts: "详情",
    name: "在 `ErrorCodes` 中的名称",
    again: "是否重试",
    retry: {
      transient: "会：间隔递增，总共最多 5 次请求",
      rateLimited: "会：等频率限制窗口重置，不计入重试次数",
      token: "会：换用新的访问凭证重试一次",
      notReady: "不会：请求的内容尚不存在，稍后才会有",
      final: "不会：再次发送也会失败",
    },
    reason: "在程序中的原因",
    signIn: "用户登录或刷新登录时",
    exit: "命令的退出码",
    source: "来源",
    sources: {
      documented: "飞书官方文档",
      observed: "见于实际响应",
      sdk: "官方 SDK",
      inferred: "推断，尚未证实",
    },
    mock: (code: number) => `在测试中，模拟飞书可以按要求返回它：故障规则 \`then: { code: ${code} }\`。`,
    mockFidelity: "模拟飞书自身的行为",
    other: "英文",
    says: "错误信息",
    saysHead: ["发生了什么", "建议"],
    ofCodes: "属于该原因的错误码",
    tagDescription: (tag: string) => `错误原因 ${tag}：发生了什么，该怎么办。`,
    handle: (tag: string) =>
      `在代码中：core 用 \`Effect.catchReason("FeishuError", "${tag}", …)\`，promise 用 \`error instanceof ${tag}\`。\`error.isRetryable\` 说明同一调用稍后能否成功。`,
    exitCode: (exitCode: number) => `命令的退出码为 ${exitCode}。`,
    sentences: "全部错误信息",
    sentencesDescription: "含有具体值的问题、建议和警告，中英文对照。",
    sentencesIntro:
      "客户端对输入、登录、代理和响应的说明。`…` 代表具体的值。用其他语言显示时，程序可以写出同样的各项：`Sentence.Table`。",
    kind: "名称",
    english: "英文",
    chinese: "中文",
  },
} as const

const code = (text: string | number): string => `\`${text}\``

/** What is said of a code, in the words of the library, and of the command where those differ. */
const ofCode = (entry: ErrorCodes.ErrorCode, language: Language, path?: string) => {
  if (language === "en") {
    const command = English.remedyOfCode(entry, path)
    return { ...entry, command: command === entry.remedy ? undefined : command }
  }
  const chinese =
    (path === undefined ? undefined : Chinese.codesOn[path]?.[entry.code]) ?? Chinese.codes[entry.code]!
  return { remedyOfApp: undefined, command: undefined, ...chinese }
}

/** The reason that an answer with a code becomes, by the client itself. */
const reasonOf = ({ code, msg, status }: ErrorCodes.ErrorCode): FeishuError.FeishuError => {
  const given = { status, headers: {}, body: JSON.stringify({ code, msg }), logId: undefined }
  return Effect.runSync(Effect.flip(judge(given, "https://open.feishu.cn", 300, [])))
}

/** Codes of endpoints that give tokens: there, the client has a reason that says which login or app they are about. */
const isOfTokens = (code: number): boolean => code < 100_000 && code >= 10_000

const pageOfCode = (entry: ErrorCodes.ErrorCode, language: Language): Page => {
  const say = words[language]
  const told = ofCode(entry, language)
  const other = ofCode(entry, language === "en" ? "zh" : "en")
  const error = reasonOf(entry)
  const onEndpoints = Object.keys(ErrorCodes.endpoints).flatMap((path) => {
    const there = ErrorCodes.find(entry.code, path)!
    const { meaning, remedy } = ofCode(there, language, path)
    return meaning === told.meaning && remedy === told.remedy
      ? []
      : [[code(`GET ${path}`), cell(sentence(meaning)), cell(remedy)]]
  })
  const tag = (name: Tag) => `[${code(name)}](${kebab(name)}.md)`
  const tags = isOfTokens(entry.code)
    ? language === "en"
      ? `${tag("AuthenticationFailed")}; ${say.signIn}: ${tag("SignInFailed")}, ${tag("SignInRequired")}`
      : `${tag("AuthenticationFailed")}；${say.signIn}：${tag("SignInFailed")}、${tag("SignInRequired")}`
    : tag(error.reason._tag)
  const facts = [
    [say.name, code(entry.name)],
    [say.again, say.retry[entry.retry]],
    [say.reason, tags],
    [say.exit, String(isOfTokens(entry.code) ? 3 : exitCodeOf(error))],
    [say.source, say.sources[entry.source]],
  ]
  return {
    language,
    file: `errors/${entry.code}.md`,
    title: `${entry.code}${language === "en" ? ": " : "："}${told.meaning}`,
    description: told.remedy,
    deepest: false,
    body: `
${say.answer(entry)}${say.between}${say.never}

## ${say.remedy}

${prose(told.remedy)}
${told.remedyOfApp === undefined ? "" : `\n${say.withApp}${prose(told.remedyOfApp)}\n`}${told.command === undefined ? "" : `\n${say.command}${prose(told.command)}\n`}
${onEndpoints.length === 0 ? "" : `## ${say.endpoints}\n\n${table([say.endpoint, say.what, say.toDo], onEndpoints)}\n`}
## ${say.facts}

${table([say.code, String(entry.code)], facts)}

${say.mock(entry.code)}${say.between}[${say.mockFidelity}](../fidelity.md)

## ${say.other}

${prose(sentence(other.meaning))}${words[language === "en" ? "zh" : "en"].between}${prose(other.remedy)}`,
  }
}

const source = readFileSync(`${repository}packages/core/src/FeishuError.ts`, "utf8")

/** What a reason is, in English: its doc comment. */
const inEnglish = (tag: Tag): string => {
  const [, comment] = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\nexport class ${tag} `).exec(source)!
  return comment!.replaceAll(/\s*\n \* ?/g, " ").trim()
}

const ofReason = (reason: Reason, language: Language) =>
  language === "en" ? { meaning: reason.meaning, remedy: reason.remedy } : Chinese.ofReason(reason)

const pageOfReason = (tag: Tag, language: Language): Page => {
  const say = words[language]
  const rows = samples[tag].map((reason: Reason) => {
    const { meaning, remedy } = ofReason(reason, language)
    return [cell(meaning), cell(remedy)]
  })
  const others = samples[tag].map((reason: Reason) => {
    const { meaning, remedy } = ofReason(reason, language === "en" ? "zh" : "en")
    return [cell(meaning), cell(remedy)]
  })
  const codes = ErrorCodes.catalogue.filter(
    (entry) => !isOfTokens(entry.code) && reasonOf(entry).reason._tag === tag,
  )
  return {
    language,
    file: `errors/${kebab(tag)}.md`,
    title: tag,
    description: say.tagDescription(tag),
    deepest: false,
    body: `
**${prose(language === "en" ? inEnglish(tag) : inChinese[tag])}**

${say.handle(tag)}

${say.exitCode(exitCodeOf(new FeishuError.FeishuError({ reason: samples[tag][0]! })))}

## ${say.says}

${table(say.saysHead, rows)}

${
  codes.length === 0
    ? ""
    : `## ${say.ofCodes}\n\n${codes.map((entry) => `- [${entry.code}](${entry.code}.md): ${prose(ofCode(entry, language).meaning)}`).join("\n")}\n`
}
## ${say.other}

${table(words[language === "en" ? "zh" : "en"].saysHead, others)}`,
  }
}

/** Values that decide which words are said, and numbers. */
const values: Readonly<Record<string, string | number>> = {
  problem: "blanks",
  which: "expired",
  does: "read",
  status: 204,
  seconds: 5,
  resetMillis: 60_000,
  paceMillis: 600,
  minimum: 1,
  maximum: 50,
  number: 1,
  all: 2,
  more: 2,
  bytes: 9,
}

/** Values of every name that a sentence has. */
const anyValues = new Proxy(values, { get: (known, name) => known[String(name)] ?? "…" })

const pageOfSentences = (language: Language): Page => {
  const say = words[language]
  const rows = Object.keys(Sentence.englishTable).map((kind) => {
    const said = [englishSentences, chineseSentences].map((table) =>
      cell((table[kind as Sentence.Kind] as (values: unknown) => string)(anyValues)),
    )
    return [code(kind), ...(language === "en" ? said : said.toReversed())]
  })
  return {
    language,
    file: "errors/sentences.md",
    title: say.sentences,
    description: say.sentencesDescription,
    deepest: false,
    body: `${say.sentencesIntro}\n\n${table(
      [say.kind, ...(language === "en" ? [say.english, say.chinese] : [say.chinese, say.english])],
      rows,
    )}`,
  }
}

/** Returns the table of exit codes, from the README of the command. */
const exitCodes = (language: Language): string => {
  const readme = readFileSync(
    `${repository}packages/cli/README${language === "en" ? "" : ".zh-CN"}.md`,
    "utf8",
  )
  return /(?:^\|.*\n)*^\| 0 \|.*\n(?:^\|.*\n)+/m.exec(readme)![0]
}

const overview = (language: Language): Page => {
  const say = words[language]
  const codes = ErrorCodes.catalogue
    .toSorted((a, b) => a.code - b.code)
    .map((entry) => [`[${entry.code}](${entry.code}.md)`, cell(ofCode(entry, language).meaning)])
  const reasons = Object.keys(samples).map((tag) => [
    `[${code(tag)}](${kebab(tag)}.md)`,
    cell(language === "en" ? inEnglish(tag as Tag) : inChinese[tag as Tag]),
  ])
  return {
    language,
    file: "errors/index.md",
    title: say.all,
    description: say.allDescription,
    deepest: 2,
    body: `
${say.intro}

## ${say.reasons}

${say.reasonsIntro}${say.between}[${say.sentences}](sentences.md)

${table([say.reason, say.what], reasons)}

## ${say.codes}

${say.codesIntro}

${table([say.code, say.what], codes)}

## ${say.exits}

${exitCodes(language)}`,
  }
}

/** The pages about errors. */
export const errors: ReadonlyArray<Page> = (["en", "zh"] as const).flatMap((language) => [
  overview(language),
  pageOfSentences(language),
  ...Object.keys(samples).map((tag) => pageOfReason(tag as Tag, language)),
  ...ErrorCodes.catalogue.map((entry) => pageOfCode(entry, language)),
])
