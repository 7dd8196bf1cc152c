/** `--fields`: the fields of a row. */
import * as Effect from "effect/Effect"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as Format from "../output/Format.ts"

/** The flags that decide which fields a row has. */
export interface Given {
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
  },
  zh: {
    noField: ["没有给出字段", "请给出字段名，例如：--fields id,topic"],
    unknownFields: (names, known) => [`没有名为 ${names} 的字段`, `可用字段：${known}。`],
    password: ["默认不写出密码", "请加上 --show-passwords，或去掉字段 password。"],
  },
})

/** Reads the names in the order given, each once, and refuses what is not a field. */
export const read = Effect.fnUntraced(function* ({
  fields,
  showPasswords,
}: Given): Effect.fn.Return<ReadonlyArray<Format.Field>, FeishuError.FeishuError> {
  if (fields === undefined) return Format.usualFields(showPasswords)
  const say = yield* Language.say(words)
  const names = new Set(fields.split(",").flatMap((name) => name.trim() || []))
  if (names.size === 0) return yield* FeishuError.invalidRequest("--fields", ...say.noField)
  const unknown = [...names].filter((name) => !Format.isField(name))
  if (unknown.length > 0) {
    return yield* FeishuError.invalidRequest(
      "--fields",
      ...say.unknownFields(unknown.map((name) => JSON.stringify(name)).join(", "), Format.fields.join(", ")),
    )
  }
  if (names.has("password") && !showPasswords)
    return yield* FeishuError.invalidRequest("--fields", ...say.password)
  return [...names].filter(Format.isField)
})
