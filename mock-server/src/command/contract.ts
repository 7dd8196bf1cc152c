/** `feishu-mock contract`: compares a Feishu, real or not, with this mock. */
import { styleText } from "node:util"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Language from "@effect-feishu/terminal/Language"
import { shortened } from "@effect-feishu/terminal/Shortened"
import type { Unreachable } from "../conformance/Subject.ts"
import * as Report from "../conformance/Report.ts"
import * as suite from "../conformance/suite.ts"
import { Called, Failed, tell } from "./CommandFailed.ts"
import * as ContractSettings from "./ContractSettings.ts"

const words = Language.words({
  en: {
    takes: { url: "a URL such as https://open.feishu.cn", no: "a meeting number, such as 337736498" },
    baseUrl:
      "The Feishu to check (default: FEISHU_BASE_URL, else https://open.feishu.cn). Must be https, except on loopback",
    allowHttp:
      "Allow plain http to another machine, such as a mock in a container, like FEISHU_ALLOW_HTTP=true. Secrets then travel unencrypted",
    meetingNo:
      "A meeting number with meetings in the last 89 days, if possible more than 50. Without it, rows and pages are not checked",
    exhaustLimit:
      "Exceed the rate limit of the list once, and that of a second for details, to see how requests are counted. For up to a minute, all requests of this app for meetings of a number in this tenant are refused",
    json: "Print one JSON document",
    description:
      "Compare a real Feishu with this mock, least certain facts first. It only reads: up to 120 requests, at half the speed that the rate limit allows. Credentials come from FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN. Meetings, secrets and ids are not shown. Exit codes: 0 no difference, 1 something differs, 2 bad input, 4 no answer.",
    real: "The real Feishu, with the credentials in the environment",
    own: "A mock of your own: print the flags that make this mock behave the same",
    noToken: (outcome: string) =>
      `no token was issued (${outcome}): check FEISHU_APP_ID, FEISHU_APP_SECRET and --base-url`,
    tokenRefused: (outcome: string) =>
      `the token is refused (${outcome}): check FEISHU_ACCESS_TOKEN and --base-url`,
    redirected: (baseUrl: string, to: string) =>
      `${baseUrl} redirects to ${to}, which was not followed: check --base-url, which is not Feishu's API`,
    inLessThanAMinute: "less than a minute",
    inMinutes: (minutes: number) => `up to ${minutes} minutes`,
    reading: (baseUrl: string, requests: number, oneAtATime: boolean, time: string) =>
      `Reading ${baseUrl}: up to ${requests} requests, ${oneAtATime ? "one at a time, " : ""}${time}. Only meetings are read, and tokens fetched.`,
    unencrypted:
      "Plain http: app secret and token travel unencrypted, and anyone on the network can read them.",
    exceeds:
      "The rate limit is exceeded once: for up to a minute this app is refused on this API in this tenant.",
    unreachable: (baseUrl: string, what: string, code: string, toDo: string) =>
      `${baseUrl} could not be reached, ${what} (${code}): ${toDo}`,
    notFound: "the host was not found",
    refused: "the connection was refused",
    notTrusted: "its certificate is not trusted",
    certificate:
      "check --base-url; name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS if a proxy inspects TLS or it is a private deployment",
    noTls: "this port does not speak TLS",
    tls: "check --base-url; plain http is for this machine only",
    noAnswer: "no answer came",
    network: "check --base-url and the network; behind a proxy set HTTPS_PROXY",
  },
  zh: {
    takes: { url: "URL，例如 https://open.feishu.cn", no: "会议号，例如 337736498" },
    baseUrl: "要比较的飞书（默认 FEISHU_BASE_URL，否则 https://open.feishu.cn）。除本机外必须是 https",
    allowHttp:
      "允许以明文 http 访问其他机器，例如容器中的模拟飞书；与 FEISHU_ALLOW_HTTP=true 相同。此时凭证以明文传输",
    meetingNo: "最近 89 天内有会议的会议号，最好超过 50 场。不给出时，不检查会议和分页",
    exhaustLimit:
      "让列表接口超出一次频率限制，会议详情接口超出一次每秒的限制，以观察如何计数。最长一分钟内，该应用在该租户按会议号查询会议的请求都会被拒绝",
    json: "打印一个 JSON 文档",
    description:
      "把真实的飞书与模拟飞书相比较，最不确定的事实在前。只读取：最多 120 个请求，速度为频率限制的一半。凭证取自 FEISHU_APP_ID 与 FEISHU_APP_SECRET，或 FEISHU_ACCESS_TOKEN。不显示会议、凭证和 ID。退出码：0 没有差异，1 有差异，2 输入有误，4 没有响应。",
    real: "真实的飞书，凭证取自环境变量",
    own: "自己的模拟飞书：打印使本模拟飞书行为一致的选项",
    noToken: (outcome) =>
      `未能获取访问凭证（${outcome}）：请检查 FEISHU_APP_ID、FEISHU_APP_SECRET 和 --base-url`,
    tokenRefused: (outcome) => `访问凭证被拒绝（${outcome}）：请检查 FEISHU_ACCESS_TOKEN 和 --base-url`,
    redirected: (baseUrl, to) => `${baseUrl} 重定向到 ${to}，未跟随：请检查 --base-url，它不是飞书的 API`,
    inLessThanAMinute: "不到一分钟",
    inMinutes: (minutes) => `最多 ${minutes} 分钟`,
    reading: (baseUrl, requests, oneAtATime, time) =>
      `读取 ${baseUrl}：最多 ${requests} 个请求，${oneAtATime ? "逐个发送，" : ""}${time}。只读取会议并获取访问凭证。`,
    unencrypted: "明文 http：App Secret 和访问凭证以明文传输，网络中的任何人都能读到。",
    exceeds: "将超出一次频率限制：最长一分钟内，该应用在该租户调用该接口会被拒绝。",
    unreachable: (baseUrl, what, code, toDo) => `无法连接 ${baseUrl}，${what}（${code}）：${toDo}`,
    notFound: "找不到主机",
    refused: "连接被拒绝",
    notTrusted: "证书不受信任",
    certificate:
      "请检查 --base-url；如有代理检查 TLS，或为私有化部署，请用 NODE_EXTRA_CA_CERTS 指定其证书颁发机构的证书文件",
    noTls: "该端口不支持 TLS",
    tls: "请检查 --base-url；明文 http 只用于本机",
    noAnswer: "没有响应",
    network: "请检查 --base-url 和网络；使用代理时请设置 HTTPS_PROXY",
  },
})

