/** The command `backfill run`: makes this process a runner, and reads a run until it is done. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Backfill, Lane, LaneEntity, LaneReader, Runner } from "@effect-feishu/backfill"
import { type RateLimit, TimeRange } from "@effect-feishu/core"
import * as ShellQuote from "@effect-feishu/terminal/ShellQuote"
import { json } from "@effect-feishu/terminal/VisibleText"
import { IsIgnored, type Label, Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import { CommandEnded } from "../../failure/CommandEnded.ts"
import { exitCodes } from "../../failure/Fault.ts"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as Language from "../../language/Language.ts"
import { many, periods } from "../../language/phrases.ts"
import * as Progress from "../../run/Progress.ts"
import * as AppCredentials from "../../settings/AppCredentials.ts"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import * as Identity from "../../settings/Identity.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import { defaultRun, type OfRun } from "./change.ts"
import * as Database from "./database.ts"
import * as Errors from "./errors.ts"
import * as Pace from "./Pace.ts"
import { doing } from "./RunStatus.ts"
import * as StatusServer from "./StatusServer.ts"

/** The values of the flags. */
export interface Input
  extends OfRun, StatusServer.Flags, Omit<ConnectionFlags.Given, "accessTokenFile" | "account"> {
  readonly watch: boolean
  readonly listen: string | undefined
  readonly appTicketFile: string | undefined
  readonly progress: Progress.Mode | undefined
}

/** A shorter limit and shorter times of the cluster, for a demo and for tests. */
export const Scaled = Context.Reference<{
  readonly rateLimit?: Partial<RateLimit.Options> | undefined
  readonly timing?: Runner.Options["timing"]
}>("@effect-feishu/cli/backfill/Scaled", { defaultValue: () => ({}) })

const words = Language.words({
  en: {
    label: "progress: ",
    resting: (seconds: number) =>
      `requests that were sent before still count: lanes wait for at most ${seconds} s before they go on`,
    comma: ", ",
    status: {
      done: "complete: ",
      butFor: "complete but for what Feishu no longer shows: ",
      incomplete: "incomplete: ",
      paused: "paused: ",
      cancelled: "cancelled: ",
      running: "stopped: ",
    },
    unreachable: (windows: number) =>
      `${periods(windows)} no longer shown, ${windows === 1 ? "it is" : "they are"} more than 90 days ago`,
    goesOn: (command: string) => `it goes on with: ${command}`,
    failed: (numbers: number, command: string) =>
      `${many(numbers, "number")} could not be read; list them with: ${command}`,
    again: "the same command reads them again",
  },
  zh: {
    label: "进度：",
    resting: (seconds) => `此前发出的请求仍计入频率限制：各通道至多等待 ${seconds} 秒后继续`,
    comma: "，",
    status: {
      done: "已完成：",
      butFor: "除飞书不再显示的部分外已完成：",
      incomplete: "未完成：",
      paused: "已暂停：",
      cancelled: "已取消：",
      running: "已停止：",
    },
    unreachable: (windows) => `${windows} 个时间段早于 90 天前，飞书不再显示`,
    goesOn: (command) => `继续：${command}`,
    failed: (numbers, command) => `${numbers} 个会议号未能读取，可用此命令列出：${command}`,
    again: "再次运行同一命令会重读",
  },
})

/** Reads a run, shows how far it is, and says how it ended. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const settings = yield* LoadedSettings.load(input)
  yield* Identity.refuseUser(settings)
  const name = input.run ?? defaultRun
  yield* Errors.inWords(
    Effect.gen(function* () {
      const database = yield* Database.find(settings)
      const reading = Effect.gen(function* () {
        const backfill = yield* Backfill.Backfill
        // Before this process becomes a runner: a run that is not there is a mistake.
        if (!input.watch || input.run !== undefined) yield* backfill.status(name)
        yield* StatusServer.openIfAsked(input, {
          rateLimit: settings.rateLimit,
          runs: backfill.status(input.watch && input.run === undefined ? undefined : name),
        })
        const ofRunner = runner(settings, database, settings.found.get("listen")?.text)
        const asked =
          input.watch && input.run === undefined
            ? Effect.never
            : backfill.run(name, { untilDone: !input.watch, ...(yield* lookOften) })
        return yield* shown(
          input,
          settings,
          name,
          asked.pipe(Effect.provide(ofRunner), Effect.provideService(IsIgnored, isIgnored)),
        )
      })
      return yield* Effect.provide(Effect.scoped(reading), Database.layer(database))
    }),
  )
})

/** Faults of lanes are said with the time until which they wait; a runner that stops or starts is alone for a moment. */
const isIgnored = (text: string): boolean => /^(?:[^\s:]+: |No healthy runners available)/.test(text)

