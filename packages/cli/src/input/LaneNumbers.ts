/**
 * The meeting numbers of a backfill, by app and tenant: typed as arguments, or from a file or standard input, which has one per
 * line, or is a table or a sheet with columns for the number, its tenant and its app.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { FeishuError, MeetingNo, Secret } from "@effect-feishu/core"
import * as Columns from "./Columns.ts"
import * as GivenTexts from "./GivenTexts.ts"
import * as MeetingNumbers from "./MeetingNumbers.ts"
import * as Rows from "./Rows.ts"
import * as Shown from "./Shown.ts"
import * as Table from "./Table.ts"
import * as Language from "../language/Language.ts"

/** The arguments and the file that hold the numbers, and whose they are where nothing else is said. */
export interface Given extends MeetingNumbers.Given {
  /** The tenant key of all numbers that have none of their own. */
  readonly tenant: string | undefined
  /** The app of all numbers that have none of their own. */
  readonly appId: string | undefined
}

/** The numbers of one app and tenant, each once. */
export interface OfLane {
  readonly appId: string | undefined
  readonly tenantKey: string | undefined
  readonly count: number
  /** The numbers, in the order in which they were given. */
  readonly numbers: Iterable<MeetingNo>
}

/** The numbers that were given. */
export interface LaneNumbers {
  readonly lanes: ReadonlyArray<OfLane>
  readonly count: number
  /** How many numbers were given that were given before, for the same app and tenant. */
  readonly repeated: number
}

/** The heads of the columns beside that of the numbers. */
const names = {
  tenant: ["tenant", "tenantkey", "租户", "租户key", "租户标识"],
  app: ["appid", "app", "应用", "应用id", "应用appid"],
} as const

const words = Language.words({
  en: {
    typeThem: "type or paste meeting numbers, one per line; Ctrl-D ends the input",
    tooLarge: (name: string, mebibytes: number) => [
      `${name} has more than ${mebibytes} MiB, which cannot be meeting numbers`,
      "Name a file of meeting numbers, or split it.",
    ],
    none: (name: string) => [`${name} holds no meeting number`, "Write one per line, such as: 337736498"],
    arguments: "Enter all nine digits, or leave it out.",
    lines: (name: string, bad: number, all: number) => [
      `${bad} of the ${all} rows of ${name} cannot be read`,
      "Correct the rows listed above, or put a # before them.",
    ],
    noHead: "it has several cells, and the first line does not say what they are",
    giveHead: "Begin the table with a line such as: meeting_no,tenant,app_id",
    noNumber: (columns: string) => `the head of the table has no column of meeting numbers: ${columns}`,
    nameIt: "Call that column meeting_no, or name it with --column.",
    empty: "the row has no meeting number",
    tenant: "its tenant key has blanks or slashes, which no tenant key has",
    tenantArgument: "Give the tenant key as Feishu has it, such as 2ed263bf32cf1651.",
    app: "its app is not an app id, such as cli_a1b2c3",
    onlyIds: "Give app ids only: secrets belong into the settings.",
  },
  zh: {
    typeThem: "请输入或粘贴会议号，每行一个，以 Ctrl-D 结束",
    tooLarge: (name, mebibytes) => [
      `${name} 超过 ${mebibytes} MiB，不像是会议号列表`,
      "请指定存放会议号的文件，或将其拆分。",
    ],
    none: (name) => [`${name} 中没有会议号`, "每行写一个，例如：337736498"],
    arguments: "请改为 9 位会议号，或删去该项。",
    lines: (name, bad, all) => [
      `${name} 的 ${all} 行中，有 ${bad} 行无法读取`,
      "请更正上面列出的行，或在行首加 #。",
    ],
    noHead: "有多个单元格，而第一行没有说明各列是什么",
    giveHead: "请在表格首行写出列名，例如：meeting_no,tenant,app_id",
    noNumber: (columns) => `表头中没有会议号一列：${columns}`,
    nameIt: "请将该列命名为 会议号 或 meeting_no，或用 --column 指定。",
    empty: "该行没有会议号",
    tenant: "租户标识（tenant_key）不应含有空格或斜杠",
    tenantArgument: "请按飞书给出的写法填写租户标识，例如 2ed263bf32cf1651。",
    app: "其应用不是 App ID（形如 cli_a1b2c3）",
    onlyIds: "此文件只写 App ID；密钥请写在配置中。",
  },
})

/** A million rows with tenant and app take 50 MiB. */
const mostMebibytes = 256

const source = { flag: "--numbers-from", names: MeetingNumbers.names, words }

/** Collects numbers by lane: a number takes as much memory as a small integer in a set. */
class Collected {
  readonly #lanes = new Map<string, Pick<OfLane, "appId" | "tenantKey"> & { readonly set: Set<number> }>()
  #repeated = 0

