/**
 * The time zone of times that are written without one: what TZ says by the rules of POSIX, else that of the machine.
 *
 * Node alone is not enough (24.21, measured): it reads an empty TZ as `Etc/Unknown`, `<+08>-8` and every misspelt value as
 * UTC, `GMT-8` with the wrong sign, `CST` as Chicago, and a copy of Shanghai's /etc/localtime without a database of zones
 * also as Chicago.
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { lstatSync, readFileSync, readlinkSync, realpathSync } from "node:fs"
import * as Language from "./Language.ts"

/** A time zone, and where it comes from. */
export interface TimeZone {
  /** A name such as `Asia/Shanghai`, or an offset such as `+08:00`: what `TimeRange` takes. */
  readonly name: string
  /** The value of TZ; `undefined` where it is not set, and the zone of the machine is used. */
  readonly tz: string | undefined
  /** False where the zone that was meant is not known, and `name` is used instead. */
  readonly isKnown: boolean
}

/** Returns the time zone of this process. Tests give their own TZ and file of the machine's zone. */
export const current = (
  { TZ: tz }: { readonly TZ?: string } = process.env,
  localtime = "/etc/localtime",
): TimeZone => {
  if (tz === undefined) return { tz, ...ofMachine(localtime) }
  const name = ofTz(tz)
  return { tz, name: name ?? "UTC", isKnown: name !== undefined }
}

/** Finds `--timezone` before the command line is parsed, as the language is found: messages tell times in it, too. */
export const requestedIn = (args: ReadonlyArray<string>): string | undefined =>
  /(?:^|\n)--timezone[=\n](.+)(?:\n|$)/.exec(args.join("\n"))?.[1]

/** Returns the value of TZ for a zone as people give it: a name such as `Asia/Shanghai`, or an offset such as `+08:00` or `UTC+8`. */
export const tzOf = (given: string): string | undefined => {
  const text = given.trim()
  const [, sign, hours = "", minutes = "00"] =
    /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$/i.exec(text) ?? []
  if (sign === undefined) return ofName(text)
  // POSIX counts what has to be added to get to UTC.
  const [two, other] = [hours.padStart(2, "0"), sign === "+" ? "-" : "+"]
  return Number(hours) > 14 ? undefined : `<${sign}${two}${minutes}>${other}${two}:${minutes}`
}

/** Makes the flag `--timezone`, which every command takes. */
export const flag = (language: Language.Language) =>
  GlobalFlag.Setting("timezone")({
    flag: Flag.String("timezone").pipe(
      Flag.filter(
        (text) => tzOf(text) !== undefined,
        () => words[language].takes,
      ),
      Flag.withMetavar("ZONE"),
      Flag.withDescription(words[language].flag),
      Flag.optional,
    ),
  })

