/** The flags that start the mock. */
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as Addresses from "../state/Addresses.ts"
import * as Behaviour from "../state/Behaviour.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as RequestLog from "./RequestLog.ts"

const wholeNumberFrom = ([minimum, maximum]: readonly [number, number]) =>
  `a whole number from ${minimum} to ${maximum}`

/** The values that each flag takes. Effect's own messages differ by where it found the mistake ("Expected an integer", "Expected: FILE"). */
export const takes: Readonly<Record<string, string>> = {
  port: wholeNumberFrom(GivenOptions.bounds.port),
  host: Addresses.host.takes,
  seed: "a YAML or JSON file, or - for standard input",
  numbers: wholeNumberFrom(GivenOptions.bounds.numbers),
  meetings: wholeNumberFrom(GivenOptions.bounds.meetings),
  days: wholeNumberFrom(GivenOptions.bounds.days),
  "random-seed": "any text",
  now: "a time such as 2026-01-31T09:00:00Z, 2026-01-31, 1769850000 (unix seconds) or -3d (before the present)",
  "rate-limit": `a number of requests from 1 to ${WholeNumber.mostTimes}, or off`,
  "monthly-quota": `a number of calls from 0 to ${WholeNumber.mostTimes}, or off`,
  "control-token": Addresses.controlToken.takes,
  cors: Addresses.origin.takes,
  "app-ticket-url": Addresses.eventUrl.takes,
}

const whatItTakes = (flag: string) => () => takes[flag] ?? ""

const orUndefined = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** Decimal digits only: `Flag.Int` also reads 0x10, 1e3 and 1.0. */
const numberIn = (text: string): number => (/^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN)

const wholeNumber = (flag: keyof typeof GivenOptions.bounds) => {
  const [minimum, maximum] = GivenOptions.bounds[flag]
  return Flag.String(flag).pipe(
    Flag.withMetavar("N"),
    Flag.filterMap((text) => {
      const n = numberIn(text)
      return n >= minimum && n <= maximum ? Option.some(n) : Option.none()
    }, whatItTakes(flag)),
  )
}

const { defaults } = Behaviour
const { fields } = Behaviour.Behaviour

/** A switch that takes a number or `off`. */
const limit = (flag: string, name: "rateLimit" | "monthlyQuota", description: string) => {
  const isLimit = Schema.is(fields[name])
  return Flag.String(flag).pipe(
    Flag.withMetavar("N|off"),
    Flag.filterMap((text): Option.Option<number | "off"> => {
      const value = text === "off" ? text : numberIn(text)
      return isLimit(value) ? Option.some(value) : Option.none()
    }, whatItTakes(flag)),
    Flag.withDescription(description),
    Flag.withDefault(defaults[name]),
  )
}

/** A switch that takes one of several words. */
const choice = <const Choices extends ReadonlyArray<string>>(
  flag: string,
  { literals }: { readonly literals: Choices },
  whenNotGiven: Choices[number],
  description: string,
) =>
  Flag.Literals(flag, literals).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(description),
    Flag.withDefault(whenNotGiven),
  )

const isTime = Schema.is(VirtualClock.Time)

/** The flags for the address of the mock, and for access to its control plane. */
const listening = {
  port: wholeNumber("port").pipe(
    Flag.withDescription("Port to listen on (default: 8787); 0 takes any free port"),
    Flag.withDefault(8787),
  ),
  host: Flag.String("host").pipe(
    Flag.withMetavar("ADDRESS"),
    Flag.filter(Addresses.host.is, whatItTakes("host")),
    Flag.withDescription("Address to listen on (default: 127.0.0.1, which other machines cannot reach)"),
    Flag.withDefault("127.0.0.1"),
  ),
  controlToken: Flag.Redacted("control-token").pipe(
    Flag.withMetavar("TEXT"),
    Flag.filter((token) => Addresses.controlToken.is(Redacted.value(token)), whatItTakes("control-token")),
    Flag.withDescription(
      "Token that the control plane under /_mock requires (default: none on a loopback address, a generated one elsewhere)",
    ),
    orUndefined,
  ),
  cors: Flag.String("cors").pipe(
    Flag.withMetavar("ORIGIN"),
    Flag.filter(Addresses.origin.is, whatItTakes("cors")),
    Flag.withDescription("Origin whose web pages may also use the control plane (default: none)"),
    orUndefined,
  ),
}

