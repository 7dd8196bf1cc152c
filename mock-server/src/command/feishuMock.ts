/** The command `feishu-mock`. */
import { ListByNo } from "@effect-feishu/contract"
import * as Argument from "effect/cli/Argument"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Addresses from "../state/Addresses.ts"
import { banner, readyLine } from "./banner.ts"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import * as Behaviour from "../state/Behaviour.ts"
import * as CommandLineMistakes from "@effect-feishu/terminal/CommandLineMistakes"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { visible } from "@effect-feishu/terminal/VisibleText"
import { init, schemaText } from "./init.ts"
import type * as Journal from "../state/Journal.ts"
import * as MockFeishu from "../library/MockFeishu.ts"
import * as Problems from "../protocol/Problems.ts"
import * as RequestLog from "./RequestLog.ts"
import * as SeedFile from "../seed/SeedFile.ts"
import * as SeedWarnings from "../seed/SeedWarnings.ts"
import { renderFault } from "../seed/SeedInvalid.ts"
import { Failed, name, tell, warn } from "./CommandFailed.ts"
import { contract } from "./contract.ts"
import * as Validate from "./validate.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"

const bounds = {
  port: { minimum: 0, maximum: 65_535 },
  numbers: { minimum: 1, maximum: 100_000 },
  meetings: { minimum: 0, maximum: 1_000_000 },
  days: { minimum: 1, maximum: 3650 },
} as const

const wholeNumberFrom = (flag: keyof typeof bounds) =>
  `a whole number from ${bounds[flag].minimum} to ${bounds[flag].maximum}`

const { fields } = Behaviour.Behaviour

/** What each flag takes. Effect's own words depend on where it noticed ("Expected an integer", "Expected: FILE"). */
const takes: Readonly<Record<string, string>> = {
  port: wholeNumberFrom("port"),
  host: Addresses.host.takes,
  seed: "a YAML or JSON file, or - for standard input",
  numbers: wholeNumberFrom("numbers"),
  meetings: wholeNumberFrom("meetings"),
  days: wholeNumberFrom("days"),
  "random-seed": "any text",
  now: "a time such as 2026-01-31T09:00:00Z, 2026-01-31, 1769850000 (unix seconds) or -3d (before the present)",
  "rate-limit": "a number of requests from 1 to 1000000000, or off",
  "monthly-quota": "a number of calls from 0 to 1000000000, or off",
  "control-token": Addresses.controlToken.takes,
  cors: Addresses.origin.takes,
  "app-ticket-url": Addresses.eventUrl.takes,
  "base-url": "a URL such as https://open.feishu.cn",
  "meeting-no": "a meeting number, such as 337736498",
}

const isTime = Schema.is(VirtualClock.Time)

const whatItTakes = (flag: string) => () => takes[flag] ?? ""

const wholeNumber = (flag: keyof typeof bounds) =>
  Flag.String(flag).pipe(
    Flag.withMetavar("N"),
    // Decimal digits only: `Flag.Int` also reads 0x10, 1e3 and 1.0.
    Flag.filterMap((text) => {
      const n = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
      return n >= bounds[flag].minimum && n <= bounds[flag].maximum ? Option.some(n) : Option.none()
    }, whatItTakes(flag)),
  )

