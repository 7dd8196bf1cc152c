/** The command line: its flags and its help. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { ListByNo } from "@effect-feishu/core"
import * as Format from "./Format.ts"
import * as Language from "./Language.ts"
import { list as run } from "./list.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  )

const wholeNumber = (name: string, [least, most]: readonly [number, number], description: string) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= least && value <= most,
      () => `a whole number from ${least} to ${most}`,
    ),
    Flag.withMetavar("N"),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  )

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

const list = Command.make(
  "list",
  {
    numbers: Argument.variadic(
      Argument.String("meeting-no").pipe(
        Argument.withDescription("Nine digits; spaces and dashes between them do not matter"),
      ),
    ),
    from: text(
      "from",
      "TIME",
      "Start: ISO (2026-09-01, 2026-09-01T08:00:00+08:00), unix seconds, or how long ago (30d, 36h); default 90 days ago less one hour, the most that Feishu surely shows",
    ),
    to: text("to", "TIME", "End, written likewise; a date includes the whole local day; default now"),
    format: Flag.Literals("format", Format.names).pipe(
      Flag.withDescription(
        "Default: table on a terminal, ndjson elsewhere. In csv, an apostrophe stands before cells that a spreadsheet would run (= + - @ tab CR)",
      ),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    ),
    output: text(
      "output",
      "FILE",
      "Write the data there; until it is complete it is in FILE.part, and stays there if the run ends early. A named pipe or a device is written itself",
    ),
    pageSize: wholeNumber(
      "page-size",
      [1, ListByNo.maxPageSize],
      `Meetings per request, 1 to ${ListByNo.maxPageSize}; default ${ListByNo.maxPageSize}, or --max-items if that is less`,
    ),
    maxItems: wholeNumber("max-items", [1, Number.MAX_SAFE_INTEGER], "Stop after this many meetings"),
    cursor: text(
      "cursor",
      "TEXT",
      "Go on where an earlier run ended; it holds number, range and page size, so give none of them",
    ),
    baseUrl: text(
      "base-url",
      "URL",
      "Feishu's address, before FEISHU_BASE_URL; default https://open.feishu.cn",
    ),
    summary: Flag.Literals("summary", ["text", "json"]).pipe(
      Flag.withDescription("How the last line on standard error tells how the run ended; default text"),
      Flag.withDefault("text"),
    ),
    showPasswords: yes("show-passwords", "Add the passwords of the meetings to the data"),
    demo: yes("demo", "Read a year of made-up meetings from a mock in this process; needs no account"),
  },
  run,
).pipe(
  Command.withShortDescription("List every meeting that was held under meeting numbers"),
  Command.withDescription(
    [
      "List every meeting that was held under meeting numbers. Data goes to standard output, everything else to standard error; its last line says whether the list is complete.",
      "",
      "  Credentials come from the environment: FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN;",
      "  FEISHU_BRAND=lark for Lark.",
      "",
      "  Exit codes: 0 complete, or limited by --max-items or by the reader of a pipe; 1 refused by the API;",
      "  2 bad input, nothing was sent; 3 token, scope or app; 4 network or server, after all retries;",
      "  5 a bug of this tool; 6 stopped by its own decision, as when the data cannot be written;",
      "  7 the answer breaks the contract; 130 and 143 stopped by a signal.",
    ].join("\n"),
  ),
  Command.withExamples([
    { command: "feishu-meetings list --demo", description: "See it work, without an account" },
    {
      command: "feishu-meetings list 337736498 --from 2026-09-01 --to 2026-09-30",
      description: "A month, in local days",
    },
    {
      command: 'feishu-meetings list 337736498 "146 453 285" --from 30d --format csv --output meetings.csv',
      description: "Two numbers into a file",
    },
    {
      command:
        "feishu-meetings list 337736498 --summary json >rows.ndjson 2>log.txt; tail -n 1 log.txt | jq .status",
      description: "For programs: the summary is the last line, after warnings and hints",
    },
  ]),
)

/** The command `feishu-meetings`. */
export const feishuMeetings = (language: Language.Language) =>
  Command.make("feishu-meetings").pipe(
    Command.withDescription(
      "Reads the meetings of Feishu (Lark) meeting numbers, and says whether the list is complete.",
    ),
    Command.withSubcommands([list]),
    Command.withGlobalFlags([Language.flag(language)]),
  )
