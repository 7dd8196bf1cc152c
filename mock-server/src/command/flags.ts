/** The flags with which the mock is started. */
import { ListByNo } from "@effect-feishu/contract"
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

const { fields } = Behaviour.Behaviour

/** What each flag takes. Effect's own words depend on where it noticed ("Expected an integer", "Expected: FILE"). */
export const takes: Readonly<Record<string, string>> = {
  port: wholeNumberFrom(GivenOptions.bounds.port),
  host: Addresses.host.takes,
  seed: "a YAML or JSON file, or - for standard input",
  numbers: wholeNumberFrom(GivenOptions.bounds.numbers),
  meetings: wholeNumberFrom(GivenOptions.bounds.meetings),
  days: wholeNumberFrom(GivenOptions.bounds.days),
  "random-seed": "any text",
  now: "a time such as 2026-01-31T09:00:00Z, 2026-01-31, 1769850000 (unix seconds) or -3d (before the present)",
  "rate-limit": "a number of requests from 1 to 1000000000, or off",
  "monthly-quota": "a number of calls from 0 to 1000000000, or off",
  "control-token": Addresses.controlToken.takes,
  cors: Addresses.origin.takes,
  "app-ticket-url": Addresses.eventUrl.takes,
}

const isTime = Schema.is(VirtualClock.Time)

const whatItTakes = (flag: string) => () => takes[flag] ?? ""

const wholeNumber = (flag: keyof typeof GivenOptions.bounds) => {
  const [minimum, maximum] = GivenOptions.bounds[flag]
  return Flag.String(flag).pipe(
    Flag.withMetavar("N"),
    // Decimal digits only: `Flag.Int` also reads 0x10, 1e3 and 1.0.
    Flag.filterMap((text) => {
      const n = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
      return n >= minimum && n <= maximum ? Option.some(n) : Option.none()
    }, whatItTakes(flag)),
  )
}

/** Where it listens, what it holds, how it behaves, and what it prints. */
export const all = {
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
    orUndefined,
  ),
  cors: Flag.String("cors").pipe(
    Flag.withMetavar("ORIGIN"),
    Flag.filter(Addresses.origin.is, whatItTakes("cors")),
    Flag.withDescription("A web page that may ask the control plane, too: none unless given"),
    orUndefined,
  ),
  seed: Flag.String("seed").pipe(
    Flag.withMetavar("FILE"),
    Flag.filter((path) => path !== "", whatItTakes("seed")),
    Flag.withDescription(
      "YAML or JSON file with apps, meetings and meetings to generate; - reads standard input. JSON may have comments, and YAML merge keys (<<). The command init writes a file to start from. Without --seed, --numbers and --meetings, an embedded sample is served",
    ),
    orUndefined,
  ),
  numbers: wholeNumber("numbers").pipe(
    Flag.withDescription("Generate this many meeting numbers (3 when only --meetings is given)"),
    orUndefined,
  ),
  meetings: wholeNumber("meetings").pipe(
    Flag.withDescription("Meetings for each generated number (120 when only --numbers is given)"),
    orUndefined,
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
    orUndefined,
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
    Flag.map((status) => (status === "400" ? 400 : 429)),
    Flag.withMetavar("STATUS"),
    Flag.withDescription("HTTP status of a refusal, 429 unless given; some older endpoints answer 400"),
    Flag.withDefault(429),
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
    orUndefined,
  ),
  log: Flag.Literals("log", RequestLog.formats).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "Tell of every request on standard error: pretty is a line for people, json a line of JSON. Unless given, pretty on a terminal without --json, and none elsewhere",
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

function parseLimitFrom(minimum: number) {
  return (text: string): Option.Option<number | "off"> => {
    if (text === "off") return Option.some(text)
    return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) >= minimum && Number(text) <= WholeNumber.mostTimes
      ? Option.some(Number(text))
      : Option.none()
  }
}

function orUndefined<A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> {
  return flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))
}

/** The headings in the help, each before the flag that it is named by. */
export const groups = {
  port: "where it listens",
  seed: "what it holds",
  "rate-limit": "how it behaves",
  log: "what it tells",
}
