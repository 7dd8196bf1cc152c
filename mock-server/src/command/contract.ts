/** `feishu-mock contract`: where a Feishu, real or not, differs from the mock. */
import { styleText } from "node:util"
import { MeetingNoFromText } from "@effect-feishu/contract"
import * as BaseUrl from "@effect-feishu/contract/BaseUrl"
import * as Pasted from "@effect-feishu/contract/Pasted"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { shortened } from "@effect-feishu/terminal/Shortened"
import { Failed, name, tell } from "./CommandFailed.ts"
import type { Credentials, Unreachable } from "../conformance/Subject.ts"
import * as Proxy from "../conformance/Proxy.ts"
import * as Report from "../conformance/Report.ts"
import * as suite from "../conformance/suite.ts"

/** What its flags take. */
export const takes = {
  "base-url": "a URL such as https://open.feishu.cn",
  "meeting-no": "a meeting number, such as 337736498",
}

/** `called` is how the program was called. */
export const command = (called: string) =>
  Command.make(
    "contract",
    {
      baseUrl: Flag.String("base-url").pipe(
        Flag.withMetavar("URL"),
        Flag.withDescription(
          "The Feishu to look at: FEISHU_BASE_URL, or https://open.feishu.cn, unless given; https, but for loopback",
        ),
        Flag.optional,
      ),
      allowHttp: Flag.Boolean("allow-http").pipe(
        Flag.withoutNegation,
        Flag.withDescription(
          "Permit plain http to another machine, such as a mock in a container, as FEISHU_ALLOW_HTTP=true does: secrets then travel unencrypted",
        ),
        Flag.withDefault(false),
      ),
      meetingNo: Flag.String("meeting-no").pipe(
        Flag.withMetavar("N"),
        Flag.withDescription(
          "A meeting number with meetings in the last 89 days, more than 50 if you can: without it what rows and pages are like is not decided",
        ),
        Flag.optional,
      ),
      exhaustLimit: Flag.Boolean("exhaust-limit").pipe(
        Flag.withoutNegation,
        Flag.withDescription(
          "Exceed the rate limit once, to see how requests are counted: for up to a minute the app is refused on this API in this tenant, whoever asks",
        ),
        Flag.withDefault(false),
      ),
      json: Flag.Boolean("json").pipe(
        Flag.withoutNegation,
        Flag.withDescription("Print one JSON document"),
        Flag.withDefault(false),
      ),
    },
    contract,
  ).pipe(
    Command.withDescription(
      "Look where a Feishu differs from this mock, fact by fact, the least sure first. It reads only: up to 90 requests, half as fast as the limit allows. Credentials come from FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN. Meetings, secrets and ids are not shown. Ends with 0 when all is as here, 1 when something differs, 2 for bad input, 4 when no answer came.",
    ),
    Command.withExamples([
      {
        command: `${called} contract --meeting-no 337736498`,
        description: "The real Feishu, with the credentials in the environment",
      },
      {
        command: `${called} contract --base-url http://127.0.0.1:8787 --json | jq .flags`,
        description: "A mock of your own: the flags with which this one does the same",
      },
    ]),
  )

/** Where requests go unless told. */
const defaultBaseUrl = "https://open.feishu.cn"

/** Half of what the limit lets pass: other programs of the app go on. */
const pauseMillis = 1_200

/** Whose OAuth has a host of its own; that of any other is where it is itself, so that no secret goes elsewhere. */
const oauthBaseUrls: Readonly<Record<string, string>> = {
  "https://open.feishu.cn": "https://accounts.feishu.cn",
  "https://open.larksuite.com": "https://accounts.larksuite.com",
}

const nothingSent = "Nothing was sent."