const flags = {
  port: wholeNumber("port").pipe(
    Flag.withDescription("Port to listen on, 8787 unless given; 0 takes any free one"),
    Flag.withDefault(8787),
  ),
  host: Flag.String("host").pipe(
    Flag.withMetavar("ADDRESS"),
    Flag.filter(Addresses.host.is, whatItTakes("host")),
    Flag.withDescription("Address to listen on, 127.0.0.1 unless given: other machines cannot reach that"),
    Flag.withDefault("127.0.0.1"),
  ),
  controlToken: Flag.Redacted("control-token").pipe(
    Flag.withMetavar("TEXT"),
    Flag.filter((token) => Addresses.controlToken.is(Redacted.value(token)), whatItTakes("control-token")),
    Flag.withDescription(
      "What the control plane under /_mock asks for; on loopback nothing unless given, elsewhere a made-up one",
    ),
    Flag.optional,
  ),
  cors: Flag.String("cors").pipe(
    Flag.withMetavar("ORIGIN"),
    Flag.filter(Addresses.origin.is, whatItTakes("cors")),
    Flag.withDescription("A web page that may ask the control plane, too: none unless given"),
    Flag.optional,
  ),
  seed: Flag.String("seed").pipe(
    Flag.withMetavar("FILE"),
    Flag.filter((path) => path !== "", whatItTakes("seed")),
    Flag.withDescription(
      "YAML or JSON file with apps, meetings and meetings to generate; - reads standard input. JSON may have comments, and YAML merge keys (<<). The command init writes a file to start from. Without --seed, --numbers and --meetings, an embedded sample is served",
    ),
    Flag.optional,
  ),
  numbers: wholeNumber("numbers").pipe(
    Flag.withDescription("Generate this many meeting numbers (3 when only --meetings is given)"),
    Flag.optional,
  ),
  meetings: wholeNumber("meetings").pipe(
    Flag.withDescription("Meetings for each generated number (120 when only --numbers is given)"),
    Flag.optional,
  ),
  days: wholeNumber("days").pipe(
    Flag.withDescription("Spread generated meetings over this many days before today (UTC), 89 unless given"),
    Flag.withDefault(89),
  ),
  randomSeed: Flag.String("random-seed").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("Any text, 1 unless given; the same one and the same --now give the same bytes"),
    Flag.withDefault("1"),
  ),
  now: Flag.String("now").pipe(
    Flag.withMetavar("TIME"),
    Flag.filter(
      // Fewer than ten digits are a date, 20260131, and no second of 1970.
      (text) => !/^\d{1,9}$/.test(text) && isTime(text),
      whatItTakes("now"),
    ),
    Flag.withDescription(
      "Start the mock's clock at this time: ISO 8601 with a time zone, unix seconds, or how long before the present, as in --now=-3d",
    ),
    Flag.optional,
  ),
  rateLimit: Flag.String("rate-limit").pipe(
    Flag.withMetavar("N|off"),
    Flag.filterMap(parseLimitFrom(1), whatItTakes("rate-limit")),
    Flag.withDescription("Requests per minute for an app and tenant, 100 unless given"),
    Flag.withDefault(ListByNo.rateLimit),
  ),
  rateWindow: Flag.Literals("rate-window", fields.rateWindow.literals).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "How they are counted: in a window that starts with the first request, as it is unless given, in any 60 seconds, or from a bucket",
    ),
    Flag.withDefault("fixed"),
  ),
  rateStatus: Flag.Literals("rate-status", ["429", "400"]).pipe(
    Flag.withMetavar("STATUS"),
    Flag.withDescription("HTTP status of a refusal, 429 unless given; some older endpoints answer 400"),
    Flag.withDefault("429"),
  ),
  monthlyQuota: Flag.String("monthly-quota").pipe(
    Flag.withMetavar("N|off"),
    Flag.filterMap(parseLimitFrom(0), whatItTakes("monthly-quota")),
    Flag.withDescription("Calls per calendar month (UTC+8) for a tenant, off unless given"),
    Flag.withDefault("off"),
  ),
  ninetyDays: Flag.Literals("ninety-days", fields.ninetyDays.literals).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "What '90 days' bounds, which Feishu's documents leave open: the span of a query, how far it looks back, or both, as it is unless given",
    ),
    Flag.withDefault("both"),
  ),
  emptyList: Flag.Literals("empty-list", fields.emptyList.literals).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription("How a page without rows is written, [] unless given"),
    Flag.withDefault("[]"),
  ),
  lastPageToken: Flag.Literals("last-page-token", fields.lastPageToken.literals).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription("The page token of the last page, absent unless given"),
    Flag.withDefault("absent"),
  ),
  pageTokens: Flag.Literals("page-tokens", Behaviour.PageTokens.literals).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "Which query a page token is good for: only the one that it was given for (bound, unless given), or any of the same number, whatever its times and page size (free)",
    ),
    Flag.withDefault("bound"),
  ),
  appTicketUrl: Flag.String("app-ticket-url").pipe(
    Flag.withMetavar("URL"),
    Flag.filter(Addresses.eventUrl.is, whatItTakes("app-ticket-url")),
    Flag.withDescription(
      "Push the tickets of store apps there, at the start, every hour, and when asked for",
    ),
    Flag.optional,
  ),
  log: Flag.Literals("log", RequestLog.formats).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "Tell of every request on standard error: pretty is a line for people, json a line of JSON. Unless given, pretty on a terminal without --json, and none elsewhere",
    ),
    Flag.optional,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription(
      "When ready, print one line of JSON instead of the banner: url, appId, appSecret, meetingNos",
    ),
    Flag.withDefault(false),
  ),
}

