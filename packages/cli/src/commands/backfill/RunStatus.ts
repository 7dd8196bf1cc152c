/** How a run stands, in words for people and as data for programs. */
import * as DateTime from "effect/DateTime"
import { Backfill, Lane } from "@effect-feishu/backfill"
import { TimeRange } from "@effect-feishu/core"
import { visible } from "@effect-feishu/terminal/VisibleText"
import { withoutSecrets } from "../../console/KnownSecrets.ts"
import { inOneLine } from "../../failure/explain.ts"
import * as Language from "../../language/Language.ts"
import { instant } from "../../language/TimeZone.ts"
import { duration, many, periods } from "../../language/phrases.ts"
import * as AppCredentials from "../../settings/AppCredentials.ts"

const words = Language.words({
  en: {
    states: { running: "running", paused: "paused", cancelled: "cancelled", done: "done" },
    done: "done",
    reads: "reading",
    fault: (message: string, time: string) => `waits until ${time}: ${message}`,
    waitsFor: (run: string) => `waits for the run "${run}"`,
    stalled: (since: string) => `stalled: its runner was not seen for ${since}`,
    noRunner: "no runner has read it yet",
    more: (lanes: number) => `and ${many(lanes, "more lane", "more lanes")}, all with --json`,
    units: (done: string, all: string, percent: string) =>
      `${done} of ${all} periods of 90 days (${percent})`,
    meetings: (number: number, text: string) => `${text} ${number === 1 ? "meeting" : "meetings"}`,
    failures: (number: number) =>
      `${many(number, "number")} with failures: feishu-meetings backfill failures lists them`,
    unreachable: (number: number) => `${periods(number)} no longer shown by Feishu`,
    emptyOld: (number: number) =>
      `${periods(number)} more than 90 days ago without meetings: Feishu may not show what was in them`,
    round: (round: number) => `round ${round}`,
    stalls: (lanes: number) =>
      `${many(lanes, "lane")} with work and without a runner: start one with feishu-meetings backfill run`,
    columns: { lane: "lane", done: "done", meetings: "meetings", failures: "failures", now: "now" },
  },
  zh: {
    states: { running: "进行中", paused: "已暂停", cancelled: "已取消", done: "已完成" },
    done: "已完成",
    reads: "读取中",
    fault: (message, time) => `等待至 ${time}：${message}`,
    waitsFor: (run) => `等待运行“${run}”`,
    stalled: (since) => `停滞：负责它的进程已 ${since} 没有动静`,
    noRunner: "还没有进程读取过",
    more: (lanes) => `另有 ${lanes} 个通道，用 --json 可看全部`,
    units: (done, all, percent) => `${done}/${all} 个时间段（${percent}）`,
    meetings: (_, text) => `${text} 场会议`,
    failures: (number) => `${number} 个会议号有失败：见 feishu-meetings backfill failures`,
    unreachable: (number) => `${number} 个时间段飞书已不再显示`,
    emptyOld: (number) => `${number} 个早于 90 天前的时间段没有会议：飞书可能没有显示`,
    round: (round) => `第 ${round} 轮`,
    stalls: (lanes) => `${lanes} 个通道有待读取的内容却没有进程：请运行 feishu-meetings backfill run`,
    columns: { lane: "通道", done: "完成", meetings: "会议", failures: "失败", now: "当前" },
  },
})

/** A lane that has work, and no runner that works on it. */
const isStalled = (
  { state }: Pick<Backfill.RunStatus, "state">,
  { idleMillis, isDone }: Backfill.LaneStatus,
): boolean =>
  state === "running" && !isDone && idleMillis !== undefined && idleMillis > Backfill.stalledMillis

/** Returns a run as a program reads it. */
export const forPrograms = ({ lanes, range, ...run }: Backfill.RunStatus) => ({
  ...run,
  series: run.series ?? null,
  range: { start: TimeRange.iso(range.start), end: TimeRange.iso(range.end) },
  stalled: lanes.filter((lane) => isStalled(run, lane)).length,
  lanes: lanes.map((lane) => ({
    ...lane,
    lane: Lane.id(lane.lane),
    appId: lane.lane.appId,
    tenantKey: lane.lane.tenantKey ?? null,
    fault:
      lane.fault === undefined
        ? null
        : {
            reason: lane.fault.error?.reason._tag ?? null,
            message: withoutSecrets(lane.fault.message),
            at: iso(lane.fault.at),
            retryAt: iso(lane.fault.retryAt),
          },
    idleMillis: lane.idleMillis ?? null,
    waitsFor: lane.waitsFor ?? null,
    stalled: isStalled(run, lane),
  })),
})

