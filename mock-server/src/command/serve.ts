/** `feishu-mock` without a command: serves until it is stopped. */
import type * as Command from "effect/cli/Command"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"

import * as Effect from "effect/Effect"
import type { ServeError } from "effect/http/HttpServerError"

import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import * as Socket from "../server/Socket.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as Problems from "../protocol/Problems.ts"
import type * as Seed from "../seed/Seed.ts"
import * as SeedCheck from "../seed/SeedCheck.ts"
import * as SeedFile from "../seed/SeedFile.ts"
import * as SeedWarnings from "../seed/SeedWarnings.ts"
import { renderFault } from "../seed/SeedInvalid.ts"
import type * as Journal from "../state/Journal.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import { banner, readyLine } from "./banner.ts"
import { type Failed, name, tell, warn } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import * as RequestLog from "./RequestLog.ts"
import { oldInWords } from "./validate.ts"

/** The values of the flags. */
type Given = Command.Command.Config.Infer<typeof flags.all>

/** Starts the mock, prints that it is ready, and serves until it is interrupted. */
export const serve = (given: Given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const present = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const now = yield* startOf(given, present)
      const failures = yield* failuresIn(given)
      const { feishu, seed } = yield* start(given, now, failures).pipe(
        Effect.catchTags({
          SeedInvalid: (error) => tell(error.message, 2),
          ServeError: (error) => tell(whyNotListening(error, given), 1),
        }),
      )
      const { meetingNos, url } = feishu
      const started = now ?? SeedCheck.startOf(seed, present)
      for (const doubt of doubtsAbout(given, meetingNos, seed, started)) yield* warn(doubt)
      const ready = hasOnlyStoreApps(seed) ? { url, meetingNos } : feishu
      yield* Console.log(given.json ? readyLine(ready) : banner(ready, started))
      return yield* Effect.never
    }),
  )

/** Returns the start of the mock's clock in unix seconds; `undefined` without `--now`. */
const startOf = ({ now: time }: Given, present: number): Effect.Effect<number | undefined, Failed> => {
  if (time === undefined) return Effect.undefined
  return Option.match(VirtualClock.secondsOf(time, present), {
    onNone: () => tell(`--now ${time} is out of range: ${VirtualClock.bounds}`, 2),
    onSome: Effect.succeed,
  })
}

/** Reads the failures of the flags, which are written as in a seed. */
const failuresIn = Effect.fnUntraced(function* ({ chaos, fault }: Given) {
  const faults: Array<FaultRule.Rule> = []
  for (const text of fault) faults.push(yield* failureIn("fault", text, decodeRule))
  return {
    faults,
    chaos: chaos === undefined ? undefined : yield* failureIn("chaos", chaos, decodeChaos),
  }
})

const decodeRule = Schema.decodeUnknownResult(FaultRule.Rule, { errors: "all", onExcessProperty: "error" })
const decodeChaosKeys = Schema.decodeUnknownResult(FaultRule.Chaos, {
  errors: "all",
  onExcessProperty: "error",
})
/** A number alone is the rate. */
const decodeChaos = (value: unknown) => decodeChaosKeys(typeof value === "number" ? { rate: value } : value)

/** Reads a value in YAML, of which JSON is a part. The parser is loaded only when it is needed. */
const failureIn = <A>(
  flag: "fault" | "chaos",
  text: string,
  decode: (value: unknown) => Result.Result<A, Schema.SchemaError>,
): Effect.Effect<A, Failed> =>
  Effect.flatMap(
    Effect.promise(() => import("../seed/SeedYaml.ts")),
    ({ parse }) => {
      const { faults, value } = parse(text)
      const [unread] = faults
      const refuse = (problems: ReadonlyArray<string>) =>
        tell(
          `--${flag} ${shortened(text, 200)}: ${Problems.told(problems).join("; ")}. See ${name} --help.`,
          2,
        )
      if (text.trim() === "")
        return tell(`--${flag} needs a value: ${flags.takes[flag]}. See ${name} --help.`, 2)
      if (unread !== undefined) return refuse([unread.message])
      if (typeof value === "string") return refuse([`must be ${flags.takes[flag]}`])
      return Result.match(decode(value), {
        onFailure: ({ issue }) => refuse(Problems.ofIssue(issue).map(Problems.inWords)),
        onSuccess: Effect.succeed,
      })
    },
  )

