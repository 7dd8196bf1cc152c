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
import * as Language from "@effect-feishu/terminal/Language"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import * as Socket from "../server/Socket.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as TimeText from "../protocol/TimeText.ts"
import * as Problems from "../protocol/Problems.ts"
import type * as Seed from "../seed/Seed.ts"
import * as SeedCheck from "../seed/SeedCheck.ts"
import * as SeedFile from "../seed/SeedFile.ts"
import * as SeedWarnings from "../seed/SeedWarnings.ts"
import { renderFault } from "../seed/SeedInvalid.ts"
import type * as Journal from "../state/Journal.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import { banner, readyLine } from "./banner.ts"
import { Called, type Failed, tell, warn } from "./CommandFailed.ts"
import * as flags from "./flags.ts"
import * as RequestLog from "./RequestLog.ts"
import { problemsIn, seedInvalid } from "./problems.ts"
import { oldInWords } from "./validate.ts"

/** The values of the flags. */
type Given = Command.Command.Config.Infer<ReturnType<typeof flags.all>>

const words = Language.words({
  en: {
    outOfRange: (time: string, bounds: string) => `--now ${time} is out of range: ${bounds}`,
    help: (what: string, called: string) => `${what}. See ${called} --help.`,
    wrong: (flag: string, value: string, problems: ReadonlyArray<string>) =>
      `--${flag} ${value}: ${problems.join("; ")}`,
    needsValue: (flag: string, takes: string) => `--${flag} needs a value: ${takes}`,
    mustBe: (takes: string) => `must be ${takes}`,
    onlyStoreApps:
      "the seed has store apps only, and their tickets are not pushed anywhere: give --app-ticket-url",
    noMeetings: "there are no meetings to read: add meetings or generate to the seed, or give --meetings",
    reachable: (host: string) => `other machines can reach ${host} and read these meetings`,
    inUse: (port: number, host: string) =>
      `port ${port} on ${host} is in use: stop the other program, or give another --port (0 takes any free one)`,
    notPermitted: (port: number, host: string) =>
      port < 1_024
        ? `port ${port} on ${host} is not permitted: give a --port of 1024 or more`
        : // Windows keeps ranges of ports for itself, as for containers.
          `port ${port} on ${host} is reserved by this system: give another --port (0 takes any free one)`,
    notListening: (host: string, code: string) => `cannot listen on ${host} (${code}): check --host`,
  },
  zh: {
    outOfRange: (time) => `--now ${time} 超出范围：时钟为 0 到 ${TimeText.lastSecond}（unix 秒）`,
    help: (what, called) => `${what}。请查看 ${called} --help。`,
    wrong: (flag, value, problems) => `--${flag} ${value}：${problems.join("；")}`,
    needsValue: (flag, takes) => `--${flag} 需要一个值：${takes}`,
    mustBe: (takes) => `应为${takes}`,
    onlyStoreApps: "种子中只有商店应用，而 app_ticket 没有推送到任何地方：请给出 --app-ticket-url",
    noMeetings: "没有可读取的会议：请在种子中写 meetings 或 generate，或给出 --meetings",
    reachable: (host) => `其他机器可以访问 ${host} 并读取这些会议`,
    inUse: (port, host) =>
      `${host} 的端口 ${port} 已被占用：请停止占用它的程序，或换一个 --port（0 表示任意空闲端口）`,
    notPermitted: (port, host) =>
      port < 1_024
        ? `无权使用 ${host} 的端口 ${port}：请使用 1024 或以上的 --port`
        : `${host} 的端口 ${port} 已被系统保留：请换一个 --port（0 表示任意空闲端口）`,
    notListening: (host, code) => `无法监听 ${host}（${code}）：请检查 --host`,
  },
})

type Say = Language.Say<typeof words>