  add(meetingNo: MeetingNo, appId: string | undefined, tenantKey: string | undefined): void {
    const key = `${appId ?? ""}/${tenantKey ?? ""}`
    let lane = this.#lanes.get(key)
    if (lane === undefined) this.#lanes.set(key, (lane = { appId, tenantKey, set: new Set() }))
    const { set } = lane
    const before = set.size
    if (set.add(Number(meetingNo)).size === before) this.#repeated++
  }

  get all(): LaneNumbers {
    const lanes = Array.from(this.#lanes.values(), ({ set, ...lane }) => ({
      ...lane,
      count: set.size,
      numbers: { [Symbol.iterator]: () => inText(set) },
    }))
    return { lanes, count: lanes.reduce((sum, { count }) => sum + count, 0), repeated: this.#repeated }
  }
}

function* inText(numbers: ReadonlySet<number>): Generator<MeetingNo> {
  for (const number of numbers) yield MeetingNo.make(String(number).padStart(9, "0"), { disableChecks: true })
}

/** Reads all numbers. If any row is wrong, all that are wrong are reported, and it fails. */
export const read = Effect.fnUntraced(function* ({ appId, column, numbers, numbersFrom, tenant }: Given) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  if (tenant !== undefined && !isTenant.test(tenant)) {
    return yield* FeishuError.invalidRequest("--tenant", say.tenant, say.tenantArgument)
  }
  const collected = new Collected()
  for (const meetingNo of yield* MeetingNumbers.read({ numbers, numbersFrom: undefined, column })) {
    collected.add(meetingNo, appId, tenant)
  }
  if (numbersFrom === undefined) return collected.all
  const isNumber = (text: string) => Result.isSuccess(MeetingNumbers.decode(text, language))
  const rows = yield* GivenTexts.rowsOf(source, numbersFrom, mostMebibytes)
  const place = yield* GivenTexts.placeOf(source, rows, column, isNumber)
  const places = { ...place, ...(yield* othersOf(rows, place, say)) }
  const counted = new GivenTexts.Counted(source)
  for (const row of rows) {
    if (row.line === place.head || Columns.isIgnored(row)) continue
    for (const one of decode(row, places, language)) {
      if (!counted.isRight(row.line, one)) continue
      const { app, meetingNo, tenantKey } = one.success
      collected.add(meetingNo, app ?? appId, tenantKey ?? tenant)
    }
  }
  yield* counted.refuseWrong(numbersFrom)
  return collected.all
})

const isTenant = /^[^\s/]+$/

interface Numbered {
  readonly meetingNo: MeetingNo
  readonly tenantKey?: string | undefined
  readonly app?: string | undefined
}

/** The places of the columns. */
interface Places extends GivenTexts.Place {
  readonly tenant: number | undefined
  readonly app: number | undefined
}

/** Returns the numbers of a row. */
const decode = (
  row: Table.Row,
  places: Places,
  language: Language.Language,
): ReadonlyArray<Result.Result<Numbered, GivenTexts.Wrong>> => {
  const say = words[language]
  const read = (text: string) => MeetingNumbers.decode(text, language)
  const { cells } = row
  const cellOf = (at: number | undefined) => (at === undefined ? "" : Table.bare(cells[at] ?? ""))
  const [tenantKey, appId] = [cellOf(places.tenant), cellOf(places.app)]
  const texts = GivenTexts.textsOf(row, places, read)
  // Another cell of a row may be a tenant.
  const isUnclear =
    places.head === undefined &&
    !places.isNamed &&
    cells.length > 1 &&
    texts.length === 1 &&
    Result.isFailure(read(Rows.withoutComment(row.text)))
  return texts.map((text) => {
    if (isUnclear) return Result.fail({ problem: say.noHead, remedy: say.giveHead })
    if (text === "") return Result.fail({ problem: say.empty })
    const one = read(text)
    if (Result.isFailure(one)) return Result.fail(one.failure)
    if (tenantKey !== "" && !isTenant.test(tenantKey)) return Result.fail({ problem: say.tenant })
    // The text is not shown: it may be a secret.
    if (appId !== "" && (Secret.unfitAppId(appId) !== undefined || appId.includes("/"))) {
      return Result.fail({ problem: say.app, remedy: say.onlyIds })
    }
    return Result.succeed({
      meetingNo: one.success,
      tenantKey: tenantKey || undefined,
      app: appId || undefined,
    })
  })
}

/** Returns the columns of tenants and apps that the first row names. */
const othersOf = Effect.fnUntraced(function* (
  rows: Iterable<Table.Row>,
  { column }: GivenTexts.Place,
  say: Language.Say<typeof words>,
) {
  const first = Columns.firstOf(rows)
  if (first === undefined) return { tenant: undefined, app: undefined }
  const tenant = yield* Columns.named(source.flag, first, names.tenant)
  const app = yield* Columns.named(source.flag, first, names.app)
  if (column === undefined && (tenant !== undefined || app !== undefined)) {
    const shown = Shown.of(first.cells.join(", "))
    return yield* FeishuError.invalidRequest(source.flag, say.noNumber(shown), say.nameIt)
  }
  return { tenant, app }
})
