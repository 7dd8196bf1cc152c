import { assert, describe, it } from "@effect/vitest"
import { json, visible } from "@effect-feishu/terminal/VisibleText"

// Of every block of Unicode, lone surrogates included.
const everything = Array.from({ length: 0x1100 }, (_, block) =>
  Array.from({ length: 0x100 }, (_, at) => String.fromCodePoint(block * 0x100 + at)).join(""),
)

describe("text of other people", () => {
  it("P12 cannot move the cursor, turn the direction of writing, end the line or hide in it", () => {
    const acting = [
      ..."\u0000\u001b\u007f\u0085\u009b\u00ad\u061c\u200b\u200e\u2028\u202e\u2060\u2069\ufeff\u{1d173}",
    ]
    for (const character of acting) assert.match(visible(`周${character}会`), /^周(?:\\u[\da-f]{4})+会$/)
    assert.strictEqual(visible("a\nb\tc\u{1d173}"), String.raw`a\nb\tc\ud834\udd73`)
    // Letters and emoji that are joined, and a flag that is spelled with tags.
    const joined = "می‌خواهم 👩‍💻 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 周会…“”"
    assert.strictEqual(visible(joined), joined)
  })

  it("is the same text after JSON, in one line and without anything that acts", () => {
    for (const text of everything) {
      const written = json({ text })
      assert.strictEqual((JSON.parse(written) as { readonly text: string }).text, text)
      assert.strictEqual(visible(written), written)
    }
  })
})