/** Starts the mock, prints that it is ready, and serves until it is interrupted. */
export const serve = (given: Given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const language = yield* Language.CurrentLanguage
      const say = words[language]
      const present = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const now = yield* startOf(given, present, say)
      const failures = yield* failuresIn(given, language)
      const { feishu, seed } = yield* start(given, now, failures).pipe(
        Effect.catchTags({
          SeedInvalid: (error) => tell(seedInvalid(error, language), 2),
          ServeError: (error) => tell(whyNotListening(error, given, say), 1),
        }),
      )
      const { meetingNos, url } = feishu
      const started = now ?? SeedCheck.startOf(seed, present)
      for (const doubt of doubtsAbout(given, meetingNos, seed, started, language)) yield* warn(doubt)
      const ready = hasOnlyStoreApps(seed) ? { url, meetingNos } : feishu
      yield* Console.log(given.json ? readyLine(ready) : banner(ready, started, language))
      return yield* Effect.never
    }),
  )

/** Returns the start of the mock's clock in unix seconds; `undefined` without `--now`. */
const startOf = (
  { now: time }: Given,
  present: number,
  say: Say,
): Effect.Effect<number | undefined, Failed> => {
  if (time === undefined) return Effect.undefined
  return Option.match(VirtualClock.secondsOf(time, present), {
    onNone: () => tell(say.outOfRange(String(time), VirtualClock.bounds), 2),
    onSome: Effect.succeed,
  })
}

/** Reads the failures of the flags, which are written as in a seed. */
const failuresIn = Effect.fnUntraced(function* ({ chaos, fault }: Given, language: Language.Language) {
  const faults: Array<FaultRule.Rule> = []
  for (const text of fault) faults.push(yield* failureIn("fault", text, decodeRule, language))
  return {
    faults,
    chaos: chaos === undefined ? undefined : yield* failureIn("chaos", chaos, decodeChaos, language),
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
  language: Language.Language,
): Effect.Effect<A, Failed> =>
  Effect.flatMap(
    Effect.all([Effect.promise(() => import("../seed/SeedYaml.ts")), Called]),
    ([{ parse }, called]) => {
      const say = words[language]
      const takes = flags.takes(language)[flag] ?? ""
      const { faults, value } = parse(text)
      const [unread] = faults
      const refuse = (problems: ReadonlyArray<string>) =>
        tell(say.help(say.wrong(flag, shortened(text, 200), problemsIn(problems, language)), called), 2)
      if (text.trim() === "") return tell(say.help(say.needsValue(flag, takes), called), 2)
      if (unread !== undefined) return refuse([unread.message])
      if (typeof value === "string") return refuse([say.mustBe(takes)])
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
  language: Language.Language,
): ReadonlyArray<string> => {
  const say = words[language]
  const bounded = ninetyDays ?? seed?.behaviour?.ninetyDays
  const old = seed === undefined || bounded === "span" ? 0 : SeedWarnings.tooOld(seed, start)
  return [
    ...(hasOnlyStoreApps(seed) && appTicketUrl === undefined ? [say.onlyStoreApps] : []),
    ...(meetingNos.length === 0 ? [say.noMeetings] : []),
    ...(old > 0 ? [oldInWords(old, language)] : []),
    ...(seed === undefined ? [] : problemsIn(SeedWarnings.warnings(seed, start).map(renderFault), language)),
    ...(isLoopbackHost(host) ? [] : [say.reachable(host)]),
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
  const language = yield* Language.CurrentLanguage
  // A reader that has exited, such as head, does not stop the mock.
  const ignore = () => {}
  yield* Effect.acquireRelease(
    Effect.sync(() => process.stderr.on("error", ignore)),
    (stderr) => Effect.sync(() => stderr.off("error", ignore)),
  )
  const watched = !flags.json && (yield* stdio.stderrIsTerminal)
  switch (flags.log ?? (watched ? "pretty" : "none")) {
    case "pretty":
      return (entry: Journal.Entry) => console.error(RequestLog.pretty(entry, RequestLog.stderr(), language))
    case "json":
      return (entry: Journal.Entry) => console.error(RequestLog.json(entry))
    case "none":
      return undefined
  }
})

const whyNotListening = (
  error: ServeError,
  { host, port }: { readonly host: string; readonly port: number },
  say: Say,
): string => {
  const code = SystemCode.orMessage(error.cause)
  if (code === "EADDRINUSE") {
    return say.inUse(port, host)
  }
  if (code === "EACCES") return say.notPermitted(port, host)
  return say.notListening(host, code)
}
