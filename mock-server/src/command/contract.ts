/** `feishu-mock contract`: compares a Feishu, real or not, with this mock. */
import { styleText } from "node:util"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { shortened } from "@effect-feishu/terminal/Shortened"
import type { Unreachable } from "../conformance/Subject.ts"
import * as Report from "../conformance/Report.ts"
import * as suite from "../conformance/suite.ts"
import { Failed, name, tell } from "./CommandFailed.ts"
import * as ContractSettings from "./ContractSettings.ts"

/** The values that each flag takes, for messages. */
export const takes = {
  "base-url": "a URL such as https://open.feishu.cn",
  "meeting-no": "a meeting number, such as 337736498",
}

/** Makes the command. `called` is how the program was called. */
export const command = (called: string) =>
  Command.make(
    "contract",
    {
      baseUrl: Flag.String("base-url").pipe(
        Flag.withMetavar("URL"),
        Flag.withDescription(
          "The Feishu to check (default: FEISHU_BASE_URL, else https://open.feishu.cn). Must be https, except on loopback",
        ),
        Flag.optional,
      ),
      allowHttp: Flag.Boolean("allow-http").pipe(
        Flag.withoutNegation,
        Flag.withDescription(
          "Allow plain http to another machine, such as a mock in a container, like FEISHU_ALLOW_HTTP=true. Secrets then travel unencrypted",
        ),
        Flag.withDefault(false),
      ),
      meetingNo: Flag.String("meeting-no").pipe(
        Flag.withMetavar("N"),
        Flag.withDescription(
          "A meeting number with meetings in the last 89 days, if possible more than 50. Without it, rows and pages are not checked",
        ),
        Flag.optional,
      ),
      exhaustLimit: Flag.Boolean("exhaust-limit").pipe(
        Flag.withoutNegation,
        Flag.withDescription(
          "Exceed the rate limit of the list once, and that of a second for details, to see how requests are counted. For up to a minute, all requests of this app for meetings of a number in this tenant are refused",
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
      "Compare a real Feishu with this mock, least certain facts first. It only reads: up to 120 requests, at half the speed that the rate limit allows. Credentials come from FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN. Meetings, secrets and ids are not shown. Exit codes: 0 no difference, 1 something differs, 2 bad input, 4 no answer.",
    ),
    Command.withExamples([
      {
        command: `${called} contract --meeting-no 337736498`,
        description: "The real Feishu, with the credentials in the environment",
      },
      {
        command: `${called} contract --base-url http://127.0.0.1:8787 --json | jq .flags`,
        description: "A mock of your own: print the flags that make this mock behave the same",
      },
    ]),
  )

/** Runs the checks, and fails when one of them differs. Nothing is sent before all input is checked. */
const contract = Effect.fnUntraced(function* (given: ContractSettings.Given & { readonly json: boolean }) {
  const settings = yield* ContractSettings.check(given)
  const { baseUrl } = settings
  const masked = maskOf(settings)
  yield* announce(settings)
  const outcome = yield* suite.run({ ...settings, onWait: (words) => Console.error(words) }).pipe(
    Effect.catchTags({
      Refused: ({ outcome, what }) =>
        tell(
          what === "app"
            ? `no token was issued (${outcome}): check FEISHU_APP_ID, FEISHU_APP_SECRET and --base-url`
            : `the token is refused (${outcome}): check FEISHU_ACCESS_TOKEN and --base-url`,
          2,
        ),
      Redirected: ({ to }) =>
        tell(
          `${baseUrl} redirects to ${shortened(masked(to), 100)}, which was not followed: check --base-url, which is not Feishu's API`,
          2,
        ),
      Unreachable: (error) => tell(whyUnreachable(error, baseUrl), 4),
    }),
  )
  yield* Console.log(
    masked(
      given.json
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

/** Prints what will be sent, how long that takes, and what its risks are. */
const announce = Effect.fnUntraced(function* (settings: ContractSettings.ContractSettings) {
  const { baseUrl, exhaustLimit, isEncrypted, isLoopback } = settings
  const { requests, seconds } = suite.plan(settings)
  const minutes = seconds < 60 ? "less than a minute" : `up to ${Math.ceil(seconds / 60)} minutes`
  yield* Console.error(
    `Reading ${baseUrl}: up to ${requests} requests, ${isLoopback ? "" : "one at a time, "}${minutes}. Only meetings are read, and tokens fetched.`,
  )
  if (!isEncrypted) {
    yield* Console.error(
      "Plain http: app secret and token travel unencrypted, and anyone on the network can read them.",
    )
  }
  if (exhaustLimit) {
    yield* Console.error(
      "The rate limit is exceeded once: for up to a minute this app is refused on this API in this tenant.",
    )
  }
})

const whyUnreachable = ({ code }: Unreachable, baseUrl: string): string => {
  const [what, toDo] = ["ENOTFOUND", "EAI_AGAIN"].includes(code)
    ? ["the host was not found", checkNetwork]
    : code === "ECONNREFUSED"
      ? ["the connection was refused", checkNetwork]
      : /CERT|SELF_SIGNED|^UNABLE_TO_/.test(code)
        ? [
            "its certificate is not trusted",
            "check --base-url; name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS if a proxy inspects TLS or it is a private deployment",
          ]
        : code === "EPROTO" || code.startsWith("ERR_SSL_")
          ? ["this port does not speak TLS", "check --base-url; plain http is for this machine only"]
          : ["no answer came", checkNetwork]
  return `${baseUrl} could not be reached, ${what} (${code}): ${toDo}`
}

const checkNetwork = "check --base-url and the network; behind a proxy set HTTPS_PROXY"

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