/** With a shorter limit, the end is looked for more often, too. */
const lookOften = Effect.map(Scaled, ({ rateLimit }) => (rateLimit === undefined ? {} : { lookMillis: 200 }))

/** What a runner needs: the cluster, and a reader with the credentials that are set here. */
const runner = (settings: LoadedSettings.Settings, { address }: Database.Found, listen: string | undefined) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const backfill = yield* Backfill.Backfill
      const scaled = yield* Scaled
      const credentials = Effect.fnUntraced(
        function* (appId: string) {
          const lanes = yield* Effect.orElseSucceed(
            Effect.map(backfill.status(), (runs) =>
              runs.flatMap(({ lanes }) => lanes.map(({ lane }) => lane)),
            ),
            (): ReadonlyArray<Lane.Lane> => [],
          )
          const tenants = new Set(lanes.filter((lane) => lane.appId === appId).map((lane) => lane.tenantKey))
          if (tenants.size > 1 && AppCredentials.isStoreApp(settings, appId) === false) {
            return yield* AppCredentials.refuseTenants(appId, tenants.size)
          }
          return yield* AppCredentials.sourceOf(settings, appId)
        },
        Effect.provideService(Language.CurrentLanguage, "en"),
      )
      const { found } = settings
      const allowHttp = LoadedSettings.plainHttpHosts(settings).length > 0
      const reader = LaneReader.layer({
        brand: found.get("brand")?.text.toLowerCase() === "lark" ? "lark" : "feishu",
        baseUrl: found.get("base-url")?.text,
        oauthBaseUrl: found.get("oauth-base-url")?.text,
        ...(allowHttp ? { allowHttp } : {}),
        credentials,
        rateLimit: { ...ClientLayer.rateLimit(settings), ...scaled.rateLimit },
      }).pipe(Layer.provide(ClientLayer.http(settings)))
      return LaneEntity.layer.pipe(
        Layer.provide(reader),
        Layer.provideMerge(Runner.layer({ database: address, listen, timing: scaled.timing })),
      )
    }),
  )

