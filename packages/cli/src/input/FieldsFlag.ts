/** `--fields`: the fields of a row. */
import * as Effect from "effect/Effect"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as Fields from "../output/Fields.ts"

/** The flags that decide which fields a row has. */
export interface Given extends Fields.Parts {
  readonly fields: string | undefined
  readonly showPasswords: boolean
}

const words = Language.words({
  en: {
    noField: ["no field given", "Name at least one, such as: --fields id,topic"],
    unknownFields: (names: string, known: string) => [
      `there is no field called ${names}`,
      `Known fields: ${known}.`,
    ],
    password: [
      "passwords are not written by default",
      "Add --show-passwords, or leave out the field password.",
    ],
    notRead: (names: string, flags: string) => [
      `without ${flags}, this is not read: ${names}`,
      `Add ${flags}, which takes more requests, or leave out these fields.`,
    ],
    and: " and ",
  },
  zh: {
    noField: ["没有给出字段", "请给出字段名，例如：--fields id,topic"],
    unknownFields: (names, known) => [`没有名为 ${names} 的字段`, `可用字段：${known}。`],
    password: ["默认不写出密码", "请加上 --show-passwords，或去掉字段 password。"],
    notRead: (names, flags) => [
      `未给出 ${flags}，因此不会读取：${names}`,
      `请加上 ${flags}（需要更多请求），或去掉这些字段。`,
    ],
    and: " 和 ",
  },
})

/** The name of all fields of participants together, which is also their name in ndjson and json. */
const participants = "participants"

/** Reads the names in the order given, each once, and refuses what is not a field, or is not read. */
export const read = Effect.fnUntraced(function* (
  given: Given,
): Effect.fn.Return<ReadonlyArray<Fields.Field>, FeishuError.FeishuError> {
  const { fields, showPasswords } = given
  if (fields === undefined) return Fields.usual(given, showPasswords)
  const say = yield* Language.say(words)
  const names = new Set(
    fields.split(",").flatMap((text) => {
      const name = text.trim()
      return name === participants ? Fields.names.filter(Fields.isOfParticipant) : name || []
    }),
  )
  if (names.size === 0) return yield* FeishuError.invalidRequest("--fields", ...say.noField)
  const unknown = [...names].filter((name) => !Fields.isField(name))
  if (unknown.length > 0) {
    return yield* FeishuError.invalidRequest(
      "--fields",
      ...say.unknownFields(
        unknown.map((name) => JSON.stringify(name)).join(", "),
        [...Fields.names, participants].join(", "),
      ),
    )
  }
  if (names.has("password") && !showPasswords)
    return yield* FeishuError.invalidRequest("--fields", ...say.password)
  const known = [...names].filter(Fields.isField)
  const notRead = known.filter((field) => !Fields.isRead(given, Fields.partOf(field)))
  if (notRead.length > 0) {
    const flags = [...new Set(notRead.map((field) => `--${Fields.partOf(field)}`))]
    // The flag for participants reads the details, too.
    const needed = flags.includes("--participants") ? flags.filter((flag) => flag !== "--details") : flags
    return yield* FeishuError.invalidRequest(
      "--fields",
      ...say.notRead(notRead.join(", "), needed.join(say.and)),
    )
  }
  return known
})