type Say = Language.Say<typeof words>

/** Returns the values that each flag takes, for messages. */
export const takes = (language: Language.Language) => {
  const { no, url } = words[language].takes
  return { "base-url": url, "meeting-no": no }
}

/** Makes the command. `called` is how the program was called. */
export const command = (called: string, language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "contract",
    {
      baseUrl: Flag.String("base-url").pipe(
        Flag.withMetavar("URL"),
        Flag.withDescription(say.baseUrl),
        Flag.optional,
      ),
      allowHttp: Flag.Boolean("allow-http").pipe(
        Flag.withoutNegation,
        Flag.withDescription(say.allowHttp),
        Flag.withDefault(false),
      ),
      meetingNo: Flag.String("meeting-no").pipe(
        Flag.withMetavar("N"),
        Flag.withDescription(say.meetingNo),
        Flag.optional,
      ),
      exhaustLimit: Flag.Boolean("exhaust-limit").pipe(
        Flag.withoutNegation,
        Flag.withDescription(say.exhaustLimit),
        Flag.withDefault(false),
      ),
      json: Flag.Boolean("json").pipe(
        Flag.withoutNegation,
        Flag.withDescription(say.json),
        Flag.withDefault(false),
      ),
    },
    contract,
  ).pipe(
    Command.withDescription(say.description),
    Command.withExamples([
      { command: `${called} contract --meeting-no 337736498`, description: say.real },
      {
        command: `${called} contract --base-url http://127.0.0.1:8787 --json | jq .flags`,
        description: say.own,
      },
    ]),
  )
}

/** Runs the checks, and fails when one of them differs. Nothing is sent before all input is checked. */
const contract = Effect.fnUntraced(function* (given: ContractSettings.Given & { readonly json: boolean }) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* ContractSettings.check(given)
  const { baseUrl } = settings
  const masked = maskOf(settings)
  yield* announce(settings, say)
  const outcome = yield* suite.run({ ...settings, onWait: (words) => Console.error(words) }).pipe(
    Effect.catchTags({
      Refused: ({ outcome, what }) =>
        tell(what === "app" ? say.noToken(outcome) : say.tokenRefused(outcome), 2),
      Redirected: ({ to }) => tell(say.redirected(baseUrl, shortened(masked(to), 100)), 2),
      Unreachable: (error) => tell(whyUnreachable(error, baseUrl, say), 4),
    }),
  )
  yield* Console.log(
    masked(
      given.json
        ? JSON.stringify(Report.document(baseUrl, outcome))
        : Report.text(outcome, {
            command: yield* Called,
            language,
            columns: process.stdout.columns ?? 80,
            paint: (style, text) => styleText(style, text),
          }),
    ),
  )
  if (Report.counts(outcome).differs > 0) return yield* new Failed({ exitCode: 1 })
  if (outcome.results.some((result) => result.verdict === "not decided" && result.lost)) {
    return yield* new Failed({ exitCode: 4 })
  }
})

/** Prints what will be sent, how long that takes, and what its risks are. */
const announce = Effect.fnUntraced(function* (settings: ContractSettings.ContractSettings, say: Say) {
  const { baseUrl, exhaustLimit, isEncrypted, isLoopback } = settings
  const { requests, seconds } = suite.plan(settings)
  const time = seconds < 60 ? say.inLessThanAMinute : say.inMinutes(Math.ceil(seconds / 60))
  yield* Console.error(say.reading(baseUrl, requests, !isLoopback, time))
  if (!isEncrypted) {
    yield* Console.error(say.unencrypted)
  }
  if (exhaustLimit) {
    yield* Console.error(say.exceeds)
  }
})

const whyUnreachable = ({ code }: Unreachable, baseUrl: string, say: Say): string => {
  const [what, toDo] = ["ENOTFOUND", "EAI_AGAIN"].includes(code)
    ? [say.notFound, say.network]
    : code === "ECONNREFUSED"
      ? [say.refused, say.network]
      : /CERT|SELF_SIGNED|^UNABLE_TO_/.test(code)
        ? [say.notTrusted, say.certificate]
        : code === "EPROTO" || code.startsWith("ERR_SSL_")
          ? [say.noTls, say.tls]
          : [say.noAnswer, say.network]
  return say.unreachable(baseUrl, what, code, toDo)
}

/** Masks credentials and the meeting number. The report itself does not contain them, but a server may repeat what was sent. */
const maskOf = ({ credentials: { app, token }, meetingNo }: ContractSettings.ContractSettings) => {
  const secrets = [
    app === undefined ? undefined : Redacted.value(app.secret),
    app?.id,
    token === undefined ? undefined : Redacted.value(token),
    meetingNo,
  ].filter((secret) => secret !== undefined && secret.length >= 6)
  return (text: string): string =>
    secrets.reduce<string>(
      // Also in lower case, in which host names are written.
      (text, secret = "") => text.replaceAll(secret, "<masked>").replaceAll(secret.toLowerCase(), "<masked>"),
      text,
    )
}