const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

const localTime = (millis: number): string =>
  DateTime.formatLocal(DateTime.makeUnsafe(millis), {
    locale: "sv-SE",
    dateStyle: "short",
    timeStyle: "medium",
  })

/** Returns a failure as the database has it in a language: as it is stored in English, otherwise from its data if there are any. */
export const failureInWords = (
  { error, message }: Pick<Backfill.FailureRow, "error" | "message">,
  language: Language.Language,
): string =>
  withoutSecrets(
    AppCredentials.faultInWords(message, language) ??
      (error === undefined || language === "en" ? message : inOneLine(error, language)),
  )

/** What a lane does, or waits for. */
export const doing = (
  run: Pick<Backfill.RunStatus, "state">,
  lane: Backfill.LaneStatus,
  language: Language.Language,
): string => {
  const say = words[language]
  if (lane.isDone) return say.done
  if (run.state !== "running") return say.states[run.state]
  if (lane.fault !== undefined)
    return say.fault(failureInWords(lane.fault, language), localTime(lane.fault.retryAt))
  if (lane.waitsFor !== undefined) return say.waitsFor(lane.waitsFor)
  if (isStalled(run, lane)) return say.stalled(duration(Math.floor((lane.idleMillis ?? 0) / 1_000), language))
  return lane.idleMillis === undefined ? say.noRunner : say.reads
}

const rank = (run: Backfill.RunStatus, lane: Backfill.LaneStatus): number =>
  lane.isDone ? 3 : lane.fault !== undefined ? 0 : isStalled(run, lane) ? 1 : 2

/** A run in words: its state and counts, its lanes as a table, and what is to be said of them. */
export interface Words {
  readonly head: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
  readonly lanes: ReadonlyArray<ReadonlyArray<string>>
  readonly notes: ReadonlyArray<string>
}

/** Returns a run in words, with at most so many lanes: first those that wait, then those that are read. */
export const inWords = (run: Backfill.RunStatus, language: Language.Language, mostLanes: number): Words => {
  const say = words[language]
  const format = new Intl.NumberFormat(language)
  const percent = (done: number, all: number) => (all === 0 ? "100%" : `${Math.floor((100 * done) / all)}%`)
  const lanes = run.lanes.toSorted((one, other) => rank(run, one) - rank(run, other))
  const shown = lanes.slice(0, mostLanes)
  const stalls = lanes.filter((lane) => isStalled(run, lane)).length
  return {
    head: [
      `${run.run}: ${say.states[run.state]}`,
      say.units(format.format(run.position), format.format(run.units), percent(run.position, run.units)),
      say.meetings(run.meetings, format.format(run.meetings)),
      ...(run.attempt > 1 ? [say.round(run.attempt)] : []),
      `${instant(run.range.start)} – ${instant(run.range.end)}`,
    ],
    columns: [
      say.columns.lane,
      say.columns.done,
      say.columns.meetings,
      say.columns.failures,
      say.columns.now,
    ],
    lanes: shown.map((lane) => [
      visible(Lane.id(lane.lane)),
      percent(lane.position, lane.units),
      format.format(lane.meetings),
      lane.failures === 0 ? "" : format.format(lane.failures),
      visible(doing(run, lane, language)),
    ]),
    notes: [
      ...(lanes.length > shown.length ? [say.more(lanes.length - shown.length)] : []),
      ...(run.failures === 0 ? [] : [say.failures(run.failures)]),
      ...(run.unreachable === 0 ? [] : [say.unreachable(run.unreachable)]),
      ...(run.emptyOld === 0 ? [] : [say.emptyOld(run.emptyOld)]),
      ...(stalls === 0 ? [] : [say.stalls(stalls)]),
    ],
  }
}