/** The flags for what the mock holds, and for the start of its clock. */
const contents = {
  seed: Flag.String("seed").pipe(
    Flag.withMetavar("FILE"),
    Flag.filter((path) => path !== "", whatItTakes("seed")),
    Flag.withDescription(
      "YAML or JSON file with apps, meetings and meetings to generate; - reads standard input. JSON may have comments, and YAML merge keys (<<). The command init writes a file to start from. Without --seed, --numbers and --meetings, an embedded sample is served",
    ),
    orUndefined,
  ),
  numbers: wholeNumber("numbers").pipe(
    Flag.withDescription("Generate this many meeting numbers (default: 3 when --meetings is given)"),
    orUndefined,
  ),
  meetings: wholeNumber("meetings").pipe(
    Flag.withDescription(
      "Generate this many meetings for each generated number (default: 120 when --numbers is given)",
    ),
    orUndefined,
  ),
  days: wholeNumber("days").pipe(
    Flag.withDescription("Spread generated meetings over this many days before today, UTC (default: 89)"),
    Flag.withDefault(89),
  ),
  randomSeed: Flag.String("random-seed").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("Any text (default: 1); the same text and the same --now give the same bytes"),
    Flag.withDefault("1"),
  ),
  now: Flag.String("now").pipe(
    Flag.withMetavar("TIME"),
    Flag.filter(
      // Fewer than ten digits are meant as a date, such as 20260131, not as a second of 1970.
      (text) => !/^\d{1,9}$/.test(text) && isTime(text),
      whatItTakes("now"),
    ),
    Flag.withDescription(
      "Start the mock's clock at this time (default: the present): ISO 8601 with a time zone, unix seconds, or a time before the present, as in --now=-3d",
    ),
    orUndefined,
  ),
}

/** The flags for the switches of `Behaviour`, and for the address of events. */
const behaviour = {
  rateLimit: limit(
    "rate-limit",
    "rateLimit",
    `Requests per minute for an app and tenant (default: ${defaults.rateLimit})`,
  ),
  rateWindow: choice(
    "rate-window",
    fields.rateWindow,
    defaults.rateWindow,
    "How these requests are counted: in a window that starts with the first request (the default), in any 60 seconds, or from a token bucket",
  ),
  rateStatus: Flag.Literals("rate-status", ["429", "400"]).pipe(
    Flag.map((status) => (status === "400" ? 400 : 429)),
    Flag.withMetavar("STATUS"),
    Flag.withDescription(
      "HTTP status of a request over the rate limit (default: 429); some older endpoints of Feishu answer 400",
    ),
    Flag.withDefault(defaults.rateStatus),
  ),
  monthlyQuota: limit(
    "monthly-quota",
    "monthlyQuota",
    "Calls per calendar month (UTC+8) for a tenant (default: off)",
  ),
  ninetyDays: choice(
    "ninety-days",
    fields.ninetyDays,
    defaults.ninetyDays,
    "What the 90-day limit applies to, which Feishu's documents leave open: the span of a query, how far it looks back, or both (the default)",
  ),
  emptyList: choice(
    "empty-list",
    fields.emptyList,
    defaults.emptyList,
    "The list of an empty page (default: [])",
  ),
  lastPageToken: choice(
    "last-page-token",
    fields.lastPageToken,
    defaults.lastPageToken,
    "The page token of the last page (default: absent)",
  ),
  pageTokens: choice(
    "page-tokens",
    fields.pageTokens,
    defaults.pageTokens,
    "Which queries accept a page token: only the query that it was given for (bound, the default), or any query of the same number, whatever its times and page size (free)",
  ),
  appTicketUrl: Flag.String("app-ticket-url").pipe(
    Flag.withMetavar("URL"),
    Flag.filter(Addresses.eventUrl.is, whatItTakes("app-ticket-url")),
    Flag.withDescription(
      "Push the tickets of store apps to this URL: at the start, every hour, and on request",
    ),
    orUndefined,
  ),
}

/** The flags for what the command prints. */
const output = {
  log: Flag.Literals("log", RequestLog.formats).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "Log every request to standard error: pretty is a line for people, json a line of JSON (default: pretty on a terminal without --json, none elsewhere)",
    ),
    orUndefined,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription(
      "When ready, print one line of JSON instead of the banner: url, appId, appSecret, meetingNos",
    ),
    Flag.withDefault(false),
  ),
}

/** Every flag, in the order of the help. */
export const all = { ...listening, ...contents, ...behaviour, ...output }

/** The headings in the help, by the flag that follows each. */
export const groups = {
  port: "where it listens",
  seed: "what it holds",
  "rate-limit": "how it behaves",
  log: "what it prints",
}
