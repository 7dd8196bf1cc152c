import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Option } from "effect"
import * as TimeZone from "../src/language/TimeZone.ts"

/** Values of TZ by the zone that they mean; none where nobody can know. */
const meanings: Readonly<Record<string, ReadonlyArray<string>>> = {
  UTC: ["", ":", "  ", "\r\n", '""', "UTC", "utc", "UTC0", "GMT", "GMT0", "Etc/UTC", "Zulu", "<UTC>0", "UCT"],
  "Asia/Shanghai": [
    "Asia/Shanghai",
    "asia/shanghai",
    "ASIA/SHANGHAI",
    ":Asia/Shanghai",
    " Asia/Shanghai ",
    "Asia/Shanghai\r",
    '"Asia/Shanghai"',
    "'Asia/Shanghai'",
    "/usr/share/zoneinfo/Asia/Shanghai",
    ":/usr/share/zoneinfo/Asia/Shanghai",
    "/usr/share/zoneinfo/posix/Asia/Shanghai",
    "/no/such/zoneinfo/Asia/Shanghai",
    "posix/Asia/Shanghai",
    "right/Asia/Shanghai",
    ":right/Asia/Shanghai",
    "PRC",
  ],
  // What has to be added to come to UTC, so that those in the east have a minus.
  "+08:00": [
    "CST-8",
    "UTC-8",
    "GMT-8",
    "CST-08",
    "CST-8:00",
    "CST-8:00:00",
    "<+08>-8",
    "<UTC+8>-8",
    ":CST-8",
  ],
  "-08:00": ["UTC+8", "UTC8", "PST8", "UTC+08:00", "<-08>8"],
  "+05:30": ["IST-5:30", "<+0530>-5:30"],
  "+05:45": ["NPT-5:45"],
  "-03:00": ["<-03>3"],
  "+14:00": ["LINT-14"],
  "Etc/GMT-8": ["Etc/GMT-8"],
  "America/New_York": ["EST5EDT", "US/Eastern", "America/New_York"],
}

const unknown = [
  "Asia/Shangai",
  "Asia/Beijing",
  "Asia",
  "China",
  "China Standard Time",
  "中国标准时间",
  // Chicago, Tokyo and Calcutta to ICU; Shanghai, Tokyo and Dublin to some who write them.
  "CST",
  "JST",
  "IST",
  "+08:00",
  "+8",
  "08:00",
  "GMT+0800",
  "UTC-25",
  "LMT-8:05:43",
  "EST5EDT,M3.2.0,M11.1.0",
  "CET-1CEST,M3.5.0,M10.5.0/3",
  "EET-2EEST",
  "Etc/Unknown",
  "Factory",
  "localtime",
  "Z",
  "/nope",
  "/etc/hosts",
  "${TZ}",
  "x".repeat(10_000),
]

describe("X13 TZ", () => {
  const known = Object.entries(meanings).flatMap(([name, all]) => all.map((tz) => [tz, name] as const))

  it(`${known.length} values mean what POSIX and the database of zones say, and TimeRange takes all of it`, () => {
    for (const [tz, name] of known) {
      assert.deepStrictEqual(TimeZone.current({ TZ: tz }), { tz, name, isKnown: true }, tz)
      assert.isTrue(Option.isSome(DateTime.zoneFromString(name)), name)
    }
  })

  it(`${unknown.length} values mean none: UTC stands in for it, and that is told in both languages`, () => {
    for (const tz of unknown) {
      const zone = TimeZone.current({ TZ: tz })
      assert.deepStrictEqual(zone, { tz, name: "UTC", isKnown: false }, tz)
      for (const language of ["en", "zh"] as const) {
        const told = TimeZone.inWords(zone, language)
        assert.include(told, `"${tz.slice(0, 60)}`)
        assert.match(told, /UTC.*Asia\/Shanghai.*2026-09-01T08:00:00\+08:00/)
        assert.isAtMost(told.length, 400)
      }
    }
  })

  it("unset, it is the zone of the machine: by the link, also one that leads nowhere; what cannot be read is told", () => {
    const folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
    const at = (name: string) => join(folder, name)
    symlinkSync("/usr/share/zoneinfo/Asia/Shanghai", at("link"))
    symlinkSync("../../no/such/zoneinfo/Asia/Shanghai", at("dangling"))
    symlinkSync("/usr/share/zoneinfo/Asia/Shangai", at("misspelt"))
    writeFileSync(at("junk"), "Asia/Shanghai\n")
    mkdirSync(at("folder"))
    const zoneOf = (name: string) => {
      const { isKnown, name: zone, tz } = TimeZone.current({}, at(name))
      assert.isUndefined(tz)
      return [zone, isKnown]
    }
    assert.deepStrictEqual(["link", "dangling"].map(zoneOf), [
      ["Asia/Shanghai", true],
      ["Asia/Shanghai", true],
    ])
    for (const name of ["misspelt", "junk", "folder"]) assert.deepStrictEqual(zoneOf(name), ["UTC", false])
    const told = TimeZone.inWords(TimeZone.current({}, at("junk")), "en")
    assert.match(told, /^The time zone of this machine is not known/)
    rmSync(folder, { recursive: true })
  })

  it("matters to times without a zone alone", () => {
    for (const time of [
      "2026-09-01",
      " 2026-09-01 ",
      "2026-09-01T08:00",
      "2026-09-01 08:00:00.5",
      "2026-09",
      "2026/9/1",
      "today",
      "last month",
      "上个月",
    ]) {
      assert.isTrue(TimeZone.isNeededBy(time), time)
    }
    for (const time of ["30d", "now", "1788192000", "2026-09-01T08:00Z", "2026-09-01T08:00:00+0800"]) {
      assert.isFalse(TimeZone.isNeededBy(time), time)
    }
  })
})