/** Runs the checks, and fails when one differs. Nothing is sent before everything is looked at. */
const contract = Effect.fnUntraced(function* (flags: {
  readonly baseUrl: Option.Option<string>
  readonly allowHttp: boolean
  readonly meetingNo: Option.Option<string>
  readonly exhaustLimit: boolean
  readonly json: boolean
}) {
  const environment = yield* fromEnvironment
  if (!["", "feishu", "lark"].includes(environment.brand)) {
    return yield* tell(`FEISHU_BRAND takes feishu or lark. ${nothingSent}`, 2)
  }
  const typed = Option.getOrElse(
    Option.orElse(flags.baseUrl, () => Option.filter(environment.baseUrl, (url) => url !== "")),
    () => (environment.brand === "lark" ? "https://open.larksuite.com" : defaultBaseUrl),
  )
  const allowHttp = flags.allowHttp || /^(?:true|yes|on|1)$/i.test(environment.allowHttp)
  const { isEncrypted, isLoopback, url: baseUrl } = yield* checkedUrl(typed, allowHttp)
  const meetingNo = yield* Option.match(flags.meetingNo, {
    onNone: () => Effect.undefined,
    onSome: (typed) =>
      Schema.decodeUnknownEffect(MeetingNoFromText)(typed).pipe(
        Effect.catch(({ message }) => tell(`--meeting-no: ${message}. ${nothingSent}`, 2)),
      ),
  })
  const credentials = yield* checkedCredentials(environment)
  // Nothing but https takes a proxy here.
  const proxy =
    isLoopback || baseUrl.startsWith("http:") ? { environment: undefined } : Proxy.read(process.env)
  if ("problem" in proxy) return yield* tell(`${proxy.problem}. ${nothingSent}`, 2)
  const options = {
    baseUrl,
    oauthBaseUrl: oauthBaseUrls[baseUrl] ?? baseUrl,
    credentials,
    meetingNo,
    exhaustLimit: flags.exhaustLimit,
    pauseMillis: isLoopback ? 0 : pauseMillis,
    proxy: proxy.environment,
    onWait: (words: string) => Console.error(words),
  }
  const { requests, seconds } = suite.plan(options)
  const minutes = seconds < 60 ? "less than a minute" : `up to ${Math.ceil(seconds / 60)} minutes`
  yield* Console.error(
    `Reading ${baseUrl}: up to ${requests} requests, ${isLoopback ? "" : "one at a time, "}${minutes}. Only meetings are read, and tokens fetched.`,
  )
  if (!isEncrypted) {
    yield* Console.error(
      "Plain http: app secret and token travel unencrypted, and anyone on the way can read them.",
    )
  }
  if (flags.exhaustLimit) {
    yield* Console.error(
      "The rate limit is exceeded once: for up to a minute this app is refused on this API in this tenant.",
    )
  }
  const outcome = yield* suite.run(options).pipe(
    Effect.catchTags({
      Refused: ({ outcome, what }) =>
        tell(
          what === "app"
            ? `no token was given (${outcome}): check FEISHU_APP_ID, FEISHU_APP_SECRET and --base-url`
            : `the token is refused (${outcome}): check FEISHU_ACCESS_TOKEN and --base-url`,
          2,
        ),
      Redirected: ({ to }) =>
        tell(
          `${baseUrl} redirects to ${shortened(maskOf(credentials, meetingNo)(to), 100)}, which was not followed: check --base-url, which is not Feishu's API`,
          2,
        ),
      Unreachable: (error) => tell(whyUnreachable(error, baseUrl), 4),
    }),
  )
  const masked = maskOf(credentials, meetingNo)
  yield* Console.log(
    masked(
      flags.json
        ? JSON.stringify(Report.document(baseUrl, outcome))
        : Report.text(outcome, {
            command: name,
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

const pasted = (variable: string) =>
  Config.option(
    Config.map(Config.Redacted(variable), (secret) =>
      Redacted.make(Pasted.unwrapped(Redacted.value(secret))),
    ),
  )

const fromEnvironment = Effect.orDie(
  Config.all({
    baseUrl: Config.option(Config.map(Config.String("FEISHU_BASE_URL"), Pasted.unquoted)),
    brand: Config.map(Config.withDefault(Config.String("FEISHU_BRAND"), ""), Pasted.unquoted),
    allowHttp: Config.map(Config.withDefault(Config.String("FEISHU_ALLOW_HTTP"), ""), Pasted.unquoted),
    token: pasted("FEISHU_ACCESS_TOKEN"),
    appId: Config.option(Config.map(Config.String("FEISHU_APP_ID"), Pasted.unwrapped)),
    appSecret: pasted("FEISHU_APP_SECRET"),
  }),
)

const checkedCredentials = Effect.fnUntraced(function* ({
  appId,
  appSecret,
  token,
}: Effect.Success<typeof fromEnvironment>): Effect.fn.Return<Credentials, Failed> {
  const given = <A>(option: Option.Option<A>, textOf: (value: A) => string) =>
    Option.filter(option, (value) => textOf(value) !== "")
  const id = Option.getOrUndefined(given(appId, String))
  const secret = Option.getOrUndefined(given(appSecret, Redacted.value))
  const access = Option.getOrUndefined(given(token, Redacted.value))
  if (id !== undefined && secret === undefined) {
    return yield* tell(`FEISHU_APP_ID is set, but FEISHU_APP_SECRET is not. ${nothingSent}`, 2)
  }
  if (id === undefined && secret !== undefined) {
    return yield* tell(`FEISHU_APP_SECRET is set, but FEISHU_APP_ID is not. ${nothingSent}`, 2)
  }
  if (id === undefined && access === undefined) {
    return yield* tell(
      `there are no credentials: set FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN. ${nothingSent}`,
      2,
    )
  }
  // Not repeated: it may be a secret with a line end behind it.
  if (access !== undefined && !/^[!-~]+$/.test(Redacted.value(access))) {
    return yield* tell(
      `FEISHU_ACCESS_TOKEN has characters that no token has, such as spaces. ${nothingSent}`,
      2,
    )
  }
  return { app: id === undefined || secret === undefined ? undefined : { id, secret }, token: access }
})

const checkedUrl = Effect.fnUntraced(function* (typed: string, allowHttp: boolean) {
  const refuse = (what: string) => tell(`the base URL ${what}. ${nothingSent}`, 2)
  const url = BaseUrl.parse(typed)
  if (Result.isFailure(url)) return yield* refuse(urlProblems[url.failure])
  const { isLoopback, isUnencrypted, origin, text } = url.success
  if (isUnencrypted && !allowHttp) {
    return yield* refuse(
      `${origin} is not https: anyone on the way could read the secret; --allow-http permits it`,
    )
  }
  return { isEncrypted: !isUnencrypted, isLoopback, url: text }
})

const urlProblems: Readonly<Record<BaseUrl.Problem, string>> = {
  "not a URL": `is not a URL: give one such as ${defaultBaseUrl}`,
  "has a user or password": "contains a user name or password: give it without them",
  "has a query or fragment": "has a query or fragment: give it without",
  "not http or https": `is not an https URL: give one such as ${defaultBaseUrl}`,
}

const whyUnreachable = ({ code }: Unreachable, baseUrl: string): string => {
  const [what, toDo] = ["ENOTFOUND", "EAI_AGAIN"].includes(code)
    ? ["there is no such host", checkNetwork]
    : code === "ECONNREFUSED"
      ? ["nobody listens there", checkNetwork]
      : /CERT|SELF_SIGNED|^UNABLE_TO_/.test(code)
        ? [
            "its certificate is not trusted",
            "check --base-url; name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS if a proxy inspects TLS or it is a private deployment",
          ]
        : code === "EPROTO" || code.startsWith("ERR_SSL_")
          ? [
              "TLS does not come about with this port",
              "check --base-url; plain http is for this machine only",
            ]
          : ["no answer came", checkNetwork]
  return `${baseUrl} could not be reached, ${what} (${code}): ${toDo}`
}

const checkNetwork = "check --base-url and the network; behind a proxy set HTTPS_PROXY"

/** By construction nothing of it is told. What is told of whoever answers might repeat what was sent. */
const maskOf = ({ app, token }: Credentials, meetingNo: string | undefined) => {
  const secrets = [
    app === undefined ? undefined : Redacted.value(app.secret),
    app?.id,
    token === undefined ? undefined : Redacted.value(token),
    meetingNo,
  ].filter((secret) => secret !== undefined && secret.length >= 6)
  return (text: string): string =>
    secrets.reduce<string>(
      // In small letters, too, as in the name of a host.
      (text, secret = "") => text.replaceAll(secret, "<masked>").replaceAll(secret.toLowerCase(), "<masked>"),
      text,
    )
}