const start = Effect.fnUntraced(function* (
  given: Given,
  now: number | undefined,
  failures: Effect.Success<ReturnType<typeof failuresIn>>,
) {
  const {
    chaos: _chaos,
    controlToken,
    fault: _fault,
    json,
    log,
    meetings,
    numbers,
    participants,
    seed: file,
    tenantKey,
    ...options
  } = given
  const seed = file === undefined ? undefined : yield* SeedFile.fromFile(file, now)
  const generate = [numbers, meetings, participants, tenantKey].every((value) => value === undefined)
    ? undefined
    : {
        numbers: numbers ?? 3,
        meetings: meetings ?? 120,
        ...(participants === undefined ? {} : { participants }),
        ...(tenantKey === undefined ? {} : { tenant_key: tenantKey }),
      }
  const { running: feishu } = yield* Socket.start({
    ...options,
    ...failures,
    seed,
    generate,
    now,
    controlToken: controlToken === undefined ? undefined : Redacted.value(controlToken),
    onRequest: yield* logOf({ json, log }),
  })
  return { feishu, seed }
})

/** Returns a warning for everything that may be a mistake. `start` is the start of the mock's clock in unix seconds. */
const doubtsAbout = (
  { appTicketUrl, host, ninetyDays }: Given,
  meetingNos: ReadonlyArray<string>,
  seed: Seed.Seed | undefined,
  start: number,
): ReadonlyArray<string> => {
  const bounded = ninetyDays ?? seed?.behaviour?.ninetyDays
  const old = seed === undefined || bounded === "span" ? 0 : SeedWarnings.tooOld(seed, start)
  return [
    ...(hasOnlyStoreApps(seed) && appTicketUrl === undefined
      ? ["the seed has store apps only, and their tickets are not pushed anywhere: give --app-ticket-url"]
      : []),
    ...(meetingNos.length === 0
      ? ["there are no meetings to read: add meetings or generate to the seed, or give --meetings"]
      : []),
    ...(old > 0 ? [oldInWords(old)] : []),
    ...(seed === undefined ? [] : Problems.told(SeedWarnings.warnings(seed, start).map(renderFault))),
    ...(isLoopbackHost(host) ? [] : [`other machines can reach ${host} and read these meetings`]),
  ]
}

const hasOnlyStoreApps = (seed: Seed.Seed | undefined): boolean =>
  seed?.apps?.every(({ type }) => type === "store") ?? false

/**
 * Returns the function that logs each request, or `undefined`. By default nothing is logged for a script: it may take every
 * line on standard error for a failure.
 */
const logOf = Effect.fnUntraced(function* (flags: {
  readonly json: boolean
  readonly log: (typeof RequestLog.formats)[number] | undefined
}) {
  const stdio = yield* Stdio.Stdio
  const console = yield* Console.Console
  // A reader that has exited, such as head, does not stop the mock.
  const ignore = () => {}
  yield* Effect.acquireRelease(
    Effect.sync(() => process.stderr.on("error", ignore)),
    (stderr) => Effect.sync(() => stderr.off("error", ignore)),
  )
  const watched = !flags.json && (yield* stdio.stderrIsTerminal)
  switch (flags.log ?? (watched ? "pretty" : "none")) {
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
  const code = SystemCode.orMessage(error.cause)
  if (code === "EADDRINUSE") {
    return `port ${port} on ${host} is in use: stop the other program, or give another --port (0 takes any free one)`
  }
  if (code === "EACCES") return `port ${port} on ${host} is not permitted: give a --port of 1024 or more`
  return `cannot listen on ${host} (${code}): check --host`
}