/** Shows how a run stands while it is read, and how it ended. */
const shown = Effect.fnUntraced(function* <E, R>(
  input: Input,
  settings: LoadedSettings.Settings,
  name: string,
  reading: Effect.Effect<Backfill.RunStatus, E, R>,
) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const stderr = yield* Stderr
  const backfill = yield* Backfill.Backfill
  const verbosity = yield* CurrentVerbosity
  const mode = input.progress ?? (verbosity === "quiet" ? "none" : "auto")
  const flags = [
    ...(input.db === undefined ? [] : ["--db", input.db]),
    ...(input.run === undefined ? [] : ["--run", input.run]),
  ]
  const command = (name: string) =>
    ["feishu-meetings", "backfill", name, ...flags].map(ShellQuote.word).join(" ")
  const progress = new Pace.Pace(settings.rateLimit)
  const look = Effect.gen(function* () {
    const runs = yield* backfill.status(input.watch && input.run === undefined ? undefined : name)
    const now = yield* Clock.currentTimeMillis
    const status = together(runs)
    progress.add(status, now)
    return { status, now }
  })
  const faults = new Map<string, string>()
  let ofBefore: ReadonlyMap<string, number> | undefined
  const sayFaults = (status: Backfill.RunStatus) => {
    const lanes = status.lanes.filter(({ fault, isDone }) => !isDone && fault !== undefined)
    // What an earlier runner met is tried again by this one, perhaps with another secret.
    ofBefore ??= new Map(lanes.map(({ fault, lane }) => [Lane.id(lane), fault!.at]))
    return Effect.forEach(
      lanes,
      (lane) => {
        const [id, text] = [Lane.id(lane.lane), lane.fault!.message]
        if (ofBefore?.get(id) === lane.fault!.at) return Effect.void
        if (faults.get(id) === text || faults.size >= mostFaults) return Effect.void
        faults.set(id, text)
        return mode === "none" ? Effect.void : stderr.line(`${id}: ${doing(status, lane, language)}`)
      },
      { discard: true },
    )
  }
  // Only said where lanes have just been read: a runner that comes to others that are at work has nothing to wait for, either.
  const { status: before } = yield* look
  const isResting = before.lanes.some(
    ({ idleMillis = restMillis, isDone }) => !isDone && idleMillis < restMillis,
  )
  if (isResting && mode === "auto") yield* stderr.line(say.resting(restMillis / 1_000))
  const live = mode === "auto" && stderr.live
  const everyMillis = live ? 1_000 : 5_000
  let printedAt = yield* Clock.currentTimeMillis
  const watch = Effect.gen(function* () {
    for (;;) {
      const { now, status } = yield* look
      yield* sayFaults(status)
      const parts = Pace.partsOf(status, progress, now, language)
      if (live) yield* stderr.progress((columns) => Progress.fitting(parts, columns, say.comma))
      else if (mode !== "none" && now - printedAt >= 30_000) {
        printedAt = now
        yield* mode === "json"
          ? stderr.line(json({ progress: "backfill", ...recordOf(status, progress, now) }))
          : stderr.line(parts.map(({ text }) => text).join(say.comma), { text: say.label, color: "cyan" })
      }
      yield* Effect.sleep(everyMillis)
    }
  }).pipe(
    // The database may be away: the engine says so itself.
    Effect.catch(() => Effect.sleep(everyMillis)),
    Effect.forever,
  )
  const ended = (status: Backfill.RunStatus, isStopped: boolean) => {
    const { failures, state } = status
    const hasFailed = failures > 0
    const end = isStopped
      ? "running"
      : state !== "done"
        ? state
        : hasFailed
          ? "incomplete"
          : status.unreachable > 0
            ? "butFor"
            : "done"
    const counts = [
      ...Pace.counts(status, language),
      ...(status.unreachable === 0 ? [] : [say.unreachable(status.unreachable)]),
      ...(isStopped ? [say.goesOn(command("run"))] : []),
      ...(state === "done" && hasFailed ? [say.failed(failures, command("failures")), say.again] : []),
    ]
    return stderr.line(counts.join(say.comma), { text: say.status[end], color: colours[end] })
  }
  const fiber = yield* Effect.forkChild(watch)
  const status = yield* reading.pipe(
    Effect.onExit((exit) =>
      Effect.gen(function* () {
        yield* Fiber.interrupt(fiber)
        yield* stderr.clear
        if (Exit.isSuccess(exit)) return yield* ended(exit.value, false)
        if (Cause.hasInterruptsOnly(exit.cause))
          yield* Effect.ignore(Effect.flatMap(look, ({ status }) => ended(status, true)))
      }),
    ),
  )
  if (status.state === "done" && (status.failures > 0 || status.unreachable > 0)) {
    return yield* new CommandEnded({ exitCode: exitCodes.refused })
  }
})

const colours: Readonly<Record<keyof Language.Say<typeof words>["status"], Label["color"]>> = {
  done: "green",
  butFor: "yellow",
  incomplete: "red",
  paused: "yellow",
  cancelled: "yellow",
  running: "yellow",
}

/** A lane that was read this recently is not read at once, since Feishu still counts its requests. */
const restMillis = 71_000

/** At most this many faults of lanes are reported; `status` has all. */
const mostFaults = 20

/** Returns several runs as if they were one. */
const together = (runs: ReadonlyArray<Backfill.RunStatus>): Backfill.RunStatus => {
  const [first] = runs
  if (first !== undefined && runs.length === 1) return first
  const sum = (of: (run: Backfill.RunStatus) => number) => runs.reduce((total, run) => total + of(run), 0)
  return {
    run: "",
    state: runs.some(({ state }) => state === "running") ? "running" : "done",
    range: { start: 0, end: 0 },
    series: undefined,
    attempt: 1,
    units: sum(({ units }) => units),
    position: sum(({ position }) => position),
    numbers: sum(({ numbers }) => numbers),
    meetings: sum(({ meetings }) => meetings),
    failures: sum(({ failures }) => failures),
    unreachable: sum(({ unreachable }) => unreachable),
    emptyOld: sum(({ emptyOld }) => emptyOld),
    lanes: runs.flatMap(({ lanes }) => lanes),
  }
}

const recordOf = (status: Backfill.RunStatus, pace: Pace.Pace, now: number) => ({
  time: TimeRange.iso(now / 1_000),
  state: status.state,
  lanes: status.lanes.length,
  lanesDone: status.lanes.filter(({ isDone }) => isDone).length,
  lanesWaiting: status.lanes.filter(({ fault, isDone }) => !isDone && fault !== undefined).length,
  windows: status.position,
  plannedWindows: status.units,
  meetings: status.meetings,
  failures: status.failures,
  requestsPerMinute: pace.perMinute,
  secondsLeft: pace.secondsLeft(status),
})
