/**
 * The meeting numbers of a backfill, by app and tenant: typed as arguments, or from a file or standard input, which has one per
 * line, or is a table with columns for the number, its tenant and its app.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { FeishuError, MeetingNo, Secret } from "@effect-feishu/core"
import * as GivenTexts from "./GivenTexts.ts"
import * as MeetingNumbers from "./MeetingNumbers.ts"
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

/** The names of the columns, in small letters and without what is between the words. */
const names = {
  number: ["meetingno", "meetingnumber", "number", "会议号", "会议号码", "会议编号"],
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
    nameIt: "Call that column meeting_no.",
    doubled: (column: string) => `the head of the table has two columns ${column}`,
    renameIt: "Rename one of them.",
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
    nameIt: "请将该列命名为 会议号 或 meeting_no。",
    doubled: (column) => `表头中有两列 ${column}`,
    renameIt: "请为其中一列改名。",
    empty: "该行没有会议号",
    tenant: "租户标识（tenant_key）不应含有空格或斜杠",
    tenantArgument: "请按飞书给出的写法填写租户标识，例如 2ed263bf32cf1651。",
    app: "其应用不是 App ID（形如 cli_a1b2c3）",
    onlyIds: "此文件只写 App ID；密钥请写在配置中。",
  },
})

/** A million rows with tenant and app take 50 MiB. */
const mostMebibytes = 256

const source = { flag: "--numbers-from", words }

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
export const read = Effect.fnUntraced(function* ({ appId, numbers, numbersFrom, tenant }: Given) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  if (tenant !== undefined && !isTenant.test(tenant)) {
    return yield* FeishuError.invalidRequest("--tenant", say.tenant, say.tenantArgument)
  }
  const collected = new Collected()
  for (const meetingNo of yield* MeetingNumbers.read({ numbers, numbersFrom: undefined })) {
    collected.add(meetingNo, appId, tenant)
  }
  if (numbersFrom === undefined) return collected.all
  const text = yield* GivenTexts.text(source, numbersFrom, mostMebibytes)
  const counted = new GivenTexts.Counted(source)
  const head = yield* headOf(text, say)
  const decode = head === undefined ? lineWith(language) : rowWith(head.columns, language)
  // In a list, a line is one cell.
  for (const row of head === undefined ? Table.lines(text) : Table.rows(text, head.delimiter)) {
    if (row.line <= (head?.line ?? 0) || isIgnored(row)) continue
    const one = decode(row.cells)
    if (!counted.isRight(row.line, one)) continue
    const { app, meetingNo, tenantKey } = one.success
    collected.add(meetingNo, app ?? appId, tenantKey ?? tenant)
  }
  yield* counted.refuseWrong(numbersFrom)
  return collected.all
})

const isTenant = /^[^\s/]+$/

/** True for a row without anything, and for one that begins with `#`. */
const isIgnored = ({ cells }: Table.Row): boolean =>
  cells[0]?.trimStart().startsWith("#") === true || cells.every((cell) => cell === "")

interface Numbered {
  readonly meetingNo: MeetingNo
  readonly tenantKey?: string | undefined
  readonly app?: string | undefined
}

type Decode = (cells: ReadonlyArray<string>) => Result.Result<Numbered, GivenTexts.Wrong>

const lineWith =
  (language: Language.Language): Decode =>
  ([line = ""]) => {
    const { giveHead, noHead } = words[language]
    const text = MeetingNumbers.textOf(line)
    const one = MeetingNumbers.decode(text, language)
    if (Result.isSuccess(one)) return Result.succeed({ meetingNo: one.success })
    return Result.fail(
      Table.delimiterOf(text) === undefined ? one.failure : { problem: noHead, remedy: giveHead },
    )
  }

const rowWith =
  ({ app, number, tenant }: Columns, language: Language.Language): Decode =>
  (cells) => {
    const say = words[language]
    const typed = Table.bare(cells[number] ?? "")
    if (typed === "") return Result.fail({ problem: say.empty })
    const one = MeetingNumbers.decode(typed, language)
    if (Result.isFailure(one)) return Result.fail(one.failure)
    const tenantKey = tenant === undefined ? "" : Table.bare(cells[tenant] ?? "")
    if (tenantKey !== "" && !isTenant.test(tenantKey)) return Result.fail({ problem: say.tenant })
    const appId = app === undefined ? "" : Table.bare(cells[app] ?? "")
    // The text is not shown: it may be a secret.
    if (appId !== "" && (Secret.unfitAppId(appId) !== undefined || appId.includes("/"))) {
      return Result.fail({ problem: say.app, remedy: say.onlyIds })
    }
    return Result.succeed({
      meetingNo: one.success,
      tenantKey: tenantKey || undefined,
      app: appId || undefined,
    })
  }

/** The places of the columns. */
interface Columns {
  readonly number: number
  readonly tenant: number | undefined
  readonly app: number | undefined
}

/** Returns the columns that the first row names; `undefined` where it is not the head of a table. */
const headOf = Effect.fnUntraced(function* (text: string, say: Language.Say<typeof words>) {
  for (const row of Table.lines(text)) {
    if (isIgnored(row)) continue
    const { line } = row
    const delimiter = Table.delimiterOf(row.cells[0]!) ?? ","
    const [{ cells } = row] = Table.rows(row.cells[0]!, delimiter)
    const named = cells.map((cell) =>
      Table.bare(cell)
        .toLowerCase()
        .replaceAll(/[\s_-]/g, ""),
    )
    const columnOf = Effect.fnUntraced(function* (known: ReadonlyArray<string>) {
      const [first, second] = [...named.keys()].filter((at) => known.includes(named[at]!))
      if (second !== undefined) {
        const column = GivenTexts.shown(cells[second]!)
        return yield* FeishuError.invalidRequest(source.flag, say.doubled(column), say.renameIt)
      }
      return first
    })
    const [number, tenant, app] = yield* Effect.all(
      [names.number, names.tenant, names.app].map((known) => columnOf(known)),
    )
    if (number !== undefined) return { line, delimiter, columns: { number, tenant, app } satisfies Columns }
    if (tenant !== undefined || app !== undefined) {
      const shown = GivenTexts.shown(cells.join(", "))
      return yield* FeishuError.invalidRequest(source.flag, say.noNumber(shown), say.nameIt)
    }
    return undefined
  }
  return undefined
})
