import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { inChinese } from "../src/protocol/ProblemsInChinese.ts"

/** How the sentences of the checks begin. Descriptions begin with a capital letter. */
const beginnings =
  "must |is |has |would |needs |no app has |unknown |missing key|duplicate |a time is|a meeting |a key |a second |somebody |rooms, |variables |there is no such file|cannot be read|byte |headers need|body needs|count must|to must|end_time is|<< must|paging needs"

/** The sentences in the source of a room, with something in the place of what they are made of. */
const sentencesOf = (room: string): ReadonlyArray<string> => {
  const folder = fileURLToPath(new URL(`../src/${room}/`, import.meta.url))
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== "ProblemsInChinese.ts" && name !== "PublicTypes.ts")
    .flatMap((name) => {
      // Comments and descriptions are no messages.
      const text = readFileSync(folder + name, "utf8").replaceAll(/\/\*\*[^]*?\*\/|^\s*\/\/.*$/gm, "")
      return Array.from(
        text.matchAll(new RegExp(`"((?:${beginnings})[^"\\n]*)"|\`((?:${beginnings})[^\`\\n]*)\``, "g")),
        ([, quoted, template]) => quoted ?? template!.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, "7"),
      )
    })
}

describe("what is wrong with a seed or a rule", () => {
  it.each(["seed", "protocol"])("has a Chinese sentence for each English one in %s/", (room) => {
    const sentences = sentencesOf(room)
    assert.isAbove(sentences.length, 8)
    assert.deepStrictEqual(
      sentences.filter((sentence) => inChinese(sentence) === sentence),
      [],
    )
  })

  it("keeps path and line, and a message that it does not know", () => {
    assert.strictEqual(
      inChinese("meetings[0].topci (line 8): unknown key: did you mean topic?"),
      "meetings[0].topci（第 8 行）：未知的键：是否想写 topic？",
    )
    assert.strictEqual(
      inChinese("line 3: Flow map in block collection"),
      "第 3 行：Flow map in block collection",
    )
  })
})