/** Returns the zone that a value of TZ means, or `undefined`. */
const ofTz = (tz: string): string | undefined => {
  // `docker --env-file` leaves quotes, and a file from Windows a carriage return; a colon comes before a file name.
  const text = tz.replaceAll(/^[\s"']*:?|[\s"']+$/g, "")
  // By POSIX an empty value means UTC; Compose sets it for a variable that is not set.
  if (text === "") return "UTC"
  return (
    ofName(text.startsWith("/") ? ofPath(text) : text.replace(/^(?:posix|right)\//, "")) ?? ofOffset(text)
  )
}

/** The abbreviations that name a zone of the database: ICU knows more, and takes CST for Chicago's. */
const shortNames = /^(?:CET|EET|EST|GMT|HST|MET|MST|PRC|ROC|ROK|UCT|UTC|WET)$/i

/** Returns the zone of a name, in the spelling of the database. */
const ofName = (name: string | undefined): string | undefined => {
  if (name === undefined || !/^[a-z]/i.test(name) || (/^.{3}$/.test(name) && !shortNames.test(name))) {
    return undefined
  }
  const format = formatIn(name)
  return format?.resolvedOptions().timeZone
}

const formatIn = (timeZone: string | undefined): Intl.DateTimeFormat | undefined => {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" })
  } catch {
    return undefined
  }
}

/** Returns the name of the zone that a file holds, by its path: `/usr/share/zoneinfo/Asia/Shanghai`, or a link to that. */
const ofPath = (path: string): string | undefined => {
  const [whole, link] = [tried(() => realpathSync(path)), tried(() => readlinkSync(path))]
  for (const name of [path, whole, link]) {
    const found = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(name ?? "")?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

const tried = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** `CST-8` and `<+08>-8` are 8 hours ahead of UTC: POSIX counts what has to be added to get there. */
const ofOffset = (text: string): string | undefined => {
  const [, sign, hours, minutes = "00"] =
    /^(?:[a-z]{3,}|<[a-z\d+-]{3,}>)([+-]?)(\d{1,2})(?::([0-5]\d))?(?::00)?$/i.exec(text) ?? []
  // No zone is further from UTC, and `TimeRange` refuses such offsets.
  if (hours === undefined || Number(hours) > 14) return undefined
  const offset = `${hours.padStart(2, "0")}:${minutes}`
  return offset === "00:00" ? "UTC" : `${sign === "-" ? "+" : "-"}${offset}`
}

/** Returns the zone that the machine is set to. */
const ofMachine = (localtime: string): Pick<TimeZone, "name" | "isKnown"> => {
  const link = tried(() => readlinkSync(localtime))
  const named = ofName(link === undefined ? undefined : ofPath(localtime))
  // This also works in an image without a database, where the link leads nowhere: Node has a database of its own.
  if (named !== undefined) return { name: named, isKnown: true }
  const isThere = tried(() => lstatSync(localtime)) !== undefined
  if (isThere && tried(() => readFileSync(localtime, "latin1").startsWith("TZif")) !== true) {
    return { name: "UTC", isKnown: false }
  }
  const local = formatIn(undefined)
  const name = ofName(local?.resolvedOptions().timeZone)
  const offsets = [midwinter, midsummer].map((time) => offsetOf(local, time))
  const isIt = [midwinter, midsummer].every((time, at) => offsetOf(formatIn(name), time) === offsets[at])
  if (name !== undefined && isIt) return { name, isKnown: true }
  // The machine's clock shows how far it is from UTC, but not since when or until when.
  return { name: offsets[0] === offsets[1] ? (offsets[0] ?? "UTC") : "UTC", isKnown: false }
}

// In unix milliseconds. A zone with summer time has it on one of these two days.
const [midwinter, midsummer] = [1_767_225_600_000, 1_782_864_000_000]

const offsetOf = (format: Intl.DateTimeFormat | undefined, time: number): string | undefined => {
  const offset = format?.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value
  return offset?.replace("GMT", "") || (offset === undefined ? undefined : "UTC")
}

/** True when a time is written without a zone, so that the time zone matters: a date or a word, but not how long ago. */
export const isNeededBy = (time: string): boolean =>
  !/^(?:\d+|\d+ *[smhdw]|now|.*(?:z|[+-]\d{2}:?\d{2}))$/i.test(time.trim())

/** Returns an instant in the time zone of this process, with its offset: `2026-09-01T00:00:00+08:00`; in UTC `2026-09-01T00:00:00Z`. */
export const instant = (unixSeconds: number): string => inZone(unixSeconds, current().name)

const inZone = (unixSeconds: number, timeZone: string): string => {
  const local = DateTime.makeZoned(Math.floor(unixSeconds) * 1_000, { timeZone })
  return Option.match(local, {
    onNone: () => String(unixSeconds),
    onSome: (time) => DateTime.formatIsoOffset(time).replace(".000", "").replace("+00:00", "Z"),
  })
}

const words = Language.words({
  en: {
    flag: "The time zone of times without one, and of times that are shown; default: TZ, else that of this machine",
    takes: "a time zone such as Asia/Shanghai or +08:00",
    tz: (value: string, name: string) =>
      `TZ is ${value}, which is not a known time zone: times without a zone are read as ${name}. Set TZ to one such as Asia/Shanghai, or write the zone with the time: 2026-09-01T08:00:00+08:00.`,
    machine: (name: string) =>
      `The time zone of this machine is not known: times without a zone are read as ${name}. Set TZ to one such as Asia/Shanghai, or write the zone with the time: 2026-09-01T08:00:00+08:00.`,
    known: (name: string, tz: string | undefined) =>
      `time zone: ${name} (${tz === undefined ? "of this machine" : `TZ is ${tz}`})`,
  },
  zh: {
    flag: "未写时区的时间所用的时区，也是显示时间所用的时区；默认取 TZ，否则取本机时区",
    takes: "时区，例如 Asia/Shanghai 或 +08:00",
    tz: (value, name) =>
      `TZ 为 ${value}，不是可识别的时区：未写时区的时间按 ${name} 处理。请将 TZ 设为 Asia/Shanghai 这样的时区，或在时间中写明时区：2026-09-01T08:00:00+08:00。`,
    machine: (name) =>
      `无法识别本机的时区：未写时区的时间按 ${name} 处理。请将 TZ 设为 Asia/Shanghai 这样的时区，或在时间中写明时区：2026-09-01T08:00:00+08:00。`,
    known: (name, tz) => `时区：${name}（${tz === undefined ? "取自本机" : `TZ 为 ${tz}`}）`,
  },
})

/** Describes the zone and where it comes from; of an unknown zone, says which is used instead and what to do. */
export const inWords = ({ isKnown, name, tz }: TimeZone, language: Language.Language): string => {
  const say = words[language]
  const value = tz === undefined ? undefined : JSON.stringify(tz.length > 60 ? `${tz.slice(0, 60)}…` : tz)
  if (isKnown) return say.known(name, value)
  return value === undefined ? say.machine(name) : say.tz(value, name)
}