const mock = (called: string) =>
  Command.make(
    called,
    flags,
    Effect.fnUntraced(function* (flags) {
      const generate =
        Option.isNone(flags.numbers) && Option.isNone(flags.meetings)
          ? undefined
          : {
              numbers: Option.getOrElse(flags.numbers, () => 3),
              meetings: Option.getOrElse(flags.meetings, () => 120),
            }
      const present = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const now = Option.getOrUndefined(
        Option.flatMap(flags.now, (time) => VirtualClock.secondsOf(time, present)),
      )
      if (Option.isSome(flags.now) && now === undefined) {
        return yield* tell(`--now ${flags.now.value} cannot be: ${VirtualClock.bounds}`, 2)
      }
      const running = Effect.gen(function* () {
        const seed = Option.isSome(flags.seed) ? yield* SeedFile.fromFile(flags.seed.value, now) : undefined
        const onlyStoreApps = seed?.apps?.every(({ type }) => type === "store") ?? false
        const services = yield* Layer.build(
          MockFeishu.layer({
            port: flags.port,
            host: flags.host,
            seed,
            generate,
            days: flags.days,
            randomSeed: flags.randomSeed,
            rateLimit: flags.rateLimit,
            rateWindow: flags.rateWindow,
            rateStatus: flags.rateStatus === "400" ? 400 : 429,
            monthlyQuota: flags.monthlyQuota,
            ninetyDays: flags.ninetyDays,
            emptyList: flags.emptyList,
            lastPageToken: flags.lastPageToken,
            pageTokens: flags.pageTokens,
            appTicketUrl: Option.getOrUndefined(flags.appTicketUrl),
            cors: Option.getOrUndefined(flags.cors),
            now,
            onRequest: yield* logOf(flags),
            controlToken: Option.getOrUndefined(Option.map(flags.controlToken, Redacted.value)),
          }),
        )
        return { feishu: Context.get(services, MockFeishu.MockFeishu), onlyStoreApps, seed }
      }).pipe(
        Effect.catchTags({
          SeedInvalid: (error) => tell(error.message, 2),
          ServeError: (error) => tell(whyNotListening(error, flags), 1),
        }),
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { feishu, onlyStoreApps, seed } = yield* running
          if (onlyStoreApps && Option.isNone(flags.appTicketUrl)) {
            yield* warn(`the seed has store apps only, and nobody gets their tickets: give --app-ticket-url`)
          }
          if (feishu.meetingNos.length === 0) {
            yield* warn(
              `there are no meetings to read: add meetings or generate to the seed, or give --meetings`,
            )
          }
          const start = now ?? present
          const old = seed === undefined || flags.ninetyDays === "span" ? 0 : SeedWarnings.tooOld(seed, start)
          if (old > 0) yield* warn(Validate.oldInWords(old))
          const doubts = seed === undefined ? [] : SeedWarnings.warnings(seed)
          for (const doubt of Problems.told(doubts.map(renderFault))) yield* warn(doubt)
          if (!isLoopbackHost(flags.host)) {
            yield* warn(
              `${flags.host} can be reached from other machines, and anybody who does can read these meetings`,
            )
          }
          const ready = onlyStoreApps ? { url: feishu.url, meetingNos: feishu.meetingNos } : feishu
          yield* Console.log(flags.json ? readyLine(ready) : banner(ready, start))
          return yield* Effect.never
        }),
      )
    }),
  ).pipe(
    Command.withDescription(
      "A mock Feishu for offline tests: the meetings of a meeting number, and access tokens, as Feishu answers them. Without a command it serves, until Ctrl-C or SIGTERM.",
    ),
    Command.withExamples([
      { command: called, description: "Serve the embedded sample, and show how to call it" },
      {
        command: `${called} init && ${called} --seed feishu.yaml`,
        description: "Write a seed with every key explained, and serve it",
      },
      {
        command: `${called} --port 0 --json --rate-limit off`,
        description: "For a script: any free port, told in a line of JSON",
      },
      {
        command: `${called} --numbers 2 --meetings 5000 --now 2026-01-31T09:00:00Z`,
        description: "The same ten thousand meetings every time",
      },
    ]),
  )

/** All of it, under the name that it was called by. */
const commands = (called: string) =>
  Command.withSubcommands(mock(called), [
    Command.make(
      "init",
      {
        file: Argument.String("FILE").pipe(
          Argument.withDescription("Where to, feishu.yaml unless given; nothing is overwritten"),
          Argument.withDefault("feishu.yaml"),
        ),
      },
      ({ file }) => init(file, called),
    ).pipe(
      Command.withDescription("Write a seed to begin with: YAML, with every key explained."),
      Command.withExamples([
        { command: `${called} init`, description: "Write feishu.yaml, and feishu.schema.json for editors" },
      ]),
    ),
    Command.make(
      "validate",
      {
        files: Argument.variadic(
          Argument.String("FILE").pipe(
            Argument.withDescription("A seed in YAML or JSON; - reads standard input"),
          ),
          { min: 1 },
        ),
        json: Flag.Boolean("json").pipe(
          Flag.withoutNegation,
          Flag.withDescription("Print one line of JSON for each file"),
          Flag.withDefault(false),
        ),
      },
      ({ files, json }) => Validate.validate(files, { json }),
    ).pipe(
      Command.withDescription(
        "List every mistake in seed files with its path and line (exit code 2), or say what the files hold.",
      ),
      Command.withExamples([
        { command: `${called} validate feishu.yaml`, description: "Check one file" },
        {
          command: `envsubst < feishu.yaml | ${called} validate -`,
          description: "Check what another program writes",
        },
        { command: `${called} validate --json seeds/*.yaml | jq .faults`, description: "For programs" },
      ]),
    ),
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
    ),
    Command.make("schema", {}, () => Console.log(schemaText().trimEnd())).pipe(
      Command.withDescription("Print the JSON Schema of a seed, by which editors help to write one."),
      Command.withExamples([
        { command: `${called} schema > feishu.schema.json`, description: "Write it anew" },
      ]),
    ),
  ])

/** Headings in the help, before these flags. */
const flagGroups = {
  port: "where it listens",
  seed: "what it holds",
  "rate-limit": "how it behaves",
  log: "what it tells",
}

/** Says what is wrong with a command line in one line, without the whole help above it. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const { meaning, remedy } = CommandLineMistakes.describe(event, {
      takes,
      meantBy: (word) => (/^-$|\.(ya?ml|jsonc?|json5)$/i.test(word) ? `--seed ${word}` : undefined),
    })
    return Console.error(visible(`${name}: ${meaning}. ${remedy}`))
  },
}

/**
 * Runs the command. Fails with an exit code, after telling why: 2 for wrong flags and seeds, 1 for the rest. It may be
 * part of another command, and is `called` otherwise then.
 */
export const run = (args: ReadonlyArray<string>, version: string, called: string = name) =>
  Command.runWith(commands(called), { version })(args).pipe(
    Effect.catchIf(CliError.isCliError, () => Effect.fail(new Failed({ exitCode: 2 }))),
    Effect.provide([
      CliOutput.layerPresenter(presenter),
      CliOutput.layer({
        ...CliOutput.defaultFormatter(),
        formatHelpDoc: (doc) => HelpText.render(doc, { ...HelpText.stdout(), flagGroups }),
      }),
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
    ]),
  )

function parseLimitFrom(minimum: number) {
  return (text: string): Option.Option<number | "off"> => {
    if (text === "off") return Option.some(text)
    return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) >= minimum && Number(text) <= WholeNumber.mostTimes
      ? Option.some(Number(text))
      : Option.none()
  }
}

/** What tells of each request. A script has not asked for it, and may take every line of stderr for a failure. */
const logOf = Effect.fnUntraced(function* (flags: {
  readonly json: boolean
  readonly log: Option.Option<(typeof RequestLog.formats)[number]>
}) {
  const stdio = yield* Stdio.Stdio
  const console = yield* Console.Console
  // A reader that is gone, such as head, is no reason to stop.
  const ignore = () => {}
  yield* Effect.acquireRelease(
    Effect.sync(() => process.stderr.on("error", ignore)),
    (stderr) => Effect.sync(() => stderr.off("error", ignore)),
  )
  const watched = !flags.json && (yield* stdio.stderrIsTerminal)
  switch (Option.getOrElse(flags.log, () => (watched ? "pretty" : "none"))) {
    case "pretty":
      return (entry: Journal.Entry) => console.error(RequestLog.pretty(entry, RequestLog.stderr()))
    case "json":
      return (entry: Journal.Entry) => console.error(RequestLog.json(entry))
    case "none":
      return undefined
  }
})

const whyNotListening = (
  error: ServeError,
  { host, port }: { readonly host: string; readonly port: number },
): string => {
  const code = SystemCode.find(error.cause) ?? String(error.cause)
  if (code === "EADDRINUSE") {
    return `port ${port} on ${host} is in use: stop the other program, or give another --port (0 takes any free one)`
  }
  if (code === "EACCES") return `port ${port} on ${host} is not allowed: give a --port of 1024 or more`
  return `cannot listen on ${host} (${code}): check --host`
}
